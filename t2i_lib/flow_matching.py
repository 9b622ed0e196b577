"""A straight road from noise to latents: where one is on it, how fast one moves, and how a velocity is followed.

In: noise, latents, times in [0, 1]; 0 is noise and 1 a picture. Out: points on the road, velocities, drawn latents.
Nothing here knows a network: a velocity is any function of a point and a time.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Velocity = Callable[[Tensor, float], Tensor]  # (points, time) -> how fast, and where to


def along(noise: Tensor, latents: Tensor, time: Tensor) -> Tensor:
    """The point on the road at `time` (B,): (1 - time) * noise + time * latents, each (B, ...).

    >>> along(torch.zeros(1, 1), torch.ones(1, 1), torch.tensor([0.25])).item()
    0.25
    """
    return torch.lerp(noise, latents, _over(time, latents))


def road_velocity(noise: Tensor, latents: Tensor) -> Tensor:
    """How fast the point moves: latents - noise, the same at every time, for the road is straight.

    Trained by squared error towards it, a network learns the mean over all roads that pass through a point.

    Source: Lipman et al. 2023, theorem 2, https://arxiv.org/abs/2210.02747; straight roads: Liu et al. 2023,
    https://arxiv.org/abs/2209.03003
    """
    return latents - noise


def sample_times(count: int, rng: torch.Generator, device: torch.device | str = "cpu") -> Tensor:
    """Times (count,) in (0, 1), most of them halfway, where it is hardest to tell which way to go.

    Source: Esser et al. 2024, section 3.1 (logit-normal), https://arxiv.org/abs/2403.03206
    """
    return torch.randn(count, generator=rng, device=device).sigmoid()


def euler(velocity: Velocity, points: Tensor, num_steps: int) -> Tensor:
    """Follow the velocity from time 0 to 1 in equal straight steps; each costs one look at the velocity.

    >>> euler(lambda points, time: torch.ones(1), torch.zeros(1), 4).item()
    1.0
    """
    for step in range(_checked(num_steps)):
        points = points + velocity(points, step / num_steps) / num_steps
    return points


def heun(velocity: Velocity, points: Tensor, num_steps: int) -> Tensor:
    """The same with the mean of the velocities at both ends of each step: two looks a step, a smaller error."""
    for step in range(_checked(num_steps)):
        first = velocity(points, step / num_steps)
        second = velocity(points + first / num_steps, (step + 1) / num_steps)
        points = points + (first + second) / (2 * num_steps)
    return points


def two_in_one(half_step: Callable[[Tensor, Tensor], Tensor], points: Tensor, time: Tensor, stride: Tensor) -> Tensor:
    """The velocity that takes one in a single step of `stride` to where two half steps lead: what a big step learns.

    Args:
        half_step: (points, time) -> the velocity for a step of stride / 2.
        points: (B, ...).
        time, stride: (B,).

    Source: Frans et al. 2024 (shortcut models), eq. 4, https://arxiv.org/abs/2410.12557
    """
    first = half_step(points, time)
    halfway = points + _over(stride / 2, points) * first
    return (first + half_step(halfway, time + stride / 2)) / 2


def _over(numbers: Tensor, points: Tensor) -> Tensor:
    """(B,) -> (B, 1, ...), to be multiplied with points."""
    return numbers.view(-1, *[1] * (points.ndim - 1))


def _checked(num_steps: int) -> int:
    if num_steps < 1:
        raise ValueError(f"num_steps is at least 1, but is {num_steps}")
    return num_steps
