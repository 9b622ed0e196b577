"""What latents show, as a network sees it that has learnt to read the attributes: the discriminator's eyes.

Trained on latents of real pictures, then frozen. A discriminator that looks through it does not have to find out by
itself what a figure or a rainbow is, and tells the generator so from the first step. It lives in latent space and has
never seen the judge, which stays independent.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from t2i_lib.blocks import DownBlock, ResidualBlock, activate, convolution
from t2i_lib.storybook.scene import ATTRIBUTES


@dataclass(frozen=True)
class FeatureNetworkConfig:
    """Sizes of a feature network. Each stage but the first halves the grid."""

    latent_channels: int = 8
    latent_size: int = 16
    widths: tuple[int, ...] = (64, 128, 192)
    feature_dim: int = 256

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))  # JSON gives lists

    @property
    def grids(self) -> tuple[int, ...]:
        """Edges of the feature maps, finest first."""
        return tuple(self.latent_size // 2**stage for stage in range(len(self.widths)))


class FeatureNetwork(nn.Module):
    """Latents (B, C, h, w) -> feature maps, finest first, and from the coarsest one the nine attributes.

    Source: Sauer et al. 2021 (Projected GANs), section 4, https://arxiv.org/abs/2111.01007
    """

    def __init__(self, config: FeatureNetworkConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        self.stem = nn.Sequential(convolution(config.latent_channels, widths[0]), ResidualBlock(widths[0]))
        self.stages = nn.ModuleList(
            nn.Sequential(DownBlock(a, b), ResidualBlock(b)) for a, b in zip(widths[:-1], widths[1:], strict=True)
        )
        self.squeeze = convolution(widths[-1], widths[-1] // 2, kernel=1)
        places = widths[-1] // 2 * config.grids[-1] ** 2
        self.to_features = nn.Linear(places + widths[-1], config.feature_dim)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(config.feature_dim, len(values)) for name, values in ATTRIBUTES.items()}
        )
        self.register_buffer("spreads", torch.ones(len(widths)))

    def forward(self, latents: Tensor) -> list[Tensor]:
        """Feature maps (B, Ci, h / 2^i, w / 2^i), each of mean square 1 over real pictures (see `measure`)."""
        features = self.stem(latents)
        maps = [features]
        for stage in self.stages:
            features = stage(features)
            maps.append(features)
        return [activate(each) / spread for each, spread in zip(maps, self.spreads, strict=True)]

    def read(self, maps: list[Tensor]) -> dict[str, Tensor]:
        """The attributes, from `forward`'s maps: attribute -> logits (B, number of values)."""
        grid = maps[-1] * self.spreads[-1]
        places = activate(self.squeeze(grid)).flatten(1)  # every place for itself: left and right are attributes too
        features = activate(self.to_features(torch.cat([places, grid.amax((2, 3))], dim=1)))
        return {name: head(features) for name, head in self.heads.items()}

    @torch.no_grad()
    def measure(self, latents: Tensor) -> None:
        """Store how large each map is over these latents (B, C, h, w) of real pictures; readings do not change."""
        maps = [torch.cat(parts) for parts in zip(*(self(part) for part in latents.split(64)), strict=True)]
        sizes = torch.stack([each.float().square().mean().sqrt() for each in maps])
        self.spreads.mul_(sizes.clamp(min=1e-6))
