"""Real pictures with captions: the form that every source of them delivers, and how a picture gets into it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

CAPTION_COLUMNS = ("caption", "captions", "text", "prompt")  # and what begins with them, such as caption_zh


class CaptionedPicture(NamedTuple):
    """One picture with everything that is said about it."""

    pixels: Tensor  # (size, size, 3) uint8
    captions: list[str]


def square_pixels(picture: Image.Image, size: int) -> Tensor:
    """The middle square of a picture, `size` pixels wide: (size, size, 3) uint8.

    A photograph is turned as its camera noted; what is transparent becomes white.

    >>> square_pixels(Image.new("RGBA", (6, 4), (0, 0, 0, 0)), 2).unique().tolist()
    [255]
    """
    picture = ImageOps.exif_transpose(picture)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    picture = ImageOps.fit(picture.convert("RGB"), (size, size), Image.Resampling.LANCZOS)
    return torch.from_numpy(np.array(picture))


def find_caption_columns(columns: Sequence[str], source: str, wanted: Sequence[str] | None = None) -> list[str]:
    """The columns that hold captions: the `wanted` ones, or those with a usual name.

    Raises:
        ValueError: if there are none, naming the columns that there are.

    >>> find_caption_columns(["file_name", "caption_en", "caption_zh", "width"], "a table")
    ['caption_en', 'caption_zh']
    """
    if wanted is not None:
        missing = [name for name in wanted if name not in columns]
        if missing:
            raise ValueError(f"{source} has no column {missing[0]!r}; its columns are {', '.join(columns)}")
        return list(wanted)
    found = [name for name in columns if name.lower().split("_")[0] in CAPTION_COLUMNS]
    if not found:
        raise ValueError(
            f"{source} has no caption column: its columns are {', '.join(columns)}; name one of them "
            f"{' or '.join(CAPTION_COLUMNS)}, or say which it is with caption_columns=[...]"
        )
    return found


def collect_captions(row: dict, columns: Sequence[str]) -> list[str]:
    """All captions of a row, a column may hold one or a list; empty ones are left out.

    >>> collect_captions({"caption": ["a cat", " "], "text": "cat", "prompt": None}, ["caption", "text", "prompt"])
    ['a cat', 'cat']
    """
    values = [row.get(name) for name in columns]
    flat = [each for value in values for each in (value if isinstance(value, list | tuple) else [value])]
    return [each.strip() for each in flat if isinstance(each, str) and each.strip()]


def collate_captioned(items: Sequence[CaptionedPicture]) -> tuple[Tensor, list[list[str]]]:
    """A batch for a DataLoader (`collate_fn`): (B, size, size, 3) uint8, and each picture's captions."""
    return torch.stack([item.pixels for item in items]), [item.captions for item in items]
