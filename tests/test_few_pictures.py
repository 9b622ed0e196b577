"""Measures for few pictures: right on average, zero where they should be, and able to tell copies from drawings."""

import pytest
import torch

from t2i_lib.few_pictures import caption_recall, copying, energy_distance, nearest, overfitting, standardise


def cloud(count: int, seed: int, width: int = 5) -> torch.Tensor:
    return torch.randn(count, width, generator=torch.Generator().manual_seed(seed))


def test_energy_distance_is_right_on_average_however_few_there_are():
    same = torch.tensor([energy_distance(cloud(4, seed), cloud(4, 1000 + seed)) for seed in range(400)])
    assert abs(same.mean()) < 0.05 and same.min() < 0  # now and then below zero
    assert energy_distance(cloud(50, 1), cloud(50, 2) + 1) > 10 * abs(energy_distance(cloud(50, 1), cloud(50, 2)))
    with pytest.raises(ValueError, match="two pictures or more, but they have 1 and 4"):
        energy_distance(cloud(1, 0), cloud(4, 0))


def test_features_are_measured_in_the_spread_of_the_real_ones():
    real = torch.cat([cloud(40, 3), torch.zeros(40, 1)], dim=1)  # the last feature never differs
    ours, theirs = standardise(real, real + 1)
    assert torch.allclose(ours[:, :5].std(0), torch.ones(5)) and torch.isfinite(theirs).all()
    assert torch.allclose(theirs[:, 5] - ours[:, 5], 10 / real.std(0).mean() * torch.ones(40), rtol=1e-4)


def test_recall_counts_pictures_whose_nearest_real_one_was_asked_for():
    real = torch.tensor([[0.0], [10.0], [20.0]])
    drawn = torch.tensor([[1.0], [19.0], [11.0]])
    assert nearest(drawn, real)[0].tolist() == [0, 2, 1] and nearest(drawn, real)[1].tolist() == [1, 1, 1]
    assert caption_recall(drawn, torch.tensor([0, 1, 1]), real) == pytest.approx(2 / 3)


def test_copies_lie_nearer_than_unseen_pictures_do():
    train, held_out = cloud(60, 4), cloud(40, 5)
    assert copying(train[:30] + 0.01, train, held_out) == 1.0
    assert 0.3 < copying(cloud(200, 6), train, held_out) < 0.7
    assert copying(cloud(30, 7) + 50, train, held_out) == 0.0


def test_overfitting_places_held_out_pictures_between_training_and_drawn_ones():
    train, fake = torch.tensor([2.0, 4.0]), torch.tensor([-1.0, -1.0])
    assert overfitting(train, torch.tensor([3.0]), fake) == 0.0
    assert overfitting(train, fake, fake) == 1.0
    assert overfitting(train, train, train) == 0.0  # nothing is told apart
