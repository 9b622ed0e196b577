"""A training as a machine sees it: what number formats hold, who waits for whom, where time and memory go."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from t2i_lib.plots.style import INK, LIT, PALE

_WARM = "#d55e00"  # beside LIT: told apart by colour-blind readers


def plot_formats(
    formats: Mapping[str, torch.dtype], marks: Mapping[str, float] | None = None, end: float = 1.04
) -> Figure:
    """Left: from the smallest to the largest positive number of each format. Right: its numbers from 1 to `end`.

    Args:
        formats: name -> format.
        marks: name -> a number, shown as an upright line on the left.
        end: where the right side ends.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 0.55 * len(formats) + 1.5), width_ratios=(1.5, 1))
    rows = np.arange(len(formats))[::-1]
    for row, dtype in zip(rows, formats.values(), strict=True):
        info = torch.finfo(dtype)
        least, small, large = (np.log10(n) for n in (info.smallest_normal * info.eps, info.smallest_normal, info.max))
        left.barh(row, large - small, left=small, height=0.5, color=LIT)
        left.barh(row, small - least, left=least, height=0.5, color=PALE, edgecolor=INK, linewidth=0.6)
        numbers = np.arange(1.0, end + 1e-9, max(info.eps, (end - 1) / 400))  # more would be a solid bar
        right.vlines(numbers, row - 0.25, row + 0.25, color=LIT, linewidth=1.4)
    for name, number in (marks or {}).items():
        left.axvline(np.log10(number), color=_WARM, linestyle="--", linewidth=1.4)
        left.annotate(name, (np.log10(number), len(formats) - 0.45), xytext=(5, 0), textcoords="offset points",
                      color=_WARM, size=9)  # fmt: skip
    for axis in (left, right):
        axis.set_yticks(rows, formats if axis is left else [])
        axis.set_ylim(-0.6, len(formats) - 0.15)
    powers = range(-45, 46, 15)
    left.set_xticks(powers, [f"$10^{{{power}}}$" for power in powers])
    left.set_xlabel("positive numbers (pale: with fewer digits)")
    right.set_xlabel(f"numbers from 1 to {end:g}")
    return figure


class Work(NamedTuple):
    """One batch: when it is made, and when it is computed on."""

    made: tuple[float, float]
    computed: tuple[float, float]


def schedule(make: float, compute: float, steps: int, ahead: int) -> list[Work]:
    """When each batch is made and used; `ahead` 0 makes each when it is asked for, else a maker works ahead of time.

    >>> [work.computed for work in schedule(2, 3, steps=2, ahead=0)]
    [(2, 5), (7, 10)]
    >>> [work.computed for work in schedule(2, 3, steps=2, ahead=1)]
    [(2, 5), (5, 8)]
    """
    works: list[Work] = []
    for step in range(steps):
        start = works[-1].made[1] if works else 0
        if ahead == 0 and works:
            start = works[-1].computed[1]
        elif step > ahead:  # all places for ready batches are taken until the network takes one
            start = max(start, works[step - ahead - 1].computed[0])
        ready = start + make
        begin = max(ready, works[-1].computed[1]) if works else ready
        works.append(Work((start, ready), (begin, begin + compute)))
    return works


def plot_schedules(schedules: Mapping[str, Sequence[Work]]) -> Figure:
    """One panel a schedule: above, batches being made, below, batches being computed on; gaps are waiting."""
    figure, axes = plt.subplots(len(schedules), 1, figsize=(8, 1.15 * len(schedules) + 0.6), sharex=True, squeeze=False)
    for axis, (name, works) in zip(axes[:, 0], schedules.items(), strict=True):
        for number, work in enumerate(works):
            for row, (start, end), colour in ((1, work.made, PALE), (0, work.computed, LIT)):
                axis.barh(row, end - start, left=start, height=0.75, color=colour, edgecolor=INK, linewidth=0.8)
                words = INK if row else "white"
                axis.text((start + end) / 2, row, str(number), ha="center", va="center", color=words, size=9)
        axis.set_yticks([0, 1], ["network", "maker"])
        axis.set_title(name, size=10, loc="left")
    axes[-1, 0].set_xlabel("milliseconds")
    return figure


def plot_operations(shares: Mapping[str, float]) -> Figure:
    """Share of the time of each operation, the largest above.

    Args:
        shares: name -> share in [0, 1].
    """
    ordered = sorted(shares.items(), key=lambda item: item[1])
    figure, axis = plt.subplots(figsize=(7.5, 0.38 * len(ordered) + 0.9))
    bars = axis.barh([name for name, _ in ordered], [share for _, share in ordered], color=LIT)
    axis.bar_label(bars, [f"{share:.0%}" for _, share in ordered], padding=3, size=9)
    axis.set(xlabel="share of the processor's time", xlim=(0, 1.1 * ordered[-1][1]))
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    return figure


def plot_memory(needs: Mapping[str, tuple[float, float]], cards: Sequence[float] = (8,)) -> Figure:
    """One bar a training: networks and optimizers, then what is kept for the backward pass; a line for each card.

    Args:
        needs: name -> the two parts, GB.
        cards: memory of cards, GB.
    """
    figure, axis = plt.subplots(figsize=(8, 0.42 * len(needs) + 1.1))
    names = list(needs)[::-1]
    fixed, kept = (np.array([needs[name][part] for name in names]) for part in (0, 1))
    axis.barh(names, fixed, color=_WARM, label="networks, gradients, moments")
    bars = axis.barh(names, kept, left=fixed, color=LIT, label="kept for the backward pass")
    axis.bar_label(bars, [f"{total:.2g} GB" for total in fixed + kept], padding=3, size=9)
    for card in cards:
        axis.axvline(card, color=INK, linestyle="--", linewidth=1.2)
        axis.annotate(f"{card:g} GB card", (card, 0.5), xycoords=("data", "axes fraction"), xytext=(-4, 0),
                      textcoords="offset points", ha="right", va="center", rotation=90, size=9)  # fmt: skip
    axis.set(xlabel="GB", xlim=(0, 1.15 * max(*(fixed + kept), *cards)))
    axis.legend(frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderpad=0)
    return figure
