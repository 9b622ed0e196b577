"""The cost card: measured in a fresh kernel, written into the header, found out when it is stale."""

import os
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from t2i_lib import costs
from t2i_lib.cli import main
from t2i_lib.costs import Cost

MEGA = 10**6
CPU = Cost("2 CPU cores", 1.26, 900 * MEGA, 0, 12 * MEGA)
GPU = Cost("NVIDIA H100", 0.02, 2100 * MEGA, 1500 * MEGA, 0)
CODE = {
    "hold": f"held = b'x' * {300 * MEGA}\nlen(held)",
    "keep": "import os\nopen(os.environ['T2I_HOME'] + '/kept', 'wb').write(bytes(3_000_000))",
    "offline": "import urllib.request\ntry:\n    urllib.request.urlopen('http://example.org')\n    raise SystemError\n"
    "except OSError as error:\n    print(error)",
}


def small_notebook(**code: str) -> nbformat.NotebookNode:
    cells = [new_code_cell(source, id=name) for name, source in code.items()]
    return new_notebook(cells=[new_markdown_cell("# Title", id="title"), new_markdown_cell("", id=costs.CARD), *cells])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "10_small.ipynb"
    nbformat.write(small_notebook(**CODE), path)
    return path


def test_command_measures_and_writes_the_card(path: Path, capsys):
    assert main(["costs", str(path)]) == 0
    notebook = costs.read(path)
    (kept,) = costs.find_card(notebook).metadata["costs"]["measured"]
    assert 300 * MEGA < kept["memory"] < 700 * MEGA  # the bytes it holds and Python with IPython, no more
    assert 3 * MEGA <= kept["disk"] < 4 * MEGA
    assert 0 < kept["minutes"] < 1
    assert costs.staleness(notebook, path) is None
    assert f"{kept['memory'] / 1e9:.1f} GB | 3 MB | none" in costs.find_card(notebook).source
    assert "10_small.ipynb: " in (told := capsys.readouterr().out) and "| 3 MB | none" in told
    assert [cell.id for cell in notebook.cells] == ["title", costs.CARD, *CODE], "the measuring cell stayed in"
    assert not any(cell.get("outputs") for cell in notebook.cells), "outputs belong to `make notebooks`"


def test_failing_notebook_is_named_with_its_cell_and_left_alone(tmp_path: Path, capsys):
    path = tmp_path / "broken.ipynb"
    nbformat.write(small_notebook(divide="1 / 0"), path)
    before = path.read_bytes()
    assert main(["costs", str(path)]) == 2
    assert "broken.ipynb: cell divide stopped with ZeroDivisionError" in capsys.readouterr().err
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["none.ipynb"], "there is no notebook none.ipynb"),
        (["no.ipynb"], "no.ipynb is not a notebook"),
        (["bare.ipynb"], "has no Markdown cell with the id 'cost-card'"),
        (["bare.ipynb", "--device", "tpu"], "device is auto or cpu"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], said: str, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("no.ipynb").write_text("hello")
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), "bare.ipynb")
    assert main(["costs", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_card_shows_one_row_a_device():
    notebook = small_notebook(a="1")
    costs.put_card(notebook, GPU)
    costs.put_card(notebook, CPU)
    assert costs.find_card(notebook).source.splitlines()[-2:] == [
        "| 2 CPU cores | 1.3 | 0.9 GB | 12 MB | none |",
        "| NVIDIA H100 | under 0.1 | 2.1 GB and 1.5 GB of the GPU's | under 1 MB | none |",
    ]


def test_measuring_again_replaces_the_row():
    notebook = small_notebook(a="1")
    costs.put_card(notebook, CPU)
    costs.put_card(notebook, Cost(CPU.device, 2.5, CPU.memory, 0, CPU.disk))
    assert costs.find_card(notebook).source.splitlines()[-1] == "| 2 CPU cores | 2.5 | 0.9 GB | 12 MB | none |"
    assert len(costs.find_card(notebook).source.splitlines()) == 5


def test_a_card_says_what_is_stored_where_rounding_twice_would_differ():
    notebook = small_notebook(a="1")
    costs.put_card(notebook, Cost(CPU.device, 0.447, CPU.memory, 0, CPU.disk))
    assert costs.staleness(notebook, "x.ipynb") is None


def test_new_code_drops_what_was_measured_on_the_old():
    notebook = small_notebook(a="1")
    costs.put_card(notebook, GPU)
    notebook.cells[-1].source = "2"
    assert costs.staleness(notebook, "notebooks/x.ipynb") == "cost card is stale: run `t2i costs notebooks/x.ipynb`"
    costs.put_card(notebook, CPU)
    assert "H100" not in costs.find_card(notebook).source
    assert costs.staleness(notebook, "notebooks/x.ipynb") is None


def test_text_and_outputs_do_not_make_it_stale():
    notebook = small_notebook(a="1")
    costs.put_card(notebook, CPU)
    notebook.cells[0].source = "# Another title"
    notebook.cells[-1].outputs = [nbformat.v4.new_output("stream", text="1")]
    assert costs.staleness(notebook, "x.ipynb") is None


def test_watch_ends_with_the_process():
    watch = costs.MemoryWatch(os.getpid())
    held = b"x" * (50 * MEGA)
    while not watch.peak:
        pass
    assert watch.stop() > len(held)
    assert not watch._thread.is_alive()
