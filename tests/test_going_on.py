"""Trainings that begin with a trained model, begin again, or are killed while they copy the parts they build on."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_world import enter

from t2i_lib.autoencoder import Autoencoder
from t2i_lib.checkpoints import load_weights, save_json, save_weights
from t2i_lib.cli import main
from t2i_lib.datasets import pixels_to_images
from t2i_lib.distributed import World
from t2i_lib.presets import PRESETS
from t2i_lib.recipes import gan, parts
from t2i_lib.recipes.autoencoder import load_autoencoder, save_autoencoder
from t2i_lib.recipes.gan_task import GanTask
from t2i_lib.recipes.parts import find_parts, keep_parts
from t2i_lib.recipes.pictures import training_pictures
from t2i_lib.run_folder import RunFolder


class Killed(Exception):
    """Stands for whatever ends a process."""


@pytest.fixture
def world(trained, monkeypatch) -> Path:
    """The folder in which all picture recipes have run."""
    enter(trained[0], monkeypatch)
    return trained[0]


@pytest.fixture
def artist(world, tmp_path) -> Path:
    """Another artist than the one trained here: its decoder is brighter, its networks differ by noise."""
    text_encoder, network = find_parts(PRESETS["tiny"], world / "runs/gan-tiny", "cpu")
    network.decoder.linear.mix.bias.data += 0.5
    folder = tmp_path / "artist"
    text_encoder.save_pretrained(folder / "text_encoder")
    save_autoencoder(network, folder)
    for name in ("generator", "discriminator"):
        weights = load_weights(world / f"runs/gan-tiny/state/{name}.safetensors")
        noisy = {key: value + 0.01 * torch.randn_like(value) for key, value in weights.items()}
        save_weights(folder / f"{name}.safetensors", noisy)
    return folder


def same(ours: Autoencoder, theirs: Autoencoder) -> bool:
    return all(map(torch.equal, ours.state_dict().values(), theirs.state_dict().values()))


# --- an autoencoder's decoder is trained on --------------------------------------------------------------------------


def test_a_decoder_trained_on_improves_and_its_latents_stay_bit_for_bit(world, tmp_path):
    start, further = world / "runs/autoencoder-tiny", tmp_path / "further"
    where = ["--start", str(start), "--folder", str(further)]
    how = ["--preset", "tiny", "--steps", "100", "--device", "cpu", "--precision", "fp32"]
    assert main(["train", "autoencoder", *where, *how]) == 0
    before, after = load_autoencoder(start), load_autoencoder(further)
    pictures, _ = training_pictures(PRESETS["tiny"])
    images = pixels_to_images(pictures.batch(range(16)).pixels.flatten(0, 1))
    assert torch.equal(after.encode(images), before.encode(images))
    old, new = ((network(images) - images).abs().mean() for network in (before, after))
    assert new < 0.97 * old


def test_an_autoencoder_of_other_sizes_is_refused_before_the_training(world, tmp_path, capsys):
    start = ["--start", str(world / "runs/autoencoder-tiny"), "--folder", str(tmp_path / "further")]
    assert main(["train", "autoencoder", "--preset", "tiny", "--variational", *start]) == 2
    assert "variational=False" in capsys.readouterr().err
    assert not (tmp_path / "further/run.json").exists()


def test_a_larger_decoder_is_trained_for_the_latents_of_a_smaller_one(world, tmp_path, monkeypatch):
    start, preset = world / "runs/autoencoder-tiny", PRESETS["tiny"]
    larger = replace(preset, autoencoder=replace(preset.autoencoder, decoder_depths=(2,)))
    monkeypatch.setitem(PRESETS, "tiny", larger)
    where = ["--start", str(start), "--folder", str(tmp_path / "larger")]
    assert main(["train", "autoencoder", "--preset", "tiny", "--steps", "2", "--device", "cpu", *where]) == 0
    before, after = load_autoencoder(start), load_autoencoder(tmp_path / "larger")
    assert (before.config.decoder_depths, after.config.decoder_depths) == ((1,), (2,))
    images = pixels_to_images(training_pictures(preset)[0].batch(range(16)).pixels.flatten(0, 1))
    assert torch.equal(after.encode(images), before.encode(images))
    assert (after(images) - images).abs().mean() < 1.5 * (before(images) - images).abs().mean()  # no random start


# --- a GAN begins with an artist -------------------------------------------------------------------------------------


@pytest.fixture
def begin(monkeypatch):
    """Call the GAN's recipe up to its first step; returns the task."""

    def stop(task, folder, plan, restart):
        begun.append(task)
        raise Killed

    def go(folder: Path, **settings) -> GanTask:
        with pytest.raises(Killed):
            gan.run("tiny", folder, device="cpu", precision="fp32", **settings)
        return begun[-1]

    begun: list[GanTask] = []
    monkeypatch.setattr(gan, "train", stop)
    return go


def test_a_gan_begins_with_the_artists_networks_and_keeps_its_parts(artist, tmp_path, begin):
    task = begin(tmp_path / "run", start=artist)
    for name, module in task.modules.items():
        weights = load_weights(artist / f"{name}.safetensors")
        assert all(torch.equal(value, weights[key]) for key, value in module.state_dict().items())
    assert same(load_autoencoder(tmp_path / "run/autoencoder"), load_autoencoder(artist))


def test_a_decoder_of_the_presets_size_replaces_another_one_for_the_same_latents(artist, world, tmp_path, begin):
    own = load_autoencoder(world / "runs/autoencoder-tiny")
    larger = Autoencoder(replace(own.config, decoder_depths=(2,)))
    larger.encoder.load_state_dict(own.encoder.state_dict())
    larger.standardise.load_state_dict(own.standardise.state_dict())
    save_autoencoder(larger, artist)
    begin(tmp_path / "run", start=artist)
    assert same(load_autoencoder(tmp_path / "run/autoencoder"), own)
    with torch.no_grad():
        larger.encoder.linear.mix.bias.add_(0.1)
    save_autoencoder(larger, artist)
    begin(tmp_path / "other", start=artist)
    assert same(load_autoencoder(tmp_path / "other/autoencoder"), load_autoencoder(artist))  # other latents


def test_a_generator_alone_is_enough_to_begin_with(artist, tmp_path, begin):
    (artist / "discriminator.safetensors").unlink()
    task, fresh = begin(tmp_path / "run", start=artist), begin(tmp_path / "fresh")
    weights = load_weights(artist / "generator.safetensors")
    assert all(torch.equal(value, weights[key]) for key, value in task.modules["generator"].state_dict().items())
    new, other = (each.modules["discriminator"].state_dict().values() for each in (task, fresh))
    assert all(map(torch.equal, new, other))


def test_a_gan_goes_on_with_its_own_parts_and_begins_again_with_fresh_ones(artist, world, tmp_path, begin):
    begin(tmp_path / "run")
    begin(tmp_path / "run", start=artist)
    assert same(
        load_autoencoder(tmp_path / "run/autoencoder"), load_autoencoder(world / "runs/features-tiny/autoencoder")
    )
    begin(tmp_path / "run", start=artist, restart=True)
    assert same(load_autoencoder(tmp_path / "run/autoencoder"), load_autoencoder(artist))


def test_an_artist_that_does_not_fit_leaves_the_training_that_was_to_begin_again(artist, tmp_path, begin):
    begin(tmp_path / "run")
    save_json(tmp_path / "run/state/state.json", {"step": 7})
    save_weights(artist / "generator.safetensors", {"weight": torch.zeros(3)})
    with pytest.raises(ValueError, match="does not fit Generator"):
        gan.run("tiny", tmp_path / "run", device="cpu", start=artist, restart=True)
    assert (tmp_path / "run/state/state.json").is_file()
    assert not same(load_autoencoder(tmp_path / "run/autoencoder"), load_autoencoder(artist))


# --- copies of parts are whole or not there --------------------------------------------------------------------------


@pytest.fixture
def old_and_new(artist, world, tmp_path):
    """A training with copies and a state, its parts, and other ones."""
    preset, run = PRESETS["tiny"], tmp_path / "run"
    old, new = find_parts(preset, run, "cpu"), find_parts(preset, run, "cpu", artist)
    keep_parts(run, *old, "cpu")
    save_json(run / "state/state.json", {"step": 7})
    return run, old, new


@pytest.mark.parametrize("moment", ["copying", "first rename", "second rename"])
def test_a_kill_while_copying_never_leaves_a_mixture(old_and_new, monkeypatch, moment):
    run, _, new = old_and_new
    renames = []

    def rename(source, target):
        renames.append(target)
        if len(renames) == {"first rename": 1, "second rename": 2}.get(moment):
            raise Killed
        os.replace(source, target)

    def save(network, folder):
        if moment == "copying":
            raise Killed
        save_autoencoder(network, folder)

    with monkeypatch.context() as patch:
        patch.setattr(parts, "save_autoencoder", save)
        patch.setattr(parts.os, "rename", rename)
        with pytest.raises(Killed):
            keep_parts(run, *new, "cpu", restart=True)
    assert not (run / "state").exists()
    wanted = find_parts(PRESETS["tiny"], run, "cpu")[1]  # those of a new training, not what lies about
    assert same(wanted, find_parts(PRESETS["tiny"], run.parent / "elsewhere", "cpu")[1])
    keep_parts(run, *new, "cpu")
    assert same(find_parts(PRESETS["tiny"], run, "cpu")[1], new[1])
    assert sorted(path.name for path in run.iterdir()) == ["autoencoder", "lock", "text_encoder"]


def test_copies_are_made_once(old_and_new):
    run, old, new = old_and_new
    keep_parts(run, *new, "cpu")
    assert same(find_parts(PRESETS["tiny"], run, "cpu")[1], old[1])
    assert (run / "state/state.json").is_file()


def test_a_training_that_runs_keeps_its_parts(old_and_new):
    run, old, new = old_and_new
    with RunFolder(run.parent / "run", {}, restart=True), pytest.raises(ValueError, match="in use by another training"):
        keep_parts(run, *new, "cpu", restart=True)
    assert same(find_parts(PRESETS["tiny"], run, "cpu")[1], old[1])


def test_only_the_first_of_several_processes_copies(old_and_new, monkeypatch):
    run, old, new = old_and_new
    monkeypatch.setattr(parts, "join_world", lambda device: (World(1, 2), device))
    keep_parts(run, *new, "cpu", restart=True)
    assert same(find_parts(PRESETS["tiny"], run, "cpu")[1], old[1])
