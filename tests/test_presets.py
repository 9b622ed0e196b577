"""The presets: parts that fit one another, for every size."""

import dataclasses
import json

import pytest

from t2i_lib.autoencoder import AutoencoderConfig
from t2i_lib.discriminator import DiscriminatorConfig
from t2i_lib.features import FeatureNetworkConfig
from t2i_lib.generator import GeneratorConfig
from t2i_lib.presets import PRESETS, find_preset

EVERY = pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)


@EVERY
def test_the_parts_agree_on_the_latents(preset):
    parts = (preset.autoencoder, preset.features, preset.generator)
    assert len({part.latent_channels for part in parts}) == 1
    assert len({part.latent_size for part in parts}) == 1


@EVERY
def test_the_discriminator_looks_at_the_latents_and_at_every_map(preset):
    latents, features = preset.autoencoder, preset.features
    assert preset.discriminator.channels == (latents.latent_channels, *features.widths)
    assert preset.discriminator.grids == (latents.latent_size, *features.grids)


def test_full_goes_on_where_lesson_ends():
    lesson, full = PRESETS["lesson"], PRESETS["full"]
    assert (lesson.generator, lesson.discriminator, lesson.features) == (
        full.generator,
        full.discriminator,
        full.features,
    )


@EVERY
def test_the_parts_agree_on_the_text(preset):
    assert preset.generator.embed_dim == preset.discriminator.embed_dim


@EVERY
def test_the_discriminator_sees_pairs(preset):
    assert preset.discriminator.pictures == 2  # what the recipe stacks


@EVERY
def test_pictures_can_be_averaged_down_from_the_cache(preset):
    assert 128 % preset.image_size == 0


@EVERY
def test_configs_survive_json(preset):
    for part, kind in (
        (preset.autoencoder, AutoencoderConfig),
        (preset.features, FeatureNetworkConfig),
        (preset.generator, GeneratorConfig),
        (preset.discriminator, DiscriminatorConfig),
    ):
        assert kind(**json.loads(json.dumps(dataclasses.asdict(part)))) == part


@EVERY
def test_the_penalty_weakens(preset):
    training = preset.gan_training
    assert training.penalty_start > training.penalty_end > 0


def test_sizes_are_what_their_names_promise():
    assert [PRESETS[name].image_size for name in ("lesson", "full", "gpu")] == [64, 128, 128]


def test_find_preset():
    assert find_preset("tiny") is PRESETS["tiny"]
    with pytest.raises(ValueError, match="unknown preset 'huge'; choose one of tiny, lesson, full, gpu"):
        find_preset("huge")
