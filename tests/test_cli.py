"""The command line: what it prints, what it writes, and that it answers at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from tiny_artist import save_tiny_artist

from t2i_lib.cli import main
from t2i_lib.provenance import read_provenance

REPOSITORY = Path(__file__).parents[1]
PROMPTS = [
    {"en": "a green hill", "zh": "一座山丘", "stated": {"place": "hill"}},
    {"en": "a castle at night", "zh": "夜晚的城堡", "stated": {"place": "castle", "time": "night"}},
]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    data = tmp_path_factory.mktemp("repository") / "data"
    data.mkdir()
    save_tiny_artist(data / "checkpoints" / "full")
    (data / "prompts.json").write_text(json.dumps(PROMPTS), encoding="utf-8")
    return data


@pytest.fixture(autouse=True)
def shipped(data, tmp_path, monkeypatch):
    monkeypatch.setenv("T2I_DATA", str(data))
    monkeypatch.setenv("CI", "1")  # no browser
    monkeypatch.chdir(tmp_path)


def test_draw_prints_the_file_and_repeats_it(tmp_path, capsys):
    assert main(["draw", "a green hill", "--seed", "7"]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == Path("outputs/a-green-hill-7.png")
    assert main(["draw", "a", "green", "hill", "--seed", "7", "--out", "again.png"]) == 0
    assert Image.open("again.png").tobytes() == Image.open(path).tobytes()
    assert read_provenance("again.png")["prompt"] == "a green hill"


def test_draw_counts_seeds_up(tmp_path):
    assert main(["draw", "一座山丘", "--seed", "7", "--count", "3", "--out", "new/hill.png"]) == 0
    assert sorted(path.name for path in Path("new").iterdir()) == ["hill-7.png", "hill-8.png", "hill-9.png"]


def test_demo_draws_both_languages(tmp_path, capsys):
    assert main(["demo", "--out", "out put", "--sketches", "1"]) == 0
    folder = tmp_path / "out put"
    names = {path.name for path in folder.iterdir()}
    assert names == {"1-en.png", "1-zh.png", "2-en.png", "2-zh.png", "demo.png", "index.html"}
    assert read_provenance(folder / "2-zh.png")["prompt"] == "夜晚的城堡"
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "夜晚的城堡" in page and 'src="2-zh.png"' in page
    assert str(folder / "demo.png") in capsys.readouterr().out
    sheet = Image.open(folder / "demo.png")
    assert sheet.width > 2 * 256 and sheet.height > 2 * 256


def test_doctor_says_something_about_everything(capsys):
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    for topic in ("python", "torch", "device", "precision", "memory", "disk", "checkpoints", "outputs", "chinese font"):
        assert topic in said
    assert not Path("outputs").exists()


def test_data_show_draws_what_was_asked(capsys):
    assert main(["data", "show", "place=castle", "--count", "3", "--size", "32", "--out", "sheet.png"]) == 0
    assert Image.open("sheet.png").width > 3 * 32
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_data_make_builds_a_cache(capsys):
    assert main(["data", "make", "pairs", "--count", "2", "--size", "16", "--split", "test"]) == 0
    assert "2 pairs" in capsys.readouterr().out


def test_train_hands_its_options_to_the_recipe(monkeypatch, tmp_path):
    from types import SimpleNamespace

    from t2i_lib.cli import train

    calls = []

    def run(preset="full", folder=None, minutes=None, steps=None, seed=0, restart=False):
        calls.append((preset, folder, minutes, steps, seed, restart))

    monkeypatch.setattr(train, "import_module", lambda name: SimpleNamespace(run=run))
    assert main(["train", "gan", "--preset", "tiny", "--steps", "3", "--restart", "--folder", "mine"]) == 0
    assert calls == [("tiny", Path("mine"), None, 3, 0, True)]


def test_evaluate_and_benchmark_hand_their_options_on(monkeypatch, capsys):
    from t2i_lib import benchmark, evaluation

    calls = []
    monkeypatch.setattr(evaluation, "run", lambda *options: calls.append(options))
    monkeypatch.setattr(benchmark, "run_benchmark", lambda *options: calls.append(options) or {"peak_tflops": 1.9})
    assert main(["evaluate", "mine", "--json", "--device", "cpu"]) == 0
    assert main(["evaluate", "--judge", "perceptual"]) == 0
    assert main(["benchmark", "--preset", "lesson", "--seconds", "0.5", "--json"]) == 0
    assert calls[:2] == [("mine", True, "cpu", "auto", "judge", 1), (None, False, "auto", "auto", "perceptual", 1)]
    assert calls[2:] == [(None, "auto", "auto", "lesson", 0.5)]
    assert json.loads(capsys.readouterr().out) == {"peak_tflops": 1.9}


def test_lab_opens_own_copies_of_the_lessons(monkeypatch, data, tmp_path, capsys):
    from types import SimpleNamespace

    from t2i_lib.cli import course

    commands = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(course, "find_spec", lambda name: object())
    monkeypatch.setattr(
        course.subprocess, "run", lambda command, check: commands.append(command) or SimpleNamespace(returncode=0)
    )
    assert main(["lab"]) == 2  # no lessons there
    notebooks = data.parent / "notebooks"
    notebooks.mkdir()
    (notebooks / "00_first.ipynb").write_text("a lesson")
    assert main(["lab", "--", "--no-browser"]) == 0
    assert commands[0][1:3] == ["-m", "jupyterlab"] and commands[0][-1] == "--no-browser"
    assert commands[0][3] == "--notebook-dir=my_lessons"
    assert (tmp_path / "my_lessons" / "00_first.ipynb").read_text() == "a lesson"
    assert not (tmp_path / "my_lessons" / "zh").exists()
    (notebooks / "zh").mkdir()
    (notebooks / "zh" / "00_first.ipynb").write_text("一课")
    assert main(["lessons"]) == 0
    (tmp_path / "my_lessons" / "zh" / "00_first.ipynb").write_text("my work")
    (notebooks / "zh" / "00_first.ipynb").write_text("新的一课")
    assert main(["lessons"]) == 0
    assert (tmp_path / "my_lessons" / "zh" / "00_first.ipynb").read_text() == "my work"
    assert (tmp_path / "my_lessons" / "zh" / "00_first.new.ipynb").read_text() == "新的一课"
    capsys.readouterr()
    assert main(["lessons"]) == 0
    assert "as they are now" in capsys.readouterr().out


def test_progress_counts_what_was_done(monkeypatch, tmp_path, capsys):
    from t2i_lib.course.progress import Progress

    monkeypatch.setenv("T2I_HOME", str(tmp_path))
    Progress("01").put("checks", "softmax", "right")
    Progress("01").put("quiz", "1", {"answer": "a", "right": False})
    assert main(["progress"]) == 0
    assert "01  exercises 1 of 1 tried right, 0 hints, quiz 0 of 1 right" in capsys.readouterr().out


def test_command_alone_shows_what_there_is(capsys):
    assert main([]) == 0
    assert "evaluate" in capsys.readouterr().out


def test_help_needs_no_torch():
    code = "import sys; from t2i_lib.cli import main; main(['train', '--help']); print('torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True, cwd=REPOSITORY).splitlines()[-1] == "False"


def test_module_form_passes_the_exit_code_on():
    command = [sys.executable, "-m", "t2i_lib", "draw", " "]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1 and "empty" in result.stderr
