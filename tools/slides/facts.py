"""What a deck says with numbers, read where it was measured: a notebook's stored outputs, a record, a report.

In a deck stands `{{ name }}`; FACTS of tools/slides/lesson_NN.py says how to find it. Four need no entry there:
`{{ objectives }}`, `{{ terms }}`, `{{ exercise 6.5 }}` and `{{ quiz 3 }}` are copied from the notebook and the quiz.
"""

import html
import json
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module, util
from types import ModuleType

from t2i_lib.course.quiz import load_quiz
from tools.slides.deck import PLACEHOLDER, ROOT


def lesson_module(number: str) -> ModuleType:
    """FIGURES and FACTS of a lesson's deck.

    Raises:
        ValueError: if there is no tools/slides/lesson_NN.py.
    """
    name = f"tools.slides.lesson_{number}"
    if util.find_spec(name) is None:
        raise ValueError(f"the deck of lesson {number} has no tools/slides/lesson_{number}.py with its figures")
    return import_module(name)


@cache
def notebook_cells(number: str) -> dict[str, dict]:
    """The cells of a lesson's notebook by id.

    Raises:
        ValueError: if there is no such notebook.
    """
    found = sorted((ROOT / "notebooks").glob(f"{number}_*.ipynb"))
    if not found:
        raise ValueError(f"there is no notebook of lesson {number}")
    return {cell["id"]: cell for cell in json.loads(found[0].read_text(encoding="utf-8"))["cells"]}


def printed(number: str, cell: str) -> str:
    """What a cell of a notebook printed, and how it described its figures, as it is stored.

    Raises:
        ValueError: if there is no such cell.
    """
    cells = notebook_cells(number)
    if cell not in cells:
        raise ValueError(f"the notebook of lesson {number} has no cell {cell!r}")
    parts = []
    for output in cells[cell].get("outputs", []):
        parts.append("".join(output.get("text", [])))
        parts.append(html.unescape(re.sub(r"<[^>]*>", "", "".join(output.get("data", {}).get("text/html", [])))))
    return "\n".join(filter(None, parts))


def stored(number: str, cell: str, pattern: str) -> str:
    """The part of a cell's stored output that a pattern's first group finds.

    Raises:
        ValueError: if nothing is found.
    """
    text = printed(number, cell)
    found = re.search(pattern, text, re.M)
    if found is None:
        raise ValueError(f"lesson {number}, cell {cell!r}: nothing stored is like /{pattern}/; it holds\n{text}")
    return found[1]


def report(artist: str, figure: str) -> str:
    """A figure of a shipped artist's evaluation.json."""
    found = json.loads((ROOT / "data/checkpoints" / artist / "evaluation.json").read_text(encoding="utf-8"))
    return f"{found[figure]['value']:.2f}"


def objectives(number: str) -> list[str]:
    """What a lesson's notebook promises in its header, as a table or as a list; where it is measured is left out."""
    title = "".join(notebook_cells(number)["title"]["source"])
    if "| objective |" in title:
        rows = title.split("| objective |")[1].split("\n\n")[0].splitlines()[2:]
        return [row.split("|")[1].strip() for row in rows]
    listed = re.search(r"After this lesson you can\n\n(.*?)\n\n", title, re.S)[1]
    items = [" ".join(item.split()) for item in listed.removeprefix("- ").split("\n- ")]
    return [re.sub(r" \([^()]*(exercise|question)[^()]*\)|[;.]$", "", item) for item in items]


def terms(number: str) -> list[tuple[str, str]]:
    """Chinese and English of each term, from the table at a notebook's end."""
    text = "".join(notebook_cells(number)["chinese-summary"]["source"])
    rows = [[cell.strip() for cell in row.strip("| ").split("|")] for row in text.splitlines() if row.startswith("|")]
    pairs = [(first, second) for first, second, *_ in rows if not set(first) <= set("-: ")][1:]
    return [pair if re.search(r"[\u4e00-\u9fff]", pair[0]) else pair[::-1] for pair in pairs]


def exercise(number: str, which: str) -> dict[str, str]:
    """Title, tier and minutes of an exercise, from its heading in the notebook.

    Raises:
        ValueError: if there is no such exercise.
    """
    text = "\n".join("".join(cell["source"]) for cell in notebook_cells(number).values())
    form = (
        r"^#+ Exercise {}[.:]? (?P<title>.+?) \((?P<tier>\w+), difficulty (?P<difficulty>\d) of 3, (?P<minutes>\d+) min"
    )
    found = re.search(form.format(re.escape(which)), text, re.M)
    if found is None:
        raise ValueError(f"the notebook of lesson {number} has no exercise {which}")
    return found.groupdict()


def fact(number: str, name: str) -> str:
    """What stands in a deck instead of `{{ name }}`.

    Raises:
        ValueError: if nobody knows that name.
    """
    if name == "objectives":
        return "\n".join(f"- {each}" for each in objectives(number))
    if name == "terms":
        rows = [f'<li><span lang="zh-Hans">{chinese}</span> {english}</li>' for chinese, english in terms(number)]
        return f'<ul class="terms">{"".join(rows)}</ul>'
    kind, _, which = name.partition(" ")
    if kind == "exercise":
        told = exercise(number, which)
        return f"Exercise {which}: {told['title']}\n\n**{told['minutes']} min**, {told['tier']}, in the notebook"
    if kind == "quiz":
        asked = load_quiz(number).question(int(which))
        return asked.text + "\n\n" + "\n".join(f"1. {option.text}" for option in asked.options)
    facts: dict[str, Callable[[], str]] = lesson_module(number).FACTS
    if name not in facts:
        raise ValueError(f"lesson {number} has no fact {name!r}; it has {', '.join(facts)}")
    return facts[name]()


def filled(number: str, text: str) -> str:
    """A text with every `{{ name }}` replaced."""
    return PLACEHOLDER.sub(lambda found: fact(number, found[1]), text)
