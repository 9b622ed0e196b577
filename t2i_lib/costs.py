"""What a lesson costs: minutes, memory and disk, measured and written into its cost card (`t2i costs`).

The card is the Markdown cell with the id `cost-card`. Its metadata keep the figures and a hash of the code they were
measured on, so that a test can tell when the code has changed since.
"""

import hashlib
import json
import os
import tempfile
import threading
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import nbformat
import psutil
from nbformat import NotebookNode

from t2i_lib.notebooks import read, run_notebook, write

CARD = "cost-card"
DOOR = "colab"  # the cell that fetches the course on Colab; elsewhere it does nothing, so it costs nothing
NO_GPU = {"CUDA_VISIBLE_DEVICES": ""}
HEADER = "**What running this notebook costs** (measured by `t2i costs`)"
_MEGA, _GIGA = 1e6, 1e9
# Run after the notebook's last cell, in its own kernel: only that process knows what torch took of the GPU.
_ASK_GPU = """\
import json, sys
_torch = sys.modules.get("torch")
_gpu = _torch is not None and _torch.cuda.is_available() and _torch.cuda.max_memory_reserved() > 0
print(json.dumps([_torch.cuda.get_device_name(), _torch.cuda.max_memory_reserved()] if _gpu else ["", 0]))
"""


@dataclass(frozen=True)
class Cost:
    """What one run of a notebook took; memory and disk in bytes. `gpu_memory` is 0 where no GPU was used."""

    device: str
    minutes: float
    memory: int
    gpu_memory: int
    disk: int


class MemoryWatch:
    """Looks, many times a second, how much memory a process and its children hold; `peak` is the most it saw."""

    def __init__(self, pid: int, pause: float = 0.05) -> None:
        self.peak = 0
        self._process, self._pause, self._stop = psutil.Process(pid), pause, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while self._process.is_running() and not self._stop.wait(self._pause):
            self.peak = max(self.peak, resident_bytes(self._process))

    def stop(self) -> int:
        """End the watch; the peak in bytes."""
        self._stop.set()
        self._thread.join()
        return self.peak


def resident_bytes(process: psutil.Process) -> int:
    """Memory that a process and its children hold now; 0 once it has ended."""
    total = 0
    try:
        for each in [process, *process.children(recursive=True)]:
            total += each.memory_info().rss
    except psutil.NoSuchProcess:  # a child, or the process itself, has ended meanwhile
        pass
    return total


def folder_bytes(folder: Path) -> int:
    """Size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measure(path: Path, use_gpu: bool = True) -> Cost:
    """Run a notebook in a fresh kernel, without a network, and measure; the file stays as it is.

    Disk is what the run leaves behind: in the folder of the student's progress and beside the notebook.

    Raises:
        ValueError: if the file cannot be read or a cell fails.
    """
    notebook, watches = read(path), []
    notebook.cells.append(nbformat.v4.new_code_cell(_ASK_GPU))
    before, start = folder_bytes(path.parent), time.perf_counter()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        run_notebook(
            notebook,
            path.parent,
            Path(home),
            cell_seconds=3600,
            extra={} if use_gpu else NO_GPU,
            on_start=lambda pid: watches.append(MemoryWatch(pid)),
        )
        minutes = (time.perf_counter() - start) / 60
        disk = folder_bytes(Path(home)) - folder_bytes(Path(home, "ipython")) + folder_bytes(path.parent) - before
    gpu, gpu_memory = json.loads(notebook.cells[-1].outputs[0].text)
    return Cost(gpu or f"{_cores()} CPU cores", minutes, watches[0].stop(), gpu_memory, max(disk, 0))


def _cores() -> int:
    """Cores that this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def code_hash(notebook: NotebookNode) -> str:
    """What the code cells hold, in 16 letters: other outputs or other text change nothing."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code" and cell.get("id") != DOOR]
    return hashlib.sha256(json.dumps(code).encode()).hexdigest()[:16]


def find_card(notebook: NotebookNode) -> NotebookNode | None:
    """The cell that holds the cost card, if there is one."""
    cards = [cell for cell in notebook.cells if cell.get("id") == CARD and cell.cell_type == "markdown"]
    return cards[0] if cards else None


def card_text(costs: list[Cost]) -> str:
    """The card's Markdown: one row a device."""
    rows = [HEADER, "", "| on | minutes | peak memory | disk | downloads |", "|---|---|---|---|---|"]
    for cost in costs:
        gpu = f" and {cost.gpu_memory / _GIGA:.1f} GB of the GPU's" if cost.gpu_memory else ""
        disk = f"{cost.disk / _MEGA:.0f} MB" if cost.disk >= _MEGA else "under 1 MB"
        minutes = f"{cost.minutes:.1f}" if cost.minutes >= 0.1 else "under 0.1"
        rows.append(f"| {cost.device} | {minutes} | {cost.memory / _GIGA:.1f} GB{gpu} | {disk} | none |")
    return "\n".join(rows)


def put_card(notebook: NotebookNode, cost: Cost) -> None:
    """Write a measurement into the card; that of another device stays if it was taken on the same code.

    Raises:
        ValueError: if the notebook has no cell for it.
    """
    card, code = find_card(notebook), code_hash(notebook)
    if card is None:
        raise ValueError(f"it has no Markdown cell with the id {CARD!r}; add one below the title")
    kept = card.metadata.get("costs", {})
    costs = {cost.device: cost}
    if kept.get("code") == code:
        costs = {old["device"]: Cost(**old) for old in kept["measured"]} | costs
    ordered = sorted(map(_rounded, costs.values()), key=lambda each: (each.gpu_memory > 0, each.device))
    card.metadata["costs"] = {"code": code, "measured": [asdict(each) for each in ordered]}
    card.source = card_text(ordered)  # of the stored numbers: rounded twice, 0.447 would be 0.4 here and 0.5 there


def _rounded(cost: Cost) -> Cost:
    """As it is stored: no more digits than mean something."""
    return replace(cost, minutes=round(cost.minutes, 2))


def staleness(notebook: NotebookNode, path: str | Path) -> str | None:
    """What is wrong with the cost card, with the command that mends it; None if it is true."""
    card = find_card(notebook)
    if card is None:
        return f"no cost card: add a Markdown cell with the id {CARD!r}, then run `t2i costs {path}`"
    kept = card.metadata.get("costs", {})
    if kept.get("code") != code_hash(notebook):
        return f"cost card is stale: run `t2i costs {path}`"
    if card.source != card_text([Cost(**each) for each in kept["measured"]]):
        return f"cost card was edited by hand: run `t2i costs {path}`"
    return None


def update(path: Path, use_gpu: bool = True) -> Cost:
    """Measure a notebook and write its card.

    Raises:
        ValueError: if there is no cell for the card, or the notebook does not run; the file is then as before.
    """
    if find_card(read(path)) is None:  # found out before minutes are spent on it
        raise ValueError(f"{path} has no Markdown cell with the id {CARD!r}; add one below the title")
    try:
        cost = measure(path, use_gpu)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    notebook = read(path)  # anew: it may have been saved meanwhile
    put_card(notebook, cost)
    write(path, notebook)
    return cost
