"""The game for dots as figures: points over the data, what the discriminator thinks of every place, a film."""

import io
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image, ImageColor, ImageDraw
from torch import Tensor, nn

from t2i_lib.plots.parts import as_numbers
from t2i_lib.plots.style import INK, LIT, PALE

REACH = 3.0  # figures show the plane from -REACH to REACH
_ALARM = "#b35900"
_REAL = "#999999"  # real points are grey rings, fakes are full and coloured: told apart without colours


def plot_points(panels: Mapping[str, Tensor | np.ndarray], real: Tensor | np.ndarray, columns: int = 6) -> Figure:
    """Fakes over real points, one panel a title.

    Args:
        panels: title -> (N, 2) fakes; none of them for a panel of real points alone.
        real: (M, 2).
        columns: panels in a row.
    """
    rows, columns = -(-len(panels) // columns), min(columns, len(panels))
    figure, axes = plt.subplots(rows, columns, figsize=(1.55 * columns + 0.2, 1.75 * rows), squeeze=False)
    for axis in axes.flat[len(panels) :]:
        axis.set_axis_off()
    for axis, (title, points) in zip(axes.flat, panels.items(), strict=False):
        draw_points(axis, points, real)
        axis.set_title(title, size=9)
    return figure


def draw_points(axis: Axes, points: Tensor | np.ndarray, real: Tensor | np.ndarray) -> None:
    """One panel: real points as grey rings, fakes as full coloured points; fakes outside as crosses at the border."""
    real, points = as_numbers(real), as_numbers(points).reshape(-1, 2)
    outside = np.abs(points).max(axis=1, initial=0) > REACH
    axis.scatter(*real.T, s=9, facecolors="none", edgecolors=_REAL, linewidths=0.5)
    axis.scatter(*points[~outside].T, s=3, color=LIT, zorder=2)
    axis.scatter(*points[outside].clip(-0.97 * REACH, 0.97 * REACH).T, s=14, marker="x", linewidths=0.8, color=_ALARM)
    axis.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=[], yticks=[], aspect="equal")
    axis.spines[:].set(visible=True, color=PALE)


def plot_field(
    discriminators: Mapping[str, nn.Module],
    real: Tensor | np.ndarray,
    fakes: Mapping[str, Tensor | np.ndarray] | None = None,
    arrows: int = 13,
) -> Figure:
    """What discriminators think of every place (bands of colour) and where they send a fake that stands there (arrows).

    The arrows of a panel share one scale, its longest is one arrow's room long; the true length of that one is written
    below.

    Args:
        discriminators: title -> network from (N, 2) to (N,) logits.
        real: (M, 2) real points. fakes: title -> (N, 2), drawn on top.
        arrows: how many a row.
    """
    figure, axes = plt.subplots(
        1, len(discriminators), figsize=(3.3 * len(discriminators), 3.0), squeeze=False, layout="constrained"
    )
    for axis, (title, network) in zip(axes[0], discriminators.items(), strict=True):
        line = torch.linspace(-REACH, REACH, 41)
        places = torch.cartesian_prod(line, line)
        with torch.no_grad():
            logits = as_numbers(network(places)).reshape(41, 41).T
        centre = np.median(logits)
        widest = max(np.abs(logits - centre).max(), 1e-6)
        levels = np.linspace(centre - widest, centre + widest, 12)  # bands, like heights on a map
        image = axis.contourf(line, line, logits, levels=levels, cmap="PuOr")
        figure.colorbar(image, ax=axis, shrink=0.75, label="logit", ticks=MaxNLocator(4))
        draw_points(axis, fakes[title] if fakes else np.zeros((0, 2)), real)
        stands, pushes = field(network, arrows)
        longest = max(np.linalg.norm(pushes, axis=1).max(), 1e-12)
        room = 2 * REACH / arrows
        axis.quiver(
            *stands.T, *(pushes / longest * room).T, angles="xy", scale_units="xy", scale=1, color=INK, width=0.006
        )
        axis.set_title(title)
        axis.set_xlabel(f"longest arrow: {longest:.2g} a unit", size=9)
    return figure


def field(discriminator: nn.Module, edge: int) -> tuple[np.ndarray, np.ndarray]:
    """Places on a square grid (edge^2, 2), and the gradient of the logit there (edge^2, 2)."""
    line = torch.linspace(-REACH, REACH, 2 * edge + 1)[1::2]
    places = torch.cartesian_prod(line, line).requires_grad_(True)
    (pushes,) = torch.autograd.grad(discriminator(places).sum(), places)
    return as_numbers(places), as_numbers(pushes)


def plot_pushes(logits: Sequence[float], pushes: Mapping[str, Sequence[float]]) -> Figure:
    """How hard each loss lifts a fake's logit, by what the discriminator thinks of the fake.

    Args:
        logits: (N,) of a fake.
        pushes: loss -> (N,) minus the slope of the generator's loss there.
    """
    figure, axis = plt.subplots(figsize=(6.5, 2.8))
    for style, (name, line) in zip(("-", "--", ":", "-.", (0, (5, 1, 1, 1))), pushes.items(), strict=False):
        axis.plot(logits, as_numbers(line), linestyle=style, linewidth=2.5, label=name)
    axis.axvline(0, color=PALE, zorder=0)
    axis.set(xlabel="logit of a fake: sure of a fake  <  0  <  sure it is real", ylabel="push", ylim=(-0.05, 1.1))
    axis.legend(frameon=False, bbox_to_anchor=(1.0, 1.0), loc="upper left")
    return figure


def plot_shares(names: Sequence[str], bars: Mapping[str, Sequence[float]]) -> Figure:
    """Groups of bars with their numbers: what real and fake hold of each bin, say, and the best answer to it."""
    figure, axis = plt.subplots(figsize=(6, 2.4))
    width = 0.8 / len(bars)
    for place, ((name, heights), hatch) in enumerate(zip(bars.items(), ("", "//", ".."), strict=False)):
        x = np.arange(len(names)) + (place - (len(bars) - 1) / 2) * width
        drawn = axis.bar(x, as_numbers(np.asarray(heights)), 0.9 * width, label=name, hatch=hatch, edgecolor="white")
        axis.bar_label(drawn, fmt="%.2f", size=9)
    axis.set_xticks(range(len(names)), names)
    axis.set(ylim=(0, 1.15), yticks=[0, 0.5, 1])
    axis.legend(frameon=False, bbox_to_anchor=(1.0, 1.0), loc="upper left")
    return figure


def film(
    games: Mapping[str, Sequence[Tensor]],
    steps: Sequence[int],
    centres: Tensor | np.ndarray,
    radius: float,
    milliseconds: int = 220,
) -> bytes:
    """Games side by side as a moving picture: an animated PNG, which shows its last frame where nothing can move.

    Drawn dot by dot and in four colours, so that it weighs a tenth of as many figures.

    Args:
        games: title -> one (N, 2) batch of fakes a frame.
        steps: one a frame, written above.
        centres: (K, 2) of the dots, drawn as circles of `radius`.
        milliseconds: how long each frame stays; the last one ten times as long.
    """
    frames = [
        _frame({title: batches[place] for title, batches in games.items()}, step, centres, radius)
        for place, step in enumerate(steps)
    ]
    file = io.BytesIO()
    frames[-1].save(
        file,
        "PNG",
        save_all=True,
        default_image=True,
        append_images=frames,
        duration=[milliseconds] * (len(frames) - 1) + [10 * milliseconds],
        loop=0,
    )
    return file.getvalue()


def _frame(fakes: Mapping[str, Tensor], step: int, centres: Tensor | np.ndarray, radius: float) -> Image.Image:
    edge, above = 220, 20  # pixels
    frame = Image.new("P", (edge * len(fakes), edge + above), 0)
    frame.putpalette([level for colour in ("white", _REAL, LIT, INK) for level in ImageColor.getrgb(colour)])
    draw = ImageDraw.Draw(frame)
    for panel, (title, points) in enumerate(fakes.items()):
        corner = np.array([edge * panel, above])
        draw.rectangle((*corner, *(corner + edge - 1)), outline=1)
        draw.text(corner + (6, -17), f"{title}, step {step}", fill=3, font_size=13)
        size = edge * radius / (2 * REACH)
        for x, y in _pixels(centres, edge) + corner:
            draw.ellipse((x - size, y - size, x + size, y + size), outline=1)
        for x, y in _pixels(points, edge) + corner:
            draw.rectangle((x - 1, y - 1, x + 1, y + 1), fill=2)
    return frame


def _pixels(points: Tensor | np.ndarray, edge: int) -> np.ndarray:
    """Points as places in a square of so many pixels; whoever stands outside is shown at the border."""
    inside = as_numbers(points).clip(-REACH, REACH) * (1, -1)  # pictures count downwards
    return np.round((inside + REACH) / (2 * REACH) * (edge - 5) + 2)
