"""A judge for tiny scenes: which place, which time? It learns from rendered pictures only, in a second or two."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2i_lib.blocks import Fold
from t2i_lib.toys.tiny_scenes import LABEL_DIM, PLACES, TIMES, TinyScenes

_SIZES = [len(PLACES), len(TIMES)]


class TinyJudge(nn.Module):
    """Pictures (B, 3, 16, 16) -> (B, 7): a score for each place, then one for each time."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            Fold(3, 24, patch=2), nn.LeakyReLU(0.2), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(24 * 16, LABEL_DIM)
        )

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)

    @torch.no_grad()
    def read(self, images: Tensor) -> Tensor:
        """The label (B, 2) int64 that fits each picture best."""
        return torch.stack([scores.argmax(1) for scores in self(images).split(_SIZES, dim=1)], dim=1)

    def accuracy(self, scenes: TinyScenes) -> float:
        """Share of pictures whose place and time it both reads rightly."""
        found = self.read(scenes.images.flatten(0, 1)).unflatten(0, scenes.images.shape[:2])  # (12, N, 2)
        return (found == scenes.labels[:, None]).all(-1).float().mean().item()


def train_judge(scenes: TinyScenes, steps: int = 150, seed: int = 0) -> TinyJudge:
    """A judge that has learned from rendered pictures, each with some noise: drawn ones are never as clean."""
    torch.manual_seed(seed)
    judge, rng = TinyJudge(), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(judge.parameters(), 3e-3, fused=True)
    for _ in range(steps):
        images, labels = scenes.pairs(32, rng)  # (64, 3, 16, 16), (32, 2)
        scores = judge(images + 0.1 * torch.randn(images.shape, generator=rng)).split(_SIZES, dim=1)
        truth = labels.repeat_interleave(2, 0)  # (64, 2)
        loss = F.cross_entropy(scores[0], truth[:, 0]) + F.cross_entropy(scores[1], truth[:, 1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return judge.eval().requires_grad_(False)
