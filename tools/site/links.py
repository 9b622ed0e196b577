"""Read every built page: does each link lead somewhere, does each picture say what it shows, is nothing fetched?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

LOADING = {"script", "img", "source", "iframe", "video", "audio", "embed"}  # with an address in src
LOADED_LINKS = {"stylesheet", "preload", "modulepreload", "icon", "shortcut icon", "prefetch", "preconnect"}
FOREIGN = re.compile(r"(?:https?:)?//", re.I)
IN_STYLE = re.compile(r"(?:url\(|@import\s+)\s*[\"']?((?:https?:)?//[^\"')\s]+)", re.I)


@dataclass
class Page(HTMLParser):
    """What a page names: its anchors, its links, what it loads, and its pictures."""

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)  # pictures without a word on what they show
    in_style: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.anchors |= {given[name] for name in ("id", "name") if given.get(name)}
        self.in_style = tag == "style"
        address = given.get("href") or ""
        if tag == "link" and given.get("rel") in LOADED_LINKS:
            self.loaded.append(address)
        elif tag in ("a", "link") and address:
            self.links.append(address)
        if tag in LOADING and given.get("src"):
            self.loaded.append(given["src"])
        if tag == "img" and not (given.get("alt") or "").strip() and given.get("aria-hidden") != "true":
            self.silent.append(given.get("src") or "?")

    def handle_data(self, data: str) -> None:
        if self.in_style:
            self.loaded += IN_STYLE.findall(data)


@cache
def read_page(path: Path, changed: float) -> Page:
    """Parse a built page; read once as long as it does not change."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def pages(site: Path) -> list[Path]:
    """The site's pages; decks are tested where they are made, and what lies in _static are parts of pages."""
    own = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    return sorted(path for path in own if not re.match(r"\d\d-", path.name))


def problems(site: Path) -> Iterator[str]:
    """What is wrong with the built pages, one sentence each."""
    for path in pages(site):
        page = read_page(path, path.stat().st_mtime)
        name = path.relative_to(site)
        yield from (f"{name}: {address} is fetched from elsewhere" for address in page.loaded if FOREIGN.match(address))
        yield from (f"{name}: picture {address} has no alt text" for address in page.silent)
        for address in dict.fromkeys([*page.links, *page.loaded]):
            told = leads_nowhere(address, path)
            if told:
                yield f"{name}: {told}"
    for path in site.glob("_static/**/*.css"):
        for address in IN_STYLE.findall(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(site)}: {address} is fetched from elsewhere"


def leads_nowhere(address: str, path: Path) -> str:
    """What is wrong with a link of a page; nothing if it leads out of the site, or to a place that is there."""
    if re.match(r"[a-z][a-z+.-]*:|//", address, re.I):
        return ""
    target, anchor = urldefrag(address)
    target = unquote(target.partition("?")[0])
    file = (path.parent / target).resolve() if target else path
    if file.is_dir():
        file /= "index.html"
    if not file.is_file():
        return f"{address} leads to no file"
    anchor = unquote(anchor)
    if anchor and file.suffix == ".html" and anchor not in read_page(file, file.stat().st_mtime).anchors:
        return f"{address} names a place that is not on that page"
    return ""
