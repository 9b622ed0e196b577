"""A deck as its author wrote it: pages with a heading, pictures, and notes for the speaker.

Pages are parted by a line `---`. The notes are a comment at a page's end that begins with the minutes: `<!-- 3 min`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NOTES = re.compile(r"<!--\s*(\d+(?:\.5)?) min\b(.*?)-->", re.S)
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
PLACEHOLDER = re.compile(r"\{\{ *(.+?) *\}\}")
FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.S)


@dataclass(frozen=True)
class Page:
    """One page, without its notes."""

    number: int
    body: str
    minutes: float | None  # None: it has no notes
    notes: str

    @property
    def title(self) -> str:
        """Its first heading."""
        found = re.search(r"^#{1,2} (.+)$", FENCE.sub("", self.body), re.M)
        return found[1] if found else ""

    @property
    def kind(self) -> str:
        """What `<!-- _class: ... -->` says: title, beside, ask (a question), pause (an exercise), or nothing."""
        found = re.search(r"<!-- _class: (.+?) -->", self.body)
        return found[1] if found else ""

    @property
    def pictures(self) -> list[tuple[str, str]]:
        """Description and address of each picture."""
        return PICTURE.findall(self.body)

    @property
    def code(self) -> list[tuple[str, str]]:
        """Language and text of each block of code."""
        return FENCE.findall(self.body)

    @property
    def words(self) -> int:
        """Words to be read aloud by whoever reads: no code, formulas, pictures; each Chinese line counts as one."""
        text = re.sub(r"<!--.*?-->|<[^>]*>|`[^`\n]*`", " ", PICTURE.sub(" ", FENCE.sub(" ", self.body)), flags=re.S)
        text = re.sub(r"[\u3000-\u9fff\uff00-\uffef]+", " 1 ", FORMULA.sub(" ", text))
        return len(re.findall(r"\w+(?:['’.,-]\w+)*", text))


@dataclass(frozen=True)
class Deck:
    """All pages of one lesson's deck, and what stands above them."""

    path: Path
    head: str
    pages: tuple[Page, ...]

    @property
    def number(self) -> str:
        """The lesson's number, "06"."""
        return self.path.name[:2]

    @property
    def minutes(self) -> float:
        """How long the whole takes, as its notes say."""
        return sum(page.minutes or 0 for page in self.pages)

    @property
    def text(self) -> str:
        """All pages, without the head."""
        return "\n".join(page.body for page in self.pages)


def read_deck(path: Path) -> Deck:
    """Read a deck.

    Raises:
        ValueError: if it does not begin with its head, a few lines between two lines `---`.
    """
    found = re.match(r"---\n(.*?)\n---\n(.*)", path.read_text(encoding="utf-8"), re.S)
    if found is None:
        raise ValueError(f"{path} does not begin with its head: lines such as `title: ...` between two lines `---`")
    return Deck(path, found[1], tuple(as_page(number, text) for number, text in enumerate(parts(found[2]), start=1)))


def parts(text: str) -> list[str]:
    """A text parted at its lines `---`, but for those in blocks of code.

    >>> parts("a\\n\\n---\\n\\nb")
    ['a', 'b']
    """
    hidden = FENCE.sub(lambda found: found[0].replace("\n---\n", "\n-\0--\n"), text)
    return [part.replace("-\0--", "---").strip() for part in re.split(r"^---$", hidden, flags=re.M)]


def as_page(number: int, text: str) -> Page:
    """A page out of its text; the notes, if there are any, are cut off."""
    notes = NOTES.search(text)
    if notes is None:
        return Page(number, text, None, "")
    return Page(number, NOTES.sub("", text).strip(), float(notes[1]), notes[2].strip())


def all_decks() -> list[Path]:
    """The decks of the repository, in the order of the lessons."""
    return sorted((ROOT / "slides").glob("[0-9][0-9]-*.md"))
