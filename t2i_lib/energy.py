"""What trainings cost in energy: from measured minutes to watt-hours and grams of CO2, with the band that is honest.

Minutes are read from the model cards and the training logs of the shipped weights. Watts nobody measured: no meter
hung on that machine. So each figure comes as low, middle, high, and the assumptions stand here where they can be
argued with.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from t2i_lib.checkpoints import load_json
from t2i_lib.locations import data_folder


@dataclass(frozen=True)
class Band:
    """Low, middle and high."""

    low: float
    middle: float
    high: float

    def times(self, other: "Band | float") -> "Band":
        """Both multiplied, low with low and high with high."""
        other = other if isinstance(other, Band) else Band(other, other, other)
        return Band(self.low * other.low, self.middle * other.middle, self.high * other.high)

    def __str__(self) -> str:
        return f"{_short(self.middle)} ({_short(self.low)} to {_short(self.high)})"


# Two busy cores of a server with their share of memory and cooling. Middle: 2 cores of 12 W and 16 GB of memory at
# 0.3725 W each, times 1.3 for cooling and supply; low: a laptop's 10 W; high: a whole small desktop computer.
# Form and memory's figure: Lannelongue, Grealey, Inouye 2021, https://doi.org/10.1002/advs.202100707
WATTS = Band(10.0, (2 * 12 + 16 * 0.3725) * 1.3, 100.0)
# Grams of CO2 equivalent a kWh: wind on land and coal over their whole life (IPCC AR5 WG III, annex III, table A.III.2:
# medians 11 and 820); between them the world's mean of 2023, rounded (Ember, Global Electricity Review 2024: 480).
GRID = Band(11.0, 480.0, 820.0)
JOULES_A_WATT_HOUR = 3600.0


def watt_hours(minutes: float, watts: Band = WATTS) -> Band:
    """Energy of a run.

    >>> watt_hours(30, Band(10, 20, 40))
    Band(low=5.0, middle=10.0, high=20.0)
    """
    return watts.times(minutes / 60)


def grams(energy: Band, grid: Band = GRID) -> Band:
    """CO2 equivalent of an energy in watt-hours.

    >>> grams(Band(1000, 1000, 1000), Band(10, 500, 800)).middle
    500.0
    """
    return energy.times(grid).times(1 / 1000)


def kettle(litres: float = 1.0, degrees: float = 80.0) -> float:
    """Watt-hours that heat water by so many degrees, without losses: 4186 joules a kilogram and degree.

    >>> round(kettle())
    93
    """
    return litres * degrees * 4186 / JOULES_A_WATT_HOUR


@dataclass(frozen=True)
class Spent:
    """One training that somebody measured."""

    name: str
    minutes: float


def card_minutes(folder: Path) -> list[Spent]:
    """The trainings that a model card tells of: rows with minutes of its table, or "(8.0 minutes" in its text."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| `t2i train [^|]*\| *[\d,]+ *\| *([\d.]+) *\|", text, re.M)
    if rows:
        return [Spent(f"{folder.name}: {stage}", float(minutes)) for stage, minutes in rows]
    return [Spent(folder.name, float(found)) for found in re.findall(r"\(([\d.]+) minutes", text)[:1]]


def shipped() -> list[Spent]:
    """Every training whose result is shipped, in the order of the folders."""
    folders = sorted(path.parent for path in (data_folder() / "checkpoints").glob("*/README.md"))
    return [spent for folder in folders for spent in card_minutes(folder)]


def experiments() -> list[Spent]:
    """What the kept experiments took, one entry a record."""
    spent = []
    for path in sorted((data_folder() / "experiments").glob("*.json")):
        runs = load_json(path, f"`t2i experiment {path.stem}` makes it").get("runs", [])
        spent.append(Spent(path.stem, sum(run.get("minutes", 0.0) for run in runs)))
    return spent


def bill(spent: Iterable[Spent]) -> str:
    """A table: minutes, watt-hours, grams; and their sum."""
    rows = list(spent)
    lines = [f"{'':<24}{'minutes':>8}  {'watt-hours':<24}grams of CO2"]
    for row in [*rows, Spent("together", sum(row.minutes for row in rows))]:
        energy = watt_hours(row.minutes)
        lines.append(f"{row.name:<24}{row.minutes:>8.1f}  {energy!s:<24}{grams(energy)}")
    return "\n".join(lines)


def _short(number: float) -> str:
    """Two digits that count, written out.

    >>> _short(1234.5), _short(0.0123)
    ('1,200', '0.012')
    """
    rounded = float(f"{number:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"
