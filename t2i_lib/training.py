"""One training loop for every model here: resume, averaged weights, precision, several processes. It knows no model.

In: a `Task` (networks, optimizers, batches, one training step) and a `Plan` (how long, how fast). Out: a folder that
holds the whole training, and a report. Everything that is drawn by lot depends on the seed and the step only, so that a
training that was stopped and continued ends with the same weights, bit for bit on a CPU, as one that ran through.
"""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from PIL import Image
from torch import Tensor, nn
from torch.optim import Optimizer
from tqdm.auto import tqdm

from t2i_lib.batches import Batches
from t2i_lib.checkpoints import load_into
from t2i_lib.distributed import World, copy_from_first, join_world, largest_of_all, wait_for_all
from t2i_lib.ema import averaged_copy, decay_at, update_average
from t2i_lib.run_folder import RunFolder
from t2i_lib.runtime import describe_machine, mix_seed, pick_device, pick_precision, set_seed
from t2i_lib.updates import NotFinite, Updater, learning_rate_factor

_AGREE_EVERY = 8  # steps between two looks at whether any process was told to stop
_GO_ON, _PAUSE, _INTERRUPT = 0, 1, 2


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

        It must not draw from the global random numbers. Tensors in dicts, lists and tuples are moved to the device.
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


def train(task: Task, folder: str | Path, plan: Plan, restart: bool = False, quiet: bool = False) -> TrainingReport:
    """Train the task by the plan in the folder; where the folder holds a state of the same task, go on from it.

    Args:
        restart: throw away what is in the folder, and begin anew.
        quiet: show no progress bar and print nothing.

    Raises:
        ValueError: if another training uses the folder, or its settings differ.
        TrainingDiverged: if a loss or gradient is not finite; the batch is saved in the folder.
        TrainingInterrupted: after Ctrl-C, when the state is saved.
        OSError: if the state cannot be saved; the one before it survives.
    """
    world, device = join_world(pick_device(plan.device))
    settings = json.loads(json.dumps({"task": task.name, **task.config, **plan.decisive()}))
    with RunFolder(folder, settings, restart, writes=world.rank == 0) as run, _stop_signals() as stop:
        wait_for_all(world)  # rank 0 has put the folder in order, the others may read it
        return _Loop(task, run, plan, world, device, settings, quiet or world.rank > 0).train(stop)


class _Loop:
    def __init__(self, task: Task, run: RunFolder, plan: Plan, world: World, device: torch.device,
                 settings: dict[str, Any], quiet: bool) -> None:  # fmt: skip
        self.task, self.folder, self.plan, self.world, self.device = task, run, plan, world, device
        self.settings, self.quiet = settings, quiet
        self.precision = pick_precision(device, plan.precision)
        for module in task.modules.values():
            module.to(device)
        copy_from_first(task.modules.values(), world)
        self.averages = {name: averaged_copy(task.modules[name]) for name in task.averaged}
        self.update = Updater(task.optimizers, device, self.precision, world)
        self.step = 0  # steps done
        self.seconds = 0.0  # spent in training steps, earlier calls included
        self.gauges: dict[str, float] = {}
        self.window: list[dict[str, float | Tensor]] = []  # values since the last line of the log
        self.saved_step, self.saved_at = -1, time.monotonic()
        if run.has_state:
            self._load()
        self.first_step, self.first_seconds = self.step, self.seconds

    def train(self, stop: Callable[[], bool]) -> TrainingReport:
        """Train until done, out of minutes, or told to stop."""
        start, outcome = time.monotonic(), _GO_ON
        self.folder.open_log(self.step)
        self._describe()
        if self.step == 0:
            self._sample()
        indices = range(self.step * self.world.size + self.world.rank, self.plan.num_steps * self.world.size,
                        self.world.size)  # fmt: skip
        bar = tqdm(total=self.plan.num_steps, initial=self.step, desc=self.task.name, disable=self.quiet)
        with bar, Batches(self.task.batch_at, indices, self.device, self.plan.prefetch, self.plan.loader_threads) as it:
            while outcome == _GO_ON and self._next_step(it):
                bar.update()
                self._keep_records(bar, it.waited)
                outcome = self._agree(stop(), time.monotonic() - start)
                if self._save_is_due():
                    self._save()
        if self.saved_step != self.step:
            self._save()
        return self._report(outcome, it.waited)

    def _next_step(self, batches: Batches) -> bool:
        """Train one step on the next batch; False if there is none."""
        start = time.perf_counter()
        try:
            batch = next(batches)
        except StopIteration:
            return False
        plan, step = self.plan, self.step
        set_seed(mix_seed(plan.seed, "step", step, self.world.rank))
        factor = learning_rate_factor(step, plan.num_steps, plan.warmup_steps, plan.schedule, plan.floor)
        self.update.begin(step / plan.num_steps, factor, mix_seed(plan.seed, "rng", step, self.world.rank))
        try:
            values = self.task.train_step(batch, step, self.update)
            self.update.finish()
        except NotFinite as error:
            raise self._diverged(error, batch) from error
        for name, average in self.averages.items():
            update_average(average, self.task.modules[name], decay_at(step, plan.ema_decay))
        self.window.append({name: v.detach() if isinstance(v, Tensor) else v for name, v in values.items()})
        self.step += 1
        self.seconds += time.perf_counter() - start
        return True

    def _diverged(self, error: NotFinite, batch: Any) -> TrainingDiverged:
        where = self.folder.save_diverged(batch, {"step": self.step, "reason": str(error)})
        saved = f"the state of step {self.saved_step} is whole" if self.folder.has_state else "no state was saved yet"
        return TrainingDiverged(
            f"training broke at step {self.step}: {error}; {saved}, the batch is in {where}. Look for a wrong value in "
            f"it; if there is none, train with half the learning rate, or in fp32 (now {self.precision})"
        )

    def _keep_records(self, bar: tqdm, waited: float) -> None:
        """Log, measure and draw, when it is time."""
        if self.step % self.plan.log_every == 0:
            values = _means(self.window)
            self.window = []
            speed, waiting = self._speed(waited)
            self.folder.log(self.step, {"seconds": round(self.seconds, 3), "speed": {"samples_per_second": speed,
                            "waiting": waiting}, "values": values})  # fmt: skip
            bar.set_postfix({name: f"{value:.3g}" for name, value in values.items()})
        every = self.plan.gauges_every
        if every and (self.step % every == 0 or self.step == self.plan.num_steps):
            self._measure()
            self._sample()

    def _measure(self) -> None:
        with self._evaluating() as modules:
            self.gauges = {name: float(value) for name, value in self.task.gauges(modules, self.step).items()}
        if self.gauges:
            self.folder.log(self.step, {"seconds": round(self.seconds, 3), "gauges": self.gauges})

    def _sample(self) -> None:
        with self._evaluating() as modules:
            image = self.task.sample_grid(modules, self.step)
        if image is not None:
            self.folder.save_sample(image, self.step)

    @contextmanager
    def _evaluating(self) -> Iterator[dict[str, nn.Module]]:
        """All modules in evaluation mode, averaged ones by their average; draws the same lots at every step."""
        modules = {**self.task.modules, **self.averages}
        modes = {name: module.training for name, module in modules.items()}
        set_seed(mix_seed(self.plan.seed, "gauges"))
        try:
            with torch.no_grad():
                yield {name: module.eval() for name, module in modules.items()}
        finally:
            for name, module in modules.items():
                module.train(modes[name])

    def _agree(self, stopped: bool, seconds: float) -> int:
        """Whether to go on; all processes come to the same answer."""
        late = self.plan.minutes is not None and seconds > 60 * self.plan.minutes
        wish = _INTERRUPT if stopped else _PAUSE if late else _GO_ON
        if self.world.size > 1 and self.step % _AGREE_EVERY:
            return _GO_ON
        return int(largest_of_all(wish, self.device, self.world))

    def _save_is_due(self) -> bool:
        every = self.plan.checkpoint_every
        return time.monotonic() - self.saved_at >= self.plan.checkpoint_seconds or bool(
            every and self.step % every == 0
        )

    def _save(self) -> None:
        self.update.read_guard()  # never save what a NaN has touched
        self.window = [{name: float(value) for name, value in values.items()} for values in self.window]
        weights = {name: module.state_dict() for name, module in self.task.modules.items()}
        weights |= {f"{name}.averaged": average.state_dict() for name, average in self.averages.items()}
        trees = {f"optimizer.{name}": o.state_dict()["state"] for name, o in self.task.optimizers.items()}
        info = {"step": self.step, "seconds": self.seconds, "window": self.window, "gauges": self.gauges,
                "scaler": self.update.scaler.state_dict()}  # fmt: skip
        self.folder.save_state(weights, trees, info)
        self.saved_step, self.saved_at = self.step, time.monotonic()
        self._describe()

    def _load(self) -> None:
        info = self.folder.load_info()
        for name, module in self.task.modules.items():
            load_into(module, self.folder.load_weights(name), self.folder.state / name)
        for name, average in self.averages.items():
            load_into(average, self.folder.load_weights(f"{name}.averaged"), self.folder.state / name)
        for name, optimizer in self.task.optimizers.items():
            load_optimizer(optimizer, self.folder.load_tree(f"optimizer.{name}"))
        if self.update.scaler.is_enabled() and info["scaler"]:
            self.update.scaler.load_state_dict(info["scaler"])
        self.step, self.seconds = info["step"], info["seconds"]
        self.window, self.gauges, self.saved_step = info["window"], info["gauges"], info["step"]

    def _describe(self) -> None:
        self.folder.describe(
            {
                "config": self.settings,
                "plan": asdict(self.plan),
                "precision": self.precision,
                "processes": self.world.size,
                "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
                "commit": _commit(),
                "machine": describe_machine(self.device),
                "steps": self.step,
                "seconds": round(self.seconds, 1),
            }
        )

    def _speed(self, waited: float) -> tuple[float, float]:
        """Samples a second and share of time spent waiting for data, both since the call began."""
        seconds = max(self.seconds - self.first_seconds, 1e-9)
        samples = (self.step - self.first_step) * self.task.batch_size * self.world.size
        return round(samples / seconds, 2), round(waited / seconds, 4)

    def _report(self, outcome: int, waited: float) -> TrainingReport:
        done = f"step {self.step} of {self.plan.num_steps}; state saved in {self.folder.path}"
        if outcome == _INTERRUPT:
            raise TrainingInterrupted(f"stopped at {done}; the same command goes on from there")
        finished = self.step >= self.plan.num_steps
        if not finished and not self.quiet:
            print(f"paused at {done}; the same command goes on from there")
        speed, waiting = self._speed(waited)
        return TrainingReport(self.folder.path, self.step, finished, self.seconds, speed, waiting, self.gauges)


def load_optimizer(optimizer: Optimizer, state: dict[int, Any]) -> None:
    """Put back an optimizer's state (moments, counts); its settings stay those that it was made with."""
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    for parameter, values in optimizer.state.items():
        for name, value in values.items():
            # A file keeps no memory format; channels-last weights are slow with moments in plain order.
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                values[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def _means(window: list[dict[str, float | Tensor]]) -> dict[str, float]:
    """The mean of each value over the steps that named it; here, and only here, the device is waited for."""
    values: dict[str, list[float]] = {}
    for step_values in window:
        for name, value in step_values.items():
            values.setdefault(name, []).append(float(value))
    return {name: sum(numbers) / len(numbers) for name, numbers in values.items()}


def _commit() -> str:
    """The commit of this library's source, if it lies in a git checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"


@contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """Inside, the first Ctrl-C or SIGTERM is only noted; a second one interrupts at once."""
    noted: list[int] = []

    def note(number: int, frame: Any) -> None:
        if noted:
            raise KeyboardInterrupt
        noted.append(number)

    if threading.current_thread() is not threading.main_thread():  # only the main thread may catch signals
        yield lambda: False
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(noted)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
