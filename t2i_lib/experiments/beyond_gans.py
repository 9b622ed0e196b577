"""Which way draws better: a GAN, a flow, or a language model? The shipped artists in one table, each drawing its ways.

In: the checkpoints lesson, flow and token-artist. Out: figures of each way to draw. Nothing is trained here; training's
minutes and pictures come from the checkpoints' own diaries.
"""

import json
import time
from collections.abc import Iterable
from functools import partial
from typing import Any

import torch

from t2i_lib.checkpoints import load_json
from t2i_lib.evaluation import EvaluationSettings, evaluate
from t2i_lib.experiments.record import Outcome, Record, carry_out
from t2i_lib.flow_matching import heun
from t2i_lib.judge import Judge
from t2i_lib.locations import checkpoint_folder
from t2i_lib.metrics import Estimate
from t2i_lib.pipeline import TextToImage

NAME = "beyond_gans"
# Captions of the test split in two languages, and as many of unseen combinations: a sixth of what a card has.
SETTINGS = EvaluationSettings(captions=80, variety_captions=15, variety_copies=4, article_seeds=1, training_pairs=1000)
FIGURES = ("prompt_accuracy", "exact_match", "unseen_prompt_accuracy", "text_use_gap", "variety_ratio",
           "frechet_distance")  # fmt: skip
DIARIES = {
    "GAN": "lesson/training/log.jsonl",
    "flow": "flow/training/flow-lesson.jsonl",
    "tokens": "token-artist/training/writer-lesson.jsonl",
}
GAUGES = ("prompt accuracy", "exact match", "variety")
BATCH = 64  # pictures a step, in all three trainings
TIMED = 32  # pictures that are drawn for the clock


def ways() -> dict[str, tuple[str, dict[str, Any], int]]:
    """Name -> checkpoint, how it draws, and how often its network is asked a picture."""
    found = {"GAN": ("lesson", {}, 1)}
    for steps in (16, 8, 4, 2, 1):
        found[f"flow, {steps} small steps, guided"] = ("flow", {"num_steps": steps, "small": True}, 2 * steps)
    found["flow, 16 small steps, plain"] = ("flow", {"num_steps": 16, "small": True, "guidance": 1.0}, 16)
    found["flow, 8 steps of Heun, guided"] = ("flow", {"num_steps": 8, "small": True, "follow": heun}, 32)
    for steps in (8, 4, 2, 1):
        found[f"flow, {steps} big steps"] = ("flow", {"num_steps": steps}, steps)
    found["tokens, guided"] = ("token-artist", {}, 128)
    found["tokens, plain"] = ("token-artist", {"guidance": 1.0}, 64)
    found["tokens, the likeliest letter"] = ("token-artist", {"temperature": 0.0}, 128)
    return found


def prepare(checkpoint: str, drawing: dict[str, Any]) -> TextToImage:
    """An artist that draws in one of the ways.

    Raises:
        ValueError: if the checkpoint is not there.
    """
    artist = TextToImage.from_pretrained(checkpoint_folder(checkpoint))
    drawing = dict(drawing)
    if checkpoint == "flow":
        artist.generator.big_steps &= not drawing.pop("small", False)
    for name, value in drawing.items():
        setattr(artist.generator, name, value)
    return artist


def is_there(name: str, checkpoint: str) -> bool:
    """Whether the checkpoint has come, and has learned to draw this way."""
    path = checkpoint_folder(checkpoint) / "config.json"
    return path.is_file() and ("big" not in name or load_json(path)["generator"]["big_steps"])


def measure(
    checkpoint: str, drawing: dict[str, Any], passes: int, seed: int = 0, settings: EvaluationSettings = SETTINGS
) -> Outcome:
    """Figures of one way to draw. Each picture's place is its seed: `seed` is unused."""
    artist = prepare(checkpoint, drawing)
    judge = Judge.load(checkpoint_folder("judge")).to(artist.device)
    report = evaluate(artist, judge, artist.config.image_size, settings, quiet=True)
    figures: dict[str, float] = {"pictures a second": round(speed(artist), 2), "passes": passes}
    for name in FIGURES:
        estimate: Estimate = report[name]
        figures |= {name: estimate.value, f"{name} low": estimate.low, f"{name} high": estimate.high}
    parameters = sum(weights.numel() for weights in artist.generator.state_dict().values())
    return Outcome({name: round(value, 4) for name, value in figures.items()} | {"parameters": parameters})


def speed(artist: TextToImage) -> float:
    """Pictures a second, drawn in one batch, decoder included; the better of two tries."""
    prompts, seeds, best = ["a red cat by the sea"] * TIMED, list(range(TIMED)), 0.0
    for _ in range(2):
        start = time.perf_counter()
        artist.draw(prompts, seeds)
        best = max(best, TIMED / (time.perf_counter() - start))
    return best


def diaries() -> dict[str, dict[str, list[float]]]:
    """What the trainings wrote down, by artist: pictures seen, minutes (each on its own machine), and the gauges."""
    found = {}
    for name, path in DIARIES.items():
        path = checkpoint_folder("") / path
        if path.is_file():
            lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            marks = [line for line in lines if line.get("gauges")]
            found[name] = {"pictures": [line["step"] * BATCH for line in marks]}
            found[name]["minutes"] = [line["seconds"] / 60 for line in marks]
            found[name] |= {gauge: [line["gauges"][gauge] for line in marks] for gauge in GAUGES}
    return found


def run(seeds: Iterable[int]) -> Record:
    """Measure every way once; a second time would give the same pictures."""
    torch.manual_seed(0)
    variants = {name: partial(measure, *way) for name, way in ways().items() if is_there(name, way[0])}
    return carry_out(NAME, variants, list(seeds)[:1])
