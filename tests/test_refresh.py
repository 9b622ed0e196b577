"""`make notebooks`: outputs stored the same each time, with nothing in them of the machine or of the run."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools import refresh_notebooks
from tools.refresh_notebooks import LIVE_WIDGET

CODE = {
    "home": "import os\nfrom pathlib import Path\nhome = Path(os.environ['T2I_HOME'])\n"
    "print('kept in', home, len(list(home.glob('*.json'))))\n(home / 'progress.json').touch()",
    "warnings": "import sys\nprint('one')\nsys.stdout.flush()\nprint('two')",
    "widget": "import ipywidgets\nipywidgets.Text(description='prompt')",
    "picture": "from PIL import Image\nImage.new('RGB', (9, 9))",
    "figure": "import matplotlib.pyplot as plt\nplt.plot([1, 4, 9]);",
    "threads": "os.environ['OMP_NUM_THREADS'], os.environ['HF_HUB_OFFLINE'], os.getcwd() == str(Path().resolve())",
}


@pytest.fixture(scope="module")
def twice(tmp_path_factory) -> tuple[bytes, bytes, nbformat.NotebookNode]:
    """The file after one run and after two, and its content."""
    path = tmp_path_factory.mktemp("notebooks") / "small.ipynb"
    notebook = new_notebook(cells=[new_code_cell(source, id=name) for name, source in CODE.items()])
    notebook.metadata["widgets"] = {"state": {}}
    notebook.cells[0].metadata["execution"] = {"iopub.status.busy": "now"}
    nbformat.write(notebook, path)
    found = []
    for _ in range(2):
        assert refresh_notebooks.main([str(path)]) == 0
        found.append(path.read_bytes())
    return *found, nbformat.read(path, as_version=4)


def outputs(notebook: nbformat.NotebookNode, name: str) -> list:
    return next(cell.outputs for cell in notebook.cells if cell.id == name)


def test_same_bytes_each_time(twice):
    first, second, _ = twice
    assert first == second


def test_run_from_top_to_bottom_with_ids_kept(twice):
    cells = twice[2].cells
    assert [(cell.id, cell.execution_count) for cell in cells] == list(zip(CODE, range(1, len(CODE) + 1), strict=True))


def test_progress_starts_empty_and_is_called_as_for_a_student(twice):
    assert outputs(twice[2], "home")[0].text == "kept in ~/.t2i 0\n"


def test_prints_are_one_output(twice):
    assert [output.text for output in outputs(twice[2], "warnings")] == ["one\ntwo\n"]


def test_widget_leaves_its_text_alone(twice):
    (output,) = outputs(twice[2], "widget")
    assert LIVE_WIDGET not in output.data and "prompt" in output.data["text/plain"]


def test_pictures_are_stored_once_and_as_png(twice):
    for name in ("picture", "figure"):
        kinds = [kind for output in outputs(twice[2], name) for kind in output.data if kind.startswith("image/")]
        assert kinds == ["image/png"]


def test_kernel_has_one_thread_no_hub_and_works_beside_the_notebook(twice):
    assert outputs(twice[2], "threads")[0].data["text/plain"] == "('1', '1', True)"


def test_metadata_are_those_of_every_machine(twice):
    metadata = twice[2].metadata
    assert set(metadata) == {"kernelspec", "language_info"}
    assert "version" not in metadata.language_info
    assert "execution" not in twice[2].cells[0].metadata


@pytest.mark.parametrize(
    "code, said",
    [("1 / 0", "cell faulty stopped with ZeroDivisionError"), ("import os; os._exit(1)", "kernel died in cell faulty")],
)
def test_failing_notebook_stays_as_it_was(code: str, said: str, tmp_path: Path, capsys):
    path = tmp_path / "faulty.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell(code, id="faulty")]), path)
    before = path.read_bytes()
    assert refresh_notebooks.main([str(path)]) == 1
    assert said in capsys.readouterr().err
    assert path.read_bytes() == before


def test_endless_cell_is_stopped(tmp_path: Path):
    path = tmp_path / "endless.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("while True: pass", id="forever")]), path)
    with pytest.raises(ValueError, match="cell forever ran longer than 1 s"):
        refresh_notebooks.refresh(path, cell_seconds=1)
