"""Averaged copies of networks: weights smoothed over the last steps draw better than the latest ones.

In: modules in training. Out: copies whose weights are an exponential moving average (EMA) of theirs.
"""

from copy import deepcopy

import torch
from torch import nn


def averaged_copy(module: nn.Module) -> nn.Module:
    """A copy of the module in evaluation mode that no optimizer changes."""
    return deepcopy(module).eval().requires_grad_(False)


def decay_at(step: int, decay: float) -> float:
    """Share of the old average kept after training step `step` (0 is the first); small at first, so that
    the random start is soon forgotten.

    >>> decay_at(0, 0.999), decay_at(1_000_000, 0.999)
    (0.1, 0.999)
    """
    return min(decay, (1 + step) / (10 + step))


@torch.no_grad()
def update_average(average: nn.Module, module: nn.Module, decay: float) -> None:
    """average <- decay * average + (1 - decay) * module, running statistics included: they belong to the weights.

    Whole numbers, such as counts, are copied.
    """
    torch._foreach_lerp_(list(average.parameters()), list(module.parameters()), 1 - decay)
    for old, new in zip(average.buffers(), module.buffers(), strict=True):
        if old.is_floating_point():
            old.lerp_(new, 1 - decay)
        else:
            old.copy_(new)
