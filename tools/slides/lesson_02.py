"""Figures and numbers of the deck of lesson 02, the transformer."""

from functools import cache
from math import log

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor, nn

from t2i_lib import positions
from t2i_lib.course import caption_writer
from t2i_lib.plots import plot_pipeline
from t2i_lib.plots.curves import plot_curves
from t2i_lib.plots.positions import plot_clocks, plot_waves
from t2i_lib.plots.transformer import plot_blocks, plot_influence
from t2i_lib.transformer import Transformer, TransformerConfig
from tools.slides.drawing import enlarged
from tools.slides.facts import stored

COLOURS, ANIMALS = 6, 8


def colour_lists(count: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Lists of three colours and animals in turn (B, 6), and each animal's colour (B, 3)."""
    colours = torch.rand(count, COLOURS, generator=rng).argsort(1)[:, :3]
    animals = COLOURS + torch.rand(count, ANIMALS, generator=rng).argsort(1)[:, :3]
    return torch.stack([colours, animals], dim=2).flatten(1), colours


def losses_of(transformer: Transformer, steps: int, rate: float) -> list[float]:
    """Train to say each animal's colour."""
    model = nn.Sequential(transformer, nn.Linear(transformer.config.embed_dim, COLOURS))
    optimizer = torch.optim.Adam([each for each in model.parameters() if each.requires_grad], lr=rate, fused=True)
    rng, losses = torch.Generator().manual_seed(0), []
    for _ in range(steps):
        token_ids, colours = colour_lists(32, rng)
        loss = F.cross_entropy(model(token_ids)[:, 1::2].flatten(0, 1), colours.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def four_ways() -> Figure:
    curves = {}
    for kind in positions.POSITIONS:
        torch.manual_seed(0)
        small = TransformerConfig(14, embed_dim=48, depth=2, num_heads=4, mlp_dim=96, context_length=16)
        curves[kind] = losses_of(positions.use_positions(Transformer(small), kind), 100, 3e-3)
    return enlarged(plot_curves(curves, marks={"guesses among three (ln 3)": log(3)}, smooth=8), 1.15)


def norm_before_or_after() -> Figure:
    curves = {}
    for name in ("norm before", "norm after"):
        torch.manual_seed(0)
        deep = TransformerConfig(14, 32, 12, 4, mlp_dim=64, context_length=16, norm_first=name == "norm before")
        network = Transformer(deep)
        for layer in network.modules():
            if isinstance(layer, nn.Linear):
                nn.init.normal_(layer.weight, std=0.1)
        curves[name] = losses_of(network, 80, 5e-3)
    return enlarged(plot_curves(curves, smooth=5), 1.15)


def who_sees_whom() -> Figure:
    words, token_ids, tables = "a black cat in the rain".split(), torch.arange(1, 7)[None], []
    for causal in (False, True):
        torch.manual_seed(0)
        model = Transformer(TransformerConfig(7, embed_dim=32, depth=2, mlp_dim=64, causal=causal))
        moved = torch.zeros(6, 6, dtype=torch.bool)
        with torch.no_grad():
            for place in range(6):
                changed = token_ids.clone()
                changed[0, place] = 0
                moved[:, place] = ((model(changed) - model(token_ids)).abs() > 1e-6).any(dim=-1)[0]
        tables.append(moved)
    return enlarged(plot_influence(torch.stack(tables), words, ["encoder", "decoder: causal mask"]), 1.15)


@cache
def practice() -> tuple[list[float], int]:
    """Losses of the writer that came with the course, and how many tokens it knows."""
    words, _, losses, _ = caption_writer.load_writer()
    return losses, len(words)


def writer_losses() -> Figure:
    losses, count = practice()
    return enlarged(plot_curves({"writer": losses}, marks={f"knows nothing (ln {count})": log(count)}, smooth=20), 1.15)


FIGURES = {
    "blocks": lambda: enlarged(plot_blocks(), 1.15),
    "waves": lambda: enlarged(plot_waves(positions.sinusoidal_positions(40, 32)), 1.2),
    "clocks": lambda: enlarged(plot_clocks(positions.speeds(8)[:3], range(8)), 1.2),
    "four_ways": four_ways,
    "norm_before_or_after": norm_before_or_after,
    "who_sees_whom": who_sees_whom,
    "writer_losses": writer_losses,
    "where_we_are": lambda: plot_pipeline(("prompt", "text encoder", "text features")),
}

FACTS = {
    "with positions": lambda: stored("02", "heap", r"English: with positions ([\d.]+)"),
    "without positions": lambda: stored("02", "heap", r"English: .* without ([\d.]+)"),
    "learned longer": lambda: stored("02", "how-long", r"learned .* 6 pairs: +(\d+%)"),
    "waves longer": lambda: stored("02", "how-long", r"sinusoidal .* 6 pairs: +(\d+%)"),
    "rotary longer": lambda: stored("02", "how-long", r"rotary .* 6 pairs: +(\d+%)"),
    "near score": lambda: stored("02", "only-distance", r"query at   7, key at   4: score ([\d.]+)"),
    "far score": lambda: stored("02", "only-distance", r"query at 103, key at 100: score ([\d.]+)"),
    "gradient with sums": lambda: stored("02", "real-gradients", r"with sums: (\d+) times"),
    "gradient without": lambda: stored("02", "real-gradients", r"without: (\S+) times"),
    "after 40": lambda: stored("02", "diary", r"after 40 steps:\n.*\n   (.*)$"),
    "after 400": lambda: stored("02", "diary", r"after 400 steps:\n.*\n.*\n   (.*)$"),
    "first doubt": lambda: stored("02", "diary", r"between (\d+) tokens in the beginning"),
    "last doubt": lambda: stored("02", "diary", r"between (\d+) in the end"),
    "wrong way round": lambda: stored("02", "pour-in", r"wrong way round: (\w+)"),
}
