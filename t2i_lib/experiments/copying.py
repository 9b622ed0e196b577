"""Does the artist copy its training pictures? Look-alikes from all 48,000 of them against as many fresh ones.

Three askers: prompts that describe fresh scenes, prompts that describe training pictures, and a set of rendered
pictures that nobody drew, which must not be called copies.
"""

from collections.abc import Iterable
from functools import cache, partial
from random import Random

import torch
from torch import Tensor

from t2i_lib.experiments.record import Outcome, Record, carry_out
from t2i_lib.judge import Judge
from t2i_lib.locations import checkpoint_folder
from t2i_lib.nearest import Shelf, duel, training_share
from t2i_lib.pipeline import TextToImage
from t2i_lib.storybook.captions import describe
from t2i_lib.storybook.pairs import ids_to_stated

PAIRS, PICTURES = 24_000, 150  # pairs on each shelf; pictures that are held against them
TRAINING, FRESH, OTHERS = 0, 1, 2  # seeds of the shelves: the training itself, its rivals, and whom to ask about


@cache
def shelf(seed: int, pairs: int = PAIRS) -> Shelf:
    """A shelf, made once."""
    return Shelf(pairs, seed)


def describing(labels: Tensor, seed: int) -> list[str]:
    """A sentence about each picture that states all of its attributes (N, 9) but empty hands."""
    stated = [{k: v for k, v in ids_to_stated(row).items() if (k, v) != ("holding", "none")} for row in labels]
    return [describe(each, Random(f"copying/{seed}/{place}")).prompt for place, each in enumerate(stated)]


def with_gaps(found: Tensor) -> Tensor:
    """What the judge sees (B, 9), with -1 where it sees no subject: the colour of nobody."""
    gaps = found.clone()
    gaps[found[:, 3] == 0, 4:8] = -1
    return gaps


def ask(source: int, drawn: bool, seed: int) -> Outcome:
    """Hold pictures of a shelf's scenes, drawn from sentences or rendered, against training and fresh look-alikes."""
    asked = shelf(source, PAIRS if source == TRAINING else PICTURES)
    places = list(range(seed, len(asked), len(asked) // PICTURES))[:PICTURES]
    labels = asked.labels[places]
    if drawn:
        artist = TextToImage.from_pretrained(checkpoint_folder("lesson"), device="cpu", precision="fp32")
        images = artist.draw(describing(labels, seed), list(range(len(places))))
        labels = with_gaps(Judge.load(checkpoint_folder("judge")).attributes(images))
    else:
        images = asked.images(places)
    to_training, to_fresh = duel(images, labels, shelf(TRAINING), shelf(FRESH))
    won = training_share(to_training, to_fresh)
    figures = {"nearer to training": won.value, "low": won.low, "high": won.high, "asked": float(len(to_training))}
    return Outcome(figures, {"to training": to_training.tolist(), "to fresh": to_fresh.tolist()})


def run(seeds: Iterable[int]) -> Record:
    """All three askers."""
    askers = {
        "rendered, never seen": partial(ask, OTHERS, False),
        "drawn, fresh scenes": partial(ask, OTHERS, True),
        "drawn, training scenes": partial(ask, TRAINING, True),
    }
    torch.set_num_threads(1)
    return carry_out("copying", askers, list(seeds))
