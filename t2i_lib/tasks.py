"""What the training loop is told, and what it answers: a task, a plan, a report.

In: networks with their batches and their training step (`Task`), settings (`Plan`). Out: `TrainingReport`, or an
exception that says what to do. The loop itself is in training.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from PIL import Image
from torch import Tensor, nn
from torch.optim import Optimizer

from t2i_lib.updates import Updater


class Task(Protocol):
    """What is trained, and how. The loop moves the modules to the device."""

    name: str
    config: Mapping[str, Any]  # JSON values; a training goes on only with the same ones
    batch_size: int  # per process, for the speed that is shown
    modules: dict[str, nn.Module]
    optimizers: dict[str, Optimizer]
    averaged: tuple[str, ...]  # names of modules of which the loop keeps an averaged copy

    def batch_at(self, index: int) -> Any:
        """The batch number `index`, a function of it and the task's seed only; called in other threads.

        It must not draw from the global random numbers. Tensors in dicts, lists, tuples and dataclasses are moved to
        the device.
        """

    def train_step(self, batch: Any, step: int, update: Updater) -> dict[str, float | Tensor]:
        """Compute losses, apply them with `update`, and return what shall be logged (means over `log_every` steps)."""

    def gauges(self, modules: dict[str, nn.Module], step: int) -> dict[str, float]:
        """Measure how good it is. `modules`: all modules in evaluation mode, the averaged ones by their average."""

    def sample_grid(self, modules: dict[str, nn.Module], step: int) -> Image.Image | None:
        """A picture to look at, or None."""


@dataclass(frozen=True)
class Plan:
    """How a task is trained. Only the first group of settings decides what comes out."""

    num_steps: int
    seed: int = 0
    schedule: str = "cosine"  # or "constant": the learning rate after the warm-up
    warmup_steps: int = 100
    floor: float = 0.02  # where the cosine ends, as a share of the learning rate
    ema_decay: float = 0.999

    device: str = "auto"
    precision: str = "auto"
    minutes: float | None = None  # pause after so long, to be continued by the same call
    checkpoint_seconds: float = 300.0
    checkpoint_every: int | None = None  # steps
    gauges_every: int = 1000  # steps; 0: never
    log_every: int = 50  # steps
    prefetch: int = 4  # batches made ahead of time
    loader_threads: int = 1

    def __post_init__(self) -> None:
        if self.num_steps < 1 or self.log_every < 1:
            raise ValueError(f"num_steps and log_every are at least 1; received {self.num_steps} and {self.log_every}")
        if self.schedule not in ("cosine", "constant"):
            raise ValueError(f"schedule is 'cosine' or 'constant'; received {self.schedule!r}")
        if self.minutes is not None and self.minutes <= 0:
            raise ValueError(f"minutes is more than 0, or None for no limit; received {self.minutes}")

    def decisive(self) -> dict[str, Any]:
        """The settings that must not change when a training goes on."""
        return {name: getattr(self, name) for name in ("seed", "schedule", "warmup_steps", "floor", "ema_decay")}


@dataclass(frozen=True)
class TrainingReport:
    """How a training went. `seconds` counts training steps only, without gauges and saving, over all calls."""

    folder: Path
    steps: int  # done so far
    finished: bool  # False: paused by `minutes`
    seconds: float
    samples_per_second: float  # in this call
    waiting: float  # share of this call's time spent waiting for data, in [0, 1]
    gauges: dict[str, float] = field(default_factory=dict)  # the last ones


class TrainingDiverged(ArithmeticError):
    """A loss or gradient became NaN or infinite. The state on disk is from before."""


class TrainingInterrupted(KeyboardInterrupt):
    """Ctrl-C or SIGTERM: the step was finished and the state saved."""
