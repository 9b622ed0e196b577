"""Ways through noise: they begin and end where they shall, keep the length of noise, and a lap closes."""

import math

import pytest
import torch

from t2i_lib.studio.noise_paths import lap, slerp


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_an_arc_begins_and_ends_where_it_shall_and_its_middle_is_as_far_from_both():
    start, end = noise(2, 64)
    assert torch.allclose(slerp(start, end, 0.0), start, atol=1e-5)
    assert torch.allclose(slerp(start, end, 1.0), end, atol=1e-5)
    half = slerp(start, end, 0.5)
    assert torch.cosine_similarity(half, start, 0).item() == pytest.approx(
        torch.cosine_similarity(half, end, 0).item(), abs=1e-5
    )


def test_an_arc_keeps_the_length_that_a_line_loses():
    start, end = noise(2, 500, 64)
    usual = start.norm(dim=1).mean()
    assert slerp(start, end, 0.5).norm(dim=1).mean() == pytest.approx(usual.item(), rel=0.02)
    assert torch.lerp(start, end, 0.5).norm(dim=1).mean() == pytest.approx(usual.item() / math.sqrt(2), rel=0.02)


def test_shares_may_differ_row_by_row():
    start, end = noise(2, 3, 7)
    shares = torch.tensor([[0.0], [0.3], [1.0]])
    rows = slerp(start, end, shares)
    assert torch.allclose(rows[1], slerp(start[1], end[1], 0.3), atol=1e-6)


def test_between_equal_points_nothing_moves():
    start = noise(5)
    assert torch.allclose(slerp(start, start, 0.4), start, atol=1e-6)


def test_a_lap_has_equal_steps_the_last_one_too_and_stays_on_the_sphere():
    around = lap(noise(3, 64), 12, 0.6)
    steps = (around.roll(-1, 0) - around).norm(dim=1)
    assert torch.allclose(steps, steps[:1].expand(12), rtol=1e-4)
    assert torch.allclose(around.norm(dim=1), noise(3, 64)[0].norm().expand(12), rtol=1e-4)
    assert torch.cosine_similarity(around, noise(3, 64)[:1]).acos().tolist() == pytest.approx([0.6] * 12, abs=1e-3)


def test_a_lap_without_radius_stays_where_it_is():
    rows = noise(3, 9)
    assert torch.allclose(lap(rows, 4, 0.0), rows[:1].expand(4, -1), atol=1e-6)


@pytest.mark.parametrize("rows, steps", [((2, 9), 4), ((3, 9), 2)])
def test_what_is_no_lap_is_refused(rows, steps):
    with pytest.raises(ValueError, match="three rows"):
        lap(noise(*rows), steps)
