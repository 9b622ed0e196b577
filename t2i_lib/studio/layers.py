"""The generator opened: the same layers as `Generator.forward`, with something done to the features in between.

So one can let a picture read two prompts at once, each with its share, or join what several views draw (see `ring`).
With one reading and nothing in between it draws just what the generator draws.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from t2i_lib.blocks import activate
from t2i_lib.generator import Generator, ReadWords
from t2i_lib.pipeline import TextToImage
from t2i_lib.runtime import autocast

Change = Callable[[Tensor], Tensor]  # features (B, C, h, w) -> features of the same shape


@dataclass(frozen=True)
class Reading:
    """One prompt as the layers read it, and how much they listen to it."""

    text_features: Tensor  # (B, L, D)
    pooled_features: Tensor  # (B, D)
    mask: Tensor  # (B, L)
    share: Tensor  # (B, 1): the shares of all readings of a picture have the sum 1


def read(artist: TextToImage, prompt: str, shares: Sequence[float]) -> Reading:
    """One prompt for as many pictures as there are shares."""
    text_features, pooled, mask = (part.expand(len(shares), *part.shape[1:]) for part in artist.encode([prompt]))
    share = torch.tensor(list(shares), dtype=pooled.dtype, device=pooled.device)[:, None]
    return Reading(text_features, pooled, mask, share)


@torch.no_grad()
def draw_layer_by_layer(
    artist: TextToImage,
    noise: Tensor,
    readings: Sequence[Reading],
    between: Change = lambda features: features,
    at_start: Change = lambda features: features,
) -> Tensor:
    """Noise (B, noise_dim) and readings -> latents (B, C, h, w), float32.

    Args:
        at_start: is given the first features (B, C, 4, 4), in which the composition lies, before any layer.
        between: is given the features (B, C, h, w) after every layer that looks around, and says how they go on.
    """
    with autocast(artist.device, artist.precision):
        return _draw(artist.generator, noise.to(artist.device), readings, between, at_start).float()


def _draw(
    generator: Generator, noise: Tensor, readings: Sequence[Reading], between: Change, at_start: Change
) -> Tensor:
    pooled = sum(reading.share * reading.pooled_features for reading in readings)  # (B, D)
    about = generator.read_pooled(pooled) * generator.config.style_hears_prompt
    style = generator.to_style(torch.cat([noise, about], dim=1))  # (B, S)
    features = between(at_start(generator.to_grid(style).unflatten(1, (-1, 4, 4))))  # (B, C0, 4, 4)
    for stage in generator.stages:
        if stage.grow is not None:
            features = stage.grow(features)  # place by place, so there is nothing to join
        if stage.read_words is not None:
            features = between(_listen(stage.read_words, features, readings))
        for block in stage.blocks:
            features = between(block(features, style))
    return between(generator.to_latents(activate(features)))


def _listen(layer: ReadWords, features: Tensor, readings: Sequence[Reading]) -> Tensor:
    """What the layer makes of each reading, mixed by their shares."""
    return sum(
        reading.share[:, :, None, None].to(features.dtype) * layer(features, reading.text_features, reading.mask)
        for reading in readings
    )
