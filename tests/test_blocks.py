"""Convolutional parts: shapes with prime sizes, blocks that begin near the identity, folding and back."""

import pytest
import torch

from t2i_lib.blocks import DownBlock, Fold, ModulatedBlock, ResidualBlock, Unfold, activate, convolution, modulate


def test_activate_keeps_variance_with_he_initialisation():
    layer = convolution(61, 67)
    features = torch.randn(5, 61, 11, 13)
    squares = layer(activate(features))[:, :, 1:-1, 1:-1].square().mean()  # at the edge zeros take part
    # He's gain is made for the mean square behind the rectifier: (1 + 0.2^2) / 2 of that before it.
    assert squares.item() == pytest.approx(1.0, abs=0.1)


def test_convolution_keeps_the_size_and_gain_scales_the_weights():
    assert convolution(3, 5)(torch.zeros(2, 3, 7, 11)).shape == (2, 5, 7, 11)
    assert convolution(3, 5, kernel=1)(torch.zeros(2, 3, 7, 11)).shape == (2, 5, 7, 11)
    assert convolution(3, 5, gain=0.0).weight.abs().max() == 0
    assert convolution(3, 5).bias.abs().max() == 0


def test_residual_block_begins_near_the_identity():
    features = torch.randn(2, 7, 5, 11)
    added = ResidualBlock(7)(features) - features
    assert 0 < added.std() < 0.2


def test_residual_block_by_hand():
    block = ResidualBlock(1)
    with torch.no_grad():
        for layer, factor in ((block.first, 3.0), (block.second, 5.0)):
            layer.weight.zero_()
            layer.weight[0, 0, 1, 1] = factor  # only the pixel itself counts
    features = torch.tensor([[[[2.0, -1.0]]]])
    # 2 + 5 * 3 * 2; -1 -> -0.2 -> -0.6 -> -0.12 -> -0.6
    assert torch.allclose(block(features), torch.tensor([[[[32.0, -1.6]]]]))


def test_modulate_works_channel_by_channel():
    features = torch.ones(1, 2, 1, 3)
    scale, shift = torch.tensor([1.0, -1.0]).view(1, 2, 1, 1), torch.tensor([0.0, 7.0]).view(1, 2, 1, 1)
    assert modulate(features, scale, shift)[0, :, 0].tolist() == [[2.0] * 3, [7.0] * 3]


def test_modulated_block_depends_on_each_pictures_own_style():
    block = ModulatedBlock(7, 5)
    features, style = torch.randn(3, 7, 5, 11), torch.randn(3, 5)
    drawn = block(features, style)
    assert drawn.shape == features.shape
    other = style.clone()
    other[1] += 1
    changed = block(features, other)
    assert torch.equal(changed[[0, 2]], drawn[[0, 2]])
    assert (changed[1] - drawn[1]).abs().max() > 1e-3


def test_down_block_halves_the_grid_and_its_shortcut_is_a_mean():
    block = DownBlock(3, 5)
    assert block(torch.zeros(2, 3, 14, 22)).shape == (2, 5, 7, 11)
    with torch.no_grad():
        block.second.weight.zero_()
        block.shortcut.weight.fill_(1.0)
    features = torch.arange(12.0).view(1, 3, 2, 2)
    assert block(features).flatten().tolist() == [1.5 + 5.5 + 9.5] * 5


def test_unfold_undoes_fold():
    fold, unfold = Fold(3, 27, patch=3, kernel=1), Unfold(27, 3, patch=3, kernel=1)
    with torch.no_grad():
        for part in (fold, unfold):
            part.mix.weight.copy_(torch.eye(27)[:, :, None, None])
    images = torch.randn(2, 3, 21, 15)
    assert fold(images).shape == (2, 27, 7, 5)
    assert torch.allclose(unfold(fold(images)), images, atol=1e-6)


def test_fold_reads_only_its_own_patch():
    fold = Fold(2, 5, patch=2, kernel=1)
    images = torch.zeros(1, 2, 6, 6)
    before = fold(images)
    images[0, 0, 2, 3] = 1.0
    changed = (fold(images) - before).abs().sum(1)[0] > 0
    assert changed.nonzero().tolist() == [[1, 1]]


def test_gain_zero_silences_unfold_at_the_start():
    assert Unfold(5, 3, patch=2, gain=0.0)(torch.randn(2, 5, 7, 11)).abs().max() == 0
