"""Ask the judge about finished pictures: of what was wished, how much is there?"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from t2i_lib.datasets import pixels_to_images
from t2i_lib.judge import Judge
from t2i_lib.locations import checkpoint_folder
from t2i_lib.storybook.scene import ATTRIBUTES


def load_judge() -> Judge:
    """The judge that comes with the repository.

    Raises:
        ValueError: if it is missing or broken.
    """
    return Judge.load(checkpoint_folder("judge"))


def as_images(pictures: Sequence[Image.Image]) -> Tensor:
    """Pictures of one size as numbers: (B, 3, H, W) in [-1, 1].

    >>> as_images([Image.new("RGB", (3, 2), "white")]).shape
    torch.Size([1, 3, 2, 3])
    """
    pixels = np.stack([np.asarray(picture.convert("RGB")) for picture in pictures])
    return pixels_to_images(torch.from_numpy(pixels))


def shares_found(judge: Judge, images: Tensor, stated: Mapping[str, str]) -> dict[str, float]:
    """For each stated attribute the share of the pictures (B, 3, H, W) in which the judge finds its value."""
    found = judge.attributes(images)  # (B, 9)
    names = list(ATTRIBUTES)
    return {
        name: (found[:, names.index(name)] == ATTRIBUTES[name].index(value)).float().mean().item()
        for name, value in stated.items()
    }
