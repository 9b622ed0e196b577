"""Attention as figures: who looks at whom, how sharp a lookup is, why scores are scaled, what length costs."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from t2i_lib.plots.parts import as_numbers
from t2i_lib.plots.style import INK, MAP


def plot_attention(
    weights: Tensor | np.ndarray,
    query_tokens: Sequence[str],
    key_tokens: Sequence[str] | None = None,
    titles: Sequence[str] = (),
    numbers: bool | None = None,
    label: str = "weight",
) -> Figure:
    """One map a head; row = the token that looks, column = the token that it looks at.

    Args:
        weights: (Q, K) or (heads, Q, K) float in [0, 1], rows summing to 1.
        query_tokens, key_tokens: Q and K labels; without the latter both are the same.
        titles: one a head.
        numbers: whether the weights are written into the cells; by default where there are few.
        label: what the colours stand for.

    Raises:
        ValueError: if labels, titles and weights do not fit.
    """
    maps = as_numbers(weights)
    maps = maps[None] if maps.ndim == 2 else maps
    key_tokens = query_tokens if key_tokens is None else key_tokens
    if maps.ndim != 3 or maps.shape[1:] != (len(query_tokens), len(key_tokens)):
        raise ValueError(
            f"weights of shape {tuple(np.shape(weights))} need as many labels, "
            f"not {len(query_tokens)} for the rows and {len(key_tokens)} for the columns"
        )
    if titles and len(titles) != len(maps):
        raise ValueError(f"{len(maps)} maps need as many titles, not {len(titles)}: {list(titles)}")
    numbers = maps.shape[1] * maps.shape[2] <= 36 if numbers is None else numbers
    cell = 0.42 if len(key_tokens) <= 10 else 0.25  # inches
    width = max(2.2, cell * len(key_tokens) + 1.2)
    height = max(1.9, 0.85 * cell * len(query_tokens) + 1.2)
    figure, axes = plt.subplots(1, len(maps), figsize=(width * len(maps), height), squeeze=False)
    for head, (axis, table) in enumerate(zip(axes[0], maps, strict=True)):
        image = axis.imshow(table, cmap=MAP, vmin=0, vmax=1)
        axis.set_xticks(range(len(key_tokens)), key_tokens, rotation=60, ha="right", rotation_mode="anchor")
        for tick, token in zip(axis.get_xticklabels(), key_tokens, strict=True):
            if len(token) <= 2:  # a Chinese character stands upright
                tick.set(rotation=0, ha="center")
        axis.set_yticks(range(len(query_tokens)), query_tokens if head == 0 else [""] * len(query_tokens))
        axis.set_xticks(np.arange(len(key_tokens) + 1) - 0.5, minor=True)
        axis.set_yticks(np.arange(len(query_tokens) + 1) - 0.5, minor=True)
        axis.grid(which="minor", color="white", linewidth=0.6)  # lines between the cells
        axis.tick_params(which="minor", length=0)
        axis.spines[:].set_visible(False)
        if titles:
            axis.set_title(titles[head])
        if numbers:
            for row, column in np.ndindex(table.shape):
                colour = "black" if table[row, column] > 0.6 else "white"
                axis.text(column, row, f"{table[row, column]:.2f}", ha="center", va="center", color=colour, size=9)
    figure.colorbar(image, ax=axes, label=label, shrink=0.8)
    return figure


def plot_sharpening(
    sharpness: Sequence[float], weights: Tensor, names: Sequence[str], answers: Tensor, unit: str = ""
) -> Figure:
    """How a soft lookup becomes a hard one: the keys' shares on the left, the answer on the right.

    Args:
        sharpness: (S,) how sharp.
        weights: (S, K) each key's share.
        names: the K keys.
        answers: (S,) what is answered.
        unit: what the answer counts.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(7.5, 2.5))
    for style, name, shares in zip(("-", "--", ":", "-."), names, as_numbers(weights).T, strict=False):
        left.plot(sharpness, shares, style, label=name, linewidth=2.5)
    left.set(xlabel="sharpness", ylabel="share of the key", ylim=(-0.03, 1.03))
    left.legend(frameon=False)
    right.plot(sharpness, as_numbers(answers), color=INK, linewidth=2.5)
    right.set(xlabel="sharpness", ylabel=f"answer ({unit})" if unit else "answer")
    return figure


def plot_scaling(
    widths: Sequence[int], spreads: Mapping[str, Sequence[float]], slopes: Mapping[str, Sequence[float]]
) -> Figure:
    """What the width D does to scores (left) and to the slopes through which attention learns (right).

    Args:
        widths: (N,) values of D.
        spreads: name of a way to score -> (N,) standard deviations of its scores.
        slopes: name of a way to score -> (N,) mean slopes of its softmax.
    """
    figure, axes = plt.subplots(1, 2, figsize=(7.5, 2.6))
    for axis, lines, label in (
        (axes[0], spreads, "spread of the scores"),
        (axes[1], slopes, "slope of the softmax"),
    ):
        for style, (name, line) in zip(("o-", "s--", "^:"), lines.items(), strict=False):
            axis.plot(widths, line, style, label=name, linewidth=2)
        axis.set_xscale("log", base=2)
        axis.set_xticks(widths, [str(width) for width in widths])
        axis.set(xlabel="width D", ylabel=label, ylim=(0, None))
    axes[0].legend(frameon=False)  # the same lines on both sides
    return figure


def plot_places(
    pictures: Sequence[Image.Image],
    maps: Sequence[Tensor | np.ndarray],
    words: Sequence[Sequence[str]],
    titles: Sequence[str] = (),
    across: bool = False,
) -> Figure:
    """One row a picture: the picture, then for each word where the grid reads it.

    Args:
        pictures: N pictures.
        maps: N tensors (W, h, w), each place's weight on each of W words.
        words: N lists of W words.
        titles: one a picture, written above it.
        across: whether each picture has a column instead, its maps below it.

    Raises:
        ValueError: if numbers of pictures, maps and words do not fit.
    """
    tables = [as_numbers(each) for each in maps]
    sizes = [len(table) for table in tables]
    if not len(pictures) == len(tables) == len(words) or sizes != [len(row) for row in words]:
        raise ValueError(
            f"each picture needs its maps and each map its word, but there are {len(pictures)} pictures, "
            f"maps for {sizes} words, and {[len(row) for row in words]} words"
        )
    brightest = max(table.max() for table in tables)
    rows, columns = len(pictures), 1 + max(sizes)
    rows, columns = (columns, rows) if across else (rows, columns)
    size = (1.35 * columns + 0.6, 1.6 * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    axes = axes.T if across else axes
    for axis in axes.flat:
        axis.set_axis_off()
    for row, (picture, table, own) in enumerate(zip(pictures, tables, words, strict=True)):
        small = picture.copy()
        small.thumbnail((96, 96))  # as large as it is shown, or a notebook holds more picture than text
        axes[row, 0].imshow(small, interpolation="bilinear")
        if titles:
            axes[row, 0].set_title(titles[row])
        for axis, word, each in zip(axes[row, 1:], own, table, strict=False):
            image = axis.imshow(each, cmap=MAP, vmin=0, vmax=brightest)
            axis.set_title(word)
    figure.colorbar(image, ax=list(axes.flat), label="weight", shrink=0.8)
    return figure


def plot_cost(lengths: Sequence[int], seconds: Sequence[float]) -> Figure:
    """Measured time by number of tokens, both axes logarithmic, beside the line on which twice as long costs 4 times.

    Args:
        lengths: (N,) tokens.
        seconds: (N,) time of one attention.
    """
    milliseconds = 1000 * np.asarray(seconds)
    square = milliseconds[0] * (np.asarray(lengths) / lengths[0]) ** 2
    figure, axis = plt.subplots(figsize=(4.5, 2.6))
    axis.plot(lengths, milliseconds, "o-", label="measured", linewidth=2)
    axis.plot(lengths, square, "--", color=INK, label="4 times for twice as long")
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.set_xticks(lengths, [str(length) for length in lengths])
    axis.set(xlabel="tokens L", ylabel="milliseconds")
    axis.legend(frameon=False)
    return figure
