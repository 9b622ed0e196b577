"""What a picture goes through on its way: saved again, sent as JPEG, cropped, made smaller, photographed off a screen.

Each is a function from a picture to a picture. What the file said beside the pixels survives some of them; what is in
the pixels survives others.
"""

import io
from collections.abc import Callable

from PIL import Image, ImageEnhance

from t2i_lib.provenance import FIELDS


def through_file(picture: Image.Image, kind: str, **options: int) -> Image.Image:
    """Save a picture in a format and read it again."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    read = Image.open(file)
    read.load()
    return read


def as_jpeg(picture: Image.Image, quality: int) -> Image.Image:
    """JPEG of a quality from 1 to 95."""
    return through_file(picture, "JPEG", quality=quality)


def received(pixels: Image.Image) -> Image.Image:
    """What arrives of pixels that a program without knowledge of extra texts saved as PNG."""
    bare = Image.frombytes("RGB", pixels.size, pixels.convert("RGB").tobytes())
    return through_file(bare, "PNG")


def cropped(picture: Image.Image, left: int = 9, top: int = 5) -> Image.Image:
    """A strip cut off at the left and above."""
    return received(picture.crop((left, top, picture.width, picture.height)))


def halved(picture: Image.Image) -> Image.Image:
    """Made half as wide, and wide again."""
    small = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
    return received(small.resize(picture.size, Image.Resampling.BICUBIC))


def brighter(picture: Image.Image) -> Image.Image:
    """A tenth brighter, as a phone's filter does."""
    return received(ImageEnhance.Brightness(picture.convert("RGB")).enhance(1.1))


def turned(picture: Image.Image) -> Image.Image:
    """Turned by three degrees."""
    return received(picture.convert("RGB").rotate(3, Image.Resampling.BICUBIC))


WAYS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "PNG, by this library": lambda picture: through_file(picture, "PNG"),
    "PNG, by another program; screenshot": received,
    "JPEG 90": lambda picture: as_jpeg(picture, 90),
    "JPEG 50": lambda picture: as_jpeg(picture, 50),
    "10 % brighter": brighter,
    "half size and back": halved,
    "cropped": cropped,
    "turned by 3 degrees": turned,
}


def says_its_origin(picture: Image.Image) -> bool:
    """Whether a picture that arrived says what it was drawn from."""
    return any(name in picture.info for name in FIELDS)
