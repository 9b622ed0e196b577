"""The experiment about losses: one game a loss and penalty, and a committed record with several seeds."""

from t2i_lib.adversarial_losses import LOSSES
from t2i_lib.experiments.gan_losses import PENALTIES, games, outcome, run
from t2i_lib.experiments.record import load_record
from t2i_lib.toys.rings import ring


def test_games_differ_in_loss_and_penalty_only():
    made = games(num_steps=3)
    assert len(made) == len(LOSSES) * len(PENALTIES)
    assert made["hinge"].rules.loss == "hinge" and made["hinge"].rules.penalty == 0.0
    assert made["hinge + penalty"].rules.penalty > 0


def test_a_game_that_never_finds_all_counts_all_its_steps():
    made = outcome(ring(), games(num_steps=3)["relativistic"], seed=0)
    assert made.figures["steps to all"] == 3.0 and set(made.curves) == {"dots found"}


def test_a_run_keeps_every_game(tmp_path):
    record = run([0], num_steps=1, path=tmp_path / "record.json")
    assert record.variants == list(games())


def test_the_committed_record_compares_all_losses():
    record = load_record("gan_losses")
    assert record.variants == list(games())
    assert all(len(record.of(variant)) == len(record.runs) / len(games()) for variant in record.variants)
