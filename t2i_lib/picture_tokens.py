"""A picture as a sentence: latents -> words of a few letters from small alphabets -> latents.

Each word stands for one place of a coarse grid. Its first letter says roughly what is there, every further one corrects
what the letters before it left over (residual vector quantisation). Words are whole numbers, so that a language model
can write them. The alphabets are found by k-means; no gradient takes part.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ROUNDS = 12  # of k-means


@dataclass(frozen=True)
class PictureTokensConfig:
    """Sizes of a quantiser."""

    latent_channels: int = 8
    latent_size: int = 16
    patch: int = 2  # places of the latent grid that share a word, along an edge
    letters: int = 8  # a word has
    codes: int = 256  # an alphabet has

    @property
    def grid(self) -> int:
        """Edge of the grid of words."""
        return self.latent_size // self.patch

    @property
    def places(self) -> int:
        """Words a picture has."""
        return self.grid**2

    @property
    def code_dim(self) -> int:
        """Numbers that a word stands for."""
        return self.latent_channels * self.patch**2


class PictureTokens(nn.Module):
    """Latents (B, C, h, w) <-> token_ids (B, places, letters), row by row from the top left.

    Source: Lee et al. 2022 (RQ-VAE), section 3.1, https://arxiv.org/abs/2203.01941
    """

    def __init__(self, config: PictureTokensConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("codebooks", torch.zeros(config.letters, config.codes, config.code_dim))

    def encode(self, latents: Tensor, letters: int | None = None) -> Tensor:
        """Latents -> token_ids (B, places, letters) int64 in [0, codes); fewer letters say it more roughly."""
        vectors = cut(latents, self.config.patch)  # (B, places, d)
        rest, spelled = vectors.flatten(0, 1), []
        for codebook in self.codebooks[:letters]:
            spelled.append(nearest_codes(rest, codebook))
            rest = rest - codebook[spelled[-1]]
        return torch.stack(spelled, dim=1).unflatten(0, vectors.shape[:2])

    def decode(self, token_ids: Tensor) -> Tensor:
        """token_ids -> latents (B, C, h, w) float32: what the letters of each word stand for, added up."""
        said = sum(self.codebooks[place][letter] for place, letter in enumerate(token_ids.unbind(2)))
        return join(said, self.config.patch)

    def fit(self, latents: Tensor, rng: torch.Generator) -> list[float]:
        """Find the alphabets that say most about these latents (N, C, h, w), letter by letter.

        Returns:
            lost: mean square of what is left over after each letter.
        """
        rest, lost = cut(latents, self.config.patch).flatten(0, 1), []
        for codebook in self.codebooks:
            codebook.copy_(find_codes(rest, self.config.codes, rng))
            rest = rest - codebook[nearest_codes(rest, codebook)]
            lost.append(rest.square().mean().item())
        return lost


def cut(latents: Tensor, patch: int) -> Tensor:
    """Patches of a grid as vectors: (B, C, h, w) -> (B, places, C * patch^2), row by row."""
    return F.pixel_unshuffle(latents.float(), patch).flatten(2).transpose(1, 2)


def join(vectors: Tensor, patch: int) -> Tensor:
    """The way back: (B, places, C * patch^2) -> (B, C, h, w)."""
    edge = round(vectors.shape[1] ** 0.5)
    return F.pixel_shuffle(vectors.transpose(1, 2).unflatten(2, (edge, edge)), patch)


def nearest_codes(vectors: Tensor, codebook: Tensor) -> Tensor:
    """Which code lies nearest to each vector: (N, d), (V, d) -> (N,) int64.

    |v - c|^2 = |v|^2 - 2 v.c + |c|^2, and |v|^2 is the same for all codes.

    >>> nearest_codes(torch.tensor([[0.9, 0.0]]), torch.tensor([[0.0, 0.0], [1.0, 0.0]])).tolist()
    [1]
    """
    return (codebook.square().sum(dim=1) / 2 - vectors @ codebook.T).argmin(dim=1)


def find_codes(vectors: Tensor, count: int, rng: torch.Generator) -> Tensor:
    """k-means: `count` codes (count, d) such that vectors (N, d) have one near them.

    A code that no vector is nearest to moves to a vector drawn by lot.
    """
    codes = vectors[_any(vectors, count, rng)].clone()
    for _ in range(ROUNDS):
        ids = nearest_codes(vectors, codes)
        sums = torch.zeros_like(codes).index_add_(0, ids, vectors)
        uses = torch.bincount(ids, minlength=count)[:, None]
        codes = torch.where(uses > 0, sums / uses.clamp(min=1), vectors[_any(vectors, count, rng)])
    return codes


def _any(vectors: Tensor, count: int, rng: torch.Generator) -> Tensor:
    return torch.randint(len(vectors), (count,), generator=rng).to(vectors.device)
