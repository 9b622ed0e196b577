"""The studio in a real browser: as a page of its own (Voila), inside JupyterLab, and a panorama to look around in.

The pictures of the screen are in outputs/browser. Needed is chromium; without it these tests are left out.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from test_browser import CHROMIUM, PATIENCE, QUIET, lab, open_and_run, page, photograph  # noqa: F401 (fixtures)
from tiny_artist import save_tiny_artist, tiny_artist

from t2i_lib.notebooks import surroundings
from t2i_lib.studio.keeping import read_facts
from t2i_lib.studio.look_around import save_viewer
from t2i_lib.studio.panorama import draw_panorama

playwright_api = pytest.importorskip("playwright.sync_api")
expect = playwright_api.expect
WITH_GRAPHICS = [each for each in QUIET if each != "--disable-gpu"]
WITH_GRAPHICS += ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]  # WebGL without a graphics card
CELL = """\
from t2i_lib import TextToImage
from t2i_lib.studio.page import StudioPage
from t2i_lib.studio.session import Wish
StudioPage(TextToImage.from_pretrained({artist!r}, device="cpu"), Wish("a green hill", count=2), folder={out!r})"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """What JupyterLab shows: a notebook with the studio, and a tiny artist for it."""
    folder = tmp_path_factory.mktemp("studio")
    artist = save_tiny_artist(folder / "artist")
    cell = new_code_cell(CELL.format(artist=str(artist), out=str(folder / "saved")))
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    nbformat.write(new_notebook(cells=[cell], metadata={"kernelspec": kernel}), folder / "studio.ipynb")
    return folder


@pytest.fixture(scope="module")
def voila(folder: Path, tmp_path_factory) -> Iterator[str]:
    """The address of the page that `t2i studio page` opens."""
    if find_spec("voila") is None:
        pytest.skip("NO STUDIO PAGE WAS TRIED IN A BROWSER; to have it done: pip install voila")
    home = tmp_path_factory.mktemp("home")
    command = [sys.executable, "-m", "t2i_lib", "studio", "page", "a green hill", "--no-browser"]
    command += ["--model", str(folder / "artist"), "--out", str(folder / "saved")]
    with (home / "voila.log").open("w") as log:
        server = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **surroundings(home)},
            start_new_session=True,  # the command starts Voila, and Voila a kernel: they end together
        )
        try:
            yield wait_for_page(server, home / "voila.log")
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(30)


def wait_for_page(server: subprocess.Popen, log: Path, seconds: float = 180) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        found = re.search(r"http://(?:127\.0\.0\.1|localhost):\d+/\S*", log.read_text())
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"the page did not start: {log.read_text()[-2000:]}")


def use_the_studio(screen, name: str, folder: Path, count: int) -> None:
    """What a visitor does: ask in both languages, vary, walk, go back, save."""
    field, towards = screen.get_by_label("Prompt"), screen.get_by_label("Walk to")
    status, pictures = screen.locator(".widget-html"), screen.locator("figure img")
    expect(pictures).to_have_count(count, timeout=PATIENCE)
    before = pictures.first.get_attribute("src")
    field.fill("a red castle 夕阳 and a dragon")
    field.press("Tab")
    screen.get_by_role("button", name="Draw", exact=True).click()
    expect(pictures.first).not_to_have_attribute("src", before, timeout=PATIENCE)
    expect(status.filter(has_text="not drawn: dragon")).to_have_count(1, timeout=PATIENCE)
    expect(screen.get_by_text("Understood:")).to_be_visible()
    assert pictures.first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert "a red castle" in pictures.first.get_attribute("alt")

    towards.fill("a castle at night")
    towards.press("Tab")
    screen.get_by_role("button", name="Walk", exact=True).click()
    expect(screen.get_by_text("100% of the way to: a castle at night")).to_be_visible(timeout=PATIENCE)
    screen.get_by_role("button", name="Save", exact=True).click()
    expect(status.filter(has_text="Saved in")).to_have_count(1, timeout=PATIENCE)
    saved = sorted((folder / "saved").glob("*-to-a-castle-at-night-*.png"))
    assert len(saved) == count and read_facts(saved[-1])["made"] == "100% of the way to: a castle at night"

    screen.get_by_label("History").select_option(index=2)
    expect(status.filter(has_text="Back to: a green hill")).to_have_count(1, timeout=PATIENCE)
    assert field.input_value() == "a green hill" and pictures.first.get_attribute("src") == before
    photograph(screen, name, "studio")
    for each in saved:
        each.unlink()


@pytest.mark.slow
def test_the_studio_as_a_page_of_its_own(voila: str, page, folder: Path):  # noqa: F811
    page.goto(voila)
    use_the_studio(page, "voila", folder, count=4)


@pytest.mark.slow
def test_the_studio_in_jupyterlab(lab: str, page, folder: Path):  # noqa: F811
    open_and_run(page, lab, "studio.ipynb")
    expect(page.get_by_role("slider", name="Count")).to_be_visible()  # the handle tells its name here, too
    use_the_studio(page, "lab", folder, count=2)


@pytest.mark.slow
def test_a_panorama_to_look_around_in(tmp_path: Path):
    """Drawn by WebGL from the file alone; mouse and arrow keys turn it, all the way around if one likes."""
    path = save_viewer(draw_panorama(tiny_artist(), "a green hill", views=8), tmp_path / "around.html")
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=WITH_GRAPHICS, timeout=PATIENCE)
        screen = browser.new_page(viewport={"width": 900, "height": 600})
        screen.set_default_timeout(PATIENCE)
        asked, errors = [], []
        screen.on("request", lambda request: asked.append(request.url.split(":")[0]))
        screen.on("pageerror", lambda error: errors.append(str(error)))
        screen.goto(path.as_uri())
        screen.wait_for_function("window.around && window.around.isLoaded()")
        assert screen.locator(".pnlm-error-msg").is_hidden()
        start = screen.evaluate("around.getYaw()")
        screen.mouse.move(450, 250)
        screen.mouse.down()
        screen.mouse.move(250, 250, steps=5)
        screen.mouse.up()
        screen.wait_for_function(f"Math.abs(around.getYaw() - {start}) > 5")
        dragged = screen.evaluate("around.getYaw()")
        screen.locator("#around").focus()
        screen.keyboard.down("ArrowRight")
        screen.wait_for_function(f"Math.abs(around.getYaw() - {dragged}) > 5")
        screen.keyboard.up("ArrowRight")
        screen.evaluate("around.setYaw(180, false)")  # where the strip's ends meet
        photograph(screen, "panorama", "seam")
        browser.close()
    assert errors == [] and set(asked) <= {"file", "data", "blob"}
