"""Does the picture listen? One word changed, words against places, who wins a tug of war, what each part is worth."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from t2i_lib.plots.style import INK, LIT, PALE

_DASHES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 3)), (0, (2, 1)))  # told apart without colours
_OTHER = "#d55e00"  # beside LIT, for every eye


def plot_picture_table(
    rows: Mapping[str, Sequence[Image.Image | np.ndarray]], columns: Sequence[str], edge: float = 1.15
) -> Figure:
    """Pictures as a table: one row a name, one column a title.

    Args:
        rows: name -> pictures, as many as there are columns.
        columns: their titles.
        edge: width of one picture, inches.

    Raises:
        ValueError: if there is no row, or one has not as many pictures as there are columns.
    """
    sizes = {name: len(pictures) for name, pictures in rows.items()}
    if not sizes or set(sizes.values()) != {len(columns)}:
        raise ValueError(f"each row needs {len(columns)} pictures, one a column, but there are {sizes or 'no rows'}")
    longest = max(sum(1 if ord(sign) < 0x2E80 else 2 for sign in name) for name in rows)  # a Chinese sign is wide
    size = (edge * len(columns) + 0.075 * longest + 0.1, (edge + 0.04) * len(rows) + 0.3)
    figure, axes = plt.subplots(len(rows), len(columns), figsize=size, squeeze=False)
    for row, (name, pictures) in zip(axes, rows.items(), strict=True):
        for axis, picture in zip(row, pictures, strict=True):
            axis.imshow(np.asarray(picture), interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        row[0].set_ylabel(name, rotation=0, ha="right", va="center", size=9)
    for axis, title in zip(axes[0], columns, strict=True):
        axis.set_title(title, fontsize=9)
    return figure


def plot_two_scores(steps: Sequence[int], scores: Mapping[str, tuple[Sequence, Sequence]]) -> Figure:
    """Colours on the left, binding on the right, against the steps of the training.

    Args:
        steps: (S,) where was measured.
        scores: name -> two curves, (S,) or (runs, S) each; several runs are one line with a band.

    Raises:
        ValueError: if there is nothing to draw.
    """
    if not scores:
        raise ValueError("a figure of curves needs at least one curve")
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 2.9), sharey=True)
    colours = [*plt.rcParams["axes.prop_cycle"].by_key()["color"][:6], INK]
    for side, (axis, title) in enumerate(
        zip(axes, ("both colours are there", "... and each in its place"), strict=True)
    ):
        for place, (name, both) in enumerate(scores.items()):
            table = np.atleast_2d(np.asarray(both[side], dtype=float))
            look = {"color": colours[place % len(colours)], "linestyle": _DASHES[place % len(_DASHES)]}
            axis.plot(steps, table.mean(0), lw=2, label=name, **look)
            if len(table) > 1:
                axis.fill_between(steps, table.min(0), table.max(0), color=look["color"], alpha=0.2, lw=0)
        axis.set(xlabel="step", ylim=(-0.03, 1.05))
        axis.set_title(title, fontsize=10)
    axes[1].axhline(0.5, color=INK, lw=0.8, linestyle=":")
    axes[1].annotate(
        "a coin", (steps[-1], 0.5), xytext=(0, -3), textcoords="offset points", ha="right", va="top", size=9
    )
    axes[0].set_ylabel("share of pictures")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", frameon=False, fontsize=9)
    return figure


def plot_variants(figures: Mapping[str, Mapping[str, Sequence[float]]]) -> Figure:
    """What each part is worth: one panel a figure, one row a variant, one mark a seed, a bar to their mean.

    Args:
        figures: figure -> variant -> numbers, one a seed; the first variant is the one to compare with.

    Raises:
        ValueError: if the figures do not have the same variants.
    """
    names = [list(each) for each in figures.values()]
    if not names or not names[0] or any(each != names[0] for each in names):
        raise ValueError(f"every figure needs the same variants, at least one, but they have {names}")
    rows = np.arange(len(names[0]))
    size = (1.9 + 2.1 * len(figures), 0.34 * len(rows) + 0.9)
    figure, axes = plt.subplots(1, len(figures), figsize=size, sharey=True, squeeze=False)
    for axis, (title, variants) in zip(axes[0], figures.items(), strict=True):
        means = [float(np.mean(numbers)) for numbers in variants.values()]
        colours = [LIT] + ["#9a9a9a"] * (len(rows) - 1)
        axis.barh(rows, means, color=colours, height=0.62)
        for row, numbers in zip(rows, variants.values(), strict=True):
            axis.scatter(numbers, [row] * len(numbers), color=INK, s=14, zorder=3)
        axis.axvline(means[0], color=LIT, lw=0.9, linestyle=":")
        axis.set_title(title, fontsize=10)
        axis.set_xlim(min(0, *means), None)
        axis.xaxis.set_major_locator(MaxNLocator(3))
    axes[0, 0].set_yticks(rows, names[0], fontsize=9)
    axes[0, 0].invert_yaxis()
    return figure


def plot_parts(rows: Mapping[str, Sequence[float]], parts: Sequence[str], label: str = "share of pictures") -> Figure:
    """Shares side by side in one bar a row.

    Args:
        rows: name -> shares, one a part, with a sum of at most 1.
        parts: what the shares are of.
        label: what the axis shows.

    Raises:
        ValueError: if a row has not as many shares as there are parts.
    """
    if not rows or any(len(shares) != len(parts) for shares in rows.values()):
        raise ValueError(
            f"each row needs {len(parts)} shares, but there are { ({n: len(s) for n, s in rows.items()}) }"
        )
    figure, axis = plt.subplots(figsize=(7.6, 0.36 * len(rows) + 1.0))
    places, left = np.arange(len(rows)), np.zeros(len(rows))
    looks = ((LIT, "", "white"), (_OTHER, "//", INK), (PALE, "", INK), ("#bbbbbb", "..", INK))
    for part, (name, (colour, hatch, ink)) in enumerate(zip(parts, looks, strict=False)):
        widths = np.array([shares[part] for shares in rows.values()])
        axis.barh(places, widths, left=left, color=colour, hatch=hatch, ec="white", height=0.7, label=name)
        for place, width, start in zip(places, widths, left, strict=True):
            if width >= 0.08:
                box = None if not hatch else {"fc": "white", "ec": "none", "pad": 1, "alpha": 0.85}
                axis.text(
                    start + width / 2, place, f"{width:.2f}", ha="center", va="center", color=ink, size=8, bbox=box
                )
        left += widths
    axis.set_yticks(places, list(rows), fontsize=9)
    axis.invert_yaxis()
    axis.set(xlim=(0, 1), xlabel=label)
    figure.legend(loc="outside upper center", ncols=len(parts), frameon=False, fontsize=9)
    return figure


def plot_map_and_effect(words: Sequence[str], weights: Sequence[float], effects: Sequence[float]) -> Figure:
    """How much each word is looked at, beside how much the picture changes when the places may not see it.

    Args:
        words: (W,) in the order of the sentence.
        weights: (W,) mean attention weight.
        effects: (W,) change of the picture.

    Raises:
        ValueError: if there are not as many weights and effects as words.
    """
    if not len(words) == len(weights) == len(effects):
        raise ValueError(f"{len(words)} words need as many weights and effects, not {len(weights)} and {len(effects)}")
    places = np.arange(len(words))
    figure, axes = plt.subplots(2, 1, figsize=(0.45 * len(words) + 1.3, 3.0), sharex=True)
    for axis, numbers, colour, label in zip(axes, (weights, effects), (LIT, _OTHER), ("weight", "change"), strict=True):
        axis.bar(places, numbers, color=colour, width=0.65)
        axis.set_ylabel(label)
    axes[1].set_xticks(places, words, rotation=45, ha="right", rotation_mode="anchor")
    for tick, word in zip(axes[1].get_xticklabels(), words, strict=True):
        if len(word) <= 2:  # a Chinese sign stands upright
            tick.set(rotation=0, ha="center")
    return figure
