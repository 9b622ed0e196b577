"""Exercises of lesson 10: shares with intervals, variety, distances between clouds, and whether two viewers agree."""

import math

import torch
from torch import Tensor

from t2i_lib.course.checks import Exercise, Misconception
from t2i_lib.frechet import moments
from t2i_lib.metrics import mean_distance


def _drawn(*shape: int, seed: int = 0) -> Tensor:
    """Numbers between -2 and 2 in steps of a tenth, always the same ones."""
    return torch.randint(-20, 21, shape, generator=torch.Generator().manual_seed(seed)) / 10


# 10.1 ---------------------------------------------------------------------------------------------------------------


def prompt_scores(found: Tensor, stated: Tensor) -> tuple[float, float]:
    """Of all stated things the share that is found, and the share of prompts with nothing missing.

    Args:
        found: (B, A) int64, what the judge sees in the picture of each prompt.
        stated: (B, A) int64, what each prompt states, -1 = not stated.
    """
    asked = stated >= 0  # (B, A)
    right = (found == stated) & asked
    accuracy = right.sum() / asked.sum()
    exact = (right.sum(dim=1) == asked.sum(dim=1)).float().mean()
    return accuracy.item(), exact.item()


def _mean_of_shares(found: Tensor, stated: Tensor) -> tuple[float, float]:
    asked = stated >= 0
    right = (found == stated) & asked
    return (right.sum(1) / asked.sum(1)).mean().item(), prompt_scores(found, stated)[1]


PROMPT_SCORES = Exercise(
    name="prompt_scores",
    title="Two ways to count",
    tier="core",
    difficulty=1,
    minutes=5,
    why="These are the two figures by which this course says how well an artist obeys.",
    answer=prompt_scores,
    cases=(
        (
            torch.tensor([[0, 2, 1, 3], [4, 0, 0, 1], [5, 1, 2, 2], [7, 2, 0, 0]]),
            torch.tensor([[0, 2, -1, 4], [4, -1, -1, -1], [5, 1, 2, 0], [1, 2, 0, -1]]),
        ),
        (torch.tensor([[1, 1, 1], [2, 0, 2], [0, 0, 1]]), torch.tensor([[1, 1, -1], [2, -1, -1], [-1, 2, 1]])),
    ),
    misconceptions=(
        Misconception(
            lambda found, stated: (
                (found == stated).float().mean().item(),
                (found == stated).all(dim=1).float().mean().item(),
            ),
            "What a prompt does not state (-1) counts as missed in yours. A prompt that says little would always "
            "fail: count only where stated >= 0.",
        ),
        Misconception(
            lambda found, stated: (
                ((found == stated) | (stated < 0)).float().mean().item(),
                prompt_scores(found, stated)[1],
            ),
            "What a prompt does not state counts as found in yours, so saying less raises the accuracy. Silence "
            "belongs neither into the sum nor into what you divide by.",
        ),
        Misconception(
            _mean_of_shares,
            "You take the share prompt by prompt and then the mean, so a thing in a short prompt weighs more than one "
            "in a long prompt. Asked is: all found things over all stated things.",
        ),
        Misconception(
            lambda found, stated: prompt_scores(found, stated)[::-1],
            "Both numbers are right, in the other order: the share of things first, then that of prompts.",
        ),
        Misconception(
            lambda found, stated: (
                prompt_scores(found, stated)[0],
                ((found == stated) & (stated >= 0)).any(dim=1).float().mean().item(),
            ),
            "Your second number asks whether *something* that was stated is found. An exact match needs all of it.",
        ),
        Misconception(
            lambda found, stated: (
                prompt_scores(found, stated)[0],
                ((found == stated) & (stated >= 0)).all(dim=1).float().mean().item(),
            ),
            "Your second number is 0 for every prompt that leaves something unsaid: .all() also asks for the columns "
            "with -1. Let them pass, or compare the two sums of each row.",
        ),
    ),
    hints=(
        "Two yes-or-no tensors (B, A): which things are asked for, and which of these are right?",
        "asked = stated >= 0; right = (found == stated) & asked. Now sums: over everything, and over each row.",
        "right.sum() / asked.sum(), and (right.sum(dim=1) == asked.sum(dim=1)).float().mean(); .item() on both.",
    ),
    reasons=(
        "The accuracy counts things, so long prompts weigh more; the exact match counts prompts, and one missing bird "
        "spoils one. With nine in ten things right and four things a prompt, about 0.9 ** 4 = 0.66 of the prompts "
        "would be perfect, if things failed independently of each other."
    ),
    praise="Things and prompts: two ways to count.",
)


# 10.2 ---------------------------------------------------------------------------------------------------------------

Z = 1.96


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share: (low, high)."""
    rate, square = successes / trials, Z**2
    middle = (rate + square / (2 * trials)) / (1 + square / trials)
    reach = Z / (1 + square / trials) * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials**2))
    return middle - reach, middle + reach


def _wald(successes: int, trials: int, z: float = Z) -> tuple[float, float]:
    rate = successes / trials
    reach = z * math.sqrt(rate * (1 - rate) / trials)
    return rate - reach, rate + reach


def _not_divided(successes: int, trials: int) -> tuple[float, float]:
    rate, square = successes / trials, Z**2
    middle = rate + square / (2 * trials)
    reach = Z * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials**2))
    return middle - reach, middle + reach


def _not_squared(successes: int, trials: int) -> tuple[float, float]:
    rate = successes / trials
    middle = (rate + Z / (2 * trials)) / (1 + Z / trials)
    reach = Z / (1 + Z / trials) * math.sqrt(rate * (1 - rate) / trials + Z / (4 * trials**2))
    return middle - reach, middle + reach


def _around_the_rate(successes: int, trials: int) -> tuple[float, float]:
    low, high = wilson(successes, trials)
    rate, reach = successes / trials, (high - low) / 2
    return rate - reach, rate + reach


def _short_reach(successes: int, trials: int) -> tuple[float, float]:
    rate, square = successes / trials, Z**2
    middle = (rate + square / (2 * trials)) / (1 + square / trials)
    reach = Z / (1 + square / trials) * math.sqrt(rate * (1 - rate) / trials)
    return middle - reach, middle + reach


WILSON = Exercise(
    name="wilson",
    title="How far may a share be off?",
    tier="core",
    difficulty=2,
    minutes=7,
    why="A share without an interval cannot be compared with another one.",
    answer=wilson,
    cases=((9, 10), (10, 10), (0, 7), (50, 100), (393, 400)),
    misconceptions=(
        Misconception(
            _wald,
            "That is the naive interval, p plus and minus 1.96 standard errors. At 10 of 10 it has no width at all: "
            "ten right answers prove nothing of the kind. Take Wilson's formula.",
        ),
        Misconception(
            lambda successes, trials: tuple(min(1.0, max(0.0, end)) for end in _wald(successes, trials)),
            "The naive interval, cut off at 0 and 1. Cutting hides that it leaves the range, but at 10 of 10 it is "
            "still a single point. Take Wilson's formula.",
        ),
        Misconception(
            _not_divided,
            "The division by 1 + z² / n is missing, of the middle and of the reach.",
        ),
        Misconception(
            _not_squared,
            "Where the formula has z² you took z; only the z before the root is not squared.",
        ),
        Misconception(
            _around_the_rate,
            "Wilson's reach, but put around p itself. The middle is pulled towards one half, so that the interval "
            "stays inside 0 and 1.",
        ),
        Misconception(
            _short_reach,
            "Under the root the second term, z² / (4 n²), is missing. It is what is left when p is 0 or 1.",
        ),
    ),
    hints=(
        "Compute p = successes / trials first, then middle, then reach, just as the formula says.",
        "middle = (p + z**2 / (2 * n)) / (1 + z**2 / n).",
        "reach = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)); return middle - reach, middle + "
        "reach.",
    ),
    reasons=(
        "The naive interval takes the standard error from the measured share itself, which is 0 when all went right. "
        "Wilson asks instead: for which true shares would this outcome still be within 1.96 standard errors? That is a "
        "quadratic equation, and its two roots are the ends."
    ),
    praise="10 of 10 is now what it is: at least 0.72.",
)


# 10.3 ---------------------------------------------------------------------------------------------------------------


def bootstrap(right: Tensor, asked: Tensor, places: Tensor) -> tuple[float, float]:
    """The 95 % interval of sum(right) / sum(asked), from samples of the prompts: (low, high).

    Args:
        right, asked: (B,) float, how many things of each prompt are found and stated.
        places: (R, B) int64, in each row one sample of B prompts, drawn with repetition.
    """
    shares = right[places].sum(dim=1) / asked[places].sum(dim=1)  # (R,)
    return shares.quantile(0.025).item(), shares.quantile(0.975).item()


def _two_ends(shares: Tensor, low: float = 0.025, high: float = 0.975) -> tuple[float, float]:
    return shares.quantile(low).item(), shares.quantile(high).item()


def _shares(right: Tensor, asked: Tensor, places: Tensor) -> Tensor:
    return right[places].sum(1) / asked[places].sum(1)


def _by_spread(right: Tensor, asked: Tensor, places: Tensor) -> tuple[float, float]:
    shares, value = _shares(right, asked, places), right.sum() / asked.sum()
    return (value - 1.96 * shares.std()).item(), (value + 1.96 * shares.std()).item()


def _samples(prompts: int, count: int, seed: int) -> Tensor:
    return torch.randint(prompts, (count, prompts), generator=torch.Generator().manual_seed(seed))


BOOTSTRAP = Exercise(
    name="bootstrap",
    title="Draw the prompts again",
    tier="core",
    difficulty=2,
    minutes=7,
    why="The things of one prompt may fail together, and variety has no formula at all: this works for both.",
    answer=bootstrap,
    cases=(
        (
            torch.tensor([4.0, 0.0, 3.0, 1.0, 5.0, 2.0, 1.0]),
            torch.tensor([4.0, 3.0, 3.0, 1.0, 7.0, 2.0, 6.0]),
            _samples(7, 200, 0),
        ),
        (torch.tensor([1.0, 2.0, 0.0, 3.0]), torch.tensor([2.0, 2.0, 1.0, 5.0]), _samples(4, 60, 1)),
    ),
    misconceptions=(
        Misconception(
            lambda right, asked, places: _two_ends((right / asked)[places].mean(1)),
            "You sample the shares of the prompts and take their mean: each prompt weighs alike, however much it "
            "states. Sum what is right and what is asked first, then divide.",
        ),
        Misconception(
            lambda right, asked, places: _two_ends(right[places].sum(1) / asked.sum()),
            "Only `right` was drawn again; `asked` stayed. A prompt is drawn with both of its numbers: a sample of "
            "long prompts has more right *and* more asked.",
        ),
        Misconception(
            lambda right, asked, places: _two_ends(right[places].sum(0) / asked[places].sum(0)),
            "You summed over the wrong axis. Each *row* of `places` is one sample of prompts: sum over dim=1.",
        ),
        Misconception(
            lambda right, asked, places: _two_ends(_shares(right, asked, places), 0.05, 0.95),
            "From 5 % to 95 % is the 90 % interval. Leave 2.5 % out at either end.",
        ),
        Misconception(
            _by_spread,
            "Value plus and minus 1.96 standard deviations of the samples: also an interval, but it is symmetric, and "
            "may leave the range. Asked are the two quantiles of the samples themselves.",
        ),
        Misconception(
            lambda right, asked, places: _two_ends(_shares(right, asked, places), 0.0, 1.0),
            "Lowest and highest of all samples: that grows with the number of samples. Take the quantiles 0.025 and "
            "0.975.",
        ),
    ),
    hints=(
        "right[places] has the shape (R, B): row r holds the numbers of the prompts in sample r.",
        "One share a sample: right[places].sum(dim=1) / asked[places].sum(dim=1), (R,).",
        "shares.quantile(0.025).item() and shares.quantile(0.975).item().",
    ),
    reasons=(
        "We cannot draw other prompts from the world, but from the ones that we have, with repetition; how much the "
        "figure moves then is how much it would have moved. A whole prompt is drawn, because its things may succeed "
        "and fail together."
    ),
    praise="Any figure that can be computed from prompts now has an interval.",
)


# 10.4 ---------------------------------------------------------------------------------------------------------------


def variety(drawn: Tensor, real: Tensor) -> float:
    """Mean distance between drawn pictures of one prompt, over the same for real ones.

    Args:
        drawn, real: (P, K, N) float, K pictures of N numbers for each of P prompts.
    """
    spreads = [torch.stack([torch.pdist(pictures).mean() for pictures in each]).mean() for each in (drawn, real)]
    return (spreads[0] / spreads[1]).item()


def _spread(pictures: Tensor) -> Tensor:
    return torch.stack([torch.pdist(each).mean() for each in pictures]).mean()


def _with_itself(pictures: Tensor) -> Tensor:
    return torch.stack([torch.cdist(each, each).mean() for each in pictures]).mean()


VARIETY = Exercise(
    name="variety",
    title="How different are pictures of one prompt?",
    tier="core",
    difficulty=2,
    minutes=6,
    why="An artist that draws one good picture a prompt has a fine accuracy, and has died all the same.",
    answer=variety,
    cases=(
        (_drawn(3, 4, 5, seed=1), 2 * _drawn(3, 4, 5, seed=2) + 1),
        (_drawn(2, 3, 7, seed=3), _drawn(2, 5, 7, seed=4) * torch.tensor([1.0, 3.0]).view(2, 1, 1)),
        (torch.zeros(2, 3, 4), _drawn(2, 3, 4, seed=5)),
    ),
    misconceptions=(
        Misconception(
            lambda drawn, real: (_with_itself(drawn) / _with_itself(real)).item(),
            "Among your pairs are those of a picture with itself, at distance 0, and with another number of pictures "
            "they weigh differently. Take each pair of two different pictures once: torch.pdist.",
        ),
        Misconception(
            lambda drawn, real: (
                torch.pdist(drawn.flatten(0, 1)).mean() / torch.pdist(real.flatten(0, 1)).mean()
            ).item(),
            "You compare pictures of different prompts, too. Those differ because the prompts do; the question is how "
            "much pictures of *one* prompt differ.",
        ),
        Misconception(
            lambda drawn, real: (_spread(real) / _spread(drawn)).item(),
            "Upside down: yours is the spread of real pictures over that of drawn ones.",
        ),
        Misconception(
            lambda drawn, real: (mean_distance(drawn) / mean_distance(real)).mean().item(),
            "You divide prompt by prompt and take the mean of the ratios. A prompt whose real pictures are nearly "
            "alike then outweighs all others: take both means first, then divide.",
        ),
        Misconception(
            lambda drawn, real: (_spread(drawn) / _spread(real)).square().item(),
            "These are squared distances. Take the distances themselves: then half as different gives 0.5.",
        ),
        Misconception(
            lambda drawn, real: (
                (drawn - drawn.mean(1, keepdim=True)).norm(dim=-1).mean()
                / (real - real.mean(1, keepdim=True)).norm(dim=-1).mean()
            ).item(),
            "You measure how far pictures lie from the mean of their prompt. That works too, but depends on K; the "
            "course takes the distance between two pictures.",
        ),
    ),
    hints=(
        "First for one prompt: torch.pdist(pictures) takes (K, N) and gives the distance of each pair.",
        "Mean over the pairs, then mean over the prompts; do that for `drawn` and for `real`.",
        "torch.stack([torch.pdist(each).mean() for each in drawn]).mean(), the same for real, and divide.",
    ),
    reasons=(
        "Dividing by the real spread makes a scale: 0 for one picture a prompt, 1 for as much freedom as the world "
        "has. What a prompt leaves open differs from prompt to prompt, so the same prompts must be in both."
    ),
    praise="0 is one picture a prompt, 1 is the world's own freedom.",
)


# 10.5 ---------------------------------------------------------------------------------------------------------------


def frechet_line(one: Tensor, other: Tensor) -> float:
    """The Frechet distance of two samples of single numbers, (N,) and (M,): (m1 - m2)^2 + (s1 - s2)^2."""
    return ((one.mean() - other.mean()) ** 2 + (one.std() - other.std()) ** 2).item()


FRECHET_LINE = Exercise(
    name="frechet_line",
    title="Two heaps of numbers",
    tier="core",
    difficulty=1,
    minutes=4,
    why="The famous distance between clouds of pictures is this one, with vectors in place of numbers.",
    answer=frechet_line,
    cases=(
        (_drawn(9, seed=6), 2 * _drawn(12, seed=7) + 1),
        (torch.tensor([0.0, 2.0]), torch.tensor([3.0, 5.0])),
        (torch.tensor([-1.0, 1.0]), torch.tensor([-3.0, 3.0])),
    ),
    misconceptions=(
        Misconception(
            lambda one, other: ((one.mean() - other.mean()) ** 2).item(),
            "Only the means are compared. A heap that is all too narrow, or all too wide, around the right mean would "
            "get 0: the spreads belong in, too.",
        ),
        Misconception(
            lambda one, other: ((one.mean() - other.mean()) ** 2 + (one.var() - other.var()) ** 2).item(),
            "You compare variances. The formula has standard deviations, .std(): numbers in the unit of the data, like "
            "the means.",
        ),
        Misconception(
            lambda one, other: ((one.mean() - other.mean()).abs() + (one.std() - other.std()).abs()).item(),
            "You add absolute differences; the formula squares them.",
        ),
        Misconception(
            lambda one, other: math.sqrt(frechet_line(one, other)),
            "A root too many. By custom the Frechet distance of this field is left squared.",
        ),
        Misconception(
            lambda one, other: (
                (one.mean() - other.mean()) ** 2 + (one.std(correction=0) - other.std(correction=0)) ** 2
            ).item(),
            "Nearly: your standard deviations divide by N. The course, like torch's .std(), divides by N - 1.",
        ),
        Misconception(
            lambda one, other: ((one.mean() - other.mean()) ** 2 + one.std() ** 2 + other.std() ** 2).item(),
            "You add the spreads. Two equal heaps would then be far apart: take the difference of the two.",
        ),
    ),
    hints=(
        "Four numbers: mean and standard deviation of each heap.",
        "Square the difference of the means, square the difference of the standard deviations, add.",
        "((one.mean() - other.mean()) ** 2 + (one.std() - other.std()) ** 2).item()",
    ),
    reasons=(
        "If both heaps are bell curves, this is the mean squared way by which the cheapest transport moves one onto "
        "the other: shift by m1 - m2, stretch by s1 - s2."
    ),
    praise="Shift and stretch: that is all it sees.",
)


# 10.6 ---------------------------------------------------------------------------------------------------------------


def frechet(one: Tensor, other: Tensor) -> float:
    """|m1 - m2|^2 + tr C1 + tr C2 - 2 tr (C1 C2)^(1/2) of two clouds of vectors, (N, F) and (M, F)."""
    (mean, covariance), (other_mean, other_covariance) = moments(one), moments(other)
    eigenvalues = torch.linalg.eigvals(covariance @ other_covariance).real.clamp(min=0)
    spread = covariance.trace() + other_covariance.trace() - 2 * eigenvalues.sqrt().sum()
    return ((mean - other_mean).square().sum() + spread).item()


def _with_cross(one: Tensor, other: Tensor, cross) -> float:
    (mean, covariance), (other_mean, other_covariance) = moments(one), moments(other)
    spread = covariance.trace() + other_covariance.trace() - cross(covariance, other_covariance)
    return ((mean - other_mean).square().sum() + spread).item()


def _roots(matrix: Tensor) -> Tensor:
    return torch.linalg.eigvals(matrix).real.clamp(min=0).sqrt().sum()


_BENT = torch.tensor([[1.0, 0.8, 0.0], [0.0, 0.5, 0.3], [0.4, 0.0, 2.0]])

FRECHET = Exercise(
    name="frechet",
    title="Two clouds of vectors",
    tier="project",
    difficulty=3,
    minutes=10,
    why="With Inception's features this is the FID of the papers; with the judge's it is this course's distance.",
    answer=frechet,
    cases=(
        (_drawn(12, 3, seed=8) @ _BENT, _drawn(9, 3, seed=9) + torch.tensor([1.0, 0.0, -0.5])),
        (_drawn(8, 2, seed=10), _drawn(8, 2, seed=10) + 3),
    ),
    tolerance=1e-3,
    misconceptions=(
        Misconception(
            lambda one, other: sum(frechet_line(*pair) for pair in zip(one.double().T, other.double().T, strict=True)),
            "You add up the distances of the single columns. That leaves out how columns move together: two clouds "
            "that lean in opposite directions would count as equal.",
        ),
        Misconception(
            lambda one, other: _with_cross(one, other, lambda c, d: _roots(c @ d)),
            "The last term is there once; the formula has it twice. For equal clouds the result must be 0.",
        ),
        Misconception(
            lambda one, other: _with_cross(one, other, lambda c, d: 2 * (c @ d).clamp(min=0).sqrt().trace()),
            "You took the root of each entry of C1 C2. The root of a matrix is another thing; its trace is the sum of "
            "the roots of the *eigenvalues*.",
        ),
        Misconception(
            lambda one, other: _with_cross(one, other, lambda c, d: 2 * _roots(c * d)),
            "C1 * C2 multiplies entry by entry. The product of matrices is C1 @ C2.",
        ),
        Misconception(
            lambda one, other: _with_cross(one, other, lambda c, d: 2 * torch.linalg.svdvals(c @ d).sqrt().sum()),
            "Singular values are not eigenvalues, unless the matrix is symmetric, and C1 C2 is not: "
            "torch.linalg.eigvals.",
        ),
        Misconception(
            lambda one, other: frechet(one - one.mean(0), other - other.mean(0)),
            "Only the spreads are compared; the squared length of m1 - m2 is missing.",
        ),
    ),
    hints=(
        "Means: one.mean(0). Covariances: torch.cov(one.T); it wants a variable in each row. Work in .double().",
        "tr (C1 C2)^(1/2) is the sum of the square roots of torch.linalg.eigvals(C1 @ C2), which come as complex "
        "numbers: take .real, and .clamp(min=0) against rounding.",
        "(m1 - m2).square().sum() + C1.trace() + C2.trace() - 2 * roots.sum(), then .item().",
    ),
    reasons=(
        "A matrix's trace is the sum of its eigenvalues, and the root of a matrix has the roots of the eigenvalues. "
        "So no root of a matrix is needed. The library takes another way (a symmetric product with the same "
        "eigenvalues), which is steadier when clouds are flat."
    ),
    praise="The FID's formula, in five lines.",
)


# 10.7 ---------------------------------------------------------------------------------------------------------------


def kappa(one: Tensor, other: Tensor) -> float:
    """Cohen's kappa of two viewers' answers (N,): agreement above chance, as a share of what is possible above it."""
    agreed = (one == other).double().mean()
    values = torch.cat([one, other]).unique()
    chance = sum((one == value).double().mean() * (other == value).double().mean() for value in values)
    return 0.0 if chance == 1 else ((agreed - chance) / (1 - chance)).item()


def _agreed(one: Tensor, other: Tensor) -> float:
    return (one == other).double().mean().item()


def _chance(one: Tensor, other: Tensor) -> float:
    values = torch.cat([one, other]).unique()
    return sum(((one == value).double().mean() * (other == value).double().mean()).item() for value in values)


def _above(agreed: float, chance: float) -> float:
    return 0.0 if chance == 1 else (agreed - chance) / (1 - chance)


KAPPA = Exercise(
    name="kappa",
    title="Do two viewers agree?",
    tier="stretch",
    difficulty=2,
    minutes=7,
    why="Two viewers who say yes to nearly everything agree nearly always, and that proves nothing.",
    answer=kappa,
    cases=(
        (torch.tensor([1, 1, 1, 0, 1, 0, 1, 1]), torch.tensor([1, 1, 0, 0, 1, 1, 1, 0])),
        (torch.tensor([0, 2, 1, 2, 2]), torch.tensor([0, 2, 2, 2, 1])),
        (torch.ones(4).long(), torch.ones(4).long()),
        (torch.tensor([0, 1, 0, 1]), torch.tensor([1, 0, 1, 0])),
    ),
    misconceptions=(
        Misconception(
            _agreed,
            "That is the plain share of equal answers. What would two viewers get who answer by lot, each as often "
            "yes as they do? Subtract that, and divide by what is left up to 1.",
        ),
        Misconception(
            lambda one, other: _agreed(one, other) - _chance(one, other),
            "The division is missing: agreement above chance, as a share of what is possible above it, 1 - chance.",
        ),
        Misconception(
            lambda one, other: _above(_agreed(one, other), 1 / len(torch.cat([one, other]).unique())),
            "You take chance as one over the number of answers, as if each were given equally often. Use how often "
            "each viewer really gives it.",
        ),
        Misconception(
            lambda one, other: _above(
                _agreed(one, other), sum(((one == value).double().mean() ** 2).item() for value in one.unique())
            ),
            "Your chance uses the first viewer's shares twice. For each answer multiply the one viewer's share with "
            "the other's.",
        ),
        Misconception(
            lambda one, other: 0.0 if _chance(one, other) == 1 else _agreed(one, other) / (1 - _chance(one, other)),
            "Chance must be subtracted above the line, too: (agreed - chance) / (1 - chance).",
        ),
        Misconception(
            lambda one, other: _above(
                _agreed(one, other), ((one == 1).double().mean() * (other == 1).double().mean()).item()
            ),
            "Your chance counts only that both say 1. They may also agree by chance on every other answer: sum over "
            "all of them.",
        ),
    ),
    hints=(
        "First the share of equal answers. Then: how often would they agree if they had nothing to do with each other?",
        "For each answer: share with which the one gives it, times share with which the other does; sum these.",
        "(agreed - chance) / (1 - chance); and 0.0 where chance is 1, for then there is nothing to be seen.",
    ),
    reasons=(
        "1 is full agreement, 0 is what chance would give, below 0 they contradict each other. If both always say the "
        "same one thing, agreement is perfect and worth nothing: kappa is 0 / 0, and we call it 0."
    ),
    praise="Agreement that chance cannot explain.",
)

EXERCISES = (PROMPT_SCORES, WILSON, BOOTSTRAP, VARIETY, FRECHET_LINE, FRECHET, KAPPA)
