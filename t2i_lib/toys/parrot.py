"""A generator that knows its training pictures by heart: what a test for copying must sound the alarm at.

In: the number of a training picture, as one vector of its own with a little noise. Out: that picture, more or less. It
is trained on nothing but repeating, so it is an honest copier; a test that passes it proves nothing.
"""

import torch
from torch import Tensor, nn


class Parrot(nn.Module):
    """One vector a picture -> the picture: (B,) int64 -> (B, 3, S, S) in [-1, 1]."""

    def __init__(self, count: int, size: int, width: int = 192, code: int = 24) -> None:
        super().__init__()
        self.codes = nn.Embedding(count, code)
        self.size = size
        self.layers = nn.Sequential(
            nn.Linear(code, width), nn.GELU(), nn.Linear(width, width), nn.GELU(), nn.Linear(width, 3 * size * size)
        )

    def forward(self, numbers: Tensor, noise: Tensor | None = None) -> Tensor:
        codes = self.codes(numbers)
        codes = codes if noise is None else codes + noise
        return self.layers(codes).view(-1, 3, self.size, self.size)


def teach(pictures: Tensor, steps: int = 400, seed: int = 0) -> Parrot:
    """Learn pictures (N, 3, S, S) by heart: mean squared error, batches of 64."""
    torch.manual_seed(seed)
    parrot = Parrot(len(pictures), pictures.shape[-1])
    optimizer = torch.optim.Adam(parrot.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    rng = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        chosen = torch.randint(len(pictures), (64,), generator=rng)
        loss = (parrot(chosen) - pictures[chosen]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return parrot.eval().requires_grad_(False)


def recite(parrot: Parrot, count: int, restlessness: float = 0.3, seed: int = 0) -> Tensor:
    """Pictures from vectors near those it learned: (count, 3, S, S) in [-1, 1]."""
    rng = torch.Generator().manual_seed(seed)
    numbers = torch.randint(parrot.codes.num_embeddings, (count,), generator=rng)
    spread = parrot.codes.weight.std().item()
    noise = restlessness * spread * torch.randn(count, parrot.codes.embedding_dim, generator=rng)
    return parrot(numbers, noise).clamp(-1, 1)
