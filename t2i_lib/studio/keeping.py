"""Keep what was made together with how it was made: prompt, seed and model as every picture, and a sentence more.

A seed alone does not draw a picture again that lies between two seeds or was put together from several; the sentence
under `made` says what else there was.
"""

import io
from pathlib import Path

from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from t2i_lib.checkpoints import atomic_path
from t2i_lib.provenance import FIELDS

MADE = "made"


def facts_of(picture: Image.Image, made: str = "") -> dict[str, str]:
    """What is known of a picture's origin, in order."""
    known = {name: str(picture.info[name]) for name in FIELDS if name in picture.info}
    return known | ({MADE: made} if made else {})


def to_png(picture: Image.Image, made: str = "") -> bytes:
    """A picture as a PNG file with all facts inside."""
    facts = PngInfo()
    for name, value in facts_of(picture, made).items():
        facts.add_itxt(name, value)  # iTXt holds any language
    file = io.BytesIO()
    picture.save(file, "PNG", pnginfo=facts)
    return file.getvalue()


def keep(content: bytes, path: Path) -> Path:
    """Write a file, whole or not at all; its folder is made.

    Raises:
        OSError: if it cannot be written.
    """
    with atomic_path(path, len(content)) as partial:
        partial.write_bytes(content)
    return path


def read_facts(file: str | Path | bytes) -> dict[str, str]:
    """Every fact in a PNG file of the studio, `made` included; {} if it says nothing.

    Raises:
        ValueError: if it is not a readable picture.
    """
    try:
        with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file) as picture:
            picture.load()
            return {name: str(picture.info[name]) for name in (*FIELDS, MADE) if name in picture.info}
    except (OSError, UnidentifiedImageError, SyntaxError) as error:
        raise ValueError(f"not a readable picture: {error}") from error
