"""Real or drawn, and does it fit the prompt? The article's second stage, second half.

The discriminator looks at latents, and at what a frozen feature network sees in them from fine to coarse; every view
has a head of its own that gives a logit of its own. It looks at two pictures of one caption at once, stacked in
channels: a generator that always draws the same picture is found out at a glance, which keeps its pictures varied.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from t2i_lib.attention import attend
from t2i_lib.blocks import DownBlock, ResidualBlock, activate, convolution
from t2i_lib.features import FeatureNetwork

SMALLEST_GRID = 4  # heads halve their grid down to this


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Sizes of a discriminator: one head for the latents, one for each map of the feature network."""

    embed_dim: int = 192  # width D of the text features
    channels: tuple[int, ...] = (8, 64, 128, 192)  # of one picture's latents, then of its feature maps
    grids: tuple[int, ...] = (16, 16, 8, 4)  # edges of the same
    width: int = 64  # channels of every head but the first
    # Of the first, a number a grid: nothing has looked at the latents before it, so it must see for itself.
    latent_widths: tuple[int, ...] = (96, 192, 256)
    vector_dim: int = 192  # of a head's verdict before it is one number
    pictures: int = 2  # how many pictures of one caption it sees at once
    region_dim: int = 64  # where words are compared with regions: on the second-coarsest view

    def __post_init__(self) -> None:
        for name in ("channels", "grids", "latent_widths"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON gives lists
        if len(self.channels) != len(self.grids) or len(self.grids) < 2:
            raise ValueError(
                "channels and grids need one number a view each, at least two, but have "
                f"{self.channels} and {self.grids}"
            )
        if self.grids[0] * 2 != SMALLEST_GRID * 2 ** len(self.latent_widths):
            raise ValueError(
                f"latent_widths needs one number for each grid from {self.grids[0]} down to {SMALLEST_GRID}, halving, "
                f"but is {self.latent_widths}"
            )


class WordRegionScore(nn.Module):
    """How well the prompt's words find what they name somewhere in the grid, one number a prompt.

    Every token looks over the regions (attention) and compares what it found with what it wants to see.

    Source: Xu et al. 2018, section 3.2, https://arxiv.org/abs/1711.10485
    """

    def __init__(self, channels: int, embed_dim: int, region_dim: int) -> None:
        super().__init__()
        self.regions = nn.Linear(channels, 2 * region_dim)
        self.words = nn.Linear(embed_dim, 2 * region_dim)

    def forward(self, features: Tensor, text_features: Tensor, mask: Tensor) -> Tensor:
        keys, values = self.regions(features.flatten(2).transpose(1, 2)).chunk(2, dim=-1)  # (B, h*w, R) each
        queries, wanted = self.words(text_features).chunk(2, dim=-1)  # (B, L, R) each
        found, _ = attend(queries, keys, values)  # (B, L, R)
        score = (found * wanted).mean(-1) * mask  # (B, L)
        return score.sum(1) / mask.sum(1)


class LatentHead(nn.Module):
    """Looks at pairs of latents for itself, from the finest grid to the coarsest -> (B, V), what is to be said."""

    def __init__(self, channels: int, widths: tuple[int, ...], vector_dim: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [convolution(channels, widths[0]), ResidualBlock(widths[0])]
        for finer, coarser in pairwise(widths):
            layers += [DownBlock(finer, coarser), ResidualBlock(coarser)]
        self.layers = nn.Sequential(*layers)
        self.to_vector = nn.Linear(widths[-1] * SMALLEST_GRID**2, vector_dim)

    def forward(self, view: Tensor) -> Tensor:
        return activate(self.to_vector(activate(self.layers(view)).flatten(1)))


class FeatureHead(nn.Module):
    """One map of the feature network, which has looked around already -> (B, V), what is to be said of it."""

    def __init__(self, channels: int, grid: int, width: int, vector_dim: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [convolution(channels, width, kernel=1)]
        while grid > SMALLEST_GRID:
            layers.append(DownBlock(width, width))
            grid //= 2
        self.layers = nn.Sequential(*layers)
        # Every place for itself: an average over places would forget left and right.
        self.to_vector = nn.Linear(width * grid * grid, vector_dim)

    def forward(self, view: Tensor) -> Tensor:
        return activate(self.to_vector(activate(self.layers(view)).flatten(1)))


class Discriminator(nn.Module):
    """logit of a view = unconditional part + projection on the pooled text; one view also hears single words."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        seen = [config.pictures * channels for channels in config.channels]
        eyes = LatentHead(seen[0], config.latent_widths, config.vector_dim)
        maps = zip(seen[1:], config.grids[1:], strict=True)
        self.heads = nn.ModuleList(
            [eyes, *(FeatureHead(channels, grid, config.width, config.vector_dim) for channels, grid in maps)]
        )
        self.to_logits = nn.ModuleList(nn.Linear(config.vector_dim, 1) for _ in seen)
        self.project = nn.Sequential(
            nn.LayerNorm(config.embed_dim),
            nn.Linear(config.embed_dim, config.vector_dim),
            nn.LeakyReLU(0.2),
            nn.Linear(config.vector_dim, len(seen) * config.vector_dim),
        )
        self.word_score = WordRegionScore(seen[-2], config.embed_dim, config.region_dim)

    def forward(self, views: Sequence[Tensor], text_features: Tensor, mask: Tensor, pooled_features: Tensor) -> Tensor:
        """Judge pairs of pictures against their prompts.

        Args:
            views: of each view (B, pictures * Ci, hi, wi), the pictures of one prompt stacked in channels.
            text_features, mask, pooled_features: (B, L, D), (B, L) bool, (B, D).

        Returns:
            logits (B, views), before any sigmoid; higher = more real, and more like the prompt.

        Source: Miyato & Koyama 2018 (projection), https://arxiv.org/abs/1802.05637; Lin et al. 2018 (packing),
        https://arxiv.org/abs/1712.04086; Sauer et al. 2021 (views), https://arxiv.org/abs/2111.01007
        """
        return self.match(views, self.look(views), text_features, mask, pooled_features)

    def look(self, views: Sequence[Tensor]) -> list[Tensor]:
        """What it sees, before any prompt: one vector (B, V) a view.

        Kept apart from `match` because one look serves the right and the wrong caption of the same pictures.
        """
        expected = [self.config.pictures * channels for channels in self.config.channels]
        received = [view.shape[1] for view in views]
        if received != expected:
            raise ValueError(
                f"views must be {len(expected)} tensors with {expected} channels: {self.config.pictures} pictures of "
                f"one prompt stacked in channels, but have {received}; stack_pairs stacks what see() returns"
            )
        return [head(view) for head, view in zip(self.heads, views, strict=True)]

    def match(
        self,
        views: Sequence[Tensor],
        vectors: Sequence[Tensor],
        text_features: Tensor,
        mask: Tensor,
        pooled_features: Tensor,
    ) -> Tensor:
        """Logits (B, views) of pictures already looked at, against prompts."""
        wanted = self.project(pooled_features).chunk(len(vectors), dim=1)  # (B, V) a view
        logits = [
            to_logit(vector).squeeze(1) + (vector * want).sum(1) / vector.shape[1] ** 0.5
            for to_logit, vector, want in zip(self.to_logits, vectors, wanted, strict=True)
        ]
        logits[-2] = logits[-2] + self.word_score(views[-2], text_features, mask)
        return torch.stack(logits, dim=1)


def see(features: FeatureNetwork, latents: Tensor) -> list[Tensor]:
    """The views of latents (N, C, h, w): themselves, then the feature network's maps, finest first."""
    return [latents, *features(latents)]


def stack_pairs(latents: Tensor) -> Tensor:
    """Put pictures 2i and 2i+1, drawn for one prompt, on top of each other: (2B, C, h, w) -> (B, 2C, h, w).

    >>> import torch
    >>> stack_pairs(torch.arange(4.0).reshape(4, 1, 1, 1)).flatten(1).tolist()
    [[0.0, 1.0], [2.0, 3.0]]
    """
    return latents.unflatten(0, (-1, 2)).flatten(1, 2)
