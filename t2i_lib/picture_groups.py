"""Pictures that are nearly the same, and splits that keep them together.

Whoever puts a photograph into the training part and its brightened copy into the part that was kept back measures
memory and calls it understanding. So near-duplicates are found first, and go to one side of the split as a group.
"""

from random import Random

import torch.nn.functional as F
from torch import Tensor

GRID = 16  # cells along each edge of the small picture that is compared
NEAR = 0.985  # from which likeness on two pictures count as one


def fingerprint(images: Tensor) -> Tensor:
    """Each picture shrunk to 16 x 16, its brightness and contrast taken out: (N, 3, H, W) -> (N, 768), of length 1.

    A copy in another size, a little brighter or compressed, has nearly the same one; the likeness of two is their
    product.

    >>> import torch
    >>> stripes = torch.tensor([-1.0, 1.0]).repeat(8).expand(1, 3, 16, 16)
    >>> round((fingerprint(stripes) * fingerprint(0.5 * stripes + 0.2)).sum().item(), 4)
    1.0
    """
    small = F.adaptive_avg_pool2d(images.float(), GRID).flatten(1)
    return F.normalize(small - small.mean(1, keepdim=True), dim=1)


def near_groups(prints: Tensor, near: float = NEAR) -> list[list[int]]:
    """Groups of pictures that are linked by near-duplicates, in the order of their first picture.

    Args:
        prints: (N, F), from `fingerprint`.
        near: how alike near-duplicates are at least, at most 1.

    >>> import torch
    >>> near_groups(torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.999, 0.04]]))
    [[0, 2], [1]]
    """
    linked = prints @ prints.T >= near  # (N, N)
    groups, waiting = [], set(range(len(prints)))
    for first in range(len(prints)):
        if first not in waiting:
            continue
        waiting.discard(first)
        group, asked = [first], [first]
        while asked:
            more = [other for other in linked[asked.pop()].nonzero()[:, 0].tolist() if other in waiting]
            waiting.difference_update(more)
            group += more
            asked += more
        groups.append(sorted(group))
    return groups


def split_by_group(images: Tensor, share: float, seed: int = 0) -> list[int]:
    """Which pictures to keep back: whole groups by lot, until about `share` of all pictures are there, at least two.

    Raises:
        ValueError: if fewer than two pictures would be left to train on.
    """
    groups = near_groups(fingerprint(images))
    Random(seed).shuffle(groups)
    wanted, kept = max(2, round(share * len(images))), []
    for group in groups:
        if len(kept) + len(group) <= max(wanted, 2):
            kept += group
    if len(kept) < 2 or len(images) - len(kept) < 2:
        raise ValueError(
            f"{len(images)} pictures in {len(groups)} groups of near-duplicates cannot be split: two must be left on "
            "either side; add pictures that differ more, or say which to keep back with held_out=[...]"
        )
    return sorted(kept)
