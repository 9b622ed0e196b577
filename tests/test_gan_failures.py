"""The failure gallery: every case differs from its cure, plays, and lies in the committed record with both ends."""

from dataclasses import asdict, replace

import pytest

from t2i_lib.experiments.gan_failures import CASES, NO_NUMBER, SHOWN, changed, outcome, run, signs_of
from t2i_lib.experiments.record import load_record
from t2i_lib.toys.rings import RingGame, ring
from t2i_lib.vital_signs import diagnose


def short(game: RingGame) -> RingGame:
    return changed(game, num_steps=2, batch_size=4)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_and_its_cure_differ_in_what_is_said(case):
    died, cured = ({**asdict(game), **asdict(game.rules)} for game in (case.died, case.cured))
    different = {name for name in died if died[name] != cured[name]} - {"rules"}
    assert 1 <= len(different) <= 2 and ":" in case.cure and case.what.endswith(".")


def test_there_are_many_ways_to_die():
    assert len(CASES) >= 8 and len({case.name for case in CASES}) == len(CASES)


def test_an_outcome_holds_curves_points_and_figures():
    made = outcome(ring(), short(CASES[0].died), seed=0)
    assert len(made.curves["x"]) == len(made.curves["y"]) == SHOWN
    assert len(made.curves["gap"]) == len(made.curves["step"])
    assert made.figures["coverage"] == made.curves["coverage"][-1]


def test_no_number_survives_the_record():
    """JSON has no nan; the verdict still must say that a game blew up."""
    broken = changed(CASES[0].died, loss="wasserstein", generator_rate=1e30, discriminator_rate=1e30, num_steps=4)
    made = outcome(ring(), broken, seed=0)
    assert all(abs(value) <= NO_NUMBER for curve in made.curves.values() for value in curve)
    assert diagnose(signs_of(made.curves)).name == "blown up"


def test_a_run_makes_both_ends_of_each_case(tmp_path):
    case = replace(CASES[0], died=short(CASES[0].died), cured=short(CASES[0].cured))
    record = run([0], [case], tmp_path / "record.json")
    assert record.variants == ["mode collapse: died", "mode collapse: cured"]


def test_the_committed_record_holds_every_case():
    record = load_record("gan_failures")
    assert set(record.variants) == {f"{case.name}: {end}" for case in CASES for end in ("died", "cured")}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_cure_helps_in_the_committed_record(case):
    """More of the dots, or more good samples; and what died is called ill."""
    record = load_record("gan_failures")
    died, cured = (record.of(f"{case.name}: {end}")[0] for end in ("died", "cured"))
    assert not diagnose(signs_of(died.curves)).healthy
    worth = [sum(run.curves[name][-1] for name in ("coverage", "good samples")) for run in (died, cured)]
    assert worth[1] > worth[0] + 0.2
