"""The storybook data set: same items everywhere, truth that matches, a cache that survives interruption."""

import ast
import json

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from t2i_lib import picture_cache
from t2i_lib.datasets import (
    PicturePair,
    StorybookDataset,
    images_to_pixels,
    pixels_to_images,
    shuffled_indices,
)
from t2i_lib.picture_cache import PictureCache, build_cache, renderer_version
from t2i_lib.storybook import pairs
from t2i_lib.storybook.pairs import draw_pair, ids_to_stated, sample_pair, shrink, stated_to_ids
from t2i_lib.storybook.scene import ATTRIBUTES, SPLITS, is_unseen, scene_rng

COUNT, SIZE = 5, 32


@pytest.fixture(scope="module")
def cache_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache") / "train-32"
    build_cache(folder, "train", count=COUNT)
    return folder


def assert_same(one: PicturePair, other: PicturePair) -> None:
    for part, other_part in zip(one, other, strict=True):
        assert torch.equal(part, other_part)


def test_items_are_pairs_with_their_truth():
    item = StorybookDataset("train", SIZE, COUNT)[3]
    assert item.pixels.shape == (2, SIZE, SIZE, 3) and item.pixels.dtype == torch.uint8
    assert item.attributes.shape == (2, 9) and item.stated.shape == (9,)
    _, pair = draw_pair("train", 3)
    assert item.attributes[1].tolist() == list(pair.scenes[1].to_ids())
    assert ids_to_stated(item.stated.tolist()) == pair.stated


def test_items_are_the_same_each_time_and_differ_between_items_splits_and_seeds():
    fresh = StorybookDataset("train", SIZE, COUNT)
    assert_same(fresh[2], StorybookDataset("train", SIZE, COUNT)[2])
    others = [fresh[1], StorybookDataset("test", SIZE, COUNT)[2], StorybookDataset("train", SIZE, COUNT, seed=1)[2]]
    assert all(not torch.equal(fresh[2].pixels, other.pixels) for other in others)


@pytest.mark.parametrize("split", SPLITS)
def test_both_scenes_hold_what_is_stated_and_belong_to_their_split(split):
    differing = 0
    for index in range(60):
        first, second = (pair := sample_pair(split, scene_rng(split, index))).scenes
        for name, value in pair.stated.items():
            assert first.as_dict()[name] == second.as_dict()[name] == value
        assert first.subject == second.subject
        assert is_unseen(first) == is_unseen(second) == (split == "unseen")
        differing += first != second
    assert differing > 40  # the second scene is drawn anew


def test_unseen_captions_ask_for_the_held_out_combination():
    for index in range(40):
        stated = sample_pair("unseen", scene_rng("unseen", index)).stated
        named = (stated.get("subject"), stated.get("color")), (stated.get("place"), stated.get("weather"))
        assert named[0] in pairs.UNSEEN_SUBJECT_COLORS or named[1] in pairs.UNSEEN_PLACE_WEATHERS


def test_cached_items_equal_fresh_ones(cache_folder):
    cached = StorybookDataset("train", SIZE, COUNT, cache=cache_folder)
    fresh = StorybookDataset("train", SIZE, COUNT)
    assert_same(cached[4], fresh[4])
    assert_same(cached.batch([0, 4]), fresh.batch([0, 4]))


def test_smaller_pictures_are_block_averages(cache_folder):
    whole = StorybookDataset("train", 128, COUNT, cache=cache_folder)[0].pixels.double()
    small = StorybookDataset("train", 64, COUNT, cache=cache_folder)[0].pixels.double()
    assert (small - whole.reshape(2, 64, 2, 64, 2, 3).mean((2, 4))).abs().max() <= 0.5


def test_shrink_rejects_what_does_not_divide():
    with pytest.raises(ValueError, match="choose a divisor of 6"):
        shrink(np.zeros((6, 6, 3), np.uint8), 4)


def test_stopped_build_goes_on_where_it_stopped(tmp_path, monkeypatch):
    drawn = []

    def draw_until_stopped(split, index, size, seed):
        drawn.append(index)
        if len(drawn) == 5:
            raise KeyboardInterrupt
        return draw_pair(split, index, size, seed)

    monkeypatch.setattr(picture_cache, "_SHARD_PAIRS", 3)
    monkeypatch.setattr(picture_cache, "draw_pair", draw_until_stopped)
    with pytest.raises(KeyboardInterrupt):
        build_cache(tmp_path, "test", 8, 6)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache.json", "labels-00000.npy", "pixels-00000.rgb"]
    assert len(build_cache(tmp_path, "test", 8, 6)) == 6
    assert drawn == [0, 1, 2, 3, 4, 3, 4, 5]  # the finished file was not drawn again
    assert len(build_cache(tmp_path, "test", 8, 6)) == 6 and len(drawn) == 8
    assert np.array_equal(PictureCache(tmp_path).pixels(5), draw_pair("test", 5, 8)[0])


def test_file_cut_short_is_drawn_again(tmp_path):
    cache = build_cache(tmp_path, "test", 8, 2)
    whole = cache.pixels(1)
    path = tmp_path / "pixels-00000.rgb"
    path.write_bytes(path.read_bytes()[:-1])
    assert np.array_equal(build_cache(tmp_path, "test", 8, 2).pixels(1), whole)


def test_pictures_of_an_older_renderer_are_drawn_again(tmp_path, capsys):
    build_cache(tmp_path, "test", 8, 2)
    config = json.loads((tmp_path / "cache.json").read_text())
    (tmp_path / "cache.json").write_text(json.dumps(config | {"version": "old"}))
    path = tmp_path / "pixels-00000.rgb"
    good = path.read_bytes()
    path.write_bytes(bytes(len(good)))
    build_cache(tmp_path, "test", 8, 2)
    assert path.read_bytes() == good
    assert "older renderer" in capsys.readouterr().err


def test_folder_with_other_pictures_is_left_alone(tmp_path):
    build_cache(tmp_path, "test", 8, 1)
    with pytest.raises(ValueError, match="holds test pictures of 8 pixels"):
        build_cache(tmp_path, "train", 8, 1)
    (tmp_path / "cache.json").write_text("{")
    with pytest.raises(ValueError, match="does not describe a picture cache"):
        build_cache(tmp_path, "test", 8, 1)


def test_folder_without_cache_is_named(tmp_path):
    with pytest.raises(ValueError, match="t2i data make"):
        PictureCache(tmp_path)


def test_version_ignores_comments_and_sees_statements(monkeypatch):
    plain, commented = '"""Doc."""\nx = 1', "# why\nx   =  1\n"
    statements = [picture_cache._statements(ast.parse(source)) for source in (plain, commented, "x = 2")]
    assert statements[0] == statements[1] != statements[2]
    assert len(renderer_version()) == 16


def test_memory_stays_flat_over_many_reads(tmp_path):
    resource = pytest.importorskip("resource")  # not on Windows
    count, size = 200, 128  # 20 MB on disk
    (tmp_path / "cache.json").write_text(
        json.dumps(dict(split="train", size=size, seed=0, shard_pairs=count, version="x"))
    )
    np.zeros(count * 2 * size * size * 3, np.uint8).tofile(tmp_path / "pixels-00000.rgb")
    np.save(tmp_path / "labels-00000.npy", np.zeros((count, 3, 9), np.int8))
    cache = PictureCache(tmp_path)
    cache.pixels(0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB
    for index in range(count):
        cache.pixels(index)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 5_000


def test_data_loader_with_workers_gives_the_same_items(cache_folder):
    dataset = StorybookDataset("train", SIZE, 4, cache=cache_folder)
    batches = list(DataLoader(dataset, batch_size=2, num_workers=1))
    assert_same(batches[1], dataset.batch([2, 3]))


def test_captions_state_what_the_item_states_in_new_words_each_epoch():
    dataset = StorybookDataset("train", SIZE, COUNT)
    captions = [dataset.caption(1, epoch) for epoch in range(6)]
    expected = ids_to_stated(dataset.labels(1)[2].tolist())
    assert all(caption.stated == expected for caption in captions)
    assert len({caption.prompt for caption in captions}) > 3
    assert dataset.caption(1, 2) == captions[2]
    assert dataset.caption(1, 0, "zh").language == "zh"


def test_stated_ids_round_trip():
    stated = {"place": ATTRIBUTES["place"][-1], "birds": "none"}
    assert stated_to_ids(stated) == (7, -1, -1, -1, -1, -1, -1, -1, 0)
    assert ids_to_stated(stated_to_ids(stated)) == stated


def test_each_epoch_visits_every_item_once_in_its_own_order():
    count, batch_size = 21, 7
    epochs = [
        torch.cat([shuffled_indices(epoch * 3 + step, batch_size, count) for step in range(3)]).tolist()
        for epoch in range(2)
    ]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(count))
    assert epochs[0] != epochs[1]
    across = torch.cat([shuffled_indices(step, 5, count) for step in range(5)]).tolist()
    assert across[:21] == epochs[0] and across[21:] == epochs[1][:4]  # batches run on across the border of epochs
    assert shuffled_indices(0, 7, count, seed=1).tolist() != epochs[0][:7]


def test_pixels_and_images_convert_without_loss():
    pixels = torch.arange(256, dtype=torch.uint8).repeat_interleave(3).view(16, 16, 3)
    images = pixels_to_images(pixels)
    assert images.shape == (3, 16, 16) and images.min() == -1 and images.max() == 1
    assert torch.equal(images_to_pixels(images), pixels)
    with pytest.raises(ValueError, match="uint8"):
        pixels_to_images(images)


@pytest.mark.parametrize("arguments", [("holiday", 32, 1), ("train", 0, 1), ("train", 32, 0)])
def test_bad_arguments_are_named(arguments, tmp_path):
    with pytest.raises(ValueError):
        StorybookDataset(*arguments)
    with pytest.raises(ValueError):
        build_cache(tmp_path, *arguments)
