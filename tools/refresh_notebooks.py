"""Run notebooks and store their outputs, the same bytes each time (`make notebooks`).

`python -m tools.refresh_notebooks notebooks/01_attention.ipynb` does it for one; without names all of notebooks/ are
run. A notebook in which a cell fails stays as it was.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from nbformat import NotebookNode
from nbstripout import strip_output

from t2i_lib.notebooks import SHOWN_HOME, read, run_notebook, write

ROOT = Path(__file__).resolve().parent.parent
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
# GitHub refuses notebooks with stored widgets; the others differ from machine to machine and from run to run.
VOLATILE = [
    "metadata.widgets",
    "metadata.language_info.version",
    "metadata.language_info.codemirror_mode",
    *(f"cell.metadata.{name}" for name in ("execution", "collapsed", "scrolled", "ExecuteTime", "vscode")),
]
# A live widget's number is random, and without the program behind it there is nothing to show: its picture or text is.
LIVE_WIDGET = "application/vnd.jupyter.widget-view+json"


def tidy(notebook: NotebookNode, home: Path) -> None:
    """Take out of a notebook that has just run what would differ the next time.

    Args:
        home: the folder of progress that the run used; outputs shall name it as a student's is named.
    """
    strip_output(notebook, keep_output=True, keep_count=True, keep_id=True, extra_keys=VOLATILE)
    notebook.metadata["kernelspec"] = dict(KERNEL)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            data.pop(LIVE_WIDGET, None)
            if "image/png" in data:
                data.pop("image/jpeg", None)  # PIL gives both, which doubles the file
            rename_home(output, home)


def rename_home(output: NotebookNode, home: Path) -> None:
    """Write `~/.t2i` wherever the text of an output names the folder of progress."""
    for holder in (output, output.get("data", {})):
        for key, text in holder.items():
            if isinstance(text, str) and not key.startswith("image/"):
                holder[key] = text.replace(str(home), SHOWN_HOME)


def refresh(path: Path, cell_seconds: float = 300.0) -> None:
    """Run a notebook in a fresh kernel and store its outputs.

    Raises:
        ValueError: if it cannot be read or a cell fails.
    """
    notebook = read(path)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder) / "home"
        home.mkdir()
        run_notebook(notebook, path.parent, home, cell_seconds)
        tidy(notebook, home)
    write(path, notebook)


def main(names: list[str]) -> int:
    failed = 0
    for path in map(Path, names) if names else sorted(Path(os.path.relpath(ROOT)).glob("notebooks/*.ipynb")):
        start = time.perf_counter()
        try:
            refresh(path)
        except ValueError as error:
            failed += 1
            print(f"{path}: {error}; it stays as it was", file=sys.stderr)
        else:
            print(f"{path}: {time.perf_counter() - start:.0f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
