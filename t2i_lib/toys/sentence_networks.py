"""Small networks that hear a sentence: generator and discriminator for the world of suns and seas.

They are made of the real networks' parts. The generator's style comes from the noise and one vector a sentence; if it
may, its places read single words besides. The discriminator's logit has three terms, as the real one's.
"""

import torch
from torch import Tensor, nn

from t2i_lib.blocks import DownBlock, ModulatedBlock, ResidualBlock, Unfold, activate, convolution
from t2i_lib.discriminator import WordRegionScore
from t2i_lib.generator import ReadWords

NOISE_DIM = 12
_TOLD, _COARSE, _FINE, _VECTOR = 32, 32, 24, 48  # the sentence in the style; channels at 4x4, at 8x8; the verdict


class SentenceGenerator(nn.Module):
    """(noise, sentence) -> a picture of 8 x 8 pixels.

    Args:
        embed_dim: width D of the text features.
        reads_words: whether places read single words by cross-attention; without, one vector has to say it all.
    """

    def __init__(self, embed_dim: int, reads_words: bool = True) -> None:
        super().__init__()
        self.read_pooled = nn.Sequential(nn.LayerNorm(embed_dim), nn.Linear(embed_dim, _TOLD), nn.LeakyReLU(0.2))
        style_dim = NOISE_DIM + _TOLD
        self.to_grid = nn.Linear(style_dim, _COARSE * 16)
        self.coarse = ModulatedBlock(_COARSE, style_dim)
        self.grow = Unfold(_COARSE, _FINE, patch=2, kernel=1)
        self.read_words = ReadWords(_FINE, embed_dim, num_heads=2, grid=8) if reads_words else None
        self.fine = ModulatedBlock(_FINE, style_dim)
        self.to_pixels = convolution(_FINE, 3, gain=0.5)

    def forward(self, noise: Tensor, text_features: Tensor, mask: Tensor, pooled_features: Tensor) -> Tensor:
        """Noise (B, 12), (B, L, D), (B, L) bool, (B, D) -> images (B, 3, 8, 8), about in [-1, 1]."""
        style = torch.cat([noise, self.read_pooled(pooled_features)], dim=1)  # (B, S)
        features = self.coarse(self.to_grid(style).unflatten(1, (_COARSE, 4, 4)), style)  # (B, C, 4, 4)
        features = self.grow(features)  # (B, C', 8, 8)
        if self.read_words is not None:
            features = self.read_words(features, text_features, mask)
        return self.to_pixels(activate(self.fine(features, style)))


class SentenceDiscriminator(nn.Module):
    """A picture and a sentence -> one logit: unconditional part + projection + word-region score."""

    def __init__(self, embed_dim: int) -> None:
        super().__init__()
        self.look_near = nn.Sequential(convolution(3, _FINE), ResidualBlock(_FINE))
        self.look_far = DownBlock(_FINE, _COARSE)
        self.to_vector = nn.Linear(_COARSE * 16, _VECTOR)
        self.to_logit = nn.Linear(_VECTOR, 1)
        self.project = nn.Sequential(nn.LayerNorm(embed_dim), nn.Linear(embed_dim, _VECTOR))
        self.word_score = WordRegionScore(_FINE, embed_dim, region_dim=24)

    def forward(self, images: Tensor, text_features: Tensor, mask: Tensor, pooled_features: Tensor) -> Tensor:
        """Images (B, 3, 8, 8) and their sentences -> logits (B,), higher = more real, and more as was said."""
        return self.match(self.look(images), text_features, mask, pooled_features)

    def look(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """What it sees before any sentence: one look serves the right and the wrong sentence of the same picture."""
        near = self.look_near(images)  # (B, C', 8, 8)
        return near, activate(self.to_vector(activate(self.look_far(near)).flatten(1)))  # ..., (B, V)

    def match(
        self, seen: tuple[Tensor, Tensor], text_features: Tensor, mask: Tensor, pooled_features: Tensor
    ) -> Tensor:
        """Logits (B,) of pictures already looked at, against sentences."""
        near, vector = seen
        fit = (vector * self.project(pooled_features)).sum(1) / _VECTOR**0.5
        return self.to_logit(vector).squeeze(1) + fit + self.word_score(near, text_features, mask)
