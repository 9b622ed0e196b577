"""Metrics against values worked out by hand, and each shown to move when what it measures moves."""

import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.linalg
import torch

from t2i_lib import metrics
from t2i_lib.frechet import RandomFeatures, frechet_distance, frechet_interval, inception_distance, moments
from t2i_lib.metrics import (
    accuracy_gap,
    accuracy_per_attribute,
    exact_match,
    mean_accuracy,
    mean_distance,
    nearest_captions,
    prompt_accuracy,
    quotient,
    recall_per_value,
    share,
    text_use_gap,
    variety_ratio,
)

NINE = 9


def ids(*rows):
    """Rows of attribute ids, filled up with -1 to nine."""
    return torch.tensor([[*row, *[-1] * (NINE - len(row))] for row in rows])


FOUND = ids([1, 2, 3, 4, 5, 6, 7, 8, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0], [2, 1, 0, 0, 0, 0, 0, 0, 0])
STATED = ids([1, 2], [0, -1, 5], [2, 0, 0])  # 2 of 2, 1 of 2, 2 of 3 are found


def test_prompt_accuracy_counts_stated_attributes():
    assert prompt_accuracy(FOUND, STATED).value == pytest.approx(5 / 7)
    assert prompt_accuracy(FOUND, FOUND).value == 1


def test_exact_match_counts_whole_prompts():
    assert exact_match(FOUND, STATED).value == pytest.approx(1 / 3)
    assert exact_match(FOUND, ids([], [], [])).value == 1  # a prompt that states nothing is never broken


def test_prompts_that_state_nothing_cannot_be_measured():
    with pytest.raises(ValueError, match="no prompt states anything"):
        prompt_accuracy(FOUND, ids([], [], []))


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="one shape"):
        prompt_accuracy(FOUND, STATED[:2])


def test_share_is_wilsons_interval():
    estimate = share(9, 10)  # by hand, z = 1.96: (0.9 + z2/20) / (1 + z2/10) -+ ...
    assert (estimate.low, estimate.high) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert share(0, 5).low == 0 and share(5, 5).high == 1 and 0.5 < share(5, 5).low < 0.6
    with pytest.raises(ValueError):
        share(1, 0)


def test_bootstrap_interval_has_the_width_of_the_binomial():
    generator = torch.Generator().manual_seed(0)
    count, rate = 2000, 0.8
    found = (torch.rand(count, 1, generator=generator) < rate).long()
    estimate = prompt_accuracy(found, torch.ones(count, 1, dtype=torch.long))
    assert estimate.high - estimate.low == pytest.approx(2 * 1.96 * math.sqrt(rate * (1 - rate) / count), rel=0.1)
    assert estimate.low < estimate.value < estimate.high
    assert prompt_accuracy(found, torch.ones(count, 1, dtype=torch.long)) == estimate  # the same every time


def test_accuracy_per_attribute_leaves_out_what_does_not_apply():
    accuracy = accuracy_per_attribute(FOUND, STATED)
    assert {name: estimate.value for name, estimate in accuracy.items()} == {"place": 1, "time": 0.5, "weather": 0.5}


def test_mean_accuracy_gives_every_attribute_the_same_weight():
    assert mean_accuracy(FOUND, STATED).value == pytest.approx((1 + 0.5 + 0.5) / 3)
    estimate = mean_accuracy(FOUND.repeat(50, 1), STATED.repeat(50, 1))
    assert 0 < estimate.high - estimate.low < 0.2


def test_recall_names_the_weak_value():
    recall = recall_per_value(ids([1], [1], [0]), ids([1], [0], [0]))
    assert recall["place"]["seaside"].value == 1 and recall["place"]["hill"].value == 0.5
    assert list(recall) == ["place"]


def test_text_use_gap_is_zero_for_pictures_that_ignore_the_prompt():
    stated = ids([0], [1], [2], [3])
    assert text_use_gap(stated, stated).value == 1
    always_the_same = ids([2], [2], [2], [2])
    assert text_use_gap(always_the_same, stated).value == 0


def test_accuracy_gap_is_paired_by_prompt():
    generator = torch.Generator().manual_seed(1)
    stated = torch.zeros(500, 1, dtype=torch.long)
    found = (torch.rand(500, 1, generator=generator) < 0.5).long()
    same = accuracy_gap(found, found, stated)
    assert (same.value, same.low, same.high) == (0, 0, 0)  # as independent samples the interval would be 0.12 wide
    assert accuracy_gap(stated, found, stated).value == pytest.approx(found.double().mean().item())


def test_variety_ratio_compares_mean_distances():
    drawn = torch.tensor([[[0.0], [1.0], [2.0]]])  # distances 1, 2, 1: mean 4/3
    real = torch.tensor([[[0.0], [4.0]]])
    assert mean_distance(drawn).item() == pytest.approx(4 / 3)
    assert variety_ratio(drawn, real).value == pytest.approx(1 / 3)
    assert variety_ratio(drawn * 0, real).value == 0
    with pytest.raises(ValueError, match="at least two pictures"):
        variety_ratio(drawn[:, :1], real)
    with pytest.raises(ValueError, match="same prompts"):
        variety_ratio(drawn, real.repeat(2, 1, 1))


def test_nearest_caption_differs_in_the_fewest_attributes():
    training = ids([1, 2, 3], [1, 2], [1], [1, 2])
    assert nearest_captions(ids([1, 2, 0], [1, 2], [1], []), training).tolist() == [0, 1, 2, 2]


def test_frechet_distance_of_shifted_and_stretched_clouds():
    generator = torch.Generator().manual_seed(2)
    cloud = torch.randn(700, 5, generator=generator, dtype=torch.float64)
    assert frechet_distance(cloud, cloud) == pytest.approx(0, abs=1e-9)
    step = torch.tensor([1.0, 0, 0, 2.0, 0])
    assert frechet_distance(cloud, cloud + step) == pytest.approx(5, abs=1e-9)
    variance = cloud.var(0).sum().item()  # stretched by 3 the deviations differ by 2: distance 4 x variance
    centred = cloud - cloud.mean(0)
    assert frechet_distance(centred, 3 * centred) == pytest.approx(4 * variance)


def test_frechet_distance_equals_the_formula_with_scipys_matrix_root():
    generator = torch.Generator().manual_seed(3)
    one = torch.randn(101, 7, generator=generator) @ torch.randn(7, 7, generator=generator)
    other = torch.randn(89, 7, generator=generator) + 0.3
    (mean_1, cov_1), (mean_2, cov_2) = (map(np.asarray, moments(cloud)) for cloud in (one, other))
    root = scipy.linalg.sqrtm(cov_1 @ cov_2).real
    expected = ((mean_1 - mean_2) ** 2).sum() + np.trace(cov_1 + cov_2 - 2 * root)
    assert frechet_distance(one, other) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_with_fewer_samples_than_features_is_finite():
    assert math.isfinite(frechet_distance(torch.randn(5, 31), torch.randn(3, 31)))
    with pytest.raises(ValueError, match="N >= 2"):
        frechet_distance(torch.randn(1, 3), torch.randn(4, 3))
    with pytest.raises(ValueError, match="one width"):
        frechet_distance(torch.randn(4, 3), torch.randn(4, 5))


def test_frechet_interval_surrounds_the_distance():
    generator = torch.Generator().manual_seed(4)
    one, other = torch.randn(200, 3, generator=generator), torch.randn(200, 3, generator=generator) + 1
    estimate = frechet_interval(one, other)
    assert estimate.value == frechet_distance(one, other)
    assert estimate.low < estimate.value < estimate.high and estimate.low > 1


def test_random_features_notice_blur_and_are_the_same_every_time():
    images = torch.rand(64, 3, 32, 32, generator=torch.Generator().manual_seed(5)) * 2 - 1
    state = torch.get_rng_state()
    features = RandomFeatures(size=32)
    assert torch.equal(torch.get_rng_state(), state)  # other people's lots are left alone
    blurred = torch.nn.functional.avg_pool2d(images, 3, 1, 1)
    assert features(images).shape == (64, 192)
    assert torch.equal(RandomFeatures(size=32)(images), features(images))
    halves = frechet_distance(features(images[:32]), features(images[32:]))
    assert frechet_distance(features(images), features(blurred)) > 5 * halves


def test_inception_distance_needs_its_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    with pytest.raises(ValueError, match="pip install torch-fidelity"):
        inception_distance(torch.zeros(2, 8, 8, 3, dtype=torch.uint8), torch.zeros(2, 8, 8, 3, dtype=torch.uint8))


def test_inception_distance_hands_over_pictures_channels_first(monkeypatch):
    def calculate_metrics(input1, input2, fid, **options):
        assert fid and len(input1) == 2 and input2[1].shape == (3, 8, 5) and input1[0].dtype == torch.uint8
        return {"frechet_inception_distance": 7.0}

    monkeypatch.setitem(sys.modules, "torch_fidelity", SimpleNamespace(calculate_metrics=calculate_metrics))
    pictures = torch.zeros(2, 8, 5, 3, dtype=torch.uint8)
    assert inception_distance(pictures, pictures) == 7.0


def test_estimates_print_and_become_json():
    estimate = metrics.Estimate(0.5, 0.25, 0.75)
    assert str(estimate) == "0.500 [0.250, 0.750]"
    assert estimate.as_dict() == {"value": 0.5, "low": 0.25, "high": 0.75}


def test_quotient_carries_the_uncertainty_of_both():
    one, other = metrics.Estimate(6.0, 4.2, 7.8), metrics.Estimate(2.0, 1.2, 2.8)  # reaches of 30 % and of 40 %
    ratio = quotient(one, other)
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((3.0, 1.5, 4.5))
