"""The smallest thing that can be trained, for the tests of the training loop; also run as a program by torchrun."""

import json
import os
import signal
import sys
from pathlib import Path

import torch
from PIL import Image
from torch import nn

import t2i_lib
from t2i_lib.checkpoints import save_json
from t2i_lib.runtime import mix_seed
from t2i_lib.training import Plan, TrainingDiverged, TrainingInterrupted, train

QUICK = {"device": "cpu", "precision": "fp32", "log_every": 5, "gauges_every": 10, "warmup_steps": 3}


class ToyTask:
    """Learns the sum of three numbers. `signals`, `poison`: steps at which it is told to stop, or meets a NaN."""

    name = "toy"
    batch_size = 5
    averaged = ("net",)

    def __init__(self, width: int = 7, dropout: float = 0.1, joined: int = 1, weights: int = 0) -> None:
        torch.manual_seed(weights)
        net = nn.Sequential(nn.Linear(3, width), nn.Dropout(dropout), nn.Linear(width, 1))
        self.config = {"width": width, "dropout": dropout}
        self.modules = {"net": net}
        self.optimizers = {"net": torch.optim.Adam(net.parameters(), 1e-2)}
        self.joined = joined  # how many processes' batches this one takes at once
        self.signals: dict[int, int] = {}
        self.poison: set[int] = set()

    def batch_at(self, index: int) -> dict[str, torch.Tensor]:
        numbers = [self._numbers(index * self.joined + part) for part in range(self.joined)]
        return {"numbers": torch.cat(numbers), "name": f"batch {index}"}

    def _numbers(self, index: int) -> torch.Tensor:
        numbers = torch.randn(self.batch_size, 3, generator=torch.Generator().manual_seed(mix_seed("toy", index)))
        return numbers * float("nan") if index in self.poison else numbers

    def train_step(self, batch, step, update):
        if step in self.signals:
            os.kill(os.getpid(), self.signals[step])
        numbers = batch["numbers"]
        loss = (self.modules["net"](numbers)[:, 0] - numbers.sum(1)).square().mean()
        norm = update("net", loss, clip=1.0)
        return {"loss": loss, "norm": norm, "lot": torch.rand((), generator=update.rng)}

    def gauges(self, modules, step):
        return {"weight": modules["net"][0].weight.sum().item(), "lot": torch.rand(()).item()}

    def sample_grid(self, modules, step):
        return Image.new("RGB", (3, 5))


def environment() -> dict[str, str]:
    """For running this file as a program: it finds the library, installed or not, and uses as many threads as here."""
    root = str(Path(t2i_lib.__file__).resolve().parents[1])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": str(torch.get_num_threads())}


def weights_of(task: ToyTask) -> list[list[float]]:
    return [parameter.detach().flatten().tolist() for parameter in task.modules["net"].parameters()]


def run_as_one_of_many(folder: Path) -> None:
    """What each process of test_distributed does; its findings go to rank_0.json, rank_1.json."""
    rank, found = int(os.environ["RANK"]), {}
    plan = {**QUICK, "schedule": "constant"}

    task = ToyTask(dropout=0.0, weights=rank)  # the processes begin with different weights
    train(task, folder / "run", Plan(num_steps=5, **plan), quiet=True)
    task = ToyTask(dropout=0.0, weights=rank + 10)
    report = train(task, folder / "run", Plan(num_steps=11, **plan), quiet=True)
    found |= {"weights": weights_of(task), "steps": report.steps}

    task = ToyTask(dropout=0.0, weights=rank)
    task.signals = {2: signal.SIGTERM} if rank == 1 else {}  # only one of them is told to stop
    try:
        train(task, folder / "stopped", Plan(num_steps=30, **plan), quiet=True)
    except TrainingInterrupted as stopped:
        found["stopped"] = str(stopped)

    task = ToyTask(dropout=0.0, weights=rank)
    task.poison = {2 * 3 + 1}  # step 3 of rank 1
    try:
        train(task, folder / "poisoned", Plan(num_steps=30, **plan), quiet=True)
    except TrainingDiverged as diverged:
        found["diverged"] = str(diverged)
    save_json(folder / f"rank_{rank}.json", found)


def run_and_be_killed(folder: Path, step: int) -> None:
    task = ToyTask()
    task.signals = {step: signal.SIGKILL}
    train(task, folder, Plan(num_steps=20, checkpoint_every=4, **QUICK), quiet=True)


if __name__ == "__main__":
    command, arguments = sys.argv[1], json.loads(sys.argv[2])
    {"many": run_as_one_of_many, "killed": run_and_be_killed}[command](Path(arguments[0]), *arguments[1:])
