"""Training the judge: rendered pictures in, a checkpoint with its accuracy on pictures it never saw out."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from t2i_lib.checkpoints import atomic_path, load_into, load_weights
from t2i_lib.datasets import StorybookDataset, pixels_to_images, shuffled_indices
from t2i_lib.judge import Judge, JudgeConfig, attribute_loss, shift
from t2i_lib.locations import RUNS, checkpoint_folder
from t2i_lib.metrics import Estimate, accuracy_per_attribute
from t2i_lib.recipes.pictures import CACHE
from t2i_lib.runtime import autocast, mix_seed, pick_precision
from t2i_lib.storybook.scene import ATTRIBUTES
from t2i_lib.training import Plan, TrainingReport, train
from t2i_lib.updates import Updater


@dataclass(frozen=True)
class JudgeSettings:
    """What the judge learns from, and for how long."""

    model: JudgeConfig = field(default_factory=JudgeConfig)
    train_pairs: int = 24_000  # 48,000 pictures
    unseen_pairs: int = 6_000  # of held-out combinations, other ones than those that anything is measured on
    held_out_pairs: int = 1000  # of validation, test and unseen each
    batch_pairs: int = 48  # 96 pictures
    num_steps: int = 1500
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    seed: int = 0


class JudgeTask:
    """The training loop's view of the judge: cross-entropy on every attribute that applies.

    Args:
        settings: sizes and lengths.
        cache: folder that holds train-128, validation-128 ...; None draws every picture anew.
    """

    name = "judge"
    averaged = ("judge",)

    def __init__(self, settings: JudgeSettings, cache: str | Path | None) -> None:
        torch.manual_seed(mix_seed("judge", settings.seed))
        judge = Judge(settings.model).to(memory_format=torch.channels_last)
        self.settings = settings
        config = asdict(settings)
        del config["num_steps"]  # a training may be prolonged
        self.config: Mapping[str, Any] = config
        self.batch_size = 2 * settings.batch_pairs
        self.modules: dict[str, nn.Module] = {"judge": judge}
        optimizer = torch.optim.AdamW(judge.parameters(), settings.learning_rate, weight_decay=settings.weight_decay)
        self.optimizers: dict[str, torch.optim.Optimizer] = {"judge": optimizer}
        self.data = open_split("train", settings, cache)
        self.unseen = _unseen_for_training(settings, cache)
        self.held_out = open_split("validation", settings, cache)

    def batch_at(self, index: int) -> dict[str, Tensor]:
        """Pictures (2 * batch_pairs, H, W, 3) uint8 and their attributes (2 * batch_pairs, 9).

        A quarter of them hold combinations that the generator never meets: a judge who had never seen a purple girl
        would call her a boy, and could not tell whether the generator drew one.
        """
        rare = self.settings.batch_pairs // 4 if self.settings.unseen_pairs else 0
        parts = [(self.data, self.settings.batch_pairs - rare), (self.unseen, rare)]
        batches = [
            data.batch(shuffled_indices(index, count, len(data), self.settings.seed)) for data, count in parts if count
        ]
        pixels, attributes = (
            torch.cat([getattr(batch, name).flatten(0, 1) for batch in batches]) for name in ("pixels", "attributes")
        )
        return {"pixels": pixels, "attributes": attributes}

    def train_step(self, batch: dict[str, Tensor], step: int, update: Updater) -> dict[str, float | Tensor]:
        """One step down the loss, on pictures moved by a pixel or two."""
        images = pixels_to_images(batch["pixels"]).contiguous(memory_format=torch.channels_last)
        rng = torch.Generator().manual_seed(mix_seed("judge shift", self.settings.seed, step))
        with update.autocast():
            logits = self.modules["judge"](shift(images, rng))
        loss = attribute_loss(logits, batch["attributes"])
        norm = update("judge", loss, clip=1.0)
        return {"loss": loss.detach(), "gradient_norm": norm}

    def gauges(self, modules: dict[str, nn.Module], step: int) -> dict[str, float]:
        """Accuracy on validation pictures, attribute by attribute and their mean."""
        return summarize(measure_accuracy(modules["judge"], self.held_out))

    def sample_grid(self, modules: dict[str, nn.Module], step: int) -> Image.Image | None:
        """Nothing to look at: the judge draws no pictures."""
        return None


def open_split(split: str, settings: JudgeSettings, cache: str | Path | None) -> StorybookDataset:
    """The pictures of one split at the judge's size."""
    count = settings.train_pairs if split == "train" else settings.held_out_pairs
    folder = None if cache is None else Path(cache) / f"{split}-128"
    return StorybookDataset(split, settings.model.image_size, count, cache=folder)


def _unseen_for_training(settings: JudgeSettings, cache: str | Path | None) -> StorybookDataset | None:
    if not settings.unseen_pairs:
        return None
    folder = None if cache is None else Path(cache) / "unseen-128-for-judge"
    return StorybookDataset("unseen", settings.model.image_size, settings.unseen_pairs, seed=1, cache=folder)


@torch.no_grad()
def measure_accuracy(judge: Judge, data: StorybookDataset, batch_pairs: int = 50) -> dict[str, Estimate]:
    """The judge's accuracy on the pictures of a data set: attribute -> share with its 95 % interval."""
    device = next(judge.parameters()).device
    found, truth = [], []
    for start in range(0, len(data), batch_pairs):
        batch = data.batch(range(start, min(start + batch_pairs, len(data))))
        images = pixels_to_images(batch.pixels.flatten(0, 1)).to(device, memory_format=torch.channels_last)
        with autocast(device, pick_precision(device)):
            found.append(judge.attributes(images).cpu())
        truth.append(batch.attributes.flatten(0, 1))
    return accuracy_per_attribute(torch.cat(found), torch.cat(truth))


def summarize(accuracy: Mapping[str, Estimate]) -> dict[str, float]:
    """Accuracies as plain numbers, with their mean under "mean"."""
    values = {name: estimate.value for name, estimate in accuracy.items()}
    return {"mean": sum(values.values()) / len(values), **values}


def run(
    minutes: float | None = None,
    steps: int | None = None,
    folder: str | Path | None = None,
    restart: bool = False,
    device: str = "auto",
    precision: str = "auto",
    seed: int = 0,
    name: str = "judge",
) -> TrainingReport:
    """Train (or go on training) a classifier; when it is finished it lies in data/checkpoints/`name` with its card.

    The autoencoder's adviser is another one by the same recipe, `run(seed=1, name="perceptual")`. Only the judge itself
    learns from held-out combinations: through an adviser they would leak into what is trained with it.
    """
    unseen_pairs = JudgeSettings.unseen_pairs if name == "judge" else 0
    settings = JudgeSettings(num_steps=steps or JudgeSettings.num_steps, seed=seed, unseen_pairs=unseen_pairs)
    plan = make_plan(settings, minutes=minutes, device=device, precision=precision)
    return train_judge(settings, plan, folder or RUNS / name, checkpoint_folder(name), CACHE, restart)


def make_plan(settings: JudgeSettings, **options: Any) -> Plan:
    """How long and how fast; `options` are further arguments of `Plan`."""
    warmup = min(100, settings.num_steps // 10)
    return Plan(settings.num_steps, settings.seed, warmup_steps=warmup, ema_decay=0.995, gauges_every=250, **options)


def train_judge(
    settings: JudgeSettings,
    plan: Plan,
    folder: str | Path,
    checkpoint: str | Path,
    cache: str | Path | None,
    restart: bool = False,
    quiet: bool = False,
) -> TrainingReport:
    """Train by the plan in `folder`, or go on there; write the finished judge to `checkpoint`.

    Args:
        cache: folder for rendered pictures, drawn there if they are missing; None draws every picture anew.

    Raises:
        ValueError, TrainingDiverged, TrainingInterrupted, OSError: as `training.train`.
    """
    report = train(JudgeTask(settings, cache), folder, plan, restart, quiet)
    if report.finished and os.environ.get("RANK", "0") == "0":  # one of several processes writes
        write_checkpoint(report, checkpoint, settings, cache)
    return report


def write_checkpoint(
    report: TrainingReport, checkpoint: str | Path, settings: JudgeSettings, cache: str | Path | None
) -> dict[str, dict[str, Estimate]]:
    """Save a finished run's averaged judge with a card that states its accuracy; returns that, split by split."""
    judge = Judge(settings.model)
    path = report.folder / "state" / "judge.averaged.safetensors"
    load_into(judge, load_weights(path), path)
    judge.eval().to(memory_format=torch.channels_last)
    splits = ("test", "unseen")
    accuracy = {split: measure_accuracy(judge, open_split(split, settings, cache)) for split in splits}
    judge.save(checkpoint)
    with atomic_path(Path(checkpoint) / "README.md") as temporary:
        temporary.write_text(_card(settings, accuracy, report), encoding="utf-8")
    return accuracy


def _card(settings: JudgeSettings, accuracy: Mapping[str, Mapping[str, Estimate]], report: TrainingReport) -> str:
    test, unseen = accuracy["test"], accuracy["unseen"]
    rows = [f"| {name} | {len(ATTRIBUTES[name])} | {test[name]} | {unseen.get(name, '-')} |" for name in test]
    means = f"| **mean** | | **{summarize(test)['mean']:.3f}** | **{summarize(unseen)['mean']:.3f}** |"
    return _CARD.format(
        size=settings.model.image_size,
        parameters=sum(parameter.numel() for parameter in Judge(settings.model).parameters()) / 1e6,
        pictures=2 * settings.train_pairs,
        rare=2 * settings.unseen_pairs,
        held_out=2 * settings.held_out_pairs,
        steps=report.steps,
        batch=2 * settings.batch_pairs,
        minutes=report.seconds / 60,
        speed=report.samples_per_second,
        table="\n".join([*rows, means]),
    )


_CARD = """---
license: mit
library_name: t2i_lib
pipeline_tag: image-classification
---
# Judge

Reads the nine attributes of the storybook world off a picture ({size} x {size} pixels; any other size is averaged to
it). {parameters:.1f} million parameters. It says whether a generated picture shows what its prompt states
(`t2i evaluate`), and its features carry the Frechet distance.

## How it was made

    t2i train judge

{steps} steps of {batch} pictures ({minutes:.0f} minutes, {speed:.0f} pictures/s) on {pictures} rendered pictures of
the training split and {rare} of held-out combinations (others than those below), and on nothing else: never on
generated pictures. No network of the project is trained against it.

## Accuracy

Share of pictures where the attribute is read correctly, among those where it applies, with Wilson's 95 % interval:
{held_out} rendered pictures of the test split, and {held_out} of combinations that the generator never met.

| attribute | values | test | unseen combinations |
|---|---|---|---|
{table}

## Limits

It knows rendered storybook pictures only. On anything else, and for attributes that a picture does not have (the
colour of nobody), it still answers, without meaning.
"""
