"""What lies between a prompt and its picture, made visible: features, noise, latents, and pictures side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from t2i_lib.plots.parts import as_numbers
from t2i_lib.plots.style import INK

SIGNED = "PuOr"  # orange below zero, violet above, white at zero: told apart by colour-blind readers, too
SHADES = ("#0072b2", "#d8d8d8", "#222222", "#cc79a7", "#e69f00", "#009e73", "#56b4e9", "#8c564b")


def plot_pictures(
    pictures: Sequence[Image.Image | np.ndarray], titles: Sequence[str] = (), columns: int = 6, edge: float = 1.5
) -> Figure:
    """Pictures in rows, each with its title above it.

    Args:
        pictures: Pillow pictures or (H, W, 3) uint8.
        titles: none, or one a picture.
        columns: pictures a row.
        edge: width of one picture, inches.

    Raises:
        ValueError: if there is no picture, or the titles are not as many as the pictures.
    """
    if not len(pictures) or (titles and len(titles) != len(pictures)):
        raise ValueError(f"give at least one picture and a title for each, not {len(pictures)} and {len(titles)}")
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    height = rows * (edge + (0.3 if titles else 0.05))
    figure, axes = plt.subplots(rows, columns, figsize=(columns * edge, height), squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for place, (axis, picture) in enumerate(zip(axes.flat, pictures, strict=False)):
        axis.imshow(np.asarray(picture))
        if titles:
            axis.set_title(titles[place], fontsize=9)
    return figure


def plot_features(features: Tensor, tokens: Sequence[str]) -> Figure:
    """Text features as a map: one row a token, one column a number of its vector.

    Args:
        features: (L, D) float.
        tokens: L labels.

    Raises:
        ValueError: if there are not as many labels as rows.
    """
    if len(features) != len(tokens):
        raise ValueError(f"features of {len(features)} tokens need as many labels, not {len(tokens)}")
    figure, axis = plt.subplots(figsize=(10, 0.3 * len(tokens) + 1.0))
    table = as_numbers(features)
    image = axis.imshow(table, cmap=SIGNED, aspect="auto", interpolation="nearest", **_symmetric(table))
    axis.set_yticks(range(len(tokens)), tokens)
    axis.set_xlabel("place in the vector")
    axis.spines[:].set_visible(False)
    figure.colorbar(image, ax=axis, label="value", shrink=0.9)
    return figure


def plot_latents(latents: Tensor, columns: int = 8) -> Figure:
    """Latents as maps, one a channel, all in the same colours.

    Args:
        latents: (C, h, w) float.
    """
    maps = as_numbers(latents)
    rows = -(-len(maps) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(1.2 * columns, 1.35 * rows), squeeze=False)
    limits = _symmetric(maps)
    for axis in axes.flat:
        axis.axis("off")
    for channel, (axis, table) in enumerate(zip(axes.flat, maps, strict=False)):
        image = axis.imshow(table, cmap=SIGNED, **limits)
        axis.set_title(f"channel {channel}", fontsize=8)
    figure.colorbar(image, ax=axes, label="value", shrink=0.8)
    return figure


def plot_route(tokens: Sequence[str], features: Tensor, noise: Tensor, latents: Tensor, picture: Image.Image) -> Figure:
    """One sentence on its whole way: tokens, their vectors, the noise, the latents, the picture.

    Args:
        tokens: L labels.
        features: (L, D) float; the first 64 numbers of each vector are shown.
        noise: (noise_dim,) float, shown as a square where it is one.
        latents: (C, h, w) float; the first four channels are shown.
    """
    figure, axes = plt.subplots(1, 5, figsize=(11, 2.7), width_ratios=(0.55, 1.1, 0.8, 1, 1))
    said, read, lots, drawn, shown = axes
    for row, token in enumerate(tokens):
        said.text(0.5, 1 - (row + 0.5) / len(tokens), token, ha="center", va="center", color=INK, fontsize=10)
    vectors, lot, channels = as_numbers(features)[:, :64], _square(as_numbers(noise)), _mosaic(as_numbers(latents)[:4])
    read.imshow(vectors, cmap=SIGNED, aspect="auto", interpolation="nearest", **_symmetric(vectors))
    lots.imshow(lot, cmap="Greys_r", interpolation="nearest")
    drawn.imshow(channels, cmap=SIGNED, interpolation="nearest", **_symmetric(channels))
    shown.imshow(np.asarray(picture))
    titles = ("tokens", "text features", "noise", "latents\n(four channels)", "picture")
    for axis, title, sign in zip(axes, titles, ("→", "+", "→", "→", ""), strict=True):
        _frame(axis, title, sign)
    return figure


def plot_shares(counts: Mapping[str, Mapping[str, int]], unit: str = "pictures") -> Figure:
    """One bar a row, divided by how often each value occurs in it; every part carries its value and count.

    Args:
        counts: row -> value -> how many. Values keep their colour from row to row.
        unit: what is counted.

    Raises:
        ValueError: if there are no rows, or more values than colours.
    """
    values = list(dict.fromkeys(value for row in counts.values() for value in row))
    if not counts or len(values) > len(SHADES):
        raise ValueError(f"give at least one row and at most {len(SHADES)} values, not {len(counts)} and {len(values)}")
    figure, axis = plt.subplots(figsize=(9, 0.6 * len(counts) + 0.8))
    for place, row in enumerate(counts.values()):
        left = 0
        for value, count in row.items():
            shade = SHADES[values.index(value)]
            axis.barh(place, count, left=left, color=shade, edgecolor="white", height=0.7)
            if count:
                ink = INK if shade in ("#d8d8d8", "#e69f00", "#56b4e9") else "white"
                axis.text(left + count / 2, place, f"{value}\n{count}", ha="center", va="center", color=ink, fontsize=9)
            left += count
    axis.set_yticks(range(len(counts)), list(counts))
    axis.invert_yaxis()
    axis.set_xlabel(unit)
    return figure


def _frame(axis: Axes, title: str, sign: str) -> None:
    axis.set_title(title, fontsize=10)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set_visible(False)
    axis.text(1.08, 0.5, sign, transform=axis.transAxes, ha="center", va="center", fontsize=16, color=INK)


def _symmetric(values: np.ndarray) -> dict[str, float]:
    """Limits with white at zero; the outermost hundredth of the values may be cut off, or it would pale the others."""
    most = float(np.quantile(np.abs(values), 0.99)) or 1.0
    return {"vmin": -most, "vmax": most}


def _square(values: np.ndarray) -> np.ndarray:
    edge = round(len(values) ** 0.5)
    return values.reshape(edge, edge) if edge * edge == len(values) else values[None]


def _mosaic(maps: np.ndarray) -> np.ndarray:
    """Up to four maps as one, two a row."""
    maps = np.concatenate([maps, np.zeros((4 - len(maps), *maps.shape[1:]))])
    return np.concatenate([np.concatenate(list(maps[:2]), axis=1), np.concatenate(list(maps[2:]), axis=1)])
