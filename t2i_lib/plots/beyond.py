"""Flows and picture words as figures: roads on a line, walks in the plane, quality against cost, learning curves."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from t2i_lib.plots.parts import as_numbers
from t2i_lib.plots.rings import REACH, draw_points
from t2i_lib.plots.style import INK, LIT, PALE

_LOOKS = (("-", "o"), ("--", "s"), (":", "^"), ("-.", "D"))  # told apart without colours


def plot_roads(roads: Mapping[str, Tensor | np.ndarray], data: Sequence[float]) -> Figure:
    """Walks on a line over time, a panel a title.

    Args:
        roads: title -> (stops, N), places at equal times from 0 to 1.
        data: where they may end.
    """
    figure, axes = plt.subplots(1, len(roads), figsize=(3.6 * len(roads), 2.9), sharey=True, squeeze=False)
    for axis, (title, places) in zip(axes[0], roads.items(), strict=True):
        places = as_numbers(places)
        times = np.linspace(0, 1, len(places))
        axis.plot(times, places, color=LIT, linewidth=0.8, alpha=0.6)
        axis.scatter(np.ones(len(data)), data, color=INK, zorder=3, s=40, marker="D")
        axis.set(title=title, xlabel="time: 0 noise, 1 data", xlim=(-0.02, 1.05))
    axes[0, 0].set_ylabel("place")
    return figure


def plot_walks(panels: Mapping[str, Tensor | np.ndarray], real: Tensor | np.ndarray) -> Figure:
    """Walks in the plane: where they begin (hollow), the way, where they end (full), over real points.

    Args:
        panels: title -> (stops, N, 2).
        real: (M, 2).
    """
    figure, axes = plt.subplots(1, len(panels), figsize=(2.9 * len(panels), 3.1), squeeze=False)
    for axis, (title, ways) in zip(axes[0], panels.items(), strict=True):
        ways = as_numbers(ways)
        for way in ways.transpose(1, 0, 2):
            axis.plot(*way.T, color=PALE, linewidth=0.8, zorder=0)
        draw_points(axis, ways[-1], real)
        axis.set_title(title, size=10)
        axis.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH))
    return figure


def plot_cost(curves: Mapping[str, Sequence[tuple[float, float]]], cost: str, quality: str) -> Figure:
    """What quality costs: a line a way of drawing, (cost, quality) from the cheapest to the dearest; log scale."""
    figure, axis = plt.subplots(figsize=(6.4, 3.2))
    for (line, mark), (name, points) in zip(_LOOKS, curves.items(), strict=False):
        costs, values = zip(*sorted(points), strict=True)
        axis.plot(costs, values, linestyle=line, marker=mark, linewidth=2, label=name)
    axis.set_xscale("log", base=2)
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set(xlabel=cost, ylabel=quality)
    axis.legend(frameon=False, bbox_to_anchor=(1.0, 1.0), loc="upper left")
    return figure


def describe_cost(curves: Mapping[str, Sequence[tuple[float, float]]], cost: str, quality: str) -> str:
    """The same in words."""
    told = [
        f"{name}: " + ", ".join(f"{value:.2f} at {price:g}" for price, value in sorted(points))
        for name, points in curves.items()
    ]
    return f"Lines of {quality} over {cost}. " + "; ".join(told) + "."


def plot_diaries(diaries: Mapping[str, Mapping[str, Sequence[float]]], gauge: str) -> Figure:
    """A gauge over the pictures that each training had seen (thousands)."""
    figure, axis = plt.subplots(figsize=(6.4, 3.0))
    for (line, mark), (name, diary) in zip(_LOOKS, diaries.items(), strict=False):
        seen = np.asarray(diary["pictures"]) / 1000
        axis.plot(seen, diary[gauge], linestyle=line, marker=mark, linewidth=2, markersize=5, label=name)
    axis.set(xlabel="training pictures seen, thousands", ylabel=gauge, ylim=(0, 1))
    axis.legend(frameon=False, loc="lower right")
    return figure


def describe_diaries(diaries: Mapping[str, Mapping[str, Sequence[float]]], gauge: str) -> str:
    """The same in words."""
    told = [
        f"{name} from {diary[gauge][0]:.2f} to {diary[gauge][-1]:.2f} after {diary['pictures'][-1] / 1000:.0f} thousand"
        for name, diary in diaries.items()
    ]
    return f"Curves of {gauge} over the training pictures seen: {'; '.join(told)}."
