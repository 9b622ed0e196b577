"""A short adversarial game by a preset that was changed in one thing: what experiments about the GAN share."""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

from t2i_lib.experiments.record import Outcome
from t2i_lib.locations import RUNS
from t2i_lib.presets import LESSON, Preset
from t2i_lib.recipes import gan
from t2i_lib.run_folder import read_log

FIGURES = ("prompt accuracy", "exact match", "text-use gap", "variety")
# What of a preset makes a difference to a game.
PLAYED = {"autoencoder", "features", "generator", "discriminator", "gan_training", "text_encoder", "train_pairs"}
STEPS = 600
LOOK_EVERY = 200  # steps
# The lesson's world, latents and rules; networks half as wide and half the pictures a step: a game of minutes.
STUDY = replace(
    LESSON,
    generator=replace(LESSON.generator, style_dim=128, widths=(128, 96, 64), depths=(1, 1, 1)),
    discriminator=replace(LESSON.discriminator, width=32, latent_widths=(48, 96, 128), vector_dim=96),
    gan_training=replace(LESSON.gan_training, batch_size=16, ema_decay=0.995),
)


def play(preset: Preset, seed: int, steps: int = STEPS) -> Outcome:
    """Train the GAN of a preset for `steps` and say how it went, on 250 validation prompts, every 200 steps.

    It needs the preset's autoencoder and feature network, from a training of one's own or as shipped.
    A run that was stopped goes on where it was, and one that another experiment has played is not played again.
    """
    folder = run_folder(preset, seed, steps)
    report = gan.run(preset, folder, steps=steps, seed=seed, gauges_every=LOOK_EVERY)
    gauges = [entry["gauges"] for entry in read_log(folder) if "gauges" in entry]
    curves = {figure: [round(each[figure], 4) for each in gauges] for figure in FIGURES}
    figures = {name: round(value, 4) for name, value in report.gauges.items()}
    return Outcome(figures, curves, report.seconds / 60)


def run_folder(preset: Preset, seed: int, steps: int) -> Path:
    """Where a game is played; the same game, and no other, has the same folder."""
    played = {name: value for name, value in asdict(preset).items() if name in PLAYED}
    settings = json.dumps([played, steps], sort_keys=True)
    return RUNS / "experiments" / f"{hashlib.sha256(settings.encode()).hexdigest()[:12]}-{seed}"
