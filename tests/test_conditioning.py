"""The experiment about telling networks a label runs, and its record is what lesson 07 shows."""

import pytest

from t2i_lib.experiments.conditioning import VARIANTS, play_variant
from t2i_lib.experiments.record import load_record
from t2i_lib.toys.conditional_game import CHECKED, Rules

CURVES = {"accuracy", "gap", "variety"}


@pytest.mark.parametrize("name", ["concatenation", "one picture at a time"])
def test_a_variant_plays_and_says_how_it_went(name):
    outcome = play_variant(VARIANTS[name], seed=1, rules=Rules(steps=1, batch_size=2, note_every=1), pictures=CHECKED)
    assert set(outcome.curves) == CURVES and {len(curve) for curve in outcome.curves.values()} == {2}
    assert all(outcome.figures[curve] == outcome.curves[curve][-1] for curve in CURVES)
    assert outcome.figures["judge's own accuracy"] > 0.9


def test_the_record_holds_every_variant_with_at_least_two_seeds():
    record = load_record("conditioning")
    assert record.variants == list(VARIANTS)
    assert all(len(record.of(variant)) >= 2 for variant in VARIANTS)
