"""The adversarial game with sentences, in the world of suns and seas, and the two numbers that tell how it goes.

In: how much of a sentence the generator hears, and which wrong sentences the discriminator is shown. Out: curves of
"colours" (both asked ones are in the picture) and of "binding" (each of them in its place), and pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from t2i_lib.ema import averaged_copy, decay_at, update_average
from t2i_lib.losses import gradient_penalty, relativistic_loss
from t2i_lib.text_encoder import TextEncoder, pool
from t2i_lib.toys.sentence_networks import NOISE_DIM, SentenceDiscriminator, SentenceGenerator
from t2i_lib.toys.sun_and_sea import PAIRS, PATTERNS, colors_found, draw_pairs, say

HEARS = ("words", "sentence", "places")
WRONG = ("mixed", "neighbours", "swapped", "none")
CHECKED = 24  # pictures of every pair of colours that a measurement draws
_EXCHANGED = torch.tensor([PAIRS.index((sea, sun)) for sun, sea in PAIRS])  # (12,): the pair the other way round


@dataclass(frozen=True)
class Rules:
    """How the game is played."""

    hears: str = "places"  # what the generator hears: a mean of lone "words", of the "sentence", or "places" read too
    critic_hears: str = "sentence"  # and the discriminator: lone "words", or words that have heard the "sentence"
    wrong: str = "mixed"  # where wrong sentences come from; "swapped": the same words, colours exchanged
    steps: int = 600
    batch_size: int = 24
    learning_rate: float = 1.5e-3  # at the start; a tenth of it at the end
    average_decay: float = 0.97
    penalty: float = 2e-4
    penalty_every: int = 16
    note_every: int = 50

    def __post_init__(self) -> None:
        for name, known in (("hears", HEARS), ("critic_hears", HEARS[:2]), ("wrong", WRONG)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, but is {getattr(self, name)!r}")


class Sentences:
    """Every sentence of the world, read once by a frozen text encoder (a light one).

    `texts` has one row a pair of colours and one column a way to say it, English ones first.
    """

    def __init__(self, text_encoder: TextEncoder) -> None:
        ways = [(language, number) for language, patterns in PATTERNS.items() for number in range(len(patterns))]
        self.texts = [[say(pair, *way) for way in ways] for pair in PAIRS]
        self.ways, self.embed_dim = len(ways), text_encoder.embed_dim
        every = [text for row in self.texts for text in row]
        with torch.no_grad():
            self.text_features, self.pooled_features, self.mask = text_encoder.encode(every)
            token_ids, _ = text_encoder.tokenize(every)
            # Words as they stand in the dictionary: none has heard of another.
            self.lone_features, self.bags = pool(text_encoder.model.tokens(token_ids), self.mask)

    def read(self, pairs: Tensor, ways: Tensor, hears: str = "places") -> tuple[Tensor, Tensor, Tensor]:
        """What is heard of pairs (B,), each said in one of the ways (B,): (B, L, D), (B, L) bool, (B, D)."""
        rows = pairs * self.ways + ways
        if hears == "words":
            return self.lone_features[rows], self.mask[rows], self.bags[rows]
        return self.text_features[rows], self.mask[rows], self.pooled_features[rows]


@dataclass
class Diary:
    """What was noted on the way."""

    steps: list[int] = field(default_factory=list)
    colours: list[float] = field(default_factory=list)  # share of pictures with both asked colours, anywhere
    binding: list[float] = field(default_factory=list)  # of those, the share with each in its place
    samples: list[Tensor] = field(default_factory=list)  # (12, 3, 8, 8) each, one a pair, always the same noise


def play(sentences: Sentences, rules: Rules, seed: int = 0) -> tuple[SentenceGenerator, Diary]:
    """Train a generator against a discriminator, from scratch.

    Returns:
        the generator, its weights averaged over the last steps, and what was noted.
    """
    torch.manual_seed(seed)
    generator = SentenceGenerator(sentences.embed_dim, reads_words=rules.hears == "places")
    discriminator = SentenceDiscriminator(sentences.embed_dim)
    players = [
        torch.optim.Adam(each.parameters(), rules.learning_rate, betas=(0.0, 0.99), fused=True)
        for each in (generator, discriminator)
    ]
    average = averaged_copy(generator)
    rng, diary = torch.Generator().manual_seed(seed), Diary()
    for step in range(rules.steps + 1):
        if step % rules.note_every == 0:
            _note(diary, step, average, sentences, rules.hears)
        if step < rules.steps:
            for player in players:
                player.param_groups[0]["lr"] = rules.learning_rate * (1 - 0.9 * step / rules.steps)
            _step(generator, discriminator, players, sentences, rules, step, rng)
            update_average(average, generator, decay_at(step, rules.average_decay))
    return average, diary


@torch.no_grad()
def draw_each(
    generator: SentenceGenerator, sentences: Sentences, count: int, hears: str = "places", seed: int = 9
) -> tuple[Tensor, Tensor]:
    """Draw `count` pictures of every pair, said in all ways in turn: images (N, 3, 8, 8), asked (N, 2)."""
    pairs = torch.arange(len(PAIRS)).repeat_interleave(count)
    ways = torch.arange(count).repeat(len(PAIRS)) % sentences.ways
    noise = torch.randn(count, NOISE_DIM, generator=torch.Generator().manual_seed(seed)).repeat(len(PAIRS), 1)
    return generator(noise, *sentences.read(pairs, ways, hears)), torch.tensor(PAIRS)[pairs]


def scores(found: Tensor, asked: Tensor) -> tuple[float, float]:
    """Colours and binding: the share of pictures with both asked colours, and of those the share with both in place.

    >>> scores(torch.tensor([[0, 3], [3, 0], [1, 1], [0, 3]]), torch.tensor([[0, 3]]).expand(4, -1))
    (0.75, 0.6666666865348816)
    """
    both = (found.sort(dim=1).values == asked.sort(dim=1).values).all(dim=1)
    bound = (found == asked).all(dim=1)
    return both.float().mean().item(), (bound.sum() / both.sum().clamp(min=1)).item()


def wrong_pairs(pairs: Tensor, kind: str, rng: torch.Generator) -> Tensor:
    """For each pair (B,) one that is not true of its picture: another by lot, the same exchanged, or both in turn."""
    neighbours = (pairs + torch.randint(1, len(PAIRS), pairs.shape, generator=rng)) % len(PAIRS)
    turn = torch.arange(len(pairs)) % 2 == 0
    return {"neighbours": neighbours, "swapped": _EXCHANGED[pairs]}.get(
        kind, torch.where(turn, neighbours, _EXCHANGED[pairs])
    )


def _step(
    generator: SentenceGenerator,
    discriminator: SentenceDiscriminator,
    players: Sequence[torch.optim.Optimizer],
    sentences: Sentences,
    rules: Rules,
    step: int,
    rng: torch.Generator,
) -> None:
    """One update of both networks; one drawing and one look at it serve both."""
    pairs, ways, others = torch.randint(len(PAIRS) * sentences.ways**2, (3, rules.batch_size), generator=rng)
    pairs, ways, others = pairs % len(PAIRS), ways % sentences.ways, others % sentences.ways
    right, noise = (
        sentences.read(pairs, ways, rules.critic_hears),
        torch.randn(rules.batch_size, NOISE_DIM, generator=rng),
    )
    real = draw_pairs(torch.tensor(PAIRS)[pairs], rng)
    drawn = generator(noise, *sentences.read(pairs, ways, rules.hears))
    seen = discriminator.look(real)
    real_logits, fake_logits = discriminator.match(seen, *right), discriminator(drawn, *right)

    fooling = relativistic_loss(fake_logits, real_logits.detach())
    loss = relativistic_loss(real_logits, fake_logits)
    if rules.wrong != "none":
        wrong = sentences.read(wrong_pairs(pairs, rules.wrong, rng), others, rules.critic_hears)
        loss = loss + relativistic_loss(real_logits, discriminator.match(seen, *wrong))
    if step % rules.penalty_every == 0:
        for images in (real, drawn):
            slope = gradient_penalty(lambda views: discriminator(views[0], *right), [images])
            loss = loss + rules.penalty * rules.penalty_every * slope
    for network, goal in ((generator, fooling), (discriminator, loss)):
        weights = list(network.parameters())
        slopes = torch.autograd.grad(goal, weights, retain_graph=network is generator)
        for weight, slope in zip(weights, slopes, strict=True):
            weight.grad = slope
    for player in players:
        player.step()


def _note(diary: Diary, step: int, generator: SentenceGenerator, sentences: Sentences, hears: str) -> None:
    images, asked = draw_each(generator, sentences, CHECKED, hears)
    colours, binding = scores(colors_found(images), asked)
    diary.steps.append(step)
    diary.colours.append(colours)
    diary.binding.append(binding)
    diary.samples.append(images[::CHECKED])
