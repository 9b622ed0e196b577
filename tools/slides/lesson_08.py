"""Figures and numbers of the deck of lesson 08, the text-to-image GAN."""

from functools import cache, partial

import torch
from matplotlib.figure import Figure

from t2i_lib import TextToImage
from t2i_lib.experiments.record import load_record
from t2i_lib.interventions import draw_quarrel, word_effects
from t2i_lib.locations import checkpoint_folder
from t2i_lib.pipeline import to_pictures
from t2i_lib.plots import plot_pipeline
from t2i_lib.plots.listening import plot_map_and_effect, plot_picture_table, plot_two_scores
from t2i_lib.toys import sun_and_sea
from t2i_lib.toys.sentence_game import Rules, Sentences, play
from tools.slides.drawing import enlarged
from tools.slides.facts import stored

ENGLISH, CHINESE = "a {1} in {0} is standing {3} at {2}", "{2}，一个穿{0}衣服的{1}站在{3}"
SAID = {
    "as it is": (("red", "girl", "sunset", "by the sea"), ("红", "女孩", "日落时分", "海边")),
    "blue 蓝": (("blue", "girl", "sunset", "by the sea"), ("蓝", "女孩", "日落时分", "海边")),
    "boy 男孩": (("red", "boy", "sunset", "by the sea"), ("红", "男孩", "日落时分", "海边")),
    "night 夜晚": (("red", "girl", "night", "by the sea"), ("红", "女孩", "夜晚", "海边")),
    "forest 森林": (("red", "girl", "sunset", "in the forest"), ("红", "女孩", "日落时分", "森林里")),
}
QUARREL = ("a red cat on the left, on a hill by day", "夜晚的海边，右边有一只白色的狗")


@cache
def artist() -> TextToImage:
    return TextToImage.from_pretrained(checkpoint_folder("lesson"), device="cpu", precision="fp32")


def one_word_changes() -> Figure:
    rows = {"English": [ENGLISH.format(*en) for en, _ in SAID.values()]}
    rows["中文"] = [CHINESE.format(*zh) for _, zh in SAID.values()]
    drawn = {name: to_pictures(artist().draw(texts, [7] * len(texts))) for name, texts in rows.items()}
    return enlarged(plot_picture_table(drawn, list(SAID), edge=1.5), 1.3)


def suns_and_seas() -> Figure:
    pairs = torch.tensor(sun_and_sea.PAIRS)
    pictures = to_pictures(sun_and_sea.draw_pairs(pairs, torch.Generator().manual_seed(8)))
    names = [" / ".join(sun_and_sea.COLORS[color] for color in pair) for pair in sun_and_sea.PAIRS]
    return enlarged(plot_picture_table({"": pictures[:4]}, names[:4], edge=1.6), 1.2)


def lovely_and_wrong() -> Figure:
    """The game in which both sides hear a bag of words: pairs of colours, each followed by its exchange."""
    _, diary = play(Sentences(artist().text_encoder), Rules(hears="words", critic_hears="words"))
    shown = [2, 9, 4, 7]
    names = [" / ".join(sun_and_sea.COLORS[color] for color in sun_and_sea.PAIRS[number]) for number in shown]
    return enlarged(plot_picture_table({"bag": to_pictures(diary.samples[-1][shown])}, names, edge=1.6), 1.2)


def colours_and_binding() -> Figure:
    record = load_record("binding")
    names = [
        name for name in record.variants if name in ("places read words", "one vector a sentence", "a bag of words")
    ]
    curves = {name: [record.curves(name, score) for score in ("colours", "binding")] for name in names}
    return enlarged(plot_two_scores(record.curves(names[0], "steps")[0], curves), 1.2)


def map_against_effect() -> Figure:
    tokens, weights, effects = word_effects(artist(), ENGLISH.format(*SAID["as it is"][0]), [0, 1, 2, 3])
    return enlarged(plot_map_and_effect(tokens, weights, effects), 1.3)


def tug_of_war() -> Figure:
    first, second = QUARREL
    cases = {"style A, words B": (first, second), "style B, words A": (second, first)}
    rows = {name: to_pictures(draw_quarrel(artist(), *case, list(range(5)))) for name, case in cases.items()}
    return enlarged(plot_picture_table(rows, [f"noise {number}" for number in range(5)]), 1.2)


FIGURES = {
    "one_word_changes": one_word_changes,
    "suns_and_seas": suns_and_seas,
    "lovely_and_wrong": lovely_and_wrong,
    "colours_and_binding": colours_and_binding,
    "map_against_effect": map_against_effect,
    "tug_of_war": tug_of_war,
    "where_we_are": partial(plot_pipeline, ("text features", "generator", "latents", "discriminator")),
}


def ended(variant: str) -> str:
    """The mean binding score of a variant in the record, and its colours."""
    record = load_record("binding")
    colours, binding = (record.figures(variant, name) for name in ("colours", "binding"))
    return f"{sum(colours) / len(colours):.2f} | {sum(binding) / len(binding):.2f}"


def binding_table() -> str:
    rows = ["| what is heard | both colours | each in its place |", "|---|---|---|"]
    names = ("places read words", "one vector a sentence", "a bag on both sides", "no wrong sentences")
    return "\n".join([*rows, *(f"| {name} | {ended(name)} |" for name in names)])


FACTS = {
    "binding table": binding_table,
    "mean distance": lambda: stored("08", "heard", r"distance of the means: +([\d.]+)"),
    "token distance": lambda: stored("08", "heard", r"distance of the tokens sun: ([\d.]+)"),
    "exchanged pooled": lambda: stored("08", "loudness", r"^exchanged pooled ([\d.]+),"),
    "exchanged token": lambda: stored("08", "loudness", r"^exchanged pooled .* token ([\d.]+)"),
    "by chance": lambda: stored("08", "true-counted", r"by chance: ([\d.]+%)"),
    "wrong things": lambda: stored("08", "true-counted", r"wrong in ([\d.]+) things"),
    "just one": lambda: stored("08", "true-counted", r"in just one: (\d+%)"),
    "style keeps": lambda: stored("08", "tug-figure", r"mostly as the style said: (.*)"),
    "words keep": lambda: stored("08", "tug-figure", r"mostly as the words said: (.*)"),
    "looked at": lambda: stored("08", "map-tested", r"looked at most: (\w+);"),
    "matters": lambda: stored("08", "map-tested", r"absence changes most: (\w+)"),
    "real binding": lambda: stored("08", "two-figure", r"own colour among the two that were named: ([\d.]+)"),
}
