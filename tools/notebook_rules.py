"""The rules that every lesson's notebook keeps, told without running it: `python -m tools.notebook_rules [files]`.

Each rule is a function from a notebook to sentences that say what is wrong and where; RULES lists them.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from t2i_lib.costs import CARD, DOOR, staleness
from t2i_lib.notebooks import read
from tools import doors

ROOT = Path(__file__).resolve().parent.parent
MOST_BYTES = 500_000
CELLS = (40, 70)
WORDS = (2000, 3500)
MOST_CODE_LINES, MOST_CELL_LINES, MOST_SETUP_LINES = 350, 30, 10
LEAST_EXERCISES, LEAST_CHINESE = 5, 100
# What the label of each part says: a heading, words in bold at the beginning of a line, or the head of a table.
PARTS = {
    "objectives": r"objectives|you will be able|you can\b",
    "prerequisites": r"prerequisites|before you (start|begin)|you (need|know)\b",
    "times": r"\btimes?\b|minutes|how long",
    "recap": r"recap|to remember",
    "chinese summary": r"[\u4e00-\u9fff]{2}",
}
CALLS = {"setup": "course.start", "exercises": "lesson.check", "predictions": "lesson.predict", "quiz": "lesson.quiz"}
KNOWN_METADATA = {"kernelspec", "language_info", "title"}
# Paths that only exist on the machine where the notebook was run.
MACHINE_PATH = re.compile(
    r"(?<![\w.~:/])/(?:home|root|Users|tmp|work|mnt|private|var/folders)/[\w./-]+|\b[A-Z]:\\Users\\\S+|\S*site-packages\S*"
)
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Lesson:
    """A notebook and where it lies; links are followed from there."""

    path: Path
    notebook: NotebookNode

    @property
    def code(self) -> list[NotebookNode]:
        """The code cells."""
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]

    @property
    def taught(self) -> list[NotebookNode]:
        """All cells but the one that fetches the course on Colab: it is the same everywhere, and folded away."""
        return [cell for cell in self.notebook.cells if cell.get("id") != DOOR]

    @property
    def markdown(self) -> list[NotebookNode]:
        """The Markdown cells."""
        return [cell for cell in self.notebook.cells if cell.cell_type == "markdown"]

    @property
    def source(self) -> str:
        """All code, without comments: a commented-out call is none."""
        return "\n".join(re.sub(r"^\s*#.*$", "", cell.source, flags=re.M) for cell in self.code)

    @property
    def headings(self) -> list[tuple[int, str]]:
        """Level and text of each heading, in order."""
        found = []
        for cell in self.markdown:
            found += re.findall(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", without_code(cell.source), re.M)
        return [(len(signs), text) for signs, text in found]

    @property
    def labels(self) -> list[str]:
        """Headings, words in bold that begin a line, and heads of tables: what a part may be called by."""
        text = "\n\n".join(without_code(cell.source) for cell in self.markdown if cell.id != CARD)
        return [
            *(text for _, text in self.headings),
            *re.findall(r"^\*\*(.+?)\*\*", text, re.M),
            *re.findall(r"^\|(.+)\|[ \t]*\n\|[ \t]*:?-", text, re.M),
        ]


def without_code(markdown: str) -> str:
    """Markdown without code blocks, in which # begins a comment and no heading.

    >>> without_code("a `b`\\n```\\n# no heading\\n```")
    'a `b`\\n'
    """
    return re.sub(r"^(```|~~~).*?^\1[ \t]*$", "", markdown, flags=re.M | re.S)


def words(markdown: str) -> int:
    """English words that a reader reads: no code, formulas, addresses of links or tags. Chinese is not counted.

    >>> words("Each [query](https://example.org/a) is $q_1$; `q @ k` 你好\\n\\nsays *what* it wants.")
    7
    """
    text = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$|`[^`\n]*`|<[^>]*>", " ", without_code(markdown), flags=re.S)
    text = re.sub(r"\]\([^)]*\)", "] ", text)
    return len(re.findall(r"[A-Za-z0-9]+(?:['’.,-][A-Za-z0-9]+)*", text))


def texts(cell: NotebookNode) -> Iterator[str]:
    """Every text of a cell's outputs."""
    for output in cell.get("outputs", []):
        yield output.get("text", "")
        yield from (text for kind, text in output.get("data", {}).items() if not kind.startswith("image/"))


def is_run_in_order(lesson: Lesson) -> Iterator[str]:
    """Outputs are committed, from one run from top to bottom."""
    expected = 0
    for cell in lesson.code:
        if not cell.source.strip():
            yield f"cell {cell.id}: is empty"
            continue
        expected += 1
        if cell.execution_count != expected:
            yield f"cell {cell.id}: execution count {cell.execution_count}, not {expected}: run `make notebooks`"
            return  # the others follow from it
    if lesson.code and not any(cell.outputs for cell in lesson.code):
        yield "no cell has an output: run `make notebooks`"


def has_no_errors(lesson: Lesson) -> Iterator[str]:
    """No traceback and no warning is stored; a cell that shows an error on purpose has the tag raises-exception."""
    for cell in lesson.code:
        for output in cell.outputs:
            if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", []):
                yield f"cell {cell.id}: stored error {output.ename}: {output.evalue}"
            if output.get("name") == "stderr":
                yield f"cell {cell.id}: stored warning: {output.text.strip()[:100]}"


def names_no_machine(lesson: Lesson) -> Iterator[str]:
    """No path and no memory address of the machine it was run on."""
    for cell in lesson.notebook.cells:
        for text in [cell.source, *map(str, texts(cell))]:
            found = MACHINE_PATH.search(text) or ADDRESS.search(text)
            if found:
                yield f"cell {cell.id}: holds {found[0]!r}, which is only true on one machine"


def has_clean_metadata(lesson: Lesson) -> Iterator[str]:
    """Format 4.5, kernel python3, and no stored widgets, which GitHub refuses to show."""
    notebook = lesson.notebook
    if (notebook.nbformat, notebook.nbformat_minor) != (4, 5):
        yield f"format {notebook.nbformat}.{notebook.nbformat_minor}, not 4.5"
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        yield "the kernel is not python3"
    for name in sorted(set(notebook.metadata) - KNOWN_METADATA):
        yield f"metadata {name!r}: run `make notebooks`"
    for cell in lesson.code:
        noise = set(cell.metadata) & {"execution", "collapsed", "scrolled", "ExecuteTime", "colab", "vscode"}
        for name in sorted(noise):
            yield f"cell {cell.id}: metadata {name!r}: run `make notebooks`"
        if re.search(r"#\s*NBVAL_", cell.source):
            yield f"cell {cell.id}: use a tag such as nbval-ignore-output, not a comment that students see"


def is_small(lesson: Lesson) -> Iterator[str]:
    """The file, its code and its text are of a size that can be learned in one sitting."""
    size = lesson.path.stat().st_size
    if size > MOST_BYTES:
        yield f"{size:,} bytes, more than {MOST_BYTES:,}: fewer or smaller pictures"
    if not CELLS[0] <= len(lesson.taught) <= CELLS[1]:
        yield f"{len(lesson.taught)} cells, not {CELLS[0]} to {CELLS[1]}"
    count = sum(words(cell.source) for cell in lesson.markdown)
    if not WORDS[0] <= count <= WORDS[1]:
        yield f"{count} words, not {WORDS[0]} to {WORDS[1]}"


def has_short_code(lesson: Lesson) -> Iterator[str]:
    """Code that can be taken in: longer code lives in the library."""
    code = [cell for cell in lesson.taught if cell.cell_type == "code"]
    total = sum(bool(line.strip()) for cell in code for line in cell.source.splitlines())
    if total > MOST_CODE_LINES:
        yield f"{total} lines of code, more than {MOST_CODE_LINES}"
    for cell in lesson.code:
        lines = len(cell.source.splitlines())
        if lines > MOST_CELL_LINES:
            yield f"cell {cell.id}: {lines} lines, more than {MOST_CELL_LINES}: move code into the library"


def has_described_pictures(lesson: Lesson) -> Iterator[str]:
    """Every picture has a description in words, and none is fetched from elsewhere."""
    for cell in lesson.code:
        for output in cell.outputs:
            for kind in [kind for kind in output.get("data", {}) if kind.startswith("image/")]:
                described = output.metadata.get(kind, {})
                if not str(described.get("alt", "") if isinstance(described, dict) else "").strip():
                    yield f"cell {cell.id}: a picture without alt text: show it with lesson.show(figure, alt)"
    for cell in lesson.markdown:
        text = without_code(cell.source)
        if re.search(r"!\[\s*\]", text) or re.search(r"<img(?![^>]*\balt=[\"'][^\"'])", text):
            yield f"cell {cell.id}: a picture without alt text"
        if re.search(r"!\[[^\]]*\]\(https?:|<img[^>]*src=[\"']https?:", text):
            yield f"cell {cell.id}: a picture from the network; put it into the repository"


def has_all_parts(lesson: Lesson) -> Iterator[str]:
    """Title, objectives, prerequisites, times, set-up, exercises, predictions, quiz, recap, Chinese summary."""
    first = lesson.notebook.cells[0] if lesson.notebook.cells else None
    if first is None or first.cell_type != "markdown" or not first.source.lstrip().startswith("# "):
        yield "the first cell does not begin with the title (# ...)"
    for part, pattern in PARTS.items():
        if not any(re.search(pattern, label, re.I) for label in lesson.labels):
            yield f"no {part}: no heading or words in bold with /{pattern}/"
    for part, call in CALLS.items():
        if not re.search(rf"\b{re.escape(call)}\(", lesson.source):
            yield f"no {part}: nothing calls {call}(...)"
    chinese = sum(len(re.findall(r"[\u4e00-\u9fff]", cell.source)) for cell in lesson.markdown[-3:])
    if chinese < LEAST_CHINESE:
        yield f"the Chinese summary in the last three Markdown cells has {chinese} signs, fewer than {LEAST_CHINESE}"
    exercises = set(re.findall(r"\blesson\.check\((.+?)\)\s*$", lesson.source, re.M))
    if 0 < len(exercises) < LEAST_EXERCISES:
        yield f"{len(exercises)} checked exercises, fewer than {LEAST_EXERCISES}"


def has_set_up_cell(lesson: Lesson) -> Iterator[str]:
    """One short cell starts the lesson, before any other code but Colab's, with the number of the file's name."""
    starts = [cell for cell in lesson.code if "course.start(" in cell.source]
    if len(starts) > 1:
        yield f"{len(starts)} cells call course.start(...); one is enough"
    for cell in starts[:1]:
        if cell is not next(each for each in lesson.taught if each.cell_type == "code"):
            yield f"cell {cell.id}: course.start(...) stands in the first code cell, or what is above runs without it"
        if len(cell.source.splitlines()) > MOST_SETUP_LINES:
            yield f"cell {cell.id}: the set-up has more than {MOST_SETUP_LINES} lines"
        number = re.search(r"course\.start\(\s*[\"'](\w+)", cell.source)
        if number and not lesson.path.name.startswith(f"{number[1]}_"):
            yield f"cell {cell.id}: starts lesson {number[1]}, but the file is {lesson.path.name}"


def has_its_doors(lesson: Lesson) -> Iterator[str]:
    """The first cell ends with links that open this lesson, and the first code fetches the course on Colab."""
    line = doors.header_line(f"notebooks/{lesson.path.name}")
    if lesson.notebook.cells and line not in lesson.notebook.cells[0].source.splitlines():
        yield "the first cell lacks its links to Binder, Colab and the site: run `python -m tools.doors`"
    first = lesson.code[0] if lesson.code else None
    if first is None or first.get("id") != DOOR or first.source != doors.colab_source():
        yield "the first code cell is not the one that fetches the course on Colab: run `python -m tools.doors`"


def has_headings_in_order(lesson: Lesson) -> Iterator[str]:
    """One title, and no level left out on the way down; screen readers and Jupyter's outline go by them."""
    above = 0
    for level, text in lesson.headings:
        if level == 1 and above:
            yield f"heading {text!r} is a second title (# ...)"
        if level > above + 1:
            yield f"heading {text!r} has level {level}, after level {above}"
        above = level


def has_living_links(lesson: Lesson) -> Iterator[str]:
    """Links to files and headings of the repository lead somewhere."""
    for cell in lesson.markdown:
        for link in re.findall(r"\]\(\s*<?([^)>\s]+)", without_code(cell.source)):
            if re.match(r"[a-z]+:", link):  # https:, mailto:, attachment:
                continue
            name, _, anchor = link.partition("#")
            target = lesson.path.parent / name if name else lesson.path
            if not target.exists():
                yield f"cell {cell.id}: link to {name}, which does not exist"
            elif anchor and target.suffix == ".ipynb" and anchor not in anchors(lesson, target):
                yield f"cell {cell.id}: link to #{anchor}, but {target.name} has no such heading"


def anchors(lesson: Lesson, target: Path) -> set[str]:
    """What JupyterLab calls the headings of a notebook: their text with - for each space."""
    there = lesson if target == lesson.path else Lesson(target, read(target))
    return {re.sub(r"[*`]", "", text).replace(" ", "-") for _, text in there.headings}


def has_readable_ids(lesson: Lesson) -> Iterator[str]:
    """Cells are called by what they do, so that a test's message and a changed line say where."""
    ids = [cell.get("id", "") for cell in lesson.notebook.cells]
    for name in ids:
        if not SLUG.fullmatch(name) or len(name) > 64 or re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]+)*|cell-?\d*", name):
            yield f"cell id {name!r} says nothing: words with - between them, such as causal-mask"
    for name in sorted({name for name in ids if ids.count(name) > 1}):
        yield f"cell id {name!r} is used twice"


def has_true_cost_card(lesson: Lesson) -> Iterator[str]:
    """The measured costs stand in the header and belong to this code."""
    folder = lesson.path.resolve().parent
    wrong = staleness(lesson.notebook, f"{folder.name}/{lesson.path.name}")
    if wrong:
        yield wrong
    elif [cell.get("id") for cell in lesson.notebook.cells].index(CARD) > lesson.notebook.cells.index(lesson.code[0]):
        yield "the cost card stands below the first code, not in the header"


RULES: tuple[Callable[[Lesson], Iterator[str]], ...] = (
    is_run_in_order,
    has_no_errors,
    names_no_machine,
    has_clean_metadata,
    is_small,
    has_short_code,
    has_described_pictures,
    has_all_parts,
    has_set_up_cell,
    has_its_doors,
    has_headings_in_order,
    has_living_links,
    has_readable_ids,
    has_true_cost_card,
)


def main(names: list[str]) -> int:
    found = 0
    paths = map(Path, names) if names else sorted(Path(os.path.relpath(ROOT)).glob("notebooks/*.ipynb"))
    for path in paths:
        lesson = Lesson(path, read(path))
        for rule in RULES:
            for problem in rule(lesson):
                print(f"{path}: {problem}")
                found += 1
    print(f"{found} problems" if found else "all rules are kept")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
