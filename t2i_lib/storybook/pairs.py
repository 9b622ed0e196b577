"""Pairs of pictures that one caption describes: what the storybook data set is made of.

A pair is a scene, what its caption will state of it, and a second scene that agrees in what is stated and is drawn
anew in everything else. The discriminator sees both at once and so learns how different two such pictures are.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from t2i_lib.storybook.captions import choose_stated
from t2i_lib.storybook.render import render
from t2i_lib.storybook.scene import (
    ATTRIBUTES,
    UNSEEN_PLACE_WEATHERS,
    UNSEEN_SUBJECT_COLORS,
    Scene,
    sample_scene,
    scene_rng,
)

RENDER_SIZE = 128  # smaller pictures are this one, averaged down: the same item looks the same at every size


class ScenePair(NamedTuple):
    """Two scenes that one caption describes, and what that caption states."""

    scenes: tuple[Scene, Scene]
    stated: dict[str, str]

    def to_ids(self) -> NDArray[np.int8]:
        """(3, 9) int8: the attributes of both scenes, then what is stated; -1 where nothing applies."""
        return np.array([*(scene.to_ids() for scene in self.scenes), stated_to_ids(self.stated)], np.int8)


def stated_to_ids(stated: Mapping[str, str]) -> tuple[int, ...]:
    """Stated values as indices in the order of `ATTRIBUTES`, -1 where nothing is stated.

    >>> stated_to_ids({"place": "hill", "time": "night"})
    (0, 2, -1, -1, -1, -1, -1, -1, -1)
    """
    return tuple(values.index(stated[name]) if name in stated else -1 for name, values in ATTRIBUTES.items())


def ids_to_stated(ids: Sequence[int] | NDArray[np.integer]) -> dict[str, str]:
    """The inverse of `stated_to_ids`; attributes with -1 are left out.

    >>> ids_to_stated((0, 2, -1, -1, -1, -1, -1, -1, -1))
    {'place': 'hill', 'time': 'night'}
    """
    named = zip(ATTRIBUTES.items(), ids, strict=True)
    return {name: values[int(index)] for (name, values), index in named if int(index) >= 0}


def sample_pair(split: str, rng: Random) -> ScenePair:
    """Draw two scenes of a split by lot that agree in what the first one's caption states."""
    scene = sample_scene(rng, split)
    stated = choose_stated(scene, rng)
    if split == "unseen":  # a caption that leaves the new combination out would ask for nothing new
        stated = stated | _held_out_values(scene)
    # A caption names the subject wherever there is one, so silence means that there is none.
    twin = sample_scene(rng, split, {"subject": scene.subject} | stated)
    return ScenePair((scene, twin), stated)


def pair_rng(split: str, index: int, seed: int = 0) -> Random:
    """The random source of item `index`: first its scenes, then all that the renderer is free to choose."""
    return scene_rng(split, index, f"pair {seed}")


def draw_pair(split: str, index: int, size: int = RENDER_SIZE, seed: int = 0) -> tuple[NDArray[np.uint8], ScenePair]:
    """Draw item `index` of a split: always the same pair, on every machine.

    Returns:
        pixels: (2, size, size, 3) uint8.
        pair: the two scenes and what their caption states.
    """
    rng = pair_rng(split, index, seed)
    pair = sample_pair(split, rng)
    drawn_size = size if RENDER_SIZE % size else RENDER_SIZE
    pixels = np.stack([np.asarray(render(scene, drawn_size, rng)) for scene in pair.scenes])
    return shrink(pixels, size), pair


def shrink(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Average square blocks of pixels until a picture is `size` wide; (..., H, H, 3) uint8 in and out.

    Raises:
        ValueError: if the width is no multiple of `size`.

    >>> shrink(np.array([0, 2, 4, 6], dtype=np.uint8).reshape(2, 2, 1).repeat(3, axis=2), 1).ravel().tolist()
    [3, 3, 3]
    """
    width = pixels.shape[-2]
    if width == size:
        return pixels
    if size < 1 or width % size:
        raise ValueError(f"pictures {width} pixels wide cannot be averaged down to {size}; choose a divisor of {width}")
    factor = width // size
    blocks = pixels.reshape(*pixels.shape[:-3], size, factor, size, factor, pixels.shape[-1])
    total = np.zeros((*pixels.shape[:-3], size, size, pixels.shape[-1]), np.uint32)
    for row in range(factor):  # plane by plane: four times faster than numpy's sums over two axes
        for column in range(factor):
            total += blocks[..., row, :, column, :]
    return ((total + factor * factor // 2) // (factor * factor)).astype(np.uint8)


def _held_out_values(scene: Scene) -> dict[str, str]:
    values = {}
    if (scene.subject, scene.color) in UNSEEN_SUBJECT_COLORS:
        values |= {"subject": scene.subject, "color": scene.color}
    if (scene.place, scene.weather) in UNSEEN_PLACE_WEATHERS:
        values |= {"place": scene.place, "weather": scene.weather}
    return values
