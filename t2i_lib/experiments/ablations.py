"""What do more data, other settings, attention and size buy (the article's sections 9.2 and 9.3)? One change at a time.

The short game with all of its pictures, with fewer of them, at other learning rates, in smaller batches, without
cross-attention, and with a generator half as wide. What time buys is read from the curves. The article's last
question, adversarial or plain reconstruction, has an experiment of its own: `autoencoder_losses`.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from t2i_lib.experiments.record import Record, carry_out
from t2i_lib.experiments.short_game import play
from t2i_lib.presets import LESSON, Preset

NAME = "ablations"
STEPS = 1000


def variants(preset: Preset = LESSON) -> dict[str, Preset]:
    """The recipe, and the recipe with one thing changed; the name says which."""
    generator = preset.generator
    narrow = tuple(width // 2 for width in generator.widths)
    return {
        "whole recipe": preset,
        "half the pictures": replace(preset, train_pairs=preset.train_pairs // 2),
        "a quarter of the pictures": replace(preset, train_pairs=preset.train_pairs // 4),
        "a 64th of the pictures": replace(preset, train_pairs=preset.train_pairs // 64),
        "learning rates / 4": _at_rate(preset, 1 / 4),
        "learning rates x 4": _at_rate(preset, 4),
        "half the batch": _trained(preset, batch_size=preset.gan_training.batch_size // 2),
        "no cross-attention": replace(preset, generator=replace(generator, attention_stages=())),
        "generator half as wide": replace(preset, generator=replace(generator, widths=narrow)),
    }


def run(seeds: Iterable[int], steps: int = STEPS, preset: Preset = LESSON) -> Record:
    """Play every variant once for each seed."""
    games = {
        name: partial(play, changed, f"{NAME}-{place}", steps=steps)
        for place, (name, changed) in enumerate(variants(preset).items())
    }
    return carry_out(NAME, games, list(seeds))


def _at_rate(preset: Preset, times: float) -> Preset:
    """Both players at another learning rate; their ratio stays."""
    training = preset.gan_training
    rates = times * training.generator_rate, times * training.discriminator_rate
    return _trained(preset, generator_rate=rates[0], discriminator_rate=rates[1])


def _trained(preset: Preset, **changes: float) -> Preset:
    return replace(preset, gan_training=replace(preset.gan_training, **changes))
