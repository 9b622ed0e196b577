"""The vital signs of a game on one panel, and a gallery of games that died with the same games cured."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, SymmetricalLogLocator
from PIL import Image
from torch import Tensor

from t2i_lib.plots.parts import as_numbers
from t2i_lib.plots.rings import draw_points
from t2i_lib.plots.style import INK, LIT, PALE
from t2i_lib.vital_signs import QUALITY, Verdict, VitalSigns, diagnose

# Panels in the order in which one looks at them: title -> the curves that it shows where they are there.
PANELS = {
    "logits": ("real logit", "fake logit", "held-out logit"),
    "gap": ("gap",),
    "squared slopes": ("penalty",),
    "variety": ("variety", "coverage"),
    "quality": QUALITY,
    "text-use gap": ("text-use gap",),
}
_ALARM, _FINE = "#b35900", "#1a7f37"
_DASHES = ("-", "--", ":")
_LARGE, _DECADES = 20, 30  # from where on an axis is logarithmic: largest value, largest over least


def plot_vital_signs(
    signs: VitalSigns,
    samples: Image.Image | Tensor | np.ndarray | None = None,
    real: Tensor | np.ndarray | None = None,
    title: str = "",
) -> Figure:
    """Samples, one panel for each kind of figure that was logged, and the verdict with what to try next.

    Args:
        signs: of the training; what it does not hold has no panel.
        samples: a sheet of pictures, or points (N, 2).
        real: points (M, 2), below the points of `samples`.

    Raises:
        ValueError: if there is neither a sample nor a figure to show.
    """
    shown = _panels(signs)
    count = len(shown) + (samples is not None)
    if count == 0:
        raise ValueError(f"no vital sign is there: {', '.join(signs.curves) or 'the log is empty'}")
    columns = 2 if count == 4 else min(3, count)
    rows = -(-count // columns)
    figure = plt.figure(figsize=(3.3 * columns, 2.3 * rows + 0.9), dpi=88)
    above, below = figure.subfigures(2, 1, height_ratios=[2.3 * rows, 0.9])
    axes = above.subplots(rows, columns, squeeze=False)
    for axis in axes.flat[count:]:
        axis.set_axis_off()
    places = iter(axes.flat)
    if samples is not None:
        _draw_samples(next(places), samples, real)
    for axis, (name, curves) in zip(places, shown.items(), strict=False):
        draw_signs(axis, {"": signs}, curves, log="penalty" in curves)
        if name in ("variety", "quality"):
            axis.set_ylim(0, max(1.05, axis.get_ylim()[1]))
        axis.set_title(name, size=10)
    if title:
        above.suptitle(title, size=11)
    _write(below, diagnose(signs), width=36 * columns)
    return figure


@dataclass(frozen=True)
class Case:
    """One way to die: the game that died and the same game cured, and the last points of each."""

    name: str
    died: VitalSigns
    cured: VitalSigns
    died_samples: Tensor | np.ndarray
    cured_samples: Tensor | np.ndarray
    cure: str


def plot_gallery(cases: Sequence[Case], real: Tensor | np.ndarray, curve: str = "gap") -> Figure:
    """One row a case: where the fakes ended, a curve of both games, coverage of both, and where the cured game ended.

    Args:
        cases: the rows.
        real: points (M, 2).
        curve: which vital sign stands beside the coverage.
    """
    figure, axes = plt.subplots(
        len(cases), 4, figsize=(7.5, 1.3 * len(cases) + 0.3), dpi=88, squeeze=False, width_ratios=(1, 1.35, 1.35, 1)
    )
    for row, case in zip(axes, cases, strict=True):
        draw_points(row[0], case.died_samples, real)
        row[0].set_ylabel(textwrap.fill(case.name, 16), size=8)
        both = {"died": case.died, "cured": case.cured}
        draw_signs(row[1], both, (curve,))
        draw_signs(row[2], both, ("coverage",))
        row[2].set_ylim(-0.05, 1.05)
        draw_points(row[3], case.cured_samples, real)
        row[3].set_xlabel(textwrap.fill(case.cure, 24), size=8)
    for axis in axes[:-1, 1:3].flat:
        axis.tick_params(labelbottom=False)  # the steps are those of the lowest row
    for axis, name in zip(axes[0], ("died", curve, "coverage", "cured"), strict=True):
        axis.set_title(name, size=10)
    axes[0, 1].legend(frameon=False, fontsize=8)
    return figure


def draw_signs(axis: Axes, games: Mapping[str, VitalSigns], names: Sequence[str], log: bool = False) -> None:
    """Curves of one panel: one line a game and name, labelled where there are several.

    Args:
        log: for positive figures whose upright axis may be logarithmic. Others are so beyond 1 if they go far above it.
    """
    colours = (_ALARM, LIT) if len(games) > 1 else (LIT, _ALARM, INK)
    lines = [
        (f"{game} {name}".strip() if len(names) > 1 or not game else game, signs.get(name))
        for game, signs in games.items()
        for name in names
    ]
    lines = [(label, curve) for label, curve in lines if curve is not None]
    for (label, curve), colour, dash in zip(lines, colours, _DASHES, strict=False):
        values = np.where(np.isfinite(curve.values), curve.values, np.nan)
        axis.plot(curve.steps, values, dash, color=colour, label=label, linewidth=1.8)
    largest = max((abs(value) for _, curve in lines for value in curve.values if np.isfinite(value)), default=0)
    least = min((value for _, curve in lines for value in curve.values if value > 0), default=largest)
    if log and largest > _DECADES * least:
        axis.set_yscale("log")
        axis.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0), numticks=6))
        axis.yaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_minor_formatter("")
    elif largest > _LARGE:
        axis.set_yscale("symlog", linthresh=1)
        axis.yaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=1))
    else:
        axis.yaxis.set_major_locator(MaxNLocator(4))
    axis.xaxis.set_major_locator(MaxNLocator(3))
    axis.tick_params(which="both", labelsize=8)
    if len(lines) > 1 and len(games) == 1:
        axis.legend(frameon=False, fontsize=8)


def describe_vital_signs(signs: VitalSigns) -> str:
    """The panel in words."""
    shown = [name for names in _panels(signs).values() for name in names]
    told = "; ".join(f"{name} ends near {signs.curves[name].late:.2g}" for name in shown)
    return f"The vital signs of a game. {told}. Verdict: {diagnose(signs)}"


def _panels(signs: VitalSigns) -> dict[str, list[str]]:
    found = {title: [name for name in names if name in signs.curves] for title, names in PANELS.items()}
    if found["logits"]:
        found["gap"] = []  # the distance between two lines that are shown anyway
    return {title: names for title, names in found.items() if names}


def _draw_samples(axis: Axes, samples: Image.Image | Tensor | np.ndarray, real: Tensor | np.ndarray | None) -> None:
    if isinstance(samples, Image.Image):
        axis.imshow(samples, interpolation="nearest")
        axis.set_axis_off()
    else:
        draw_points(axis, samples, np.zeros((0, 2)) if real is None else as_numbers(real))
    axis.set_title("samples", size=10)


def _write(figure, verdict: Verdict, width: int) -> None:
    """The verdict below the panels; word and sign say what the colour says."""
    mark, colour = ("+", _FINE) if verdict.healthy else ("!", _ALARM)
    figure.text(0.02, 0.95, f"[{mark}] {verdict.name}", size=11, weight="bold", color=colour, va="top")
    rest = [textwrap.fill(text, width) for text in (verdict.reason, f"Next: {verdict.next_step}")]
    figure.text(0.02, 0.68, "\n".join(rest), size=9, color=INK, va="top")
    figure.patch.set_facecolor(PALE if not verdict.healthy else "white")
