"""Figures and numbers of the deck of lesson 01, attention."""

from functools import cache

import torch
from matplotlib.figure import Figure
from torch import Tensor

from t2i_lib import TextEncoder, TextToImage
from t2i_lib.attention import attend, causal_mask
from t2i_lib.locations import checkpoint_folder
from t2i_lib.plots import plot_pipeline
from t2i_lib.plots.attention import plot_attention, plot_places, plot_scaling, plot_sharpening
from tools.slides.drawing import enlarged
from tools.slides.facts import stored

ANIMALS = ["cat", "fish", "bird"]
WORDS = ["red", "cat", "sea"]
FEATURES = torch.tensor([[0.0, 1, 1, 0], [1, 0, 0, 0], [1, 0, 0, 1]])  # thing, colour, red, wet


@cache
def artist() -> TextToImage:
    return TextToImage.from_pretrained(checkpoint_folder("lesson"), device="cpu", precision="fp32")


def place_of(encoder: TextEncoder, prompt: str, word: str) -> int:
    """Which token of a prompt a word is."""
    token_ids, _ = encoder.tokenize([prompt])
    return encoder.tokenizer.convert_ids_to_tokens(token_ids[0].tolist()).index(word)


@torch.no_grad()
def word_maps(prompt: str, seeds: list[int]) -> Tensor:
    """Weights on each word (L, 8, 8) where places read words: the mean over heads and seeds."""
    text_features, pooled_features, mask = (
        part.expand(len(seeds), *part.shape[1:]) for part in artist().encode([prompt])
    )
    reader = next(stage.read_words for stage in artist().generator.stages if stage.read_words is not None)
    heard = []
    hook = reader.register_forward_pre_hook(lambda layer, given: heard.append(given))
    artist().generator(artist().sample_noise(seeds), text_features, mask, pooled_features)
    hook.remove()
    places = heard[0][0].flatten(2).transpose(1, 2) + reader.positions  # (B, P, C)
    _, weights = reader.attention(places, context=text_features, mask=mask, need_weights=True)  # (B, heads, P, L)
    edge = round(places.shape[1] ** 0.5)
    return weights.mean(dim=(0, 1)).T.unflatten(1, (edge, edge))


def places_read_words() -> Figure:
    prompt, shown = "a girl in a red dress is standing by the sea at sunset", ["red", "girl", "sea", "sunset"]
    maps = word_maps(prompt, [7])[[place_of(artist().text_encoder, prompt, word) for word in shown]]
    return enlarged(plot_places([artist()(prompt, seed=7)], [maps], [shown]), 1.2)


def sharpening() -> Figure:
    dial, scores = torch.linspace(0, 6, 61), torch.tensor([2.0, 1, 1])
    shares = torch.stack([(sharpness * scores).softmax(-1) for sharpness in dial])
    answers = shares @ torch.tensor([4.0, 0, 2])
    return enlarged(plot_sharpening(dial.tolist(), shares, ANIMALS, answers, unit="legs"), 1.2)


def projected() -> tuple[Tensor, Tensor, Tensor]:
    """Query, key, value (3, 4) of "red cat, sea": a thing asks for a colour, and hands over its redness."""
    to_query = torch.zeros(4, 4)
    to_query[0, 1] = 4.0
    return FEATURES @ to_query, FEATURES, FEATURES @ torch.diag(torch.tensor([0.0, 0, 1, 0]))


def red_cat() -> Figure:
    _, weights = attend(*(part[None] for part in projected()))
    return enlarged(plot_attention(weights, WORDS), 1.2)


def spread_and_slope() -> Figure:
    widths, rng = [4, 16, 64, 256], torch.Generator().manual_seed(0)
    spreads: dict[str, list[float]] = {"as they are": [], "divided by sqrt(D)": []}
    slopes: dict[str, list[float]] = {name: [] for name in spreads}
    for width in widths:
        draw = torch.randn(500, 11, width, generator=rng)
        raw = (draw[:, :1] @ draw[:, 1:].transpose(1, 2)).squeeze(1)  # (500, 10)
        for name, scores in zip(spreads, (raw, raw / width**0.5), strict=True):
            weights = scores.softmax(-1)
            spreads[name].append(scores.std().item())
            slopes[name].append((weights * (1 - weights)).amax(dim=1).median().item())
    return enlarged(plot_scaling(widths, spreads, slopes), 1.2)


def leak_from_the_future() -> Figure:
    five = torch.randn(5, 4, generator=torch.Generator().manual_seed(1))
    maps = []
    for mask in (None, causal_mask(5)[None]):
        moved = torch.zeros(5, 5)
        for changed in range(5):
            other = five.clone()
            other[changed] += 1.0
            before, after = (attend(*(each[None],) * 3, mask)[0][0] for each in (five, other))
            moved[:, changed] = (after - before).abs().amax(dim=1) > 1e-6
        maps.append(moved)
    ranks = ["1st", "2nd", "3rd", "4th", "5th"]
    titles = ["no mask", "causal"]
    return plot_attention(torch.stack(maps), ranks, titles=titles, numbers=False, label="output moves: 1")


def two_heads() -> Figure:
    ask_both = torch.zeros(4, 4)
    ask_both[0, 1] = ask_both[0, 3] = 4.0
    parts = [each.unflatten(1, (2, 2)).transpose(0, 1) for each in (FEATURES @ ask_both, FEATURES, projected()[2])]
    return enlarged(plot_attention(attend(*parts)[1], WORDS, titles=["head 1: colours", "head 2: water"]), 1.2)


def moving_red() -> Figure:
    prompts = ["a red cat on the left, by the sea", "a red cat on the right, by the sea"]
    prompts += ["一只红色的猫在左边，在海边", "一只红色的猫在右边，在海边"]
    words = ["red", "red", "红", "红"]
    maps = [
        word_maps(prompt, list(range(8)))[place_of(artist().text_encoder, prompt, word)][None]
        for prompt, word in zip(prompts, words, strict=True)
    ]
    pictures = [artist()(prompt, seed=3) for prompt in prompts]
    return enlarged(
        plot_places(pictures, maps, [[word] for word in words], ["left", "right", "左", "右"], across=True), 1.2
    )


FIGURES = {
    "places_read_words": places_read_words,
    "sharpening": sharpening,
    "red_cat": red_cat,
    "spread_and_slope": spread_and_slope,
    "leak_from_the_future": leak_from_the_future,
    "two_heads": two_heads,
    "moving_red": moving_red,
    "where_we_are": lambda: plot_pipeline(("text encoder", "generator")),
}

FACTS = {
    "cat share": lambda: stored("01", "kitten-legs", r"shares: cat ([\d.]+)"),
    "fish share": lambda: stored("01", "kitten-legs", r"fish ([\d.]+)"),
    "legs 1": lambda: stored("01", "sharpen", r"sharpness  1: ([\d.]+) legs"),
    "legs 4": lambda: stored("01", "sharpen", r"sharpness  4: ([\d.]+) legs"),
    "slope 1": lambda: stored("01", "sharpen", r"sharpness  1: .* slope ([\d.]+)"),
    "slope 16": lambda: stored("01", "sharpen", r"sharpness 16: .* slope ([\d.]+)"),
    "redness": lambda: stored("01", "shuffle", r"red cat, sea: the cat gets ([\d.]+)"),
    "redness shuffled": lambda: stored("01", "shuffle", r"red sea, cat: the cat gets ([\d.]+)"),
    "spread 64": lambda: stored("01", "spreads", r"D =  64: spread +([\d.]+)"),
    "pad 0": lambda: stored("01", "padding-leaks", r"filled with 0: .* the cat is ([\d.]+) red"),
    "pad 1": lambda: stored("01", "padding-leaks", r"filled with 1: .* the cat is ([\d.]+) red"),
    "pad 5": lambda: stored("01", "padding-leaks", r"filled with 5: .* the cat is ([\d.]+) red"),
    "red left of left": lambda: stored("01", "moving-red", r"red cat on the left, by the sea: ([\d.]+) left"),
    "red right of left": lambda: stored("01", "moving-red", r"red cat on the left, by the sea: .* ([\d.]+) right"),
    "red left of right": lambda: stored("01", "moving-red", r"red cat on the right, by the sea: ([\d.]+) left"),
    "red right of right": lambda: stored("01", "moving-red", r"red cat on the right, by the sea: .* ([\d.]+) right"),
    "one head": lambda: stored("01", "two-heads", r"one head, the cat looks: red ([\d.]+)"),
    "own head": lambda: stored("01", "two-heads", r"head 1 of 2, the cat looks: red ([\d.]+)"),
}
