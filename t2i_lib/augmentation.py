"""Augmentation for a game with few pictures: shift them, cut holes, so that the discriminator never sees one twice.

In: images or latents (B, C, h, w). Out: the same, changed by lot, and gradients pass. It must stand before the
discriminator for real and for drawn pictures alike, and also while the generator learns: then the generator is asked
for pictures that look right after any change, which only pictures without the change do.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Augmentation:
    """By how much pictures are changed; every picture by an amount of its own.

    There is no flip among the changes, and no colour: captions say "left" and "red", and must stay true.

    Source: Zhao et al. 2020 (DiffAugment), section 3, https://arxiv.org/abs/2006.10738
    """

    shift: float = 0.125  # farthest move along each edge, as a share of it
    hole: float = 0.375  # edge of the square that is wiped out, as a share of the picture's; 0: none
    chance: float = 1.0  # share of the pictures that are changed

    def __post_init__(self) -> None:
        for name in ("shift", "hole", "chance"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be a share between 0 and 1, but is {getattr(self, name)}")

    def __call__(self, pictures: Tensor, rng: torch.Generator) -> Tensor:
        """Change pictures (B, C, h, w); those that are left alone by `chance` come back as they were."""
        edge, count = pictures.shape[-1], len(pictures)
        moves = draw_moves(count, round(self.shift * edge), rng)
        corners = torch.randint(0, edge, (count, 2), generator=rng, device=rng.device)
        changed = cut_holes(shift(pictures, moves), corners, round(self.hole * edge))
        if self.chance == 1:
            return changed
        lots = torch.rand(count, 1, 1, 1, generator=rng, device=rng.device).to(pictures.device)
        return torch.where(lots < self.chance, changed, pictures)


def draw_moves(count: int, farthest: int, rng: torch.Generator) -> Tensor:
    """How far each of the pictures is moved down and to the right: (count, 2) int64 from -farthest to farthest."""
    return torch.randint(-farthest, farthest + 1, (count, 2), generator=rng, device=rng.device)


def shift(pictures: Tensor, moves: Tensor) -> Tensor:
    """Move each picture (B, C, h, w) by its own moves (B, 2), down and right; what comes in is 0.

    >>> shift(torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), torch.tensor([[0, 1]])).tolist()
    [[[[0.0, 1.0], [0.0, 3.0]]]]
    """
    height, width = pictures.shape[-2:]
    most = int(moves.abs().max()) if len(moves) else 0
    if most == 0:
        return pictures
    padded = F.pad(pictures, [most] * 4)
    moves = moves.to(pictures.device)
    rows = torch.arange(height, device=pictures.device) + most - moves[:, :1]  # (B, h)
    columns = torch.arange(width, device=pictures.device) + most - moves[:, 1:]  # (B, w)
    batch = torch.arange(len(pictures), device=pictures.device)
    return padded[batch[:, None, None], :, rows[:, :, None], columns[:, None, :]].movedim(-1, 1)


def cut_holes(pictures: Tensor, centres: Tensor, edge: int) -> Tensor:
    """Put 0 into a square of each picture (B, C, h, w); the parts that would lie outside are cut off.

    Args:
        centres: (B, 2) int64, row and column of the square's middle.
        edge: of the square; 0 leaves the pictures as they are.

    >>> cut_holes(torch.ones(1, 1, 2, 3), torch.tensor([[0, 2]]), 1).tolist()
    [[[[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]]]
    """
    if edge == 0:
        return pictures
    inside = []
    for axis, size in enumerate(pictures.shape[-2:]):
        places = torch.arange(size, device=pictures.device)
        first = centres[:, axis : axis + 1].to(pictures.device) - edge // 2
        inside.append((places >= first) & (places < first + edge))  # (B, size)
    hole = inside[0][:, None, :, None] & inside[1][:, None, None, :]  # (B, 1, h, w)
    return pictures.masked_fill(hole, 0.0)


def survives(shares: Tensor, chance: float) -> Tensor:
    """What a coin that flips pictures with this chance makes of the shares of left and right: (..., 2) -> (..., 2).

    A discriminator that sees flipped pictures only can compare nothing but these. At 1/2 they are equal whatever the
    shares were, so a generator is free to draw either: the change has leaked. At any other chance they are not.

    Source: Karras et al. 2020 (ADA), section 2.2, https://arxiv.org/abs/2006.06676

    >>> survives(torch.tensor([1.0, 0.0]), 0.25).tolist(), survives(torch.tensor([1.0, 0.0]), 0.5).tolist()
    ([0.75, 0.25], [0.5, 0.5])
    """
    return (1 - chance) * shares + chance * shares.flip(-1)
