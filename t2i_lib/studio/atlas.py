"""Many small pictures in one file, with a list of where each lies: what games load at once instead of one by one.

The list is JSON as TexturePacker writes it ("hash" form), which Phaser, PixiJS, Godot's importers and others read.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image

from t2i_lib.provenance import library_version

GAP = 2  # pixels between two pictures, so that none bleeds into its neighbour when a game scales them


@dataclass(frozen=True)
class Sprite:
    """A figure, trimmed to its own size, and where it stood in the picture it was cut from."""

    picture: Image.Image  # RGBA
    place: tuple[int, int]  # left, top in the source, pixels
    source: tuple[int, int]  # size of the source, pixels


def trim(picture: Image.Image) -> Sprite:
    """Cut away what is wholly transparent.

    Raises:
        ValueError: if nothing would be left.
    """
    box = picture.getchannel("A").getbbox()
    if box is None:
        raise ValueError("there is nothing in this picture but transparency")
    return Sprite(picture.crop(box), box[:2], picture.size)


def pack(sizes: Mapping[str, tuple[int, int]], width: int) -> dict[str, tuple[int, int]]:
    """Where each rectangle goes: on shelves, the highest first, a new shelf when one is full.

    Args:
        sizes: name -> width, height in pixels.
        width: of the sheet.

    Returns:
        name -> left, top.

    Raises:
        ValueError: if one is wider than the sheet.

    >>> pack({"a": (5, 2), "b": (4, 6), "c": (3, 4)}, width=10)
    {'b': (0, 0), 'c': (6, 0), 'a': (0, 8)}
    """
    places, left, top, shelf = {}, 0, 0, 0
    for name in sorted(sizes, key=lambda each: (-sizes[each][1], each)):
        wide, high = sizes[name]
        if wide > width:
            raise ValueError(f"{name} is {wide} pixels wide, the sheet only {width}; make the sheet wider")
        if left + wide > width:
            left, top, shelf = 0, top + shelf + GAP, 0
        places[name] = (left, top)
        left, shelf = left + wide + GAP, max(shelf, high)
    return places


def make_atlas(sprites: Mapping[str, Sprite], file: str, width: int = 512) -> tuple[Image.Image, str]:
    """One sheet with all sprites, and its list as JSON.

    Args:
        file: the sheet's file name, as the list shall call it.
        width: of the sheet, pixels; its height follows.

    Raises:
        ValueError: if there is no sprite, or one that is too wide.
    """
    if not sprites:
        raise ValueError("an atlas needs at least one sprite")
    places = pack({name: sprite.picture.size for name, sprite in sprites.items()}, width)
    height = max(places[name][1] + sprite.picture.height for name, sprite in sprites.items())
    sheet, frames = Image.new("RGBA", (width, height)), {}
    for name, sprite in sprites.items():
        sheet.paste(sprite.picture, places[name])
        frames[name] = _entry(sprite, places[name])
    meta = {"app": library_version(), "image": file, "format": "RGBA8888", "scale": "1"}
    return sheet, json.dumps({"frames": frames, "meta": meta | {"size": _size(sheet.size)}}, indent=1)


def _entry(sprite: Sprite, place: tuple[int, int]) -> dict:
    return {
        "frame": {"x": place[0], "y": place[1], **_size(sprite.picture.size)},
        "rotated": False,
        "trimmed": sprite.picture.size != sprite.source,
        "spriteSourceSize": {"x": sprite.place[0], "y": sprite.place[1], **_size(sprite.picture.size)},
        "sourceSize": _size(sprite.source),
        "pivot": {"x": 0.5, "y": 1.0},  # stands on its feet
    }


def _size(size: tuple[int, int]) -> dict[str, int]:
    return {"w": size[0], "h": size[1]}


def read_atlas(sheet: Image.Image, listed: str) -> dict[str, Image.Image]:
    """The sprites of an atlas, as a game cuts them out.

    Raises:
        ValueError: if a frame lies outside of the sheet.
    """
    found = {}
    for name, entry in json.loads(listed)["frames"].items():
        at = entry["frame"]
        box = (at["x"], at["y"], at["x"] + at["w"], at["y"] + at["h"])
        if at["x"] < 0 or at["y"] < 0 or box[2] > sheet.width or box[3] > sheet.height:
            raise ValueError(f"frame {name} lies outside of the sheet: {box} in {sheet.size}")
        found[name] = sheet.crop(box)
    return found
