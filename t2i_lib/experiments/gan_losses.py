"""Five losses on the same ring of dots, everything else equal: which of them finds all dots, and how soon?

Each with and without a gradient penalty, since the loss is only half of the story.
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from t2i_lib.adversarial_losses import LOSSES
from t2i_lib.experiments.gan_failures import BASE, changed
from t2i_lib.experiments.record import Outcome, Record, carry_out
from t2i_lib.toys.rings import Dots, RingGame, play, ring

PENALTIES = {"": 0.0, " + penalty": 1.0}


def games(num_steps: int = 1500) -> dict[str, RingGame]:
    """One game a loss and penalty."""
    return {
        loss + mark: changed(BASE, loss=loss, penalty=penalty, num_steps=num_steps)
        for mark, penalty in PENALTIES.items()
        for loss in LOSSES
    }


def outcome(dots: Dots, game: RingGame, seed: int) -> Outcome:
    """Dots found and good samples at the end, and the steps until all dots were found; all steps if they never were."""
    seen = play(dots, game, seed)
    found = [snapshot.gauges["dots found"] for snapshot in seen]
    whole = [snapshot.step for snapshot in seen if snapshot.gauges["coverage"] == 1.0]
    late = seen[-len(seen) // 4 :]
    return Outcome(
        {
            "dots found": round(sum(snapshot.gauges["dots found"] for snapshot in late) / len(late), 2),
            "good samples": round(sum(snapshot.gauges["good samples"] for snapshot in late) / len(late), 3),
            "steps to all": float(whole[0] if whole else game.rules.num_steps),
        },
        {"dots found": found},
    )


def run(seeds: Iterable[int], num_steps: int = 1500, path: Path | None = None) -> Record:
    """Play every game once for each seed; about 3 seconds a game on one thread."""
    trainings = {name: partial(outcome, ring(), game) for name, game in games(num_steps).items()}
    return carry_out("gan_losses", trainings, list(seeds), path)
