"""A ring of overlapping views: cut it into views, join views into it, and let its end meet its beginning.

Everything here is about the last axis, the columns: column W of a ring of W columns is column 0 again.
"""

import math

import torch
from torch import Tensor


def wrap_around(ring: Tensor, margin: int) -> Tensor:
    """Put `margin` columns of the other end before and behind: circular padding, (..., W) -> (..., W + 2 margin).

    >>> wrap_around(torch.tensor([1, 2, 3, 4]), 1).tolist()
    [4, 1, 2, 3, 4, 1]
    """
    columns = torch.arange(-margin, ring.shape[-1] + margin, device=ring.device) % ring.shape[-1]
    return ring[..., columns]


def cut_views(ring: Tensor, views: int, width: int) -> Tensor:
    """Cut overlapping views out of a ring: (C, h, W) -> (views, C, h, width), each W / views columns further.

    >>> cut_views(torch.tensor([[[1, 2, 3, 4]]]), views=2, width=3).squeeze().tolist()
    [[1, 2, 3], [3, 4, 1]]
    """
    return torch.stack([ring[..., columns] for columns in _columns(ring.shape[-1], views, width, ring.device)])


def join_views(parts: Tensor, columns: int) -> Tensor:
    """Lay views onto a ring of so many columns and fade them into each other: (V, C, h, width) -> (C, h, columns).

    Each view counts most in its middle and next to nothing at its edges, where it knows least of its surroundings. The
    weights of all views that meet in one column are brought to the sum 1, so equal views leave no trace of their edges.

    Raises:
        ValueError: if the views do not reach all the way around.

    >>> join_views(torch.ones(4, 1, 1, 4), 8).tolist()
    [[[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]]
    """
    views, width = len(parts), parts.shape[-1]
    if columns % views or width * views < columns:
        raise ValueError(f"{views} views of {width} columns do not go around a ring of {columns} in equal steps")
    middles = (torch.arange(width, device=parts.device) + 0.5) / width
    weights = (math.pi * middles).sin().square().to(parts.dtype)  # (width,)
    total, ring = parts.new_zeros(columns), parts.new_zeros(*parts.shape[1:-1], columns)
    for part, where in zip(parts, _columns(columns, views, width, parts.device), strict=True):
        ring[..., where] += weights * part
        total[where] += weights
    return ring / total


def _columns(around: int, views: int, width: int, device: torch.device) -> list[Tensor]:
    """For each view its columns on the ring."""
    return [(torch.arange(width, device=device) + view * around // views) % around for view in range(views)]


def column_steps(strip: Tensor) -> Tensor:
    """Mean absolute step into each column from the one before it: (..., W) -> (W,); the first leads over the seam."""
    steps = (strip - strip.roll(1, dims=-1)).abs()
    return steps.reshape(-1, strip.shape[-1]).mean(0)


def seam(strip: Tensor, every: int = 1) -> float:
    """How much larger the step from the last column to the first is than those inside; 1 = nobody can find it.

    Args:
        strip: (..., W), a ring cut open somewhere.
        every: compare with the steps into each so-manieth column only. A decoder paints in cells; where two meet the
            steps are larger all along the strip, and a seam between two cells is to be compared with its like.

    >>> seam(torch.tensor([0.0, 1.0, 2.0, 3.0])), seam(torch.tensor([0.0, 1.0, 2.0, 1.0]))
    (3.0, 1.0)
    """
    steps = column_steps(strip)
    return (steps[0] / steps[every::every].mean().clamp(min=1e-8)).item()
