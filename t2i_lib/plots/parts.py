"""What several figures are made of: numbers out of tensors, boxes with a label."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.patches import FancyBboxPatch
from torch import Tensor

from t2i_lib.plots.style import INK, LIT, PALE


def as_numbers(values: Tensor | np.ndarray) -> np.ndarray:
    """A tensor on any device, with or without gradients and of any precision, as an array of floats.

    >>> as_numbers(np.array([1, 2])).tolist()
    [1.0, 2.0]
    """
    return np.asarray(values.detach().float().cpu() if isinstance(values, Tensor) else values, dtype=float)


def draw_box(axes: plt.Axes, centre: tuple[float, float], size: tuple[float, float], label: str, lit: bool) -> None:
    """A rounded box with a label in its middle; a lit one stands out by colour and bold letters."""
    (x, y), (width, height) = centre, size
    corner, look = (x - width / 2, y - height / 2), {"fc": LIT if lit else PALE, "ec": INK, "zorder": 2}
    axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle="round,pad=0.03", **look))
    words = {"color": "white", "weight": "bold"} if lit else {"color": INK}
    axes.text(x, y, label, ha="center", va="center", size=10, zorder=3, **words)
