"""What becomes of pictures that are squeezed: the best line, rows of redrawn pictures, and what each loss keeps."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from t2i_lib.plots.parts import as_numbers
from t2i_lib.plots.style import INK, LIT, PALE

_DPI, _GAP = 100, 6  # of rows of pictures; the gap in pixels
_SIGNS = ("o", "s", "^", "D", "v", "P", "X")


def plot_best_line(points: Tensor, mean: Tensor, direction: Tensor, names: tuple[str, str]) -> Figure:
    """Points in the plane, the line that is nearest to them, and where on it each of them lands.

    Args:
        points: (N, 2).
        mean: (2,) a point of the line.
        direction: (2,) of length 1.
        names: what the two axes show.
    """
    dots, middle, along = as_numbers(points), as_numbers(mean), as_numbers(direction)
    landed = middle + ((dots - middle) @ along)[:, None] * along
    figure, axis = plt.subplots(figsize=(3.9, 3.6))
    for dot, foot in zip(dots, landed, strict=True):
        axis.plot(*zip(dot, foot, strict=True), color=INK, linewidth=0.6)
    ends = landed[[((landed - middle) @ along).argmin(), ((landed - middle) @ along).argmax()]]
    axis.plot(*ends.T, color=LIT, linewidth=2, label="best line")
    axis.plot(*dots.T, "o", color=INK, markersize=4, label="pairs of pixels")
    axis.set(xlabel=names[0], ylabel=names[1], aspect="equal")
    axis.legend(frameon=False, loc="upper left", fontsize=9)
    return figure


def plot_picture_rows(rows: Mapping[str, Sequence[Image.Image]], titles: Sequence[str] = (), edge: int = 128) -> Figure:
    """Rows of pictures, each row with its name at the left.

    A pixel becomes a square of whole pixels: nothing is blurred that was not, and the file stays small.

    Args:
        rows: name -> pictures, all of one size; every row has as many.
        titles: none, or one a column, written above the first row.
        edge: about how wide a picture is, pixels.

    Raises:
        ValueError: if rows differ in length, or the titles are not as many as the columns.
    """
    lengths = {len(pictures) for pictures in rows.values()}
    if len(lengths) != 1 or lengths == {0} or (titles and {len(titles)} != lengths):
        raise ValueError(
            f"every row needs as many pictures as the others, and titles as many as columns, but rows have "
            f"{[len(pictures) for pictures in rows.values()]} and there are {len(titles)} titles"
        )
    columns, own = lengths.pop(), next(iter(rows.values()))[0].width
    edge = own * max(1, round(edge / own))
    width, height = columns * (edge + _GAP), len(rows) * (edge + _GAP)  # pixels
    figure = plt.figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, layout="none")
    for row, (name, pictures) in enumerate(rows.items()):
        for column, picture in enumerate(pictures):
            left, bottom = column * (edge + _GAP), height - (row + 1) * (edge + _GAP)
            axis = figure.add_axes((left / width, bottom / height, edge / width, edge / height))
            axis.imshow(np.asarray(picture), interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
            if column == 0:
                axis.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=10)
            if row == 0 and titles:
                axis.set_title(titles[column], fontsize=9)
    return figure


def plot_latent_use(divergences: Mapping[str, Tensor], least: float) -> Figure:
    """How many nats each latent carries, one panel a network; bars below the mark count as asleep.

    Args:
        divergences: name of a network -> (C,) mean divergence of each of its latents.
        least: the mark, nats.
    """
    figure, axes = plt.subplots(1, len(divergences), figsize=(3.4 * len(divergences), 2.5), squeeze=False, sharey=True)
    for axis, (name, values) in zip(axes[0], divergences.items(), strict=True):
        heights = as_numbers(values)
        colours = [LIT if height >= least else PALE for height in heights]
        axis.bar(range(1, len(heights) + 1), heights, color=colours, edgecolor=INK, linewidth=0.5)
        axis.axhline(least, color=INK, linewidth=0.8, linestyle=":")
        axis.set_title(name, fontsize=10)
        axis.set(xlabel="latent", xticks=range(1, len(heights) + 1))
    axes[0, 0].set_ylabel("nats")
    return figure


def plot_tradeoff(
    points: Mapping[str, Sequence[tuple[float, float]]], x_label: str, y_label: str, log: bool = False
) -> Figure:
    """A curve through the means of several settings, in their order; every seed is a small dot.

    Args:
        points: setting -> (x, y) of each of its runs.
        log: whether the axes are logarithmic.
    """
    means = [np.mean(runs, axis=0) for runs in points.values()]
    figure, axis = plt.subplots(figsize=(5.2, 3.4))
    axis.plot(*np.transpose(means), color=PALE, linewidth=2, zorder=1)
    for (name, runs), mean in zip(points.items(), means, strict=True):
        axis.plot(*np.transpose(runs), "o", color=INK, markersize=3, zorder=2)
        axis.plot(*mean, "o", color=LIT, markersize=8, zorder=3)
        axis.annotate(name, mean, xytext=(7, 6), textcoords="offset points", fontsize=9)
    axis.set(xlabel=x_label, ylabel=y_label)
    if log:
        axis.set(xscale="log", yscale="log")
    axis.margins(0.15)
    return figure


def plot_variants(
    figures: Mapping[str, Mapping[str, Sequence[float]]], goals: Mapping[str, float] | None = None
) -> Figure:
    """One panel a figure, one line a variant, one sign a run: what a change brought, and whether chance could have.

    Args:
        figures: figure -> variant -> one number a run. Every figure has the same variants.
        goals: figure -> where a thin line stands, such as what real pictures reach.
    """
    variants = list(next(iter(figures.values())))
    size = (1.9 * len(figures) + 1.6, 0.36 * len(variants) + 1.0)
    figure, axes = plt.subplots(1, len(figures), figsize=size, squeeze=False, sharey=True)
    heights = range(len(variants))
    for axis, (name, runs) in zip(axes[0], figures.items(), strict=True):
        for height, variant in zip(heights, variants, strict=True):
            axis.axhline(height, color=PALE, linewidth=1, zorder=0)
            for place, value in enumerate(runs[variant]):
                axis.plot(value, height, _SIGNS[place % len(_SIGNS)], color=LIT, markersize=6, alpha=0.8)
        if goals and name in goals:
            axis.axvline(goals[name], color=INK, linewidth=0.8, linestyle=":")
        axis.set_title(name, fontsize=10)
        axis.margins(x=0.15)
        axis.locator_params(axis="x", nbins=3)
        axis.tick_params(axis="x", labelsize=9)
    axes[0, 0].set_yticks(list(heights), variants)
    axes[0, 0].invert_yaxis()
    return figure
