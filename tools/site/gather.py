"""All pages of the site in one folder, as Sphinx reads them, at the places that they have in the repository.

A file is written only if it has changed, so that Sphinx reads again only what is new.
"""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from tools.site.pages import BELOW, CARDS, LIBRARY, ROOT, below, contents, found, is_wanted, toctree
from tools.site.reference import reference
from tools.site.texts import notebook_text, page_text, repository_link

HOME = "site/index.md"
PICTURE = re.compile(r"!\[[^\]]*\]\((?![a-z]+:)([^)\s]+)\)")


def gather(folder: Path, only: Sequence[str] = (), decks: Sequence[str] = ()) -> list[str]:
    """Write the sources of all pages.

    Args:
        folder: where to.
        only: patterns of pages; empty takes all. The home page and README are always among them.
        decks: names of decks that are built, such as "06-gan".

    Returns:
        Pages of an earlier call that are gone, without their endings; what was built of them must go, too.
    """
    sources = texts(only, decks)
    gone = {path for path in folder.rglob("*") if path.is_file()} - {folder / name for name in sources}
    for path in gone:
        path.unlink()
    for name, text in sources.items():
        write_if_new(folder / name, text)
    return [path.relative_to(folder).with_suffix("").as_posix() for path in gone if path.suffix in (".md", ".ipynb")]


def texts(only: Sequence[str], decks: Sequence[str]) -> dict[str, str | bytes]:
    """Path -> what the site's source holds there: pages, and the pictures that they show."""
    library = reference()
    written = {CARDS: cards_page(below(CARDS, only))} | library
    if only:
        only = [*only, "README.md", *([LIBRARY] if any(pattern.startswith("library/") for pattern in only) else [])]
    listing = contents(tuple(written), only)
    top = [path for pages in listing.values() for path in pages]
    deeper = [child for parent in BELOW if parent in top for child in below(parent, only)]
    deeper += [path for path in library if path != LIBRARY and is_wanted(path, only)]
    pages = [*top, *deeper]
    known = {*pages, *(f"slides/{deck}.html" for deck in decks)}
    made: dict[str, str | bytes] = {"index.md": home_page(listing)}
    for path in pages:
        text = written.get(path) or (ROOT / path).read_text(encoding="utf-8")
        treat = notebook_text if path.endswith(".ipynb") else page_text
        made[path] = treat(text, path, known.__contains__)
        if path.startswith("library/"):
            made[path] = without_missing(made[path], known)
        if path == "slides/README.md":
            made[path] += decks_table(decks)
        if parent_list := [child for child in below(path, only) if child in known]:
            made[path] += f"\n{toctree(parent_list)}\n"
        if path.endswith(".md"):
            made |= pictures(text, path)
    return made


def home_page(listing: dict[str, list[str]]) -> str:
    """The first page, with the contents of the whole site."""
    trees = [toctree(pages, heading) for heading, pages in listing.items()]
    return "\n\n".join([(ROOT / HOME).read_text(encoding="utf-8"), *trees]) + "\n"


def cards_page(cards: list[str]) -> str:
    """The list of model cards: the first heading of each is its title."""
    rows = []
    for path in cards:
        title = re.search(r"^# (.+)$", (ROOT / path).read_text(encoding="utf-8"), re.M)[1]
        rows.append(f"- [{title}](/{path})")
    introduction = (
        "# Model cards\n\nThe weights that come with the course: how each was trained, and where it falls short."
    )
    return "\n".join([introduction, "", *rows, ""])


def decks_table(built: Sequence[str]) -> str:
    """All decks: the built ones to be opened, of the others what they are made from."""
    rows = ["", "## The decks", "", "| deck | to open | |", "|---|---|---|"]
    for path in found("slides/[0-9]*.md"):
        name = Path(path).stem
        title = re.search(r'^title: "?(.+?)"?$', (ROOT / path).read_text(encoding="utf-8"), re.M)[1]
        opened = f'<a href="{name}.html">slides {name[:2]}</a>' if name in built else "not built: `make slides`"
        rows.append(f"| {title} | {opened} | [source {name[:2]}]({repository_link(path)}) |")
    return "\n".join([*rows, ""])


def without_missing(text: str, known: set[str]) -> str:
    """A page of the library, where only a part of the site is built: modules without a page are named, not linked."""
    text = re.sub(r"\[([^\]]+)\]\(/(library/[^)]+)\)", lambda link: link[0] if link[2] in known else link[1], text)
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("/library/") or f"{line.strip()[1:]}.md" in known)


def pictures(text: str, path: str) -> dict[str, bytes]:
    """Path -> bytes of the pictures that a Markdown page shows."""
    files = [(ROOT / path).parent / address for address in PICTURE.findall(text)]
    return {file.resolve().relative_to(ROOT).as_posix(): file.read_bytes() for file in files}


def write_if_new(path: Path, content: str | bytes) -> None:
    data = content.encode() if isinstance(content, str) else content
    if not path.is_file() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def built_decks(folder: Path) -> list[str]:
    """Names of the decks that `make slides` has built."""
    return sorted(path.stem for path in folder.glob("[0-9][0-9]-*.html"))


def copy_decks(names: Sequence[str], decks: Path, site: Path) -> None:
    """Put the built decks beside the pages: HTML, and the PDF where there is one."""
    for name in names:
        for path in decks.glob(f"{name}.*"):
            (site / "slides").mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, site / "slides" / path.name)
