"""Near-duplicates are found whatever their brightness, and never sit on both sides of a split."""

import pytest
import torch
import torch.nn.functional as F

from t2i_lib.picture_groups import NEAR, fingerprint, near_groups, split_by_group


def pictures(count: int, seed: int = 0) -> torch.Tensor:
    """Soft blotches, each another one: (count, 3, 32, 32)."""
    coarse = torch.randn(count, 3, 6, 6, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(coarse, 32, mode="bilinear").clamp(-1, 1)


def test_a_brighter_or_smaller_copy_is_recognised_and_nothing_else():
    images = pictures(6)
    for copies in (images * 0.9 + 0.05, F.interpolate(F.avg_pool2d(images, 2), 32, mode="bilinear")):
        alike = fingerprint(images) @ fingerprint(copies).T  # (6, 6)
        assert alike.diagonal().min() >= NEAR > alike.fill_diagonal_(0).max()


def test_colours_count():
    grey = pictures(1).mean(1, keepdim=True)
    red, blue = (torch.cat([grey * (place == own) for place in range(3)], dim=1) for own in (0, 2))
    assert len(near_groups(fingerprint(torch.cat([red, blue])))) == 2


def test_groups_follow_links_and_keep_their_order():
    angles = torch.tensor([0.0, 0.1, 1.5, 0.2, 0.0])  # 0 - 1 - 3 are a chain of small steps
    prints = torch.stack([angles.cos(), angles.sin()], dim=1)
    assert near_groups(prints, near=0.99) == [[0, 1, 3, 4], [2]]
    assert near_groups(prints, near=0.9999) == [[0, 4], [1], [2], [3]]


def test_no_twin_sits_on_the_other_side():
    images = torch.cat([pictures(10), pictures(10) * 0.95])  # picture i and i + 10 are twins
    for seed in range(5):
        kept = split_by_group(images, 0.3, seed)
        assert len(kept) == 6 and {(index + 10) % 20 for index in kept} == set(kept)


def test_what_cannot_be_split_is_said():
    with pytest.raises(ValueError, match="3 pictures in 1 groups of near-duplicates cannot be split"):
        split_by_group(pictures(1).repeat(3, 1, 1, 1), 0.3)
