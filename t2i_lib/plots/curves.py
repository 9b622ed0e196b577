"""Training curves: several runs of one kind are one line with a band; the lines are named where they end."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from t2i_lib.plots.parts import as_numbers
from t2i_lib.plots.style import INK

_DASHES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 3)))  # told apart without colours


def plot_curves(
    curves: Mapping[str, Sequence],
    x_label: str = "step",
    y_label: str = "loss",
    marks: Mapping[str, float] | None = None,
    smooth: int = 1,
    log: bool = False,
    xs: Sequence[float] | None = None,
) -> Figure:
    """One line a name: the mean of its runs, in a band from the lowest to the highest of them.

    Args:
        curves: name -> (steps,) numbers, or (runs, steps).
        x_label, y_label: what the axes show.
        marks: name -> height of a thin level line, such as what guessing reaches.
        smooth: each point becomes the mean of itself and the `smooth - 1` before it.
        log: whether the upright axis is logarithmic.
        xs: where the points stand; 1, 2, ... by default.

    Raises:
        ValueError: if there is no curve, or one is empty.
    """
    tables = {name: smoothed(np.atleast_2d(as_numbers(runs)), smooth) for name, runs in curves.items()}
    if not tables or any(table.size == 0 for table in tables.values()):
        raise ValueError("a figure of curves needs at least one curve, and every curve at least one number")
    figure, axes = plt.subplots(figsize=(7.5, 3.6))
    ends = {}
    for place, (name, table) in enumerate(tables.items()):
        steps = np.arange(1, table.shape[1] + 1) if xs is None else np.asarray(xs)
        mean = table.mean(axis=0)
        (line,) = axes.plot(steps, mean, linestyle=_DASHES[place % len(_DASHES)], linewidth=2)
        if len(table) > 1:
            axes.fill_between(steps, table.min(axis=0), table.max(axis=0), color=line.get_color(), alpha=0.2, lw=0)
        ends[name] = (steps[-1], mean[-1], line.get_color())
    for name, height in (marks or {}).items():
        axes.axhline(height, color=INK, linewidth=0.8, linestyle=":")
        where = {"xycoords": ("axes fraction", "data"), "xytext": (0, -2), "textcoords": "offset points"}
        axes.annotate(name, (0.98, height), **where, ha="right", va="top", color=INK, size=9)
    axes.set(xlabel=x_label, ylabel=y_label, yscale="log" if log else "linear")
    _name_ends(axes, ends)
    return figure


def smoothed(table: np.ndarray, window: int) -> np.ndarray:
    """(runs, steps): each number becomes the mean of itself and the window - 1 before it, of fewer at the start.

    >>> smoothed(np.array([[1.0, 3.0, 5.0]]), 2).tolist()
    [[1.0, 2.0, 4.0]]
    """
    sums = np.cumsum(table, axis=1)
    sums[:, window:] = sums[:, window:] - sums[:, :-window]
    return sums / np.minimum(np.arange(1, table.shape[1] + 1), window)


def _name_ends(axes: plt.Axes, ends: Mapping[str, tuple[float, float, str]]) -> None:
    """Write each name at its line's end; names that would overlap are moved apart."""
    low, high = axes.transData.inverted(), axes.transData
    step = 0.075 * axes.bbox.height  # pixels from one name to the next
    heights = {name: high.transform((x, y))[1] for name, (x, y, _) in ends.items()}
    floor = axes.bbox.y0 - step
    for name in sorted(heights, key=heights.get):
        floor = max(heights[name], floor + step)
        x, _, colour = ends[name]
        y = low.transform((0, floor))[1]
        axes.annotate(
            name, (x, y), xytext=(6, 0), textcoords="offset points", va="center", color=colour, annotation_clip=False
        )
