"""The figures of a deck, drawn by the library when the deck is built.

`![...](img/wandering-crowd.png)` in the deck of lesson 06 is the function `wandering_crowd` in FIGURES of
tools/slides/lesson_06.py. It returns a figure of matplotlib, a picture, or the bytes of a finished file.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from t2i_lib.plots import use_style
from t2i_lib.runtime import set_seed
from tools.slides.deck import Deck
from tools.slides.facts import lesson_module

DOTS_PER_INCH = 200  # sharp on a wall
LEAST_EDGE = 640  # pixels; smaller pictures are enlarged, each of their pixels a clean square

Drawn = Figure | Image.Image | bytes


def figures_of(deck: Deck) -> dict[str, Callable[[], Drawn]]:
    """Address in the deck -> the function that draws it, for all pictures of the deck.

    Raises:
        ValueError: if there is no such function.
    """
    known = {f"img/{name.replace('_', '-')}.png": draw for name, draw in lesson_module(deck.number).FIGURES.items()}
    named = list(dict.fromkeys(address for page in deck.pages for _, address in page.pictures))
    missing = [address for address in named if address not in known]
    if missing:
        raise ValueError(f"nobody draws {', '.join(missing)} of {deck.path.name}; there are {', '.join(known)}")
    return {address: known[address] for address in named}


def draw_figures(deck: Deck, folder: Path, redraw: bool = True) -> None:
    """Draw all pictures of a deck into a folder, with one seed and one thread, so that two builds are alike.

    Args:
        redraw: False draws only what is not there yet.
    """
    torch.set_num_threads(1)
    for address, draw in figures_of(deck).items():
        path = folder / address
        if path.is_file() and not redraw:
            continue
        use_style()
        set_seed(0)
        path.parent.mkdir(parents=True, exist_ok=True)
        save(draw(), path)


def enlarged(figure: Figure, times: float = 1.3) -> Figure:
    """A figure that was made to be read from near, with larger letters for whoever sits in the last row."""
    for text in figure.findobj(Text):
        text.set_fontsize(times * text.get_fontsize())
    return figure


def save(drawn: Drawn, path: Path) -> None:
    """Write a figure, a picture or a finished file."""
    if isinstance(drawn, bytes):
        path.write_bytes(drawn)
    elif isinstance(drawn, Figure):
        drawn.savefig(path, dpi=DOTS_PER_INCH, bbox_inches="tight")
        plt.close(drawn)
    else:
        times = -(-LEAST_EDGE // max(drawn.size))
        drawn.resize((drawn.width * times, drawn.height * times), Image.Resampling.NEAREST).save(path)
