"""The rules that every deck keeps, told without drawing or building it: `python -m tools.slides.rules`.

Each rule is a function from a deck to sentences that say what is wrong and where; RULES lists them.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator

from tools.slides import facts
from tools.slides.deck import PLACEHOLDER, Deck, all_decks, read_deck
from tools.slides.drawing import figures_of

PAGES, MINUTES = (15, 24), (45, 65)
MOST_WORDS = 45  # a page; what is copied from the notebook does not count
MOST_CODE_LINES, MOST_CODE_COLUMNS = 8, 66
LEAST_NOTES, LEAST_ALT = 12, 20  # words of notes, characters of a description
LEAST_QUESTIONS, LEAST_PAUSES, LEAST_FIGURES = 2, 2, 5


def has_title_and_theme(deck: Deck) -> Iterator[str]:
    """The head names the lesson, the theme and the language, as Marp and screen readers want it."""
    for line in ("marp: true", "theme: t2i", "lang: en", "paginate: true"):
        if line not in deck.head.splitlines():
            yield f"the head lacks the line `{line}`"
    if f'title: "{deck.number} ' not in deck.head:
        yield f"the head lacks a title that begins with the lesson's number, `title: \"{deck.number} ...`"


def has_all_parts(deck: Deck) -> Iterator[str]:
    """A title page, the notebook's objectives and terms, questions to guess at, exercises to pause for, a recap."""
    if "title" not in deck.pages[0].kind:
        yield "the first page is not of the class `beside title`"
    for name in ("objectives", "terms"):
        if f"{{{{ {name} }}}}" not in deck.text:
            yield f"no page with {{{{ {name} }}}}"
    for kind, least in (("ask", LEAST_QUESTIONS), ("pause", LEAST_PAUSES)):
        found = sum(page.kind == kind for page in deck.pages)
        if found < least:
            yield f"{found} pages of the class {kind!r}, fewer than {least}"
    if not any("remember" in page.title for page in deck.pages):
        yield "no page `To remember`"
    if len({address for page in deck.pages for _, address in page.pictures}) < LEAST_FIGURES:
        yield f"fewer than {LEAST_FIGURES} figures"


def has_notes(deck: Deck) -> Iterator[str]:
    """Every page has notes with minutes and words to say; all pages together fill a session."""
    for page in deck.pages:
        if page.minutes is None:
            yield f"page {page.number}: no notes (`<!-- 2 min ...`)"
        elif len(page.notes.split()) < LEAST_NOTES:
            yield f"page {page.number}: notes of fewer than {LEAST_NOTES} words"
    if not MINUTES[0] <= deck.minutes <= MINUTES[1]:
        yield f"{deck.minutes:g} minutes in all, not {MINUTES[0]} to {MINUTES[1]}"
    if not any("Misunderstanding" in page.notes or "Typical" in page.notes for page in deck.pages):
        yield "no notes name a typical misunderstanding"
    if not any("Late:" in page.notes for page in deck.pages):
        yield "no notes say what to leave out when it is late"


def is_short(deck: Deck) -> Iterator[str]:
    """Pages that can be taken in at one look."""
    if not PAGES[0] <= len(deck.pages) <= PAGES[1]:
        yield f"{len(deck.pages)} pages, not {PAGES[0]} to {PAGES[1]}"
    for page in deck.pages:
        if not page.title:
            yield f"page {page.number}: no heading"
        if page.words > MOST_WORDS:
            yield f"page {page.number}: {page.words} words, more than {MOST_WORDS}"
        for _, code in page.code:
            lines = code.rstrip("\n").splitlines()
            if len(lines) > MOST_CODE_LINES or max(map(len, lines)) > MOST_CODE_COLUMNS:
                yield f"page {page.number}: code of more than {MOST_CODE_LINES} lines or {MOST_CODE_COLUMNS} columns"


def has_true_code(deck: Deck) -> Iterator[str]:
    """Code is Python."""
    for page in deck.pages:
        for language, code in page.code:
            try:
                ast.parse(PLACEHOLDER.sub("0", code)) if language == "python" else None
            except SyntaxError as error:
                yield f"page {page.number}: code that is no Python: {error}"


def has_drawn_figures(deck: Deck) -> Iterator[str]:
    """Every picture is drawn by a function of the deck's module and described in words; every function is used."""
    try:
        named = figures_of(deck)
    except ValueError as error:
        yield str(error)
        return
    for page in deck.pages:
        for alt, address in page.pictures:
            if len(alt) < LEAST_ALT:
                yield f"page {page.number}: {address} is hardly described: {alt!r}"
    for name in set(facts.lesson_module(deck.number).FIGURES) - {address[4:-4].replace("-", "_") for address in named}:
        yield f"no page shows the figure {name!r}"


def has_true_numbers(deck: Deck) -> Iterator[str]:
    """Every `{{ name }}` is known and found where it was measured; every fact is used."""
    text = deck.path.read_text(encoding="utf-8")
    for name in dict.fromkeys(PLACEHOLDER.findall(text)):
        try:
            facts.fact(deck.number, name)
        except (ValueError, LookupError) as error:
            yield f"{{{{ {name} }}}}: {error}"
    for name in set(facts.lesson_module(deck.number).FACTS) - set(PLACEHOLDER.findall(text)):
        yield f"no page and no notes use the fact {name!r}"


def types_no_new_numbers(deck: Deck) -> Iterator[str]:
    """A number with a decimal point that is typed by hand, also in notes, stands in the lesson's notebook, too."""
    cells = facts.notebook_cells(deck.number)
    notebook = " ".join("".join(cell["source"]) + facts.printed(deck.number, name) for name, cell in cells.items())
    for page in deck.pages:
        typed = re.findall(r"\d+\.\d+", PLACEHOLDER.sub("", f"{page.body} {page.notes}"))
        for number in sorted(set(typed)):
            if number not in notebook:
                yield f"page {page.number}: {number} is not in the notebook; let {{{{ name }}}} find what was measured"


def gives_time_for_exercises(deck: Deck) -> Iterator[str]:
    """A page that pauses for an exercise gives it at least the minutes that the notebook asks for."""
    for page in deck.pages:
        for which in re.findall(r"\{\{ exercise (\S+) \}\}", page.body):
            asked = int(facts.exercise(deck.number, which)["minutes"])
            if page.minutes is not None and page.minutes < asked:
                yield f"page {page.number}: {page.minutes:g} minutes for exercise {which}, which asks for {asked}"


RULES: tuple[Callable[[Deck], Iterator[str]], ...] = (
    has_title_and_theme,
    has_all_parts,
    has_notes,
    is_short,
    has_true_code,
    has_drawn_figures,
    has_true_numbers,
    types_no_new_numbers,
    gives_time_for_exercises,
)


def main() -> int:
    found = [f"{path.name}: {problem}" for path in all_decks() for rule in RULES for problem in rule(read_deck(path))]
    print("\n".join(found) if found else "all rules are kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
