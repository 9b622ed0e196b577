"""Augmentation: what moves where, that gradients pass, and that a coin of one half forgets left and right."""

import pytest
import torch

from t2i_lib.augmentation import Augmentation, cut_holes, shift, survives


def test_each_picture_moves_by_its_own_amount_and_nothing_wraps_around():
    pictures = torch.arange(1.0, 13).reshape(2, 1, 2, 3)
    moved = shift(pictures, torch.tensor([[1, 0], [0, -1]]))
    assert moved[0, 0].tolist() == [[0, 0, 0], [1, 2, 3]]
    assert moved[1, 0].tolist() == [[8, 9, 0], [11, 12, 0]]


def test_holes_are_squares_cut_off_at_the_edge():
    holed = cut_holes(torch.ones(2, 3, 5, 7), torch.tensor([[2, 3], [0, 6]]), 3)
    assert (holed[0] == 0).sum() == 3 * 9 and holed[0, :, 1:4, 2:5].abs().sum() == 0
    assert (holed[1] == 0).sum() == 3 * 4 and holed[1, :, :2, 5:].abs().sum() == 0


def test_gradients_pass_where_there_is_no_hole():
    pictures = torch.ones(5, 2, 8, 8, requires_grad=True)
    changed = Augmentation(shift=0.25, hole=0.5)(pictures, torch.Generator().manual_seed(1))
    changed.sum().backward()
    assert set(pictures.grad.unique().tolist()) == {0.0, 1.0}
    assert pictures.grad.sum() == changed.sum()


def test_chance_leaves_some_pictures_alone():
    pictures = torch.ones(200, 1, 8, 8)
    for chance, low, high in ((0.0, 1.0, 1.0), (0.5, 0.35, 0.65), (1.0, 0.0, 0.0)):
        changed = Augmentation(shift=0.0, hole=0.5, chance=chance)(pictures, torch.Generator().manual_seed(2))
        same = (changed == 1).flatten(1).all(1).float().mean()
        assert low <= same <= high


def test_the_same_generator_makes_the_same_changes():
    pictures = torch.randn(3, 2, 16, 16, generator=torch.Generator().manual_seed(0))
    one, other = (Augmentation()(pictures, torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(one, other) and not torch.equal(one, pictures)


def test_only_a_coin_of_one_half_forgets_left_and_right():
    left, right = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    same = [
        chance for chance in (0, 0.25, 0.5, 0.75, 1) if torch.equal(survives(left, chance), survives(right, chance))
    ]
    assert same == [0.5]


def test_shares_out_of_range_are_refused():
    with pytest.raises(ValueError, match="hole must be a share between 0 and 1, but is 3"):
        Augmentation(hole=3)
