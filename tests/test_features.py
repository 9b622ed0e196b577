"""The feature network: maps from fine to coarse, of size 1 once measured, and readings that know left from right."""

from dataclasses import replace

import pytest
import torch

from t2i_lib.features import FeatureNetwork, FeatureNetworkConfig
from t2i_lib.storybook.scene import ATTRIBUTES

SMALL = FeatureNetworkConfig(latent_channels=3, latent_size=8, widths=(5, 7), feature_dim=11)


@pytest.fixture
def network():
    return FeatureNetwork(SMALL)


def test_maps_go_from_fine_to_coarse(network):
    assert [tuple(each.shape) for each in network(torch.randn(2, 3, 8, 8))] == [(2, 5, 8, 8), (2, 7, 4, 4)]
    assert SMALL.grids == (8, 4)


def test_every_attribute_is_read(network):
    logits = network.read(network(torch.randn(2, 3, 8, 8)))
    assert {name: tuple(each.shape) for name, each in logits.items()} == {
        name: (2, len(values)) for name, values in ATTRIBUTES.items()
    }


def test_measured_maps_have_mean_square_1_and_readings_stay(network):
    latents = 3 * torch.randn(130, 3, 8, 8)  # more than one part
    before = network.read(network(latents))
    network.measure(latents)
    for each in network(latents):
        assert each.square().mean().item() == pytest.approx(1.0, rel=1e-4)
    for name, logits in network.read(network(latents)).items():
        assert torch.allclose(logits, before[name], atol=1e-4)


def test_measuring_twice_changes_nothing(network):
    latents = torch.randn(10, 3, 8, 8)
    network.measure(latents)
    once = network.spreads.clone()
    network.measure(latents)
    assert torch.allclose(network.spreads, once)


def test_left_and_right_are_read_differently(network):
    latents = torch.zeros(1, 3, 8, 8)
    latents[..., :2] = 2.0
    left, right = (network.read(network(each))["position"] for each in (latents, latents.flip(-1)))
    assert (left - right).abs().max() > 1e-3


def test_a_picture_is_read_without_its_neighbours(network):
    latents = torch.randn(5, 3, 8, 8)
    together, alone = network.read(network(latents)), network.read(network(latents[3:4]))
    assert torch.allclose(together["place"][3:4], alone["place"], atol=1e-5)


def test_config_accepts_lists_as_json_gives_them():
    assert replace(SMALL, widths=[5, 7]) == SMALL
