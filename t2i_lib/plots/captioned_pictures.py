"""A captioned data set as figures: what captions leave over, which values go together, how sure a classifier is."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from t2i_lib.plots.parts import as_numbers
from t2i_lib.plots.style import INK, LIT, MAP, PALE

_NEVER = "#d98200"  # frames what does not occur; the number 0 says the same


def plot_left_over(counts: Mapping[str, int], whole: int, unit: str = "pictures") -> Figure:
    """One bar a caption: how many pictures it leaves over, on an axis where each step to the left is ten times fewer.

    Args:
        counts: caption -> pictures that it allows, each at least 1.
        whole: pictures in all, the length of the grey bar behind.
        unit: what is counted.

    Raises:
        ValueError: if there is no caption, or a count is below 1 or above the whole.
    """
    if not counts or not all(1 <= count <= whole for count in counts.values()):
        raise ValueError(f"give captions with counts from 1 to {whole}, not {dict(counts)}")
    figure, axis = plt.subplots(figsize=(8, 0.42 * len(counts) + 0.9))
    axis.barh(range(len(counts)), whole, color=PALE, height=0.7)
    bars = axis.barh(range(len(counts)), list(counts.values()), color=LIT, height=0.7)
    axis.bar_label(bars, [f"{count:,}" for count in counts.values()], padding=4, fontsize=10)
    axis.set_yticks(range(len(counts)), list(counts))
    axis.set(xscale="log", xlim=(1, whole), xlabel=unit)
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.invert_yaxis()
    return figure


def plot_two_way(tables: Mapping[str, Tensor | np.ndarray], rows: Sequence[str], columns: Sequence[str]) -> Figure:
    """How often each pair of values occurs, one table a title; pairs that never occur have a frame.

    Args:
        tables: title -> (R, C) counts.
        rows, columns: R and C labels.

    Raises:
        ValueError: if there is no table, or labels and tables do not fit.
    """
    counts = {title: as_numbers(table) for title, table in tables.items()}
    shapes = [table.shape for table in counts.values()]
    if not counts or any(shape != (len(rows), len(columns)) for shape in shapes):
        raise ValueError(f"tables of shape {shapes} need as many labels, not {len(rows)} and {len(columns)}")
    size = (0.5 * len(columns) + 0.35, 0.36 * len(rows) + 1.35)
    figure, axes = plt.subplots(1, len(counts), figsize=(size[0] * len(counts) + 1.1, size[1]), squeeze=False)
    for axis, (title, table) in zip(axes[0], counts.items(), strict=True):
        axis.imshow(table, cmap=MAP, vmin=0, vmax=max(1.0, table.max()), aspect="auto")
        axis.set_title(title)
        axis.set_xticks(range(len(columns)), columns, rotation=60, ha="right", rotation_mode="anchor")
        axis.set_yticks(range(len(rows)), rows if axis is axes[0, 0] else [""] * len(rows))
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0)
        for row, column in np.ndindex(table.shape):
            ink = INK if table[row, column] > 0.6 * table.max() else "white"
            axis.text(column, row, f"{table[row, column]:.0f}", ha="center", va="center", color=ink, size=8)
            if not table[row, column]:
                corner = (column - 0.46, row - 0.46)
                axis.add_patch(plt.Rectangle(corner, 0.92, 0.92, fill=False, edgecolor=_NEVER, linewidth=1.8))
    return figure


def plot_confidences(confidences: Mapping[str, Tensor | np.ndarray], bins: int = 10) -> Figure:
    """How sure a classifier is of its answers: the share of answers in each range of confidence, one panel a kind.

    Args:
        confidences: kind of picture -> (N,) in [0, 1], the probability that each answer was given.
        bins: number of ranges.

    Raises:
        ValueError: if there is no kind.
    """
    if not confidences:
        raise ValueError("give the confidences of at least one kind of picture")
    figure, axes = plt.subplots(1, len(confidences), figsize=(3.6 * len(confidences), 2.5), sharey=True, squeeze=False)
    edges = np.linspace(0, 1, bins + 1)
    for axis, (kind, values) in zip(axes[0], confidences.items(), strict=True):
        shares = np.histogram(as_numbers(values), edges)[0] / len(values)
        bars = axis.bar(edges[:-1], shares, width=1 / bins, align="edge", color=LIT, edgecolor="white")
        axis.bar_label(bars, [f"{share:.0%}" if share >= 0.005 else "" for share in shares], fontsize=8)
        axis.set(title=kind, xlabel="confidence", xlim=(0, 1.02), ylim=(0, 1.1))
    axes[0, 0].set_ylabel("share of answers")
    return figure
