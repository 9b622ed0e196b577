"""Figures and numbers of the deck of lesson 00, first picture."""

from functools import cache

import numpy as np
import torch
from matplotlib.figure import Figure

from t2i_lib import TextToImage
from t2i_lib.checkpoints import load_json
from t2i_lib.judge import Judge
from t2i_lib.locations import checkpoint_folder, data_folder
from t2i_lib.pipeline import to_pictures
from t2i_lib.plots.course_map import plot_course_map
from t2i_lib.plots.stages import plot_features, plot_latents, plot_pictures, plot_route, plot_shares
from t2i_lib.storybook.scene import ATTRIBUTES
from tools.slides.drawing import enlarged
from tools.slides.facts import stored

PROMPT = "a red cat by the sea"
SILENT_AND_NIGHT = {"by the sea": PROMPT, "by the sea at night": "a red cat by the sea at night"}


@cache
def artist() -> TextToImage:
    return TextToImage.from_pretrained()


@cache
def stages() -> dict:
    return artist().stages(PROMPT, seed=7)


def tokens() -> list[str]:
    token_ids, _ = artist().text_encoder.tokenize([PROMPT])
    return artist().text_encoder.tokenizer.convert_ids_to_tokens(token_ids[0].tolist())


def hill_in_both() -> Figure:
    prompts = ["a green hill at sunset with a rainbow", "一座美丽的山丘，夕阳西下，天空中有彩虹"]
    pictures = [artist()(prompt, seed=7) for prompt in prompts]
    return enlarged(plot_pictures(pictures, ["English", "Chinese"], edge=2.0), 1.2)


def six_prompts() -> Figure:
    six = load_json(data_folder() / "prompts.json")
    pictures = [artist()(entry[language], seed=7) for language in ("en", "zh") for entry in six]
    titles = [f"{number}, {language}" for language in ("English", "Chinese") for number in range(1, 7)]
    return plot_pictures(pictures, titles, columns=6, edge=1.15)


def text_features() -> Figure:
    return enlarged(plot_features(stages()["features"].value[0], tokens()), 1.3)


def latents() -> Figure:
    return enlarged(plot_latents(stages()["latents"].value[0], columns=4), 1.2)


def whole_route() -> Figure:
    found = stages()
    parts = found["features"].value[0], found["noise"].value[0], found["latents"].value[0], found["picture"].value
    return enlarged(plot_route(tokens(), *parts), 1.2)


def six_seeds() -> Figure:
    seeds = [1, 2, 3, 4, 5, 7]
    pictures = [artist()("一只红色的猫在海边", seed=seed) for seed in seeds]
    return enlarged(plot_pictures(pictures, [f"seed {seed}" for seed in seeds], columns=3, edge=1.15), 1.2)


def what_noise_decides() -> Figure:
    judge, counts = Judge.load(checkpoint_folder("judge")), {}
    for name, prompt in SILENT_AND_NIGHT.items():
        found = judge.attributes(artist().draw([prompt] * 24, list(range(24))))[:, list(ATTRIBUTES).index("time")]
        counts[name] = {time: int((found == number).sum()) for number, time in enumerate(ATTRIBUTES["time"])}
    return enlarged(plot_shares(counts), 1.3)


def walk() -> Figure:
    start, end = artist().sample_noise([7]), artist().sample_noise([2])
    shares = torch.linspace(0, 1, 6)[:, None]
    noises = ((1 - shares) * start + shares * end) / ((1 - shares).square() + shares.square()).sqrt()
    features, pooled, mask = artist().encode([PROMPT] * len(shares))
    pictures = to_pictures(artist().decode(artist().generate_from(features, pooled, mask, noises)))
    return enlarged(plot_pictures(pictures, [f"{share:.0%}" for share in shares[:, 0].tolist()], edge=1.2), 1.2)


def no_rainbow() -> Figure:
    pictures = [np.asarray(artist()("a hill without a rainbow", seed=seed)) for seed in (1, 2, 7)]
    return enlarged(plot_pictures(pictures, ["seed 1", "seed 2", "seed 7"], edge=1.4), 1.2)


FIGURES = {
    "hill_in_both": hill_in_both,
    "six_prompts": six_prompts,
    "text_features": text_features,
    "latents": latents,
    "whole_route": whole_route,
    "six_seeds": six_seeds,
    "what_noise_decides": what_noise_decides,
    "walk": walk,
    "no_rainbow": no_rainbow,
    "course_map": lambda: enlarged(plot_course_map(here="00"), 1.2),
}

FACTS = {
    "english tokens": lambda: stored("00", "tokens", r"^(\d+) \["),
    "chinese tokens": lambda: stored("00", "tokens-chinese", r"^(\d+) \["),
    "features shape": lambda: stored("00", "stages", r"^features +(\([^)]*\))"),
    "noise shape": lambda: stored("00", "stages", r"^noise +(\([^)]*\))"),
    "latents shape": lambda: stored("00", "stages", r"^latents +(\([^)]*\))"),
    "picture shape": lambda: stored("00", "stages", r"^picture +(\([^)]*\))"),
    "trap": lambda: stored("00", "distances", r"as uint8: (\d+)"),
    "nights": lambda: stored("00", "night", r"it is (\d+)"),
    "middle": lambda: stored("00", "spread", r"share 0.50: spread ([\d.]+)"),
}
