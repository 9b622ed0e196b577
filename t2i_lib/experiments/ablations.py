"""What do more data, other settings, attention, width buy (the article's sections 9.2, 9.3)? One change at a time.

What time buys is read from the curves. One question has an experiment of its own, `autoencoder_losses`: adversarial or
plain reconstruction.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from t2i_lib.experiments.record import Record, carry_out
from t2i_lib.experiments.short_game import STUDY, play
from t2i_lib.presets import Preset

NAME = "ablations"


def variants() -> dict[str, Preset]:
    """The recipe, and the recipe with one thing changed; the name says which."""
    pairs, batch = STUDY.train_pairs, STUDY.gan_training.batch_size
    narrow = tuple(width // 2 for width in STUDY.generator.widths)
    return {
        "whole recipe": STUDY,
        "half the pictures": replace(STUDY, train_pairs=pairs // 2),
        "a quarter of the pictures": replace(STUDY, train_pairs=pairs // 4),
        "a 64th of the pictures": replace(STUDY, train_pairs=pairs // 64),
        "learning rates / 4": _at_rate(1 / 4),
        "learning rates x 4": _at_rate(4),
        "half the batch": replace(STUDY, gan_training=replace(STUDY.gan_training, batch_size=batch // 2)),
        "no cross-attention": replace(STUDY, generator=replace(STUDY.generator, attention_stages=())),
        "generator half as wide": replace(STUDY, generator=replace(STUDY.generator, widths=narrow)),
    }


def run(seeds: Iterable[int]) -> Record:
    """Play every variant once for each seed."""
    games = {name: partial(play, preset) for name, preset in variants().items()}
    return carry_out(NAME, games, list(seeds))


def parted(record: Record, figure: str) -> list[str]:
    """The variants whose seeds all lie below, or all above, those of the first one: "no such part below".

    Numbers that overlap may differ by the luck of the seeds alone, so they are left out.
    """
    whole, said = record.figures(record.variants[0], figure), []
    for name in record.variants[1:]:
        numbers = record.figures(name, figure)
        if max(numbers) < min(whole):
            said.append(f"{name} below")
        elif min(numbers) > max(whole):
            said.append(f"{name} above")
    return said


def _at_rate(times: float) -> Preset:
    """Both players at another learning rate; their ratio stays."""
    training = STUDY.gan_training
    rates = {name: times * getattr(training, name) for name in ("generator_rate", "discriminator_rate")}
    return replace(STUDY, gan_training=replace(training, **rates))
