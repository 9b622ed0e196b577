"""The adversarial game in its barest form: two players, one rule book, snapshots on the way.

In: any generator (noise -> things), any discriminator (things -> logits) and a source of real things. Out: both
trained, and what was seen every so many steps. Points on a ring and small pictures play by the same code.
"""

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.optim import Adam

from t2i_lib.adversarial_losses import AdversarialLoss, find_loss
from t2i_lib.losses import gradient_penalty

Built = TypeVar("Built")  # one network, or several


@dataclass(frozen=True)
class Rules:
    """All numbers of a game; one of them changed is another game."""

    loss: str = "relativistic"
    penalty: float = (
        0.0  # gamma: half of it weighs R1 + R2, the discriminator's squared slopes at real and at fake things
    )
    num_steps: int = 1500
    batch_size: int = 128
    noise_dim: int = 4
    generator_rate: float = 1e-3
    discriminator_rate: float = 1e-3
    final_rate: float = 1.0  # part of both rates that is left at the end; they fall in a straight line
    momentum: float = 0.0  # Adam's first beta
    discriminator_turns: int = 1  # updates of the discriminator for each of the generator
    veil: float = 0.0  # noise on real and fake things alike, before the discriminator looks


@dataclass(frozen=True)
class Snapshot:
    """What was seen after `step` updates: fakes, the discriminator of that moment, values and gauges as in a log."""

    step: int
    samples: Tensor  # (watched, ...)
    discriminator: nn.Module
    values: Mapping[str, float]
    gauges: Mapping[str, float]


def duel(
    generator: nn.Module,
    discriminator: nn.Module,
    draw_real: Callable[[int, torch.Generator], Tensor],
    rules: Rules,
    seed: int = 0,
    measure: Callable[[Tensor], dict[str, float]] = lambda samples: {},
    snapshots: int = 30,
    watched: int = 512,
    draw_held_out: Callable[[int, torch.Generator], Tensor] | None = None,
) -> list[Snapshot]:
    """Let both networks play by the rules; they are changed in place. The same seed gives the same game.

    Args:
        generator: (B, noise_dim) -> (B, ...). discriminator: (B, ...) -> (B,) logits.
        draw_real: (count, rng) -> (count, ...) real things.
        measure: things (watched, ...) -> gauges by name; both networks never see them.
        snapshots: how many after the first, which is taken before the first step.
        watched: how many real and drawn things are looked at for a snapshot, the same ones each time.
        draw_held_out: real things that the discriminator is never trained with; gives the value "held-out logit".

    Returns:
        snapshots + 1 snapshots. The game ends early, with a last snapshot, when a number is no longer finite.
    """
    rng = torch.Generator().manual_seed(seed)
    loss, betas = find_loss(rules.loss), (float(rules.momentum), 0.99)
    optimizers = [
        Adam(network.parameters(), rate, betas=betas, fused=True)
        for network, rate in ((generator, rules.generator_rate), (discriminator, rules.discriminator_rate))
    ]
    sets = {"real": draw_real, "held-out": draw_held_out} if draw_held_out else {"real": draw_real}
    watch_rng = torch.Generator().manual_seed(seed + 1)  # looking must not change the game
    watched_noise = torch.randn(watched, rules.noise_dim, generator=watch_rng)
    watched_real = {name: draw(watched, watch_rng) for name, draw in sets.items()}
    seen = []
    for step in range(rules.num_steps + 1):
        if step % math.ceil(rules.num_steps / snapshots) == 0 or step == rules.num_steps:
            seen.append(_look(step, generator, discriminator, watched_noise, watched_real, measure))
            if not all(math.isfinite(value) for value in seen[-1].values.values()):
                break
        if step < rules.num_steps:
            _slow_down(optimizers, rules, step)
            for _ in range(rules.discriminator_turns):
                real, noise = draw_real(rules.batch_size, rng), _noise(rules, rng)
                discriminator_turn(generator, discriminator, real, noise, optimizers[1], loss, rules, rng)
            real, noise = draw_real(rules.batch_size, rng), _noise(rules, rng)
            generator_turn(generator, discriminator, real, noise, optimizers[0], loss, rules, rng)
    return seen


def discriminator_turn(
    generator: nn.Module,
    discriminator: nn.Module,
    real: Tensor,
    noise: Tensor,
    optimizer: Adam,
    loss: AdversarialLoss,
    rules: Rules,
    rng: torch.Generator,
) -> None:
    """One update of the discriminator; the generator's fakes are mere things here, without a way back into it."""
    with torch.no_grad():
        fake = generator(noise)
    real, fake = veiled(real, rules.veil, rng), veiled(fake, rules.veil, rng)
    cost = loss.discriminator(discriminator(real), discriminator(fake))
    if rules.penalty:
        cost = cost + rules.penalty * slopes(discriminator, real, fake)
    optimizer.zero_grad()
    cost.backward()
    optimizer.step()


def generator_turn(
    generator: nn.Module,
    discriminator: nn.Module,
    real: Tensor,
    noise: Tensor,
    optimizer: Adam,
    loss: AdversarialLoss,
    rules: Rules,
    rng: torch.Generator,
) -> None:
    """One update of the generator; the gradient goes through the discriminator, which itself stays as it is."""
    with torch.no_grad():
        real_logits = discriminator(veiled(real, rules.veil, rng))
    cost = loss.generator(real_logits, discriminator(veiled(generator(noise), rules.veil, rng)))
    optimizer.zero_grad()
    cost.backward()
    optimizer.step()


def slopes(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """The gradient penalty, mean of R1 (at real things) and R2 (at fake ones); see `losses.gradient_penalty`."""
    return gradient_penalty(lambda things: discriminator(things[0]), [torch.cat([real, fake])])


def veiled(things: Tensor, size: float, rng: torch.Generator) -> Tensor:
    """Things with noise of standard deviation `size` on them.

    Source: Sønderby et al. 2017 (instance noise), section 4, https://arxiv.org/abs/1610.04490
    """
    return things + size * torch.randn(things.shape, generator=rng) if size else things


def to_log(snapshots: list[Snapshot]) -> list[dict]:
    """The game as a training's log has it: one entry of values and one of gauges a snapshot."""
    entries = []
    for snapshot in snapshots:
        entries.append({"step": snapshot.step, "values": dict(snapshot.values)})
        entries.append({"step": snapshot.step, "gauges": dict(snapshot.gauges)})
    return entries


def seeded(seed: int, build: Callable[[], Built]) -> Built:
    """Networks whose first weights depend on the seed alone; nobody else's random numbers change."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


def _slow_down(optimizers: list[Adam], rules: Rules, step: int) -> None:
    left = 1 - (1 - rules.final_rate) * step / rules.num_steps
    for optimizer, rate in zip(optimizers, (rules.generator_rate, rules.discriminator_rate), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = left * rate


def _noise(rules: Rules, rng: torch.Generator) -> Tensor:
    return torch.randn(rules.batch_size, rules.noise_dim, generator=rng)


def _look(
    step: int,
    generator: nn.Module,
    discriminator: nn.Module,
    noise: Tensor,
    real: Mapping[str, Tensor],
    measure: Callable[[Tensor], dict[str, float]],
) -> Snapshot:
    with torch.no_grad():
        samples = generator(noise)
        values = {f"{name} logit": discriminator(things).mean().item() for name, things in real.items()}
        values["fake logit"] = discriminator(samples).mean().item()
    values["gap"] = values["real logit"] - values["fake logit"]
    values["penalty"] = slopes(discriminator, real["real"], samples).item()
    return Snapshot(step, samples, copy.deepcopy(discriminator), values, measure(samples))
