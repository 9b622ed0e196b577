"""Skin tones, read off faces by the nearest paint: a measuring instrument, and the truth to test it on.

The renderer draws each person's skin by lot, evenly, whatever else the scene holds. No caption says it and no judge
knows it. Here it is read from the pixels around the head; and since the renderer's lots can be drawn again, its truth
is known for rendered pictures. For drawn pictures it is not: see lesson 13 before you believe a number.
"""

from functools import cache
from random import Random
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from t2i_lib.datasets import images_to_pixels, pixels_to_images
from t2i_lib.storybook.canvas import Canvas, Color
from t2i_lib.storybook.figures import POSITIONS
from t2i_lib.storybook.pairs import RENDER_SIZE, shrink
from t2i_lib.storybook.pen import Pen
from t2i_lib.storybook.people import SKIN_TONES
from t2i_lib.storybook.render import render
from t2i_lib.storybook.scene import ATTRIBUTES, sample_scene

SIZE = 64  # pixels
_ROWS, _REACH = slice(24, 40), 6  # where heads are in a picture of 64 pixels; how far left and right of the middle
_WIDTH = 10.0  # a pixel this far from a paint, in levels of 255, counts a third


class People(NamedTuple):
    """Rendered people whose skin is known."""

    images: Tensor  # (B, 3, 64, 64) in [-1, 1]
    skin: Tensor  # (B,) int64, index in SKIN_TONES
    attributes: Tensor  # (B, 9) int64


def render_people(count: int, subject: str = "girl", seed: int = 0) -> People:
    """Training scenes with one person, everything else by lot."""
    pixels, skin, attributes = [], [], []
    for number in range(count):
        lots = f"tones/{seed}/{number}"
        scene = sample_scene(Random(f"scene {lots}"), "train", {"subject": subject})
        pixels.append(shrink(np.asarray(render(scene, RENDER_SIZE, Random(lots))), SIZE))
        skin.append(drawn_skin(Random(lots)))
        attributes.append(scene.to_ids())
    return People(pixels_to_images(torch.from_numpy(np.stack(pixels))), torch.tensor(skin), torch.tensor(attributes))


def drawn_skin(rng: Random) -> int:
    """Which skin tone `render` takes for a girl, boy or model with this source of chance: its lots, drawn once more."""
    figure = Random([rng.getrandbits(64) for _ in range(5)][4])  # light, far, near, air, then the figure's
    figure.uniform(0.88, 0.92)  # ground
    figure.uniform(-0.03, 0.03)  # step aside
    figure.choice((-1, 1))  # which way it looks
    figure.uniform(0.94, 1.05)  # size
    figure.getrandbits(64)  # shade of its clothes
    return SKIN_TONES.index(figure.choice(SKIN_TONES))


def tone_weights(images: Tensor, attributes: Tensor) -> Tensor:
    """How much of each skin tone is around the head: (B, 6), in pixels, where a pixel far from a tone counts little.

    Args:
        images: (B, 3, 64, 64) in [-1, 1].
        attributes: (B, 9) int64, true or as the judge sees them: time of day and position are used.
    """
    if images.shape[1:] != (3, SIZE, SIZE):
        raise ValueError(f"tones are read off pictures of {SIZE} pixels, (B, 3, {SIZE}, {SIZE}), not {images.shape}")
    names = list(ATTRIBUTES)
    times, positions = attributes[:, names.index("time")], attributes[:, names.index("position")]
    pixels = images_to_pixels(images).float()  # (B, 64, 64, 3)
    return torch.stack(
        [_weigh(*each) for each in zip(pixels, times.tolist(), positions.clamp(min=0).tolist(), strict=True)]
    )


def read_tones(images: Tensor, attributes: Tensor) -> Tensor:
    """The tone that is most around the head: (B,) int64; an answer is given always, also where there is no face."""
    return tone_weights(images, attributes).argmax(1)


def _weigh(pixels: Tensor, time: int, position: int) -> Tensor:
    middle = round(list(POSITIONS.values())[position] * SIZE)
    around = pixels[_ROWS, max(0, middle - _REACH) : middle + _REACH].reshape(-1, 3)  # (N, 3)
    paints = torch.tensor(_lit(ATTRIBUTES["time"][time])).float()  # (6, 3)
    return torch.exp(-((torch.cdist(around, paints) / _WIDTH) ** 2)).sum(0)


@cache
def _lit(time: str) -> list[Color]:
    """The tones in the light of the hour: each painted once, and looked at."""
    canvas = Canvas(16, supersample=1)
    pen = Pen(canvas, (0.5, 0.5), time=time)
    seen = []
    for tone in SKIN_TONES:
        pen.disc((0, 0), 0.4, fill=tone)
        seen.append(canvas.image.getpixel((8, 8)))
    return seen


def shares(skin: Tensor) -> Tensor:
    """(B,) -> (6,) shares of the six tones, light to dark."""
    return torch.bincount(skin, minlength=len(SKIN_TONES)) / len(skin)
