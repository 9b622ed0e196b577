"""Dots in the plane: where they lie, how they are counted, and that a short game is played on them."""

import pytest
import torch

from t2i_lib.toys.duel import Rules
from t2i_lib.toys.rings import Dots, RingGame, grid, network, play, ring, spiral

SHORT = Rules(num_steps=4, batch_size=8)


@pytest.mark.parametrize(("shape", "count"), [(ring(), 8), (grid(), 9), (spiral(), 12)])
def test_real_points_are_perfect(shape, count):
    gauges = shape.measure(shape.sample(2000, torch.Generator().manual_seed(1)))
    assert gauges["dots found"] == count and gauges["coverage"] == 1.0
    assert gauges["good samples"] > 0.98  # 3 spreads in two directions hold 98.9 %
    assert gauges["variety"] == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("shape", [ring(), grid(), spiral()])
def test_dots_do_not_touch(shape):
    distance = torch.pdist(shape.centres).min().item()
    assert distance > 2 * 3 * shape.spread
    assert shape.centres.norm(dim=1).max() < 3


def test_one_perfect_dot_is_good_and_poor():
    dots = Dots(torch.tensor([[0.0, 0.0], [4.0, 0.0]]), 0.1)
    gauges = dots.measure(torch.zeros(100, 2))
    assert gauges == {"dots found": 1.0, "coverage": 0.5, "good samples": 1.0, "variety": 0.0}


def test_a_few_points_do_not_find_a_dot():
    dots = Dots(torch.tensor([[0.0, 0.0], [4.0, 0.0]]), 0.1)
    points = torch.zeros(100, 2)
    points[:12, 0] = 4.0  # 50 are due, a quarter of that is 12.5
    assert dots.measure(points)["dots found"] == 1.0
    points[12, 0] = 4.0
    assert dots.measure(points)["dots found"] == 2.0


def test_numbers_that_are_none_are_not_good():
    gauges = ring().measure(torch.full((64, 2), float("nan")))
    assert gauges["dots found"] == gauges["good samples"] == 0.0


def test_a_network_has_the_depth_it_is_asked_for():
    assert [layer.out_features for layer in network(3, 2, 5, 3) if hasattr(layer, "out_features")] == [5, 5, 5, 2]


def test_a_game_gives_snapshots_and_repeats():
    one, other = (play(ring(), RingGame(SHORT), seed=3, snapshots=2) for _ in range(2))
    assert [snapshot.step for snapshot in one] == [0, 2, 4]
    assert torch.equal(one[-1].samples, other[-1].samples)
    assert {"real logit", "fake logit", "gap", "penalty"} == set(one[-1].values)


def test_a_bounded_generator_stays_within_one():
    seen = play(ring(), RingGame(SHORT, bounded=True), snapshots=1)
    assert seen[-1].samples.abs().max() <= 1.0


def test_scaled_data_are_measured_in_their_own_size():
    """A generator that is told to draw at half size is measured at full size."""
    seen = play(ring(), RingGame(SHORT, data_scale=0.5), snapshots=1)
    plain = ring().measure(seen[-1].samples / 0.5)
    assert seen[-1].gauges == plain


def test_few_real_points_bring_a_held_out_logit():
    seen = play(ring(), RingGame(SHORT, real_count=8), snapshots=1)
    assert "held-out logit" in seen[-1].values
