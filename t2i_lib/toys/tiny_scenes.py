"""Tiny storybook pictures with a label each: four places at three times of day, 16 pixels wide.

A label is two numbers, place and time. Pictures of one label differ in everything that it leaves open: hues, horizon,
clouds, trees, the height of the sun. Small enough for a network that learns in half a minute.
"""

from random import Random
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from t2i_lib.datasets import pixels_to_images
from t2i_lib.storybook.pairs import shrink
from t2i_lib.storybook.render import render
from t2i_lib.storybook.scene import ATTRIBUTES, Scene

PLACES = ("seaside", "forest", "castle", "desert")
TIMES = ATTRIBUTES["time"]
LABELS = tuple((place, time) for place in range(len(PLACES)) for time in range(len(TIMES)))  # all twelve
LABEL_DIM = len(PLACES) + len(TIMES)  # of a label as two one-hot vectors side by side
EDGE = 16  # pixels
_DRAWN = 32  # pixels, averaged down


class TinyScenes(NamedTuple):
    """Pictures of every label, equally many of each."""

    images: Tensor  # (12, N, 3, 16, 16) in [-1, 1], in the order of `LABELS`
    labels: Tensor  # (12, 2) int64, place and time

    def pairs(self, count: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw labels by lot, and two pictures of each: images (2 * count, 3, 16, 16), labels (count, 2).

        Pictures 2i and 2i + 1 belong to label i.
        """
        chosen = torch.randint(len(self.labels), (count,), generator=rng)
        two = torch.randint(self.images.shape[1], (count, 2), generator=rng)
        return self.images[chosen[:, None], two].flatten(0, 1), self.labels[chosen]


def draw_scenes(each: int, seed: int = 0) -> TinyScenes:
    """Draw `each` pictures of every label; about 1 ms a picture.

    Picture n of a place is one landscape at all three times: only the light changes.
    """
    rows = [
        torch.stack([_draw(place, time, Random(f"{seed}/{place}/{number}")) for number in range(each)])
        for place, time in LABELS
    ]
    return TinyScenes(torch.stack(rows), torch.tensor(LABELS))


def as_vectors(labels: Tensor) -> Tensor:
    """Labels (B, 2) as what networks read: (B, 7), a one-hot vector of the place, then one of the time.

    >>> as_vectors(torch.tensor([[2, 0]])).tolist()  # a castle by day
    [[0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0]]
    """
    return torch.cat([F.one_hot(labels[:, 0], len(PLACES)), F.one_hot(labels[:, 1], len(TIMES))], dim=1).float()


def in_words(label: Tensor) -> str:
    """A label (2,) by its names.

    >>> in_words(torch.tensor([2, 0]))
    'castle, day'
    """
    place, time = label.tolist()
    return f"{PLACES[place]}, {TIMES[time]}"


def _draw(place: int, time: int, rng: Random) -> Tensor:
    pixels = shrink(np.asarray(render(Scene(PLACES[place], TIMES[time]), _DRAWN, rng)), EDGE)  # (16, 16, 3)
    return pixels_to_images(torch.from_numpy(pixels))  # (3, 16, 16)
