"""Low-rank updates: nothing changes at the start, little learns, merging changes nothing, the rest stays frozen."""

import pytest
import torch
from torch import nn

from t2i_lib.low_rank import LowRank, add_low_rank, learning, merge_low_rank


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 7, 3, padding=1), nn.Flatten(), nn.Linear(7 * 25, 5), nn.LayerNorm(5))


def test_the_network_begins_as_it_was_and_only_thin_matrices_learn():
    images, plain = torch.randn(2, 3, 5, 5), network()
    before = plain(images)
    changed = add_low_rank(plain, rank=2)
    assert torch.equal(changed(images), before)
    assert learning(changed) == 2 * (7 + 27) + 2 * (5 + 175)
    assert all("weight" in name for name, each in changed.named_parameters() if each.requires_grad)


def test_a_step_moves_the_output_and_leaves_the_old_weights():
    images, changed = torch.randn(2, 3, 5, 5), add_low_rank(network(), rank=1)
    old = changed[2].parametrizations.weight.original.clone()
    for _ in range(2):  # the first step moves B alone, for B begins with zeros
        changed(images).square().sum().backward()
        with torch.no_grad():
            for each in changed.parameters():
                if each.grad is not None:
                    each -= 0.1 * each.grad
    assert torch.equal(changed[2].parametrizations.weight.original, old)
    assert not torch.allclose(changed[2].weight, old)


def test_merged_it_is_a_plain_network_with_the_same_function():
    images, changed = torch.randn(2, 3, 5, 5), add_low_rank(network(), rank=2)
    nn.init.normal_(changed[2].parametrizations.weight[0].up)
    before = changed(images)
    merged = merge_low_rank(changed)
    assert torch.allclose(merged(images), before, atol=1e-5)
    assert set(merged.state_dict()) == set(network().state_dict())


def test_update_is_scale_times_up_times_down():
    update = LowRank(torch.zeros(3, 4), rank=2, scale=0.5)
    nn.init.ones_(update.up)
    assert torch.allclose(update(torch.ones(3, 4)), 1 + 0.5 * update.down.sum(0).expand(3, 4))


def test_only_wanted_layers_learn_and_senseless_wishes_are_refused():
    changed = add_low_rank(network(), rank=99, wanted=lambda name: name == "2")  # at the rank that fits: 5
    assert learning(changed) == 5 * (5 + 175)
    with pytest.raises(ValueError, match="no layer is wanted; the layers are 0, 2"):
        add_low_rank(network(), rank=1, wanted=lambda name: False)
    with pytest.raises(ValueError, match="ranks from 1 to 3, not 4"):
        LowRank(torch.zeros(3, 8), rank=4)
