"""An invisible mark in the pixels themselves: spread thin over the whole picture, found again by whoever has the key.

`hide_bits` writes into the lowest bit of each pixel: simple, and gone with the first JPEG. `embed` adds a faint
chequered noise that a key decides; no pixel says anything, all together do. `detect` gives a score that is near N(0,
1) for a picture without the mark.
Source: Cox, Kilian, Leighton, Shamoon 1997, https://doi.org/10.1109/83.650120
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

STRENGTH = 2.0  # levels of 255
CELL = 2  # pixels: a finer pattern is the first thing that JPEG throws away
THRESHOLD = 4.0  # a score above it counts as "marked": chance gets there about once in 30,000 pictures
_TILE = 256  # pixels
_LOUDEST = 12.0  # what stands out more than this is the picture, not the mark


def pattern(key: int, height: int, width: int) -> Tensor:
    """The mark of a key: (H, W) float32 of -1 and +1, in squares of `CELL` pixels.

    A larger pattern begins with the smaller one; beyond `_TILE` pixels it repeats itself.
    """
    rng = torch.Generator().manual_seed(key)
    cells = torch.randint(0, 2, (_TILE // CELL, _TILE // CELL), generator=rng) * 2.0 - 1
    tile = cells.repeat_interleave(CELL, 0).repeat_interleave(CELL, 1)
    return tile.repeat(math.ceil(height / _TILE), math.ceil(width / _TILE))[:height, :width]


def embed(picture: Image.Image, key: int, strength: float = STRENGTH) -> Image.Image:
    """The same picture with the mark of a key; what its file says beside the pixels is kept."""
    pixels = torch.from_numpy(np.array(picture.convert("RGB"))).float()  # (H, W, 3)
    marked = pixels + strength * pattern(key, *pixels.shape[:2])[..., None]
    copy = picture.copy()  # keeps `info` and, for a drawn picture, its way of saving
    copy.__class__ = picture.__class__
    copy.paste(Image.fromarray(marked.round().clamp(0, 255).to(torch.uint8).numpy()))
    return copy


def residue(picture: Image.Image) -> Tensor:
    """What is left of a picture without its smooth parts and its strong edges: (H, W), where a mark would be heard."""
    grey = torch.from_numpy(np.array(picture.convert("RGB"))).float().mean(2)[None, None]  # (1, 1, H, W)
    smooth = F.avg_pool2d(F.pad(grey, (4, 4, 4, 4), mode="reflect"), 9, stride=1)
    left = (grey - smooth)[0, 0].clamp(-_LOUDEST, _LOUDEST)
    return left - left.mean()


def detect(picture: Image.Image, key: int) -> float:
    """How clearly the mark of a key is there: about N(0, 1) without it, above `THRESHOLD` with it."""
    left = residue(picture)
    return _score((left * pattern(key, *left.shape)).sum(), left)


def detect_shifted(picture: Image.Image, key: int, reach: int = 16) -> float:
    """The best score over all pieces that a crop of up to `reach` pixels may have left.

    Many tries make chance louder: with 17 x 17 of them take a threshold of 5.5, not 4.
    """
    left = residue(picture)
    height, width = left.shape
    whole = pattern(key, height + reach, width + reach)
    products = F.conv2d(whole[None, None], left[None, None])  # (1, 1, reach + 1, reach + 1)
    return _score(products.max(), left)


def _score(product: Tensor, left: Tensor) -> float:
    """A sum of products in units of its own chance: a cell's CELL x CELL pixels say the same, and are heard as one."""
    return (product / (left.norm() * CELL)).item()


def hide_bits(picture: Image.Image, key: int) -> Image.Image:
    """Put a key's random bits into the lowest bit of each number of the picture."""
    pixels = np.array(picture.convert("RGB"))
    return Image.fromarray((pixels & 0xFE) | _bits(key, pixels.shape))


def read_bits(picture: Image.Image, key: int) -> float:
    """The share of lowest bits that are the key's: 1 where all survived, 0.5 by chance."""
    pixels = np.array(picture.convert("RGB"))
    return float(((pixels & 1) == _bits(key, pixels.shape)).mean())


def _bits(key: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(key).integers(0, 2, shape, dtype=np.uint8)
