"""Open built pages in a real browser, without a network: light, dark, and as wide as a telephone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tools.axe import axe
from tools.slides.browser import QUIET
from tools.slides.build import find_browser

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}  # pixels: a screen, a telephone
PATIENCE = 120_000  # milliseconds
# The formulas and diagrams of a page are there.
DRAWN = """async () => {
    if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
    const diagrams = [...document.querySelectorAll('pre.mermaid')];
    return diagrams.every(diagram => diagram.querySelector('svg'));
}"""
STICKS_OUT = """() => {
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= wide + 1) return [];
    const out = [...document.querySelectorAll('main *')].filter(each => {
        if (each.getBoundingClientRect().right <= wide + 1) return false;
        for (let above = each.parentElement; above && above.tagName !== 'BODY'; above = above.parentElement)
            if (getComputedStyle(above).overflowX !== 'visible') return false;
        return true;
    });
    return out.map(each => `${each.tagName.toLowerCase()}.${[...each.classList].join('.')}`).slice(0, 3);
}"""


@contextmanager
def browser_page(dark: bool = False) -> Iterator[tuple[Any, list[str]]]:
    """A page of a browser without a network, and the list into which its complaints go.

    Raises:
        ValueError: if there is no browser, or nothing to steer it with.
    """
    program = find_browser()
    if program is None or find_spec("playwright") is None:
        raise ValueError("looking at pages needs Chromium, Chrome or Edge, and the Python package playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET, timeout=PATIENCE)
        context = browser.new_context(viewport=WIDE, color_scheme="dark" if dark else "light", offline=True)
        page, complaints = context.new_page(), []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("console", lambda line: line.type == "error" and complaints.append(f"console: {line.text}"))
        page.on("requestfailed", lambda request: complaints.append(f"not loaded: {request.url[:200]}"))
        yield page, complaints
        browser.close()


def look_at(paths: Sequence[Path], pictures: Path | None = None) -> Iterator[str]:
    """What is wrong with pages, one sentence each.

    Args:
        paths: built pages.
        pictures: folder for a photograph of each, light, dark and narrow; None takes none.
    """
    with browser_page() as (page, complaints):
        for path in paths:
            for told in [*look(page, path, pictures), *complaints]:
                yield f"{path.name}: {told}"
            complaints.clear()


def look(page: Any, path: Path, pictures: Path | None) -> Iterator[str]:
    """One page: axe-core in light and in dark, then what sticks out on a telephone."""
    page.set_viewport_size(WIDE)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(path.resolve().as_uri())
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        page.wait_for_function(DRAWN)
        page.wait_for_timeout(300)  # colours fade over
        yield from (f"{scheme}, {violation}" for violation in axe(page) if violation.hurts)
        photograph(page, path, scheme, pictures)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(NARROW)
    yield from (f"on a telephone {each} sticks out" for each in page.evaluate(STICKS_OUT))
    photograph(page, path, "narrow", pictures)


def photograph(page: Any, path: Path, how: str, pictures: Path | None) -> None:
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=pictures / f"{path.parent.name}-{path.stem}-{how}.png")
