"""Pictures of one's own: what comes back, what a coin leaves of left and right, who is near, what is forgotten."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from t2i_lib.augmentation import survives
from t2i_lib.plots.style import INK, LIT

_OTHER = "#d55e00"  # beside LIT, for every eye
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*", "<")
_DASHES = ("-", "--", ":", "-.")


def plot_flip_coin(share: float = 1.0) -> Figure:
    """What is left of "share of cats on the left" when a coin mirrors pictures, for every chance of the coin.

    Args:
        share: how many cats are on the left before.
    """
    chances = torch.linspace(0, 1, 51)
    left = [survives(torch.tensor([share, 1 - share]), float(chance))[0].item() for chance in chances]
    figure, axis = plt.subplots(figsize=(5.2, 2.9))
    for values, name, colour, dash in (
        (left, "on the left", LIT, "-"),
        ([1 - value for value in left], "on the right", _OTHER, "--"),
    ):
        axis.plot(chances, values, color=colour, linestyle=dash, lw=2, label=name)
    axis.axvline(0.5, color=INK, lw=0.8, linestyle=":")
    axis.annotate("nothing is left", (0.5, 0.5), xytext=(8, -3), textcoords="offset points", va="center", size=9)
    axis.set(xlabel="chance of being mirrored", ylabel="share that is seen", ylim=(-0.03, 1.03))
    axis.legend(frameon=False, fontsize=9, loc="center left")
    return figure


def plot_nearest(
    drawn: Sequence[Image.Image | np.ndarray],
    nearest: Sequence[Image.Image | np.ndarray],
    distances: Sequence[float],
    captions: Sequence[str],
) -> Figure:
    """Drawn pictures above, below each the training picture that it is nearest to, and how far that is.

    Raises:
        ValueError: if there are not equally many of each.
    """
    counts = {len(drawn), len(nearest), len(distances), len(captions)}
    if len(counts) != 1 or not drawn:
        raise ValueError(f"each drawn picture needs its nearest one, a distance and a caption, not {sorted(counts)}")
    figure, axes = plt.subplots(2, len(drawn), figsize=(1.45 * len(drawn) + 0.8, 3.6), squeeze=False)
    for column, (ours, theirs, distance, caption) in enumerate(zip(drawn, nearest, distances, captions, strict=True)):
        for row, picture in enumerate((ours, theirs)):
            axes[row, column].imshow(np.asarray(picture), interpolation="nearest")
            axes[row, column].set(xticks=[], yticks=[])
            axes[row, column].spines[:].set_visible(False)
        axes[0, column].set_title(caption, fontsize=8)
        axes[1, column].set_xlabel(f"{distance:.1f} away", fontsize=9)
    for axis, name in zip(axes[:, 0], ("drawn", "nearest"), strict=True):
        axis.set_ylabel(name, rotation=0, ha="right", va="center", size=9)
    return figure


def plot_trade(points: Mapping[str, tuple[Sequence[float], Sequence[float]]], old: float) -> Figure:
    """What was learned of the new world against what is still known of the old one: one mark a seed.

    Args:
        points: name -> (old world, new world), a number a seed each.
        old: what the artist knew of the old world before.

    Raises:
        ValueError: if there is nothing to draw.
    """
    if not points:
        raise ValueError("a figure of trainings needs at least one")
    colours = [*plt.rcParams["axes.prop_cycle"].by_key()["color"][:6], INK]
    figure, axis = plt.subplots(figsize=(7.2, 3.2))
    for place, (name, (known, learned)) in enumerate(points.items()):
        look = {"color": colours[place % len(colours)], "marker": _MARKS[place % len(_MARKS)]}
        axis.scatter(known, learned, s=55, label=name, **look)
    axis.axvline(old, color=INK, lw=0.8, linestyle=":")
    axis.annotate("before", (old, 0), xytext=(-3, 3), textcoords="offset points", ha="right", size=9)
    axis.set(xlabel="storybook: prompt accuracy afterwards", ylabel="own pictures: caption recall")
    axis.set(xlim=(0, 1.02), ylim=(-0.03, 1.03))
    figure.legend(*axis.get_legend_handles_labels(), loc="outside right center", frameon=False, fontsize=9)
    return figure


def plot_by_step(
    steps: Sequence[int], curves: Mapping[str, Mapping[str, Sequence[Sequence[float]]]], titles: Sequence[str]
) -> Figure:
    """Several figures against the steps of the training, one panel each, one line a training (its seeds as a band).

    Args:
        steps: (S,).
        curves: training -> title -> runs, (runs, S).
        titles: which figures, a panel each.

    Raises:
        ValueError: if there is nothing to draw.
    """
    if not curves or not titles:
        raise ValueError("a figure of curves needs at least one training and one title")
    colours = [*plt.rcParams["axes.prop_cycle"].by_key()["color"][:6], INK]
    figure, axes = plt.subplots(1, len(titles), figsize=(2.9 * len(titles) + 2.2, 2.8), squeeze=False)
    for axis, title in zip(axes[0], titles, strict=True):
        for place, (name, figures) in enumerate(curves.items()):
            runs = np.atleast_2d(np.asarray(figures[title], dtype=float))
            colour, dash = colours[place % len(colours)], _DASHES[place % len(_DASHES)]
            axis.plot(steps, runs.mean(0), color=colour, linestyle=dash, lw=2, label=name)
            axis.fill_between(steps, runs.min(0), runs.max(0), color=colour, alpha=0.2, lw=0)
        axis.set_title(title, fontsize=10)
        axis.set(xlabel="step")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center", frameon=False, fontsize=9)
    return figure
