"""Can everybody read it? `python -m tools.accessibility` looks at all lessons, decks, texts and pages of the site.

axe-core judges each page in a real browser without a network, decks and the site light and dark. Decks and site are
those built last (`make slides`, `make site`). Whether all can be worked by the keyboard alone is tried in
tests/test_accessibility.py.

    python -m tools.accessibility                     # everything
    python -m tools.accessibility notebooks/06* docs  # these files and folders
"""

import base64
import html
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from t2i_lib.notebooks import read
from tools.axe import Violation, axe
from tools.notebook_rules import without_code
from tools.slides.browser import QUIET
from tools.slides.build import find_browser

ROOT = Path(__file__).resolve().parent.parent
PLACES = ("notebooks", "notebooks/zh", "outputs/slides", "README.md", "README.zh-CN.md", "docs", "docs/instructors")
SITE = ROOT / "outputs" / "site"
SIZE = {"width": 1280, "height": 800}
# JupyterLab's colours of code, prompts and links, which whoever reads chooses, and no lesson.
AS_READERS_CHOOSE = """
.highlight, .highlight *, .jp-InputPrompt, .jp-OutputPrompt { color: #111 !important; opacity: 1 !important }
.jp-RenderedHTMLCommon a { text-decoration: underline !important }
"""
# A deck shows one page at a time, above (z-index) the others; below each other, all can be looked at in one go. Where
# axe-core takes one for hidden by another it says nothing of its contrast.
ALL_PAGES = """
html, body, body > div { height: auto !important; overflow: visible !important; position: static !important }
.bespoke-marp-osc { display: none !important }
svg.bespoke-marp-slide {
    position: relative !important; display: block !important; width: 1280px !important; height: 720px !important;
    visibility: visible !important; opacity: 1 !important; content-visibility: visible !important;
    z-index: auto !important;
}
"""


@dataclass(frozen=True)
class Look:
    """What was found on one page, in one of its two colour schemes."""

    name: str
    colours: str
    violations: tuple[Violation, ...]

    @property
    def hurts(self) -> list[Violation]:
        """What keeps somebody out."""
        return [violation for violation in self.violations if violation.hurts]


@contextmanager
def browser() -> Iterator[Any]:
    """A browser that is steered by Playwright.

    Raises:
        ValueError: if there is no browser, or nothing to steer it with.
    """
    path = find_browser()
    if path is None or find_spec("playwright") is None:
        raise ValueError("looking at pages needs Chromium, Chrome or Edge, and the Python package playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield started
        started.close()


@contextmanager
def opened(started: Any, page: Path | str, dark: bool = False, style: str = "") -> Iterator[Any]:
    """A page, as a file or as HTML, in a window without a network."""
    context = started.new_context(viewport=SIZE, color_scheme="dark" if dark else "light", offline=True)
    window = context.new_page()
    if isinstance(page, Path):
        window.goto(page.resolve().as_uri(), wait_until="domcontentloaded")
    else:
        window.set_content(page, wait_until="domcontentloaded")
    if style:
        window.add_style_tag(content=style)
    yield window
    context.close()


def described(notebook: NotebookNode) -> NotebookNode:
    """The notebook with its pictures as HTML that holds the descriptions; nbconvert would leave them out."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for kind in [kind for kind in output.get("data", {}) if kind.startswith("image/")]:
                alt = html.escape(output.metadata.get(kind, {}).get("alt", ""), quote=True)
                data = output.data[kind]
                data = data if kind != "image/svg+xml" else base64.b64encode(data.encode()).decode()
                picture = f'<img alt="{alt}" src="data:{kind};base64,{data}">'
                output.update(new_output(output.output_type, {"text/html": picture}, metadata={}))
    return notebook


def as_html(path: Path) -> str:
    """A notebook as one page of HTML, as a reader without Jupyter gets it."""
    from nbconvert import HTMLExporter

    return HTMLExporter().from_notebook_node(described(read(path)))[0]


def look_at_lesson(started: Any, path: Path) -> list[Look]:
    """A notebook, exported."""
    with opened(started, as_html(path), style=AS_READERS_CHOOSE) as window:
        return [Look(path.stem, "light", tuple(axe(window)))]


def look_at_deck(started: Any, path: Path) -> list[Look]:
    """A built deck, all pages, light and dark."""
    looks = []
    for dark in (False, True):
        with opened(started, path, dark, ALL_PAGES) as window:
            window.wait_for_selector("svg.bespoke-marp-active")
            looks.append(Look(path.stem, "dark" if dark else "light", tuple(axe(window))))
    return looks


def look_at_page(started: Any, path: Path) -> list[Look]:
    """A page of the site, light and dark."""
    looks = []
    for dark in (False, True):
        with opened(started, path, dark) as window:
            looks.append(Look(str(path.resolve().relative_to(SITE)), "dark" if dark else "light", tuple(axe(window))))
    return looks


def look_at_text(path: Path) -> list[Look]:
    """A Markdown file: its headings and pictures, which need no browser."""
    faults = tuple(text_faults(path.read_text(encoding="utf-8")))
    return [Look(f"{path.resolve().parent.name}/{path.name}", "text", faults)]


def text_faults(markdown: str) -> Iterator[Violation]:
    """One title, no level of headings left out on the way down, a description for each picture.

    >>> [fault.rule for fault in text_faults("# a\\n\\n### b\\n\\n![](c.png)")]
    ['heading-order', 'image-alt']
    """
    text, above, titles = without_code(markdown), 0, 0
    for signs, heading in re.findall(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", text, re.M):
        if len(signs) > above + 1:
            yield Violation("heading-order", "serious", f"level {len(signs)} after level {above}", (heading,))
        above = len(signs)
        titles += above == 1
    if titles != 1:
        yield Violation("page-has-heading-one", "serious", f"{titles} titles, not one", ("#",))
    for place in re.findall(r"!\[\s*\]\([^)]*\)|<img(?![^>]*\balt=[\"'][^\"'])[^>]*>", text):
        yield Violation("image-alt", "critical", "a picture without a description", (place,))


def find(places: list[Path]) -> list[Path]:
    """Notebooks, decks, texts and pages of the site among files and folders.

    Raises:
        ValueError: if one of them is not there.
    """
    found = []
    for place in places:
        if place.is_dir():
            found += sorted(each for kind in ("*.ipynb", "*.html", "*.md") for each in place.glob(kind))
        elif place.is_file() and place.suffix in (".ipynb", ".html", ".md"):
            found.append(place)
        else:
            raise ValueError(f"{place} is neither a folder nor a notebook, a text (.md) or a built page (.html)")
    found = [path for path in found if not path.name.startswith(".")]  # what somebody is writing just now
    return [path for path in found if path.suffix != ".md" or path.parent.name != "zh"]


def look_at(started: Any, path: Path) -> list[Look]:
    """One page of whatever kind."""
    if path.suffix == ".md":
        return look_at_text(path)
    if path.suffix == ".ipynb":
        return look_at_lesson(started, path)
    return look_at_page(started, path) if SITE in path.resolve().parents else look_at_deck(started, path)


def row(look: Look) -> str:
    """One line of the table: what, in which colours, how many places hurt, how many do not."""
    hurt = sum(len(violation.places) for violation in look.hurts)
    others = sum(len(violation.places) for violation in look.violations) - hurt
    return f"{look.name:<40} {look.colours:<6} {hurt:>8} {others:>8}"


def main(names: list[str]) -> int:
    looks = []
    try:
        paths = find([Path(name) for name in names] or [ROOT / name for name in PLACES if (ROOT / name).exists()])
        paths += [] if names else sorted(SITE.rglob("*.html"))
        print(f"{'page':<40} {'':<6} {'hurts':>8} {'milder':>8}")
        with browser() as started:
            for path in paths:
                for look in look_at(started, path):
                    print(row(look), flush=True)
                    looks.append(look)
                    for violation in look.violations:
                        print(f"    {violation}")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    hurt = sum(len(look.hurts) for look in looks)
    print(f"{len(looks)} looks; " + (f"{hurt} serious or critical violations" if hurt else "nothing hurts"))
    return 1 if hurt else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
