"""What the studio makes: wide strips, transparent figures, steps around a circle, the line and the arc."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from PIL import Image

from t2i_lib.plots.style import INK, LIT, PALE

_OTHER = "#d55e00"  # beside LIT, for every eye
_CHECKER = 8  # pixels
_WIDTH = 4.9  # inches: a ring of eight views is shown about as large as it is


def plot_strips(strips: Mapping[str, Image.Image]) -> Figure:
    """Wide pictures one below the other, each with its title.

    Raises:
        ValueError: if there is none.
    """
    if not strips:
        raise ValueError("a figure of strips needs at least one strip")
    heights = [strip.height / strip.width for strip in strips.values()]
    figure, axes = plt.subplots(
        len(strips),
        1,
        figsize=(_WIDTH, _WIDTH * sum(heights) + 0.33 * len(strips)),
        squeeze=False,
        height_ratios=heights,
    )
    for axis, (name, strip) in zip(axes[:, 0], strips.items(), strict=True):
        axis.imshow(np.asarray(strip))
        axis.set_title(name, fontsize=9, loc="left")
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    return figure


def plot_steps(
    steps: Sequence[float], lit: Mapping[int, str], label: str, marked: Sequence[int] = (), marked_as: str = ""
) -> Figure:
    """Steps as bars; some stand out, with their names.

    Args:
        steps: (S,) sizes.
        lit: place -> name of the bars that are spoken of.
        label: what is counted along the axis.
        marked: places of bars of another kind, and what they are called.
    """
    figure, axis = plt.subplots(figsize=(8, 2.4))
    values = np.asarray(steps, dtype=float)
    colors = np.array(["#9a9a9a"] * len(values), dtype=object)
    colors[list(marked)] = LIT
    colors[list(lit)] = _OTHER
    axis.bar(np.arange(len(values)), values, color=list(colors), width=0.85)
    for place, name in lit.items():
        side = "left" if place < len(values) / 2 else "right"
        axis.annotate(
            name,
            (place, values[place]),
            xytext=(place, values.max() * 1.12),
            ha=side,
            color=_OTHER,
            size=9,
            arrowprops={"arrowstyle": "-", "color": _OTHER, "lw": 0.8},
        )
    if marked_as:
        axis.legend(handles=[Patch(color=LIT, label=marked_as)], frameon=False, fontsize=9, loc="upper left")
    axis.axhline(values.mean(), color=INK, lw=0.8, linestyle=":")
    axis.set(xlabel=label, ylabel="mean step", ylim=(0, values.max() * 1.3))
    return figure


def plot_line_and_arc(lengths: Mapping[str, Sequence[float]]) -> Figure:
    """Left: two points on a circle, the line between them and the arc. Right: lengths, one histogram a name.

    Args:
        lengths: name -> lengths of many vectors.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.9), width_ratios=(1, 1.6))
    turn = np.linspace(0, np.pi / 2, 60)
    left.plot(np.cos(turn), np.sin(turn), color=LIT, lw=2.5, label="arc")
    left.plot([1, 0], [0, 1], color=_OTHER, lw=2.5, linestyle="--", label="line")
    left.plot([0, 0.5], [0, 0.5], color=INK, lw=0.8, linestyle=":")
    left.scatter([1, 0, 0.5, 2**-0.5], [0, 1, 0.5, 2**-0.5], color=INK, s=24, zorder=3)
    left.annotate("0.71", (0.5, 0.5), xytext=(4, -12), textcoords="offset points", size=9)
    left.annotate("1.00", (2**-0.5, 2**-0.5), xytext=(5, 3), textcoords="offset points", size=9)
    left.set(xlim=(-0.05, 1.2), ylim=(-0.05, 1.2), aspect="equal", xticks=[0, 1], yticks=[0, 1])
    left.legend(frameon=False, fontsize=9, loc="lower left")
    looks = ((PALE, "", INK), (_OTHER, "//", INK), (LIT, "", LIT))
    bins = np.linspace(0, max(map(max, lengths.values())) * 1.05, 60)
    for (name, values), (color, hatch, edge) in zip(lengths.items(), looks, strict=False):
        right.hist(values, bins=bins, color=color, hatch=hatch, ec=edge, lw=0.4, alpha=0.75, label=name)
    right.set(xlabel="length of the vector", yticks=[])
    right.spines["left"].set_visible(False)
    right.legend(frameon=False, fontsize=9, loc="upper left")
    return figure


def on_checkers(picture: Image.Image) -> Image.Image:
    """A picture with transparency over a grey and white board, as drawing programs show it.

    >>> on_checkers(Image.new("RGBA", (20, 20), (0, 0, 0, 0))).getpixel((0, 0))
    (255, 255, 255)
    """
    rows, columns = np.indices((picture.height, picture.width)) // _CHECKER
    board = np.where(((rows + columns) % 2)[..., None] == 1, 205, 255).astype(np.uint8).repeat(3, axis=2)
    ground = Image.fromarray(board).convert("RGBA")
    ground.alpha_composite(picture.convert("RGBA"))
    return ground.convert("RGB")
