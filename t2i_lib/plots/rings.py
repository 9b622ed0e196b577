"""The game for dots as figures: points over the data, what the discriminator thinks of every place, a film."""

import io
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor, nn

from t2i_lib.plots.parts import as_numbers
from t2i_lib.plots.style import INK, LIT, PALE

REACH = 3.0  # figures show the plane from -REACH to REACH
_REAL = "#999999"  # real points are grey rings, fakes are full and coloured: told apart without colours


def plot_points(panels: Mapping[str, Tensor | np.ndarray], real: Tensor | np.ndarray, columns: int = 6) -> Figure:
    """Fakes over real points, one panel a title.

    Args:
        panels: title -> (N, 2) fakes; none of them for a panel of real points alone.
        real: (M, 2).
        columns: panels in a row.
    """
    rows, columns = -(-len(panels) // columns), min(columns, len(panels))
    figure, axes = plt.subplots(rows, columns, figsize=(1.75 * columns + 0.2, 1.95 * rows), squeeze=False)
    for axis in axes.flat[len(panels) :]:
        axis.set_axis_off()
    for axis, (title, points) in zip(axes.flat, panels.items(), strict=False):
        draw_points(axis, points, real)
        axis.set_title(title, size=10)
    return figure


def draw_points(axis: Axes, points: Tensor | np.ndarray, real: Tensor | np.ndarray) -> None:
    """One panel: real points as grey rings, fakes as full coloured points."""
    real, points = as_numbers(real), as_numbers(points)
    axis.scatter(*real.T, s=9, facecolors="none", edgecolors=_REAL, linewidths=0.5)
    axis.scatter(*points.reshape(-1, 2).T, s=3, color=LIT, zorder=2)
    axis.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xticks=[], yticks=[], aspect="equal")
    axis.spines[:].set(visible=True, color=PALE)


def plot_field(
    discriminators: Mapping[str, nn.Module],
    real: Tensor | np.ndarray,
    fakes: Mapping[str, Tensor | np.ndarray] | None = None,
    arrows: int = 13,
) -> Figure:
    """What discriminators think of every place (colour) and where they send a fake that stands there (arrows).

    The arrows of a panel share one scale, its longest is one arrow's room long; the true length of that one is written
    below.

    Args:
        discriminators: title -> network from (N, 2) to (N,) logits.
        real: (M, 2) real points. fakes: title -> (N, 2), drawn on top.
        arrows: how many a row.
    """
    figure, axes = plt.subplots(
        1, len(discriminators), figsize=(3.7 * len(discriminators), 3.5), squeeze=False, layout="constrained"
    )
    for axis, (title, network) in zip(axes[0], discriminators.items(), strict=True):
        line = torch.linspace(-REACH, REACH, 61)
        places = torch.cartesian_prod(line, line)
        with torch.no_grad():
            logits = as_numbers(network(places)).reshape(61, 61).T
        centre = np.median(logits)
        widest = max(np.abs(logits - centre).max(), 1e-6)
        image = axis.imshow(
            logits, origin="lower", extent=(-REACH, REACH) * 2, cmap="PuOr", vmin=centre - widest, vmax=centre + widest
        )
        figure.colorbar(image, ax=axis, shrink=0.75, label="logit")
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
    games: Mapping[str, Sequence[Tensor]], steps: Sequence[int], real: Tensor | np.ndarray, milliseconds: int = 220
) -> bytes:
    """Games side by side as a moving picture: an animated PNG, which stands still on its last frame where none moves.

    Args:
        games: title -> one (N, 2) batch of fakes a frame.
        steps: one a frame, written above.
        real: (M, 2).
        milliseconds: how long each frame stays; the last one ten times as long.
    """
    frames = [
        _frame({title: batches[i] for title, batches in games.items()}, step, real) for i, step in enumerate(steps)
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
        optimize=True,
    )
    return file.getvalue()


def _frame(fakes: Mapping[str, Tensor], step: int, real: Tensor | np.ndarray) -> Image.Image:
    """One frame of few colours, drawn at once by hand: 60 figures would take longer than the game."""
    figure = plt.figure(figsize=(3.0 * len(fakes), 3.25), dpi=80, layout="none")
    for place, (title, points) in enumerate(fakes.items()):
        axis = figure.add_axes(((place + 0.02) / len(fakes), 0.02, 0.96 / len(fakes), 0.88))
        draw_points(axis, points, real)
        axis.set_title(f"{title}, step {step}", size=10)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=80)
    plt.close(figure)
    return Image.open(drawn).convert("L").quantize(16)
