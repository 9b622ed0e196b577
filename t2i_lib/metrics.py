"""How good pictures are, as numbers: pure functions from tensors to estimates with 95 % intervals.

In: what prompts state and what the judge sees (ids, -1 = not stated), or feature vectors. Out: `Estimate`s.
"""

import math
from dataclasses import asdict, dataclass

from torch import Tensor

from t2i_lib.storybook.scene import ATTRIBUTES

_Z95 = 1.959964  # the normal distribution's 97.5 % point


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


def accuracy_per_attribute(found: Tensor, truth: Tensor) -> dict[str, Estimate]:
    """For each attribute, the share of pictures where `found` names the truth, among those where it applies.

    Args:
        found: (B, 9) int64, what the judge sees.
        truth: (B, 9) int64, -1 = does not apply (or is not stated).

    Returns:
        attribute -> share; attributes that apply nowhere are left out.
    """
    applies = truth >= 0
    right = (found == truth) & applies
    counts = zip(ATTRIBUTES, right.sum(0).tolist(), applies.sum(0).tolist(), strict=True)
    return {name: share(successes, trials) for name, successes, trials in counts if trials}
