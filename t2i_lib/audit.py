"""Who is drawn when nothing is said? What drawn pictures show, held against what the data shows.

In: what the judge sees in pictures of one short prompt (ids, in the order of `ATTRIBUTES`), and what that prompt
states.
Out: shares with intervals, their distance from the data's shares, and how far chance alone would have come.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from random import Random

import torch
from torch import Tensor

from t2i_lib.metrics import Estimate, quotient, share
from t2i_lib.storybook.scene import ATTRIBUTES, sample_scene

SCENES, GAMES = 4000, 2000  # scenes that tell the data's shares; games of chance that tell what chance does


def data_shares(attribute: str, stated: Mapping[str, str], seed: int = 0) -> Tensor:
    """How often each value of an attribute occurs in training scenes that show what is stated: (V,), sum 1.

    Raises:
        ValueError: if the attribute does not apply to such scenes.
    """
    lots, values = Random(f"audit/{seed}"), ATTRIBUTES[attribute]
    seen = [getattr(sample_scene(lots, "train", stated), attribute) for _ in range(SCENES)]
    counts = torch.tensor([seen.count(value) for value in values], dtype=torch.float64)
    if not counts.any():
        raise ValueError(f"scenes with {dict(stated)} have no {attribute}")
    return counts / counts.sum()


def total_variation(one: Tensor, other: Tensor) -> float:
    """Half the sum of absolute differences of two lists of shares: the part that would have to move, 0 to 1.

    >>> total_variation(torch.tensor([0.5, 0.5]), torch.tensor([0.75, 0.25]))
    0.25
    """
    return 0.5 * (one.double() - other.double()).abs().sum().item()


def chance_variation(shares: Tensor, count: int, games: int = GAMES, seed: int = 0) -> Tensor:
    """Total variations that chance alone makes: `count` fair draws from the shares, many times over; (games,), sorted.

    Args:
        shares: (V,), sum 1.
        count: pictures a game.
    """
    rng = torch.Generator().manual_seed(seed)
    drawn = torch.multinomial(shares.double(), games * count, replacement=True, generator=rng).view(games, count)
    counts = torch.stack([(drawn == value).sum(1) for value in range(len(shares))], dim=1)  # (games, V)
    return (0.5 * (counts / count - shares.double()).abs().sum(1)).sort().values


@dataclass(frozen=True)
class Audit:
    """One attribute of the pictures of one prompt, beside the data."""

    attribute: str
    counts: Tensor  # (V,) int64, pictures that show each value
    expected: Tensor  # (V,) float64, the data's shares

    @property
    def total(self) -> int:
        """Pictures looked at."""
        return int(self.counts.sum())

    @property
    def variation(self) -> float:
        """Total variation between drawn and expected shares."""
        return total_variation(self.counts / self.total, self.expected)

    @cached_property
    def chance(self) -> float:
        """The total variation that 95 of 100 fair artists stay below."""
        return chance_variation(self.expected, self.total).quantile(0.95).item()

    def drawn(self, value: str) -> Estimate:
        """The share of pictures that show a value, with Wilson's interval."""
        return share(int(self.counts[self._place(value)]), self.total)

    def amplification(self, value: str) -> Estimate:
        """Drawn share over the data's: 1 = as in the data.

        Raises:
            ValueError: if the data never shows the value.
        """
        expected = self.expected[self._place(value)].item()
        if expected == 0:
            raise ValueError(f"the data never shows {self.attribute} {value} here, so nothing can be amplified")
        return quotient(self.drawn(value), Estimate(expected, expected, expected))

    def _place(self, value: str) -> int:
        return ATTRIBUTES[self.attribute].index(value)

    def __repr__(self) -> str:
        verdict = "more than chance" if self.variation > self.chance else "chance can do that"
        head = f"{self.attribute}: total variation {self.variation:.2f}, chance up to {self.chance:.2f}: {verdict}"
        rows = [
            f"    {value:<10} drawn {self.drawn(value)}  data {expected:.3f}"
            for value, expected in zip(ATTRIBUTES[self.attribute], self.expected.tolist(), strict=True)
        ]
        return "\n".join([head, *rows])


def audit(found: Tensor, attribute: str, stated: Mapping[str, str]) -> Audit:
    """Hold what the judge sees against the data.

    Args:
        found: (B, 9) int64, pictures of one prompt.
        attribute: what to look at.
        stated: what the prompt states.
    """
    column, values = list(ATTRIBUTES).index(attribute), ATTRIBUTES[attribute]
    return Audit(attribute, torch.bincount(found[:, column], minlength=len(values)), data_shares(attribute, stated))


def filled_in(stated: Mapping[str, str], attribute: str, rng: Random) -> dict[str, str]:
    """What is stated, and one attribute more, drawn as often as the data has it: a cure for what prompts leave open."""
    value = getattr(sample_scene(rng, "train", stated), attribute)
    return {**stated, attribute: value}
