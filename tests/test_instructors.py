"""The instructor guide: tables as the notebooks say, routes that add up, mistakes that the checks really name."""

import re
from functools import lru_cache
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from t2i_lib.cli import app
from t2i_lib.course.lesson import find_exercises
from t2i_lib.notebooks import read
from tools import run_sheet

ROOT = Path(__file__).resolve().parent.parent
SHEETS = run_sheet.load_sheets()
GUIDE = run_sheet.GUIDE.read_text(encoding="utf-8")
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(run_sheet.PAGES.glob("[0-9]*.md"))}
ROUTES = {"90 minutes": 90, "One day": 360}
PARTS = [
    "Run sheet", "Open with", "Must not be missed", "Ask", "Where they get lost", "Mistakes you will meet",
    "To talk about", "The hard question", "When late", "Without a GPU, without a network",
]  # fmt: skip
PLAIN = {"any", "enumerate", "uint8", "transformers"}  # code words of the pages that are neither cells nor exercises


@lru_cache
def cell_ids(number: str) -> list[str]:
    """The names of a lesson's cells, in order."""
    return [cell.id for cell in read(run_sheet.NOTEBOOKS / f"{SHEETS[number].stem}.ipynb").cells]


def section(text: str, title: str) -> str:
    """What stands below the heading that begins with these words."""
    (found,) = re.findall(rf"^## {re.escape(title)}.*?\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return found


def unwrapped(text: str) -> str:
    """The text with a wrapped line joined to the one before it."""
    return re.sub(r"(?<=[^\n])\n(?=  +\S|[^\s#|<`-])", " ", text).replace("  ", " ")


def rows(text: str) -> list[list[str]]:
    """The cells of a table's rows, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def minutes_of(names: list[str]) -> int:
    """Minutes that exercises with these names take; names of other things count nothing."""
    known = {task.name: task.minutes for sheet in SHEETS.values() for task in sheet.tasks}
    return sum(known.get(name, 0) for name in names)


def test_tables_are_those_of_the_notebooks():
    for path, text in run_sheet.written(SHEETS).items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run `make lists`"


def test_every_lesson_with_a_notebook_has_a_page():
    assert [sheet.stem for sheet in SHEETS.values()] == list(PAGES)


@pytest.mark.parametrize("stem", PAGES)
def test_pages_have_all_parts(stem: str):
    assert re.findall(r"^## (.+)$", PAGES[stem], re.M) == PARTS
    assert "If they remember one thing" in PAGES[stem]


@pytest.mark.parametrize("stem", PAGES)
def test_mistakes_are_those_that_the_checks_name(stem: str):
    exercises = find_exercises(stem[:2])
    told = unwrapped(section(PAGES[stem], "Mistakes you will meet"))
    bullets = re.findall(r'^- `(\w+)`: "([^"]+)"', told, re.M)
    assert len(bullets) == told.count("\n- ") >= 6
    for name, quote in bullets:
        assert name in exercises, f"lesson {stem[:2]} has no exercise {name}"
        assert any(quote in each.message for each in exercises[name].misconceptions), f"{name} never says: {quote}"


@pytest.mark.parametrize("stem", PAGES)
def test_cells_and_exercises_that_a_page_names_exist(stem: str):
    text = re.sub(r'"[^"\n]*"', "", unwrapped(PAGES[stem].partition("<!-- run sheet: end -->")[2]))
    words = set(re.findall(r"`([a-z][\w-]*)`", text)) - PLAIN
    known = {*cell_ids(stem[:2]), *find_exercises(stem[:2])}
    assert words - known == set()


@pytest.mark.parametrize("title", ROUTES)
def test_routes_add_up(title: str):
    now = 0
    for start, minutes, what, _ in rows(section(GUIDE, title)):
        assert start == run_sheet.clock(now), f"{start} should be {run_sheet.clock(now)}"
        assert int(minutes) >= minutes_of(re.findall(r"`(\w+)`", what)), what
        now += int(minutes)
    assert now == ROUTES[title]


@pytest.mark.parametrize("title", ROUTES)
def test_cells_of_a_route_exist_and_stand_in_order(title: str):
    for *_, cells in rows(section(GUIDE, title)):
        names = [tuple(name.split("/")) for name in re.findall(r"`([^`]+)`", cells)]
        places = [cell_ids(number).index(name) for number, name in names]
        assert places == sorted(places), cells


def test_exercises_of_a_route_are_among_its_cells():
    for title in ROUTES:
        for _, _, what, cells in rows(section(GUIDE, title)):
            lessons = set(re.findall(r"`(\d\d)/", cells))
            for name in re.findall(r"`(\w+)`", what):
                assert any(name in find_exercises(number) for number in lessons), f"{name}: not in {cells}"


def test_days_have_six_hours():
    for day in range(1, len(run_sheet.DAYS) + 1):
        numbers = [int(row[-1]) for row in rows(run_sheet.five_days(SHEETS)) if row[0] == str(day)]
        assert sum(numbers) == run_sheet.DAY
        assert min(numbers) >= 0, f"day {day} holds more than fits"


def test_weeks_have_ninety_minutes_and_lose_no_exercise():
    for row, number in zip(rows(run_sheet.semester(SHEETS)), run_sheet.WEEKS, strict=True):
        if number not in SHEETS:
            assert run_sheet.NOT_YET in row
            continue
        opening, reading, here, used, talk, home, rest = row[2:]
        assert sum(map(int, (opening, reading, used, talk))) == run_sheet.UNIT
        assert int(talk) >= run_sheet.TALK
        names = [re.findall(r"`(\w+)`", cell) for cell in (here, home)]
        assert [sum(task.minutes for task in SHEETS[number].tasks if task.name in each) for each in names] == [
            int(used),
            int(rest),
        ]
        assert sorted(names[0] + names[1]) == sorted(task.name for task in SHEETS[number].tasks)


@pytest.mark.parametrize("number", SHEETS)
def test_headings_say_what_the_exercises_say(number: str):
    exercises = find_exercises(number)
    assert {task.name: (task.tier, task.minutes) for task in SHEETS[number].tasks} == {
        name: (each.tier, each.minutes) for name, each in exercises.items()
    }


def test_linked_files_exist():
    for folder, text in [(ROOT / "docs", GUIDE), *((run_sheet.PAGES, text) for text in PAGES.values())]:
        links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
        assert links
        assert [link for link in links if not (folder / link).exists()] == []


def test_commands_exist():
    text = GUIDE + "".join(PAGES.values())
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`make ([a-z]+)", text)) <= targets
    known = CliRunner().invoke(app, ["--help"], terminal_width=200).output
    for command in set(re.findall(r"`t2i ([a-z]+)", text)):
        assert re.search(rf"\b{command}\b", known), f"there is no t2i {command}"


def test_the_exercise_to_copy_works():
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.S)
    names: dict = {}
    exec(compile(code, "docs/instructors.md", "exec"), names)
    exercise, examine = names["SHARE"], names["examine"]
    assert examine(exercise, names["share_found"]).right
    for mistake in exercise.misconceptions:
        assert examine(exercise, mistake.wrong).message == mistake.message


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_readmes_point_to_the_guide(name: str):
    assert "](docs/instructors.md)" in (ROOT / name).read_text(encoding="utf-8")


def test_sections_keep_exercises_out_of_reading():
    text = nbformat.v4.new_markdown_cell
    code = nbformat.v4.new_code_cell
    cells = [
        text("# Title\n\n## Objectives\n\nmany words that are not counted"),
        code("lesson = course.start('00')"),
        text("## First\n\none two three\n\n### Exercise 0.1 Add (core, difficulty 1 of 3, 4 min)\n\nfour words here"),
        code("def add(one, other): ...\n\n\nadd = lesson.check(add)"),
        text("five six\n\n## Second\n\nseven"),
        code('lesson.predict("sum", "?")'),
        text("## Quiz\n\n"),
        code("lesson.quiz()"),
        text("## Recap\n\neight nine"),
    ]
    first, second, quiz = run_sheet.sections_of(cells)
    assert first.tasks == (run_sheet.Task("0.1", "add", "core", 4),)
    assert (first.title, first.amount) == ("First", 6)  # the heading's word, three words before, two behind
    assert second.guesses == ("sum",)
    assert second.amount == 2 + 3 + run_sheet.PAUSE
    assert (quiz.title, quiz.tasks) == ("Quiz", ())


@pytest.mark.parametrize("total, amounts", [(25, [3, 0, 700, 41, 88]), (7, [5, 5]), (0, [1, 2])])
def test_spread_minutes_are_whole_and_complete(total: int, amounts: list[int]):
    shared = run_sheet.spread(total, amounts)
    assert sum(shared) == total
    assert min(shared) >= 0
