"""`t2i lessons`, `t2i lab`, `t2i progress`: own copies of the lessons, opening them, and what is done."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Option(help="Folder for your own copies; an update never overwrites work in it.")]
MINE = Path("my_lessons")


def lessons(folder: Folder = MINE) -> None:
    """Copy the lessons into a folder of yours, or bring newer ones beside what you have worked in."""
    from t2i_lib.course.language import CHINESE
    from t2i_lib.course.workspace import copy_lessons
    from t2i_lib.locations import data_folder

    notebooks = data_folder().parent / "notebooks"
    done = copy_lessons(notebooks, folder)
    if any((notebooks / CHINESE).glob("*.ipynb")):
        done += copy_lessons(notebooks / CHINESE, folder / CHINESE)
    print("\n".join(done) or f"{folder} has all lessons as they are now")


def lab(
    arguments: Annotated[list[str] | None, typer.Argument(help="Further arguments of JupyterLab, after --.")] = None,
    folder: Folder = MINE,
) -> int:
    """Open your copies of the lessons in JupyterLab (made first where there are none)."""
    if find_spec("jupyterlab") is None:
        raise ValueError("JupyterLab is missing; install it with `pip install -e .[notebooks]`, or use `make lab`")
    lessons(folder)
    command = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}", *(arguments or [])]
    return subprocess.run(command, check=False).returncode


def progress() -> None:
    """What you have done in which lesson."""
    from t2i_lib.course.progress import overview

    print(overview())
