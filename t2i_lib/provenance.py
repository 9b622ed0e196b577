"""Where a picture came from: its prompt, seed and model, written into the PNG file and read back from it.

A drawn picture carries these facts in `picture.info` from the moment it is drawn; saving it keeps them.
"""

import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from t2i_lib.checkpoints import atomic_path

FIELDS = ("prompt", "seed", "model", "library", "generated")


class DrawnPicture(Image.Image):
    """A picture that knows what it was drawn from, and writes that into every PNG file it is saved to."""

    def save(self, fp: Any, format: str | None = None, **options: Any) -> None:
        """As any Pillow picture, with the facts added."""
        super().save(fp, format, **{"pnginfo": _facts(self), **options})


def label(picture: Image.Image, prompt: str, seed: int, model: str) -> Image.Image:
    """Note in the picture itself what it was drawn from; "generated" is always "true".

    >>> label(Image.new("RGB", (2, 2)), "a hill", 7, "full").info["seed"]
    '7'
    """
    facts = {"prompt": prompt, "seed": str(seed), "model": model, "library": library_version(), "generated": "true"}
    picture.info.update(facts)
    picture.__class__ = DrawnPicture
    return picture


def _facts(picture: Image.Image) -> PngInfo:
    facts = PngInfo()
    for name in FIELDS:
        if name in picture.info:
            facts.add_itxt(name, str(picture.info[name]))  # iTXt holds any language, tEXt only Latin-1
    return facts


@cache
def library_version() -> str:
    """Name and version of this library, as pictures carry it."""
    try:
        return f"t2i_lib {version('t2i-course')}"
    except PackageNotFoundError:  # used from a clone that was never installed
        return "t2i_lib (not installed)"


def save_picture(picture: Image.Image, path: str | Path) -> Path:
    """Save a picture as PNG with the facts it carries; an existing file is replaced only once the new one is whole.

    Raises:
        ValueError: if the name does not end in .png (other formats would lose the facts).
        OSError: if the folder cannot be made or written to, or the disk is full; nothing is left behind.
    """
    path = Path(path)
    if path.suffix.lower() != ".png":
        raise ValueError(f"pictures are saved as PNG, so the name must end in .png, not {path.name!r}")
    with atomic_path(path, picture.width * picture.height * 3) as partial:
        picture.save(partial, "PNG", pnginfo=_facts(picture))
    return path


def read_provenance(path: str | Path) -> dict[str, str]:
    """What a saved picture says about its origin; empty for a picture that says nothing.

    Raises:
        ValueError: if the file is missing or is not a readable picture.
    """
    try:
        with Image.open(path) as picture:
            picture.load()  # text that stands behind the pixels is read only now
            return {name: str(picture.info[name]) for name in FIELDS if name in picture.info}
    except (UnidentifiedImageError, SyntaxError, EOFError) as error:
        raise ValueError(f"{path} is not a readable picture: {error}") from error
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error}") from error


def file_stem(prompt: str, seed: int) -> str:
    """A file name made of the prompt's first words and the seed.

    >>> file_stem("A green hill, at sunset!", 7)
    'a-green-hill-at-sunset-7'
    """
    words = re.sub(r"[\W_]+", "-", prompt.lower()).strip("-")[:40].rstrip("-")
    return f"{words or 'picture'}-{seed}"
