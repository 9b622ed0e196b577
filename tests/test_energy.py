"""From minutes to grams: units, bands, and what the shipped cards say."""

from pathlib import Path

import pytest

from t2i_lib.energy import GRID, WATTS, Band, Spent, bill, card_minutes, experiments, grams, kettle, shipped, watt_hours


def test_units():
    energy = watt_hours(90, Band(10, 40, 100))
    assert (energy.low, energy.middle, energy.high) == (15, 60, 150)
    assert grams(energy, Band(10, 500, 1000)).middle == 30
    assert kettle(2, 40) == pytest.approx(kettle()) and kettle() == pytest.approx(93.02, abs=0.01)


def test_bands_are_ordered():
    for band in (WATTS, GRID, grams(watt_hours(7))):
        assert band.low < band.middle < band.high


def test_cards_are_read(tmp_path: Path):
    table = "| stage | command |\n|---|---|\n| gan | `t2i train gan --preset x` | 6,500 | 60.5 | cpu | 0 | abc |\n"
    (tmp_path / "README.md").write_text(table)
    assert card_minutes(tmp_path) == [Spent(f"{tmp_path.name}: gan", 60.5)]
    (tmp_path / "README.md").write_text("2000 steps (8.0 minutes, 536 captions/s)")
    assert card_minutes(tmp_path) == [Spent(tmp_path.name, 8.0)]
    (tmp_path / "README.md").write_text("no figures")
    assert card_minutes(tmp_path) == []


def test_every_shipped_checkpoint_is_on_the_bill():
    """Whoever writes another card must leave the minutes readable."""
    names = {spent.name.split(":")[0] for spent in shipped()}
    assert {"lesson", "full", "judge", "perceptual", "text-bert", "text-gpt", "text-t5"} <= names
    assert all(spent.minutes > 0 for spent in shipped())
    assert sum(spent.minutes for spent in experiments()) > 0


def test_the_bill_adds_up():
    lines = bill([Spent("one", 30.0), Spent("two", 60.0)]).splitlines()
    assert len(lines) == 4 and lines[-1].startswith("together") and " 90.0 " in lines[-1]
