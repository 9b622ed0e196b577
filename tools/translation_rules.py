"""What a translated passage has in common with its English text, and what it may not hold.

Each rule is a function from the English and the Chinese Markdown of one cell to sentences that say what a translator
overlooked; RULES lists them. Whether a translation reads well, only a reader can say.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from tools.notebook_rules import without_code

LINK = re.compile(r"!?\[([^\]]*)\]\(([^)\s]+)\)")
FORMULA = re.compile(r"\$\$.+?\$\$|(?<![\\$])\$[^$\n]+\$", re.S)
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```[ \t]*$", re.M | re.S)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")
# A prompt, a title or a term may stand in a Chinese sentence in English; a whole sentence may not.
LONGEST_RUN = 8
LEAST_CHINESE = 0.5  # of a paragraph's Chinese signs and English words together
SHORT = 6  # English words that a paragraph may always hold
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:!?](?=[\s\u4e00-\u9fff]|$)|[\u4e00-\u9fff]\.(?=\s|$)", re.M)
NO_SPACE = re.compile(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9%][\u4e00-\u9fff]")


def has_same_headings(english: str, chinese: str) -> Iterator[str]:
    """As many headings, at the same levels."""
    ours, theirs = (
        [len(each) for each in re.findall(r"^(#+) ", without_code(text), re.M)] for text in (chinese, english)
    )
    if ours != theirs:
        yield f"headings of the levels {ours}, in English {theirs}"


def has_same_links(english: str, chinese: str) -> Iterator[str]:
    """The same targets; they are written as in the English notebook."""
    yield from _compare("links", *(Counter(target for _, target in LINK.findall(text)) for text in (chinese, english)))


def has_same_formulas(english: str, chinese: str) -> Iterator[str]:
    """The same formulas, in whatever order the sentence needs."""
    yield from _compare("formulas", *(set(FORMULA.findall(_without_spans(text))) for text in (chinese, english)))


def has_all_code_spans(english: str, chinese: str) -> Iterator[str]:
    """The same names in code; there may be more, where the Chinese text explains some code."""
    ours, theirs = (set(CODE.findall(without_code(text))) for text in (chinese, english))
    yield from _compare("code spans", ours & theirs, theirs)


def has_same_code_blocks(english: str, chinese: str) -> Iterator[str]:
    """The same code; in a diagram the words may be translated, its arrows not."""
    ours, theirs = (
        [(kind, re.findall(r"--+>?", body) if kind == "mermaid" else body) for kind, body in FENCE.findall(text)]
        for text in (chinese, english)
    )
    if ours != theirs:
        yield "its code blocks differ from the English ones"


def has_same_tables_and_lists(english: str, chinese: str) -> Iterator[str]:
    """As many rows of as many columns, and as many items."""
    ours, theirs = ([_columns(line) for line in text.splitlines() if _columns(line)] for text in (chinese, english))
    if ours != theirs:
        yield f"table rows with {ours} columns, in English {theirs}"
    mine, yours = (len(re.findall(r"^\s*(?:[-*]|\d+\.) ", without_code(text), re.M)) for text in (chinese, english))
    if mine != yours:
        yield f"{mine} list items, in English {yours}"


def is_translated(english: str, chinese: str) -> Iterator[str]:
    """No sentence was left in English; a cell that is Chinese in the English notebook may be summed up in English."""
    if len(CHINESE.findall(english)) > len(WORD.findall(english)):
        return
    for paragraph in _paragraphs(chinese):
        signs, words = len(CHINESE.findall(paragraph)), len(WORD.findall(paragraph))
        if words > SHORT and signs < LEAST_CHINESE * (signs + words):
            yield f"still English? {paragraph.strip()[:60]!r} has {words} English words and {signs} Chinese signs"
        elif run := _longest_run(paragraph):
            yield f"still English? {run[:60]!r}"


def has_chinese_typography(english: str, chinese: str) -> Iterator[str]:
    """Full-width signs after Chinese, and a space between Chinese and Latin letters or numbers."""
    for paragraph in _paragraphs(chinese):
        for found in HALF_WIDTH.findall(paragraph):
            yield f"half-width sign after Chinese: {found!r}"
        for found in NO_SPACE.findall(re.sub(r"[*_]", "", paragraph)):
            yield f"no space between Chinese and Latin letters or digits: {found!r}"


def has_emphasis_that_works(english: str, chinese: str) -> Iterator[str]:
    """CommonMark takes asterisks literally between a letter and a sign: in `**好。**我们` nothing becomes bold.

    Source: CommonMark 0.31.2, section 6.2, left- and right-flanking delimiter runs, https://spec.commonmark.org/0.31.2/
    """
    text = FORMULA.sub("x", _without_spans(chinese))
    for found in re.finditer(r"(?<!\*)(\*{1,2})(?![\s*])([^*]+?)(?<!\s)\1(?!\*)", text):
        before, after = text[: found.start()][-1:], text[found.end() :][:1]
        if (before.isalnum() and not found[2][0].isalnum()) or (after.isalnum() and not found[2][-1].isalnum()):
            yield f"no emphasis here: put the sign outside the asterisks or a space beside them: {found[0]!r}"


def _compare(what: str, ours: Counter | set, theirs: Counter | set) -> Iterator[str]:
    if missing := theirs - ours:
        yield f"{what} missing: {', '.join(sorted(missing))}"
    if added := ours - theirs:
        yield f"{what} that are not in the English text: {', '.join(sorted(added))}"


def _without_spans(text: str) -> str:
    """Text without code, in which a dollar is no formula."""
    return CODE.sub("", without_code(text))


def _columns(line: str) -> int:
    """Columns of a table's row, 0 for another line."""
    return CODE.sub("", line).strip().count("|") - 1 if line.startswith("|") else 0


def _paragraphs(text: str) -> list[str]:
    """Prose: paragraphs and cells of tables, without code, formulas, links, tags."""
    text = FORMULA.sub(" ", _without_spans(text))
    text = re.sub(r"<[^>]*>", " ", LINK.sub(" ", text))
    rows = [cell for line in text.splitlines() if line.startswith("|") for cell in line.split("|")]
    rest = "\n".join("" if line.startswith("|") else line for line in text.splitlines())
    return [*re.split(r"\n\s*\n", rest), *rows]


def _longest_run(paragraph: str) -> str | None:
    """Many English words in a row, outside of quotation marks; None where there are not so many."""
    outside = re.sub(r"“[^”]*”|\"[^\"]*\"|\*\*[^*]*\*\*", "。", paragraph)
    run = re.search(rf"(?:{WORD.pattern}[ ,.;:\n]+){{{LONGEST_RUN},}}", outside)
    return run[0] if run else None


RULES: tuple[Callable[[str, str], Iterator[str]], ...] = (
    has_same_headings,
    has_same_links,
    has_same_formulas,
    has_all_code_spans,
    has_same_code_blocks,
    has_same_tables_and_lists,
    is_translated,
    has_chinese_typography,
    has_emphasis_that_works,
)


def problems(english: str, chinese: str) -> list[str]:
    """What all rules find in one passage."""
    return [said for rule in RULES for said in rule(english, chinese)]
