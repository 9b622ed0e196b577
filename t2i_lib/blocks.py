"""Convolutional parts that autoencoder, generator and discriminator are built from.

No normalisation layers: the last convolution of every residual block starts small, so that each block begins close
to the identity and deep stacks train from the first step.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SLOPE = 0.2  # of the leaky rectifier below zero, everywhere in the picture networks


def activate(features: Tensor) -> Tensor:
    """Leaky ReLU: positive values pass, negative ones are scaled by 0.2.

    >>> activate(torch.tensor([-1.0, 2.0])).tolist()
    [-0.20000000298023224, 2.0]
    """
    return F.leaky_relu(features, SLOPE)


def convolution(in_channels: int, out_channels: int, kernel: int = 3, gain: float = 1.0) -> nn.Conv2d:
    """A size-keeping convolution with He initialisation for leaky ReLU; `gain` scales the initial weights.

    Source: He et al. 2015, eq. 15, https://arxiv.org/abs/1502.01852
    """
    layer = nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2)
    nn.init.kaiming_normal_(layer.weight, a=SLOPE)
    with torch.no_grad():
        layer.weight.mul_(gain)
    nn.init.zeros_(layer.bias)
    return layer


class ResidualBlock(nn.Module):
    """x + conv(act(conv(act(x)))): (B, C, H, W) -> (B, C, H, W), near the identity at the start."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = convolution(channels, channels)
        self.second = convolution(channels, channels, gain=0.1)

    def forward(self, features: Tensor) -> Tensor:
        return features + self.second(activate(self.first(activate(features))))


class ModulatedBlock(nn.Module):
    """A residual block whose channels are scaled and shifted by a style vector before each convolution.

    This is how noise and prompt reach every layer of the generator: the affine fusion of DF-GAN.

    Args:
        channels: C.
        style_dim: width S of the style vector.

    Shapes: (B, C, h, w), (B, S) -> (B, C, h, w).

    Source: Tao et al. 2022, section 3.3, https://arxiv.org/abs/2008.05865
    """

    def __init__(self, channels: int, style_dim: int) -> None:
        super().__init__()
        self.to_modulation = nn.Linear(style_dim, 4 * channels)
        nn.init.normal_(self.to_modulation.weight, std=0.5 * style_dim**-0.5)
        nn.init.zeros_(self.to_modulation.bias)
        self.first = convolution(channels, channels)
        self.second = convolution(channels, channels, gain=0.3)

    def forward(self, features: Tensor, style: Tensor) -> Tensor:
        scale_1, shift_1, scale_2, shift_2 = self.to_modulation(style)[:, :, None, None].chunk(4, dim=1)  # (B, C, 1, 1)
        hidden = self.first(activate(modulate(features, scale_1, shift_1)))
        return features + self.second(activate(modulate(hidden, scale_2, shift_2)))


def modulate(features: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """features * (1 + scale) + shift, channel by channel; scale and shift are (B, C, 1, 1).

    >>> modulate(torch.ones(1, 1, 1, 1), torch.tensor(1.0), torch.tensor(3.0)).item()
    5.0
    """
    return torch.addcmul(shift, features, 1 + scale)


class DownBlock(nn.Module):
    """Halve the grid: (B, C, h, w) -> (B, C', h/2, w/2), with a pooled shortcut.

    Pooling stands before the second convolution, which then costs a quarter.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.first = convolution(in_channels, in_channels)
        self.second = convolution(in_channels, out_channels, gain=0.3)
        self.shortcut = convolution(in_channels, out_channels, kernel=1)

    def forward(self, features: Tensor) -> Tensor:
        hidden = F.avg_pool2d(activate(self.first(activate(features))), 2)
        return self.shortcut(F.avg_pool2d(features, 2)) + self.second(hidden)


class Fold(nn.Module):
    """Fold patches of pixels into channels and mix them: (B, C, H, W) -> (B, C', H/patch, W/patch)."""

    def __init__(self, in_channels: int, out_channels: int, patch: int, kernel: int = 3) -> None:
        super().__init__()
        self.patch = patch
        self.mix = convolution(in_channels * patch**2, out_channels, kernel)

    def forward(self, features: Tensor) -> Tensor:
        return self.mix(F.pixel_unshuffle(features, self.patch))


class Unfold(nn.Module):
    """The way back: mix channels and unfold them into patches: (B, C, h, w) -> (B, C', h*patch, w*patch)."""

    def __init__(self, in_channels: int, out_channels: int, patch: int, kernel: int = 3, gain: float = 1.0) -> None:
        super().__init__()
        self.patch = patch
        self.mix = convolution(in_channels, out_channels * patch**2, kernel, gain)

    def forward(self, features: Tensor) -> Tensor:
        return F.pixel_shuffle(self.mix(features), self.patch)


def place_by_place(in_channels: int, hidden: int, out_channels: int, gain: float = 1.0) -> nn.Sequential:
    """A small network applied to every place of the grid by itself: (B, C, h, w) -> (B, C', h, w).

    One place of a latent grid stands for many pixels. Where in them an edge runs is not a linear matter, and this is
    the cheapest way to give each place some thought: no place looks at its neighbours, so nothing is paid for a kernel.
    """
    return nn.Sequential(
        convolution(in_channels, hidden, kernel=1),
        nn.LeakyReLU(SLOPE),
        convolution(hidden, out_channels, kernel=1, gain=gain),
    )
