"""Noise and prompt become latents: the article's second stage, first half.

The prompt acts twice: its pooled vector, joined with the noise, styles every block (what the picture is about), and
cross-attention lets each place of the grid read single words (which colour belongs where).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from t2i_lib.attention import MultiHeadAttention
from t2i_lib.blocks import ModulatedBlock, Unfold, activate, convolution, place_by_place


@dataclass(frozen=True)
class GeneratorConfig:
    """Sizes of a generator. Stage 0 works on a 4x4 grid, each further stage on one twice as fine."""

    noise_dim: int = 64
    embed_dim: int = 192  # width D of the text features
    style_dim: int = 256
    widths: tuple[int, ...] = (256, 192, 128)
    depths: tuple[int, ...] = (1, 2, 2)
    attention_stages: tuple[int, ...] = (1, 2)
    style_hears_prompt: bool = True  # False: style is noise alone, and words arrive by cross-attention only
    num_heads: int = 4
    latent_channels: int = 8
    head_width: int = 0  # hidden width of the last, place-by-place network; 0: a single convolution instead

    def __post_init__(self) -> None:
        for name in ("widths", "depths", "attention_stages"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON gives lists
        if len(self.widths) != len(self.depths):
            raise ValueError(
                f"widths and depths need one number a stage each, but have {self.widths} and {self.depths}"
            )
        if not set(self.attention_stages) <= set(range(len(self.widths))):
            raise ValueError(
                f"attention_stages names stages from 0 to {len(self.widths) - 1}, but is {self.attention_stages}"
            )

    @property
    def latent_size(self) -> int:
        """Edge of the latent grid."""
        return 4 * 2 ** (len(self.widths) - 1)


class ReadWords(nn.Module):
    """Each place of the grid asks the prompt's tokens for what it should show: (B, C, h, w) -> (B, C, h, w)."""

    def __init__(self, channels: int, embed_dim: int, num_heads: int, grid: int) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(channels, num_heads, context_dim=embed_dim)
        self.positions = nn.Parameter(torch.randn(1, grid * grid, channels) * 0.5)  # so that "left" has a meaning
        self.scale = nn.Parameter(torch.full((channels,), 0.3))

    def forward(self, features: Tensor, text_features: Tensor, mask: Tensor) -> Tensor:
        places = features.flatten(2).transpose(1, 2)  # (B, h*w, C)
        positions, scale = self.positions.to(places.dtype), self.scale.to(places.dtype)  # fp32 would spread from here
        read, _ = self.attention(places + positions, text_features, mask)  # (B, h*w, C)
        return features + (scale * read).transpose(1, 2).reshape(features.shape)


class GeneratorStage(nn.Module):
    """The blocks of one grid size; every stage but the first begins by doubling the grid."""

    def __init__(self, config: GeneratorConfig, stage: int) -> None:
        super().__init__()
        width = config.widths[stage]
        self.grow = Unfold(config.widths[stage - 1], width, patch=2, kernel=1) if stage else None
        self.read_words = None
        if stage in config.attention_stages:
            self.read_words = ReadWords(width, config.embed_dim, config.num_heads, grid=4 * 2**stage)
        self.blocks = nn.ModuleList(ModulatedBlock(width, config.style_dim) for _ in range(config.depths[stage]))

    def forward(self, features: Tensor, style: Tensor, text_features: Tensor, mask: Tensor) -> Tensor:
        if self.grow is not None:
            features = self.grow(features)
        if self.read_words is not None:
            features = self.read_words(features, text_features, mask)
        for block in self.blocks:
            features = block(features, style)
        return features


class Generator(nn.Module):
    """(noise, text) -> latents (B, C, h, w), in the standardised space of the autoencoder."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        self.read_pooled = nn.Sequential(nn.LayerNorm(config.embed_dim), nn.Linear(config.embed_dim, config.style_dim))
        self.to_style = nn.Sequential(
            nn.Linear(config.noise_dim + config.style_dim, config.style_dim),
            nn.LeakyReLU(0.2),
            nn.Linear(config.style_dim, config.style_dim),
            nn.LeakyReLU(0.2),
        )
        self.to_grid = nn.Linear(config.style_dim, config.widths[0] * 16)
        self.stages = nn.ModuleList(GeneratorStage(config, stage) for stage in range(len(config.widths)))
        if config.head_width:
            self.to_latents = place_by_place(config.widths[-1], config.head_width, config.latent_channels, gain=0.5)
        else:
            self.to_latents = convolution(config.widths[-1], config.latent_channels, gain=0.5)

    def forward(self, noise: Tensor, text_features: Tensor, mask: Tensor, pooled_features: Tensor) -> Tensor:
        """Draw latents.

        Args:
            noise: (B, noise_dim), standard normal; what makes two pictures of one prompt differ.
            text_features: (B, L, D), one vector a token.
            mask: (B, L) bool, True = real token.
            pooled_features: (B, D), one vector a prompt.

        Returns:
            latents (B, C, h, w).

        Raises:
            ValueError: if widths do not fit the configuration.
        """
        self._check(noise, text_features, pooled_features)
        about = self.read_pooled(pooled_features) * self.config.style_hears_prompt  # (B, S)
        style = self.to_style(torch.cat([noise, about], dim=1))  # (B, S)
        features = self.to_grid(style).unflatten(1, (-1, 4, 4))  # (B, C0, 4, 4)
        features = features.contiguous(memory_format=torch.channels_last)
        for stage in self.stages:
            features = stage(features, style, text_features, mask)  # (B, Ci, 4 * 2^i, 4 * 2^i)
        return self.to_latents(activate(features))  # (B, C, h, w)

    def sample_noise(self, count: int, rng: torch.Generator | None = None) -> Tensor:
        """Standard normal noise (count, noise_dim) on the generator's device."""
        noise = torch.randn(count, self.config.noise_dim, generator=rng)  # drawn on the CPU: same seed, same picture
        return noise.to(self.to_grid.weight.device)

    def _check(self, noise: Tensor, text_features: Tensor, pooled_features: Tensor) -> None:
        for name, tensor, width in (
            ("noise", noise, self.config.noise_dim),
            ("text_features", text_features, self.config.embed_dim),
            ("pooled_features", pooled_features, self.config.embed_dim),
        ):
            if tensor.shape[-1] != width:
                raise ValueError(
                    f"{name} must be {width} wide, as this generator was trained, but is {tuple(tensor.shape)}; "
                    "use the text encoder and noise_dim stored with the generator"
                )
