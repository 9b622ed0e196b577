"""Data that fits on a sheet of paper: dots in the plane, and two small networks that play for them.

A dot is a cloud of points round a centre. How many dots a generator has found, and how many of its points lie in one,
can be counted; for pictures nobody can.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from t2i_lib.toys.duel import Rules, Snapshot, duel, seeded

GOOD = 3.0  # a point lies in a dot if it is no further from the centre than so many spreads
FAIR = 0.25  # a dot is found if it gets at least this part of the points that are due to it


@dataclass(frozen=True)
class Dots:
    """Clouds of points with the same share each.

    Args:
        centres: (K, 2).
        spread: standard deviation of a cloud.
    """

    centres: Tensor
    spread: float = 0.1

    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        """Points (count, 2)."""
        dot = torch.randint(len(self.centres), (count,), generator=rng)
        return self.centres[dot] + self.spread * torch.randn(count, 2, generator=rng)

    def measure(self, points: Tensor) -> dict[str, float]:
        """How good points (N, 2) are.

        Returns:
            "dots found", the same as a share ("coverage"), "good samples" (share of points in a dot), and "variety"
            (mean distance of two points, 1 = as far apart as real ones).

        Source: Srivastava et al. 2017 (VEEGAN), section 4.1, counts so; here a dot needs more than one point.
        https://arxiv.org/abs/1705.07761
        """
        distance, nearest = torch.cdist(points, self.centres).min(dim=1)  # (N,), (N,)
        good = distance <= GOOD * self.spread  # False for nan
        counts = torch.bincount(nearest[good], minlength=len(self.centres))  # (K,)
        found = int((counts >= FAIR * len(points) / len(self.centres)).sum())
        real = self.sample(len(points), torch.Generator().manual_seed(0))
        return {
            "dots found": float(found),
            "coverage": found / len(self.centres),
            "good samples": good.float().mean().item(),
            "variety": (torch.pdist(points).mean() / torch.pdist(real).mean()).item(),
        }


def ring(dots: int = 8, radius: float = 2.0, spread: float = 0.1) -> Dots:
    """Dots on a circle."""
    angle = 2 * math.pi * torch.arange(dots) / dots
    return Dots(radius * torch.stack([angle.cos(), angle.sin()], dim=1), spread)


def grid(edge: int = 3, gap: float = 1.5, spread: float = 0.1) -> Dots:
    """edge x edge dots in a square."""
    line = gap * (torch.arange(edge) - (edge - 1) / 2)
    return Dots(torch.cartesian_prod(line, line), spread)


def spiral(dots: int = 12, radius: float = 2.0, spread: float = 0.1) -> Dots:
    """Dots along an arm that winds outward."""
    share = torch.linspace(0.08, 1.0, dots).sqrt()
    angle = 3 * math.pi * share
    return Dots(radius * share[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1), spread)


def network(inputs: int, outputs: int, width: int = 64, depth: int = 2) -> nn.Sequential:
    """A perceptron with `depth` hidden layers."""
    sizes = [inputs, *[width] * depth]
    layers: list[nn.Module] = []
    for before, after in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Linear(before, after), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], outputs))


@dataclass(frozen=True)
class RingGame:
    """A game for dots: the rules, and what the players are and see.

    Args:
        rules: losses, rates, penalty.
        generator_width, discriminator_width: of the hidden layers.
        bounded: whether the generator ends in tanh, which keeps its points within -1 and 1.
        data_scale: the real points are multiplied by it before they are used, and the fakes divided to be measured.
        real_count: how many real points there are in all; None draws fresh ones for ever.
    """

    rules: Rules = Rules()
    generator_width: int = 64
    discriminator_width: int = 64
    bounded: bool = False
    data_scale: float = 1.0
    real_count: int | None = None


def play(dots: Dots, game: RingGame, seed: int = 0, snapshots: int = 30) -> list[Snapshot]:
    """Play a game for dots from new networks; a few seconds on one thread."""
    generator = seeded(seed, lambda: _generator(game))
    discriminator = seeded(seed + 1, lambda: nn.Sequential(network(2, 1, game.discriminator_width), nn.Flatten(0)))
    stock = None
    if game.real_count is not None:
        stock = dots.sample(game.real_count, torch.Generator().manual_seed(seed + 2))

    def draw_fresh(count: int, rng: torch.Generator) -> Tensor:
        return game.data_scale * dots.sample(count, rng)

    def draw_stock(count: int, rng: torch.Generator) -> Tensor:
        return game.data_scale * stock[torch.randint(len(stock), (count,), generator=rng)]

    def measure(points: Tensor) -> dict[str, float]:
        return dots.measure(points / game.data_scale)

    few = stock is not None
    return duel(
        generator,
        discriminator,
        draw_stock if few else draw_fresh,
        game.rules,
        seed,
        measure,
        snapshots,
        draw_held_out=draw_fresh if few else None,
    )


def _generator(game: RingGame) -> nn.Sequential:
    layers = network(game.rules.noise_dim, 2, game.generator_width)
    return layers.append(nn.Tanh()) if game.bounded else layers
