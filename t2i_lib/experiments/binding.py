"""What binds a colour to its thing? The game of suns and seas, with one thing changed at a time."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from t2i_lib.experiments.record import Outcome, Record, carry_out
from t2i_lib.locations import checkpoint_folder
from t2i_lib.text_encoder import TextEncoder
from t2i_lib.toys.sentence_game import Rules, Sentences, play


def variants(rules: Rules) -> dict[str, Rules]:
    """The whole game, a generator that hears less, and a discriminator that is shown fewer kinds of wrong."""
    return {
        "places read words": rules,
        "one vector a sentence": replace(rules, hears="sentence"),
        "a bag of words": replace(rules, hears="words"),
        "a bag on both sides": replace(rules, hears="words", critic_hears="words"),
        "others' sentences only": replace(rules, wrong="neighbours"),
        "exchanged sentences only": replace(rules, wrong="swapped"),
        "no wrong sentences": replace(rules, wrong="none"),
    }


def run(seeds: Iterable[int], rules: Rules | None = None) -> Record:
    """Play every variant once for each seed."""
    sentences = Sentences(TextEncoder.from_pretrained(checkpoint_folder("text-bert"), light=True))
    games = {name: partial(_outcome, sentences, each) for name, each in variants(rules or Rules()).items()}
    return carry_out("binding", games, list(seeds))


def _outcome(sentences: Sentences, rules: Rules, seed: int) -> Outcome:
    _, diary = play(sentences, rules, seed)
    curves = {name: [round(share, 4) for share in getattr(diary, name)] for name in ("colours", "binding")}
    return Outcome({name: curve[-1] for name, curve in curves.items()}, {"steps": diary.steps, **curves})
