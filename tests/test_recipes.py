"""The picture recipes end to end on tiny networks: autoencoder, latents, features, GAN, and an artist that draws."""

from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_world import STEPS, enter

from t2i_lib.checkpoints import load_json, load_weights
from t2i_lib.datasets import pixels_to_images
from t2i_lib.features import FeatureNetwork
from t2i_lib.losses import feature_loss
from t2i_lib.pipeline import TextToImage
from t2i_lib.presets import PRESETS
from t2i_lib.recipes import autoencoder, features, gan, latents
from t2i_lib.recipes.autoencoder import AutoencoderTask, feature_maps, find_judge, load_autoencoder
from t2i_lib.recipes.gan_gauges import GanGauges, pair_distance
from t2i_lib.recipes.gan_task import GanTask
from t2i_lib.recipes.parts import find_autoencoder, find_text_encoder, latent_pairs
from t2i_lib.recipes.pictures import draw_grid, training_pictures
from t2i_lib.storybook.captions import Caption
from t2i_lib.storybook.pairs import stated_to_ids
from t2i_lib.training import Plan, train


@pytest.fixture
def world(trained, monkeypatch):
    """The folder in which all three recipes have run."""
    enter(trained[0], monkeypatch)
    return trained[0]


@pytest.fixture
def parts(world):
    """Text encoder, autoencoder, and latents for training and validation."""
    preset = PRESETS["tiny"]
    text_encoder, network = find_text_encoder(preset, "cpu"), find_autoencoder(preset)
    return text_encoder, network, *latent_pairs(preset, network, text_encoder)


def eyes() -> FeatureNetwork:
    """What the discriminator looks through."""
    return features.load_features(Path("runs/features-tiny"))


def test_every_recipe_finishes_and_measures(trained):
    first, second, third = trained[1]
    assert all(report.finished and report.steps == STEPS for report in trained[1])
    assert first.gauges["psnr"] > 10
    assert {"gate", "kept/color"} <= set(first.gauges)
    assert {"mean", "expression"} <= set(second.gauges)
    assert {"prompt accuracy", "exact match", "text-use gap", "variety", "prompt/place"} <= set(third.gauges)


def test_the_artist_loads_and_draws(world):
    artist = TextToImage.from_pretrained(world / "runs/gan-tiny/artist", device="cpu", precision="fp32")
    picture = artist("a red cat in the snow", seed=5)
    assert picture.size == (32, 32)
    assert np.array_equal(picture, artist("a red cat in the snow", seed=5))
    assert not np.array_equal(picture, artist("a red cat in the snow", seed=6))
    assert not np.array_equal(picture, artist("a blue girl at night", seed=5))


def test_the_artist_draws_with_the_averaged_generator_and_the_trained_autoencoder(world):
    artist, run = world / "runs/gan-tiny/artist", world / "runs/gan-tiny/state"
    for ours, theirs in (
        (artist / "generator.safetensors", run / "generator.averaged.safetensors"),
        (artist / "discriminator.safetensors", run / "discriminator.safetensors"),
        (artist / "autoencoder.safetensors", world / "runs/autoencoder-tiny/autoencoder.safetensors"),
    ):
        ours, theirs = load_weights(ours), load_weights(theirs)
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert load_json(artist / "config.json")["name"] == "tiny"


def test_samples_are_saved(world):
    for recipe in ("autoencoder", "gan"):
        with Image.open(world / f"runs/{recipe}-tiny/samples/step_{STEPS:06d}.png") as sheet:
            assert sheet.width == 8 * 34 - 2


class Killed(Exception):
    """Stands for whatever ends a process in the middle of a training."""


class KilledGan(GanTask):
    """Dies in its third step."""

    def train_step(self, batch, step, update):
        """As always, until the third."""
        if step == 2:
            raise Killed
        return super().train_step(batch, step, update)


def test_a_resumed_gan_ends_bit_for_bit_where_an_uninterrupted_one_does(parts, tmp_path):
    text_encoder, network, pairs, held_out = parts
    plan = Plan(4, device="cpu", precision="fp32", checkpoint_every=2, gauges_every=0)

    def go(kind: type[GanTask], folder: str) -> None:
        task = kind(PRESETS["tiny"], pairs, held_out, eyes(), text_encoder, network)
        train(task, tmp_path / folder, plan, quiet=True)

    go(GanTask, "at once")
    with pytest.raises(Killed):
        go(KilledGan, "in two parts")
    assert load_json(tmp_path / "in two parts/state/state.json")["step"] == 2
    go(GanTask, "in two parts")
    for path in sorted((tmp_path / "at once/state").glob("*.safetensors")):
        ours, theirs = load_weights(tmp_path / "in two parts/state" / path.name), load_weights(path)
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[name], theirs[name]) for name in ours), path.name


def test_latents_are_made_anew_when_the_autoencoder_changes(parts):
    text_encoder, network, pairs, _ = parts
    files = set(Path("cache/latents").iterdir())
    again = latents.LatentPairs(pairs.pictures, network, text_encoder)
    assert set(Path("cache/latents").iterdir()) == files  # nothing is encoded twice
    assert np.array_equal(again.latents, pairs.latents)
    with torch.no_grad():
        network.encoder.linear.mix.bias.add_(0.5)
    changed = latents.LatentPairs(pairs.pictures, network, text_encoder)
    assert len(set(Path("cache/latents").iterdir())) == len(files) + 1
    assert not np.allclose(changed.latents, pairs.latents, atol=0.01)


def test_the_latents_of_a_larger_data_set_serve_a_smaller_one(parts):
    text_encoder, network, pairs, _ = parts
    files = set(Path("cache/latents").iterdir())
    smaller = replace(PRESETS["tiny"], train_pairs=3)
    first, _ = latent_pairs(smaller, network, text_encoder)
    assert set(Path("cache/latents").glob("train-*")) <= files
    assert len(first) == 3 and np.array_equal(first.latents, pairs.latents[:3])


def test_shipped_features_serve_the_shipped_autoencoder_only(parts, monkeypatch, tmp_path):
    _, network, *_ = parts
    autoencoder.save_autoencoder(network, tmp_path / "tiny")
    features.save_features(eyes(), tmp_path / "tiny")
    monkeypatch.setattr(gan, "checkpoint_folder", lambda name: tmp_path / name)
    monkeypatch.setattr(gan, "RUNS", tmp_path / "runs")
    assert gan.find_features("tiny", network, []).config == eyes().config
    with torch.no_grad():
        network.encoder.linear.mix.bias.add_(0.5)  # now it makes other latents, which nobody has learned to read
    with pytest.raises(ValueError, match="t2i train features"):
        gan.find_features("tiny", network, [])


def test_latents_belong_to_the_seed_of_their_pictures(parts):
    text_encoder, network, pairs, _ = parts
    other = copy_with_seed(pairs.pictures, 1)
    assert not np.allclose(latents.LatentPairs(other, network, text_encoder).latents, pairs.latents[:2], atol=0.01)


def copy_with_seed(pictures, seed):
    """Two pairs of the same split, drawn fresh."""
    return type(pictures)(pictures.split, pictures.size, 2, seed)


def test_a_batch_keeps_picture_truth_and_captions_together(parts, monkeypatch):
    text_encoder, network, pairs, _ = parts
    seen: list[list[str]] = []
    monkeypatch.setattr(latents, "describe", lambda stated, rng: Caption(str(stated_to_ids(stated)), "en", stated))
    monkeypatch.setattr(
        text_encoder, "tokenize", lambda prompts: seen.append(prompts) or (torch.zeros(1), torch.ones(1))
    )
    items = torch.tensor([7, 0, 11])
    batch = pairs.batch(items, Random(0), wrong_captions=2)
    right, wrong = seen
    for row, item in enumerate(items.tolist()):
        truth = pairs.pictures[item]
        with torch.no_grad():
            encoded = network.encode(pixels_to_images(truth.pixels))
        assert torch.allclose(batch.latents[row], encoded, atol=0.1)  # encoded and kept in half precision
        assert torch.equal(batch.attributes[row], truth.attributes)
        assert torch.equal(batch.stated[row], truth.stated)
        assert right[row] == str(tuple(truth.stated.tolist()))
        for counterfactual in wrong[2 * row : 2 * row + 2]:
            changed = torch.tensor([int(number) for number in counterfactual.strip("()").split(",")])
            assert (changed != truth.stated).sum() == 1
            assert not latents.fits(changed[None], truth.attributes).any()  # true of neither picture


def test_captions_are_worded_anew_at_every_step_but_not_when_a_step_is_repeated(parts):
    text_encoder, network, pairs, held_out = parts
    task = GanTask(PRESETS["tiny"], pairs, held_out, eyes(), text_encoder, network)
    first, again, other_epoch = task.batch_at(1), task.batch_at(1), task.batch_at(1 + 4)  # 16 pairs, 4 a batch
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert not torch.equal(first.stated, other_epoch.stated)


def autoencoder_task(**settings) -> AutoencoderTask:
    preset = PRESETS["tiny"]
    pictures, held_out = training_pictures(preset)
    training = replace(preset.autoencoder_training, **settings)
    return AutoencoderTask(preset.autoencoder, training, pictures, held_out, find_judge("perceptual"))


class Oracle(torch.nn.Module):
    """A judge that says what it was told to say, call by call."""

    def __init__(self, *answers: torch.Tensor) -> None:
        super().__init__()
        self.answers = list(answers)

    def attributes(self, images: torch.Tensor) -> torch.Tensor:
        """The next answer, as long as there are pictures."""
        answer = self.answers.pop(0)
        assert len(answer) == len(images)
        return answer


def test_the_feature_loss_comes_every_few_steps_and_weighs_as_many_times_more(world):
    task = autoencoder_task(feature_every=3)
    images = pixels_to_images(task.batch_at(0))
    maps = [feature_maps(task.perceptual, each) for each in (0.5 * images, images)]
    assert torch.allclose(task._feature_loss(0.5 * images, images, step=6), 3 * feature_loss(*maps))
    assert [task._feature_loss(0.5 * images, images, step) for step in (7, 8)] == [0, 0]


def test_latents_have_their_final_proportions_before_the_first_step(world):
    """Noise is added to them from then on: how much of it each channel bears must not change afterwards."""
    network = autoencoder_task().modules["autoencoder"]
    spread = network.standardise.spread.flatten()
    assert len(set(spread.tolist())) > 1
    trained = load_autoencoder(world / "runs/autoencoder-tiny").standardise.spread.flatten()
    assert torch.allclose(trained / trained.norm(), spread / spread.norm(), rtol=1e-3)


def test_the_gate_judges_pictures_once_and_counts_no_gain(world):
    task = autoencoder_task()
    truth = torch.cat([task.held_out[index].attributes for index in range(16)])  # (32, 9)
    half, worse = truth.clone(), truth.clone()
    half[::2] = 99  # every other picture is misjudged
    worse[::4] = 99
    worse[:, 1:] = 99
    task.judge = Oracle(half, truth, worse)
    gained, lost = (task.gauges(task.modules, step) for step in (0, 1))
    assert not task.judge.answers
    assert gained["gate"] == 1.0  # not 2
    assert lost["kept/place"] == 1.0
    assert lost["kept/time"] == lost["kept/color"] == 0.0
    assert lost["gate"] == pytest.approx(1 / 9)


def test_the_gauges_of_the_gan_by_hand(parts):
    text_encoder, network, pairs, held_out = parts
    gauges = GanGauges(held_out, text_encoder, network)
    stated = gauges._batch.stated.repeat_interleave(2, 0)  # (32, 9)
    found = stated.clone()
    found[3] = 99  # one of the two pictures of the second prompt is all wrong
    gauges.judge = Oracle(found)
    generator = GanTask(PRESETS["tiny"], pairs, held_out, eyes(), text_encoder, network).modules["generator"]
    values = gauges.measure(generator)
    asked = stated >= 0
    right = asked.sum() - asked[3].sum()
    right_of_next = ((found.roll(-2, 0) == stated) & asked).sum()
    assert values["prompt accuracy"] == pytest.approx(float(right / asked.sum()))
    assert values["exact match"] == pytest.approx(31 / 32)
    assert values["text-use gap"] == pytest.approx(float((right - right_of_next) / asked.sum()))
    drawn = gauges.draw(generator, gauges._batch)
    real = torch.cat([pixels_to_images(held_out.pictures[index].pixels) for index in range(16)])
    assert values["variety"] == pytest.approx(pair_distance(drawn) / pair_distance(real))
    assert "prompt/place" in values


def test_samples_are_the_first_prompts_with_the_same_noise_every_time(parts):
    text_encoder, network, pairs, held_out = parts
    gauges = GanGauges(held_out, text_encoder, network)
    generator = GanTask(PRESETS["tiny"], pairs, held_out, eyes(), text_encoder, network).modules["generator"]
    first, again = gauges.sample_grid(generator), gauges.sample_grid(generator)
    assert first.size == (8 * 34 - 2, 4 * 34 - 2)
    assert np.array_equal(first, again)
    with torch.no_grad():
        generator.to_grid.weight.mul_(-1)
    assert not np.array_equal(first, gauges.sample_grid(generator))


def test_pictures_are_brought_to_the_range_from_minus_1_to_1_once(world):
    task, seen = autoencoder_task(), []
    task.modules["autoencoder"].encoder.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    batch = task.batch_at(0)
    train(task, world / "runs/range", Plan(1, device="cpu", precision="fp32", gauges_every=0), quiet=True)
    images = seen[-1] if len(seen) == 1 else seen[1]  # the first may be the sample at step 0
    assert torch.equal(images, pixels_to_images(batch))
    assert images.min() < -0.5 and images.max() > 0.5
    assert images.abs().max() <= 1


def test_no_picture_is_ever_mirrored(world):
    task = autoencoder_task()
    known = {
        pair.pixels[which].numpy().tobytes() for pair in map(task.pictures.__getitem__, range(16)) for which in (0, 1)
    }
    batches = [task.batch_at(index) for index in range(16)]  # two epochs of 32 pictures
    seen = {picture.numpy().tobytes() for batch in batches for picture in batch}
    mirrored = {np.frombuffer(each, np.uint8).reshape(32, 32, 3)[:, ::-1].tobytes() for each in known}
    assert seen == known
    assert not seen & mirrored


def test_an_autoencoder_comes_back_as_it_was_saved(world):
    network = load_autoencoder(world / "runs/autoencoder-tiny")
    averaged = load_weights(world / "runs/autoencoder-tiny/state/autoencoder.averaged.safetensors")
    weights = {name for name in averaged if not name.startswith("standardise")}  # statistics are measured afterwards
    assert all(torch.equal(network.state_dict()[name], averaged[name]) for name in weights)
    assert not network.training
    with pytest.raises(ValueError, match="t2i train autoencoder"):
        load_autoencoder(world / "nowhere")


def test_cached_latents_have_mean_0_and_on_average_variance_1(parts):
    _, _, pairs, _ = parts
    channels = torch.from_numpy(pairs.latents.astype(np.float32)).movedim(2, 0).flatten(1)
    assert torch.allclose(channels.mean(1), torch.zeros(3), atol=0.02)
    assert channels.var(1).mean().item() == pytest.approx(1.0, abs=0.04)


def test_a_variational_autoencoder_trains_too(world):
    report = autoencoder.run("tiny", "runs/variational", steps=2, device="cpu", precision="fp32", variational=True)
    assert report.finished
    assert load_autoencoder(Path("runs/variational")).config.variational


def test_feature_maps_are_measured_when_the_network_is_saved(parts):
    maps = eyes()(parts[2].without_captions(torch.arange(16))[0])
    assert [each.square().mean().item() for each in maps] == pytest.approx([1.0] * 3, rel=1e-3)


def test_without_a_feature_network_the_gan_says_what_makes_one(world):
    with pytest.raises(ValueError, match="t2i train features"):
        features.load_features(world / "nowhere")


def test_draw_grid_places_pictures_row_by_row():
    pixels = torch.zeros(3, 2, 2, 3, dtype=torch.uint8)
    pixels[1], pixels[2] = 100, 200
    sheet = np.asarray(draw_grid(pixels, columns=2, gap=1))[..., 0]
    assert sheet.tolist() == [
        [0, 0, 255, 100, 100],
        [0, 0, 255, 100, 100],
        [255] * 5,
        [200, 200, 255, 255, 255],
        [200, 200, 255, 255, 255],
    ]
