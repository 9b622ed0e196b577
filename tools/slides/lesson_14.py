"""Figures and numbers of the deck of lesson 14, your own data."""

import tempfile
from collections.abc import Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from random import Random
from statistics import fmean

import torch
from matplotlib.figure import Figure

from t2i_lib import TextToImage
from t2i_lib.augmentation import Augmentation
from t2i_lib.captioned_folder import CaptionedFolder
from t2i_lib.datasets import pixels_to_images
from t2i_lib.experiments.own_data import NAME
from t2i_lib.experiments.picture_rows import load_rows
from t2i_lib.experiments.record import load_record, record_file
from t2i_lib.locations import checkpoint_folder
from t2i_lib.openmoji import OpenMoji
from t2i_lib.pipeline import to_pictures
from t2i_lib.plots import plot_pipeline
from t2i_lib.plots.listening import plot_picture_table
from t2i_lib.plots.own_data import plot_flip_coin
from t2i_lib.recipes import own
from t2i_lib.recipes.own_task import OwnTraining
from t2i_lib.toys.creatures import COLORS, CREATURES, HELD_OUT, KINDS, captions, draw_creature, write_folder
from tools.slides.drawing import enlarged
from tools.slides.facts import stored

STEPS = 64  # as in the notebook; 25 seconds on one core
SHOWN = (*HELD_OUT, *[each for each in CREATURES if each not in HELD_OUT][:2])
Drawn = Mapping[str, Sequence]


@cache
def artist() -> TextToImage:
    return TextToImage.from_pretrained(checkpoint_folder("lesson"), device="cpu", precision="fp32")


@cache
def zibbles() -> torch.Tensor:
    """The twenty drawings as images (20, 3, 64, 64)."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = CaptionedFolder(write_folder(Path(folder), 64), 64)
        return pixels_to_images(torch.stack([pictures[place].pixels for place in range(len(pictures))]))


@cache
def zibble_artist() -> TextToImage:
    """The shipped artist after the notebook's training, 64 steps with sixteen zibbles."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = CaptionedFolder(write_folder(Path(folder, "zibbles")), 64)
        own.run(
            pictures, checkpoint_folder("lesson"), Path(folder, "run"), OwnTraining(batch_size=8),
            [CREATURES.index(each) for each in HELD_OUT],
            steps=STEPS, device="cpu", precision="fp32", quiet=True, gauges_every=STEPS,
        )  # fmt: skip
        return TextToImage.from_pretrained(Path(folder, "run"), device="cpu", precision="fp32")


def table(rows: Drawn, columns: Sequence[str], edge: float = 1.2, times: float = 1.4) -> Figure:
    return enlarged(plot_picture_table(rows, columns, edge), times)


def twenty_zibbles() -> Figure:
    rows = {color: [draw_creature(color, kind, 128, Random(color + kind)) for kind in KINDS] for color in COLORS}
    return table(rows, [""] * len(KINDS), 1.0, 1.6)


def asked_before() -> Figure:
    shown = (("red", "one eye"), ("yellow", "two eyes"), ("green", "three eyes"), ("blue", "horns"))
    theirs = to_pictures(artist().draw([captions(*each)[0] for each in shown], [14] * len(shown)))
    return table({"mine": [draw_creature(*each) for each in shown], "its": theirs}, ["\n".join(each) for each in shown])


def there_and_back() -> Figure:
    emojis = OpenMoji(64, tones=False)
    faraway = pixels_to_images(torch.stack([emojis[place].pixels for place in range(40, len(emojis), 240)]))
    rows = {}
    for name, images in (("zibbles", zibbles()[::3][:6]), ("emojis", faraway[:6])):
        with torch.no_grad():
            back = artist().decode(artist().autoencoder.encode(images))
        rows |= {name: to_pictures(images), f"{name}, back": to_pictures(back)}
    return table(rows, [""] * 6, 0.85)


def augmented() -> Figure:
    images = zibbles()[::3][:6]
    with torch.no_grad():
        latents = Augmentation()(artist().autoencoder.encode(images), torch.Generator().manual_seed(3))
        changed = artist().decode(latents)
    return table({"as it is": to_pictures(images), "augmented": to_pictures(changed)}, [""] * 6)


def castles_become_zibbles() -> Figure:
    prompts, seeds = [captions(*each)[0] for each in SHOWN], [0] * len(SHOWN)
    rows = {
        f"step {step}": to_pictures(one.draw(prompts, seeds)) for step, one in ((0, artist()), (STEPS, zibble_artist()))
    }
    rows["mine"] = [draw_creature(*each) for each in SHOWN]
    return table(rows, ["\n".join(each) for each in SHOWN], 1.0)


def before_and_after() -> Figure:
    old = ["a girl in a red dress by the sea at sunset", "一片神秘的森林，雾气弥漫", "a white cat on a hill"]
    both = {"before": artist(), "after": zibble_artist()}
    rows = {name: to_pictures(each.draw(old, [7] * 3)) for name, each in both.items()}
    return table(rows, ["girl by the sea", "misty forest", "white cat"], 1.5)


def worlds_meet() -> Figure:
    asked = {
        "sea, sunset": "a red zibble by the sea at sunset",
        "雪地，夜晚": "夜晚的雪地，蓝色的团子",
        "desert, day": "a yellow zibble in the desert by day",
    }
    rows = {name: to_pictures(zibble_artist().draw([prompt] * 5, list(range(5)))) for name, prompt in asked.items()}
    return table(rows, [f"noise {number}" for number in range(5)], 1.0)


def kinds_of_training() -> Figure:
    """What some trainings of the record drew, where there is a record; always what this deck's own one drew."""
    asked = [CREATURES[place] for place in (CREATURES.index(each) for each in HELD_OUT)]
    prompts = [captions(*each)[number % 2] for number, each in enumerate(asked)]
    rows = {f"{STEPS} steps": to_pictures(zibble_artist().draw(prompts, [0] * len(prompts)))}
    sheet = record_file(NAME).with_suffix(".png")
    kept = load_rows(sheet) if sheet.is_file() else {}
    named = ("recipe", "only real ones augmented", "low rank")
    rows |= {name.replace(" ones", "\nones"): kept[name][: len(asked)] for name in named if name in kept}
    return table(rows, ["\n".join(each) for each in asked], 0.9)


FIGURES = {
    "twenty_zibbles": twenty_zibbles,
    "asked_before": asked_before,
    "there_and_back": there_and_back,
    "flip_coin": lambda: enlarged(plot_flip_coin(), 1.3),
    "augmented": augmented,
    "castles_become_zibbles": castles_become_zibbles,
    "before_and_after": before_and_after,
    "worlds_meet": worlds_meet,
    "kinds_of_training": kinds_of_training,
    "where_we_are": partial(
        plot_pipeline,
        ("prompt", "text encoder", "text features", "generator", "latents", "decoder", "picture", "discriminator"),
    ),
}


def tokens_of(text: str) -> str:
    """The tokens of a text, as the notebook shows them, each as code."""
    return " ".join(f"`{token}`" for token in stored("14", "tokens", rf"^{text} +(\S.*)").split())


def alike_table() -> str:
    rows = ["| reader | English | Chinese |", "|---|---|---|"]
    for reader in ("text-bert", "text-t5", "text-gpt"):
        lost = [stored("14", "alike", rf"^{reader} +{name}: +(\d+) of") for name in ("English", "Chinese")]
        rows.append(f"| {reader} | {lost[0]} | {lost[1]} |")
    return "\n".join(rows)


def trainings_table() -> str:
    """What trainings kept of the storybook and learned of zibbles; says so where nothing is recorded yet."""
    if not record_file(NAME).is_file():
        return "Not recorded yet: `t2i experiment own_data` measures it."
    record = load_record(NAME)
    rows = ["| 300 steps | numbers that learn | storybook | recall |", "|---|---|---|---|"]
    for name in ("recipe", "affine layers only", "low rank", "from scratch"):
        count, old, new = (
            fmean(record.figures(name, each)) for each in ("numbers that learn", "storybook", "caption recall")
        )
        rows.append(f"| {name} | {count:,.0f} | {old:.2f} | {new:.2f} |")
    return "\n".join(rows)


FACTS = {
    "raccoon": lambda: tokens_of("raccoon"),
    "beaver": lambda: tokens_of("beaver"),
    "浣熊": lambda: tokens_of("浣熊"),
    "河狸": lambda: tokens_of("河狸"),
    "alike table": alike_table,
    "trainings table": trainings_table,
    "names": lambda: stored("14", "alike", r"of (\d+) names"),
    "storybook dB": lambda: stored("14", "foreign", r"^storybook +([\d.]+) dB"),
    "zibbles dB": lambda: stored("14", "foreign", r"^zibbles +([\d.]+) dB"),
    "emojis dB": lambda: stored("14", "foreign", r"^emojis +([\d.]+) dB"),
    "noise dB": lambda: stored("14", "foreign", r"^noise +([\d.]+) dB"),
    "twins by lot": lambda: stored("14", "twins", r"by lot: (\d+)%"),
    "shift apart": lambda: stored("14", "latents-shifted", r": ([\d.]+) apart"),
    "colour right": lambda: stored("14", "nearest", r"colour right ([\d.]+)"),
    "kind right": lambda: stored("14", "nearest", r"kind right ([\d.]+)"),
    "before": lambda: stored("14", "forget", r"before ([\d.]+)"),
    "after": lambda: stored("14", "forget", r"after ([\d.]+)"),
    "forgotten": lambda: stored("14", "forget", r"forgotten: ([\d.]+)"),
    "place": lambda: stored("14", "mixed", r"asked place ([\d.]+)"),
    "light": lambda: stored("14", "mixed", r"asked light ([\d.]+)"),
}
