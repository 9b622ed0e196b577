"""Figures and numbers of the deck of lesson 09, training on a GPU."""

import json
from functools import partial

import torch
from matplotlib.figure import Figure
from PIL import Image

from t2i_lib.experiments.record import load_record
from t2i_lib.locations import checkpoint_folder
from t2i_lib.plots import plot_pipeline
from t2i_lib.plots.curves import plot_curves
from t2i_lib.plots.stages import plot_pictures
from t2i_lib.plots.training_run import plot_formats, plot_memory, plot_schedules, schedule
from t2i_lib.plots.vital_signs import plot_vital_signs
from t2i_lib.updates import learning_rate_factor
from t2i_lib.vital_signs import VitalSigns
from tools.slides.drawing import enlarged
from tools.slides.facts import stored

FORMATS = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def shipped_training() -> Figure:
    """Corners of the sample sheets that the shipped artist's training left behind."""
    sheets = sorted((checkpoint_folder("lesson") / "training/samples").glob("step_*.png"))
    chosen = [sheets[round(place * (len(sheets) - 1) / 3)] for place in range(4)]
    corners = [Image.open(path).convert("RGB").crop((0, 0, 130, 130)) for path in chosen]
    titles = [f"step {int(path.stem.removeprefix('step_')):,}" for path in chosen]
    return enlarged(plot_pictures(corners, titles, columns=4, edge=1.7), 1.2)


def schedules() -> Figure:
    ways = {"taking turns": (20, 0), "made ahead of time": (20, 2), "ahead, but making takes 60 ms": (60, 2)}
    works = {name: schedule(make, 30, steps=5, ahead=ahead) for name, (make, ahead) in ways.items()}
    return enlarged(plot_schedules(works), 1.2)


def formats() -> Figure:
    return enlarged(plot_formats(FORMATS, {"a gradient of 1e-8": 1e-8}), 1.2)


def running_sums() -> Figure:
    sums = {}
    for name, dtype in FORMATS.items():
        small, total, sums[name] = torch.tensor(0.01, dtype=dtype), torch.tensor(0.0, dtype=dtype), []
        for _ in range(10_000):
            total = total + small
            sums[name].append(total.item())
    lines = {name: each[::50] for name, each in sums.items()}
    return enlarged(plot_curves(lines, "additions", "sum", xs=range(1, 10_001, 50)), 1.2)


def learning_rate() -> Figure:
    factors = [learning_rate_factor(step, 600, 60, "cosine", 0.02) for step in range(600)]
    return enlarged(plot_curves({"factor": factors}, "step", "learning-rate factor"), 1.2)


def memory() -> Figure:
    record, parts = load_record("memory"), {}
    for variant in ("lesson, GAN, fp32", "full, autoencoder, fp32", "gpu, GAN, fp32", "gpu, GAN, bf16"):
        figures = record.of(variant)[0].figures
        parts[variant] = (figures["fixed GB"], figures["total GB"] - figures["fixed GB"])
    return enlarged(plot_memory(parts), 1.2)


def vital_signs() -> Figure:
    lines = (checkpoint_folder("lesson") / "training/log.jsonl").read_text(encoding="utf-8").splitlines()
    return enlarged(plot_vital_signs(VitalSigns.from_log([json.loads(line) for line in lines])), 1.5)


FIGURES = {
    "shipped_training": shipped_training,
    "schedules": schedules,
    "formats": formats,
    "running_sums": running_sums,
    "learning_rate": learning_rate,
    "memory": memory,
    "vital_signs": vital_signs,
    "where_we_are": partial(plot_pipeline, ("generator", "discriminator")),
}

FACTS = {
    "steps": lambda: stored("09", "goal-numbers", r"^([\d,]+) steps"),
    "hours": lambda: stored("09", "goal-numbers", r"steps, ([\d.]+) hours"),
    "speed": lambda: stored("09", "goal-numbers", r"(\d+) pictures a second"),
    "waiting": lambda: stored("09", "goal-numbers", r"second; ([\d.]+%)"),
    "in turns": lambda: stored("09", "schedules", r"after (\d+) ms in turns"),
    "ahead": lambda: stored("09", "schedules", r"turns, (\d+) ms ahead"),
    "fast gpu": lambda: stored("09", "feed-live", r"compute 7, makers 1: (\d+) ms a step"),
    "fast gpu waits": lambda: stored("09", "feed-live", r"compute 7, makers 1: .* worked out: (\d+%)"),
    "penalty times": lambda: str(round(float(stored("09", "count-penalty", r"it is ([\d.]+)\.")), 1)),
    "lazy penalty": lambda: stored("09", "count-penalty", r"step only: ([\d.]+) on average"),
    "without penalty": lambda: stored("09", "count-penalty", r"without: ([\d.]+) billion"),
    "bf16 sum": lambda: stored("09", "running-sum", r"'bf16': ([\d.]+)"),
    "fp16 sum": lambda: stored("09", "running-sum", r"'fp16': ([\d.]+)"),
    "unmoved": lambda: stored("09", "three-painters", r"weights in bf16: .*; (\d+%)"),
    "mixed": lambda: stored("09", "three-painters", r"mixed bf16: .* to ([\d.]+) dB"),
    "short": lambda: stored("09", "three-painters", r"weights in bf16: .* to ([\d.]+) dB"),
    "full": lambda: stored("09", "three-painters", r"^fp32: .* to ([\d.]+) dB"),
    "naive apart": lambda: stored("09", "resume", r"naive: .* at most ([\d.]+)"),
    "resumed apart": lambda: stored("09", "resume", r"killed: .* at most ([\d.]+)"),
    "energy": lambda: stored("09", "costs", r"the world: ([\d.]+) kWh"),
    "france": lambda: stored("09", "costs", r"France: .* (\d+) g"),
    "india": lambda: stored("09", "costs", r"India: .* (\d+) g"),
    "pairs in 8 GB": lambda: stored("09", "memory-presets", r"tenths of 8 GB: (\d+)"),
}
