"""The ablations: each variant differs from the recipe in the one thing that its name says."""

import pytest

from t2i_lib.experiments import ablations
from t2i_lib.experiments.record import Record, Run
from t2i_lib.experiments.short_game import STUDY
from t2i_lib.generator import Generator

CHANGED = {  # settings of the preset, of the generator and of the training that may differ
    "whole recipe": (set(), set(), set()),
    "half the pictures": ({"train_pairs"}, set(), set()),
    "a quarter of the pictures": ({"train_pairs"}, set(), set()),
    "a 64th of the pictures": ({"train_pairs"}, set(), set()),
    "learning rates / 4": ({"gan_training"}, set(), {"generator_rate", "discriminator_rate"}),
    "learning rates x 4": ({"gan_training"}, set(), {"generator_rate", "discriminator_rate"}),
    "half the batch": ({"gan_training"}, set(), {"batch_size"}),
    "no cross-attention": ({"generator"}, {"attention_stages"}, set()),
    "generator half as wide": ({"generator"}, {"widths"}, set()),
}


def differing(one, other) -> set[str]:
    """Names of the fields in which two settings differ."""
    return {name for name, value in vars(one).items() if value != vars(other)[name]}


@pytest.mark.parametrize("name", CHANGED)
def test_a_variant_changes_what_its_name_says(name):
    changed = ablations.variants()[name]
    parts = (
        differing(changed, STUDY),
        differing(changed.generator, STUDY.generator),
        differing(changed.gan_training, STUDY.gan_training),
    )
    assert parts == CHANGED[name]


def test_no_variant_is_forgotten_and_all_can_be_built():
    assert list(ablations.variants()) == list(CHANGED)
    for preset in ablations.variants().values():
        Generator(preset.generator)  # attention heads must still divide the widths


def test_the_rates_keep_their_ratio_and_the_data_its_shares():
    variants = ablations.variants()
    for name, times in (("learning rates / 4", 0.25), ("learning rates x 4", 4)):
        training = variants[name].gan_training
        assert training.generator_rate == pytest.approx(times * STUDY.gan_training.generator_rate)
        assert training.discriminator_rate == pytest.approx(times * STUDY.gan_training.discriminator_rate)
    pairs = [preset.train_pairs for name, preset in variants.items() if "pictures" in name]
    assert pairs == [STUDY.train_pairs // part for part in (2, 4, 64)]


def test_only_what_parts_is_told():
    numbers = {"whole": [0.5, 0.6], "worse": [0.3, 0.4], "alike": [0.4, 0.55], "better": [0.7, 0.8]}
    runs = [
        Run(name, seed, 0, "", "", {"a": value}, {})
        for name, each in numbers.items()
        for seed, value in enumerate(each)
    ]
    assert ablations.parted(Record("toy", runs), "a") == ["worse below", "better above"]
