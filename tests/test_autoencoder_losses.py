"""The experiment about the autoencoder's losses runs on tiny networks, and its critic is a fair one."""

from dataclasses import replace

import pytest
import torch
from tiny_world import enter, save_tiny_world

from t2i_lib.autoencoder import Autoencoder
from t2i_lib.datasets import pixels_to_images
from t2i_lib.experiments.autoencoder_losses import (
    LossTask,
    PatchCritic,
    pull_ratio,
    redrawn_rows,
    run,
    telling_pictures,
    train_variant,
    variants,
)
from t2i_lib.experiments.picture_rows import load_rows
from t2i_lib.experiments.record import read_record
from t2i_lib.presets import LESSON, PRESETS
from t2i_lib.recipes.autoencoder import load_autoencoder
from t2i_lib.recipes.pictures import training_pictures


@pytest.fixture
def preset(tmp_path, monkeypatch):
    """`tiny`, with all its losses, in a world of its own."""
    (tmp_path / "data").mkdir()
    enter(tmp_path, monkeypatch)
    save_tiny_world(tmp_path)
    return replace(PRESETS["tiny"], train_pairs=16)


def test_each_variant_adds_one_loss_to_the_one_before():
    steps = [each.preset.autoencoder_training for each in variants().values()]
    weights = [(one.gradient_weight, one.worst_pixel_weight, one.feature_weight) for one in steps]
    recipe = LESSON.autoencoder_training
    whole = (recipe.gradient_weight, recipe.worst_pixel_weight, recipe.feature_weight)
    assert weights[:4] == [(0.0, 0.0, 0.0)] * 4
    assert weights[4:] == [(whole[0], 0.0, 0.0), (*whole[:2], 0.0), whole, whole]
    assert [each.critic for each in variants().values()] == [False] * 7 + [True]


def test_the_articles_cures_stand_beside_them():
    known = variants()
    assert (known["best directions"].length, known["L1, twice as long"].length) == (0, 2)
    assert known["L1, wider"].preset.autoencoder.widths > known["L1"].preset.autoencoder.widths


def test_a_patch_hears_of_its_own_pixels_only():
    critic, images = PatchCritic(width=5), torch.zeros(1, 3, 32, 40, requires_grad=True)
    logits = critic(images)
    assert logits.shape == (1, 8, 10)
    logits[0, 4, 5].backward()
    rows, columns = images.grad[0].abs().sum(0).nonzero(as_tuple=True)
    assert rows.max() - rows.min() < 20 and columns.max() - columns.min() < 20


def test_the_critics_pull_is_measured_at_the_pixels():
    images = torch.ones(1, 3, 4, 4, requires_grad=True)
    loss, other = (2 * images).square().sum(), 4 * images.sum()
    assert pull_ratio(loss, other, images).item() == pytest.approx(2.0)  # slopes 8 and 4


def test_it_runs_and_keeps_figures_and_pictures(preset, tmp_path):
    path = tmp_path / "record.json"
    record = run([0], steps=2, preset=preset, path=path)
    assert record.variants == list(variants()) == read_record(path).variants
    for one in record.runs:
        assert {"psnr", "gate", "kept/expression", "kept/birds", "sharpness"} <= set(one.figures)
    rows = load_rows(path.with_suffix(".png"))
    assert list(rows) == ["real", *variants()]
    assert run([0], steps=2, preset=preset, path=path).runs == record.runs  # nothing is trained twice


def test_the_first_variant_is_the_untrained_start(preset, tmp_path):
    outcome = train_variant(variants(preset)["best directions"], tmp_path / "start", seed=0, steps=2)
    start = load_autoencoder(tmp_path / "start-0")
    images = telling_pictures(training_pictures(preset)[1], count=2)
    again = Autoencoder(preset.autoencoder).eval()
    again.start_linear(pixels_to_images(training_pictures(preset)[0].batch(range(16)).pixels.flatten(0, 1)))
    assert torch.allclose(start(images), again(images), atol=1e-4)
    assert {"gate", "sharpness"} <= set(outcome.figures)


def test_critic_and_autoencoder_both_learn(preset):
    from t2i_lib.updates import Updater

    task = LossTask(variants(preset)["+ critic"], *training_pictures(preset), seed=0)
    update = Updater(task.optimizers, torch.device("cpu"))
    update.begin(0.0, 1.0, seed=0)
    before = {name: [p.detach().clone() for p in module.parameters()] for name, module in task.modules.items()}
    values = task.train_step(task.batch_at(0), 0, update)
    assert values["pull"] > 0
    for name, module in task.modules.items():
        assert any(not torch.equal(old, new) for old, new in zip(before[name], module.parameters(), strict=True)), name


def test_telling_pictures_are_redrawn_in_rows(preset):
    images = telling_pictures(training_pictures(preset)[1], count=2)
    assert images.shape == (2, 3, 32, 32)
    rows = redrawn_rows(images, {"grey": lambda images: 0 * images})
    assert [picture.getpixel((3, 3)) for picture in rows["grey"]] == [(128, 128, 128)] * 2
