"""The judge: shapes, what its loss counts, that it learns, and that it survives saving."""

import math
from dataclasses import replace

import pytest
import torch

from t2i_lib.datasets import StorybookDataset, pixels_to_images
from t2i_lib.judge import Judge, JudgeConfig, attribute_loss, resize, shift
from t2i_lib.locations import checkpoint_folder
from t2i_lib.recipes.judge import JudgeSettings, JudgeTask, make_plan, measure_accuracy, open_split, train_judge
from t2i_lib.storybook.pairs import ids_to_stated
from t2i_lib.storybook.scene import ATTRIBUTES, UNSEEN_PLACE_WEATHERS, UNSEEN_SUBJECT_COLORS

TINY = JudgeConfig(image_size=32, widths=(4, 6, 10), feature_dim=17)
SETTINGS = JudgeSettings(TINY, train_pairs=3, unseen_pairs=2, held_out_pairs=2, batch_pairs=4, num_steps=2)


@pytest.fixture
def judge():
    torch.manual_seed(0)
    return Judge(TINY)


def test_every_attribute_gets_logits_for_each_value(judge):
    logits = judge(torch.rand(5, 3, 32, 32) * 2 - 1)
    assert {name: tuple(values.shape) for name, values in logits.items()} == {
        name: (5, len(values)) for name, values in ATTRIBUTES.items()
    }
    images = torch.rand(5, 3, 32, 32)
    found = judge.attributes(images)
    assert found.shape == (5, 9) and not found.requires_grad
    assert found[:, 3].tolist() == judge(images)["subject"].argmax(1).tolist()
    assert judge.features(images).shape == (5, 17)


def test_larger_pictures_are_averaged_down(judge):
    small = torch.rand(2, 3, 32, 32)
    large = small.repeat_interleave(4, dim=2).repeat_interleave(4, dim=3)
    assert torch.allclose(resize(large, 32), small, atol=1e-6)
    assert torch.allclose(judge.features(large), judge.features(small), atol=1e-5)


def test_left_and_right_look_different_to_it(judge):
    image = torch.zeros(1, 3, 32, 32)
    image[..., :8] = 1.0
    assert (judge.features(image) - judge.features(image.flip(-1))).abs().max() > 1e-3


def test_small_things_are_seen_wherever_they_are(judge):
    """The peaks do not depend on the place; without them all features do."""
    with torch.no_grad():
        judge.to_features.weight[:, : 16 * 5] = 0  # keep the peaks only
    image = torch.zeros(1, 3, 96, 96)
    here, there = image.clone(), image.clone()
    here[..., 40:44, 32:36] = 1.0
    there[..., 40:44, 56:60] = 1.0
    judge.config = JudgeConfig(96, TINY.widths, TINY.feature_dim)
    assert torch.allclose(judge.features(here), judge.features(there), atol=1e-6)
    assert (judge.features(here) - judge.features(image)).abs().max() > 1e-4


def test_wrong_shape_is_explained(judge):
    with pytest.raises(ValueError, match=r"\(B, 3, H, W\)"):
        judge(torch.zeros(3, 32, 32))
    with pytest.raises(ValueError, match="multiple of 32"):
        JudgeConfig(image_size=48)


def test_guessing_costs_the_logarithm_of_the_number_of_values():
    logits = {name: torch.zeros(7, len(values)) for name, values in ATTRIBUTES.items()}
    truth = torch.zeros(7, 9, dtype=torch.long)
    expected = sum(math.log(len(values)) for values in ATTRIBUTES.values()) / 9
    assert attribute_loss(logits, truth).item() == pytest.approx(expected)


def test_loss_leaves_out_what_does_not_apply():
    logits = {name: torch.zeros(2, len(values)) for name, values in ATTRIBUTES.items()}
    logits["color"][1, 0] = 50.0  # sure of red, and wrong ...
    truth = torch.zeros(2, 9, dtype=torch.long)
    truth[1, 4] = -1  # ... but there is nobody to be red
    with_nobody = attribute_loss(logits, truth)
    truth[1, 4] = 1
    assert attribute_loss(logits, truth) - with_nobody > 1
    nowhere = torch.full((2, 9), -1)
    assert attribute_loss(logits, nowhere).item() == 0


def test_shift_moves_pixels_and_repeats_the_edge():
    images = torch.arange(7.0).view(1, 1, 1, 7).expand(1, 3, 5, 7)
    seen = {tuple(shift(images, torch.Generator().manual_seed(seed), most=1)[0, 0, 0].tolist()) for seed in range(20)}
    assert seen == {(0, 0, 1, 2, 3, 4, 5), (0, 1, 2, 3, 4, 5, 6), (1, 2, 3, 4, 5, 6, 6)}


def test_saved_judge_comes_back_the_same(judge, tmp_path):
    judge.save(tmp_path)
    loaded = Judge.load(tmp_path)
    images = torch.rand(3, 3, 32, 32)
    assert torch.equal(loaded.features(images), judge.features(images))
    assert loaded.config == TINY and not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


def test_missing_or_foreign_files_are_named(tmp_path):
    with pytest.raises(ValueError, match="t2i train judge"):
        Judge.load(tmp_path)
    (tmp_path / "config.json").write_text('{"hidden": 3}')
    with pytest.raises(ValueError, match="does not describe a judge"):
        Judge.load(tmp_path)


def test_it_learns_a_handful_of_pictures_by_heart():
    torch.manual_seed(1)
    data = StorybookDataset("train", 32, 3)
    judge = Judge(JudgeConfig(image_size=32, widths=(16, 16, 16), feature_dim=32))
    optimizer = torch.optim.Adam(judge.parameters(), 3e-3)
    batch = data.batch(range(3))
    images, truth = pixels_to_images(batch.pixels.flatten(0, 1)), batch.attributes.flatten(0, 1)
    for _ in range(60):
        loss = attribute_loss(judge(images), truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert all(estimate.value == 1 for estimate in measure_accuracy(judge.eval(), data, batch_pairs=2).values())


def test_batches_depend_on_their_number_only():
    task, again = JudgeTask(SETTINGS, cache=None), JudgeTask(SETTINGS, cache=None)
    assert torch.equal(task.batch_at(5)["pixels"], again.batch_at(5)["pixels"])
    assert not torch.equal(task.batch_at(0)["pixels"], task.batch_at(1)["pixels"])
    assert task.batch_at(0)["pixels"].shape == (8, 32, 32, 3)


def test_a_quarter_of_each_batch_holds_combinations_that_the_generator_never_meets():
    task = JudgeTask(SETTINGS, cache=None)
    scenes = [ids_to_stated(row.tolist()) for row in task.batch_at(0)["attributes"]]
    held_out = [
        (scene["subject"], scene.get("color")) in UNSEEN_SUBJECT_COLORS
        or (scene["place"], scene["weather"]) in UNSEEN_PLACE_WEATHERS
        for scene in scenes
    ]
    assert held_out == [False] * 6 + [True] * 2
    measured = open_split("unseen", SETTINGS, None)
    assert not torch.equal(task.batch_at(0)["pixels"][-2:], measured[0].pixels)  # other pictures than the test's


def test_recipe_ends_with_a_checkpoint_and_a_card(tmp_path):
    plan = make_plan(SETTINGS, device="cpu")
    report = train_judge(SETTINGS, plan, tmp_path / "run", tmp_path / "judge", cache=None, quiet=True)
    assert report.finished and report.steps == 2
    card = (tmp_path / "judge" / "README.md").read_text(encoding="utf-8")
    assert all(f"| {name} |" in card for name in ("place", "birds", "**mean**"))
    assert Judge.load(tmp_path / "judge").config == TINY


def test_shipped_judge_reads_pictures_that_it_never_saw():
    folder = checkpoint_folder("judge")
    if not (folder / "judge.safetensors").is_file():
        pytest.skip("no judge in this checkout")
    judge = Judge.load(folder)
    for split in ("test", "unseen"):
        accuracy = measure_accuracy(judge, StorybookDataset(split, 64, 50))
        assert sum(estimate.value for estimate in accuracy.values()) / len(accuracy) >= 0.97


def test_only_the_judge_learns_from_held_out_combinations():
    task = JudgeTask(replace(SETTINGS, unseen_pairs=0), None)
    assert task.unseen is None
    attributes = torch.cat([task.batch_at(index)["attributes"] for index in range(3)])
    columns = [list(ATTRIBUTES).index(name) for name in ("subject", "color")]
    pairs = {tuple(row) for row in attributes[:, columns].tolist()}
    named = {(ATTRIBUTES["subject"].index(s), ATTRIBUTES["color"].index(c)) for s, c in UNSEEN_SUBJECT_COLORS}
    assert not pairs & named
