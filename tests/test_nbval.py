"""A test of the tests: what `make test` does with notebooks finds every fault that a stored notebook can have."""

import base64
import io
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbval.plugin import get_sanitize_patterns
from PIL import Image

from tools.refresh_notebooks import refresh

ROOT = Path(__file__).resolve().parent.parent
SANITIZE = ROOT / "tests/nbval_sanitize.cfg"
CELLS = {
    "number": "40 + 2",
    "text": "import os\nhome = os.environ['T2I_HOME']\nprint('a green hill', home, os.path.exists(home + '/kept'))",
    "keep": "open(home + '/kept', 'w').close()",
    "time": "import time\nprint(f'{time.perf_counter():.3f} s')",
    "picture": "from PIL import Image, ImageDraw\npicture = Image.new('RGB', (40, 40), 'white')\n"
    "ImageDraw.Draw(picture).line((5, 30, 35, 10), fill='black')\npicture",
    "ignored": "time.perf_counter()",
    "widget": "import ipywidgets\nipywidgets.IntSlider()",
}


def small_notebook() -> NotebookNode:
    cells = [new_code_cell(source, id=name) for name, source in CELLS.items()]
    cells[list(CELLS).index("ignored")].metadata["tags"] = ["nbval-ignore-output"]
    return new_notebook(cells=[new_markdown_cell("# Small", id="title"), *cells])


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    return next(each for each in notebook.cells if each.id == name)


def change_number(notebook: NotebookNode) -> None:
    cell(notebook, "number").outputs[0].data["text/plain"] = "43"


def change_text(notebook: NotebookNode) -> None:
    output = cell(notebook, "text").outputs[0]
    output.text = output.text.replace("green", "blue")


def strip_output(notebook: NotebookNode) -> None:
    cell(notebook, "number").outputs = []


def strip_everything(notebook: NotebookNode) -> None:
    for each in notebook.cells:
        if each.cell_type == "code":
            each.outputs, each.execution_count = [], None


def never_run(notebook: NotebookNode) -> None:
    strip_output(notebook)
    cell(notebook, "number").execution_count = None


def shuffle_order(notebook: NotebookNode) -> None:
    first, second = cell(notebook, "number"), cell(notebook, "text")
    first.execution_count, second.execution_count = second.execution_count, first.execution_count


def change_picture(notebook: NotebookNode) -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 40), "white").save(file, "png")
    cell(notebook, "picture").outputs[0].data["image/png"] = base64.b64encode(file.getvalue()).decode()


def change_picture_size(notebook: NotebookNode) -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 41), "white").save(file, "png")
    cell(notebook, "picture").outputs[0].data["image/png"] = base64.b64encode(file.getvalue()).decode()


def delete_picture(notebook: NotebookNode) -> None:
    del cell(notebook, "picture").outputs[0].data["image/png"]


def kill_kernel(notebook: NotebookNode) -> None:
    cell(notebook, "picture").source = "os._exit(1)"


def raise_error(notebook: NotebookNode) -> None:
    cell(notebook, "ignored").source = "1 / 0"


MUTATIONS: dict[Callable[[NotebookNode], None], str] = {  # each fault -> what is said of it
    change_number: "Cell outputs differ",
    change_text: "Cell outputs differ",
    strip_output: "Missing output|Unexpected output",
    strip_everything: "never run",
    never_run: "never run",
    shuffle_order: "run as number 2, not 1",
    change_picture: r"picture 1: differs by \d\d\.\d grey levels, allowed are 8",
    change_picture_size: r"picture 1: stored with \(41, 40, 3\)",
    delete_picture: "stored are 0 pictures, drawn now 1",
    kill_kernel: "the kernel died in this cell",
    raise_error: "ZeroDivisionError",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A sound notebook, run and stored as `make notebooks` does, beside one copy for each fault."""
    folder = tmp_path_factory.mktemp("notebooks")
    shutil.copy(ROOT / "notebooks/conftest.py", folder)
    nbformat.write(small_notebook(), folder / "sound.ipynb")
    refresh(folder / "sound.ipynb")
    for mutation in MUTATIONS:
        notebook = nbformat.read(folder / "sound.ipynb", as_version=4)
        mutation(notebook)
        nbformat.write(notebook, folder / f"{mutation.__name__}.ipynb")
    return folder


@pytest.fixture(scope="module")
def report(folder: Path) -> str:
    """What one run over all of them says, with the options of `make test`; a hanging kernel would end it."""
    options = re.search(r"pytest (--nbval .*?) notebooks", makefile_line())[1]
    options = [each.replace("tests/nbval_sanitize.cfg", str(SANITIZE)) for each in options.split()]
    command = [sys.executable, "-m", "pytest", *options, "--rootdir=.", "--color=no", "-rA", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120).stdout


def makefile_line() -> str:
    """The Makefile's command that tests the notebooks, in one line."""
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    return " ".join(next(line for line in lines if "--nbval " in line).split())


def outcomes(report: str, name: str) -> list[str]:
    """PASSED or FAILED for every cell of a notebook."""
    return re.findall(rf"^(PASSED|FAILED|ERROR) {name}\.ipynb::", report, re.M)


def test_sound_notebook_passes(report: str):
    assert outcomes(report, "sound") == ["PASSED"] * len(CELLS), report


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_fault_is_found(mutation: Callable, report: str):
    found = outcomes(report, mutation.__name__)
    assert len(found) == len(CELLS) and "FAILED" in found, report
    told = re.findall(rf"^_+ {mutation.__name__}\.ipynb::Cell \d+ _+$(.*?)^[_=]{{3}}", report, re.M | re.S)
    assert any(re.search(MUTATIONS[mutation], each) for each in told), told


def test_dead_kernel_ends_at_once(report: str):
    """Within seconds; nbval alone would wait for the cell's whole limit."""
    durations = re.findall(r"^([\d.]+)s call +kill_kernel\.ipynb", report, re.M)
    assert durations and max(map(float, durations)) < 10, report


def patterns() -> list[tuple[str, str]]:
    return get_sanitize_patterns(SANITIZE.read_text(encoding="utf-8"))


def sanitized(text: str) -> str:
    for regex, replacement in patterns():
        text = re.sub(regex, replacement, text)
    return text


def test_every_sanitize_rule_is_read():
    """nbval passes over a rule whose two lines do not fit together without a word."""
    assert len(patterns()) == SANITIZE.read_text(encoding="utf-8").count("regex: ") > 5


@pytest.mark.parametrize(
    "one, other",
    [
        ("took 0.8 s", "took 12.25 s"),
        ("12 ms each", "9 ms each"),
        ("1,200 steps/s", "87.5 steps/s"),
        ("300 pictures a second", "12 pictures a second"),
        (" 45%|####      | 9/20 [00:01<00:01,  7.90it/s]", "100%|##########| 20/20 [00:02<00:00,  9.10it/s]"),
        ("2026-11-24 06:56:41", "2027-01-02 16:06:01"),
        ("1.2 GB free", "20 GB free"),
        ("peak memory: 310 MB", "peak memory: 1.5 GB"),
        ("device cpu, seed 0", "device cuda:0, seed 0"),
        ("2 CPU cores", "16 CPU cores"),
        ("torch 2.13.0+cpu", "torch 2.14.0"),
        ("<object at 0x7f12ab34cd56>", "<object at 0x7f0000000010>"),
        ("0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"),
        ("[-0.000, 1]", "[0.000, 1]"),
        ("tensor([-0., 1.])", "tensor([0., 1.])"),
    ],
)
def test_what_differs_by_machine_is_passed_over(one: str, other: str):
    assert sanitized(one) == sanitized(other)


@pytest.mark.parametrize(
    "one, other",
    [
        ("loss 0.25", "loss 0.26"),
        ("[-0.001]", "[0.001]"),
        ("-0.05", "0.05"),
        ("-0.5", "0.5"),
        ("seed 0", "seed 1"),
        ("4 heads", "8 heads"),
        ("(2, 3, 4)", "(2, 4, 3)"),
        ("the table takes 12 MB", "the table takes 13 MB"),
        ("12 bytes a token", "13 bytes a token"),
        ("12 tokens", "13 tokens"),
        ("layer2 step 3", "layer2 step 4"),
        ("accuracy 93%", "accuracy 94%"),
        ("3 hills", "4 hills"),
    ],
)
def test_what_a_lesson_says_is_compared(one: str, other: str):
    assert sanitized(one) != sanitized(other)
