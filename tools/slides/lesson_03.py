"""Figures and numbers of the deck of lesson 03, language models."""

from functools import cache

import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from t2i_lib import TextEncoder
from t2i_lib.checkpoints import load_json
from t2i_lib.experiments.record import load_record
from t2i_lib.locations import checkpoint_folder, data_folder
from t2i_lib.plots import plot_pipeline
from t2i_lib.plots.embedding_space import plot_cosines, plot_shares, plot_similarities
from t2i_lib.plots.listening import plot_variants
from t2i_lib.plots.tokens import plot_token_costs
from tools.slides.drawing import enlarged
from tools.slides.facts import stored

NAMES = ("BERT", "GPT", "T5")
PAIRS = {
    "who stands left": ("a red cat left of a blue dog", "a blue dog left of a red cat"),
    "colour": ("a red cat on a hill", "a blue cat on a hill"),
    "side": ("a girl on the left", "a girl on the right"),
    "count": ("many birds over the sea", "a few birds over the sea"),
    "only the language": ("a red cat on a hill", "山丘上有一只红色的猫"),
}


@cache
def encoder(name: str) -> TextEncoder:
    return TextEncoder.from_pretrained(checkpoint_folder(f"text-{name.lower()}"), light=True)


def prompts(language: str) -> list[str]:
    return [prompt[language] for prompt in load_json(data_folder() / "prompts.json")]


def cosines(name: str, first: list[str], second: list[str]) -> Tensor:
    one, other = (F.normalize(encoder(name).encode(each)[1], dim=-1) for each in (first, second))
    return one @ other.T


def six_by_six() -> Figure:
    return enlarged(plot_similarities({"BERT": cosines("BERT", prompts("zh"), prompts("en"))}), 1.2)


def token_costs() -> Figure:
    ways = {"words between blanks": lambda text: len(text.split()), "characters": len}
    ways["bytes"] = lambda text: len(text.encode("utf-8"))
    for name, kind in zip(NAMES, ("word pieces", "byte pairs", "unigram"), strict=True):
        ways[f"{name}: {kind}"] = lambda text, name=name: len(encoder(name).tokenizer([text])["input_ids"][0])
    texts = {"English": prompts("en"), "Chinese": prompts("zh")}
    costs = {
        way: {language: sum(map(count, each)) / 6 for language, each in texts.items()} for way, count in ways.items()
    }
    return enlarged(plot_token_costs(costs, "pieces a prompt (mean of six)"), 1.2)


def loud_differences() -> Figure:
    alike = {
        what: {name: cosines(name, [one], [other]).item() for name in NAMES} for what, (one, other) in PAIRS.items()
    }
    return enlarged(plot_cosines(alike), 1.2)


def what_readers_read() -> Figure:
    figures, shares = (
        {name: load_json(checkpoint_folder(f"text-{name.lower()}") / "figures.json") for name in NAMES},
        {},
    )
    for split in ("test", "unseen"):
        for language in ("en", "zh"):
            line = f"stated, {split}, {language}"
            shares[line] = {name: each["stated"][split][language]["mean"] for name, each in figures.items()}
    for way in ("zh finds en", "en finds zh"):
        shares[f"retrieval, {way}"] = {name: each["retrieval"][way] for name, each in figures.items()}
    figure = plot_shares(shares, "share right, with 95 % interval; the axis begins at 0.9")
    figure.axes[0].set_xlim(0.9, 1.005)  # on an axis from 0 on, the three could not be told apart
    return enlarged(figure, 1.2)


def short_games() -> Figure:
    record = load_record("encoders")
    wanted = {"prompt accuracy": "prompt accuracy", "colour right": "prompt/color", "text-use gap": "text-use gap"}
    return enlarged(
        plot_variants(
            {title: {name: record.figures(name.lower(), key) for name in NAMES} for title, key in wanted.items()}
        ),
        1.2,
    )


FIGURES = {
    "six_by_six": six_by_six,
    "token_costs": token_costs,
    "loud_differences": loud_differences,
    "what_readers_read": what_readers_read,
    "short_games": short_games,
    "where_we_are": lambda: plot_pipeline(("prompt", "text encoder", "text features")),
}


def binding(name: str, what: str) -> str:
    """A figure of the notebook's table of order and binding."""
    patterns = {"order": r"order ([\d.]+)", "right": r".*right ([\d.]+)", "swapped": r".*instead ([\d.]+)"}
    return stored("03", "order-probe", rf"^{name} +{patterns[what]}")


def binding_table() -> str:
    rows = ["| reader | who stands left | the cat's colour |", "|---|---|---|"]
    for name in ("bag of words", *NAMES):
        rows.append(f"| {name} | {binding(name, 'order')} | {binding(name, 'right')} |")
    return "\n".join(rows)


FACTS = {
    "binding table": binding_table,
    "bert swaps": lambda: binding("BERT", "swapped"),
    "bytes of cat": lambda: stored("03", "pieces", r"猫 in bytes: (.+)"),
    "skateboard": lambda: stored("03", "pieces", r"a skateboard  BERT \[CLS\] a (.*) \[SEP\]"),
    "dinosaur": lambda: stored("03", "pieces", r"恐龙  BERT \[CLS\] (.*) \[SEP\]"),
    "bert knows": lambda: stored("03", "ask-guessers", r"BERT 海 边 一 \[MASK\] 红 色 的 猫 \[END\] -> (.*)"),
    "gpt knows": lambda: stored("03", "ask-guessers", r"GPT  海 边 一 -> (.*)"),
    "bert moves": lambda: stored("03", "moves", r"BERT first +([\d.]+)"),
    "gpt moves": lambda: stored("03", "moves", r"GPT  first +([\d.]+)"),
    "gpt last moves": lambda: stored("03", "moves", r"GPT .* last ([\d.]+)"),
    "first reads": lambda: stored("03", "pooling-probe", r"GPT  first subject ([\d.]+)"),
    "last reads": lambda: stored("03", "pooling-probe", r"GPT  last  subject ([\d.]+)"),
    "mean reads": lambda: stored("03", "pooling-probe", r"GPT  mean  subject ([\d.]+)"),
    "minilm": lambda: stored("03", "retrieval", r"it is (\d+)"),
    "minilm size": lambda: stored("03", "minilm", r"MiniLM: ([\d.]+) million"),
    "our size": lambda: stored("03", "minilm", r"BERT: ([\d.]+) million"),
}
