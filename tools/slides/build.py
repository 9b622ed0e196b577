"""From a deck to one HTML file that needs no network, and to a PDF with the speaker's notes.

Marp (npm) lays the pages out; this module puts figures and numbers in before, and pictures and dark colours after.
"""

import base64
import html
import os
import re
import shutil
import subprocess
from pathlib import Path

from tools.slides.deck import PICTURE, ROOT, Deck
from tools.slides.drawing import draw_figures
from tools.slides.facts import filled

SLIDES = ROOT / "slides"
BUILT = ROOT / "build" / "slides"  # what lies between a deck and its pages
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
NO_NODE = "Decks need Node.js 18 or later with npm: https://nodejs.org (Debian, Ubuntu: apt install nodejs npm)."
NO_BROWSER = "No PDF was made: that needs Chromium, Chrome or Edge (Debian: apt install chromium). HTML is complete."
# Dark for whoever's machine is dark; the key D turns it round. Paper stays white.
DARK = (
    "--ground:#16181c;--ink:#ecedee;--accent:#6cc0f5;--ask:#f5a65b;--calm:#5fcfb4;--pause:#14302b;"
    "--card:#24272d;--quiet:#a9adb3;--line:#43474e"
)
SHELL = f"""<style>
@media screen {{ html.dark {{{DARK}}} }}
</style>
<script>
const ground = document.documentElement.classList;
ground.toggle("dark", matchMedia("(prefers-color-scheme: dark)").matches);
addEventListener("keydown", (key) => key.key.toLowerCase() === "d" && !key.ctrlKey && ground.toggle("dark"));
</script>
</head>"""


def find_marp() -> list[str]:
    """The command that calls Marp; it is installed into slides/node_modules first, in the versions of the lock file.

    Raises:
        ValueError: if Node.js is missing, or what it installs.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise ValueError(NO_NODE)
    installed, lock = SLIDES / "node_modules" / ".package-lock.json", SLIDES / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        print("installing Marp into slides/node_modules, once", flush=True)
        done = subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=SLIDES, capture_output=True, text=True)
        if done.returncode:
            raise ValueError(f"npm could not install Marp: {done.stderr.strip()[-500:]}")
    return [node, str(SLIDES / "node_modules" / "@marp-team" / "marp-cli" / "marp-cli.js")]


def find_browser() -> str | None:
    """The path of a browser that makes PDFs and photographs pages, or None."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def prepare(deck: Deck, redraw: bool = True) -> Path:
    """Draw a deck's figures, fill its numbers in, and write what Marp reads; returns that file.

    Args:
        redraw: False keeps the figures of the last build, for whoever only changes words.
    """
    text = filled(deck.number, deck.path.read_text(encoding="utf-8"))
    folder = BUILT / deck.path.stem
    if redraw:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    draw_figures(deck, folder, redraw)
    path = folder / deck.path.name
    path.write_text(PICTURE.sub(as_figure, text), encoding="utf-8")
    return path


def as_figure(picture: re.Match) -> str:
    """A picture as HTML: Marp would take words such as "blur" in its description for orders.

    >>> as_figure(PICTURE.match("![a blur](img/a.png)"))
    '<figure><img src="img/a.png" alt="a blur"></figure>'
    """
    return f'<figure><img src="{picture[2]}" alt="{html.escape(picture[1])}"></figure>'


def run_marp(source: Path, target: Path, *options: str) -> None:
    """Let Marp make one file of another.

    Raises:
        ValueError: if it can't; it says why.
    """
    command = [*find_marp(), "--config-file", str(SLIDES / "marp.config.mjs"), "--no-stdin", "--allow-local-files"]
    environment = {**os.environ, "FORCE_COLOR": "0"}
    if getattr(os, "geteuid", lambda: 1)() == 0:
        environment["CHROME_NO_SANDBOX"] = "1"  # as root, in a container, the browser has no sandbox
    target.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [*command, *options, "--output", str(target), str(source)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode or not target.is_file():
        raise ValueError(f"Marp could not make {target.name}: {done.stderr.strip()[-1000:]}")


def whole(page: str, folder: Path) -> str:
    """A page of HTML with its pictures inside, its Chinese marked as Chinese, and the switch for dark grounds."""
    page = re.sub(r'(<img src=")(img/[^"]+)', lambda found: found[1] + data_address(folder / found[2]), page)
    page = page.replace("<blockquote>", '<blockquote lang="zh-Hans">')
    page = page.replace('<div id=":$p">', '<div id=":$p" role="main">', 1)  # where a screen reader finds the pages
    return page.replace("</head>", SHELL, 1)


def data_address(path: Path) -> str:
    """A PNG file as an address that holds it."""
    return f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"


def build(deck: Deck, out: Path, pdf: bool = True, redraw: bool = True) -> list[Path]:
    """Build a deck.

    Args:
        out: the folder for NN-name.html and NN-name.pdf.
        pdf: whether a PDF is wanted; without a browser there is none all the same.
        redraw: see `prepare`.

    Returns:
        the files made.
    """
    source = prepare(deck, redraw)
    made = [out / f"{deck.path.stem}.html"]
    run_marp(source, made[0])
    made[0].write_text(whole(made[0].read_text(encoding="utf-8"), source.parent), encoding="utf-8")
    if pdf:
        target, browser = out / f"{deck.path.stem}.pdf", find_browser()
        path = ["--browser-path", browser] if browser else []  # without one, Marp looks where systems keep theirs
        try:
            run_marp(source, target, "--pdf", "--pdf-notes", "--pdf-outlines", *path)
            made.append(target)
        except ValueError as error:
            print(error if browser else NO_BROWSER)
    return made
