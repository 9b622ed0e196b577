"""Captioned pictures of one's own as latents, with a right and a wrong caption for every step.

Nothing is known of them but their captions: no attributes, no counterfactuals. A wrong caption is another picture's,
and only where that picture shares no caption with this one.
"""

from collections.abc import Sequence
from copy import copy
from random import Random
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Dataset

from t2i_lib.autoencoder import Autoencoder
from t2i_lib.captioned import CaptionedPicture
from t2i_lib.datasets import pixels_to_images
from t2i_lib.text_encoder import TextEncoder


class OwnBatch(NamedTuple):
    """B pictures, each with a caption of its own and one of another picture."""

    latents: Tensor  # (B, C, h, w) float32
    token_ids: Tensor  # (B, L) int64
    mask: Tensor  # (B, L) bool
    wrong_token_ids: Tensor  # (B, L') int64
    wrong_mask: Tensor  # (B, L') bool


class OwnPictures:
    """Pictures in memory, as pixels and as latents, with their captions.

    Args:
        pictures: a captioned folder, OpenMoji, a hub table.
        autoencoder: encodes each picture once; its size says how large the pictures have to be.
        text_encoder: cuts captions into tokens.

    Raises:
        ValueError: if there are fewer than two, or the size does not fit.
    """

    def __init__(
        self,
        pictures: Dataset[CaptionedPicture],
        autoencoder: Autoencoder,
        text_encoder: TextEncoder,
    ) -> None:
        items = [pictures[index] for index in range(len(pictures))]
        size = autoencoder.config.image_size
        if len(items) < 2:
            raise ValueError(f"a game needs two pictures or more, but there are {len(items)}: no wrong caption exists")
        if items[0].pixels.shape != (size, size, 3):
            raise ValueError(f"pictures must be {size} pixels wide, but are {tuple(items[0].pixels.shape)}")
        self.text_encoder = text_encoder
        self.captions = [item.captions for item in items]
        self.images = pixels_to_images(torch.stack([item.pixels for item in items]))  # (N, 3, H, W)
        self.latents = encode(autoencoder, self.images)  # (N, C, h, w)

    def __len__(self) -> int:
        return len(self.captions)

    def part(self, indices: Sequence[int]) -> "OwnPictures":
        """Some of the pictures, in the given order."""
        part = copy(self)
        part.captions = [self.captions[index] for index in indices]
        part.images, part.latents = self.images[list(indices)], self.latents[list(indices)]
        return part

    def batch(self, indices: Tensor, rng: Random) -> OwnBatch:
        """Pictures `indices` with captions drawn by `rng`."""
        right = [rng.choice(self.captions[index]) for index in indices.tolist()]
        wrong = [rng.choice(self.captions[self.another(index, rng)]) for index in indices.tolist()]
        return OwnBatch(self.latents[indices], *self.text_encoder.tokenize(right), *self.text_encoder.tokenize(wrong))

    def another(self, index: int, rng: Random, tries: int = 20) -> int:
        """A picture that shares no caption with picture `index`; any other one if none is found."""
        other = index
        for _ in range(tries):
            other = (index + rng.randrange(1, len(self))) % len(self)
            if not set(self.captions[index]) & set(self.captions[other]):
                break
        return other


@torch.no_grad()
def encode(autoencoder: Autoencoder, images: Tensor) -> Tensor:
    """Images (N, 3, H, W) -> latents (N, C, h, w), on the CPU."""
    device = next(autoencoder.parameters()).device
    return torch.cat([autoencoder.encode(part.to(device)).float().cpu() for part in images.split(32)])
