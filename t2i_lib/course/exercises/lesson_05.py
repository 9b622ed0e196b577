"""Exercises of lesson 05: the best line, why blur happens, edges, the two terms of a VAE, a walk, and the gate."""

import torch
import torch.nn.functional as F
from torch import Tensor

from t2i_lib.course.checks import Exercise, Misconception


def _drawn(*shape: int, seed: int = 0) -> Tensor:
    """Numbers between -2 and 2 in steps of a tenth, always the same ones."""
    return torch.randint(-20, 21, shape, generator=torch.Generator().manual_seed(seed)) / 10


# 5.1 ----------------------------------------------------------------------------------------------------------------


def squeeze_to_line(points: Tensor, mean: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
    """Points (N, D) become one number each, the place on a line, and points (N, D) of that line again."""
    codes = (points - mean) @ direction  # (N,)
    return codes, mean + codes[:, None] * direction  # (N, D)


def _restored(codes: Tensor, mean: Tensor | float, direction: Tensor) -> tuple[Tensor, Tensor]:
    return codes, mean + codes[:, None] * direction


_STRIPS = torch.tensor([[6.0, 6, 2, 2], [8, 8, 4, 4], [7, 9, 1, 3], [5, 5, 5, 5], [4, 7, 3, 1]])
_LIGHT = torch.tensor([0.5, 0.5, -0.5, -0.5])

LINE = Exercise(
    name="squeeze_to_line",
    title="Four numbers become one, and four again",
    tier="core",
    difficulty=1,
    minutes=5,
    why="Every encoder and decoder of this course does this, only with bends instead of a line.",
    answer=squeeze_to_line,
    cases=(
        (_STRIPS, _STRIPS.mean(0), _LIGHT),
        (_drawn(7, 3, seed=1), _drawn(3, seed=2), torch.tensor([0.6, 0.0, 0.8])),
    ),
    misconceptions=(
        Misconception(
            lambda points, mean, direction: _restored(points @ direction, 0.0, direction),
            "Your line goes through the origin. The best line goes through the mean: subtract it before you take the "
            "dot product, and add it when you come back.",
        ),
        Misconception(
            lambda points, mean, direction: _restored((points - mean) @ direction, 0.0, direction),
            "The codes are right. On the way back the mean is missing: what was subtracted must be added again.",
        ),
        Misconception(
            lambda points, mean, direction: _restored(points @ direction, mean, direction),
            "You add the mean on the way back, but did not subtract it on the way there, so it is counted twice.",
        ),
        Misconception(
            lambda points, mean, direction: ((points - mean) @ direction, points),
            "The codes are right, but you give back the points themselves. The decoder does not have them: it knows "
            "the code, the mean and the direction only.",
        ),
        Misconception(
            lambda points, mean, direction: _restored((points - mean)[:, 0], mean, direction),
            "Your code is the first number of each point. The place on the line is the dot product with the direction, "
            "in which all numbers have a say.",
        ),
        Misconception(
            lambda points, mean, direction: _restored(torch.linalg.vector_norm(points - mean, dim=1), mean, direction),
            "Your code is how far a point lies from the mean, in whatever direction. What counts is how far it lies "
            "along the line, with its sign: a dot product.",
        ),
    ),
    hints=(
        "Encoder: from each point take the mean away, then ask how far what is left points along the direction.",
        "That is a dot product: codes = (points - mean) @ direction, one number a point.",
        "Decoder: mean + codes[:, None] * direction; the [:, None] makes (N, 1) of (N,), so that each code stretches "
        "the whole direction.",
    ),
    reasons=(
        "With a direction of length 1, the dot product is the place on the line that lies nearest. Whatever stood "
        "at right angles to the line is lost, and no decoder can bring it back."
    ),
    praise="One number a point, and the nearest place of the line comes back.",
)


# 5.2 ----------------------------------------------------------------------------------------------------------------


def best_directions(points: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Mean (D,) of points (N, D), and the `count` directions (count, D) in which they vary most, the first one most."""
    mean = points.mean(dim=0)  # (D,)
    centred = points - mean
    covariance = centred.T @ centred / len(points)  # (D, D)
    _, directions = torch.linalg.eigh(covariance)  # (D, D): a column each, the largest variance last
    return mean, directions[:, -count:].flip(1).T


def _redraw(attempt, points: Tensor, count: int):
    """How an attempt is tried: squeeze and come back, for a direction may point either way."""
    found = attempt(points, count)
    if found is None:
        return None
    mean, directions = found
    if directions.shape != (count, points.shape[1]):
        return mean, tuple(directions.shape)
    return mean, mean + (points - mean) @ directions.T @ directions


def _eigenvectors(points: Tensor) -> Tensor:
    return torch.linalg.eigh(points.T @ points / len(points))[1]


def _centred(points: Tensor) -> Tensor:
    return points - points.mean(0)


_CLOUD = _drawn(30, 2, seed=3) @ torch.tensor([[2.0, 1.0, 0.0, -1.0, 0.5], [0.0, 1.0, 1.5, 1.0, -1.0]])
_CLOUD = _CLOUD + 0.3 * _drawn(30, 5, seed=4) + torch.tensor([3.0, -1.0, 2.0, 4.0, 0.0])

DIRECTIONS = Exercise(
    name="best_directions",
    title="Find the best line",
    tier="core",
    difficulty=2,
    minutes=7,
    why="The library starts every autoencoder this way, so that training only has to learn the rest.",
    answer=best_directions,
    probe=_redraw,
    cases=((_CLOUD, 1), (_CLOUD, 2), (_STRIPS + 0.3 * _drawn(5, 4, seed=5), 1)),
    tolerance=1e-3,
    misconceptions=(
        Misconception(
            lambda points, count: (points.mean(0), _eigenvectors(points)[:, -count:].T),
            "You took the products of the raw points. Then the first direction points at the mean instead of along the "
            "cloud. Subtract the mean first.",
        ),
        Misconception(
            lambda points, count: (torch.zeros(points.shape[1]), _eigenvectors(points)[:, -count:].T),
            "Your mean is 0, so your lines go through the origin. The cloud lies elsewhere: return points.mean(dim=0), "
            "and subtract it before you look for directions.",
        ),
        Misconception(
            lambda points, count: (points.mean(0), _eigenvectors(_centred(points))[:, :count].T),
            "These are the directions in which the points vary least. torch.linalg.eigh sorts from small to large: "
            "take the last columns.",
        ),
        Misconception(
            lambda points, count: (points.mean(0), _eigenvectors(_centred(points))[-count:]),
            "You took rows of the matrix that eigh gives. Its directions stand in the columns: directions[:, -count:], "
            "then transpose.",
        ),
        Misconception(
            lambda points, count: (points.mean(0), _eigenvectors(_centred(points))[:, -count:]),
            "Your directions stand in columns, (D, count), as eigh gives them. Here each is a row, (count, D): "
            "transpose with .T.",
        ),
        Misconception(
            lambda points, count: (points.mean(0), torch.eye(points.shape[1])[points.var(0).topk(count).indices]),
            "You keep the single numbers that vary most, and forget all others. A direction may mix them: where two "
            "pixels go up and down together, one number tells of both.",
        ),
        Misconception(
            lambda points, count: (points.mean(0), torch.eye(points.shape[1])[:count]),
            "You keep the first numbers of each point, whatever they are. The directions of largest variance are "
            "eigenvectors of the covariance matrix: torch.linalg.eigh finds them.",
        ),
    ),
    hints=(
        "Three steps: subtract the mean, make the covariance matrix (D, D), take its eigenvectors.",
        "covariance = centred.T @ centred / len(points); variances, directions = torch.linalg.eigh(covariance).",
        "eigh gives columns, the largest variance last: directions[:, -count:].flip(1).T is (count, D), best first.",
    ),
    reasons=(
        "The mean squared error of a line is the variance at right angles to it. All directions together hold the "
        "whole variance, so to lose least is to keep the directions that hold most."
    ),
    praise="No straight line or plane loses less.",
)


# 5.3 ----------------------------------------------------------------------------------------------------------------


def best_answers(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """One picture for N equally likely ones (N, ...): with the least squared error, and with the least absolute one."""
    return pictures.mean(dim=0), pictures.median(dim=0).values


def _most_central(pictures: Tensor) -> Tensor:
    return pictures[torch.cdist(pictures.flatten(1), pictures.flatten(1)).sum(1).argmin()]


def bird_pictures() -> Tensor:
    """Five strips of sky, (5, 7), 1 = sky; each has a bird, -1, at a place of its own."""
    return torch.ones(5, 7) - 2 * torch.eye(5, 7)


BLUR = Exercise(
    name="best_answers",
    title="One answer to five pictures",
    tier="core",
    difficulty=1,
    minutes=4,
    why="This is why blur happens, and why birds vanish: in a few numbers, without any network.",
    answer=best_answers,
    cases=((bird_pictures(),), (_drawn(7, 4, 5, seed=6),), (_drawn(3, 6, seed=7),)),
    misconceptions=(
        Misconception(
            lambda pictures: (pictures.median(0).values, pictures.mean(0)),
            "Both are right, but exchanged. Squares make large errors dear, so the squared error goes to the middle of "
            "them all, the mean. The absolute error goes to the median.",
        ),
        Misconception(
            lambda pictures: (pictures.mean(0), pictures.mean(0)),
            "For the squared error the mean is right. For the absolute one it is not: try the numbers 0, 0, 3. The "
            "answer 1 costs 1 + 1 + 2 = 4, the answer 0 only 3.",
        ),
        Misconception(
            lambda pictures: (pictures.median(0).values, pictures.median(0).values),
            "For the absolute error the median is right. For the squared one try the numbers 0, 0, 3: the answer 0 "
            "costs 9, the answer 1 costs 1 + 1 + 4 = 6.",
        ),
        Misconception(
            lambda pictures: (pictures.mean(0), pictures.median(0)),
            "Nearly: torch's median along an axis gives two things, the values and the places where it found them. "
            "Take .values.",
        ),
        Misconception(
            lambda pictures: (_most_central(pictures), _most_central(pictures)),
            "You chose one of the pictures. A loss does not ask for a picture that could be real; it asks for small "
            "errors pixel by pixel, and no real picture is best at that.",
        ),
        Misconception(
            lambda pictures: (pictures.mean(0), (pictures.amax(0) + pictures.amin(0)) / 2),
            "The mean is right. The middle between the smallest and the largest value has the least worst error; the "
            "least sum of absolute errors has the value with as many above as below it.",
        ),
        Misconception(
            lambda pictures: (pictures.mean(), pictures.median()),
            "You made one number of everything. Each pixel has its own answer: reduce over the first axis, dim=0.",
        ),
    ),
    hints=(
        "Think of one pixel, with the values 0, 0, 3. Which number has the least sum of squares? Of absolute errors?",
        "Squares: set the slope to zero, and the mean comes out. Absolute errors: a step towards one value is a step "
        "away from another; the sum is least where as many lie above as below.",
        "pictures.mean(dim=0), and pictures.median(dim=0).values (torch's median gives values and places).",
    ),
    reasons=(
        "A decoder that cannot tell pictures apart gives one answer to all of them. The squared error asks for their "
        "mean, which is blur; the absolute error for their median, which is blur at edges and nothing at all where "
        "something small is rarer than half the time."
    ),
    praise="A fifth of a bird everywhere, or no bird at all: both losses call that the best answer.",
)


# 5.4 ----------------------------------------------------------------------------------------------------------------


def edge_loss(images: Tensor, targets: Tensor) -> Tensor:
    """How far two batches (B, C, H, W) differ in what changes from pixel to pixel: to the right, plus downwards."""
    error = images - targets
    right = error[..., :, 1:] - error[..., :, :-1]  # (B, C, H, W - 1)
    down = error[..., 1:, :] - error[..., :-1, :]  # (B, C, H - 1, W)
    return right.abs().mean() + down.abs().mean()


def _slopes(images: Tensor) -> tuple[Tensor, Tensor]:
    return images.diff(dim=-1), images.diff(dim=-2)


EDGES = Exercise(
    name="edge_loss",
    title="Edges must be where they were",
    tier="core",
    difficulty=1,
    minutes=5,
    why="The cure that comes to mind first: a soft edge is cheap in brightness, but dear in steps.",
    answer=edge_loss,
    cases=(
        (_drawn(2, 3, 4, 5, seed=8), _drawn(2, 3, 4, 5, seed=9)),
        (_drawn(1, 1, 3, 6, seed=10), torch.zeros(1, 1, 3, 6)),
    ),
    misconceptions=(
        Misconception(
            lambda images, targets: (images - targets).diff(dim=-1).abs().mean(),
            "Steps to the right are there, steps downwards are missing: a horizon that is blurred would cost nothing.",
        ),
        Misconception(
            lambda images, targets: (images - targets).diff(dim=-2).abs().mean(),
            "Steps downwards are there, steps to the right are missing: a tree's trunk could be blurred for nothing.",
        ),
        Misconception(
            lambda images, targets: sum(
                (ours.abs() - theirs.abs()).abs().mean()
                for ours, theirs in zip(_slopes(images), _slopes(targets), strict=True)
            ),
            "You compare how steep the steps are, without their sign. From dark to bright and from bright to dark "
            "would be the same edge. Take differences first, absolute values last.",
        ),
        Misconception(
            lambda images, targets: sum(each.square().mean() for each in _slopes(images - targets)),
            "Squares instead of absolute values. They would spread one large wrong step over several small ones, which "
            "is blur again.",
        ),
        Misconception(
            lambda images, targets: sum(each.abs().mean() for each in _slopes(images - targets)) / 2,
            "Half of it: here the two directions are added, not averaged. (A matter of taste, but the weight that goes "
            "with it in the recipe counts on the sum.)",
        ),
        Misconception(
            lambda images, targets: sum(each.abs().mean() for each in _slopes(images)),
            "You measure the steps of the first batch only. A flat grey picture would be the best then. What counts is "
            "the difference from the targets' steps.",
        ),
        Misconception(
            lambda images, targets: sum(each.abs().sum() for each in _slopes(images - targets)),
            "Sums instead of means: larger pictures would cost more. Take .mean() of each direction.",
        ),
    ),
    hints=(
        "The steps of a difference are the difference of the steps, so begin with error = images - targets.",
        "Steps to the right: error[..., 1:] - error[..., :-1], or error.diff(dim=-1). Downwards: the same on dim=-2.",
        "The mean of the absolute steps to the right plus the mean of the absolute steps downwards.",
    ),
    reasons=(
        "Another brightness everywhere costs nothing here, a shifted or softened edge costs twice: a step is missing "
        "where it was and is too much beside it. Beside L1, which watches the brightness, the two complete each other."
    ),
    praise="A wrong brightness is free, a wrong edge is not.",
)


# 5.5 ----------------------------------------------------------------------------------------------------------------


def draw_latents(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """Latents from N(mean, variance), made of standard normal noise; all of one shape."""
    return mean + (0.5 * log_variance).exp() * noise


_MEAN, _LOGS, _NOISE = _drawn(3, 4, seed=11), _drawn(3, 4, seed=12), _drawn(3, 4, seed=13)

LOT = Exercise(
    name="draw_latents",
    title="A draw that gradients can pass",
    tier="core",
    difficulty=1,
    minutes=4,
    why="Without this line a variational autoencoder cannot learn how much noise its latents bear.",
    answer=draw_latents,
    cases=((_MEAN, _LOGS, _NOISE), (torch.tensor([1.0]), torch.tensor([0.0]), torch.tensor([2.0]))),
    misconceptions=(
        Misconception(
            lambda mean, log_variance, noise: mean + log_variance.exp() * noise,
            "exp(log_variance) is the variance. Noise is stretched by its root, the standard deviation: "
            "exp(log_variance / 2).",
        ),
        Misconception(
            lambda mean, log_variance, noise: mean + log_variance * noise,
            "The logarithm itself stretches nothing; it may be negative. Undo it first: exp(log_variance / 2).",
        ),
        Misconception(
            lambda mean, log_variance, noise: mean + log_variance.sqrt() * noise,
            "A root of a logarithm: where that is negative, nan comes out. First undo the logarithm, then take the "
            "root; together that is exp(log_variance / 2).",
        ),
        Misconception(
            lambda mean, log_variance, noise: mean + noise,
            "All latents get the same noise. The network says for each of them how much it bears: log_variance must "
            "come in.",
        ),
        Misconception(
            lambda mean, log_variance, noise: (mean + noise) * (0.5 * log_variance).exp(),
            "The mean is stretched, too. Only the noise is: brackets.",
        ),
        Misconception(
            lambda mean, log_variance, noise: mean,
            "That is the plain autoencoder: nothing is drawn. Add noise, as much as log_variance says.",
        ),
        Misconception(
            lambda mean, log_variance, noise: torch.normal(mean, (0.5 * log_variance).exp()),
            "The right distribution, but from other noise than the one given, and torch.normal passes no gradient on "
            "to mean and spread. Use `noise`.",
        ),
    ),
    hints=(
        "Standard normal noise becomes N(mean, variance) by two moves: stretch, then shift.",
        "Stretch by the standard deviation, which is the root of the variance.",
        "The root of exp(log_variance) is exp(log_variance / 2). So: mean + (0.5 * log_variance).exp() * noise.",
    ),
    reasons=(
        "The lot falls outside, in `noise`. What the network says, mean and spread, is then only multiplied and added, "
        "so the loss can ask: would a little less noise have been better? The logarithm lets the network say any "
        "number and still get a positive variance."
    ),
    praise="Stretch, then shift; gradients pass.",
)


# 5.6 ----------------------------------------------------------------------------------------------------------------


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """How far N(mean, variance) is from N(0, 1), in nats, the mean over all latents."""
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).mean()


KL = Exercise(
    name="divergence",
    title="What it costs to differ from N(0, 1)",
    tier="core",
    difficulty=2,
    minutes=6,
    why="This is the second term of every variational autoencoder; you can check it on paper.",
    answer=divergence,
    cases=(
        (torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 0.0]])),
        (_MEAN, _LOGS),
        (torch.zeros(2, 3), _drawn(2, 3, seed=14)),
    ),
    misconceptions=(
        Misconception(
            lambda mean, log_variance: (mean**2 + log_variance.exp() - 1 - log_variance).mean(),
            "Twice too much: the factor 1/2 in front is missing.",
        ),
        Misconception(
            lambda mean, log_variance: 0.5 * (mean**2 + log_variance.exp() - 1 + log_variance).mean(),
            "The sign of the logarithm is wrong: minus. With plus, a tiny variance would be rewarded without end, and "
            "noise would be the first thing that the network gets rid of.",
        ),
        Misconception(
            lambda mean, log_variance: 0.5 * (mean**2 + log_variance - 1 - log_variance.exp().log()).mean(),
            "Variance and logarithm cancel in yours, so the spread costs nothing. The variance is exp(log_variance).",
        ),
        Misconception(
            lambda mean, log_variance: 0.5 * (mean**2 + (0.5 * log_variance).exp() - 1 - log_variance).mean(),
            "You put in the standard deviation where the variance belongs: exp(log_variance), without a half.",
        ),
        Misconception(
            lambda mean, log_variance: 0.5 * (mean.abs() + log_variance.exp() - 1 - log_variance).mean(),
            "The mean counts with its square.",
        ),
        Misconception(
            lambda mean, log_variance: 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(),
            "That is the sum over all latents of all pictures. Here the mean is asked for, so that a weight means the "
            "same for any number of latents.",
        ),
        Misconception(
            lambda mean, log_variance: 0.5 * ((1 + mean**2) / log_variance.exp() - 1 + log_variance).mean(),
            "That is the divergence the other way round, of N(0, 1) from N(mean, variance). The two are not the same: "
            "swap the roles.",
        ),
    ),
    hints=(
        "Copy the formula with one change: what you are given is the logarithm of the variance.",
        "variance = log_variance.exp(), and ln(variance) is log_variance itself.",
        "0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).mean()",
    ),
    reasons=(
        "Each part pulls at one thing: mean^2 pulls the mean to 0; variance - 1 - ln(variance) is 0 at variance 1 and "
        "grows on both sides, without end as the noise goes to 0. To be certain costs nats."
    ),
    praise="Mean 1 costs half a nat; N(0, 1) itself costs nothing.",
)


# 5.7 ----------------------------------------------------------------------------------------------------------------


def go_around(start: Tensor, end: Tensor, share: float) -> Tensor:
    """The point `share` of the way from start to end, both (D,), on the arc between them instead of the chord."""
    angle = torch.arccos(F.cosine_similarity(start, end, dim=0))  # radians
    return (torch.sin((1 - share) * angle) * start + torch.sin(share * angle) * end) / torch.sin(angle)


def _angle(start: Tensor, end: Tensor) -> Tensor:
    return torch.arccos(F.cosine_similarity(start, end, dim=0))


_FROM, _TO = torch.tensor([3.0, 0.0, 4.0]), torch.tensor([0.0, 5.0, 0.0])

AROUND = Exercise(
    name="go_around",
    title="Around instead of through",
    tier="stretch",
    difficulty=2,
    minutes=7,
    why="Random latents of many numbers all have nearly the same length; half-way through the chord they do not.",
    answer=go_around,
    cases=((_FROM, _TO, 0.5), (_FROM, _TO, 0.25), (_drawn(6, seed=15), _drawn(6, seed=16), 0.8), (_FROM, _TO, 0.0)),
    misconceptions=(
        Misconception(
            lambda start, end, share: (1 - share) * start + share * end,
            "That is the chord. Half-way between two vectors at a right angle it is only 0.71 times as long as they "
            "are. The arc needs sines of the angle.",
        ),
        Misconception(
            lambda start, end, share: (
                F.normalize((1 - share) * start + share * end, dim=0)
                * ((1 - share) * start.norm() + share * end.norm())
            ),
            "The length is right, but the steps are not equal: the chord's steps, seen from the origin, are wider in "
            "the middle. Use the sines.",
        ),
        Misconception(
            lambda start, end, share: (
                (torch.sin(share * _angle(start, end)) * start + torch.sin((1 - share) * _angle(start, end)) * end)
                / torch.sin(_angle(start, end))
            ),
            "You walk backwards: at share 0 you are at the end. The start gets sin((1 - share) * angle).",
        ),
        Misconception(
            lambda start, end, share: (
                torch.sin((1 - share) * _angle(start, end)) * start + torch.sin(share * _angle(start, end)) * end
            ),
            "The division by sin(angle) is missing: at share 0 not quite the start comes out.",
        ),
        Misconception(
            lambda start, end, share: (
                (torch.sin((1 - share) * (start @ end)) * start + torch.sin(share * (start @ end)) * end)
                / torch.sin(start @ end)
            ),
            "You took the dot product for the angle. The angle is the arccos of the cosine, and the cosine is the dot "
            "product divided by both lengths.",
        ),
        Misconception(
            lambda start, end, share: (1 - share) ** 0.5 * start + share**0.5 * end,
            "Square roots keep the mean length of independent noise, a good trick, but your path is not the arc at "
            "equal steps. Use the sines of the angle.",
        ),
    ),
    hints=(
        "You need the angle between the two: arccos of their cosine similarity.",
        "The start counts sin((1 - share) * angle) / sin(angle), the end sin(share * angle) / sin(angle).",
        "angle = torch.arccos(start @ end / (start.norm() * end.norm())); then the sum of both, as above.",
    ),
    reasons=(
        "Two independent vectors of many random numbers stand nearly at a right angle and have nearly the same length. "
        "So everything that a network has seen lies near a sphere, and the chord leaves it."
    ),
    praise="Equal steps on the arc.",
)


# 5.8 ----------------------------------------------------------------------------------------------------------------


def gate(seen_before: Tensor, seen_after: Tensor, truth: Tensor) -> Tensor:
    """How much of what a judge sees in pictures it still sees in redrawn ones, the mean over attributes.

    All three are (N, A) ids; truth -1 = does not apply.
    """
    applies = truth >= 0  # (N, A)
    before = ((seen_before == truth) & applies).sum(dim=0) / applies.sum(dim=0)  # (A,) accuracies
    after = ((seen_after == truth) & applies).sum(dim=0) / applies.sum(dim=0)  # (A,)
    return (after / before).clamp(max=1).mean()


def _accuracies(seen: Tensor, truth: Tensor) -> Tensor:
    applies = truth >= 0
    return ((seen == truth) & applies).sum(0) / applies.sum(0)


_TRUTH = torch.tensor([[0, 1, 2], [1, -1, 2], [0, 1, 0], [2, 0, 1], [1, -1, 1], [0, 0, -1]])
_BEFORE = torch.tensor([[0, 1, 2], [1, 0, 2], [0, 1, 0], [2, 1, 0], [1, 1, 0], [0, 0, 0]])
_AFTER = torch.tensor([[0, 0, 2], [1, 1, 2], [2, 1, 0], [2, 1, 1], [0, 1, 0], [0, 1, 2]])

GATE = Exercise(
    name="gate",
    title="The gate",
    tier="project",
    difficulty=3,
    minutes=10,
    why="A decoder is shipped only if this number is large enough: what it loses, no generator can give back.",
    answer=gate,
    cases=((_BEFORE, _AFTER, _TRUTH), (_TRUTH.clamp(min=0), _AFTER, _TRUTH), (_BEFORE, _BEFORE, _TRUTH)),
    misconceptions=(
        Misconception(
            lambda before, after, truth: (_accuracies(after, truth) / _accuracies(before, truth)).mean(),
            "An attribute that is recognised better after than before makes up for a loss elsewhere in yours. Chance "
            "must not do that: clamp each share at 1.",
        ),
        Misconception(
            lambda before, after, truth: _accuracies(after, truth).mean(),
            "That is the accuracy on redrawn pictures. The judge errs on real ones, too, and the autoencoder is not to "
            "blame for that: divide by its accuracy on these.",
        ),
        Misconception(
            lambda before, after, truth: (before == after).float().mean(),
            "You ask whether the judge says the same before and after. If it was wrong before and is right after, "
            "that is no loss; compare both with the truth.",
        ),
        Misconception(
            lambda before, after, truth: (
                (((after == truth) | (truth < 0)).sum(0) / ((before == truth) | (truth < 0)).sum(0)).clamp(max=1).mean()
            ),
            "Where truth is -1 you count the judge as right. The attribute does not apply there, and whatever the "
            "judge says is neither right nor wrong. Leave those places out.",
        ),
        Misconception(
            lambda before, after, truth: (
                ((after == truth) & (truth >= 0)).sum() / ((before == truth) & (truth >= 0)).sum()
            ).clamp(max=1),
            "You count all attributes in one pot. Then expression, which only faces have, hardly counts. One share an "
            "attribute, then their mean.",
        ),
        Misconception(
            lambda before, after, truth: (_accuracies(after, truth) / _accuracies(before, truth)).clamp(max=1).min(),
            "That is the worst attribute, a good thing to look at; the gate is the mean over them.",
        ),
    ),
    hints=(
        "First one attribute: among the pictures where it applies, how often is the judge right before, and after?",
        "applies = truth >= 0; accuracy = ((seen == truth) & applies).sum(dim=0) / applies.sum(dim=0), one number an "
        "attribute.",
        "(after / before).clamp(max=1).mean()",
    ),
    reasons=(
        "A quotient, because the judge is not perfect; clamped, because luck in one attribute must not hide a loss in "
        "another; one share an attribute, because what applies seldom is lost first. (Whoever forgot the -1 was lucky: "
        "no judge says -1, so those places are never counted as right, and how many they are cancels in the quotient.)"
    ),
    praise="Melted birds have nowhere to hide now.",
)


EXERCISES = (LINE, DIRECTIONS, BLUR, EDGES, LOT, KL, AROUND, GATE)
