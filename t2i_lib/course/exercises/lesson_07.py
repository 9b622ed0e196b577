"""Exercises of lesson 07: does it listen? Three ways to tell a network a label, and the dial from day to night."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from t2i_lib.course.checks import Exercise, Misconception


def _drawn(*shape: int, seed: int = 0) -> Tensor:
    """Numbers between -2 and 2 in steps of a tenth, always the same ones."""
    return torch.randint(-20, 21, shape, generator=torch.Generator().manual_seed(seed)) / 10


def _labels(count: int, kinds: int, seed: int = 0) -> Tensor:
    return torch.randint(kinds, (count,), generator=torch.Generator().manual_seed(seed))


# 7.1 ----------------------------------------------------------------------------------------------------------------


def text_use_gap(found: Tensor, asked: Tensor) -> float:
    """Share of right answers, minus the share when every label is held against the picture of another."""
    listening = (found == asked).float().mean()
    exchanged = (found.roll(len(found) // 2) == asked).float().mean()
    return (listening - exchanged).item()


ASKED = torch.tensor([0, 0, 1, 0, 0, 1, 0, 0])  # 0 = day, 1 = night: six prompts ask for day, two for night
ALWAYS_DAY = torch.zeros(8, dtype=torch.int64)
LISTENER = torch.tensor([0, 1, 1, 0, 0, 1, 0, 1])

GAP = Exercise(
    name="text_use_gap",
    title="Does it listen?",
    tier="core",
    difficulty=1,
    minutes=6,
    why="This number tells listening from guessing, and every training in this course is watched by it.",
    answer=text_use_gap,
    cases=((ALWAYS_DAY, ASKED), (LISTENER, ASKED), (_labels(11, 3, seed=1), _labels(11, 3, seed=2))),
    misconceptions=(
        Misconception(
            lambda found, asked: (found == asked).float().mean().item(),
            "That is the accuracy, and the generator that always draws day gets 0.75 by it. Subtract what remains of "
            "it when every label is held against another label's picture: found.roll(len(found) // 2).",
        ),
        Misconception(
            lambda found, asked: (found.roll(len(found) // 2) == asked).float().mean().item(),
            "That is the accuracy with exchanged pictures, which anybody gets by luck. The gap is the true accuracy "
            "minus this.",
        ),
        Misconception(
            lambda found, asked: -text_use_gap(found, asked),
            "The right two shares, subtracted the wrong way round: a listener must come out positive.",
        ),
        Misconception(
            lambda found, asked: text_use_gap(found, asked) * len(found),
            "You count pictures; the gap is a difference of shares. Divide by how many there are, or take the mean.",
        ),
        Misconception(
            lambda found, asked: (
                ((found == asked).float().mean() / (found.roll(len(found) // 2) == asked).float().mean())
                .nan_to_num()
                .item()
            ),
            "You divide the two shares. For a generator that does not listen that gives 1; the gap is a difference, "
            "which gives 0.",
        ),
        Misconception(
            lambda found, asked: (
                ((found == asked).float() - (found == found.roll(len(found) // 2)).float()).mean().item()
            ),
            "The first share is right. In the second one you compare pictures with pictures; compare the exchanged "
            "pictures with what was *asked*.",
        ),
        Misconception(
            lambda found, asked: ((found == asked).float() - (found.roll(1) == asked).float()).mean().item(),
            "You exchange with the next label only. Here all exchange by half the list, len(found) // 2, as the "
            "library does, so that your numbers can be compared.",
        ),
        Misconception(
            lambda found, asked: (found == asked).float().mean().item() - 1 / (int(asked.max()) + 1),
            "You subtract the luck of a fair guess among all labels. Labels are seldom equally frequent, and whoever "
            "always draws the frequent one beats that. Measure the luck: exchange the pictures.",
        ),
    ),
    hints=(
        "Two shares and a minus sign. A share of right answers is the mean of a comparison, as float.",
        "(found == asked).float().mean() is the first. For the second one, first exchange the pictures: "
        "found.roll(len(found) // 2).",
        "listening = (found == asked).float().mean(); other = found.roll(len(found) // 2); return (listening - "
        "(other == asked).float().mean()).item()",
    ),
    reasons=(
        "Exchanging keeps everything but the tie between label and picture: the same labels, the same pictures, the "
        "same luck. What is lost by it is what was due to listening."
    ),
    praise="0 for whoever always draws day, 0.25 for the listener with the same accuracy.",
)


# 7.2 ----------------------------------------------------------------------------------------------------------------


def matching_aware_loss(
    judge: Callable, real: Tensor, labels: Tensor, fake: Tensor, asked: Tensor, wrong: Tensor
) -> Tensor:
    """What the discriminator minimises: real with its label above drawn, and above real with a wrong label."""
    right = judge(real, labels)  # (B,)
    realism = F.softplus(judge(fake, asked) - right).mean()
    listening = F.softplus(judge(real, wrong) - right).mean()
    return realism + 0.5 * listening


def _toy_judge(points: Tensor, labels: Tensor) -> Tensor:
    """Some judge: (B, 2) and (B,) -> (B,) logits."""
    return points[:, 0] - 0.7 * points[:, 1] * labels + 0.3 * labels


def _softplus_mean(judge: Callable, better: tuple, worse: tuple) -> Tensor:
    return F.softplus(judge(*worse) - judge(*better)).mean()


MATCHING = Exercise(
    name="matching_aware_loss",
    title="Wrong labels teach listening",
    tier="core",
    difficulty=2,
    minutes=7,
    why="Reed et al. made a GAN follow whole sentences with this one further term; lesson 08 trains with it.",
    answer=matching_aware_loss,
    cases=(
        (
            _toy_judge,
            _drawn(3, 2, seed=3),
            torch.tensor([0, 1, 2]),
            _drawn(3, 2, seed=4),
            torch.tensor([2, 2, 0]),
            torch.tensor([1, 2, 0]),
        ),
        (
            _toy_judge,
            _drawn(7, 2, seed=5),
            _labels(7, 3, 7),
            _drawn(7, 2, seed=6),
            _labels(7, 3, 8),
            (_labels(7, 3, 7) + 1) % 3,
        ),
    ),
    misconceptions=(
        Misconception(
            lambda judge, real, labels, fake, asked, wrong: _softplus_mean(judge, (real, labels), (fake, asked)),
            "The first term is right, and it is all you have: nobody has shown the discriminator a real point with a "
            "wrong label yet. Add 0.5 times the mean of softplus(judge(real, wrong) - judge(real, labels)).",
        ),
        Misconception(
            lambda judge, real, labels, fake, asked, wrong: (
                _softplus_mean(judge, (real, labels), (fake, asked))
                + _softplus_mean(judge, (real, labels), (real, wrong))
            ),
            "Both terms are there, but the second one counts half: 0.5 times listening.",
        ),
        Misconception(
            lambda judge, real, labels, fake, asked, wrong: (
                _softplus_mean(judge, (real, labels), (fake, asked))
                + 0.5 * _softplus_mean(judge, (real, labels), (fake, wrong))
            ),
            "In your second term the *drawn* points get the wrong label. They lose already for being drawn, so the "
            "label need not be read. Real points with a wrong label have nothing wrong but the label.",
        ),
        Misconception(
            lambda judge, real, labels, fake, asked, wrong: (
                _softplus_mean(judge, (fake, asked), (real, labels))
                + 0.5 * _softplus_mean(judge, (real, wrong), (real, labels))
            ),
            "The wrong way round: your discriminator is rewarded for preferring what is drawn and what does not fit. "
            "softplus(worse - better) is small once the better one scores higher; the better one is (real, labels).",
        ),
        Misconception(
            lambda judge, real, labels, fake, asked, wrong: (
                _softplus_mean(judge, (real, labels), (fake, labels))
                + 0.5 * _softplus_mean(judge, (real, labels), (real, wrong))
            ),
            "The second term is right. In the first one the drawn points are judged by the labels of the real ones; "
            "they were drawn for `asked`.",
        ),
        Misconception(
            lambda judge, real, labels, fake, asked, wrong: (
                _softplus_mean(judge, (real, labels), (fake, asked))
                + 0.5 * _softplus_mean(judge, (fake, asked), (real, wrong))
            ),
            "Your second term compares a real point with the wrong label to a *drawn* one. Which of those two is "
            "better is anybody's guess. Compare it with the same real point and its right label.",
        ),
        Misconception(
            lambda judge, real, labels, fake, asked, wrong: (
                len(real) * matching_aware_loss(judge, real, labels, fake, asked, wrong)
            ),
            "You sum over the batch, so a batch twice as large pulls twice as hard. Take the mean.",
        ),
        Misconception(
            lambda judge, real, labels, fake, asked, wrong: (
                judge(fake, asked) - judge(real, labels) + 0.5 * (judge(real, wrong) - judge(real, labels))
            ).mean(),
            "The right differences with the right weights, but without softplus: the discriminator could win without "
            "end by making all of its logits larger. F.softplus flattens out once a pair is told apart.",
        ),
    ),
    hints=(
        "Three calls of judge: (real, labels), (fake, asked), (real, wrong). The first is the better one both times.",
        "A term is F.softplus(worse - better).mean(). The second term counts half.",
        "right = judge(real, labels); return F.softplus(judge(fake, asked) - right).mean() + 0.5 * "
        "F.softplus(judge(real, wrong) - right).mean()",
    ),
    reasons=(
        "The drawn points can lose for many reasons, and while they are bad any reason will do. A real point with a "
        "wrong label is perfect but for one thing. Whoever wants to tell it from its right pair has to read the label."
    ),
    praise="Real and fitting above drawn, and above real but unfitting.",
)


# 7.3 ----------------------------------------------------------------------------------------------------------------


def modulate_channels(features: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """features (B, C, h, w) * (1 + scale) + shift, with one scale and one shift a channel, (B, C) each."""
    return features * (1 + scale[:, :, None, None]) + shift[:, :, None, None]


def _columns(numbers: Tensor) -> Tensor:
    return numbers[:, :, None, None]


MODULATE = Exercise(
    name="modulate_channels",
    title="Affine: a scale and a shift for every channel",
    tier="core",
    difficulty=1,
    minutes=5,
    why="It is how the prompt reaches every layer of this course's generator (DF-GAN), and of StyleGAN and DiT.",
    answer=modulate_channels,
    cases=(
        (torch.tensor([[[[2.0]], [[3.0]]]]), torch.tensor([[0.5, 0.0]]), torch.tensor([[0.0, -1.0]])),
        (_drawn(3, 3, 3, 3, seed=8), _drawn(3, 3, seed=9), _drawn(3, 3, seed=10)),
    ),
    misconceptions=(
        Misconception(
            lambda features, scale, shift: features * _columns(scale) + _columns(shift),
            "You multiply by the scale itself, so a scale of 0 wipes the channel out, and a fresh network begins with "
            "scales near 0. With 1 + scale, 0 means: leave it as it is.",
        ),
        Misconception(
            lambda features, scale, shift: (features + _columns(shift)) * (1 + _columns(scale)),
            "You shift first, and then the shift is scaled as well. Scale first: features * (1 + scale) + shift.",
        ),
        Misconception(
            lambda features, scale, shift: features * (1 + scale) + shift,
            "It ran, because this batch has as many pictures as channels as columns: your scales lie along the rows "
            "of each grid. A scale belongs to a channel of a picture: scale[:, :, None, None] is (B, C, 1, 1).",
        ),
        Misconception(
            lambda features, scale, shift: features * (1 + _columns(shift)) + _columns(scale),
            "Scale and shift have changed places.",
        ),
        Misconception(
            lambda features, scale, shift: features * (1 + _columns(scale)),
            "The scale is right; the shift is missing. Without it a channel that is 0 stays 0, whatever the label.",
        ),
        Misconception(
            lambda features, scale, shift: features + _columns(shift),
            "The shift is right; the scale is missing. Without it the label can add a pattern but silence none.",
        ),
    ),
    hints=(
        "scale and shift are (B, C); features is (B, C, h, w). What shape makes torch repeat them over all places?",
        "scale[:, :, None, None] is (B, C, 1, 1).",
        "features * (1 + scale[:, :, None, None]) + shift[:, :, None, None]",
    ),
    reasons=(
        "One number a channel, the same at every place: the label says what kind of thing shall be there more or "
        "less, and the features already know where. The 1 makes a network start by leaving features as they are."
    ),
    praise="Every channel has a knob for its strength and one for its level, and the label turns them.",
)


# 7.4 ----------------------------------------------------------------------------------------------------------------


def projection_logit(vector: Tensor, weight: Tensor, bias: Tensor, wanted: Tensor) -> Tensor:
    """Unconditional part + <vector, wanted> / sqrt(V): (B, V), (V,), (), (B, V) -> (B,)."""
    unconditional = vector @ weight + bias  # (B,): how real is it?
    match = (vector * wanted).sum(dim=1) / vector.shape[1] ** 0.5  # (B,): is it what was asked for?
    return unconditional + match


def _match(vector: Tensor, wanted: Tensor) -> Tensor:
    return (vector * wanted).sum(dim=1) / vector.shape[1] ** 0.5


PROJECTION = Exercise(
    name="projection_logit",
    title="Projection: one question to finished features",
    tier="core",
    difficulty=2,
    minutes=7,
    why="Every head of this course's discriminator ends with this line.",
    answer=projection_logit,
    cases=(
        (
            torch.tensor([[1.0, 2, 0, 1]]),
            torch.tensor([1.0, 0, 0, 1]),
            torch.tensor(0.5),
            torch.tensor([[0.0, 3, 1, 0]]),
        ),
        (_drawn(3, 5, seed=11), _drawn(5, seed=12), torch.tensor(-0.3), _drawn(3, 5, seed=13)),
        (_drawn(5, 5, seed=14), _drawn(5, seed=15), torch.tensor(0.2), _drawn(5, 5, seed=16)),
    ),
    misconceptions=(
        Misconception(
            lambda vector, weight, bias, wanted: _match(vector, wanted),
            "This is the second half: does it fit? The first half is missing: is it real at all? Add vector @ weight + "
            "bias.",
        ),
        Misconception(
            lambda vector, weight, bias, wanted: vector @ weight + bias,
            "This is the first half: is it real? The label does not come in yet. Add the dot product of each vector "
            "with its own `wanted`, divided by sqrt(V).",
        ),
        Misconception(
            lambda vector, weight, bias, wanted: vector @ weight + bias + (vector * wanted).sum(dim=1),
            "The dot product is not divided by sqrt(V). It is a sum of V products and would drown the other half.",
        ),
        Misconception(
            lambda vector, weight, bias, wanted: vector @ weight + bias + (vector * wanted).mean(dim=1),
            "You divide the dot product by V (a mean); divide by its root, as attention does.",
        ),
        Misconception(
            lambda vector, weight, bias, wanted: (
                (vector @ weight + bias + (vector * wanted).sum(dim=1)) / vector.shape[1] ** 0.5
            ),
            "You divide both halves by sqrt(V). Only the dot product with the label's vector is divided.",
        ),
        Misconception(
            lambda vector, weight, bias, wanted: (
                vector @ weight + bias + (vector @ wanted.T).sum(dim=1) / vector.shape[1] ** 0.5
            ),
            "vector @ wanted.T compares every picture with the label of every picture, and you sum over all of them. "
            "Each picture meets its own label only: (vector * wanted).sum(dim=1).",
        ),
        Misconception(
            lambda vector, weight, bias, wanted: vector @ weight + bias + vector @ wanted.T / vector.shape[1] ** 0.5,
            "Your result has two axes: every picture against every label. Each picture meets its own label only: "
            "(vector * wanted).sum(dim=1).",
        ),
        Misconception(
            lambda vector, weight, bias, wanted: vector @ weight + _match(vector, wanted),
            "All but the constant: the bias of the unconditional part is missing.",
        ),
    ),
    hints=(
        "Two numbers a picture, added: how real it is, and how well it fits.",
        "The first is vector @ weight + bias. The second is a dot product row by row: multiply, then sum over dim=1.",
        "vector @ weight + bias + (vector * wanted).sum(dim=1) / vector.shape[1] ** 0.5",
    ),
    reasons=(
        "The network looks without knowing the label; only then the label's vector asks its question, by one dot "
        "product. So one look serves the right and the wrong label, and the two halves can be read apart."
    ),
    praise="One half asks whether it is real, the other whether it fits.",
)


# 7.5 ----------------------------------------------------------------------------------------------------------------


def label_costs(label_dim: int, channels: int, vector_dim: int) -> tuple[int, int, int]:
    """How many numbers a network learns more for each way to tell it a label: (concatenation, affine, projection)."""
    concatenation = label_dim * 3 * 3 * channels  # further input channels of a 3x3 convolution
    affine = 4 * channels * (label_dim + 1)  # a linear map with constants to two scales and two shifts a channel
    projection = label_dim * vector_dim  # one vector a number of the label
    return concatenation, affine, projection


def _costs(concatenation: Callable = None, affine: Callable = None, projection: Callable = None) -> Callable:
    """The right answer but for what is given."""

    def costs(label_dim: int, channels: int, vector_dim: int) -> tuple[int, int, int]:
        right = label_costs(label_dim, channels, vector_dim)
        ways = (concatenation, affine, projection)
        return tuple(
            way(label_dim, channels, vector_dim) if way else number for way, number in zip(ways, right, strict=True)
        )

    return costs


COSTS = Exercise(
    name="label_costs",
    title="What does a label cost?",
    tier="stretch",
    difficulty=2,
    minutes=7,
    why="With a label of 7 numbers it hardly matters; with a prompt of some hundred it decides.",
    answer=label_costs,
    cases=((2, 1, 1), (7, 32, 64), (11, 5, 3)),
    misconceptions=(
        Misconception(
            _costs(concatenation=lambda k, c, v: k * c),
            "Concatenation: a 3x3 convolution has nine weights for each pair of an input and an output channel.",
        ),
        Misconception(
            _costs(concatenation=lambda k, c, v: (k * 9 + 1) * c),
            "Concatenation: the convolution's constants are there with and without a label; only the weights of the "
            "further input channels are new.",
        ),
        Misconception(
            _costs(affine=lambda k, c, v: 4 * c * k),
            "Affine: the linear map has a constant for each number that comes out, too: 4 * channels of them.",
        ),
        Misconception(
            _costs(affine=lambda k, c, v: 2 * c * (k + 1)),
            "Affine: our block has two convolutions and modulates before each, so it needs two scales and two shifts a "
            "channel.",
        ),
        Misconception(
            _costs(projection=lambda k, c, v: (k + 1) * v),
            "Projection: this map has no constants, as the unconditional part has what they would say.",
        ),
        Misconception(
            _costs(projection=lambda k, c, v: v),
            "Projection: that is one vector; each of the label_dim numbers has a vector of its own.",
        ),
        Misconception(
            lambda label_dim, channels, vector_dim: sum(label_costs(label_dim, channels, vector_dim)),
            "That is the sum of all three. Return them apart: (concatenation, affine, projection).",
        ),
    ),
    hints=(
        "A 3x3 convolution from A to B channels has 9 * A * B weights and B constants. Which of them are new?",
        "The linear map of the affine way goes from label_dim to 4 * channels numbers, with constants.",
        "(label_dim * 9 * channels, 4 * channels * (label_dim + 1), label_dim * vector_dim)",
    ),
    reasons=(
        "Concatenation pays at every tap of the convolution for a plane that is the same everywhere. Affine pays a few "
        "numbers a channel, projection one vector a label. And both go where it suits: into each layer, or to the end."
    ),
    praise="The three bills add up.",
)


# 7.6 ----------------------------------------------------------------------------------------------------------------


def stack_two(pictures: Tensor) -> Tensor:
    """Pictures 2i and 2i + 1 on top of each other in channels: (2B, C, h, w) -> (B, 2C, h, w)."""
    count, channels, height, width = pictures.shape
    return pictures.reshape(count // 2, 2 * channels, height, width)


STACK = Exercise(
    name="stack_two",
    title="Two pictures at once",
    tier="stretch",
    difficulty=2,
    minutes=5,
    why="The cheapest cure for a generator that always draws the same picture.",
    answer=stack_two,
    cases=((torch.arange(4.0).reshape(4, 1, 1, 1),), (_drawn(6, 3, 5, 7, seed=17),), (_drawn(4, 2, 3, 3, seed=18),)),
    misconceptions=(
        Misconception(
            lambda pictures: torch.cat(pictures.chunk(2), dim=1),
            "You join picture i with picture i + B from the other half of the batch. The two of one label are "
            "neighbours, 2i and 2i + 1; yours belong to different labels, and the discriminator learns nonsense.",
        ),
        Misconception(
            lambda pictures: torch.cat([pictures[1::2], pictures[::2]], dim=1),
            "The right pairs, but the second picture lies on top. Harmless in training, but real and drawn pairs must "
            "be stacked alike; keep 2i first.",
        ),
        Misconception(
            lambda pictures: torch.stack([pictures[::2], pictures[1::2]], dim=2).flatten(1, 2),
            "The right pairs, but their channels alternate: red, red, green, green ... First all channels of picture "
            "2i, then all of picture 2i + 1.",
        ),
        Misconception(
            lambda pictures: torch.cat([pictures[:-1], pictures[1:]], dim=1),
            "Your pairs overlap: 0 with 1, 1 with 2, ... The middle one joins two labels. Each picture belongs to one "
            "pair only.",
        ),
        Misconception(
            lambda pictures: torch.cat([pictures[::2], pictures[1::2]], dim=2),
            "You put one picture above the other, in height. Stacked in channels (dim=1), each place shows both "
            "pictures at once and can compare them.",
        ),
        Misconception(
            lambda pictures: torch.stack([pictures[::2], pictures[1::2]], dim=1),
            "Nearly: you have (B, 2, C, h, w). A convolution wants four axes; join the two middle ones, "
            ".flatten(1, 2).",
        ),
        Misconception(
            lambda pictures: (pictures[::2] + pictures[1::2]) / 2,
            "You average the two. In an average one can't see whether they are equal; keep both, side by side in "
            "channels.",
        ),
    ),
    hints=(
        "In memory, picture 2i + 1 follows directly behind picture 2i.",
        "So no copy is needed: one reshape that takes two pictures for one.",
        "count, channels, height, width = pictures.shape; return pictures.reshape(count // 2, 2 * channels, height, "
        "width)",
    ),
    reasons=(
        "Nothing moves in memory. A convolution sums over all input channels, so the first one can already compute the "
        "difference of the two pictures, and two equal pictures give themselves away by a zero."
    ),
    praise="Equal pictures now give themselves away.",
)


# 7.7 ----------------------------------------------------------------------------------------------------------------


def slide(draw: Callable, noise: Tensor, start: Tensor, end: Tensor, shares: Tensor) -> Tensor:
    """Pictures of one noise on the way from one label to another: (Z,), (K,), (K,), (S,) -> what draw gives for S."""
    labels = (1 - shares[:, None]) * start + shares[:, None] * end  # (S, K)
    return draw(noise.expand(len(shares), -1), labels)


def _toy_draw(noise: Tensor, labels: Tensor) -> Tensor:
    """Some generator: (B, 3) and (B, 2) -> (B, 2)."""
    if noise.ndim != 2 or labels.ndim != 2 or len(noise) != len(labels):
        raise ValueError(
            f"draw needs noise (S, Z) and labels (S, K), but received {tuple(noise.shape)} and {tuple(labels.shape)}"
        )
    return torch.stack(
        [noise[:, 0] * (1 + labels[:, 0]) ** 2, (noise[:, 1] + labels[:, 1] - noise[:, 2]).tanh()], dim=1
    )


SLIDE = Exercise(
    name="slide",
    title="The dial",
    tier="project",
    difficulty=2,
    minutes=8,
    why="Holding one thing fixed while another moves shows what a network has taken apart.",
    answer=slide,
    cases=(
        (
            _toy_draw,
            torch.tensor([1.0, 2, 3]),
            torch.tensor([1.0, 0]),
            torch.tensor([0.0, 1]),
            torch.tensor([0.0, 0.25, 1]),
        ),
        (
            _toy_draw,
            _drawn(3, seed=19),
            _drawn(2, seed=20),
            _drawn(2, seed=21),
            torch.tensor([0.1, 0.2, 0.4, 0.8, 0.9]),
        ),
    ),
    misconceptions=(
        Misconception(
            lambda draw, noise, start, end, shares: draw(
                torch.randn(len(shares), len(noise)), ((1 - shares[:, None]) * start + shares[:, None] * end)
            ),
            "Each picture has new noise, so everything changes at once. Hold it fixed: the same `noise` in every row, "
            "noise.expand(len(shares), -1).",
        ),
        Misconception(
            lambda draw, noise, start, end, shares: slide(draw, noise, end, start, shares),
            "You walk from the end to the start: a share of 0 must give the start.",
        ),
        Misconception(
            lambda draw, noise, start, end, shares: slide(draw, noise, start, end, shares.round()),
            "You take whichever label is nearer, so the picture jumps half-way. Mix the two vectors in these shares.",
        ),
        Misconception(
            lambda draw, noise, start, end, shares: draw(noise.expand(len(shares), -1), start + shares[:, None] * end),
            "The end is added, but the start stays at full strength: at share 1 both are there. Fade it out with "
            "1 - share.",
        ),
        Misconception(
            lambda draw, noise, start, end, shares: draw(
                shares[:, None] * noise, (1 - shares[:, None]) * start + shares[:, None] * end
            ),
            "The labels are right, but the noise grows with the share as well. It must be the same in every row.",
        ),
        Misconception(
            lambda draw, noise, start, end, shares: (
                (1 - shares[:, None]) * draw(noise[None], start[None]) + shares[:, None] * draw(noise[None], end[None])
            ),
            "You draw the two ends and blend the *pictures*. That is a cross-fade, which needs no network in between. "
            "Mix the labels, then draw.",
        ),
    ),
    hints=(
        "Two tables with one row a share: the noise, the same in every row, and the labels, mixed.",
        "shares[:, None] is (S, 1); times a label (K,) it is (S, K).",
        "labels = (1 - shares[:, None]) * start + shares[:, None] * end; return draw(noise.expand(len(shares), -1), "
        "labels)",
    ),
    reasons=(
        "A label is a vector, and vectors can be mixed, also where no such label was ever seen. What moves in the "
        "pictures is due to the label alone, since nothing else moves."
    ),
    praise="Everything stays but what the label says.",
)


EXERCISES = (GAP, MATCHING, MODULATE, PROJECTION, COSTS, STACK, SLIDE)
