"""The decks keep their rules, and build into pages that nothing sticks out of, looked at in a real browser.

The rules need nothing but Python. Building needs Node.js; without it that test is left out, with a warning.
"""

import html
import re
import shutil
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from tools.slides import facts, rules
from tools.slides.build import NO_NODE, as_figure, build, find_browser, find_marp, whole
from tools.slides.deck import PICTURE, Deck, all_decks, as_page, read_deck
from tools.slides.drawing import draw_figures, enlarged, save

DECKS = all_decks()
MISSING = [
    *([] if shutil.which("node") and shutil.which("npm") else ["install Node.js"]),
    *([] if find_browser() else ["apt-get install chromium"]),
    *([] if find_spec("playwright") else ["pip install playwright"]),
]
HEAD = '---\nmarp: true\ntheme: t2i\ntitle: "06 Small"\nlang: en\npaginate: true\n---\n\n'
NOTES = "<!-- 2 min\nSay: one. Misunderstanding: two three four five six seven eight nine ten.\nLate: leave out.\n-->"


@pytest.fixture(scope="session")
def marp() -> None:
    """Skips where a deck cannot be built, loudly; also where npm would have to fetch Marp and there is no network."""
    told = " and ".join(MISSING)
    if not told:
        try:
            find_marp()
        except ValueError as error:
            told = str(error)
    if told:
        warnings.warn(f"NO DECK WAS BUILT; what is missing: {told}", stacklevel=1)
        pytest.skip(f"NO DECK WAS BUILT: {told}")


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", DECKS, ids=lambda path: path.stem)
def test_deck_keeps_the_rule(path: Path, rule: Callable):
    assert list(rule(read_deck(path))) == []


def test_every_deck_belongs_to_a_notebook():
    lessons = {path.name[:2] for path in (rules.facts.ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")}
    assert DECKS and {path.name[:2] for path in DECKS} <= lessons


def built_and_looked_at(path: Path, out: Path, pictures: Path) -> list[Path]:
    """Build a deck and find nothing wrong with it."""
    from tools.slides.browser import count_pages, look_at, opened

    deck, made = read_deck(path), build(read_deck(path), out, pdf=True)
    page = made[0].read_text(encoding="utf-8")
    assert not re.search(r"<(?:img|link|script)[^>]*(?:src|href)=\"(?!data:)", page), "something lies outside the file"
    for each in deck.pages:
        assert [alt for alt, _ in each.pictures if html.escape(alt) not in page] == []
    with opened(made[0]) as shown:
        assert count_pages(shown) == len(deck.pages)
        assert shown.evaluate("document.body.innerText.includes('{{')") is False
    assert look_at(made[0], pictures) == []
    return made


@pytest.mark.slow  # Node.js, a PDF and a browser: 10 to 20 s a deck, so one; `python -m tools.slides --look` does all
@pytest.mark.usefixtures("marp")
def test_a_deck_builds_and_nothing_sticks_out(tmp_path: Path):
    _, pdf = built_and_looked_at(DECKS[0], tmp_path, tmp_path / "pages")
    assert pdf.read_bytes().startswith(b"%PDF")
    count = len(read_deck(DECKS[0]).pages)
    assert [len(list(tmp_path.glob(f"pages/*-{ground}.png"))) for ground in ("light", "dark")] == [count, count]


@pytest.mark.slow
@pytest.mark.usefixtures("marp")
def test_a_page_that_overflows_is_found(tmp_path: Path):
    from tools.slides.browser import look_at

    path = tmp_path / "06-small.md"
    path.write_text(
        HEAD + "## Tall\n\n" + "A line.\n\n" * 20 + '\n---\n\n## Tiny\n\n<p style="font-size: 12px">no</p>\n'
    )
    (made,) = build(read_deck(path), tmp_path, pdf=False)
    problems = look_at(made)
    assert any("page 1: is" in problem and "too high" in problem for problem in problems)
    assert any("page 2: letters of 12 pixels" in problem for problem in problems)


def deck_of(*pages: str, head: str = HEAD) -> Deck:
    """A deck of lesson 06 in memory."""
    texts = [as_page(number, text) for number, text in enumerate(pages, start=1)]
    return Deck(Path("06-small.md"), head, tuple(texts))


def test_pages_and_their_notes(tmp_path: Path):
    path = tmp_path / "06-small.md"
    path.write_text(HEAD + "# One\n\n<!-- 1.5 min\nSay: hello.\n-->\n\n---\n\n## Two\n\n```yaml\na\n---\nb\n```\n")
    deck = read_deck(path)
    assert [page.title for page in deck.pages] == ["One", "Two"]
    assert [page.minutes for page in deck.pages] == [1.5, None]
    assert deck.pages[0].notes == "Say: hello." and deck.minutes == 1.5
    assert deck.pages[1].code == [("yaml", "a\n---\nb\n")]
    (tmp_path / "07-none.md").write_text("# No head\n")
    with pytest.raises(ValueError, match="does not begin with its head"):
        read_deck(tmp_path / "07-none.md")


def test_words_are_what_is_read():
    page = as_page(1, "## Two words\n\n`code` $a + b$ ![a long alt](img/a.png) 中文，一行\n\n```python\nx = 1\n```")
    assert page.words == 3


@pytest.mark.parametrize(
    "rule, page, complaint",
    [
        (rules.has_notes, "## Mute", "page 1: no notes"),
        (rules.has_notes, "## Short\n<!-- 2 min\nSay: hi.\n-->", "page 1: notes of fewer"),
        (rules.has_notes, f"## Quick\n{NOTES}", "2 minutes in all"),
        (rules.is_short, "no heading", "page 1: no heading"),
        (rules.is_short, "## Long\n" + "word " * 50, "page 1: 51 words"),
        (rules.is_short, "## Code\n```python\n" + "x = 1\n" * 9 + "```", "page 1: code of more"),
        (rules.is_short, "## Code\n```python\n" + "x" * 70 + "\n```", "page 1: code of more"),
        (rules.has_true_code, "## Code\n```python\nx =\n```", "page 1: code that is no Python"),
        (rules.has_drawn_figures, "## A\n![A moon over the sea](img/moon.png)", "nobody draws img/moon.png"),
        (rules.has_drawn_figures, "## A\n![short](img/fields.png)", "page 1: img/fields.png is hardly described"),
        (rules.types_no_new_numbers, "## A\n\nIt is 47.11 times better.", "page 1: 47.11 is not in the notebook"),
        (rules.has_all_parts, "## A", "the first page is not of the class"),
        (rules.gives_time_for_exercises, f"## {{{{ exercise 6.5 }}}}\n{NOTES}", "page 1: 2 minutes for exercise 6.5"),
    ],
)
def test_rules_find_what_they_are_there_for(rule: Callable, page: str, complaint: str):
    assert any(problem.startswith(complaint) for problem in rule(deck_of(page)))


def test_a_number_nobody_measured_is_found(tmp_path: Path):
    path = tmp_path / "06-small.md"
    path.write_text(HEAD + "## A\n\n{{ luck }} {{ seeds }}\n")
    problems = list(rules.has_true_numbers(read_deck(path)))
    assert any("lesson 06 has no fact 'luck'" in problem for problem in problems)
    assert "no page and no notes use the fact 'dots by loss'" in problems


def test_a_wrong_head_is_found():
    problems = list(rules.has_title_and_theme(deck_of("# A", head="theme: other")))
    assert len(problems) == 5 and "the head lacks the line `marp: true`" in problems


def test_facts_are_copied_from_the_notebook():
    assert facts.fact("06", "objectives").startswith("- compute what the best discriminator knows")
    assert facts.fact("06", "exercise 6.5").startswith("Exercise 6.5: A penalty on slopes\n\n**8 min**, core")
    assert ("模式崩溃", "mode collapse") in facts.terms("06")
    assert "In some bin 1 of 4 real things lands" in facts.fact("06", "quiz 1")
    assert facts.filled("06", "{{ seeds }} games") == f"{facts.fact('06', 'seeds')} games"
    assert 0 < float(facts.report("full", "prompt_accuracy")) <= 1
    with pytest.raises(ValueError, match="has no exercise 6.99"):
        facts.exercise("06", "6.99")
    with pytest.raises(ValueError, match="nothing stored is like"):
        facts.stored("06", "gallery-record", "no such words (here)")
    with pytest.raises(ValueError, match="has no cell 'nowhere'"):
        facts.printed("06", "nowhere")
    with pytest.raises(ValueError, match="there is no notebook of lesson 99"):
        facts.notebook_cells("99")


def test_figures_are_drawn_alike_twice(tmp_path: Path):
    deck = deck_of("## A\n![Bars for three bins](img/best-answers.png)")
    draw_figures(deck, tmp_path / "one")
    draw_figures(deck, tmp_path / "two")
    one, two = (tmp_path / name / "img/best-answers.png" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    one.write_bytes(b"kept")
    draw_figures(deck, tmp_path / "one", redraw=False)
    assert one.read_bytes() == b"kept"


def test_small_pictures_are_enlarged_and_bytes_kept(tmp_path: Path):
    save(Image.new("RGB", (64, 32)), tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").size == (640, 320)
    save(b"done", tmp_path / "b.png")
    assert (tmp_path / "b.png").read_bytes() == b"done"


def test_letters_are_enlarged():
    from matplotlib import pyplot as plt

    figure, axis = plt.subplots()
    text = axis.text(0, 0, "a", size=10)
    assert enlarged(figure, 1.5) is figure and text.get_fontsize() == 15
    plt.close(figure)


def test_pages_are_made_whole(tmp_path: Path):
    Image.new("RGB", (2, 2)).save(tmp_path / "a.png")
    (tmp_path / "img").mkdir()
    (tmp_path / "a.png").rename(tmp_path / "img/a.png")
    picture = as_figure(PICTURE.match('![a "blur" & more](img/a.png)'))
    assert 'alt="a &quot;blur&quot; &amp; more"' in picture
    page = whole(f"<html><head></head>{picture}<blockquote>中文</blockquote></html>", tmp_path)
    assert 'src="data:image/png;base64,' in page and '<blockquote lang="zh-Hans">' in page and "html.dark" in page


def test_without_node_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ValueError, match=re.escape(NO_NODE)):
        find_marp()
