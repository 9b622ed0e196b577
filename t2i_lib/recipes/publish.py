"""From a training to a checkpoint that ships: the artist, its measured figures, and a model card that states them."""

import re
import shutil
import sys
from pathlib import Path
from typing import Any

from t2i_lib.checkpoints import atomic_path, load_json, load_weights, save_json, save_weights
from t2i_lib.evaluation import EvaluationSettings, evaluate, to_json
from t2i_lib.judge import Judge
from t2i_lib.locations import RUNS, checkpoint_folder
from t2i_lib.metrics import Estimate
from t2i_lib.pipeline import TextToImage
from t2i_lib.presets import PRESETS, Preset, find_preset
from t2i_lib.recipes.gan import publish

# What the project wants to reach (prompt accuracy, ...), as the card sets it beside what was measured.
GOALS = {
    "lesson": {"prompt_accuracy": ">= 0.85", "exact_match": ">= 0.50", "unseen_prompt_accuracy": ">= 0.80",
               "zh_minus_en": "within 0.02", "variety_ratio": ">= 0.7"},
    "full": {"prompt_accuracy": ">= 0.93", "exact_match": ">= 0.70", "unseen_prompt_accuracy": ">= 0.90",
             "zh_minus_en": "within 0.02", "variety_ratio": ">= 0.8", "frechet_over_floor": "<= 10"},
    "gpu": {"prompt_accuracy": ">= 0.98", "exact_match": ">= 0.92", "unseen_prompt_accuracy": ">= 0.96",
            "zh_minus_en": "within 0.02", "variety_ratio": ">= 0.9", "frechet_over_floor": "<= 3"},
}  # fmt: skip
FIGURES = {
    "prompt_accuracy": "prompt accuracy, test",
    "exact_match": "exact match, test",
    "unseen_prompt_accuracy": "prompt accuracy, unseen combinations",
    "zh_minus_en": "Chinese minus English",
    "variety_ratio": "variety ratio",
    "frechet_over_floor": "Frechet distance / real-real floor",
    "frechet_distance": "Frechet distance (judge features)",
    "frechet_floor": "its floor, real against real",
    "text_use_gap": "text-use gap",
    "judge_accuracy": "judge's own accuracy",
}


def run(preset: str = "full", folder: str | Path | None = None, settings: EvaluationSettings | None = None) -> Path:
    """Measure the averaged generator of a training and put it into data/checkpoints with its card.

    Args:
        preset: whose training; the checkpoint takes its name.
        folder: the GAN's training folder; runs/gan-<preset> without it. One of another preset will do if this preset
            has a decoder for its latents.
        settings: how much is drawn for the figures.

    Returns:
        the checkpoint's folder, with evaluation.json and README.md in it.

    Raises:
        ValueError: if the training or the judge is missing.
    """
    sizes = find_preset(preset)
    run_folder = Path(folder or RUNS / f"gan-{preset}")
    judge = Judge.load(checkpoint_folder("judge"))
    target = checkpoint_folder(preset)
    publish(run_folder, sizes, target)
    halve(target)
    if _played(sizes, run_folder) == preset:
        keep_diary(run_folder, target / "training")
    artist = TextToImage.from_pretrained(target)  # what ships is what is measured
    report = to_json(evaluate(artist, judge.to(artist.device), artist.config.image_size, settings))
    save_json(target / "evaluation.json", report)
    with atomic_path(target / "README.md") as temporary:
        temporary.write_text(_card(sizes, run_folder, report), encoding="utf-8")
    print(f"{target}: prompt accuracy {_number(report['prompt_accuracy'])}", file=sys.stderr)
    return target


def halve(folder: Path) -> None:
    """Store the large networks of an artist in 16 bits, half their size; they compute in 32 all the same.

    The encoder keeps its 32: where latents change in the last digits, they are other latents to whoever trains on.
    """
    for name in ("generator", "discriminator", "features", "autoencoder", "text_encoder/model"):
        path = folder / f"{name}.safetensors"
        if path.is_file():
            weights = load_weights(path).items()
            exact = ("encoder.", "standardise.") if name == "autoencoder" else ()
            save_weights(path, {key: tensor if key.startswith(exact) else tensor.half() for key, tensor in weights})


def keep_diary(run_folder: Path, folder: Path, sheets: int = 6) -> None:
    """Keep what a training wrote down on its way: its log, and sheets of samples, each twice as far on as the last."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "samples").mkdir(parents=True)
    shutil.copyfile(run_folder / "log.jsonl", folder / "log.jsonl")
    pictures = sorted((run_folder / "samples").glob("step_*.png"))
    places = {0} | {round((len(pictures) - 1) / 2**halvings) for halvings in range(sheets - 1)}
    for place in sorted(places) if pictures else ():
        shutil.copyfile(pictures[place], folder / "samples" / pictures[place].name)


def _played(preset: Preset, run_folder: Path) -> str:
    """The preset that the game was played with, by its folder's usual name."""
    named = run_folder.name.removeprefix("gan-")
    return named if named in PRESETS else preset.name


def _card(preset: Preset, run_folder: Path, report: dict[str, Any]) -> str:
    return _CARD.format(
        name=preset.name,
        size=preset.image_size,
        stages="\n".join(_stage_rows(preset, run_folder)),
        notes=_notes(run_folder),
        figures="\n".join(_figure_rows(preset, report)),
        rows="\n".join(_scale_rows(report)),
        attributes="\n".join(f"| {name} | {_number(value)} |" for name, value in report["per_attribute"].items()),
        weakest=_weakest(report),
        article="\n".join(
            f"| {entry['prompt']} | {entry['found']} of {entry['of']} | {_missed(entry)} |"
            for entry in report["article_prompts"]
        ),
    )


def _notes(run_folder: Path) -> str:
    """What whoever trained wrote down in notes.md of the training's folder, for example that it took several tries."""
    path = run_folder / "notes.md"
    return f"\n{path.read_text(encoding='utf-8').strip()}\n" if path.is_file() else ""


def _stage_rows(preset: Preset, run_folder: Path) -> list[str]:
    played = _played(preset, run_folder)
    presets = {"autoencoder": preset.name, "features": played, "gan": played}
    rows = []
    for stage, name in presets.items():
        folder = run_folder if stage == "gan" else RUNS / f"{stage}-{name}"
        if not (folder / "run.json").is_file():
            continue
        run = load_json(folder / "run.json")
        machine = run["machine"]
        given = re.search(r" --start \S+", run["command"])
        start = (
            given[0] if given else f" --start data/checkpoints/{played}" * bool(run["config"].get("encoder is kept"))
        )
        rows.append(
            f"| {stage} | `t2i train {stage} --preset {name}{start}` | {run['steps']} | {run['seconds'] / 60:.0f} | "
            f"{machine['device']}, {machine['threads']} thread(s), {run['precision']} | {run['config']['seed']} | "
            f"{run['commit']} |"
        )
    return rows


def _figure_rows(preset: Preset, report: dict[str, Any]) -> list[str]:
    goals = GOALS.get(preset.name, {})
    return [f"| {text} | {_number(report[key])} | {goals.get(key, '')} |" for key, text in FIGURES.items()]


def _scale_rows(report: dict[str, Any]) -> list[str]:
    return [
        f"| {row} | "
        + " | ".join(_number(splits[s][n]) for s in splits for n in ("prompt_accuracy", "exact_match"))
        + " |"
        for row, splits in report["rows"].items()
    ]


def _weakest(report: dict[str, Any], count: int = 6) -> str:
    values = [
        (recall["value"], f"{name} {value} ({recall['value']:.2f})")
        for name, recalls in report["per_value"].items()
        for value, recall in recalls.items()
    ]
    return ", ".join(text for _, text in sorted(values)[:count])


def _missed(entry: dict[str, Any]) -> str:
    return ", ".join(f"{name} {count}x" for name, count in entry["missed"].items())


def _number(stored: dict[str, float]) -> str:
    return str(Estimate(**stored))


_CARD = """---
license: mit
library_name: t2i_lib
pipeline_tag: text-to-image
language: [en, zh]
---
# {name}: {size}-pixel storybook pictures from English and Chinese prompts

    from t2i_lib import TextToImage
    TextToImage.from_pretrained("data/checkpoints/{name}")("a green hill at sunset with a rainbow", seed=7)

A frozen text encoder (`text_encoder/`, its own card beside it), a generator and a decoder; the discriminator and the
feature network that it looks through are kept for whoever wants to train on. All of it was trained on pictures that the
library renders and captions itself.

## How it was made

| stage | command | steps | minutes | machine | seed | commit |
|---|---|---|---|---|---|---|
{stages}

Minutes count training steps alone, without gauges and saving. `t2i publish --preset {name}` measured the figures below
and wrote this card.
{notes}
## Figures

With 95 % intervals, from the judge (`data/checkpoints/judge`), which took no part in the training.

| figure | measured | goal |
|---|---|---|
{figures}

| | test prompt accuracy | test exact match | unseen prompt accuracy | unseen exact match |
|---|---|---|---|---|
{rows}

| stated attribute | found in |
|---|---|
{attributes}

The article's six prompts: pictures in which everything stated is found.

| prompt | found | missed |
|---|---|---|
{article}

## Drawn again

`t2i draw --sketches 4` lets a second network (`data/checkpoints/perceptual`, which is not the judge) look at each
picture; one that does not show what was understood is drawn again with another seed, at most four times. Measured by
`t2i evaluate {name} --sketches 4`:

<!-- sketches: begin, written by `make lists` -->
<!-- sketches: end -->

## Where it falls short

Least often found: {weakest}. It knows the storybook world and nothing else: a word from outside is named by `parse` and
by the command line, and has no reliable effect on the picture. Faces, hands and held things are the smallest parts of
a picture and the first to melt.
"""
