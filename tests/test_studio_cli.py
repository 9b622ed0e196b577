"""`t2i studio ...`: files are written where they shall, the check is printed, mistakes are one line."""

import re
from pathlib import Path

import pytest
from tiny_artist import save_tiny_artist

from t2i_lib.cli import main, studio
from t2i_lib.studio.keeping import read_facts


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> str:
    return str(save_tiny_artist(tmp_path_factory.mktemp("artist") / "tiny"))


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_panorama(model, tmp_path, capsys):
    assert main(["studio", "panorama", "a green hill", "--model", model, "--out", str(tmp_path)]) == 0
    assert files(tmp_path) == ["panorama-a-green-hill-0.html", "panorama-a-green-hill-0.png"]
    assert "8 views" in read_facts(tmp_path / "panorama-a-green-hill-0.png")["made"]
    assert re.search(r"good: seam [\d.]+ times", capsys.readouterr().out)


def test_poster_in_all_formats(model, tmp_path, capsys):
    command = ["studio", "poster", "After the rain", "--prompt", "a hill", "--model", model, "--out", str(tmp_path)]
    assert main(command) == 0
    assert files(tmp_path) == [f"poster-a-hill-7-{form}.png" for form in ("banner", "portrait", "square")]
    assert capsys.readouterr().out.count("good: contrast") == 3
    assert "Lanczos" in read_facts(tmp_path / "poster-a-hill-7-square.png")["made"]


def test_animation(model, tmp_path, capsys):
    command = ["studio", "animation", "a hill", "--frames", "6", "--format", "webp", "--model", model]
    assert main([*command, "--out", str(tmp_path)]) == 0
    assert files(tmp_path) == ["film-a-hill-7.webp"] and "back to the first frame" in capsys.readouterr().out


def test_sprites_that_cannot_be_cut_out_are_told(model, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("t2i_lib.studio.sprites.clean", lambda alpha: 0 * alpha)
    assert main(["studio", "sprites", "--model", model, "--out", str(tmp_path)]) == 2
    assert "at least one sprite" in capsys.readouterr().err


def test_measure(model, capsys):
    assert main(["studio", "measure", "--pictures", "2", "--count", "1", "--model", model]) == 0
    assert "2 pictures" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command, said",
    [
        (["poster", "Red", "--format", "circle"], "no format 'circle'"),
        (["animation", "--format", "avi"], "saved as"),
        (["panorama", "..."], "holds no words"),
        (["panorama", "a hill", "--views", "2"], "at least 3 steps"),
    ],
)
def test_mistakes_are_one_line(command, said, model, tmp_path, capsys):
    assert main(["studio", *command, "--model", model, "--out", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1


def test_without_voila_the_page_says_what_to_do(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(studio, "find_spec", lambda name: None)
    assert main(["studio", "page", "--out", str(tmp_path)]) == 2
    assert "pip install voila" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["poster", " "], ["animation", "--format", "avi"]])
def test_what_cannot_be_made_is_refused_before_anything_is_drawn(command, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(studio, "_prepare", lambda *_: pytest.fail("the artist was asked for"))
    assert main(["studio", *command, "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("t2i: error")
