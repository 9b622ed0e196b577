"""Look at a built deck in a real browser: photograph each page, light and dark, and find what sticks out."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tools.slides.build import find_browser

LEAST_FONT, LEAST_PICTURE = 27.5, 300  # in pixels of a page of 1280 x 720: letters' height, a picture's longer side
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]
FAULTS = (Path(__file__).parent / "faults.js").read_text(encoding="utf-8")


@contextmanager
def opened(deck: Path, dark: bool = False) -> Iterator:
    """A page of a browser that shows a deck, without a network.

    Raises:
        ValueError: if there is no browser, or nothing to steer it with.
    """
    path = find_browser()
    if path is None or find_spec("playwright") is None:
        raise ValueError("looking at pages needs Chromium, Chrome or Edge, and the Python package playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        context = browser.new_context(
            viewport={"width": 1280, "height": 720}, color_scheme="dark" if dark else "light", offline=True
        )
        page = context.new_page()
        page.goto(deck.resolve().as_uri())
        page.wait_for_selector("svg.bespoke-marp-active")
        page.add_style_tag(
            content=".bespoke-marp-osc { display: none !important }"
        )  # the buttons that vanish by themselves
        yield page
        browser.close()


def look_at(deck: Path, pictures: Path | None = None) -> list[str]:
    """What is wrong with the pages of a built deck, one sentence each.

    Args:
        pictures: a folder for each page as a light and a dark PNG; none are made without it.
    """
    problems = []
    for dark in (False, True) if pictures is not None else (False,):
        with opened(deck, dark) as page:
            errors: list[str] = []
            page.on("pageerror", lambda error, errors=errors: errors.append(str(error)))
            for number in range(1, count_pages(page) + 1):
                page.evaluate("number => { location.hash = number }", number)
                page.wait_for_function(
                    "number => [...document.querySelectorAll('svg.bespoke-marp-slide')]"
                    ".findIndex(each => each.classList.contains('bespoke-marp-active')) === number - 1",
                    arg=number,
                )
                if not dark:
                    found = page.evaluate(FAULTS, [LEAST_FONT, LEAST_PICTURE])
                    problems += [f"{deck.name}, page {number}: {each}" for each in found]
                if pictures is not None:
                    pictures.mkdir(parents=True, exist_ok=True)
                    page.screenshot(path=pictures / f"{deck.stem}-{number:02}-{'dark' if dark else 'light'}.png")
            problems += [f"{deck.name}: {error}" for error in errors]
    return problems


def count_pages(page) -> int:
    """How many pages the deck that a browser shows has."""
    return page.locator("svg.bespoke-marp-slide").count()
