"""How good is it? Shares with intervals, how often intervals keep their promise, clouds, sample sizes, a scoreboard."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from t2i_lib.metrics import Estimate
from t2i_lib.plots.parts import as_numbers
from t2i_lib.plots.style import INK, LIT, PALE

_OTHER = "#d55e00"  # beside LIT, for every eye
_MARKS = ("o", "s", "^", "D")  # told apart without colours
_CAUGHT = "#fbd9c6"


def plot_estimates(rows: Mapping[str, Mapping[str, Estimate]], limits: tuple[float, float] = (0, 1)) -> Figure:
    """Numbers with their intervals, one row a name, one panel a figure.

    Args:
        rows: name -> figure -> estimate.
        limits: of all panels.

    Raises:
        ValueError: if the rows do not have the same figures.
    """
    titles = [list(each) for each in rows.values()]
    if not titles or not titles[0] or any(each != titles[0] for each in titles):
        raise ValueError(f"every row needs the same figures, at least one, but they have {titles}")
    size = (1.8 + 3.2 * len(titles[0]), 0.38 * len(rows) + 0.9)
    figure, axes = plt.subplots(1, len(titles[0]), figsize=size, sharey=True, squeeze=False)
    places = np.arange(len(rows))
    for axis, title in zip(axes[0], titles[0], strict=True):
        found = [each[title] for each in rows.values()]
        values = np.array([each.value for each in found])
        reach = np.array([[each.value - each.low for each in found], [each.high - each.value for each in found]])
        axis.errorbar(values, places, xerr=reach.clip(min=0), fmt="o", color=LIT, ecolor=INK, capsize=4, lw=1.4)
        axis.set_title(title, fontsize=10)
        room = 0.03 * (limits[1] - limits[0])  # or a mark at the end would be cut in half
        axis.set(xlim=(limits[0] - room, limits[1] + room), ylim=(-0.6, len(rows) - 0.4))
        axis.grid(axis="x", color=PALE)
    axes[0, 0].set_yticks(places, list(rows), fontsize=9)
    axes[0, 0].invert_yaxis()
    return figure


def plot_coverage(
    rates: Sequence[float], covered: Mapping[str, Sequence[float]], promised: float = 0.95, label: str = "true share"
) -> Figure:
    """How often intervals hold the truth, for several truths, beside what they promise.

    Args:
        rates: (R,) the truths.
        covered: name -> (R,) share of samples whose interval held it.
    """
    figure, axis = plt.subplots(figsize=(6.4, 2.7))
    axis.axhline(promised, color=INK, lw=0.9, linestyle=":")
    axis.annotate("promised", (rates[0], promised), xytext=(0, 3), textcoords="offset points", size=9)
    looks = zip((LIT, _OTHER, INK), ("-", "--", ":"), _MARKS, strict=False)
    for (name, shares), (colour, dash, mark) in zip(covered.items(), looks, strict=False):
        axis.plot(rates, shares, color=colour, linestyle=dash, marker=mark, lw=2, label=name)
    axis.set(xlabel=label, ylabel="intervals that hold it", ylim=(min(0.6, *map(min, covered.values())) - 0.03, 1.02))
    axis.legend(frameon=False, fontsize=9)
    return figure


def plot_clouds(pairs: Mapping[str, tuple[Tensor | np.ndarray, Tensor | np.ndarray]]) -> Figure:
    """Two clouds of points in the plane in each panel, with an ellipse at two standard deviations of either.

    Args:
        pairs: title -> two clouds, (N, 2) and (M, 2).
    """
    figure, axes = plt.subplots(1, len(pairs), figsize=(2.7 * len(pairs), 2.9), squeeze=False)
    for axis, (title, both) in zip(axes[0], pairs.items(), strict=True):
        for cloud, colour, mark, dash in zip(
            map(as_numbers, both), (LIT, _OTHER), ("o", "x"), ("-", "--"), strict=True
        ):
            axis.scatter(*cloud.T, s=9, c=colour, marker=mark, alpha=0.5, lw=0.9)
            axis.plot(*_ellipse(cloud), color=colour, lw=2, linestyle=dash)
        axis.set_title(title, fontsize=9)
        axis.set_aspect("equal", "datalim")
        axis.set(xticks=[], yticks=[])
    return figure


def plot_sample_sizes(counts: Sequence[int], distances: Mapping[str, Sequence[float]], label: str) -> Figure:
    """A distance against one over the number of pictures: on a straight line, whose left end is at endlessly many.

    Args:
        counts: (C,) numbers of pictures, rising.
        distances: name -> (C,).
        label: what is measured.
    """
    figure, axis = plt.subplots(figsize=(6.4, 3.0))
    inverse = 1 / np.asarray(counts, dtype=float)
    looks = zip((LIT, _OTHER, INK), ("-", "--", ":"), _MARKS, strict=False)
    for (name, values), (colour, dash, mark) in zip(distances.items(), looks, strict=False):
        slope, start = np.polyfit(inverse, values, 1)
        axis.plot(inverse, values, mark, color=colour, label=name)
        ends = np.array([0, inverse.max()])
        axis.plot(ends, start + slope * ends, color=colour, linestyle=dash, lw=1.2)
    axis.set_xticks(inverse, [f"{count}" for count in counts])
    axis.set(xlabel="pictures (1 over their number, from right to left: more and more)", ylabel=label)
    axis.set_xlim(0, None)
    axis.axhline(0, color=INK, lw=0.8)
    axis.legend(frameon=False, fontsize=9)
    return figure


def plot_scoreboard(cells: Mapping[str, Mapping[str, str]], caught: Mapping[str, Sequence[str]]) -> Figure:
    """Artists in rows, measures in columns; whoever is caught by a measure has a marked cell.

    Args:
        cells: artist -> measure -> number as text.
        caught: artist -> the measures that are not content with it.

    Raises:
        ValueError: if the rows do not have the same measures.
    """
    columns = [list(each) for each in cells.values()]
    if not columns or any(each != columns[0] for each in columns):
        raise ValueError(f"every artist needs the same measures, but they have {columns}")
    rows, heads = list(cells), columns[0]
    figure, axis = plt.subplots(figsize=(1.9 + 1.12 * len(heads), 0.36 * (len(rows) + 2)))
    for row, name in enumerate(rows):
        for column, measure in enumerate(heads):
            wrong = measure in caught.get(name, ())
            box = {"fc": _CAUGHT if wrong else "white", "ec": PALE}
            axis.add_patch(plt.Rectangle((column, row), 1, 1, **box))
            text = f"✗ {cells[name][measure]}" if wrong else cells[name][measure]
            axis.text(column + 0.5, row + 0.5, text, ha="center", va="center", size=9, color=INK)
    axis.set(xlim=(0, len(heads)), ylim=(len(rows), 0))
    axis.set_xticks(np.arange(len(heads)) + 0.5, heads, fontsize=9)
    axis.set_yticks(np.arange(len(rows)) + 0.5, rows, fontsize=9)
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    return figure


def describe_scoreboard(cells: Mapping[str, Mapping[str, str]], caught: Mapping[str, Sequence[str]]) -> str:
    """The scoreboard in words: who is caught by what."""
    told = [f"{name}: {', '.join(caught[name]) if caught.get(name) else 'nothing'}" for name in cells]
    heads = ", ".join(next(iter(cells.values())))
    return f"A table of {len(cells)} artists with the measures {heads}. What catches whom: {'; '.join(told)}."


def _ellipse(cloud: np.ndarray, deviations: float = 2.0) -> np.ndarray:
    """Points (2, 100) on the ellipse of a cloud's covariance."""
    angles = np.linspace(0, 2 * np.pi, 100)
    values, vectors = np.linalg.eigh(np.cov(cloud.T))
    circle = np.stack([np.cos(angles), np.sin(angles)])
    return cloud.mean(0)[:, None] + deviations * vectors @ (np.sqrt(values.clip(min=0))[:, None] * circle)
