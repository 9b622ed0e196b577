"""Positions as pictures: the table of waves, how alike two places are, and the clock hands of rotary positions."""

from collections.abc import Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from t2i_lib.plots.parts import as_numbers
from t2i_lib.plots.style import INK, LIT, MAP, PALE


def plot_waves(table: Tensor | np.ndarray) -> Figure:
    """Left the table of positions, right how alike any two of its rows are (dot product, largest 1).

    Args:
        table: (places, columns) float.
    """
    table = as_numbers(table)
    alike = table @ table.T
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), width_ratios=(3, 2))
    image = left.imshow(table, cmap=MAP, aspect="auto", vmin=-1, vmax=1)
    left.set(xlabel="column", ylabel="place", title="the table: one row a place")
    figure.colorbar(image, ax=left, label="value")
    image = right.imshow(alike / alike.max(), cmap=MAP, vmin=0, vmax=1)
    right.set(xlabel="place", ylabel="place", title="how alike two places are")
    figure.colorbar(image, ax=right, label="dot product", shrink=0.85)
    for axes in (left, right):
        axes.spines[:].set_visible(False)
    return figure


def plot_clocks(speeds: Sequence[float], places: Sequence[int]) -> Figure:
    """One row of dials a pair of columns, one dial a place: where the hand (1, 0) has turned to.

    Args:
        speeds: radians that each pair turns from one place to the next.
        places: which places are shown.
    """
    figure, grid = plt.subplots(
        len(speeds), len(places), figsize=(1.05 * len(places) + 1.2, 1.1 * len(speeds) + 0.3), squeeze=False
    )
    for row, speed in zip(grid, map(float, speeds), strict=True):
        for axes, place in zip(row, places, strict=True):
            axes.add_patch(plt.Circle((0, 0), 1, facecolor=PALE, edgecolor=INK, linewidth=0.8))
            tip = (0.85 * np.cos(place * speed), 0.85 * np.sin(place * speed))
            axes.annotate("", tip, (0, 0), arrowprops={"arrowstyle": "-|>", "color": LIT, "lw": 2, "shrinkA": 0})
            axes.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1), aspect="equal", xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
        row[0].set_ylabel(f"speed\n{speed:.2g}", rotation=0, ha="right", va="center", labelpad=8)
    for axes, place in zip(grid[0], places, strict=True):
        axes.set_title(f"place {place}", size=10)
    return figure
