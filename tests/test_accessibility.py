"""Lessons, decks and controls can be used without a mouse and without eyes: names, contrast, headings, keyboard.

A browser looks at two exported lessons and one deck here; `python -m tools.accessibility` looks at all of them. Needed
are chromium, and Node.js to fetch axe-core; without them these tests are left out, with a warning.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image
from tiny_artist import save_tiny_artist, tiny_artist

from t2i_lib.course.blind_test import BlindTest, Card
from t2i_lib.course.dial import Dial
from t2i_lib.course.easel import Easel
from t2i_lib.course.latent_walk import LatentWalk
from t2i_lib.course.predictions import Prediction
from t2i_lib.course.progress import Progress
from t2i_lib.course.quiz import load_quiz
from t2i_lib.course.widgets import prediction, quiz
from t2i_lib.notebooks import surroundings
from t2i_lib.studio.page import StudioPage
from t2i_lib.studio.session import Wish
from t2i_lib.widget_help import PROGRAM
from tools import accessibility
from tools.accessibility import AS_READERS_CHOOSE, as_html, axe, browser, look_at_deck, opened, text_faults
from tools.node_packages import node_file
from tools.slides.build import as_figure, find_browser, find_marp, run_marp, whole
from tools.slides.deck import PICTURE, all_decks, read_deck
from tools.slides.facts import filled

ROOT = accessibility.ROOT
TEXTS = accessibility.find([ROOT / "docs", ROOT / "docs" / "instructors"])
LESSONS = ("00_first_picture", "11_studio")  # the latter shows most kinds of outputs
DECK = "06"
PATIENCE = 180_000  # milliseconds
CELL = """\
import torch
from PIL import Image
from IPython.display import display
from t2i_lib import TextToImage, course
from t2i_lib.course.blind_test import BlindTest, Card
from t2i_lib.course.dial import Dial
from t2i_lib.course.easel import Easel
from t2i_lib.course.latent_walk import LatentWalk
from t2i_lib.studio.page import StudioPage
from t2i_lib.studio.session import Wish

artist = TextToImage.from_pretrained({artist!r}, device="cpu")
display(StudioPage(artist, Wish("a green hill", count=2), folder={out!r}))
lesson = course.start("00")
lesson.quiz()
lesson.predict("tokens", "How many tokens?", ["nine", "eleven"])
lesson.predict("share", "Which share?")
display(Easel(artist, "a castle", 3))
squares = [Image.new("RGB", (8, 8), color) for color in ("navy", "gold")]
display(Dial(squares, ["night", "day"], "a square"))
display(LatentWalk({{"straight": lambda share: torch.full((3, 8, 8), share)}}, "from grey to white", 2))
cards = [Card(squares[0], True, ("a cat",), {{"subject": "cat"}}, frozenset())]
display(BlindTest(cards, lesson.progress))"""
CONTROLS = "input, select, textarea, button, [role=slider], [contenteditable=true]"
# The thing that has the focus: its number among all controls, its name, and what shows that it has the focus.
FOCUSED = """(controls) => {
    const it = document.activeElement, style = getComputedStyle(it);
    const named = it.getAttribute("aria-label") || it.labels?.[0]?.textContent || it.textContent;
    return {
        place: [...document.querySelectorAll(controls)].indexOf(it), name: named.trim(), tag: it.localName,
        frame: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    };
}"""


def skip(told: str) -> None:
    warnings.warn(f"NO PAGE WAS LOOKED AT FOR ACCESSIBILITY; what is missing: {told}", stacklevel=1)
    pytest.skip(f"NO PAGE WAS LOOKED AT: {told}")


@pytest.fixture(scope="module")
def started() -> Iterator[Any]:
    """A browser with axe-core at hand."""
    if not (find_spec("playwright") and find_browser()):
        skip("apt-get install chromium, pip install playwright")
    try:
        node_file("axe-core/axe.min.js")
    except ValueError as error:
        skip(str(error))
    with browser() as one:
        yield one


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_text_has_headings_in_order_and_described_pictures(path: Path):
    assert list(text_faults(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "data/README.md"])
def test_readme_has_headings_in_order_and_described_pictures(name: str):
    assert list(text_faults((ROOT / name).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [("a", "page-has-heading-one"), ("# a\n\n# b", "page-has-heading-one"), ("# a\n\n![](b.png)", "image-alt"),
     ("# a\n\n#### b", "heading-order"), ("# a\n\n<img src='b.png'>", "image-alt")],
)  # fmt: skip
def test_a_text_with_a_fault_is_told(text: str, rule: str):
    assert [fault.rule for fault in text_faults(text)] == [rule]
    assert list(text_faults("# a\n\n```\n# no heading\n```\n\n## b\n\n![b](b.png)")) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_nothing_hurts_in_an_exported_lesson(name: str, started: Any):
    (look,) = accessibility.look_at_lesson(started, ROOT / "notebooks" / f"{name}.ipynb")
    assert look.hurts == [], "\n".join(map(str, look.hurts))
    assert not [violation for violation in look.violations if "heading" in violation.rule]


@pytest.mark.slow
def test_what_hurts_in_a_lesson_is_found(started: Any, tmp_path: Path):
    """A picture without a description, a level of headings left out, grey on white: as a notebook's own outputs."""
    small = [new_markdown_cell("# One\n\n#### Four"), new_code_cell("show()")]
    grey = {"text/html": "<p style='color:#bbb;background:#fff'>hardly to be read</p>"}
    small[1].outputs = [
        nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgo="}),
        nbformat.v4.new_output("display_data", grey),
    ]
    path = tmp_path / "small.ipynb"
    nbformat.write(new_notebook(cells=small), path)
    with opened(started, as_html(path).replace('alt=""', ""), style=AS_READERS_CHOOSE) as window:
        assert {violation.rule for violation in axe(window)} >= {"image-alt", "heading-order", "color-contrast"}


@pytest.fixture(scope="module")
def deck(tmp_path_factory) -> Path:
    """A deck of the course, with its words and numbers, but with grey squares instead of figures, which take long."""
    try:
        find_marp()
    except ValueError as error:
        skip(str(error))
    lesson = read_deck(next(path for path in all_decks() if path.name.startswith(DECK)))
    folder = tmp_path_factory.mktemp("deck")
    (folder / "img").mkdir()
    text = filled(lesson.number, lesson.path.read_text(encoding="utf-8"))
    for picture in PICTURE.finditer(text):
        Image.new("RGB", (400, 300), "lightgrey").save(folder / picture[2])
    (folder / "deck.md").write_text(PICTURE.sub(as_figure, text), encoding="utf-8")
    run_marp(folder / "deck.md", folder / "deck.html")
    page = whole((folder / "deck.html").read_text(encoding="utf-8"), folder)
    (folder / "deck.html").write_text(page, encoding="utf-8")
    return folder / "deck.html"


@pytest.mark.slow
def test_nothing_hurts_on_any_page_of_a_deck(started: Any, deck: Path):
    light, dark = look_at_deck(started, deck)
    for look in (light, dark):
        assert look.violations == (), f"{look.colours}: " + "\n".join(map(str, look.violations))


@pytest.mark.slow
def test_a_pale_heading_is_found_on_every_page_of_a_deck(started: Any, deck: Path):
    pale = deck.with_name("pale.html")
    style = "<style>section h2 { color: #bbb !important }</style></head>"
    pale.write_text(deck.read_text(encoding="utf-8").replace("</head>", style, 1), encoding="utf-8")
    (hurt,) = look_at_deck(started, pale)[0].hurts
    assert hurt.rule == "color-contrast" and len(hurt.places) > 10


@pytest.fixture(scope="module")
def controls(started: Any, tmp_path_factory) -> Iterator[Any]:
    """A page with every kind of control of the course: the studio, a quiz, guesses, an easel, a dial, a walk, cards."""
    if find_spec("voila") is None:
        skip("pip install voila")
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("controls")
    cell = new_code_cell(CELL.format(artist=str(save_tiny_artist(folder / "artist")), out=str(folder / "saved")))
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    cells = [new_markdown_cell("# All controls"), cell]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "controls.ipynb")
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    command = [sys.executable, "-m", "voila", str(folder / "controls.ipynb"), f"--port={port}", "--no-browser"]
    with (home / "voila.log").open("w") as log:
        own = {**os.environ, **surroundings(home), "PYTHONPATH": str(ROOT)}
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=own)
        context = started.new_context(viewport=accessibility.SIZE)
        try:
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            wait_for(home / "voila.log", server)
            page.goto(f"http://127.0.0.1:{port}/")
            page.get_by_role("button", name="Keep, next").wait_for()  # the last of them
            page.locator("[role=slider][aria-label=Share]").wait_for()
            yield page
        finally:
            context.close()
            server.terminate()
            server.wait(30)
            shutil.rmtree(folder, ignore_errors=True)


def wait_for(log: Path, server: subprocess.Popen, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        if re.search(r"http://(?:127\.0\.0\.1|localhost):\d+", log.read_text()):
            return
        time.sleep(0.1)
    raise AssertionError(f"the page did not start: {log.read_text()[-2000:]}")


def tab_to(page: Any, name: str) -> None:
    """Go to a control with the Tab key alone, from wherever the focus is."""
    for _ in range(2 * page.locator(CONTROLS).count()):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED, CONTROLS)["name"] == name:
            return
    raise AssertionError(f"the Tab key never comes to {name!r}")


def test_everything_with_controls_brings_the_help_that_names_them(tmp_path: Path):
    w = pytest.importorskip("ipywidgets")
    artist, square = tiny_artist(), Image.new("RGB", (8, 8))
    card = Card(square, True, ("a cat",), {"subject": "cat"}, frozenset())
    boxes = [
        StudioPage(artist, Wish("a green hill", count=1)).box,
        Easel(artist, "a castle").box,
        Dial([square], ["night"], "a square").box,
        LatentWalk({"straight": lambda share: torch.full((3, 8, 8), share)}, "grey to white", 2).box,
        BlindTest([card], Progress("10", tmp_path)).box,
        quiz(load_quiz("00"), lambda number, letter: ""),
        prediction(Prediction("a", "One?", ("yes", "no")), print),
        prediction(Prediction("b", "How many?"), print),
    ]
    for box in boxes:
        found, inside = [box], []
        while found:
            each = found.pop()
            found += getattr(each, "children", ())
            inside += each.outputs if isinstance(each, w.Output) else ()
        assert [each["data"] for each in inside] == [{"application/javascript": PROGRAM}], box


@pytest.mark.slow
def test_every_control_is_reached_by_tab_has_a_name_and_shows_the_focus(controls: Any):
    page, visited = controls, {}
    page.evaluate("document.activeElement.blur()")
    count = page.locator(CONTROLS).count()
    for _ in range(count + 5):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED, CONTROLS)
        if focused["place"] in visited:
            break
        if focused["place"] >= 0:
            visited[focused["place"]] = focused
    missed = set(range(count)) - set(visited)
    missed = [page.locator(CONTROLS).nth(place).evaluate("it => it.outerHTML") for place in missed]
    assert count > 40 and missed == []
    assert list(visited) == sorted(visited), "the Tab key goes through them in the order of the page"
    assert [each for each in visited.values() if not each["name"]] == []
    assert [each["name"] for each in visited.values() if not each["frame"]] == []


@pytest.mark.slow
def test_axe_finds_nothing_that_hurts_among_the_controls(controls: Any):
    hurt = [violation for violation in axe(controls) if violation.hurts]
    assert hurt == [], "\n".join(map(str, hurt))


@pytest.mark.slow
def test_buttons_sliders_and_options_work_by_keys(controls: Any):
    page = controls
    expect = pytest.importorskip("playwright.sync_api").expect
    for key in ("Enter", "Space"):  # the studio draws
        page.get_by_label("Prompt").first.fill(f"a red castle by {key}")
        tab_to(page, "Draw")
        page.keyboard.press(key)
        expect(page.get_by_text(f"Drawn: a red castle by {key}")).to_be_visible(timeout=PATIENCE)

    tab_to(page, "Count")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-valuetext')") == "3"
    tab_to(page, "Dial")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_alt_text("a square: day")).to_be_visible(timeout=PATIENCE)
    assert page.evaluate("document.activeElement.getAttribute('aria-valuetext')") == "day"
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_alt_text("a square: night")).to_be_visible(timeout=PATIENCE)

    first = page.get_by_role("radiogroup", name="Question 1", exact=True)
    tab_to(page, first.locator("label").first.inner_text().strip())
    page.keyboard.press("Space")
    expect(page.get_by_text(re.compile("^(Right|Not quite): ")).first).to_be_visible(timeout=PATIENCE)
    tab_to(page, "eleven")
    page.keyboard.press("Space")
    expect(page.get_by_text("kept", exact=True)).to_be_visible(timeout=PATIENCE)
    tab_to(page, "subject: cat")
    page.keyboard.press("Space")
    assert page.get_by_label("subject: cat").is_checked()
