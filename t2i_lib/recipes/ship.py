"""A flow or a writer of picture tokens becomes a checkpoint: its own network in 16 bits, its figures, its card.

Text encoder and decoder stay where they are, in the checkpoint whose latents it draws; config.json names that.
"""

import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from t2i_lib.checkpoints import atomic_path, load_json, load_weights, save_json, save_weights
from t2i_lib.evaluation import EvaluationSettings, evaluate, to_json
from t2i_lib.judge import Judge
from t2i_lib.locations import RUNS, checkpoint_folder
from t2i_lib.metrics import Estimate
from t2i_lib.pipeline import TextToImage

FIGURES = {
    "prompt_accuracy": "prompt accuracy, test",
    "exact_match": "exact match, test",
    "unseen_prompt_accuracy": "prompt accuracy, unseen combinations",
    "zh_minus_en": "Chinese minus English",
    "text_use_gap": "text-use gap",
    "variety_ratio": "variety ratio",
    "frechet_distance": "Frechet distance (judge features)",
    "frechet_floor": "its floor, real against real",
    "judge_accuracy": "judge's own accuracy",
}


@dataclass(frozen=True)
class Shipping:
    """Which trainings a checkpoint comes from, and how it draws unless told otherwise."""

    trainings: tuple[str, ...]  # in their order; the last one that is done left the artist
    about: str
    drawing: dict[str, Any]  # once all of them are done


SHIPPED = {
    "flow": Shipping(
        ("flow", "shortcuts"),
        "A flow: a network that follows a velocity from noise to latents. It takes small steps, guided, or the big\n"
        "steps that it learned afterwards (`artist.generator.num_steps = 1, 2, 4` or `8`).",
        {"num_steps": 8},
    ),
    "token-artist": Shipping(
        ("writer",),
        "A language model that draws: it writes a picture as 64 words of eight letters, one after another. Guidance,\n"
        "temperature and top-k are attributes of `artist.generator`. The alphabets are k-means (`t2i train tokens`).",
        {"guidance": 4.0, "temperature": 0.9},  # the best of eight settings on 100 validation prompts
    ),
}


def run(name: str, preset: str = "lesson", runs: Path = RUNS, settings: EvaluationSettings | None = None) -> Path:
    """Put the artist of a training into data/checkpoints, measured.

    Args:
        name: "flow" or "token-artist".
        preset: whose trainings; the checkpoint of that name lends text encoder and decoder.
        runs: where the trainings lie.
        settings: how much is drawn for the figures.
    """
    shipping, target = SHIPPED[name], checkpoint_folder(name)
    folders = [runs / f"{training}-{preset}" for training in shipping.trainings]
    folders = [folder for folder in folders if (folder / "artist").is_dir()] or folders
    trained = TextToImage.from_pretrained(folders[-1] / "artist")
    drawing = trained.config.generator
    if len(folders) == len(shipping.trainings):
        drawing = replace(drawing, **shipping.drawing)
    config = replace(trained.config, generator=drawing, name=name, parts_from=preset)
    save_json(target / "config.json", config.as_dict())
    weights = load_weights(folders[-1] / "artist" / "generator.safetensors")
    save_weights(target / "generator.safetensors", {key: tensor.half() for key, tensor in weights.items()})
    (target / "training").mkdir(parents=True, exist_ok=True)
    for folder in folders:
        shutil.copyfile(folder / "log.jsonl", target / "training" / f"{folder.name}.jsonl")
    artist = TextToImage.from_pretrained(target)  # what ships is what is measured
    judge = Judge.load(checkpoint_folder("judge")).to(artist.device)
    report = to_json(evaluate(artist, judge, artist.config.image_size, settings))
    save_json(target / "evaluation.json", report)
    told = [_told(folder) for folder in folders]
    save_json(target / "training.json", told)
    with atomic_path(target / "README.md") as temporary:
        temporary.write_text(_card(name, artist, told, folders, report), encoding="utf-8")
    print(f"{target}: prompt accuracy {_number(report['prompt_accuracy'])}", file=sys.stderr)
    return target


def _told(folder: Path) -> dict[str, Any]:
    """What a training tells of itself: steps, minutes, machine."""
    run = load_json(folder / "run.json")
    machine = run["machine"]
    return {
        "training": folder.name,
        "command": run["command"],
        "steps": run["steps"],
        "pictures": run["steps"] * 2 * run["config"]["training"]["batch_size"],
        "minutes": round(run["seconds"] / 60, 1),
        "machine": f"{machine['device']}, {machine['threads']} thread(s), {run['precision']}",
        "seed": run["config"]["seed"],
        "commit": run["commit"],
    }


def _card(
    name: str, artist: TextToImage, rows: list[dict[str, Any]], folders: list[Path], report: dict[str, Any]
) -> str:
    return _CARD.format(
        name=name,
        size=artist.config.image_size,
        about=SHIPPED[name].about,
        lender=artist.config.parts_from,
        parameters=sum(weights.numel() for weights in artist.generator.state_dict().values()),
        stages="\n".join(
            f"| {row['training'].partition('-')[0]} | `{row['command']}` | {row['steps']} | {row['minutes']:.0f} | "
            f"{row['machine']} | {row['seed']} | {row['commit']} |"
            for row in rows
        ),
        pictures=", ".join(f"{row['pictures']:,}" for row in rows),
        notes="".join(_notes(folder) for folder in folders),
        figures="\n".join(f"| {text} | {_number(report[key])} |" for key, text in FIGURES.items()),
        attributes="\n".join(f"| {each} | {_number(value)} |" for each, value in report["per_attribute"].items()),
    )


def _notes(folder: Path) -> str:
    path = folder / "notes.md"
    return f"\n{path.read_text(encoding='utf-8').strip()}\n" if path.is_file() else ""


def _number(stored: dict[str, float]) -> str:
    return str(Estimate(**stored))


_CARD = """---
license: mit
library_name: t2i_lib
pipeline_tag: text-to-image
language: [en, zh]
---
# {name}: {size}-pixel storybook pictures from English and Chinese prompts, without an adversary

    from t2i_lib import TextToImage
    TextToImage.from_pretrained("{name}")("a green hill at sunset with a rainbow", seed=7)

{about}

Lesson 12 sets it beside the GAN. It draws the same latents from the same text features: text encoder and decoder are
those of the checkpoint `{lender}` beside this one. Its own network has {parameters} weights.

## How it was made

| stage | command | steps | minutes | machine | seed | commit |
|---|---|---|---|---|---|---|
{stages}

They saw {pictures} pictures. Minutes count training steps alone, without gauges and saving.
`t2i publish --preset {name}` measured the figures below and wrote this card.
{notes}
## Figures

With 95 % intervals, from the judge (`data/checkpoints/judge`), which took no part in the training.

| figure | measured |
|---|---|
{figures}

| stated attribute | found in |
|---|---|
{attributes}

## Where it falls short

It knows the storybook world and nothing else. It was trained for minutes, not for hours: a longer training of the same
command would draw better.
"""
