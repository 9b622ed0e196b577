"""Build the site with Sphinx: gather the pages, put beside them what the browser needs, then write HTML."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from random import Random

from sphinx.cmd.build import build_main

from t2i_lib.checkpoints import atomic_path
from t2i_lib.storybook.render import render
from t2i_lib.storybook.scene import Scene
from tools.node_packages import node_file
from tools.site.gather import built_decks, copy_decks, gather
from tools.site.pages import ROOT

BUILD = ROOT / "build" / "site"
DECKS = ROOT / "outputs" / "slides"
VENDORED = {
    "mathjax/tex-svg.js": "mathjax/es5/tex-svg.js",  # formulas
    "mathjax/input/tex/extensions": "mathjax/es5/input/tex/extensions",  # ... which asks for these when needed
    "mermaid/mermaid.min.js": "mermaid/dist/mermaid.min.js",  # diagrams
}


def build(out: Path, only: Sequence[str] = (), work: Path | None = None) -> None:
    """Build the site, or a part of it, into a folder.

    Args:
        out: folder for the pages; what an earlier call put there is renewed.
        only: patterns of pages; empty takes all.
        work: folder for what lies between the repository and the pages; None takes one below build/.

    Raises:
        ValueError: if Node.js is missing, or if Sphinx finds anything wrong; its own words are on the screen.
    """
    put_beside(BUILD)
    work = work or BUILD / ("part" if only else "whole")
    decks = built_decks(DECKS)
    for page in gather(work / "source", only, decks):
        (out / f"{page}.html").unlink(missing_ok=True)
    arguments = ["-b", "html", "-q", "-W", "--keep-going", "-j", jobs(), "-d", str(work / "doctrees")]
    if build_main([*arguments, "-c", str(ROOT / "site"), str(work / "source"), str(out)]):
        raise ValueError("Sphinx has found something wrong, see above; the pages are not to be trusted.")
    copy_decks(decks, DECKS, out)


def jobs() -> str:
    """As many processes as this one may use processors."""
    return str(len(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else "auto"


def put_beside(folder: Path) -> None:
    """The logo, drawn by the library, and the programs that show formulas and diagrams."""
    for name, source in VENDORED.items():
        found = node_file(source)
        for path in found.rglob("*.js") if found.is_dir() else [found]:
            copy_if_new(path, folder / "static" / name / path.relative_to(found))
    logo = folder / "logo.png"
    if not logo.exists():
        with atomic_path(logo) as new:
            render(Scene("hill", "day", "rainbow"), size=128, rng=Random(7)).save(new, format="png")


def copy_if_new(source: Path, target: Path) -> None:
    """Copy a file unless that was done before; never is there half a file."""
    if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
        with atomic_path(target) as new:
            shutil.copy2(source, new)
