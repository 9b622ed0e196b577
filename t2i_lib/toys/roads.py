"""Flow matching small enough to see: points in the plane (or on a line) that walk from noise to their dots.

With a handful of data points the velocity that a network would have to learn can be written down exactly; with dots
in the plane a small network learns it in seconds, with the dot's number as its prompt.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2i_lib.flow import waves
from t2i_lib.flow_matching import along, road_velocity
from t2i_lib.guidance import guide
from t2i_lib.toys.duel import seeded
from t2i_lib.toys.rings import Dots, network


def exact_velocity(points: Tensor, time: float, data: Tensor) -> Tensor:
    """The mean velocity of all roads through each point, when noise is standard normal and the data are few points.

    Each road that comes by ends in one of the data; how likely which is, is a softmax over distances.

    Args:
        points: (N, D).
        time: in [0, 1).
        data: (M, D), all equally likely.

    >>> exact_velocity(torch.tensor([[0.0]]), 0.5, torch.tensor([[-1.0], [1.0]])).tolist()  # as many left as right
    [[0.0]]
    """
    distance = torch.cdist(points, time * data).square()  # (N, M): a road's noise there is (point - time * datum) / ...
    shares = (-distance / (2 * (1 - time) ** 2)).softmax(dim=1)  # (N, M)
    return (shares @ data - points) / (1 - time)


class PointFlow(nn.Module):
    """(points (N, 2), time (N,), labels (N,)) -> velocity (N, 2); label `dots` means: none was told."""

    def __init__(self, dots: int, width: int = 96) -> None:
        super().__init__()
        self.dots = dots
        self.layers = network(2 + 32 + dots + 1, 2, width, depth=3)

    def forward(self, points: Tensor, time: Tensor, labels: Tensor) -> Tensor:
        told = F.one_hot(labels, self.dots + 1).float()
        return self.layers(torch.cat([points, waves(time), told], dim=1))

    @property
    def untold(self) -> int:
        """The label that tells nothing."""
        return self.dots


def learn_flow(dots: Dots, steps: int = 1500, batch: int = 256, silent: float = 0.2, seed: int = 0) -> PointFlow:
    """Train a flow for dots, with the dot's number as label, now and then untold; some seconds on one thread."""
    flow = seeded(seed, lambda: PointFlow(len(dots.centres)))
    optimizer = torch.optim.Adam(flow.parameters(), 3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    rng = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        labels = torch.randint(flow.dots, (batch,), generator=rng)
        real = dots.centres[labels] + dots.spread * torch.randn(batch, 2, generator=rng)
        noise, time = torch.randn(batch, 2, generator=rng), torch.rand(batch, generator=rng)
        told = torch.where(torch.rand(batch, generator=rng) < silent, flow.untold, labels)
        loss = F.mse_loss(flow(along(noise, real, time), time, told), road_velocity(noise, real))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return flow.eval().requires_grad_(False)


def stops(flow: PointFlow, noise: Tensor, labels: Tensor, num_steps: int, guidance: float = 1.0) -> Tensor:
    """Walk from noise (N, 2) to points in equal steps, and keep every stop: (num_steps + 1, N, 2)."""
    way = [noise]
    for step in range(num_steps):
        time = torch.full((len(noise),), step / num_steps)
        told = flow(way[-1], time, labels)
        untold = flow(way[-1], time, torch.full_like(labels, flow.untold))
        way.append(way[-1] + guide(told, untold, guidance) / num_steps)
    return torch.stack(way)
