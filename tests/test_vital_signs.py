"""Verdicts: each way to be ill is recognised, health is, and the real training's log can be read."""

import pytest

from t2i_lib.vital_signs import RULES, Curve, VitalSigns, diagnose

STEPS = list(range(0, 800, 100))
FINE = {
    "gap": [0.5] * 8,
    "real logit": [0.3] * 8,
    "fake logit": [-0.2] * 8,
    "penalty": [2.0] * 8,
    "variety": [0.9] * 8,
    "coverage": [0.9] * 8,
    "good samples": [0.8] * 8,
}
ILL = {
    "blown up": {"gap": [0.5] * 7 + [float("nan")]},
    "the discriminator has won": {"gap": [1, 3, 6, 8, 9, 9, 9, 9], "good samples": [0.0] * 8},
    "learned by heart": {"held-out logit": [0.3, 0.2, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0]},
    "mode collapse": {"variety": [0.2] * 8},
    "deaf to the prompt": {"text-use gap": [0.0, 0.01] * 4},
    "going in circles": {"coverage": [0.9, 0.6] * 4},
    "flat discriminator": {"penalty": [1e-6] * 8, "good samples": [0.1] * 8},
    "the discriminator is fooled": {"gap": [0.01] * 8, "good samples": [0.1] * 8},
    "past its best": {"good samples": [0.2, 0.9, 0.9, 0.9, 0.9, 0.7, 0.6, 0.6]},
    "learning": {"good samples": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]},
    "stalled": {"good samples": [0.4] * 8},
}


@pytest.mark.parametrize("name", ILL)
def test_every_condition_has_its_verdict(name):
    verdict = diagnose(VitalSigns.from_curves({**FINE, **ILL[name]}, STEPS))
    assert verdict.name == name
    assert verdict.healthy == (name == "learning")
    assert verdict.reason.endswith(".") and verdict.next_step.endswith(".")


def test_health_is_said_with_its_figures():
    verdict = diagnose(VitalSigns.from_curves(FINE, STEPS))
    assert verdict.healthy and "variety 0.90" in verdict.reason and str(verdict).startswith("healthy: ")


def test_every_rule_is_tried_above():
    assert len(ILL) + 1 == len(RULES)  # and "too early to tell" below


def test_too_few_readings_give_no_alarm():
    verdict = diagnose(
        VitalSigns.from_curves({name: values[:3] for name, values in ILL["mode collapse"].items()}, STEPS[:3])
    )
    assert verdict.name == "too early to tell" and verdict.healthy


def test_a_narrowing_gap_is_no_defeat():
    falling = {**FINE, "gap": [40, 40, 30, 25, 20, 15, 10, 7], "good samples": [0.0] * 8, "variety": [0.6] * 8}
    assert diagnose(VitalSigns.from_curves(falling, STEPS)).name != "the discriminator has won"


def test_a_large_gap_with_good_samples_is_no_defeat():
    assert diagnose(VitalSigns.from_curves({**FINE, "gap": [9.0] * 8}, STEPS)).healthy


def test_coverage_counts_only_where_something_is_good():
    """A blob in the middle covers nothing, but it is no collapse."""
    blob = {**FINE, "coverage": [0.0] * 8, "good samples": [0.0] * 8}
    assert diagnose(VitalSigns.from_curves(blob, STEPS)).name == "stalled"
    few = {**FINE, "coverage": [0.25] * 8}
    assert diagnose(VitalSigns.from_curves(few, STEPS)).name == "mode collapse"


def test_the_real_trainings_log_is_read():
    """Entries as runs/gan-lesson/log.jsonl has them: values often, gauges seldom."""
    log = [{"step": 0, "gauges": {"prompt accuracy": 0.3, "text-use gap": 0.0, "variety": 1.4, "exact match": 0.0}}]
    for step in range(50, 1001, 50):
        log.append({"step": step, "seconds": 1.0, "values": {"gap": 1.2, "penalty": 3700.0, "realism": 0.43}})
        if step % 250 == 0:
            grown = step / 1000
            gauges = {"prompt accuracy": 0.3 + 0.4 * grown, "text-use gap": 0.4 * grown, "variety": 0.8}
            log.append({"step": step, "gauges": gauges})
    signs = VitalSigns.from_log(log)
    assert signs.quality == signs.curves["prompt accuracy"]
    assert signs.get("gap").steps[0] == 50 and signs.get("good samples") is None
    assert diagnose(signs).name == "learning"


def test_quarters_of_a_curve():
    curve = Curve(tuple(range(8)), (0.0, 0.0, 1.0, 1.0, 2.0, 4.0, 5.0, 7.0))
    assert [curve.quarter(number) for number in (1, 2, 3, 4)] == [0.0, 1.0, 3.0, 6.0]
    assert curve.trend == 3.0 and curve.unrest == pytest.approx(5 / 3)


def test_a_short_curve_has_quarters_too():
    assert Curve((0,), (3.0,)).late == 3.0 and Curve((0,), (3.0,)).unrest == 0.0


def test_curves_of_another_length_are_left_out():
    assert set(VitalSigns.from_curves({"gap": [1.0], "variety": [1.0, 1.0]}, [0, 5]).curves) == {"variety"}
