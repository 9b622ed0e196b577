"""The READMEs keep their promises: code runs, commands exist, linked files are there."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from t2i_lib.artist_files import default_artist
from t2i_lib.cli import app
from tools import quality_table

ROOT = Path(__file__).resolve().parent.parent
READMES = ["README.md", "README.zh-CN.md"]
TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in READMES}


def commands() -> list[str]:
    """Every `t2i ...` of both READMEs, as far as its words name commands."""
    found = set()
    for text in TEXTS.values():
        found |= set(re.findall(r"(?:^    |`)t2i ((?:train|data) [a-z]+|[a-z]+)", text, re.M))
    return sorted(found)


@pytest.mark.parametrize("command", commands())
def test_commands_exist(command: str):
    answer = CliRunner().invoke(app, [*command.split(), "--help"])
    assert answer.exit_code == 0, answer.output


def test_options_exist():
    for text in TEXTS.values():
        for command, options in re.findall(r"^    t2i ((?:train|data) [a-z]+|[a-z]+)(.*)$", text, re.M):
            told = CliRunner().invoke(app, [*command.split(), "--help"], terminal_width=200).output
            for option in re.findall(r"--[a-z]+", options):
                assert option in told, f"t2i {command} has no {option}"


def test_make_commands_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    for text in TEXTS.values():
        assert set(re.findall(r"(?:^    |`|&& )make ([a-z]+)", text, re.M)) <= targets


@pytest.mark.parametrize("name", READMES)
def test_linked_files_exist(name: str):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", TEXTS[name])
    assert len(links) >= 2
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("name", READMES)
def test_python_runs_as_printed(name: str, tmp_path: Path, monkeypatch):
    """The first lines that a visitor copies, in an empty folder."""
    try:
        default_artist()
    except ValueError as error:
        pytest.skip(f"nothing to draw with: {error}")
    (code,) = re.findall(r"```python\n(.*?)```", TEXTS[name], re.S)
    assert len([line for line in code.splitlines() if line.strip()]) == 5
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outputs").mkdir()
    exec(compile(code, name, "exec"), {})
    assert len(list(tmp_path.glob("outputs/*.png"))) == 1


@pytest.mark.parametrize("name", READMES)
def test_picture_and_figures_are_those_of_the_shipped_artists(name: str):
    reports = quality_table.shipped_reports()
    assert TEXTS[name] == quality_table.with_shown(TEXTS[name], name, reports), "run `make lists`"


def test_quality_table_sets_goals_beside_figures():
    report = {key: {"value": 0.5, "low": 0.25, "high": 0.75} for key in quality_table.FIGURES}
    rows = quality_table.table("README.md", {"lesson": report, "full": report}).splitlines()
    assert rows[2] == "| prompt accuracy, test | 0.500 [0.250, 0.750] | >= 0.85 | 0.500 [0.250, 0.750] | >= 0.93 |"
    assert {row.count("|") for row in rows} == {6}
