"""The transformer as pictures: the block wired in its two ways, and who can see whom."""

from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from torch import Tensor

from t2i_lib.plots.parts import draw_box
from t2i_lib.plots.style import INK, LIT, PALE

NORM, PART = (0.9, 0.56), (1.7, 0.56)  # width and height of a box


def plot_blocks() -> Figure:
    """A block that normalises before each part (GPT-2, T5), and one that normalises after each sum (BERT)."""
    figure, grid = plt.subplots(2, 1, figsize=(9.5, 3.9))
    for axes, norm_first in zip(grid, (True, False), strict=True):
        _draw_block(axes, norm_first)
    return figure


def _draw_block(axes: plt.Axes, norm_first: bool) -> None:
    where = "before each part (GPT-2, T5)" if norm_first else "after each sum (BERT)"
    axes.set_title(f"norm {where}", loc="left", size=11)
    axes.annotate("", (9.9, 0), (-0.3, 0), arrowprops={"arrowstyle": "->", "color": INK, "lw": 2}, zorder=1)
    for start, part in ((0.3, "attention"), (5.1, "feed-forward")):
        plus = start + (3.9 if norm_first else 2.7)
        path = {"color": INK, "lw": 1.2, "zorder": 1}
        axes.plot([start, start], [0, 1], **path)
        axes.plot([start, plus], [1, 1], **path)
        axes.annotate("", (plus, 0.17), (plus, 1), arrowprops={"arrowstyle": "->", "color": INK, "lw": 1.2}, zorder=1)
        if norm_first:
            draw_box(axes, (start + 0.9, 1), NORM, "norm", lit=False)
        draw_box(axes, (start + (2.4 if norm_first else 1.35), 1), PART, part, lit=True)
        if not norm_first:
            draw_box(axes, (plus + 0.95, 0), NORM, "norm", lit=False)
        axes.text(plus, 0, "+", ha="center", va="center", size=13, bbox={"boxstyle": "circle", "fc": "white"})
    axes.text(-0.4, 0, "features\n(B, L, D)", ha="right", va="center", size=10)
    axes.text(10.0, 0, "features\n(B, L, D)", ha="left", va="center", size=10)
    axes.set(xlim=(-1.6, 11.2), ylim=(-0.45, 1.45))
    axes.axis("off")


def plot_influence(tables: Tensor | np.ndarray, tokens: Sequence[str], titles: Sequence[str]) -> Figure:
    """One chequered square a model: filled where another token in the column's place changes the row's features.

    Args:
        tables: (models, L, L) bool.
        tokens: L labels.
        titles: one a model.

    Raises:
        ValueError: if labels and tables do not fit.
    """
    tables = np.asarray(tables)
    if tables.shape != (len(titles), len(tokens), len(tokens)):
        raise ValueError(
            f"{len(titles)} titles and {len(tokens)} tokens need tables of shape "
            f"{(len(titles), len(tokens), len(tokens))}, but they are {tables.shape}"
        )
    size = 0.42 * len(tokens) + 1.0
    figure, grid = plt.subplots(1, len(tables), figsize=(size * len(tables) + 0.6, size + 0.3), squeeze=False)
    for axes, table, title in zip(grid[0], tables, titles, strict=True):
        axes.pcolormesh(table[::-1], cmap=ListedColormap([PALE, LIT]), vmin=0, vmax=1, edgecolor="white", linewidth=2)
        axes.set_xticks(np.arange(len(tokens)) + 0.5, tokens, rotation=60, ha="right", rotation_mode="anchor")
        axes.set_yticks(np.arange(len(tokens)) + 0.5, list(tokens)[::-1])
        axes.set(title=title, xlabel="changed token", aspect="equal")
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    grid[0][0].set_ylabel("features that change")
    return figure
