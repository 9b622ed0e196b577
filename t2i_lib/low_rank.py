"""A small update of a large network: W + B A, where W stays as it was and A, B are thin (LoRA).

In: a trained network. Out: the same network, in which only thin matrices learn; merged afterwards, it is a plain
network of the old shape again. Linear maps and convolutions are treated alike, by their weight as a table.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized, register_parametrization, remove_parametrizations


class LowRank(nn.Module):
    """weight -> weight + scale * B A: (out, ...) of any shape, seen as a table (out, rest).

    B begins with zeros, so that the network begins as what it was.

    Source: Hu et al. 2021, section 4.1, https://arxiv.org/abs/2106.09685

    >>> LowRank(torch.zeros(3, 2, 5, 5), rank=1).count
    53
    """

    def __init__(self, weight: Tensor, rank: int, scale: float = 1.0) -> None:
        super().__init__()
        out, rest = len(weight), weight[0].numel()
        if not 1 <= rank <= min(out, rest):
            raise ValueError(f"a weight seen as {out} x {rest} has ranks from 1 to {min(out, rest)}, not {rank}")
        self.scale = scale
        self.down = nn.Parameter(torch.randn(rank, rest) * rest**-0.5)  # A
        self.up = nn.Parameter(torch.zeros(out, rank))  # B

    @property
    def count(self) -> int:
        """How many numbers learn."""
        return self.down.numel() + self.up.numel()

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.scale * (self.up @ self.down).reshape(weight.shape)


def add_low_rank(network: nn.Module, rank: int, wanted: Callable[[str], bool] = lambda name: True) -> nn.Module:
    """Freeze the network, and give each linear map and convolution whose name is wanted a low-rank update that learns.

    A weight that has a side shorter than `rank` learns at that rank.

    Raises:
        ValueError: if no layer is wanted.
    """
    network.requires_grad_(False)
    layers = {name: part for name, part in network.named_modules() if isinstance(part, nn.Linear | nn.Conv2d)}
    chosen = [part for name, part in layers.items() if wanted(name)]
    if not chosen:
        raise ValueError(f"no layer is wanted; the layers are {', '.join(layers)}")
    for part in chosen:
        most = min(len(part.weight), part.weight[0].numel())
        register_parametrization(part, "weight", LowRank(part.weight, min(rank, most)))
    return network


def merge_low_rank(network: nn.Module) -> nn.Module:
    """Put every update into its weight: the same function, and a plain network again."""
    for part in list(network.modules()):
        if isinstance(part, nn.Linear | nn.Conv2d) and is_parametrized(part, "weight"):
            remove_parametrizations(part, "weight", leave_parametrized=True)
    return network


def learning(network: nn.Module) -> int:
    """How many numbers of the network learn."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)
