"""Does an artist copy? The nearest training picture, and the same question put to pictures it has never seen.

A near neighbour proves nothing by itself: pictures of one small world resemble each other, and soft pictures resemble
everything. So the training pictures compete with as many fresh ones from the same renderer. If a drawn picture's
nearest neighbour is a training picture in half of the cases, the training pictures have no advantage.
Source: Meehan, Chaudhuri, Dasgupta 2020, https://arxiv.org/abs/2004.05675
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from t2i_lib.datasets import StorybookDataset, pixels_to_images
from t2i_lib.metrics import Estimate, share
from t2i_lib.storybook.scene import ATTRIBUTES

LIKE = ("place", "time", "weather", "subject", "color")  # by which pictures are looked up


def nearest(queries: Tensor, pool: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest of a pool: (B, ...), (N, ...) -> distances (B,) and places (B,); Euclidean.

    >>> nearest(torch.tensor([[0.0, 0.0]]), torch.tensor([[5.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
    (tensor([1.]), tensor([2]))
    """
    if not len(pool) or queries.shape[1:] != pool.shape[1:]:
        raise ValueError(
            f"a pool of things like the queries is needed, not {tuple(queries.shape)}, {tuple(pool.shape)}"
        )
    best = torch.cdist(queries.flatten(1).float(), pool.flatten(1).float()).min(dim=1)
    return best.values, best.indices


def training_share(to_training: Tensor, to_fresh: Tensor) -> Estimate:
    """The share of pictures that are nearer to training than to fresh pictures; ties are left out. 0.5 = no copying.

    Args:
        to_training, to_fresh: (B,) distances to the nearest of two pools of one size.

    >>> training_share(torch.tensor([1.0, 3.0]), torch.tensor([2.0, 2.0])).value
    0.5
    """
    unequal = to_training != to_fresh
    return share(int((to_training < to_fresh).sum()), int(unequal.sum()))


class Shelf:
    """Storybook pictures, found by what they show and drawn only when somebody wants to see them.

    Args:
        count: pairs of pictures; the artists' own training has 24,000 with seed 0.
        seed: 0 = the training pictures themselves; another = pictures from the same renderer that no training saw.
    """

    def __init__(self, count: int, seed: int = 0, size: int = 64) -> None:
        self.data = StorybookDataset("train", size, count, seed)
        self.labels = torch.cat([self.data.labels(index)[:2] for index in range(count)])  # (2 count, 9)

    def __len__(self) -> int:
        return len(self.labels)

    def like(self, attributes: Tensor, names: Sequence[str] = LIKE) -> list[int]:
        """The places of all pictures that agree with (9,) attributes in `names`."""
        columns = [list(ATTRIBUTES).index(name) for name in names]
        return (self.labels[:, columns] == attributes[columns]).all(1).nonzero().flatten().tolist()

    def images(self, places: Sequence[int]) -> Tensor:
        """The pictures at these places: (N, 3, H, W) in [-1, 1]."""
        return pixels_to_images(torch.stack([self.data[place // 2].pixels[place % 2] for place in places]))


def rivals(attributes: Tensor, training: Shelf, fresh: Shelf, most: int = 100) -> tuple[Tensor, Tensor] | None:
    """The look-alikes of (9,) attributes on both shelves, equally many, at most so many; None if a shelf has none.

    Returns:
        pictures: two tensors (N, 3, H, W), from the training and from the fresh shelf.
    """
    ours, theirs = training.like(attributes), fresh.like(attributes)
    count = min(len(ours), len(theirs), most)
    return (training.images(ours[:count]), fresh.images(theirs[:count])) if count else None


def duel(images: Tensor, attributes: Tensor, training: Shelf, fresh: Shelf) -> tuple[Tensor, Tensor]:
    """Distances of pictures to their nearest look-alike on both shelves: (C,) each, C <= B.

    Args:
        images: (B, 3, H, W).
        attributes: (B, 9), what they show, -1 = does not apply; pictures without look-alikes are left out.

    Raises:
        ValueError: if no picture has any.
    """
    distances = []
    for image, seen in zip(images, attributes, strict=True):
        pools = rivals(seen, training, fresh)
        if pools is not None:
            distances.append(torch.cat([nearest(image[None], pool)[0] for pool in pools]))
    if not distances:
        raise ValueError("no picture has a look-alike on both shelves; take larger ones")
    return tuple(torch.stack(distances).unbind(1))
