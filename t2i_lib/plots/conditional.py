"""Labels as figures: points by what was asked for, three ways to tell a network a label, tables of small pictures."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from t2i_lib.plots.parts import as_numbers, draw_box
from t2i_lib.plots.style import INK, LIT, PALE

_LAYERS = 8  # in which points are laid down, so that no label covers the others
_MARKS = (("o", "#0072b2"), ("^", "#d55e00"), ("s", "#009e73"), ("D", "#cc79a7"))  # shape and colour say the same
# Where the label enters the way from pictures to a logit, and in what form.
WAYS = {
    "concatenation": ("pictures", "as further channels"),
    "affine": ("layers", "scales and shifts\nevery channel"),
    "projection": ("logit", "asks one question\n(dot product)"),
}
_STATIONS = ("pictures", "layers", "vector", "logit")


def plot_points(
    panels: Mapping[str, tuple[Tensor, Tensor]], names: Sequence[str], behind: Tensor, captions: Sequence[str] = ()
) -> Figure:
    """One panel a set of points, each point marked by the label it was asked for, before the data in grey.

    Args:
        panels: title -> points (N, 2) and labels (N,) int64.
        names: what the labels are called.
        behind: (M, 2), the data.
        captions: what stands below each panel, one a panel.

    Raises:
        ValueError: if there is no panel, more labels than marks, or the captions are not as many as the panels.
    """
    if not panels or len(names) > len(_MARKS) or (captions and len(captions) != len(panels)):
        raise ValueError(
            f"give at least one panel, a caption for each or none, and at most {len(_MARKS)} labels, "
            f"not {len(panels)}, {len(captions)} and {len(names)}"
        )
    figure, axes = plt.subplots(1, len(panels), figsize=(2.9 * len(panels) + 0.9, 3.2), squeeze=False)
    reach = 1.15 * abs(as_numbers(behind)).max()  # what lies further out is left out
    for place, (axis, (title, (points, labels))) in enumerate(zip(axes[0], panels.items(), strict=True)):
        axis.scatter(*as_numbers(behind).T, s=6, color=PALE, linewidths=0)
        for layer in range(_LAYERS):
            for label, (name, (mark, colour)) in enumerate(zip(names, _MARKS, strict=False)):
                own = as_numbers(points)[as_numbers(labels) == label][layer::_LAYERS]
                said = {} if layer else {"label": f"asked for {name}"}
                axis.scatter(*own.T, s=11, marker=mark, color=colour, linewidths=0, **said)
        axis.set(title=title, aspect="equal", xticks=[], yticks=[], xlim=(-reach, reach), ylim=(-reach, reach))
        axis.set_xlabel(captions[place] if captions else "")
        axis.spines[:].set_visible(False)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", frameon=False, markerscale=2, fontsize=9)
    return figure


def plot_ways() -> Figure:
    """Where a discriminator is told the label, one row a way: at the first layer, at every layer, after the last."""
    figure, axes = plt.subplots(figsize=(8.5, 4.4))
    for row, (way, (station, form)) in enumerate(WAYS.items()):
        height = -1.75 * row
        axes.text(-2.5, height, way, va="center", ha="left", color=INK, weight="bold")
        for place, name in enumerate(_STATIONS):
            draw_box(axes, (1.9 * place, height), (1.2, 0.5), name, lit=False)
            if place:
                arrow = {"arrowstyle": "->", "color": INK}
                axes.annotate("", (1.9 * place - 0.65, height), (1.9 * place - 1.25, height), arrowprops=arrow)
        at = 1.9 * _STATIONS.index(station)
        draw_box(axes, (at, height + 0.85), (0.9, 0.36), "label", lit=True)
        axes.annotate(
            "", (at, height + 0.3), (at, height + 0.63), arrowprops={"arrowstyle": "->", "color": LIT, "lw": 2}
        )
        axes.text(at + 0.62, height + 0.85, form, va="center", ha="left", color=LIT, size=9)
    axes.set(xlim=(-2.6, 8.0), ylim=(-3.95, 1.25))
    axes.axis("off")
    return figure


def describe_ways() -> str:
    """The same in words."""
    rows = [
        f"{way}: the label enters at the {station}, {form}".replace("\n", " ") for way, (station, form) in WAYS.items()
    ]
    return f"Three times the same way, {', '.join(_STATIONS)}. " + "; ".join(rows) + "."


def plot_picture_table(
    pictures: Sequence[Sequence[np.ndarray]], row_names: Sequence[str], column_names: Sequence[str], edge: float = 0.8
) -> Figure:
    """Small pictures in a table; every pixel stays a square.

    Args:
        pictures: rows of (H, W, 3) uint8, equally many a row.
        row_names: one a row.
        column_names: one a column, written above it.
        edge: width of one picture, inches.

    Raises:
        ValueError: if the names do not fit the pictures.
    """
    if not len(pictures) or len(pictures) != len(row_names) or {len(row) for row in pictures} != {len(column_names)}:
        raise ValueError(
            f"a table needs a name for each row and each column, but has rows of {[len(row) for row in pictures]} "
            f"pictures, {len(row_names)} names for the rows and {len(column_names)} for the columns"
        )
    rows, columns = len(pictures), len(column_names)
    size = (edge * columns + 1.0, (edge + 0.04) * rows + 0.35)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for row, (name, own) in enumerate(zip(row_names, pictures, strict=True)):
        for column, picture in enumerate(own):
            axis = axes[row, column]
            axis.imshow(np.asarray(picture), interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
            if row == 0:
                axis.set_title(column_names[column], fontsize=9)
        axes[row, 0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
    return figure
