"""Does this picture fit this sentence? A small image-text network, trained on real pictures only, then frozen.

It tells the generator, word by word, what a picture is missing, long before the discriminator has found out. It lives
in latent space and has never seen the judge, which stays independent.

Sources: AttnGAN's matching loss, https://arxiv.org/abs/1711.10485; CLIP, https://arxiv.org/abs/2103.00020
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2i_lib.blocks import DownBlock, ResidualBlock, activate, convolution


@dataclass(frozen=True)
class MatcherConfig:
    """Sizes of a matcher."""

    embed_dim: int = 192  # width D of the text features
    latent_channels: int = 16
    latent_size: int = 16
    widths: tuple[int, ...] = (64, 128, 192)
    match_dim: int = 128

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))  # JSON gives lists


class Matcher(nn.Module):
    """Latents and prompts -> vectors of length 1 whose dot product says how well they fit."""

    def __init__(self, config: MatcherConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        self.stem = convolution(config.latent_channels, widths[0])
        self.stages = nn.ModuleList(DownBlock(a, b) for a, b in zip(widths[:-1], widths[1:], strict=True))
        self.last = ResidualBlock(widths[-1])
        grid = config.latent_size // 2 ** (len(widths) - 1)
        # Every place keeps its own weights here: an average over places would forget left and right.
        self.image_head = nn.Sequential(
            nn.Linear(widths[-1] * grid * grid, 512), nn.LeakyReLU(0.2), nn.Linear(512, config.match_dim)
        )
        self.text_head = nn.Sequential(
            nn.LayerNorm(config.embed_dim),
            nn.Linear(config.embed_dim, 512),
            nn.LeakyReLU(0.2),
            nn.Linear(512, config.match_dim),
        )
        self.log_scale = nn.Parameter(torch.tensor(10.0).log())

    def embed_latents(self, latents: Tensor) -> Tensor:
        """(B, C, h, w) -> (B, match_dim), length 1."""
        features = self.stem(latents)
        for stage in self.stages:
            features = stage(features)
        return F.normalize(self.image_head(activate(self.last(features)).flatten(1)).float(), dim=1)

    def embed_prompts(self, pooled_features: Tensor) -> Tensor:
        """(B, D) -> (B, match_dim), length 1."""
        return F.normalize(self.text_head(pooled_features).float(), dim=1)

    @property
    def scale(self) -> Tensor:
        """The inverse temperature that turns dot products into logits."""
        return self.log_scale.exp().clamp(max=50.0)
