"""How good pictures are, as numbers: pure functions from tensors to estimates with 95 % intervals.

In: what prompts state and what the judge sees, as ids in the order of `ATTRIBUTES` (-1 = not stated), or feature
vectors. Out: `Estimate`s. Nothing here draws a picture or runs a network.
"""

import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor

from t2i_lib.storybook.scene import ATTRIBUTES

_Z95 = 1.959964  # the normal distribution's 97.5 % point
RESAMPLES = 1000


@dataclass(frozen=True)
class Estimate:
    """A measured number with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"

    def as_dict(self) -> dict[str, float]:
        """{"value", "low", "high"}, for JSON."""
        return asdict(self)


def share(successes: int, trials: int) -> Estimate:
    """A share of independent trials with Wilson's interval, which stays inside [0, 1].

    Raises:
        ValueError: if there were no trials.

    Source: Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953

    >>> print(share(9, 10))
    0.900 [0.596, 0.982]
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(f"a share needs 0 <= successes <= trials and trials >= 1, but got {successes} of {trials}")
    rate, square = successes / trials, _Z95**2
    middle = (rate + square / (2 * trials)) / (1 + square / trials)
    reach = _Z95 / (1 + square / trials) * math.sqrt(rate * (1 - rate) / trials + square / (4 * trials**2))
    # At the ends rounding would leave 1 - 1e-17.
    return Estimate(rate, 0.0 if successes == 0 else middle - reach, 1.0 if successes == trials else middle + reach)


def quotient(one: Estimate, other: Estimate) -> Estimate:
    """one / other for two independent positive estimates, their relative reaches added as squares.

    >>> print(quotient(Estimate(20.0, 18.0, 22.0), Estimate(10.0, 10.0, 10.0)))
    2.000 [1.800, 2.200]
    """
    value = one.value / other.value
    below = math.hypot(1 - one.low / one.value, other.high / other.value - 1) if one.value else 0.0
    above = math.hypot(one.high / one.value - 1, 1 - other.low / other.value) if one.value else 0.0
    return Estimate(value, max(0.0, value * (1 - below)), value * (1 + above))


def accuracy_per_attribute(found: Tensor, truth: Tensor) -> dict[str, Estimate]:
    """For each attribute, the share of pictures where `found` names the truth, among those where it applies.

    Args:
        found: (B, 9) int64, what the judge sees.
        truth: (B, 9) int64, -1 = does not apply, or is not stated.

    Returns:
        attribute -> share; attributes that apply nowhere are left out.
    """
    right, asked = _right_and_asked(found, truth)
    counts = zip(ATTRIBUTES, right.sum(0).tolist(), asked.sum(0).tolist(), strict=True)
    return {name: share(successes, trials) for name, successes, trials in counts if trials}


def recall_per_value(found: Tensor, truth: Tensor) -> dict[str, dict[str, Estimate]]:
    """Attribute -> value -> of the pictures that shall show it, the share that does; a weak value stands out."""
    recalls: dict[str, dict[str, Estimate]] = {}
    for column, (name, values) in enumerate(ATTRIBUTES.items()):
        for index, value in enumerate(values):
            here = truth[:, column] == index
            if here.any():
                recalls.setdefault(name, {})[value] = share(int((found[here, column] == index).sum()), int(here.sum()))
    return recalls


def prompt_accuracy(found: Tensor, stated: Tensor, seed: int = 0) -> Estimate:
    """Of the attributes that the prompts state, the share that the judge finds in the pictures.

    Args:
        found: (B, 9) int64, what the judge sees in the picture of each prompt.
        stated: (B, 9) int64, what each prompt states, -1 = not stated.
        seed: for the interval, drawn over prompts, whose attributes succeed and fail together.

    >>> prompt_accuracy(torch.tensor([[1, 2], [3, 4]]), torch.tensor([[1, 0], [-1, 4]])).value
    0.6666666666666666
    """
    right, asked = (counts.sum(1).double() for counts in _right_and_asked(found, stated))
    return _ratio(right, asked, seed)


def exact_match(found: Tensor, stated: Tensor) -> Estimate:
    """The share of prompts whose picture shows everything that is stated.

    >>> exact_match(torch.tensor([[1, 2], [3, 4]]), torch.tensor([[1, 0], [-1, 4]])).value
    0.5
    """
    right, asked = _right_and_asked(found, stated)
    return share(int((right == asked).all(1).sum()), len(found))


def accuracy_gap(found: Tensor, other_found: Tensor, stated: Tensor, seed: int = 0) -> Estimate:
    """Prompt accuracy of one set of pictures minus that of another, for the same prompts.

    The interval is drawn over prompts, each with both of its pictures: what makes a prompt hard concerns both.
    """
    right, asked = (counts.sum(1).double() for counts in _right_and_asked(found, stated))
    gained = right - _right_and_asked(other_found, stated)[0].sum(1)
    return _ratio(gained, asked, seed)


def text_use_gap(found: Tensor, stated: Tensor, seed: int = 0) -> Estimate:
    """Prompt accuracy minus that with the prompts exchanged: 0 if the pictures do not depend on the text.

    Every prompt is held against the picture of the prompt `B // 2` places on, so none against its own.
    """
    if len(found) < 2:
        raise ValueError("exchanging prompts needs at least two of them")
    return accuracy_gap(found, found.roll(len(found) // 2, 0), stated, seed)


def mean_accuracy(found: Tensor, truth: Tensor, seed: int = 0) -> Estimate:
    """The mean of `accuracy_per_attribute`: every attribute counts alike, however seldom it applies."""
    right, asked = _right_and_asked(found, truth)
    applies = asked.any(0)
    rows = torch.cat([right[:, applies], asked[:, applies]], dim=1).double()
    count = int(applies.sum())
    draws = _resampled_sums(rows, seed)
    value = (rows[:, :count].sum(0) / rows[:, count:].sum(0)).mean()
    return _interval(float(value), (draws[:, :count] / draws[:, count:].clamp(min=1)).mean(1))


def nearest_captions(stated: Tensor, training_stated: Tensor) -> Tensor:
    """For each caption, the training caption that differs in the fewest attributes; among equals the first.

    Stating different values of an attribute counts as one difference, and so does stating it or not.

    Args:
        stated: (B, 9) int64.
        training_stated: (N, 9) int64.

    Returns:
        places: (B,) int64 in [0, N).

    >>> nearest_captions(torch.tensor([[2, -1]]), torch.tensor([[1, -1], [2, 0], [2, -1]])).tolist()
    [2]
    """
    differences = [(caption != training_stated).sum(1) for caption in stated]
    # argmin may return any of several smallest; adding the place makes it the first.
    order = torch.arange(len(training_stated))
    return torch.stack([(count * len(training_stated) + order).argmin() for count in differences])


def mean_distance(images: Tensor) -> Tensor:
    """Mean distance between the pictures of one prompt: (P, K, ...) -> (P,), Euclidean, over all pairs of the K.

    >>> mean_distance(torch.tensor([[[0.0, 0.0], [3.0, 4.0]]])).tolist()
    [5.0]
    """
    prompts, copies = images.shape[:2]
    if copies < 2:
        raise ValueError(f"variety needs at least two pictures of every prompt, but there is {copies}")
    flat = images.reshape(prompts, copies, -1).float()
    return torch.stack([torch.pdist(pictures).mean() for pictures in flat])


def variety_ratio(drawn: Tensor, real: Tensor, seed: int = 0) -> Estimate:
    """Mean distance between drawn pictures of one prompt over that of rendered pictures of the same prompt.

    Args:
        drawn: (P, K, 3, H, W), K pictures of each of P prompts.
        real: (P, K', 3, H, W), rendered pictures of what the prompts state, everything else drawn by lot.

    Returns:
        ratio: 0 when all pictures of a prompt are the same; 1 when they differ as the data does.
    """
    if len(drawn) != len(real):
        raise ValueError(f"both need the same prompts, but there are pictures of {len(drawn)} and of {len(real)}")
    return _ratio(mean_distance(drawn).double(), mean_distance(real).double(), seed)


def _right_and_asked(found: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    if found.shape != truth.shape or found.ndim != 2:
        shapes = f"{tuple(found.shape)} and {tuple(truth.shape)}"
        raise ValueError(f"what is found and what is true must have one shape (B, attributes), but have {shapes}")
    asked = truth >= 0
    return (found == truth) & asked, asked


def _ratio(numerators: Tensor, denominators: Tensor, seed: int) -> Estimate:
    """Sum over sum, (B,) and (B,), with its bootstrap interval over the B.

    Source: Efron 1979, https://doi.org/10.1214/aos/1176344552
    """
    rows = torch.stack([numerators, denominators], dim=1)
    top, bottom = rows.sum(0).tolist()
    if bottom == 0:
        raise ValueError("nothing to compare with: no prompt states anything, or all rendered pictures are the same")
    draws = _resampled_sums(rows, seed)
    whole = draws[:, 1] > 0  # a sample of prompts that state nothing says nothing
    return _interval(top / bottom, draws[whole, 0] / draws[whole, 1])


def _resampled_sums(rows: Tensor, seed: int) -> Tensor:
    """Sums over bootstrap samples of the rows: (B, n) -> (RESAMPLES, n)."""
    rng = torch.Generator().manual_seed(seed)
    places = torch.randint(len(rows), (RESAMPLES, len(rows)), generator=rng)
    return torch.stack([rows[:, column][places].sum(1) for column in range(rows.shape[1])], dim=1)


def _interval(value: float, draws: Tensor) -> Estimate:
    low, high = draws.quantile(torch.tensor([0.025, 0.975], dtype=draws.dtype)).tolist()
    return Estimate(value, low, high)
