"""Can it be read? Contrast of a text's colour against the very pixels that it will stand on, and how to get enough."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

READABLE = 4.5  # times as bright: what WCAG 2.2 asks of text, level AA
DARK, BRIGHT = (20, 20, 28), (255, 255, 255)


def luminance(colors: np.ndarray | Sequence[int]) -> np.ndarray:
    """How bright colours look, 0 (black) to 1 (white): (..., 3) sRGB from 0 to 255 -> (...).

    The numbers of a picture are not amounts of light; first they are made linear. Then green counts most, blue least.

    Source: WCAG 2.2, "relative luminance", https://www.w3.org/TR/WCAG22/#dfn-relative-luminance

    >>> luminance([255, 255, 255]).round(3), luminance([0, 0, 255]).round(4)
    (np.float64(1.0), np.float64(0.0722))
    """
    shares = np.asarray(colors, dtype=float) / 255
    light = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return light @ np.array([0.2126, 0.7152, 0.0722])


def contrast(first: np.ndarray | Sequence[int], second: np.ndarray | Sequence[int]) -> np.ndarray:
    """(brighter + 0.05) / (darker + 0.05): 1 for equal colours, 21 for black on white.

    Source: WCAG 2.2, "contrast ratio", https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio

    >>> contrast([0, 0, 0], [255, 255, 255]).round(2)
    np.float64(21.0)
    """
    bright, dark = luminance(first), luminance(second)
    return (np.maximum(bright, dark) + 0.05) / (np.minimum(bright, dark) + 0.05)


def worst_contrast(color: Sequence[int], ground: Image.Image) -> float:
    """The contrast of a text's colour with the pixel of its ground that is most like it."""
    return float(contrast(color, np.asarray(ground.convert("RGB"))).min())


def make_readable(ground: Image.Image, least: float = READABLE) -> tuple[Image.Image, tuple[int, int, int], float]:
    """Choose white or dark letters, and veil the ground with the other just as much as it takes.

    Returns:
        ground: as it has to be.
        color: of the letters.
        veil: share of the veil, 0 where none was needed.
    """
    tries = [(veil / 20, color) for veil in range(21) for color in (BRIGHT, DARK)]
    for veil, color in tries:
        other = DARK if color == BRIGHT else BRIGHT
        veiled = Image.blend(ground.convert("RGB"), Image.new("RGB", ground.size, other), veil)
        if worst_contrast(color, veiled) >= least:
            return veiled, color, veil
    raise ValueError(f"no veil gives a contrast of {least}: black on white has 21")
