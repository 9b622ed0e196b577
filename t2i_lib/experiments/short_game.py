"""A short adversarial game by a preset that was changed in one thing: what experiments about the GAN share."""

import json
from pathlib import Path

from t2i_lib.experiments.record import Outcome
from t2i_lib.locations import RUNS
from t2i_lib.presets import Preset
from t2i_lib.recipes import gan

FIGURES = ("prompt accuracy", "exact match", "text-use gap", "variety")


def play(preset: Preset, name: str, seed: int, steps: int) -> Outcome:
    """Train the GAN of a preset for `steps` and say how it went, on 250 validation prompts, every 500 steps.

    It needs the preset's autoencoder and feature network, from a training of one's own or, the former, as shipped.
    A run that was stopped goes on where it was.
    """
    folder = RUNS / "experiments" / f"{name}-{seed}"
    report = gan.run(preset, folder, steps=steps, seed=seed)
    gauges = [entry["gauges"] for entry in read_log(folder) if "gauges" in entry]
    curves = {figure: [round(each[figure], 4) for each in gauges] for figure in FIGURES}
    return Outcome({name: round(value, 4) for name, value in report.gauges.items()}, curves)


def read_log(folder: Path) -> list[dict]:
    """The lines of a training's log, in order."""
    return [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
