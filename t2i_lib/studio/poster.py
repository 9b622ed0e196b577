"""Advertising: a picture, a headline, a line below it, in the formats that a campaign needs.

The picture has 128 pixels and a poster a thousand: enlarging by Lanczos' filter keeps edges as sharp as they were and
invents nothing. Nobody should call that high resolution, so each poster's file says how often it was enlarged.
"""

from dataclasses import dataclass

import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from t2i_lib.gallery import chinese_font, wrap
from t2i_lib.provenance import label
from t2i_lib.studio.contrast import READABLE, contrast, make_readable

MOST_SIGNS = 300  # of headline and line together: nobody reads more on a poster
Box = tuple[int, int, int, int]  # left, top, right, bottom, pixels


@dataclass(frozen=True)
class Layout:
    """A format: its size, where the picture lies, and where the words do."""

    size: tuple[int, int]
    picture: Box
    words: Box

    @property
    def on_picture(self) -> bool:
        """Whether the words lie on the picture, not beside it."""
        return self.words[0] < self.picture[2] and self.words[1] < self.picture[3]


LAYOUTS = {
    "portrait": Layout((1000, 1414), (0, 0, 1000, 1000), (0, 1000, 1000, 1414)),  # as an A sheet, 1 : 1.414
    "square": Layout((1080, 1080), (0, 0, 1080, 1080), (0, 0, 1080, 300)),
    "banner": Layout((1500, 500), (1000, 0, 1500, 500), (0, 0, 1000, 500)),
}


@dataclass(frozen=True)
class Poster:
    """A finished poster and what its check needs."""

    sheet: Image.Image
    layout: Layout
    ground: Image.Image  # what the words stand on, without them
    ink: tuple[int, int, int]
    veil: float  # how much the ground had to be veiled, 0 to 1
    lines: tuple[str, ...]
    made: str


def check_words(headline: str, line: str, form: str) -> None:
    """Refuse words and formats that make no poster: better before the picture is drawn than after.

    Raises:
        ValueError: if there is no such format, no headline, or too much of it.
    """
    if form not in LAYOUTS:
        raise ValueError(f"there is no format {form!r}; there are {', '.join(LAYOUTS)}")
    if not headline.strip():
        raise ValueError("a poster needs a headline")
    if len(headline) + len(line) > MOST_SIGNS:
        raise ValueError(f"a poster has room for {MOST_SIGNS} signs; say it in fewer words")


def make_poster(picture: Image.Image, headline: str, line: str = "", form: str = "portrait") -> Poster:
    """Lay out a poster.

    Args:
        picture: square, drawn by an artist.
        headline, line: English or Chinese.
        form: one of LAYOUTS.

    Raises:
        ValueError: if there is no such format, no headline, no font for it, or no room.
    """
    check_words(headline, line, form)
    layout = LAYOUTS[form]
    sheet = Image.new("RGB", layout.size, _main_color(picture))
    edge = layout.picture[2] - layout.picture[0]
    sheet.paste(picture.convert("RGB").resize((edge, edge), Image.Resampling.LANCZOS), layout.picture[:2])
    ground, ink, veil = make_readable(sheet.crop(layout.words))
    sheet.paste(ground, layout.words[:2])
    lines = _write(sheet, layout.words, headline.strip(), line.strip(), ink)
    times = edge / picture.width
    made = f"poster ({form}), picture enlarged {times:.1f} times by Lanczos' filter, no detail added"
    if "prompt" in picture.info:
        label(sheet, picture.info["prompt"], picture.info["seed"], picture.info["model"])
    return Poster(sheet, layout, ground, ink, veil, lines, made)


@dataclass(frozen=True)
class PosterCheck:
    """Whether a poster does its work; `least_contrast` is that of the letters with the worst pixel of their ground."""

    least_contrast: float
    share_inked: float  # of the words' box: 0 means that nothing was written
    inside: bool  # no letter touches the box's edge

    @property
    def good(self) -> bool:
        """Readable, written, and not cut off."""
        return self.least_contrast >= READABLE and self.share_inked > 0.005 and self.inside

    def __repr__(self) -> str:
        verdict = "good" if self.good else "NOT good"
        return (
            f"{verdict}: contrast {self.least_contrast:.1f} (at least {READABLE}), "
            f"letters on {self.share_inked:.1%} of their box, {'inside' if self.inside else 'CUT OFF'}"
        )


def check_poster(poster: Poster) -> PosterCheck:
    """Measure on the finished pixels: where letters are, and what they stand on."""
    ground = np.asarray(poster.ground).astype(int)
    written = np.asarray(poster.sheet.crop(poster.layout.words)).astype(int)
    inked = np.abs(written - ground).max(-1) > 60  # (h, w): well inside a stroke
    rim = np.concatenate([inked[:3].ravel(), inked[-3:].ravel(), inked[:, :3].ravel(), inked[:, -3:].ravel()])
    least = contrast(poster.ink, ground[inked]).min() if inked.any() else 1.0
    return PosterCheck(float(least), float(inked.mean()), not rim.any())


def font_for(text: str, size: int) -> ImageFont.FreeTypeFont:
    """A font that can write this text.

    Raises:
        ValueError: for Chinese, where this machine has no font for it.
    """
    if text.isascii():
        found = font_manager.findfont(font_manager.FontProperties(family="DejaVu Sans", weight="bold"))
        return ImageFont.truetype(found, size)
    font = chinese_font()
    if font is None:
        raise ValueError(
            "no font of this machine can write Chinese; install one (Debian, Ubuntu: apt install fonts-noto-cjk) "
            "or give the headline in English"
        )
    return ImageFont.truetype(font.path, size, index=font.index)


def _write(sheet: Image.Image, box: Box, headline: str, line: str, ink: tuple[int, int, int]) -> tuple[str, ...]:
    """The largest letters that fit: headline, and the line below in half their size."""
    left, top, right, bottom = box
    margin = round(0.08 * min(right - left, bottom - top))
    width, height = right - left - 2 * margin, bottom - top - 2 * margin
    for size in range(height // 2, 15, -2):
        fonts = font_for(headline, size), font_for(line, max(14, size // 2))
        rows = [(row, fonts[0], round(1.2 * size)) for row in wrap(headline, fonts[0], width)]
        rows += [(row, fonts[1], round(0.75 * size)) for row in wrap(line, fonts[1], width) if row]
        if sum(step for *_, step in rows) <= height and all(font.getlength(row) <= width for row, font, _ in rows):
            break
    else:
        raise ValueError(f"there is no room for {headline!r}; say it in fewer words")
    draw, at = ImageDraw.Draw(sheet), top + margin + (height - sum(step for *_, step in rows)) // 2
    for row, font, step in rows:
        draw.text((left + margin, at), row, fill=ink, font=font)
        at += step
    return tuple(row for row, *_ in rows)


def _main_color(picture: Image.Image) -> tuple[int, int, int]:
    """The strongest of the picture's few main colours: what a panel beside it is painted in."""
    few = picture.convert("RGB").quantize(6, method=Image.Quantize.MEDIANCUT)
    palette = np.array(few.getpalette()[:18]).reshape(-1, 3)
    counts = np.bincount(np.asarray(few).ravel(), minlength=len(palette))[: len(palette)]
    strength = (palette.max(1) - palette.min(1) + 20) * np.sqrt(counts)
    return tuple(int(number) for number in palette[strength.argmax()])
