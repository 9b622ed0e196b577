"""The denoiser: nothing at the start, learns to take noise off, and stands frozen behind the generator."""

from random import Random

import pytest
import torch
from tiny_world import enter

from t2i_lib.checkpoints import load_weights, save_weights
from t2i_lib.denoiser import Denoiser
from t2i_lib.presets import PRESETS
from t2i_lib.recipes import gan
from t2i_lib.recipes.denoiser import DenoiserTask, load_denoiser
from t2i_lib.recipes.features import load_features
from t2i_lib.recipes.gan_task import GanTask
from t2i_lib.recipes.parts import find_parts, latent_pairs
from t2i_lib.training import Plan, train


class FlatLatents:
    """Pictures that are flat: every channel the same number everywhere."""

    def __len__(self) -> int:
        return 64

    def without_captions(self, indices: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """As of `LatentPairs`."""
        rng = torch.Generator().manual_seed(int(indices.sum()))
        return torch.randn(2 * len(indices), 3, 1, 1, generator=rng).expand(-1, -1, 8, 8).clone(), torch.zeros(0)


@pytest.fixture
def world(trained, monkeypatch):
    """The folder in which all picture recipes have run."""
    enter(trained[0], monkeypatch)
    return trained[0]


def test_nothing_changes_at_the_start():
    latents = torch.randn(2, 3, 8, 8)
    assert torch.equal(Denoiser(3, 5, 2)(latents), latents)


def test_it_learns_that_flat_pictures_are_flat(tmp_path):
    preset = PRESETS["tiny"]
    task = DenoiserTask(preset.generator, preset.denoiser_training, FlatLatents(), FlatLatents())
    before = task.gauges(task.modules, 0)
    assert before["noise left"] == pytest.approx(1.0)
    assert before["lost of clean pictures"] == 0.0
    plan = Plan(150, device="cpu", precision="fp32", gauges_every=150, warmup_steps=5, ema_decay=0.9)
    assert train(task, tmp_path, plan, quiet=True).gauges["noise left"] < 0.6


def test_every_picture_has_its_own_amount_of_noise_within_the_bounds():
    preset = PRESETS["tiny"]
    task = DenoiserTask(preset.generator, preset.denoiser_training, FlatLatents(), FlatLatents())
    latents = torch.zeros(40, 3, 32, 32)
    amounts = task.spoil(latents, torch.Generator().manual_seed(0)).flatten(1).std(1)
    assert 0.28 < amounts.min() < 0.35
    assert 0.55 < amounts.max() < 0.62


@pytest.fixture
def task(world) -> GanTask:
    preset = PRESETS["tiny"]
    text_encoder, autoencoder = find_parts(preset, world / "runs/gan-tiny", "cpu")
    pairs = latent_pairs(preset, autoencoder, text_encoder)
    return GanTask(preset, *pairs, load_features(world / "runs/features-tiny"), text_encoder, autoencoder)


def test_the_game_leaves_the_denoiser_as_it_was_trained(world):
    trained = load_denoiser(world / "runs/denoiser-tiny")
    for name in ("state/generator.safetensors", "artist/generator.safetensors"):
        weights = load_weights(world / "runs/gan-tiny" / name)
        assert all(torch.equal(weights[f"denoise.{key}"], value) for key, value in trained.items())


def test_a_generator_without_a_denoiser_gets_the_one_that_was_trained(world, tmp_path, task):
    weights = load_weights(world / "runs/gan-tiny/artist/generator.safetensors")
    without = {name: value for name, value in weights.items() if not name.startswith("denoise.")}
    assert len(without) < len(weights)
    save_weights(tmp_path / "generator.safetensors", without)
    gan.start_from(task, tmp_path, world / "runs/denoiser-tiny")
    assert all(torch.equal(value, weights[name]) for name, value in task.modules["generator"].state_dict().items())


def test_without_a_denoiser_the_gan_says_what_makes_one(tmp_path, task):
    with pytest.raises(ValueError, match="t2i train denoiser"):
        gan.start_from(task, None, tmp_path)


def test_gradients_pass_through_it_to_the_generator(task):
    generator = task.modules["generator"]
    batch = task.pairs.batch(torch.arange(2), Random(0), 1)
    with torch.no_grad():
        text_features, pooled_features = task.text_encoder(batch.token_ids, batch.mask)
    generator(generator.sample_noise(2), text_features, batch.mask, pooled_features).square().sum().backward()
    assert generator.to_grid.weight.grad.abs().sum() > 0
    assert all(weight.grad is None for weight in generator.denoise.parameters())
