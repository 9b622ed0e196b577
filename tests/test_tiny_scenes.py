"""Tiny scenes: the same pictures every time, twelve labels, pairs of one label, light that leaves the land alone."""

import torch
import torch.nn.functional as F

from t2i_lib.toys.tiny_scenes import LABEL_DIM, LABELS, PLACES, TIMES, TinyScenes, as_vectors, draw_scenes


def test_every_label_has_as_many_pictures_and_a_seed_makes_them():
    scenes, again, other = draw_scenes(2, seed=3), draw_scenes(2, seed=3), draw_scenes(2, seed=4)
    assert scenes.images.shape == (12, 2, 3, 16, 16) and scenes.labels.tolist() == [list(label) for label in LABELS]
    assert torch.equal(scenes.images, again.images) and not torch.equal(scenes.images, other.images)
    assert scenes.images.min() >= -1 and scenes.images.max() <= 1 and scenes.images.dtype == torch.float32


def test_one_landscape_at_three_times():
    """Day is brighter than night; and what sets a landscape apart from the others sets it apart at night, too."""
    day, _, night = draw_scenes(8).images.unflatten(0, (len(PLACES), len(TIMES)))[PLACES.index("seaside")]
    assert day.mean() > night.mean() + 0.3
    own = [F.normalize((pictures - pictures.mean(0)).flatten(1)) for pictures in (day, night)]
    found = (own[0] @ own[1].T).argmax(1)
    assert (found == torch.arange(8)).sum() >= 6


def test_pairs_share_their_label():
    images = torch.arange(12.0)[:, None, None, None, None].expand(12, 5, 3, 16, 16)  # each picture shows its label
    drawn, labels = TinyScenes(images, torch.tensor(LABELS)).pairs(7, torch.Generator().manual_seed(0))
    assert drawn.shape == (14, 3, 16, 16) and labels.shape == (7, 2)
    shown = torch.tensor(LABELS)[drawn[:, 0, 0, 0].long()]
    assert torch.equal(shown, labels.repeat_interleave(2, 0))


def test_vectors_tell_all_labels_apart():
    vectors = as_vectors(torch.tensor(LABELS))
    assert vectors.shape == (12, LABEL_DIM) and len(vectors.unique(dim=0)) == 12
    assert vectors.sum(1).tolist() == [2.0] * 12
