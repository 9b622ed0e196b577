"""How sentences lie to each other: maps of all cosines, cosines of chosen pairs, and shares with their intervals."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from t2i_lib.plots.parts import as_numbers
from t2i_lib.plots.style import INK, MAP, PALE

_SHAPES = "osD^vP"  # told apart without colours


def plot_similarities(
    tables: Mapping[str, Tensor | np.ndarray],
    rows: str = "Chinese prompt",
    columns: str = "English prompt",
    labels: Sequence[str] | None = None,
) -> Figure:
    """One map of cosines a title; on the diagonal stand the partners. All maps share one scale.

    Args:
        tables: title -> (N, N) cosines.
        rows, columns: what stands along the axes.
        labels: N names; 1, 2, ... by default where there are few, none where there are many.

    Raises:
        ValueError: if there is no table, one is not square, or the labels do not fit.
    """
    maps = {title: as_numbers(table) for title, table in tables.items()}
    count = len(next(iter(maps.values()), ()))
    if not count or any(table.shape != (count, count) for table in maps.values()):
        raise ValueError(f"maps of cosines must be square and of one size, but are {[t.shape for t in maps.values()]}")
    if labels is None:
        labels = [str(n + 1) for n in range(count)] if count <= 12 else []
    elif len(labels) != count:
        raise ValueError(f"{count} prompts need {count} labels, not {len(labels)}")
    figure, axes = plt.subplots(1, len(maps), figsize=(3.1 * len(maps) + 0.9, 3.5), squeeze=False)
    lowest = min(0.0, *(float(table.min()) for table in maps.values()))
    for axis, (title, table) in zip(axes[0], maps.items(), strict=True):
        image = axis.imshow(table, cmap=MAP, vmin=lowest, vmax=1)
        axis.set(title=title, xlabel=columns, ylabel=rows if axis is axes[0, 0] else "")
        axis.set_xticks(range(len(labels)), labels)
        axis.set_yticks(range(len(labels)), labels)
        axis.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, label="cosine", shrink=0.8)
    return figure


def plot_cosines(cosines: Mapping[str, Mapping[str, float]]) -> Figure:
    """One line a pair of sentences, one mark an encoder: right is alike, left is different.

    Args:
        cosines: what sets the pair apart -> encoder -> cosine.
    """
    return _dots({pair: {name: (x, x, x) for name, x in each.items()} for pair, each in cosines.items()}, "cosine")


def plot_shares(shares: Mapping[str, Mapping[str, Mapping[str, float]]], x_label: str) -> Figure:
    """One line a question, one mark a model with its 95 % interval: right is better.

    Args:
        shares: question -> model -> {"value", "low", "high"}.
        x_label: what is counted.
    """
    as_triples = {
        question: {name: (each["value"], each["low"], each["high"]) for name, each in models.items()}
        for question, models in shares.items()
    }
    return _dots(as_triples, x_label)


def _dots(lines: Mapping[str, Mapping[str, tuple[float, float, float]]], x_label: str) -> Figure:
    names = list(dict.fromkeys(name for line in lines.values() for name in line))
    if not names or len(names) > len(_SHAPES):
        raise ValueError(f"there must be 1 to {len(_SHAPES)} kinds of marks, but there are {len(names)}")
    figure, axes = plt.subplots(figsize=(8.5, 0.45 * len(lines) + 1.1))
    axes.hlines(range(len(lines)), 0, 1, color=PALE, linewidth=1, zorder=0)
    for place, name in enumerate(names):
        rows = [row for row, line in enumerate(lines.values()) if name in line]
        value, low, high = np.array([line[name] for line in lines.values() if name in line]).T
        heights = np.array(rows) + 0.13 * (place - (len(names) - 1) / 2)  # apart, so that equal ones stay visible
        reach = np.maximum([value - low, high - value], 0.0)
        axes.errorbar(value, heights, xerr=reach, fmt=_SHAPES[place], ms=6, mec=INK, mew=0.6, capsize=2, label=name)
    axes.set_yticks(range(len(lines)), list(lines))
    axes.set(xlim=(min(0.0, *(low for line in lines.values() for _, low, _ in line.values())) - 0.02, 1.02))
    axes.set_xlabel(x_label)
    axes.invert_yaxis()
    axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(names))
    return figure
