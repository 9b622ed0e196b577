"""Write the glossary, and each lesson's words into its notebook: `python -m tools.glossary` (`make lists` does it).

What stands in docs/glossary.toml becomes docs/glossary.md, a heading for each word, and one line of links in the recap
of every lesson that teaches words. Of a notebook nothing else changes, to the last byte.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from t2i_lib.checkpoints import atomic_path

ROOT = Path(__file__).resolve().parent.parent
SOURCE, PAGE = ROOT / "docs" / "glossary.toml", ROOT / "docs" / "glossary.md"
NOTEBOOKS = ROOT / "notebooks"
RECAP = "recap"  # the id of the cell that says what to remember
LABEL = "**Words of this lesson:**"
# The common Chinese characters stand in GB 2312 in the order of their sounds; each letter begins at this one.
FIRST_OF_LETTER = dict(zip("ABCDEFGHJKLMNOPQRSTWXYZ", "啊芭擦搭蛾发噶哈击喀垃妈拿哦啪期然撒塌挖昔压匝", strict=True))
LAST_BY_SOUND = "座"


@dataclass(frozen=True)
class Term:
    """One word of the course in both languages; what each field holds, docs/glossary.toml says."""

    name: str
    chinese: str
    english: str
    in_chinese: str
    lessons: tuple[str, ...]
    see: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    chinese_also: tuple[str, ...] = ()
    sorted_as: str = ""  # Chinese of the same sound, where the first character is read in several ways
    code: str = ""

    @property
    def anchor(self) -> str:
        """How the heading is linked to."""
        return slug(self.name)


def slug(heading: str) -> str:
    """The anchor of a heading, by the rule of GitHub and MyST.

    >>> slug("Cohen's kappa")
    'cohens-kappa'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def load(path: Path = SOURCE) -> list[Term]:
    """The words, as they stand in the file.

    Raises:
        ValueError: if a word lacks something, or something has no known name.
    """
    known = {field.name for field in fields(Term)} - {"name"}
    terms = []
    for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
        missing = [field for field in ("chinese", "english", "in_chinese", "lessons") if not entry.get(field)]
        if missing or entry.keys() - known:
            strange = ", ".join(sorted(entry.keys() - known)) or "nothing"
            raise ValueError(f"{path.name}: {name!r} lacks {', '.join(missing) or 'nothing'}; not known is {strange}")
        entry = {field: tuple(value) if isinstance(value, list) else value for field, value in entry.items()}
        terms.append(Term(name, **entry))
    return terms


def lesson_names() -> dict[str, str]:
    """Number of a lesson -> file name of its notebook."""
    return {path.name[:2]: path.name for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))}


def page(terms: Iterable[Term]) -> str:
    """The glossary: the words by alphabet, and an index by their Chinese names."""
    terms = sorted(terms, key=lambda term: term.name.lower())
    files, letters = lesson_names(), {}
    for term in terms:
        letters.setdefault(term.name[0].upper(), term.anchor)
    parts = [
        "# Glossary",
        f"The {len(terms)} words of the course, in English and Chinese, with the lessons that teach them. "
        "They are kept in `docs/glossary.toml`; `make lists` writes this page.",
        in_chinese(
            f"本课程的 {len(terms)} 个术语，附英文、中文解释和讲到它的课。按中文查找，请看[中文索引](#中文索引)。"
        ),
        " · ".join(f"[{letter}](#{anchor})" for letter, anchor in letters.items()),
        *(entry(term, files) for term in terms),
        "## 中文索引",
        *index(terms),
    ]
    return "\n\n".join(parts) + "\n"


def in_chinese(text: str) -> str:
    """Text marked as Chinese, so that a screen reader speaks it as such."""
    return f'<span lang="zh-Hans">{text}</span>'


def entry(term: Term, files: dict[str, str]) -> str:
    """One word: heading, Chinese name, lessons, both sentences, what to see also."""
    names = "，".join([f"**{term.chinese}**", *plain(term.chinese_also)])
    taught = ", ".join(f"[{lesson}](../notebooks/{files[lesson]})" for lesson in term.lessons)
    facts = [
        in_chinese(names),
        *(["also: " + ", ".join(term.also)] if term.also else []),
        f"{'lesson' if len(term.lessons) == 1 else 'lessons'} {taught}",
        *([f"`{term.code}`"] if term.code else []),
    ]
    parts = [f"## {term.name}", " · ".join(facts), term.english, in_chinese(term.in_chinese)]
    if term.see:
        parts.append("See also " + ", ".join(f"[{other}](#{slug(other)})" for other in term.see) + ".")
    return "\n\n".join(parts)


def plain(names: Iterable[str]) -> list[str]:
    """Names without those that only repeat one with a remark in brackets."""
    return [name for name in names if "（" not in name]


def index(terms: Iterable[Term]) -> list[str]:
    """A line a letter: the Chinese names, in the order of their sounds, each with a link to its word."""
    lines: dict[str, list[str]] = {}
    found = [
        (name, term)
        for term in terms
        for name in [term.chinese, *plain(term.chinese_also)]
        if not name.isascii() or name == term.chinese
    ]
    for name, term in sorted(found, key=lambda each: by_sound(sound(*each))):
        lines.setdefault(letter_of(sound(name, term)), []).append(f"[{name}](#{term.anchor}) {term.name}")
    return [f"**{letter}** " + in_chinese(" · ".join(entries)) for letter, entries in sorted(lines.items())]


def sound(name: str, term: Term) -> str:
    """What a Chinese name is sorted by."""
    return term.sorted_as if term.sorted_as and name == term.chinese else name


def by_sound(chinese: str) -> bytes:
    """A key that sorts Chinese by pinyin, as far as GB 2312 does; Latin letters come first."""
    return chinese.lower().encode("gb18030")


def letter_of(chinese: str) -> str:
    """The first letter of a Chinese word's pinyin.

    >>> letter_of("注意力"), letter_of("softmax")
    ('Z', 'S')

    Raises:
        ValueError: if the character is a rare one, which GB 2312 does not sort by sound.
    """
    if chinese[0].isascii():
        return chinese[0].upper()
    key = by_sound(chinese[0])
    if not by_sound("啊") <= key <= by_sound(LAST_BY_SOUND):
        raise ValueError(f"{chinese!r} begins with a rare character: give sorted_as, a common one of the same sound")
    return max(letter for letter, first in FIRST_OF_LETTER.items() if by_sound(first) <= key)


def words_line(terms: Iterable[Term], lesson: str) -> str:
    """The line of a lesson: its words with links, those that it teaches first before those that it takes up again."""
    taught = [term for term in terms if lesson in term.lessons]
    taught.sort(key=lambda term: term.lessons[0] != lesson)
    return f"{LABEL} " + ", ".join(f"[{term.name}](../docs/glossary.md#{term.anchor})" for term in taught)


def with_words(recap: str, line: str) -> str:
    """A recap with this line of words: in the place of the old one, or else below its list.

    >>> with_words("## Recap\\n\\n- a\\n  b\\n\\nmore", "words")
    '## Recap\\n\\n- a\\n  b\\n\\nwords\\n\\nmore'
    """
    old = re.compile(rf"^{re.escape(LABEL)}.*$", re.M)
    if old.search(recap):
        return old.sub(lambda _: line, recap)
    last = re.search(r"(?:^[-*] .*\n?(?:^ +\S.*\n?)*)+", recap, re.M)
    end = len(recap) if last is None else last.end()
    return recap[:end].rstrip("\n") + f"\n\n{line}" + (f"\n\n{rest}" if (rest := recap[end:].lstrip("\n")) else "")


def update_notebook(path: Path, line: str) -> bool:
    """Put the words into a notebook's recap; True if the file has changed.

    Raises:
        ValueError: if the notebook has no recap, or is not laid out as Jupyter lays it out.
    """
    text = path.read_text(encoding="utf-8")
    notebook = json.loads(text)
    if as_file(notebook) != text:
        raise ValueError(f"{path.name} is not laid out as Jupyter does it; `make notebooks NOTEBOOKS={path.name}`")
    recaps = [cell for cell in notebook["cells"] if cell["id"] == RECAP]
    if not recaps:
        raise ValueError(f"{path.name} has no cell with the id {RECAP!r}, which says what to remember")
    recaps[0]["source"] = with_words("".join(recaps[0]["source"]), line).splitlines(keepends=True)
    changed = as_file(notebook) != text
    if changed:
        write(path, as_file(notebook))
    return changed


def as_file(notebook: dict) -> str:
    """A notebook's JSON as Jupyter writes it."""
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def write(path: Path, text: str) -> None:
    """Write a text, whole or not at all."""
    with atomic_path(path, len(text)) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def main() -> int:
    try:
        terms = load()
        text = page(terms)
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            write(PAGE, text)
        for lesson, name in lesson_names().items():
            if update_notebook(NOTEBOOKS / name, words_line(terms, lesson)):
                print(f"notebooks/{name}: its words are new")
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"docs/glossary.md: {len(terms)} words")
    return 0


if __name__ == "__main__":
    sys.exit(main())
