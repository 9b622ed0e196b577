"""Noise becomes latents in several steps: a network that says, at every point of the way, where to go from there.

`FlowGenerator` stands behind the same door as the GAN's `Generator` (noise and text features in, latents out), so that
whatever draws with the one draws with the other. Its noise is as large as the latents: the road begins there.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from t2i_lib.attention import MultiHeadAttention
from t2i_lib.blocks import Fold, ModulatedBlock, Unfold, activate, convolution
from t2i_lib.flow_matching import Velocity, euler
from t2i_lib.generator import ReadWords
from t2i_lib.guidance import Read, both_ways, guide

_WAVES = 16  # pairs of sine and cosine that tell a time


@dataclass(frozen=True)
class FlowConfig:
    """Sizes of a flow's network, and how it draws unless told otherwise."""

    embed_dim: int = 192  # width D of the text features
    style_dim: int = 192
    widths: tuple[int, int] = (96, 144)  # on the latent grid, and on one half as fine
    depths: tuple[int, int, int] = (1, 3, 2)  # blocks on the way down, at the bottom, on the way up
    num_heads: int = 4
    latent_channels: int = 8
    latent_size: int = 16
    num_steps: int = 16
    guidance: float = 2.5  # 1: the plain answer, which costs half
    big_steps: bool = False  # whether it has learned steps of 1/8 and more, with this guidance built in

    def __post_init__(self) -> None:
        for name in ("widths", "depths"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON gives lists

    @property
    def noise_dim(self) -> int:
        """Numbers of noise a picture needs: as many as the latents have."""
        return self.latent_channels * self.latent_size**2


class LookAround(nn.Module):
    """Each place of the grid looks at all others: (B, C, h, w) -> (B, C, h, w)."""

    def __init__(self, channels: int, num_heads: int, grid: int) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(channels, num_heads)
        self.positions = nn.Parameter(torch.randn(1, grid * grid, channels) * 0.5)
        self.scale = nn.Parameter(torch.full((channels,), 0.3))

    def forward(self, features: Tensor) -> Tensor:
        places = features.flatten(2).transpose(1, 2)  # (B, h*w, C)
        seen, _ = self.attention(places + self.positions.to(places.dtype))  # (B, h*w, C)
        return features + (self.scale.to(seen.dtype) * seen).transpose(1, 2).reshape(features.shape)


class MiddleBlock(nn.Module):
    """Read the words, look around, think: (B, C, h, w), (B, S), text -> (B, C, h, w)."""

    def __init__(self, config: FlowConfig) -> None:
        super().__init__()
        width, grid = config.widths[1], config.latent_size // 2
        self.read_words = ReadWords(width, config.embed_dim, config.num_heads, grid)
        self.look_around = LookAround(width, config.num_heads, grid)
        self.block = ModulatedBlock(width, config.style_dim)

    def forward(self, features: Tensor, style: Tensor, text_features: Tensor, mask: Tensor) -> Tensor:
        features = self.look_around(self.read_words(features, text_features, mask))
        return self.block(features, style)


class FlowGenerator(nn.Module):
    """(noise, text) -> latents (B, C, h, w), by following a learned velocity from noise to picture.

    Attributes:
        num_steps, guidance, big_steps: how it draws; the configuration's at first, and free to be changed.
        follow: how small steps are taken: `euler`, or `heun` at twice the cost.
        nothing: (D,), how the empty prompt reads.
    """

    def __init__(self, config: FlowConfig) -> None:
        super().__init__()
        self.config = config
        self.num_steps, self.guidance, self.big_steps = config.num_steps, config.guidance, config.big_steps
        self.follow = euler
        fine, coarse = config.widths
        down, middle, up = config.depths
        self.read_pooled = nn.Sequential(nn.LayerNorm(config.embed_dim), nn.Linear(config.embed_dim, config.style_dim))
        self.to_style = nn.Sequential(
            nn.Linear(config.style_dim + 4 * _WAVES, config.style_dim),
            nn.LeakyReLU(0.2),
            nn.Linear(config.style_dim, config.style_dim),
            nn.LeakyReLU(0.2),
        )
        self.enter = convolution(config.latent_channels, fine)
        self.down = nn.ModuleList(ModulatedBlock(fine, config.style_dim) for _ in range(down))
        self.shrink = Fold(fine, coarse, patch=2, kernel=1)
        self.middle = nn.ModuleList(MiddleBlock(config) for _ in range(middle))
        self.grow = Unfold(coarse, fine, patch=2, kernel=1)
        self.merge = convolution(2 * fine, fine, kernel=1)
        self.read_words = ReadWords(fine, config.embed_dim, config.num_heads, config.latent_size)
        self.up = nn.ModuleList(ModulatedBlock(fine, config.style_dim) for _ in range(up))
        self.leave = convolution(fine, config.latent_channels, gain=0.1)
        self.register_buffer("nothing", torch.zeros(config.embed_dim))

    def velocity(self, points: Tensor, time: Tensor, text: Read, stride: Tensor | None = None) -> Tensor:
        """Where to go from here, and how fast.

        Args:
            points: (B, C, h, w), between noise and latents.
            time: (B,) in [0, 1].
            text: text_features (B, L, D), mask (B, L) bool, pooled_features (B, D).
            stride: (B,), the step that will be taken; 0, as without it, is a very small one.

        Returns:
            velocity: (B, C, h, w).
        """
        text_features, mask, pooled_features = text
        stride = torch.zeros_like(time) if stride is None else stride
        style = self.to_style(torch.cat([waves(time), waves(stride), self.read_pooled(pooled_features)], dim=1))
        fine = self.enter(points.contiguous(memory_format=torch.channels_last))  # (B, C0, h, w)
        for block in self.down:
            fine = block(fine, style)
        coarse = self.shrink(fine)  # (B, C1, h/2, w/2)
        for block in self.middle:
            coarse = block(coarse, style, text_features, mask)
        fine = self.merge(torch.cat([fine, self.grow(coarse)], dim=1))  # (B, C0, h, w)
        fine = self.read_words(fine, text_features, mask)
        for block in self.up:
            fine = block(fine, style)
        return self.leave(activate(fine)).float()  # (B, C, h, w)

    def forward(self, noise: Tensor, text_features: Tensor, mask: Tensor, pooled_features: Tensor) -> Tensor:
        """Draw latents (B, C, h, w) from noise (B, noise_dim) in `num_steps` steps, with `guidance`.

        Raises:
            ValueError: if the noise is of another size.
        """
        if noise.shape[-1] != self.config.noise_dim:
            raise ValueError(f"noise must be (B, {self.config.noise_dim}), but is {tuple(noise.shape)}")
        text = (text_features, mask, pooled_features)
        points = noise.unflatten(1, (self.config.latent_channels, self.config.latent_size, self.config.latent_size))
        if self.takes_big_steps:
            return euler(self._big_step(text), points, self.num_steps)
        return self.follow(self._guided(text) if self.guidance != 1 else self._plain(text), points, self.num_steps)

    @property
    def takes_big_steps(self) -> bool:
        """Whether it draws by steps that it has learned as a whole: 1, 2, 4 or 8 of them."""
        return self.big_steps and self.num_steps in (1, 2, 4, 8)

    def guided_velocity(self, points: Tensor, time: Tensor, both: Read, guidance: float) -> Tensor:
        """The velocity with a prompt, exaggerated; `both` as `guidance.both_ways` gives it."""
        twice = self.velocity(points.repeat(2, 1, 1, 1), time.repeat(2), both)
        return guide(*twice.chunk(2), guidance)

    def sample_noise(self, count: int, rng: torch.Generator | None = None) -> Tensor:
        """Standard normal noise (count, noise_dim) on the network's device."""
        return torch.randn(count, self.config.noise_dim, generator=rng).to(self.nothing.device)

    def _plain(self, text: Read) -> Velocity:
        return lambda here, time: self.velocity(here, _at(time, here), text)

    def _guided(self, text: Read) -> Velocity:
        both = both_ways(text, self.nothing)
        return lambda here, time: self.guided_velocity(here, _at(time, here), both, self.guidance)

    def _big_step(self, text: Read) -> Velocity:
        return lambda here, time: self.velocity(here, _at(time, here), text, _at(1 / self.num_steps, here))


def waves(time: Tensor) -> Tensor:
    """Numbers in [0, 1] as sines and cosines from slow to fast: (B,) -> (B, 32).

    A network finds it hard to tell 0.50 from 0.52; of a fast wave they are far apart.
    """
    speeds = math.pi * torch.logspace(0, 2, _WAVES, base=10, device=time.device) / 2
    angles = time[:, None] * speeds  # (B, 16)
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def _at(time: float, points: Tensor) -> Tensor:
    return torch.full((len(points),), time, device=points.device)
