"""Agreement of two viewers: worked out by hand, and its ends."""

import pytest
import torch

from t2i_lib.agreement import cohens_kappa


def test_kappa_is_as_worked_out_by_hand():
    """20 answers: both yes 8, both no 5, only one yes 4, only other yes 3. Chance: 0.6 * 0.55 + 0.4 * 0.45 = 0.51."""
    one = torch.tensor([1] * 8 + [0] * 5 + [1] * 4 + [0] * 3)
    other = torch.tensor([1] * 8 + [0] * 5 + [0] * 4 + [1] * 3)
    assert cohens_kappa(one, other) == pytest.approx((0.65 - 0.51) / 0.49)
    assert cohens_kappa(one, other) == pytest.approx(cohens_kappa(other, one))


@pytest.mark.parametrize(
    "one, other, kappa",
    [
        ([1, 0, 1], [1, 0, 1], 1.0),
        ([1, 0], [0, 1], -1.0),
        ([1, 1, 1], [1, 1, 1], 0.0),
        ([0, 1, 2, 1], [2, 1, 0, 1], 0.2),
    ],
)
def test_ends_and_more_than_two_answers(one, other, kappa):
    assert cohens_kappa(torch.tensor(one), torch.tensor(other)) == pytest.approx(kappa)


def test_independent_viewers_agree_by_chance_only():
    rng = torch.Generator().manual_seed(0)
    one, other = (torch.rand(20_000, generator=rng) < 0.9 for _ in range(2))
    assert (one == other).float().mean() > 0.8
    assert abs(cohens_kappa(one, other)) < 0.02


def test_answers_that_do_not_belong_together_are_refused():
    for one, other in (([1], [1, 0]), ([], [])):
        with pytest.raises(ValueError, match="the same answers"):
            cohens_kappa(torch.tensor(one), torch.tensor(other))
