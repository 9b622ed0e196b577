"""Small trainings that differ in one thing each: what every part of the recipe is worth. One file an experiment.

`t2i experiment NAME` carries one out; what came out lies in data/experiments and is what lessons show as tables.
"""

from collections.abc import Callable
from importlib import import_module, util
from pathlib import Path
from pkgutil import iter_modules

from t2i_lib.experiments.record import Record

_SHARED = ("picture_rows", "record", "short_game")  # modules of this package that are no experiments


def names() -> list[str]:
    """The experiments that there are."""
    return sorted(each.name for each in iter_modules([str(Path(__file__).parent)]) if each.name not in _SHARED)


def find_experiment(name: str) -> Callable[..., Record]:
    """The function that carries out an experiment: (seeds) -> record.

    Raises:
        ValueError: if there is none of that name.
    """
    if name in _SHARED or util.find_spec(f"{__name__}.{name}") is None:
        raise ValueError(f"there is no experiment {name!r}; there are {', '.join(names())}")
    return import_module(f"{__name__}.{name}").run
