"""Pictures with captions for training: the storybook world as a data set, drawn on demand or read from a cache.

`StorybookDataset` gives pairs of pictures with the truth about them. Captions are not stored: they are worded afresh
from what an item states, so every epoch reads other sentences about the same pictures.
"""

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from t2i_lib.picture_cache import PictureCache, build_cache
from t2i_lib.storybook.captions import Caption, describe
from t2i_lib.storybook.pairs import RENDER_SIZE, draw_pair, ids_to_stated, pair_rng, sample_pair, shrink
from t2i_lib.storybook.scene import SPLITS, scene_rng


class PicturePair(NamedTuple):
    """One item of the storybook, or with a leading axis B, a batch of them."""

    pixels: Tensor  # (2, H, W, 3) uint8, two pictures of one caption
    attributes: Tensor  # (2, 9) int64, what each picture shows, -1 = does not apply
    stated: Tensor  # (9,) int64, what the caption states, -1 = not stated


class StorybookDataset(Dataset[PicturePair]):
    """Pairs of storybook pictures: item i of a split is the same on every machine, drawn fresh or from a cache.

    Args:
        split: "train", "validation", "test" or "unseen".
        size: width of the pictures, pixels. Divisors of 128 are averaged down from 128.
        count: number of pairs.
        seed: another seed gives other pictures of the same split.
        cache: folder to keep the pictures in; what is missing there is drawn first. None draws every item on demand.

    Raises:
        ValueError: if the split is unknown, a number is below 1, or the folder holds a cache of something else.
    """

    def __init__(
        self, split: str, size: int, count: int, seed: int = 0, cache: str | os.PathLike | None = None
    ) -> None:
        if split not in SPLITS:
            raise ValueError(f"unknown split {split!r}; choose one of {', '.join(SPLITS)}")
        if size < 1 or count < 1:
            raise ValueError(f"size and count must be at least 1, but are {size} and {count}")
        self.split, self.size, self.count, self.seed = split, size, count, seed
        self.cache: PictureCache | None = None
        if cache is not None:
            stored_size = size if RENDER_SIZE % size else RENDER_SIZE
            self.cache = build_cache(cache, split, stored_size, count, seed)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> PicturePair:
        if not 0 <= index < self.count:
            raise IndexError(f"item {index} of {self.count}")
        if self.cache is None:
            pixels, _ = draw_pair(self.split, index, self.size, self.seed)
        else:
            pixels = shrink(self.cache.pixels(index), self.size)
        labels = self.labels(index)
        return PicturePair(torch.from_numpy(pixels), labels[:2], labels[2])

    def labels(self, index: int) -> Tensor:
        """The truth about item `index` without its pictures: (3, 9) int64, both pictures' attributes, then `stated`."""
        if self.cache is None:
            ids = sample_pair(self.split, pair_rng(self.split, index, self.seed)).to_ids()
        else:
            ids = self.cache.labels[index]
        return torch.from_numpy(ids.astype(np.int64))

    def batch(self, indices: Sequence[int] | Tensor) -> PicturePair:
        """Several items stacked: (B, 2, H, W, 3), (B, 2, 9), (B, 9)."""
        items = [self[int(index)] for index in indices]
        return PicturePair(*(torch.stack(parts) for parts in zip(*items, strict=True)))

    def caption(self, index: int, epoch: int = 0, language: str | None = None) -> Caption:
        """A sentence about item `index`, worded anew in every epoch; `language` None takes either by lot."""
        rng = scene_rng(self.split, index, f"caption {self.seed} {epoch}")
        return describe(ids_to_stated(self.labels(index)[2].tolist()), rng, language)


def shuffled_indices(step: int, batch_size: int, count: int, seed: int = 0) -> Tensor:
    """The items of training step `step`: every epoch visits all `count` items once, in an order of its own.

    The answer depends on the arguments alone, so a resumed run goes on with the very batches it would have had.

    Returns:
        indices: (batch_size,) int64 in [0, count).

    >>> sorted(torch.cat([shuffled_indices(step, 2, 6) for step in range(3)]).tolist())
    [0, 1, 2, 3, 4, 5]
    """
    positions = range(step * batch_size, (step + 1) * batch_size)
    orders = {epoch: _epoch_order(epoch, count, seed) for epoch in {position // count for position in positions}}
    return torch.tensor([orders[position // count][position % count] for position in positions])


@lru_cache(maxsize=8)
def _epoch_order(epoch: int, count: int, seed: int) -> list[int]:
    rng = torch.Generator().manual_seed(1_000_003 * seed + epoch)
    return torch.randperm(count, generator=rng).tolist()


def pixels_to_images(pixels: Tensor) -> Tensor:
    """(..., H, W, 3) uint8 -> (..., 3, H, W) float32 in [-1, 1].

    >>> pixels_to_images(torch.tensor([[[0, 255, 51]]], dtype=torch.uint8)).flatten().tolist()
    [-1.0, 1.0, -0.6000000238418579]
    """
    if pixels.dtype != torch.uint8 or pixels.shape[-1] != 3:
        raise ValueError(f"pixels must be (..., H, W, 3) uint8, but are {tuple(pixels.shape)} {pixels.dtype}")
    return pixels.movedim(-1, -3).float().div(127.5).sub(1.0)


def images_to_pixels(images: Tensor) -> Tensor:
    """(..., 3, H, W) in [-1, 1] -> (..., H, W, 3) uint8; values outside the range are cut off.

    >>> images_to_pixels(torch.tensor([-1.0, 0.0, 9.0]).view(3, 1, 1)).flatten().tolist()
    [0, 128, 255]
    """
    if images.shape[-3] != 3:
        raise ValueError(f"images must be (..., 3, H, W), but are {tuple(images.shape)}")
    return images.float().add(1.0).mul(127.5).round().clamp(0, 255).to(torch.uint8).movedim(-3, -1)
