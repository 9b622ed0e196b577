"""How should the two networks be told the label? The same short game on tiny scenes, one thing changed at a time."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

import torch

from t2i_lib.experiments.record import Outcome, Record, carry_out
from t2i_lib.toys.conditional_game import Rules, play
from t2i_lib.toys.conditional_toy import ToyDiscriminator, ToyGenerator
from t2i_lib.toys.tiny_judge import train_judge
from t2i_lib.toys.tiny_scenes import draw_scenes

RULES = Rules()
PICTURES = 100  # of every label


@dataclass(frozen=True)
class Variant:
    """Who is told the label in which way, and what else differs."""

    generator: str = "affine"
    discriminator: str = "projection"
    pictures: int = 2  # how many the discriminator sees at once
    wrong_weight: float = RULES.wrong_weight


VARIANTS = {  # the first four differ in how D is told the label; the last three are "projection" but for one thing
    "withheld": Variant(discriminator="withheld"),
    "concatenation": Variant(discriminator="concatenation"),
    "affine": Variant(discriminator="affine"),
    "projection": Variant(),
    "G by concatenation": Variant(generator="concatenation"),
    "no wrong labels": Variant(wrong_weight=0.0),
    "one picture at a time": Variant(pictures=1),
}


def run(seeds: Iterable[int]) -> Record:
    """Play every variant once for each seed."""
    games = {name: partial(play_variant, variant) for name, variant in VARIANTS.items()}
    return carry_out("conditioning", games, list(seeds))


def play_variant(variant: Variant, seed: int, rules: Rules = RULES, pictures: int = PICTURES) -> Outcome:
    """One game; all variants of a seed have the same pictures and the same judge.

    Args:
        pictures: rendered ones of every label.
    """
    scenes = draw_scenes(pictures, seed)
    judge = train_judge(scenes, seed=seed)
    torch.manual_seed(seed)
    networks = ToyGenerator(variant.generator), ToyDiscriminator(variant.discriminator, variant.pictures)
    diary = play(*networks, scenes, judge, replace(rules, wrong_weight=variant.wrong_weight), seed)
    curves = {name: [round(value, 4) for value in diary.curve(name)] for name in ("accuracy", "gap", "variety")}
    figures = {name: curve[-1] for name, curve in curves.items()}
    figures["judge's own accuracy"] = round(judge.accuracy(draw_scenes(20, seed + 1000)), 4)
    return Outcome(figures, curves)
