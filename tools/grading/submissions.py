"""What students handed in: a folder a student, the lessons' notebooks in it. Read with care, and never run from here.

A notebook is taken apart into its cells' texts and put together anew; nothing else of the file (outputs, metadata,
marks of a grading tool) goes any further.
"""

import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

MOST_BYTES = 50_000_000
MOST_CELLS = 2_000


@dataclass(frozen=True)
class Submission:
    """One lesson of one student; without a notebook, `trouble` says why."""

    student: str
    lesson: str
    notebook: NotebookNode | None = None
    trouble: str = ""


def students_in(folder: Path) -> dict[str, Path]:
    """Name -> folder of each student.

    Raises:
        ValueError: if there are none, or two whose names cannot be told apart.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}; give the one in which each student has a folder of their own")
    students: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not path.is_dir() or path.name.startswith("."):
            continue
        name = re.sub(r"[^\w.-]", "_", path.name).lstrip("-")  # letters of every script are welcome
        if name in students:
            raise ValueError(f"{path} and {students[name]} would both be called {name!r}; rename one")
        students[name] = path
    if not students:
        raise ValueError(f"no student has a folder in {folder}; it should hold one a student, with notebooks in it")
    return students


def loose_files(folder: Path) -> list[str]:
    """Names of notebooks that lie in nobody's folder, so that nobody's work is passed over in silence."""
    return sorted(path.name for path in folder.glob("*.ipynb"))


def read_submission(student: str, folder: Path, lesson: str, name: str) -> Submission:
    """A student's notebook of one lesson.

    Args:
        lesson: "01"; name: what the file is called, "01_attention.ipynb". Where none is called so, the only one that
            begins with the lesson's number is taken.
    """
    try:
        path = _find(folder, lesson, name)
        return Submission(student, lesson, _rebuild(_load(path)))
    except ValueError as error:
        return Submission(student, lesson, trouble=str(error))


def _find(folder: Path, lesson: str, name: str) -> Path:
    found = []
    for place, inner, files in os.walk(folder):  # does not follow links
        inner[:] = sorted(each for each in inner if not each.startswith("."))
        found += [
            Path(place) / each for each in sorted(files) if re.match(rf"{lesson}\D.*\.ipynb$|{lesson}\.ipynb$", each)
        ]
    exact = [path for path in found if path.name == name]
    chosen = exact or found
    if not chosen:
        raise ValueError(f"No notebook of lesson {lesson} was handed in ({name}).")
    if len(chosen) > 1:
        names = ", ".join(str(path.relative_to(folder)) for path in chosen[:5])
        raise ValueError(f"There are several notebooks of lesson {lesson} ({names}); hand in one, called {name}.")
    if not stat.S_ISREG(chosen[0].lstat().st_mode):
        raise ValueError(f"{chosen[0].name} is a link or something else that is not a file; hand in the file itself.")
    return chosen[0]


def _load(path: Path) -> dict:
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(
            f"{path.name} has more than {MOST_BYTES // 1_000_000} MB. Clear all outputs, save, hand in again."
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path.name} could not be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path.name} is not a notebook: the file is damaged or was saved in another format "
            f"({str(error).splitlines()[0][:80]}). Open it in JupyterLab; if that fails, too, start from a fresh copy."
        ) from error
    if not isinstance(content, dict) or content.get("nbformat") != 4 or not isinstance(content.get("cells"), list):
        raise ValueError(f"{path.name} is not a notebook of format 4. Save it in JupyterLab and hand it in again.")
    return content


def _rebuild(content: dict) -> NotebookNode:
    cells, ids = [], set()
    for number, cell in enumerate(content["cells"][:MOST_CELLS]):
        text = cell.get("source", "") if isinstance(cell, dict) else ""
        text = "".join(map(str, text)) if isinstance(text, list) else str(text)
        text = text.encode("utf-8", "replace").decode()  # half a character is none
        name = str(cell.get("id", "")) if isinstance(cell, dict) else ""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) or name in ids:
            name = f"cell-{number}"
            name += "-again" * (name in ids)
        ids.add(name)
        code = isinstance(cell, dict) and cell.get("cell_type") == "code"
        cells.append(new_code_cell(text, id=name) if code else new_markdown_cell(text, id=name))
    return new_notebook(cells=cells)
