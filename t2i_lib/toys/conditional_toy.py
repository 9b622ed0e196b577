"""Small networks that are told a label, each in a way of one's choice: what lesson 07 sets side by side.

Concatenation hands the label over as further inputs; affine modulation lets it scale and shift every channel;
projection lets it ask the finished features one question. All three read labels as vectors (B, 7).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2i_lib.blocks import DownBlock, ModulatedBlock, ResidualBlock, Unfold, activate, convolution
from t2i_lib.toys.tiny_scenes import LABEL_DIM

GENERATOR_WAYS = ("concatenation", "affine")
DISCRIMINATOR_WAYS = ("withheld", "concatenation", "affine", "projection")
NOISE_DIM = 16
_COARSE, _FINE, _VECTOR = 48, 32, 64  # channels at 4x4 and at 8x8, length of the discriminator's last vector


class ToyGenerator(nn.Module):
    """(noise, label) -> a tiny picture, over grids of 4x4 and 8x8 places.

    Args:
        way: "concatenation": the label joins the noise, once, at the start. "affine": the noise alone makes the first
            grid, and then both scale and shift the channels of every block.
    """

    def __init__(self, way: str = "affine") -> None:
        super().__init__()
        self.way = _known(way, GENERATOR_WAYS)
        both = NOISE_DIM + LABEL_DIM
        self.ground = nn.Parameter(torch.randn(_COARSE, 4, 4))  # what all pictures have in common: top and bottom
        self.to_grid = nn.Linear(both if way == "concatenation" else NOISE_DIM, _COARSE * 16, bias=False)
        self.coarse, self.fine = _block(_COARSE, way, both), _block(_FINE, way, both)
        self.grow = convolution(_COARSE, _FINE)
        self.to_pixels = Unfold(_FINE, 3, patch=2, gain=0.2)
        with torch.no_grad():  # a patch begins as four equal pixels: nobody need unlearn a checkerboard
            weight = self.to_pixels.mix.weight
            weight.copy_(weight[::4].repeat_interleave(4, 0))

    def forward(self, noise: Tensor, labels: Tensor) -> Tensor:
        """Noise (B, 16) and labels (B, 7) -> images (B, 3, 16, 16), about in [-1, 1]."""
        both = torch.cat([noise, labels], dim=1)  # (B, 23)
        start = both if self.way == "concatenation" else noise
        features = self.ground + self.to_grid(start).unflatten(1, (_COARSE, 4, 4))  # (B, 48, 4, 4)
        features = _through(self.coarse, features, both)
        features = _through(self.fine, self.grow(F.interpolate(features, scale_factor=2)), both)  # (B, 32, 8, 8)
        return self.to_pixels(activate(features))  # (B, 3, 16, 16)


class ToyDiscriminator(nn.Module):
    """Pictures of one label, stacked in channels, and the label -> one logit.

    Args:
        way: "withheld": it never sees the label. "concatenation": the label as further channels, the same number at
            every place. "affine": the label scales and shifts the channels of a block. "projection": see `forward`.
        pictures: how many pictures of one label it sees at once.
    """

    def __init__(self, way: str = "projection", pictures: int = 2) -> None:
        super().__init__()
        self.way, self.pictures = _known(way, DISCRIMINATOR_WAYS), pictures
        told = LABEL_DIM if way == "concatenation" else 0
        self.read = convolution(4 * 3 * pictures + told, _FINE)
        self.block, self.shrink = _block(_FINE, way, LABEL_DIM), DownBlock(_FINE, _COARSE)
        self.to_vector = nn.Linear(_COARSE * 16, _VECTOR)
        self.to_logit = nn.Linear(_VECTOR, 1)
        if way == "projection":
            self.embed = nn.Linear(LABEL_DIM, _VECTOR, bias=False)  # one learned vector a value, added up

    def look(self, images: Tensor, labels: Tensor) -> Tensor:
        """What it sees: (B, pictures * 3, 16, 16) and labels (B, 7) -> (B, V)."""
        patches = F.pixel_unshuffle(images, 2)  # (B, pictures * 12, 8, 8)
        if self.way == "concatenation":
            planes = labels[:, :, None, None].expand(-1, -1, 8, 8)  # (B, 7, 8, 8)
            patches = torch.cat([patches, planes], dim=1)
        features = self.shrink(_through(self.block, self.read(patches), labels))  # (B, 48, 4, 4)
        return activate(self.to_vector(activate(features).flatten(1)))

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Logits (B,); with projection: unconditional part + <what it sees, the label's vector> / sqrt(V).

        Source: Miyato & Koyama 2018, section 3, https://arxiv.org/abs/1802.05637
        """
        vector = self.look(images, labels)
        logits = self.to_logit(vector).squeeze(1)
        if self.way == "projection":
            logits = logits + (vector * self.embed(labels)).sum(1) / vector.shape[1] ** 0.5
        return logits


def _block(channels: int, way: str, told: int) -> nn.Module:
    return ModulatedBlock(channels, told) if way == "affine" else ResidualBlock(channels)


def _through(block: nn.Module, features: Tensor, labels: Tensor) -> Tensor:
    return block(features, labels) if isinstance(block, ModulatedBlock) else block(features)


def _known(way: str, ways: tuple[str, ...]) -> str:
    if way not in ways:
        raise ValueError(f"there is no way {way!r} to tell a network the label; choose one of {', '.join(ways)}")
    return way
