"""Ways through an artist's noise: from one picture to another, and once around back to where one set out.

Noise of many numbers lies on a sphere, nearly: the length of 64 standard normal numbers is 8, give or take 0.7. A
straight line between two of them runs through the inside, where no noise ever was; an arc stays on the sphere.
"""

import math

import torch
from torch import Tensor


def slerp(start: Tensor, end: Tensor, share: float | Tensor) -> Tensor:
    """The point that lies `share` of the way along the arc from start to end.

    Args:
        start, end: (..., N) noise. Their lengths may differ; the length changes evenly from one to the other.
        share: 0 = start, 1 = end; a number, or a tensor that stretches over (..., 1).

    Source: Shoemake 1985, "Animating rotation with quaternion curves", https://doi.org/10.1145/325334.325242

    >>> slerp(torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0]), 0.5)
    tensor([1.4142, 1.4142])
    """
    share = torch.as_tensor(share, dtype=start.dtype, device=start.device)
    lengths = start.norm(dim=-1, keepdim=True), end.norm(dim=-1, keepdim=True)
    first, last = start / lengths[0], end / lengths[1]
    angle = torch.acos((first * last).sum(-1, keepdim=True).clamp(-1, 1))  # (..., 1), radians
    flat = angle.sin() < 1e-4  # (nearly) one direction: there the arc is the straight line
    sine = torch.where(flat, torch.ones_like(angle), angle.sin())
    near = torch.where(flat, 1 - share, ((1 - share) * angle).sin() / sine)
    far = torch.where(flat, share.expand_as(angle), (share * angle).sin() / sine)
    return (near * first + far * last) * torch.lerp(*lengths, share)


def lap(noise: Tensor, steps: int, radius: float = 0.6) -> Tensor:
    """Once around a circle on the sphere: after the last step comes the first again.

    Args:
        noise: (3, N) standard normal rows: the middle of the circle, and two that say in which directions it lies.
        steps: how many points.
        radius: angle between the middle and each point, radians; 0 stays in the middle.

    Returns:
        (steps, N), at equal distances.

    Raises:
        ValueError: with fewer than three steps, or without three rows.

    >>> lap(torch.eye(3), 4, math.pi / 2).round().int().tolist()
    [[0, 1, 0], [0, 0, 1], [0, -1, 0], [0, 0, -1]]
    """
    if steps < 3 or noise.ndim != 2 or len(noise) != 3:
        raise ValueError(f"a lap takes three rows of noise and at least 3 steps, not {tuple(noise.shape)} and {steps}")
    middle, right, up = noise / noise.norm(dim=1, keepdim=True)
    right = _across(right, middle)
    up = _across(_across(up, middle), right)
    angles = 2 * math.pi * torch.arange(steps, device=noise.device)[:, None] / steps  # (steps, 1)
    circle = angles.cos() * right + angles.sin() * up
    return (math.cos(radius) * middle + math.sin(radius) * circle) * noise[0].norm()


def _across(direction: Tensor, other: Tensor) -> Tensor:
    """What of a direction stands at right angles to another one, of length 1."""
    rest = direction - (direction @ other) * other
    return rest / rest.norm()
