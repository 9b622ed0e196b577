"""Real or drawn, and does it fit the prompt? The article's second stage, second half.

The discriminator looks at two pictures of one caption at once, stacked in channels: a generator that always draws the
same picture is found out at a glance, which keeps its pictures varied.
"""

from dataclasses import dataclass

from torch import Tensor, nn

from t2i_lib.attention import attend
from t2i_lib.blocks import DownBlock, ResidualBlock, activate, convolution, place_by_place


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Sizes of a discriminator. Each stage but the last halves the grid."""

    embed_dim: int = 192  # width D of the text features
    widths: tuple[int, ...] = (96, 192, 256)
    latent_channels: int = 16
    pictures: int = 2  # how many pictures of one caption it sees at once
    region_stage: int = 1  # after this many halvings words are compared with regions
    region_dim: int = 64
    stem_width: int = 0  # hidden width of the first, place-by-place network; 0: a single convolution instead

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))  # JSON gives lists
        if not 0 <= self.region_stage < len(self.widths):
            raise ValueError(
                f"region_stage must be from 0 to {len(self.widths) - 1}, one of the widths, but is {self.region_stage}"
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


class Discriminator(nn.Module):
    """logit = unconditional part + projection on the pooled text + word-region score; higher = more real."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        seen = config.pictures * config.latent_channels
        if config.stem_width:
            self.stem = place_by_place(seen, config.stem_width, widths[0])
        else:
            self.stem = convolution(seen, widths[0])
        self.stages = nn.ModuleList(DownBlock(a, b) for a, b in zip(widths[:-1], widths[1:], strict=True))
        self.last = ResidualBlock(widths[-1])
        self.to_vector = convolution(widths[-1], widths[-1], kernel=1)
        self.to_logit = nn.Linear(widths[-1], 1)
        self.project = nn.Sequential(nn.LayerNorm(config.embed_dim), nn.Linear(config.embed_dim, widths[-1]))
        self.word_score = WordRegionScore(widths[config.region_stage], config.embed_dim, config.region_dim)

    def forward(self, latents_pair: Tensor, text_features: Tensor, mask: Tensor, pooled_features: Tensor) -> Tensor:
        """Judge pairs of pictures against their prompts.

        Args:
            latents_pair: (B, pictures * C, h, w), the pictures of one prompt stacked in channels.
            text_features, mask, pooled_features: (B, L, D), (B, L) bool, (B, D).

        Returns:
            logits (B,), before any sigmoid.

        Source: Miyato & Koyama 2018 (projection), https://arxiv.org/abs/1802.05637; Lin et al. 2018 (packing),
        https://arxiv.org/abs/1712.04086
        """
        return self.match(*self.look(latents_pair), text_features, mask, pooled_features)

    def look(self, latents_pair: Tensor) -> tuple[Tensor, Tensor]:
        """What it sees, before any prompt: regions (B, C1, h', w') and one vector (B, C2).

        Kept apart from `match` because one look serves the right and the wrong caption of the same pictures.
        """
        expected = self.config.pictures * self.config.latent_channels
        if latents_pair.ndim != 4 or latents_pair.shape[1] != expected:
            raise ValueError(
                f"latents_pair must be (B, {expected}, h, w): {self.config.pictures} pictures of one prompt stacked in "
                f"channels, but is {tuple(latents_pair.shape)}; torch.cat([first, second], dim=1) stacks them"
            )
        features = self.stem(latents_pair)
        regions = features
        for number, stage in enumerate(self.stages, start=1):
            features = stage(features)
            if number == self.config.region_stage:
                regions = features
        vector = activate(self.to_vector(activate(self.last(features)))).mean(dim=(2, 3))
        return regions, vector

    def match(
        self, regions: Tensor, vector: Tensor, text_features: Tensor, mask: Tensor, pooled_features: Tensor
    ) -> Tensor:
        """Logits (B,) of pictures already looked at, against prompts."""
        width = vector.shape[1]
        projection = (vector * self.project(pooled_features)).sum(1) / width**0.5
        return self.to_logit(vector).squeeze(1) + projection + self.word_score(regions, text_features, mask)


def stack_pairs(latents: Tensor) -> Tensor:
    """Put pictures 2i and 2i+1, drawn for one prompt, on top of each other: (2B, C, h, w) -> (B, 2C, h, w).

    >>> import torch
    >>> stack_pairs(torch.arange(4.0).reshape(4, 1, 1, 1)).flatten(1).tolist()
    [[0.0, 1.0], [2.0, 3.0]]
    """
    return latents.unflatten(0, (-1, 2)).flatten(1, 2)
