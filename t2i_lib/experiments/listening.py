"""What makes a generator listen to the prompt? The recipe of the `lesson` preset, with one part changed at a time."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from t2i_lib.experiments.record import Record, carry_out
from t2i_lib.experiments.short_game import STUDY, play
from t2i_lib.presets import Preset


def variants() -> dict[str, Preset]:
    """The recipe, and the recipe without each of its parts."""
    return {
        "whole recipe": STUDY,
        "affine fusion only": replace(STUDY, generator=replace(STUDY.generator, attention_stages=())),
        "cross-attention only": replace(STUDY, generator=replace(STUDY.generator, style_hears_prompt=False)),
        "neighbours' captions only": _trained(wrong_captions="neighbours"),
        "counterfactual captions only": _trained(wrong_captions="counterfactual"),
        "no wrong captions": _trained(wrong_caption_weight=0.0),
        "no advice": _trained(advice_weight=0.0),
    }


def run(seeds: Iterable[int]) -> Record:
    """Play every variant once for each seed."""
    games = {name: partial(play, preset) for name, preset in variants().items()}
    return carry_out("listening", games, list(seeds))


def _trained(**changes: str | float) -> Preset:
    return replace(STUDY, gan_training=replace(STUDY.gan_training, **changes))
