"""What came out of an experiment, kept as one JSON file: every run with its figures and its curves.

In: variants (functions from a seed to an outcome). Out: a record that grows run by run, so that a stopped experiment
goes on where it was, and a table of means.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from t2i_lib.checkpoints import load_json, save_json
from t2i_lib.locations import data_folder
from t2i_lib.runtime import describe_machine, source_commit


@dataclass(frozen=True)
class Outcome:
    """What one run gave: numbers by name, and curves by name (one list of numbers each, as long as was logged).

    A run that knows better than the clock how long it took, since it was stopped and went on, says its minutes.
    """

    figures: Mapping[str, float]
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    minutes: float | None = None


@dataclass(frozen=True)
class Run:
    """One training of one variant."""

    variant: str
    seed: int
    minutes: float
    machine: str
    commit: str
    figures: Mapping[str, float]
    curves: Mapping[str, Sequence[float]]


@dataclass
class Record:
    """All runs of an experiment, in the order in which they were made."""

    name: str
    runs: list[Run] = field(default_factory=list)

    @property
    def variants(self) -> list[str]:
        """The variants, in the order of their first run."""
        return list(dict.fromkeys(run.variant for run in self.runs))

    def of(self, variant: str) -> list[Run]:
        """The runs of a variant, one a seed.

        Raises:
            ValueError: if there is none.
        """
        found = [run for run in self.runs if run.variant == variant]
        if not found:
            raise ValueError(f"experiment {self.name!r} has no variant {variant!r}; it has {', '.join(self.variants)}")
        return found

    def figures(self, variant: str, figure: str) -> list[float]:
        """A figure of a variant, one number a seed."""
        return [run.figures[figure] for run in self.of(variant)]

    def curves(self, variant: str, curve: str) -> list[Sequence[float]]:
        """A curve of a variant, one list a seed."""
        return [run.curves[curve] for run in self.of(variant)]

    def table(self, figures: Iterable[str], digits: int = 2) -> str:
        """One row a variant: the mean over its seeds, and the lowest and the highest, for each of the figures."""
        columns = list(figures)
        width = max(map(len, self.variants), default=0)
        lines = [f"{'':<{width}}" + "".join(f"  {name:>18}" for name in columns)]
        for variant in self.variants:
            cells = [spread(self.figures(variant, name), digits) for name in columns]
            lines.append(f"{variant:<{width}}" + "".join(f"  {cell:>18}" for cell in cells))
        return "\n".join(lines)


def spread(numbers: Sequence[float], digits: int = 2) -> str:
    """Mean, and from the lowest to the highest.

    >>> spread([0.5, 0.7])
    '0.60 [0.50, 0.70]'
    """
    mean = sum(numbers) / len(numbers)
    return f"{mean:.{digits}f} [{min(numbers):.{digits}f}, {max(numbers):.{digits}f}]"


def record_file(name: str) -> Path:
    """Where the record of an experiment lies in the repository."""
    return data_folder() / "experiments" / f"{name}.json"


def load_record(name: str) -> Record:
    """Read a record that came with the repository.

    Raises:
        ValueError: if it is missing or broken.
    """
    return read_record(record_file(name))


def read_record(path: Path) -> Record:
    """Read a record; errors as in `load_record`."""
    stored = load_json(path, f"`t2i experiment {path.stem}` makes one")
    try:
        return Record(stored["name"], [Run(**run) for run in stored["runs"]])
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is not the record of an experiment: {error}; `git checkout` brings it back"
        ) from error


def carry_out(
    name: str, variants: Mapping[str, Callable[[int], Outcome]], seeds: Sequence[int], path: Path | None = None
) -> Record:
    """Make every run that the record lacks, and save the record after each.

    Args:
        variants: name -> a training, from a seed to what came out.
        path: the record; the repository's own without it.
    """
    path = path or record_file(name)
    record = read_record(path) if path.is_file() else Record(name)
    done = {(run.variant, run.seed) for run in record.runs}
    machine = describe_machine(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    for seed in seeds:  # seed by seed: whoever stops early can compare all variants
        for variant, train in variants.items():
            if (variant, seed) in done:
                continue
            print(f"{name}: {variant}, seed {seed}", flush=True)
            start = time.perf_counter()
            outcome = train(seed)
            minutes = outcome.minutes or (time.perf_counter() - start) / 60
            device = f"{machine['device']}, {machine['threads']} thread(s)"
            origin = round(minutes, 2), device, source_commit()
            run = Run(variant, seed, *origin, dict(outcome.figures), dict(outcome.curves))
            record.runs.append(run)
            save_json(path, asdict(record))
    return record
