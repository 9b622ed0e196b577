"""What a student sees: lessons opened in JupyterLab in a real browser, run, clicked through, and photographed.

The pictures of the screen are in outputs/browser. Needed is chromium; without it the test is left out, with a warning.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from t2i_lib.notebooks import surroundings

ROOT = Path(__file__).resolve().parent.parent
SCREENSHOTS = ROOT / "outputs" / "browser"
LESSON = ROOT / "notebooks" / "00_first_picture.ipynb"
TOKEN = "only-this-machine"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MISSING = [
    *([] if find_spec("playwright") else ["pip install playwright"]),
    *([] if find_spec("jupyterlab") else ["pip install jupyterlab"]),
    *([] if CHROMIUM else ["apt-get install chromium"]),
]
if MISSING:
    reason = f"NO LESSON WAS TRIED IN A BROWSER; to have it done: {' and '.join(MISSING)}"
    warnings.warn(reason, stacklevel=1)  # a skip alone is one letter in the report
    pytest.skip(reason, allow_module_level=True)

from playwright.sync_api import Locator, Page, expect, sync_playwright  # noqa: E402 (only where it is installed)

PATIENCE = 180_000  # milliseconds: a machine that also trains something is slow to start a server
LESSON_PATIENCE = 600_000  # for all cells of a lesson
QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # all cells are on the page, also those off the screen
}
RUN_ALL = """async () => {
    const app = window.jupyterapp;
    await app.restored;
    await app.shell.currentWidget.context.sessionContext.ready;
    app.shell.collapseLeft();
    await app.commands.execute('notebook:clear-all-cell-outputs');  // the stored ones must not pass for new ones
    await app.commands.execute('notebook:run-all-cells');
}"""
# The command above may return while cells still wait. A cell gets its number when it begins, so the kernel must rest.
ALL_RUN = """() => {
    if (document.querySelector("[data-mime-type='application/vnd.jupyter.error']")) return true;
    const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')];
    const session = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
    return prompts.every(each => /^\\[\\d+\\]:/.test(each.innerText.trim())) && session.kernel.status === 'idle';
}"""
STUDIO = """\
import ipywidgets as w, io
from PIL import Image
prompt = w.Text("a hill", description="Prompt")
button, shown = w.Button(description="Draw", tooltip="Draw it"), w.Image(format="png", width=200)
def draw(_=None):
    file = io.BytesIO()
    Image.new("RGB", (200, 99), (len(prompt.value) * 7 % 256, 120, 80)).save(file, "png")
    shown.value = file.getvalue()
draw()
button.on_click(draw)
w.VBox([prompt, button, shown])"""
QUIZ = """\
said = w.HTML()
choice = w.RadioButtons(options=["a decoder", "an encoder"], value=None, description="Question 1")
choice.observe(lambda change: setattr(said, "value", "Right: it makes pixels."), "value")
w.VBox([choice, said])"""


def write_small_lesson(path: Path) -> None:
    """A notebook with what every lesson has: text, a field and a button that draws, a quiz."""
    cells = [new_markdown_cell("# Small"), new_code_cell(STUDIO), new_code_cell(QUIZ)]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}  # else Lab asks which
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The folder that JupyterLab shows: copies, since it saves what it runs."""
    folder = tmp_path_factory.mktemp("lessons")
    write_small_lesson(folder / "small.ipynb")
    if LESSON.exists():
        shutil.copy(LESSON, folder)
    return folder


@pytest.fixture(scope="module")
def lab(folder: Path, tmp_path_factory) -> Iterator[str]:
    """The address of a JupyterLab with settings of its own, on a free port of this machine."""
    home = tmp_path_factory.mktemp("home")
    for name, value in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(value))
    places = {"CONFIG_DIR": "config", "RUNTIME_DIR": "run", "DATA_DIR": "data"}
    places |= {"LAB_SETTINGS_DIR": "settings", "LAB_WORKSPACES_DIR": "workspaces"}
    own = {f"JUPYTER{'' if name.startswith('LAB') else '_'}{name}": str(home / at) for name, at in places.items()}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.expose_app_in_browser=True", "--ServerApp.terminals_enabled=False"]
    with (home / "lab.log").open("w") as log:
        server = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **surroundings(home), **own}
        )
        try:
            yield wait_for_address(server, home / "lab.log")
        finally:
            server.terminate()  # ends its kernels, too
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def wait_for_address(server: subprocess.Popen, log: Path, seconds: float = 180) -> str:
    """Wait until JupyterLab says where it is to be found."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:\d+(?=/lab)", log.read_text())
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not start: {log.read_text()[-2000:]}")


@pytest.fixture
def page() -> Iterator[Page]:
    """A browser window without history; an error in the page's own programs fails the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET, timeout=PATIENCE)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE)
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        browser.close()
    assert errors == []


def open_and_run(page: Page, address: str, name: str) -> None:
    """Open a notebook, run all its cells, and see that each has run without an error."""
    page.goto(f"{address}/lab/tree/{name}?reset&token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.evaluate(RUN_ALL)
    page.wait_for_function(ALL_RUN, timeout=LESSON_PATIENCE, polling=500)
    photograph(page, name, "1-run")
    errors = page.locator("[data-mime-type='application/vnd.jupyter.error']").all_inner_texts()
    assert errors == [], errors[0][-1000:]
    assert page.get_by_text("javascript error").count() == 0, "a widget is broken in the browser, though not in Python"


def find_studio(page: Page) -> tuple[Locator, Locator, Locator]:
    """The field, the button that draws, and the picture of the first output that has all three."""
    button = page.locator(".jp-OutputArea-output button", has_text=re.compile("draw", re.I)).first
    output = button.locator("xpath=ancestor::div[contains(@class, 'jp-OutputArea-output')][1]")
    return output.locator("input[type=text], textarea").first, button, output.locator("img").first


def photograph(page: Page, lesson: str, what: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{Path(lesson).stem}-{what}.png")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["small.ipynb", LESSON.name])
def test_lesson_in_a_browser(name: str, folder: Path, lab: str, page: Page):
    if not (folder / name).exists():
        pytest.skip(f"there is no notebooks/{name} yet")
    open_and_run(page, lab, name)

    field, button, picture = find_studio(page)
    before = picture.get_attribute("src") if picture.count() else None
    field.fill("a castle at night with a full moon")
    page.keyboard.press("Tab")
    button.click()
    expect(picture).to_be_visible(timeout=PATIENCE)
    expect(picture).not_to_have_attribute("src", before or "", timeout=PATIENCE)
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    picture.scroll_into_view_if_needed()
    photograph(page, name, "2-drawn")

    question = page.locator(".widget-radio").filter(has_text="Question 1").first
    question.locator("input[type=radio]").first.check()
    answer = question.locator("xpath=ancestor::div[contains(@class, 'jp-OutputArea-output')][1]")
    expect(answer).to_contain_text(re.compile("Right:|Not quite:"), timeout=PATIENCE)
    question.scroll_into_view_if_needed()
    photograph(page, name, "3-quiz")
