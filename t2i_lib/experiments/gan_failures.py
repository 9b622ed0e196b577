"""A gallery of ways in which a game between generator and discriminator dies, each from a real run, each cured.

A case and its cure differ in what `CASES` says and in nothing else. The record holds both games' curves and the last
points of each, so that the verdict on them can be made anew by `vital_signs.diagnose`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from t2i_lib.experiments.record import Outcome, Record, carry_out
from t2i_lib.toys.duel import Rules
from t2i_lib.toys.rings import Dots, RingGame, play, ring
from t2i_lib.vital_signs import VitalSigns

SHOWN = 80  # points kept of each game
NO_NUMBER = 1e30  # stands in a record for nan and inf, which JSON lacks
# The healthy game: a quick generator, a slower discriminator with gentle slopes, rates that fall.
BASE = RingGame(Rules(penalty=1.0, generator_rate=3e-3, discriminator_rate=2e-4, final_rate=0.1))


def changed(game: RingGame, **changes: float | str | bool | None) -> RingGame:
    """A game with some of its own settings or some of its rules changed."""
    own = {name: value for name, value in changes.items() if name in RingGame.__dataclass_fields__}
    rules = {name: value for name, value in changes.items() if name not in own}
    return replace(game, **own, rules=replace(game.rules, **rules))


@dataclass(frozen=True)
class Case:
    """One way to die."""

    name: str
    what: str  # is wrong with it
    died: RingGame
    cured: RingGame
    cure: str  # what differs


_STRONG = changed(
    BASE, loss="minimax", penalty=0.0, generator_rate=1e-3, discriminator_rate=3e-3, discriminator_turns=3
)
_FEW = changed(BASE, penalty=0.01, discriminator_rate=3e-3, real_count=24)
_BOUNDED = changed(BASE, penalty=0.1, discriminator_rate=1e-3, bounded=True)

CASES = (
    Case(
        "mode collapse",
        "No penalty: all fakes run up the discriminator's steepest slope together.",
        changed(BASE, penalty=0.0),
        BASE,
        "penalty: 0 to 1",
    ),
    Case(
        "saturation",
        "Minimax loss against a discriminator that learns faster: where it is sure, the loss is flat.",
        _STRONG,
        changed(_STRONG, loss="non-saturating", penalty=1.0),
        "loss: non-saturating; penalty: 0 to 1",
    ),
    Case(
        "penalty too large",
        "A penalty so heavy that the discriminator dares to say nothing.",
        changed(BASE, penalty=1e4),
        BASE,
        "penalty: 10,000 to 1",
    ),
    Case(
        "momentum",
        "Adam's usual first beta of 0.9: both go on in the direction in which the other stood a while ago.",
        changed(BASE, momentum=0.9),
        BASE,
        "momentum: 0.9 to 0",
    ),
    Case(
        "rates too high",
        "Learning rates a hundred times too high.",
        changed(BASE, generator_rate=0.3, discriminator_rate=0.02),
        BASE,
        "both rates: divided by 100",
    ),
    Case(
        "weak discriminator",
        "A discriminator of two hidden numbers a layer: it can't tell a ring from a blob.",
        changed(BASE, discriminator_width=2),
        BASE,
        "discriminator's width: 2 to 64",
    ),
    Case(
        "small generator",
        "A generator of two hidden numbers a layer: it can't bend noise into eight dots.",
        changed(BASE, generator_width=2),
        BASE,
        "generator's width: 2 to 64",
    ),
    Case(
        "slow generator",
        "A generator whose rate is three hundred times lower than it should be.",
        changed(BASE, generator_rate=1e-5),
        BASE,
        "generator's rate: 0.00001 to 0.003",
    ),
    Case(
        "range mismatch",
        "The generator ends in tanh and can't leave [-1, 1]; the real points were not scaled to that.",
        _BOUNDED,
        changed(_BOUNDED, data_scale=0.4),
        "real points: times 0.4",
    ),
    Case(
        "learned by heart",
        "24 real points, seen again and again by a quick discriminator: it comes to know each by sight.",
        _FEW,
        changed(_FEW, real_count=2400),
        "real points: 24 to 2,400",
    ),
    Case(
        "thick veil",
        "Noise of size 2 on all that the discriminator sees: the dots drown in it.",
        changed(BASE, veil=2.0),
        BASE,
        "veil: 2 to 0",
    ),
    Case(
        "tiny batch",
        "Two things a batch: every step answers to two random points.",
        changed(BASE, batch_size=2),
        BASE,
        "batch: 2 to 128",
    ),
)


def outcome(dots: Dots, game: RingGame, seed: int) -> Outcome:
    """Figures at the end, the curves of all vital signs, and the last points as the curves "x" and "y"."""
    seen = play(dots, game, seed, snapshots=20)
    curves = {"step": [snapshot.step for snapshot in seen]}
    for name in (*seen[0].values, *seen[0].gauges):
        curves[name] = [_short({**snapshot.values, **snapshot.gauges}[name]) for snapshot in seen]
    points = np.nan_to_num(seen[-1].samples[:SHOWN].numpy() / game.data_scale, nan=99.0, posinf=99.0, neginf=-99.0)
    curves["x"], curves["y"] = ([round(float(value), 2) for value in axis] for axis in points.clip(-99, 99).T)
    return Outcome({name: curves[name][-1] for name in seen[0].gauges}, curves)


def signs_of(curves: dict[str, list[float]]) -> VitalSigns:
    """The vital signs of a recorded game; a number that was none comes back as infinite."""
    kept = {
        name: [value if abs(value) < NO_NUMBER else float("inf") for value in values]
        for name, values in curves.items()
        if name not in ("step", "x", "y", "dots found")
    }
    return VitalSigns.from_curves(kept, curves["step"])


def run(seeds: Iterable[int], cases: Iterable[Case] = CASES, path: Path | None = None) -> Record:
    """Play every case and its cure for each seed, a game that several share only once; about 3 seconds each."""
    played: dict[tuple[RingGame, int], Outcome] = {}

    def once(game: RingGame, seed: int) -> Outcome:
        if (game, seed) not in played:
            played[game, seed] = outcome(ring(), game, seed)
        return played[game, seed]

    trainings = {
        f"{case.name}: {end}": partial(once, game)
        for case in cases
        for end, game in (("died", case.died), ("cured", case.cured))
    }
    return carry_out("gan_failures", trainings, list(seeds), path)


def _short(value: float) -> float:
    """Three significant digits; a curve needs no more."""
    return float(f"{value:.3g}") if abs(value) < NO_NUMBER else NO_NUMBER  # a comparison with nan is False
