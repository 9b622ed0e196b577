"""Copy or relative: nearest neighbours, the two shelves, and a parrot that must be caught."""

import pytest
import torch

from t2i_lib.datasets import StorybookDataset, pixels_to_images
from t2i_lib.nearest import Shelf, duel, nearest, rivals, training_share
from t2i_lib.toys.parrot import recite, teach


def test_nearest_by_hand():
    distances, places = nearest(torch.tensor([[0.0, 0], [3, 3]]), torch.tensor([[0.0, 2], [3, 7], [9, 9]]))
    assert distances.tolist() == pytest.approx([2, 10**0.5], abs=1e-4) and places.tolist() == [0, 0]
    with pytest.raises(ValueError, match="a pool"):
        nearest(torch.zeros(2, 3), torch.zeros(0, 3))


def test_ties_say_nothing():
    assert training_share(torch.tensor([1.0, 2, 5]), torch.tensor([1.0, 3, 4])).value == 0.5


def test_a_shelf_holds_what_the_data_set_holds():
    shelf, data = Shelf(5), StorybookDataset("train", 64, 5)
    assert len(shelf) == 10
    assert torch.equal(shelf.labels[7], data[3].attributes[1])
    assert torch.equal(shelf.images([7])[0], pixels_to_images(data[3].pixels)[1])
    assert not torch.equal(Shelf(5, seed=1).labels, shelf.labels)


def test_look_alikes_agree_and_are_equally_many():
    one, other = Shelf(60), Shelf(60, seed=1)
    place = next(i for i in range(120) if one.like(one.labels[i]) and other.like(one.labels[i]))
    assert place in one.like(one.labels[place])
    pools = rivals(one.labels[place], one, other)
    assert len(pools[0]) == len(pools[1]) >= 1
    to_training, to_fresh = duel(one.images([place]), one.labels[[place]], one, other)
    assert to_training.item() == 0 < to_fresh.item()
    with pytest.raises(ValueError, match="larger ones"):
        duel(torch.zeros(1, 3, 64, 64), torch.full((1, 9), -5), one, other)


def test_the_parrot_is_caught_and_fresh_pictures_are_not():
    lots = torch.Generator().manual_seed(0)
    known, fresh, innocent = (torch.rand(n, 3, 6, 6, generator=lots) * 2 - 1 for n in (24, 24, 60))
    recited = recite(teach(known, steps=80), 60)
    shares = [training_share(nearest(images, known)[0], nearest(images, fresh)[0]) for images in (recited, innocent)]
    assert shares[0].value > 0.95
    assert 0.3 < shares[1].value < 0.7
