"""Which language model should read the prompts? The same short game with each of the three families (article, 9.1)."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from t2i_lib.experiments.record import Record, carry_out
from t2i_lib.experiments.short_game import STUDY, play


def run(seeds: Iterable[int]) -> Record:
    """Play it once for each family and seed."""
    families = {
        family: partial(play, replace(STUDY, text_encoder=f"text-{family}")) for family in ("bert", "gpt", "t5")
    }
    return carry_out("encoders", families, list(seeds))
