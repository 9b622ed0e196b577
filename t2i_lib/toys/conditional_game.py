"""The adversarial game with labels, on tiny scenes, and the numbers that tell how it goes.

In: a generator and a discriminator that are told labels in some way. Out: both trained, and a diary: accuracy,
text-use gap and variety, measured by a judge that neither of them learns from.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from t2i_lib.discriminator import stack_pairs
from t2i_lib.losses import gradient_penalty, relativistic_loss
from t2i_lib.metrics import mean_distance
from t2i_lib.toys.conditional_toy import NOISE_DIM, ToyDiscriminator, ToyGenerator
from t2i_lib.toys.tiny_judge import TinyJudge
from t2i_lib.toys.tiny_scenes import LABELS, TIMES, TinyScenes, as_vectors

CHECKED = 20  # pictures of every label that a measurement draws


@dataclass(frozen=True)
class Rules:
    """How the game is played."""

    steps: int = 500
    batch_size: int = 16  # labels; of each, two pictures
    wrong_weight: float = 0.5  # of the loss on real pictures with a wrong label; 0: the discriminator sees none
    learning_rate: float = 1.5e-3  # at the start; it falls in a straight line to a tenth
    penalty: float = 0.015  # weight of R1 + R2, computed every few steps only and weighing as many times more
    penalty_every: int = 4
    note_every: int = 50


@dataclass(frozen=True)
class Gauges:
    """How well a generator does, by the judge."""

    accuracy: float  # share of pictures that show both the place and the time that were asked for
    gap: float  # the same, minus what is left of it when pictures are exchanged by lot
    variety: float  # mean distance between pictures of one label over the same for rendered ones


@dataclass
class Diary:
    """What was noted on the way: after which step, the gauges, and twelve pictures of one noise, one a label."""

    steps: list[int] = field(default_factory=list)
    gauges: list[Gauges] = field(default_factory=list)
    samples: list[Tensor] = field(default_factory=list)  # (12, 3, 16, 16) each

    def curve(self, name: str) -> list[float]:
        """One gauge over the steps."""
        return [getattr(each, name) for each in self.gauges]


def play(
    generator: ToyGenerator,
    discriminator: ToyDiscriminator,
    scenes: TinyScenes,
    judge: TinyJudge,
    rules: Rules | None = None,
    seed: int = 0,
) -> Diary:
    """Train both networks against each other; the diary's first page is the untrained generator."""
    rules, rng, diary = rules or Rules(), torch.Generator().manual_seed(seed), Diary()
    ours, theirs = list(generator.parameters()), list(discriminator.parameters())
    optimizers = [
        torch.optim.Adam(weights, rules.learning_rate, betas=(0.0, 0.99), fused=True) for weights in (ours, theirs)
    ]
    for step in range(rules.steps):
        if step % rules.note_every == 0:
            _note(diary, step, generator, scenes, judge)
        images, labels = scenes.pairs(rules.batch_size, rng)
        noise = torch.randn(len(images), NOISE_DIM, generator=rng)
        right, wrong = as_vectors(labels), as_vectors(wrong_labels(labels, rng))  # (B, 7) each
        drawn = generator(noise, right.repeat_interleave(2, 0))  # (2B, 3, 16, 16)
        if discriminator.pictures == 2:
            images, drawn = stack_pairs(images), stack_pairs(drawn)  # (B, 6, 16, 16)
        else:
            right, wrong = right.repeat_interleave(2, 0), wrong.repeat_interleave(2, 0)
        seen, told = torch.cat([images, drawn, images]), torch.cat([right, right, wrong])
        real_logits, fake_logits, wrong_logits = discriminator(seen, told).chunk(3)
        fake_logits = fake_logits.roll(2)  # were both halves of a pair of one label, the pairing would tell the label

        fooling = relativistic_loss(fake_logits, real_logits.detach())
        realism = relativistic_loss(real_logits, fake_logits)
        listening = relativistic_loss(real_logits, wrong_logits)
        loss = realism + rules.wrong_weight * listening
        if step % rules.penalty_every == 0:
            both = (images, drawn.detach())  # R1 on real pictures, R2 on drawn ones
            steep = sum(gradient_penalty(lambda x, told=right: discriminator(x[0], told), [each]) for each in both)
            loss = loss + rules.penalty * rules.penalty_every * steep
        for optimizer in optimizers:
            optimizer.param_groups[0]["lr"] = rules.learning_rate * (1 - 0.9 * step / rules.steps)
            optimizer.zero_grad()
        fooling.backward(inputs=ours, retain_graph=True)
        loss.backward(inputs=theirs)
        for optimizer in optimizers:
            optimizer.step()
    _note(diary, rules.steps, generator, scenes, judge)
    return diary


def wrong_labels(labels: Tensor, rng: torch.Generator) -> Tensor:
    """For each label (B, 2) another one, by lot."""
    places = labels[:, 0] * len(TIMES) + labels[:, 1]  # in LABELS
    others = (places + torch.randint(1, len(LABELS), (len(labels),), generator=rng)) % len(LABELS)
    return torch.tensor(LABELS)[others]


@torch.no_grad()
def draw_each(generator: ToyGenerator, count: int, seed: int = 0) -> Tensor:
    """Pictures of every label from the same noise: (12, count, 3, 16, 16)."""
    noise = torch.randn(count, NOISE_DIM, generator=torch.Generator().manual_seed(seed))
    told = as_vectors(torch.tensor(LABELS))  # (12, 7)
    return torch.stack([generator(noise, label.expand(count, -1)) for label in told])


def measure(generator: ToyGenerator, scenes: TinyScenes, judge: TinyJudge) -> Gauges:
    """How well the generator does on all twelve labels, `CHECKED` pictures of each."""
    drawn = draw_each(generator, CHECKED, seed=1)  # (12, N, 3, 16, 16)
    found = judge.read(drawn.flatten(0, 1)).unflatten(0, drawn.shape[:2])  # (12, N, 2)
    matches = (found[:, None] == scenes.labels[None, :, None]).all(-1).float().mean(-1)  # (drawn for, held against)
    accuracy, exchanged = matches.diagonal().mean(), matches.mean()  # exchanged: whatever it was drawn for
    variety = mean_distance(drawn).mean() / mean_distance(scenes.images[:, :CHECKED]).mean()
    return Gauges(accuracy.item(), (accuracy - exchanged).item(), variety.item())


def _note(diary: Diary, step: int, generator: ToyGenerator, scenes: TinyScenes, judge: TinyJudge) -> None:
    diary.steps.append(step)
    diary.gauges.append(measure(generator, scenes, judge))
    diary.samples.append(draw_each(generator, 1)[:, 0])
