"""How fast this machine is, and how well the library uses it: `t2i benchmark`.

Every rate stands beside the peak of the same run: what 3x3 convolutions, the bulk of all computing here, reach at
best on this machine. Training is timed on real steps with real data, drawing on a whole artist, starting in fresh
processes.
"""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from t2i_lib.autoencoder import Autoencoder
from t2i_lib.batches import map_tensors
from t2i_lib.datasets import StorybookDataset
from t2i_lib.features import FeatureNetwork
from t2i_lib.pipeline import TextToImage
from t2i_lib.presets import Preset, find_preset
from t2i_lib.recipes.autoencoder import AutoencoderTask, find_judge
from t2i_lib.recipes.gan_task import GanTask
from t2i_lib.recipes.parts import find_text_encoder, latent_pairs
from t2i_lib.runtime import autocast, describe_machine, mix_seed, pick_device, pick_precision
from t2i_lib.training import Plan, Task, train
from t2i_lib.updates import Updater

PROMPT = "a young girl in a red dress with a bright smile stands by the sea"
BATCH = 64  # pictures drawn at once
_PAIRS = 128  # pairs of training pictures, drawn for the occasion


def run_benchmark(
    model: str | None = None,
    device: str = "auto",
    precision: str = "auto",
    preset: str = "full",
    seconds: float = 5.0,
    training: bool = True,
) -> dict[str, Any]:
    """Measure everything once.

    Args:
        model: the artist that draws; None for the one of the repository.
        preset: whose training steps are timed.
        seconds: length of each measurement.
        training: False leaves the training steps out.

    Returns:
        figures: nested dictionaries of numbers with the unit in their names.

    Raises:
        ValueError: if a name is unknown, the artist is missing, or `seconds` is not positive.
    """
    place, sizes = pick_device(device), find_preset(preset)
    chosen = pick_precision(place, precision)
    if not seconds > 0:
        raise ValueError(f"seconds must be more than 0, not {seconds}")
    figures: dict[str, Any] = {"machine": describe_machine(place), "precision": chosen}
    figures["start"] = time_starts(model, device)  # before this process is large: children report their own memory
    figures["draw"] = time_drawing(TextToImage.from_pretrained(model, device, precision), seconds)
    formats = dict.fromkeys(("fp32", chosen))
    figures["peak_tflops"] = {each: round(convolution_peak(place, each, seconds), 3) for each in formats}
    if training:
        peak = figures["peak_tflops"][chosen]
        figures["training"] = time_training(sizes, device, precision, seconds, peak)
        figures["training"]["memory_gb"] = round(peak_memory(place) / 1e9, 2)
    return figures


def convolution_peak(device: torch.device, precision: str, seconds: float = 5.0) -> float:
    """TFLOP/s of a 3x3 convolution with 128 channels, 64 pictures of 32x32, forwards; the best of ten windows."""
    layer = torch.nn.Conv2d(128, 128, 3, padding=1, bias=False, device=device).to(memory_format=torch.channels_last)
    images = torch.randn(64, 128, 32, 32, device=device).contiguous(memory_format=torch.channels_last)
    flops = 2 * 9 * 128 * 128 * images.numel() / 128

    def convolve() -> None:
        with torch.no_grad(), autocast(device, precision):
            layer(images)

    return flops / repeat(convolve, device, seconds, windows=10)[0] / 1e12


def repeat(work: Callable[[], Any], device: torch.device, seconds: float, windows: int = 1) -> list[float]:
    """Seconds for one call of `work`, one number for each window of time, the shortest first."""
    work()  # the first call chooses algorithms and allocates memory
    lengths = []
    for _ in range(windows):
        _synchronise(device)
        start, calls = time.perf_counter(), 0
        while calls == 0 or time.perf_counter() - start < seconds / windows:
            work()
            calls += 1
        _synchronise(device)
        lengths.append((time.perf_counter() - start) / calls)
    return sorted(lengths)


def time_drawing(artist: TextToImage, seconds: float) -> dict[str, float]:
    """Milliseconds for one picture with everything loaded, and pictures a second in batches."""
    single = repeat(lambda: artist(PROMPT, seed=7), artist.device, seconds, windows=10)
    batch = repeat(lambda: artist.draw([PROMPT] * BATCH, list(range(BATCH))), artist.device, seconds)[0]
    return {
        "image_size": artist.config.image_size,
        "single_ms": round(1000 * statistics.median(single), 2),
        "pictures_per_second": round(BATCH / batch, 1),
    }


def time_starts(model: str | None, device: str) -> dict[str, float]:
    """Seconds for `import t2i_lib` and for a whole `t2i draw` in fresh processes (best of three), and its memory."""
    timed = "import time; start = time.perf_counter(); import t2i_lib; print(time.perf_counter() - start)"
    imports = [float(subprocess.run([sys.executable, "-c", timed], capture_output=True, check=True).stdout)
               for _ in range(3)]  # fmt: skip
    options = ["--device", device, *(["--model", model] if model else [])]
    draws = []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "t2i_lib", "draw", PROMPT, "--seed", "7", "--out", folder, *options]
        for _ in range(3):
            start = time.perf_counter()
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode:
                raise ValueError(result.stderr.strip().removeprefix("t2i: error: ") or "t2i draw failed")
            draws.append(time.perf_counter() - start)
    figures = {"import_seconds": round(min(imports), 4), "cold_draw_seconds": round(min(draws), 2)}
    memory = _largest_child()
    return figures | ({"draw_memory_gb": round(memory / 1e9, 3)} if memory else {})


def time_training(sizes: Preset, device: str, precision: str, seconds: float, peak: float) -> dict[str, Any]:
    """Pictures a second, GFLOP a picture, share of the peak and of waiting for data, for both picture trainings."""
    text_encoder = find_text_encoder(sizes, device)
    with contextlib.redirect_stdout(sys.stderr):  # its remarks are no part of the figures
        judge, perceptual = find_judge("judge"), find_judge("perceptual")
    small = replace(sizes, train_pairs=_PAIRS)
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), _without_bars():
        pictures = StorybookDataset("train", sizes.image_size, _PAIRS, cache="cache/train")
        autoencoder = Autoencoder(sizes.autoencoder).to(memory_format=torch.channels_last)
        coder = AutoencoderTask(
            sizes.autoencoder, sizes.autoencoder_training, pictures, pictures, perceptual, judge, seed=0
        )
        figures = {"autoencoder": time_task(coder, device, precision, seconds, peak)}
        pairs, held_out = latent_pairs(small, autoencoder.eval(), text_encoder)
        features = FeatureNetwork(sizes.features).eval().requires_grad_(False).to(memory_format=torch.channels_last)
        game = GanTask(small, pairs, held_out, features, text_encoder, autoencoder, seed=0)
        figures["gan"] = time_task(game, device, precision, seconds, peak)
    return figures


def time_task(task: Task, device: str, precision: str, seconds: float, peak: float) -> dict[str, float]:
    """Time real training steps of a task; `peak` in TFLOP/s."""
    plan = Plan(1_000_000, device=device, precision=precision, minutes=0.2 * seconds / 60, gauges_every=0)
    with tempfile.TemporaryDirectory() as folder:
        train(task, folder, plan, quiet=True)  # warms up
        report = train(task, folder, replace(plan, minutes=seconds / 60), quiet=True)
    gflop = count_flops(task, pick_device(device), precision) / 1e9
    return {
        "pictures_per_second": round(report.samples_per_second, 1),
        "gflop_per_picture": round(gflop, 3),
        "share_of_peak": round(report.samples_per_second * gflop / 1e3 / peak, 3),
        "waiting_for_data": round(report.waiting, 4),
    }


class FlopCounter(TorchDispatchMode):
    """Adds up the floating-point operations of all convolutions and matrix products done inside it.

    Torch's own FlopCounterMode follows modules by hooks, which gradients of gradients do not allow.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flops = 0

    def __torch_dispatch__(self, function: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        result = function(*args, **(kwargs or {}))
        if function.overloadpacket in flop_registry:
            self.flops += flop_registry[function.overloadpacket](*args, **(kwargs or {}), out_val=result)
        return result


def count_flops(task: Task, device: torch.device, precision: str, steps: int = 4) -> float:
    """Floating-point operations of a training step a picture, backward passes included, over some steps' mean."""
    update = Updater(task.optimizers, device, pick_precision(device, precision))
    counter = FlopCounter()
    for step in range(steps):
        batch = map_tensors(lambda tensor: tensor.to(device), task.batch_at(step))
        update.begin(0.0, 0.0, mix_seed("benchmark", step))  # learning rate 0: only counting
        with counter:
            task.train_step(batch, step, update)
        update.finish()
    return counter.flops / (steps * task.batch_size)


def peak_memory(device: torch.device) -> float:
    """The most memory that this process held so far, in bytes: the GPU's if there is one, else main memory."""
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated(device))
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


def as_table(figures: dict[str, Any]) -> str:
    """The figures as lines of text, beside what the course promises for two cores."""
    start, draw, lines = figures["start"], figures["draw"], []

    def line(what: str, value: str, promised: str = "") -> None:
        lines.append(f"{what:<38}{value:>18}   {promised}".rstrip())

    line("", "measured", "promised on 2 cores")
    line("import t2i_lib", f"{start['import_seconds']} s", "<= 0.1 s")
    line("t2i draw, cold", f"{start['cold_draw_seconds']} s", "<= 6 s")
    if "draw_memory_gb" in start:
        line("t2i draw, memory", f"{start['draw_memory_gb']} GB", "<= 1 GB")
    line(f"one {draw['image_size']}-pixel picture, warm", f"{draw['single_ms']} ms", "<= 40 ms")
    line(f"drawing in batches of {BATCH}", f"{draw['pictures_per_second']} pictures/s", ">= 60 pictures/s")
    for precision, peak in figures["peak_tflops"].items():
        line(f"3x3 convolutions, {precision}", f"{peak} TFLOP/s")
    for name, task in figures.get("training", {}).items():
        if name == "memory_gb":
            line("training, memory", f"{task} GB", "<= 4 GB")
            continue
        promised = {"gan": ">= 200 pictures/s", "autoencoder": ">= 100 pictures/s at 64 pixels"}[name]
        line(f"{name} training", f"{task['pictures_per_second']} pictures/s", promised)
        line("    computing a picture", f"{task['gflop_per_picture']} GFLOP")
        line("    share of the convolution peak", f"{100 * task['share_of_peak']:.0f} %", ">= 40 %")
        line("    waiting for data", f"{100 * task['waiting_for_data']:.1f} %", "< 5 %")
    machine = figures["machine"]
    return "\n".join([f"{machine['device']}, {machine['threads']} threads, {figures['precision']}", *lines])


@contextlib.contextmanager
def _without_bars() -> Iterator[None]:
    """Progress bars of the preparations go nowhere."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stderr(nowhere):
        yield


def _synchronise(device: torch.device) -> None:
    """Wait until the device has done what it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _largest_child() -> float:
    """Bytes of memory that the largest of the processes started so far held; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    return float(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
