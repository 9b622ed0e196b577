"""A very small language model that draws: suns over seas, 16 words a picture, written one after the other.

A word is the number of a code, a patch of 2 x 2 pixels; the codes are found by k-means. The prompt is two words of its
own, the colours of sun and sea, and stands in front.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from t2i_lib.picture_tokens import cut, join, nearest_codes
from t2i_lib.token_artist import draw_letters
from t2i_lib.toys.duel import seeded
from t2i_lib.toys.sun_and_sea import COLORS, EDGE, PAIRS, draw_pairs
from t2i_lib.transformer import Transformer, TransformerConfig

PATCH = 2  # pixels
GRID = EDGE // PATCH
WORDS = GRID**2  # of a picture


@dataclass(frozen=True)
class SmallWriter:
    """A causal transformer over picture words, then colours of suns, then colours of seas; and what the words mean."""

    model: Transformer
    codes: Tensor  # (V, 12)

    def sentences(self, pairs: Tensor, images: Tensor) -> Tensor:
        """Prompt and picture as one sequence: (B, 2), (B, 3, 8, 8) -> (B, 18) int64."""
        vectors = cut(images, PATCH)
        words = nearest_codes(vectors.flatten(0, 1), self.codes).unflatten(0, vectors.shape[:2])
        return torch.cat([self.prompt(pairs), words], dim=1)

    def prompt(self, pairs: Tensor) -> Tensor:
        """Colours of sun and sea (B, 2) as words behind those of pictures."""
        return pairs + len(self.codes) + torch.tensor([0, len(COLORS)])

    def picture(self, words: Tensor) -> Tensor:
        """(B, 16) -> (B, 3, 8, 8)."""
        return join(self.codes[words], PATCH)

    @torch.no_grad()
    def write(self, pairs: Tensor, lots: Tensor, temperature: float = 1.0) -> Tensor:
        """Write pictures: pairs (B, 2), lots (B, 16) in [0, 1) -> words (B, 16)."""
        sequence = self.prompt(pairs)
        for place in range(WORDS):
            logits = self.model.token_logits(self.model(sequence)[:, -1])[:, : len(self.codes)]
            sequence = torch.cat([sequence, draw_letters(logits, lots[:, place], temperature)[:, None]], dim=1)
        return sequence[:, 2:]


def learn_to_write(codes: Tensor, steps: int = 400, batch: int = 96, seed: int = 0) -> tuple[SmallWriter, list[float]]:
    """Train on fresh pictures by next-word prediction; some seconds on one thread. Also the loss (nats a word)."""
    config = TransformerConfig(
        len(codes) + 2 * len(COLORS), 48, depth=2, num_heads=4, mlp_dim=128, context_length=2 + WORDS, causal=True
    )
    writer = SmallWriter(seeded(seed, lambda: Transformer(config)), codes)
    optimizer = torch.optim.Adam(writer.model.parameters(), 4e-3, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, steps, pct_start=0.1)
    rng, losses, pairs = torch.Generator().manual_seed(seed), [], torch.tensor(PAIRS)
    for _ in range(steps):
        asked = pairs[torch.randint(len(pairs), (batch,), generator=rng)]
        sequence = writer.sentences(asked, draw_pairs(asked, rng))
        logits = writer.model.token_logits(writer.model(sequence[:, :-1])[:, 1:])  # of the 16 picture words
        loss = F.cross_entropy(logits.flatten(0, 1), sequence[:, 2:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    writer.model.eval().requires_grad_(False)
    return writer, losses
