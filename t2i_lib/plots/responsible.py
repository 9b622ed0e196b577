"""Figures of responsibility: who is drawn, what a reader of skin tones says, what survives, what it costs."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from t2i_lib.audit import Audit
from t2i_lib.energy import Band
from t2i_lib.plots.style import INK, LIT, MAP, PALE
from t2i_lib.storybook.scene import ATTRIBUTES

_OTHER = "#d98200"


def plot_audits(audits: Mapping[str, Audit]) -> Figure:
    """One panel an audit: the data's shares as pale bars, the drawn ones as dots with their 95 % intervals.

    Raises:
        ValueError: if there is nothing to draw.
    """
    if not audits:
        raise ValueError("a figure of audits needs at least one")
    widths = [len(ATTRIBUTES[each.attribute]) for each in audits.values()]
    figure, axes = plt.subplots(
        1, len(audits), figsize=(0.62 * sum(widths) + 1.4, 2.9), squeeze=False, width_ratios=widths
    )
    for axis, (title, each) in zip(axes[0], audits.items(), strict=True):
        values = ATTRIBUTES[each.attribute]
        places, shares = np.arange(len(values)), [each.drawn(value) for value in values]
        axis.bar(places, each.expected.numpy(), color=PALE, ec="#9a9a9a", width=0.8, label="data")
        reach = [[one.value - one.low for one in shares], [one.high - one.value for one in shares]]
        axis.errorbar(places, [one.value for one in shares], reach, fmt="o", color=LIT, ms=5, lw=2, label="drawn")
        axis.set_xticks(places, values, rotation=50, ha="right", rotation_mode="anchor", fontsize=9)
        axis.set_title(f"{title}\nvariation {each.variation:.2f}, chance {each.chance:.2f}", fontsize=9.5)
        axis.set_ylim(0, None)
    axes[0, 0].set_ylabel("share of pictures")
    axes[0, 0].legend(frameon=False, fontsize=9)
    return figure


def describe_audits(audits: Mapping[str, Audit]) -> str:
    """The same in words: how far each is from the data, and what is drawn most and least, held against the data."""
    told = []
    for title, each in audits.items():
        surplus = each.counts / each.total - each.expected
        values = ATTRIBUTES[each.attribute]
        most, least = values[int(surplus.argmax())], values[int(surplus.argmin())]
        told.append(
            f"{title}: total variation {each.variation:.2f} where chance stays below {each.chance:.2f}; {most} "
            f"{each.drawn(most).value:.2f} instead of {each.expected[values.index(most)]:.2f}, {least} "
            f"{each.drawn(least).value:.2f} instead of {each.expected[values.index(least)]:.2f}"
        )
    return "Shares in the data as bars, drawn shares as dots with intervals. " + ". ".join(told) + "."


def plot_tones(rows: Mapping[str, Sequence[float]], tones: Sequence[tuple[int, int, int]]) -> Figure:
    """Shares of skin tones, one bar a row, each part painted in its own tone, light to dark; numbers from 0.08 on.

    Raises:
        ValueError: if a row has not as many shares as there are tones.
    """
    if not rows or any(len(shares) != len(tones) for shares in rows.values()):
        raise ValueError(f"each row needs {len(tones)} shares, one a tone")
    figure, axis = plt.subplots(figsize=(8.2, 0.5 * len(rows) + 0.8))
    places, left = np.arange(len(rows)), np.zeros(len(rows))
    for part, tone in enumerate(tones):
        widths = np.array([shares[part] for shares in rows.values()])
        axis.barh(places, widths, left=left, color=np.array(tone) / 255, ec="white", height=0.72)
        ink = INK if sum(tone) > 380 else "white"
        for place, width, start in zip(places, widths, left, strict=True):
            if width >= 0.08:
                axis.text(
                    start + width / 2, place, f"{part + 1}: {width:.2f}", ha="center", va="center", color=ink, size=8
                )
        left += widths
    axis.set_yticks(places, list(rows), fontsize=9)
    axis.set(xlim=(0, 1), xlabel="share of pictures; tones 1 (lightest) to 6 (darkest)")
    axis.invert_yaxis()
    return figure


def describe_tones(rows: Mapping[str, Sequence[float]]) -> str:
    """The same in words."""
    told = [f"{name}: " + ", ".join(f"{share:.2f}" for share in shares) for name, shares in rows.items()]
    return "Shares of the six skin tones, from the lightest to the darkest. " + "; ".join(told) + "."


def plot_survival(table: Mapping[str, Mapping[str, float]]) -> Figure:
    """What survives which way: one row a way, one column a kind of note, a share in each field.

    Raises:
        ValueError: if the rows do not have the same columns.
    """
    columns = [list(row) for row in table.values()]
    if not columns or any(each != columns[0] for each in columns):
        raise ValueError("every way needs the same columns, at least one")
    shares = np.array([list(row.values()) for row in table.values()])
    figure, axis = plt.subplots(figsize=(1.25 * len(columns[0]) + 2.6, 0.34 * len(table) + 1.0))
    axis.imshow(shares, cmap=MAP, vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(shares):
        axis.text(column, row, f"{value:.2f}", ha="center", va="center", size=9, color=INK if value > 0.5 else "white")
    axis.set_xticks(range(len(columns[0])), columns[0], fontsize=9)
    axis.set_yticks(range(len(table)), list(table), fontsize=9)
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    return figure


def describe_survival(table: Mapping[str, Mapping[str, float]]) -> str:
    """The same in words."""
    rows = [f"{way}: " + ", ".join(f"{name} {share:.2f}" for name, share in row.items()) for way, row in table.items()]
    return "Share of pictures in which each note is still found. " + "; ".join(rows) + "."


def plot_scores(scores: Mapping[str, Sequence[float]], threshold: float) -> Figure:
    """Histograms of detection scores, one a name, and the threshold between "not marked" and "marked".

    Raises:
        ValueError: if there are no scores.
    """
    if not scores or not all(len(each) for each in scores.values()):
        raise ValueError("every name needs scores")
    figure, axis = plt.subplots(figsize=(8, 2.5))
    every = np.concatenate([np.asarray(each, dtype=float) for each in scores.values()])
    edges = np.linspace(every.min() - 0.5, every.max() + 0.5, 50)
    looks = (("#9a9a9a", ""), (LIT, ""), (_OTHER, "//"), (INK, ".."))
    for (name, each), (colour, hatch) in zip(scores.items(), looks, strict=False):
        axis.hist(each, edges, density=True, color=colour, hatch=hatch, alpha=0.65, ec="white", label=name)
    axis.axvline(threshold, color=INK, lw=1.2, linestyle="--")
    axis.annotate(
        f"threshold {threshold:g}", (threshold, axis.get_ylim()[1]), (4, -10), textcoords="offset points", size=9
    )
    axis.set(xlabel="score", ylabel="density")
    axis.legend(frameon=False, fontsize=9)
    return figure


def plot_bill(rows: Mapping[str, Band], kettle: float) -> Figure:
    """Watt-hours as bars on an axis of powers of ten, each with its band, and the kettle as a line.

    Raises:
        ValueError: if there is nothing to draw.
    """
    if not rows:
        raise ValueError("a bill needs at least one row")
    figure, axis = plt.subplots(figsize=(8.2, 0.36 * len(rows) + 1.0))
    places, bands = np.arange(len(rows)), list(rows.values())
    lowest = min(band.low for band in bands) / 3
    axis.barh(places, [band.middle - lowest for band in bands], left=lowest, color=LIT, height=0.6)
    axis.hlines(places, [band.low for band in bands], [band.high for band in bands], color=INK, lw=2)
    axis.axvline(kettle, color=_OTHER, lw=1.6, linestyle="--")
    axis.annotate(
        "a kettle", (kettle, -0.4), (4, 0), textcoords="offset points", color=INK, size=9, annotation_clip=False
    )
    axis.set_yticks(places, list(rows), fontsize=9)
    axis.set(xscale="log", xlabel="watt-hours; bar: middle, line: from low to high")
    axis.set_xlim(lowest, None)
    axis.invert_yaxis()
    return figure


def describe_bill(rows: Mapping[str, Band], kettle: float) -> str:
    """The same in words."""
    told = "; ".join(f"{name} {band}" for name, band in rows.items())
    return f"Watt-hours, middle and band: {told}. A litre of boiling water takes {kettle:.0f}."
