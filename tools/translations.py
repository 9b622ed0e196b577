"""Translations of lessons: their files, and which of their passages no longer fit the English text.

`notebooks/zh/NN_name.md` holds each Markdown cell of a lesson under a line `<!-- cell: ID | source: HASH -->`; the hash
is that of the English text it was made from. What tools write into the English text is not translated by hand.
"""

import difflib
import hashlib
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from t2i_lib.checkpoints import atomic_path, load_json
from t2i_lib.costs import CARD
from t2i_lib.course.language import CHINESE as LANGUAGE
from t2i_lib.course.lesson import find_exercises
from t2i_lib.course.quiz import FOLDER as QUIZZES
from t2i_lib.course.quiz import Quiz, load_quiz
from t2i_lib.course.translated import digest as exercise_digest
from t2i_lib.course.translated import load_words
from t2i_lib.notebooks import read
from tools import doors, glossary

ROOT = Path(__file__).resolve().parent.parent
ENGLISH, CHINESE = ROOT / "notebooks", ROOT / "notebooks" / "zh"
MARK = re.compile(r"^<!-- cell: (\S+) \| source: ([0-9a-f]{12}) -->[ \t]*\n", re.M)
WORDS_LINE = re.compile(rf"\n\n{re.escape(glossary.LABEL)}.*")  # written by tools.glossary
DOORS_LINE = re.compile(rf"\n\n{doors.LINKS.pattern}")  # written by tools.doors
MOST_COMMITS = 200  # how far back git is asked for the English text that a translation was made from


@dataclass(frozen=True)
class Passage:
    """The translation of one cell, and the hash of the English text it was made from."""

    source: str
    text: str


@dataclass(frozen=True)
class Trouble:
    """One passage that no longer fits the English notebook, and what to do about it."""

    lesson: str
    cell: str
    what: str

    def __str__(self) -> str:
        return f"lesson {self.lesson}, cell {self.cell}: {self.what}"


def digest(source: str) -> str:
    """The first twelve digits of a cell's sha256."""
    return hashlib.sha256(source.encode("utf-8")).hexdigest()[:12]


def passages(text: str, name: str = "the translation") -> dict[str, Passage]:
    """Cell id -> its translation.

    >>> passages("<!-- cell: title | source: 0123456789ab -->\\n# 标题\\n")
    {'title': Passage(source='0123456789ab', text='# 标题')}

    Raises:
        ValueError: if something stands above the first mark, a mark is misspelt or a cell comes twice.
    """
    above, *pieces = MARK.split(text)
    found = {}
    for cell, source, passage in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
        if cell in found:
            raise ValueError(f"{name}: cell {cell} is translated twice; take one out")
        found[cell] = Passage(source, passage.strip("\n"))
    broken = re.search(r"^<!-- cell:.*", "".join([above, *pieces[2::3]]), re.M)
    if broken or above.strip():
        line = broken[0] if broken else above.strip().splitlines()[0]
        raise ValueError(f"{name}: {line!r}, but a passage begins with <!-- cell: ID | source: 12 hex digits -->")
    return found


def load(path: Path) -> dict[str, Passage]:
    """The passages of a translation."""
    return passages(path.read_text(encoding="utf-8"), path.name)


def to_translate(english: NotebookNode) -> dict[str, str]:
    """Cell id -> English text of what a translation holds: all Markdown but what tools have written."""
    cells = [cell for cell in english.cells if cell.cell_type == "markdown" and cell.id != CARD]
    return {cell.id: by_hand(cell.source) for cell in cells}


def by_hand(english: str) -> str:
    """A cell's English text without the lines that tools put in."""
    return DOORS_LINE.sub("", WORDS_LINE.sub("", english))


def translations() -> list[Path]:
    """The translations there are."""
    return sorted(CHINESE.glob("[0-9][0-9]_*.md"))


def troubles(english: NotebookNode, translated: dict[str, Passage], number: str) -> list[Trouble]:
    """What keeps a translation from fitting its notebook: stale, missing, left over, out of order."""
    wanted, found = to_translate(english), []
    for cell, source in wanted.items():
        if cell not in translated:
            found.append(Trouble(number, cell, f"not translated: add <!-- cell: {cell} | source: {digest(source)} -->"))
        elif translated[cell].source != digest(source):
            stamp = f"python -m tools.chinese_edition --stamp {number} {cell}"
            found.append(Trouble(number, cell, f"the English text has changed: mend the Chinese one, then `{stamp}`"))
    for cell in translated.keys() - wanted.keys():
        why = "is written by the tool" if cell == CARD else "is not in the English notebook"
        found.append(Trouble(number, cell, f"{why}: take the passage out"))
    common = [cell for cell in wanted if cell in translated]
    if not found and common != list(translated):
        found.append(Trouble(number, common[0], "the passages stand in another order than the English cells"))
    return found


def stale_lesson(path: Path) -> list[Trouble]:
    """The troubles of one translation."""
    return troubles(read(ENGLISH / f"{path.stem}.ipynb"), load(path), path.stem[:2])


def stale_words(number: str) -> list[Trouble]:
    """Exercises and questions of a lesson whose English words are others than those that were translated."""
    exercises, words = find_exercises(number), load_words(number, LANGUAGE)
    found = [
        Trouble(number, name, f'the English words of the exercise have changed: "source": "{exercise_digest(each)}"')
        for name, each in exercises.items()
        if words and words.get(name, {}).get("source") != exercise_digest(each)
    ]
    path = QUIZZES / LANGUAGE / f"{number}.json"
    marked = [entry.get("source") for entry in load_json(path)] if path.is_file() else []
    for place, (mark, source) in enumerate(zip(marked, quiz_digests(load_quiz(number)), strict=True), 1):
        if mark != source:
            found.append(Trouble(number, f"question {place}", f'its English words have changed: "source": "{source}"'))
    return found


def quiz_digests(quiz: Quiz) -> list[str]:
    """The hash of all words of each question."""
    said = [(q.text, *(text for each in q.options for text in (each.text, each.because))) for q in quiz.questions]
    return [digest("\n".join(texts)) for texts in said]


def former(name: str, cell: str, source: str) -> str | None:
    """The English text with that hash, from git's history; None if git has it no longer, or is not there."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
        return done.stdout if done.returncode == 0 else ""

    for commit in git("log", f"-{MOST_COMMITS}", "--format=%H", "--", f"notebooks/{name}").split():
        try:
            cells = json.loads(git("show", f"{commit}:notebooks/{name}"))["cells"]
        except ValueError:
            continue
        texts = ["".join(each["source"]) for each in cells if each.get("id") == cell]
        if texts and digest(texts[0]) == source:
            return texts[0]
    return None


def difference(path: Path, cell: str) -> str:
    """What has changed in the English text since it was translated, or the new text where the old one is lost."""
    new, translated = to_translate(read(ENGLISH / f"{path.stem}.ipynb")).get(cell), load(path)
    if new is None:
        return ""
    old = former(f"{path.stem}.ipynb", cell, translated[cell].source) if cell in translated else None
    if old is None:
        return new
    return "\n".join(difflib.unified_diff(old.splitlines(), new.splitlines(), "translated", "now", lineterm="", n=1))


def stamp(path: Path, cells: list[str]) -> None:
    """Give passages the hash of the English text as it is now.

    Raises:
        ValueError: if one of the cells is not in the notebook or not in the translation.
    """
    text, english, translated = (
        path.read_text(encoding="utf-8"),
        to_translate(read(ENGLISH / f"{path.stem}.ipynb")),
        load(path),
    )
    unknown = [cell for cell in cells if cell not in english or cell not in translated]
    if unknown:
        raise ValueError(f"{path.name} has no passage {', '.join(unknown)}; it has {', '.join(translated)}")

    def renew(mark: re.Match) -> str:
        return mark[0].replace(mark[2], digest(english[mark[1]])) if mark[1] in cells else mark[0]

    _write_text(path, MARK.sub(renew, text))


def begin(number: str) -> Path:
    """Write a new translation that still holds the English text.

    Raises:
        ValueError: if there is no such lesson, or it is translated already.
    """
    found = sorted(ENGLISH.glob(f"{number}_*.ipynb"))
    if not found:
        raise ValueError(f"there is no lesson {number!r} in {ENGLISH.name}/; give two digits, such as 02")
    path = CHINESE / f"{found[0].stem}.md"
    if path.exists():
        raise ValueError(f"lesson {number} has a translation, {path.name}; --stale says what it lacks")
    cells = to_translate(read(found[0])).items()
    _write_text(path, "\n".join(f"<!-- cell: {cell} | source: {digest(text)} -->\n{text}\n" for cell, text in cells))
    return path


def find_translation(number: str) -> Path:
    """The translation of a lesson.

    Raises:
        ValueError: if there is none.
    """
    found = [path for path in translations() if path.stem[:2] == number]
    if not found:
        there = ", ".join(path.stem[:2] for path in translations()) or "none"
        raise ValueError(f"lesson {number!r} is not translated; translated are: {there} (--begin {number} begins it)")
    return found[0]


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path, len(text)) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
