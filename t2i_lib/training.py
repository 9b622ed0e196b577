"""One training loop for every model here: resume, averaged weights, precision, several processes. It knows no model.

In: a `Task` (networks, optimizers, batches, one training step) and a `Plan` (how long, how fast). Out: a folder that
holds the whole training, and a report. Everything that is drawn by lot depends on the seed and the step only, so that a
training that was stopped and continued ends with the same weights, bit for bit on a CPU, as one that ran through.
"""

import json
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from t2i_lib.batches import Batches
from t2i_lib.checkpoints import load_into
from t2i_lib.distributed import World, copy_from_first, join_world, largest_of_all, wait_for_all
from t2i_lib.ema import averaged_copy, decay_at, update_average
from t2i_lib.run_folder import RunFolder
from t2i_lib.runtime import describe_machine, mix_seed, pick_device, pick_precision, set_seed, source_commit
from t2i_lib.tasks import Plan, Task, TrainingDiverged, TrainingInterrupted, TrainingReport
from t2i_lib.updates import NotFinite, Updater, learning_rate_factor, load_optimizer

__all__ = ["Plan", "Task", "TrainingDiverged", "TrainingInterrupted", "TrainingReport", "Updater", "train"]

_AGREE_EVERY = 8  # steps between two looks at whether any of several processes was told to stop
_GO_ON, _PAUSE, _INTERRUPT = 0, 1, 2


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
        self.recent: deque[tuple[int, Any]] = deque(maxlen=2 if self.update.guards_late else 1)  # batches
        self.step = 0  # steps done
        self.seconds = 0.0  # spent in training steps, earlier calls included
        self.gauges: dict[str, float] = {}
        self.window: list[dict[str, float | Tensor]] = []  # values since the last line of the log
        self.saved_step, self.saved_at = -1, time.monotonic()
        if run.has_state:
            self._load()
        if largest_of_all(self.step, device, world) != self.step:
            raise ValueError(f"every process must read the same state; {run.path} is not shared with all of them")
        self.first_step, self.first_seconds = self.step, self.seconds

    def train(self, stop: Callable[[], bool]) -> TrainingReport:
        """Train until done, out of minutes, or told to stop."""
        start, outcome = time.monotonic(), _GO_ON
        self.folder.open_log(self.step)
        self._describe()
        if self.step == 0 and self.world.rank == 0:
            self._sample()
        indices = range(self.step * self.world.size + self.world.rank, self.plan.num_steps * self.world.size,
                        self.world.size)  # fmt: skip
        bar = tqdm(total=self.plan.num_steps, initial=self.step, desc=self.task.name, disable=self.quiet)
        batches = Batches(self.task.batch_at, indices, self.device, self.plan.prefetch, self.plan.loader_threads)
        with bar, batches:
            while outcome == _GO_ON and self._next_step(batches):
                bar.update()
                self._keep_records(bar, batches.waited)
                outcome = self._agree(stop(), time.monotonic() - start)
                if self._save_is_due():
                    self._save()
        if self.saved_step != self.step:
            self._save()
        return self._report(outcome, batches.waited)

    def _next_step(self, batches: Batches) -> bool:
        """Train one step on the next batch; False if there is none."""
        start = time.perf_counter()
        try:
            batch = next(batches)
        except StopIteration:
            return False
        plan, step = self.plan, self.step
        self.recent.append((step, batch))
        set_seed(mix_seed(plan.seed, "step", step, self.world.rank))
        factor = learning_rate_factor(step, plan.num_steps, plan.warmup_steps, plan.schedule, plan.floor)
        self.update.begin(step / plan.num_steps, factor, mix_seed(plan.seed, "rng", step, self.world.rank))
        with self._saving_what_diverged():
            values = self.task.train_step(batch, step, self.update)
            self.update.finish()
        for name, average in self.averages.items():
            update_average(average, self.task.modules[name], decay_at(step, plan.ema_decay))
        self.window.append({name: v.detach() if isinstance(v, Tensor) else v for name, v in values.items()})
        self.step += 1
        self.seconds += time.perf_counter() - start
        return True

    @contextmanager
    def _saving_what_diverged(self) -> Iterator[None]:
        try:
            yield
        except NotFinite as error:
            batches = {f"step_{step}": batch for step, batch in self.recent}
            info = {"step": self.step, "reason": str(error), "batches": batches}
            where = self.folder.save_diverged(self.world.rank, info)
            saved = f"the state of step {self.saved_step} is whole" if self.saved_step >= 0 else "no state is saved yet"
            raise TrainingDiverged(
                f"training broke at step {self.step}: {error}; {saved}, the batch is in {where}. Look for a wrong "
                f"value in it; if there is none, train with half the learning rate, or in fp32 (now {self.precision})"
            ) from error

    def _keep_records(self, bar: tqdm, waited: float) -> None:
        """Log, measure and draw, when it is time."""
        if self.step % self.plan.log_every == 0:
            values = _means(self.window)
            self.window = []
            speed, waiting = self._speed(waited)
            self.folder.log(self.step, {"seconds": round(self.seconds, 3), "speed": {"samples_per_second": speed,
                            "waiting": waiting}, "values": values})  # fmt: skip
            bar.set_postfix({name: f"{value:.3g}" for name, value in values.items()})
        every = self.plan.gauges_every if self.world.rank == 0 else 0  # the others have the same weights
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
        modes = {part: part.training for module in modules.values() for part in module.modules()}
        set_seed(mix_seed(self.plan.seed, "gauges"))
        try:
            with torch.no_grad():
                yield {name: module.eval() for name, module in modules.items()}
        finally:
            for part, mode in modes.items():
                part.training = mode

    def _agree(self, stopped: bool, seconds: float) -> int:
        """Whether to go on; all processes come to the same answer."""
        late = self.plan.minutes is not None and seconds > 60 * self.plan.minutes
        wish = _INTERRUPT if stopped else _PAUSE if late else _GO_ON
        if self.world.size > 1 and self.step % _AGREE_EVERY:
            return _GO_ON
        return int(largest_of_all(wish, self.device, self.world))

    def _save_is_due(self) -> bool:
        every, seconds = self.plan.checkpoint_every, time.monotonic() - self.saved_at
        return seconds >= self.plan.checkpoint_seconds or (every is not None and self.step % every == 0)

    def _save(self) -> None:
        with self._saving_what_diverged():
            self.update.read_guard()  # what a NaN has touched is never saved
        self.window = [{name: float(value) for name, value in values.items()} for values in self.window]
        weights = {name: module.state_dict() for name, module in self.task.modules.items()}
        weights |= {f"{name}.averaged": average.state_dict() for name, average in self.averages.items()}
        trees = {f"optimizer.{name}": o.state_dict()["state"] for name, o in self.task.optimizers.items()}
        info = {"step": self.step, "seconds": self.seconds, "window": self.window, "gauges": self.gauges,
                "num_steps": self.plan.num_steps, "scaler": self.update.scaler.state_dict()}  # fmt: skip
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
        if info["num_steps"] != self.plan.num_steps and not self.quiet:
            print(f"{self.folder.path}: num_steps was {info['num_steps']} and is {self.plan.num_steps} from now on")
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
                "commit": source_commit(),
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


def _means(window: list[dict[str, float | Tensor]]) -> dict[str, float]:
    """The mean of each value over the steps that named it; here, and only here, the device is waited for."""
    values: dict[str, list[float]] = {}
    for step_values in window:
        for name, value in step_values.items():
            values.setdefault(name, []).append(float(value))
    return {name: sum(numbers) / len(numbers) for name, numbers in values.items()}


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
