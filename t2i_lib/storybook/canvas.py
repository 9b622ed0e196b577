"""A drawing surface in unit coordinates: x to the right, y down, both from 0 to 1.

Everything is drawn larger than asked for and reduced at the end, which smooths the edges (anti-aliasing).
"""

from collections.abc import Sequence
from functools import cache
from random import Random

from PIL import Image, ImageDraw

Color = tuple[int, int, int]  # red, green, blue, each 0..255
Point = tuple[float, float]  # x, y in the unit square; parts of a shape may lie outside of it

INK: Color = (52, 44, 60)  # the dark outline that keeps a white cape readable on snow


def mix(first: Color, second: Color, share: float) -> Color:
    """Blend two colours; `share` 0 gives the first, 1 the second.

    >>> mix((0, 0, 0), (200, 100, 50), 0.5)
    (100, 50, 25)
    """
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second, strict=True))


def jitter(color: Color, rng: Random, amount: int = 10) -> Color:
    """The colour a little brighter, darker or otherwise hued, at most `amount` of 255 steps a channel."""
    return tuple(max(0, min(255, channel + rng.randint(-amount, amount))) for channel in color)


@cache
def _round_falloff() -> Image.Image:
    """255 in the middle, 0 from the inscribed circle outwards; (256, 256) grey."""
    # Pillow's gradient reaches 255 in the corners only; the power lets the light fade out without a visible rim.
    shares = [max(0.0, 1 - level / 255 * 2**0.5) for level in range(256)]
    return Image.radial_gradient("L").point([round(255 * share**1.6) for share in shares])


class Canvas:
    """A square picture under construction.

    Args:
        size: edge of the finished picture in pixels.
        supersample: how many times larger it is drawn than delivered.
    """

    def __init__(self, size: int, supersample: int = 2) -> None:
        self.size = size
        self.pixels = size * supersample  # edge while drawing
        self.supersample = supersample
        self.image = Image.new("RGB", (self.pixels, self.pixels))
        self._draw = ImageDraw.Draw(self.image, "RGBA")

    def gradient(self, top: Color, bottom: Color, start: float = 0.0, end: float = 1.0) -> None:
        """Fill the band from y = `start` to y = `end` with a vertical colour change."""
        first, last = round(start * self.pixels), round(end * self.pixels)
        if last <= first:
            return
        ramp = Image.linear_gradient("L").resize((1, last - first))
        strip = Image.composite(Image.new("RGB", ramp.size, bottom), Image.new("RGB", ramp.size, top), ramp)
        self.image.paste(strip.resize((self.pixels, last - first), Image.Resampling.NEAREST), (0, first))

    def polygon(
        self, points: Sequence[Point], fill: Color, alpha: int = 255, outline: Color | None = None, width: float = 0.01
    ) -> None:
        """A filled polygon; `alpha` 0..255 (0 = invisible), outline `width` as a share of the picture's edge."""
        corners = self._scaled(points)
        self._draw.polygon(corners, (*fill, alpha))
        if outline is not None:
            self._draw.line([*corners, corners[0], corners[1]], outline, self._thickness(width), joint="curve")

    def ellipse(
        self,
        center: Point,
        radius_x: float,
        radius_y: float | None = None,
        fill: Color | None = None,
        alpha: int = 255,
        outline: Color | None = None,
        width: float = 0.01,
    ) -> None:
        """An ellipse around `center`; a circle when `radius_y` is left out."""
        box = self._box(center, radius_x, radius_x if radius_y is None else radius_y)
        paint = None if fill is None else (*fill, alpha)
        self._draw.ellipse(box, paint, outline, self._thickness(width) if outline else 0)

    def line(self, points: Sequence[Point], color: Color, width: float = 0.01, alpha: int = 255) -> None:
        """A line through the points."""
        self._draw.line(self._scaled(points), (*color, alpha), self._thickness(width), joint="curve")

    def arc(
        self, center: Point, radius: Point, start: float, end: float, color: Color, width: float, alpha: int = 255
    ) -> None:
        """Part of an ellipse's edge; angles in degrees, 0 = right, 90 = down; `radius` is (x, y)."""
        self._draw.arc(self._box(center, *radius), start, end, (*color, alpha), self._thickness(width))

    def veil(self, color: Color, start: float, end: float, alpha_start: int, alpha_end: int) -> None:
        """Lay a transparent colour over the band y = `start`..`end`; its alpha changes evenly from top to bottom."""
        first, last = round(start * self.pixels), round(end * self.pixels)
        if last <= first:
            return
        alphas = [round(alpha_start + (alpha_end - alpha_start) * level / 255) for level in range(256)]
        column = Image.linear_gradient("L").resize((1, last - first)).point(alphas)
        mask = column.resize((self.pixels, last - first), Image.Resampling.NEAREST)
        self.image.paste(color, (0, first, self.pixels, last), mask)

    def glow(self, center: Point, radius_x: float, radius_y: float, color: Color, alpha: int) -> None:
        """A soft spot of light: `alpha` in the middle, fading to nothing at the rim."""
        left, top, right, bottom = (round(edge) for edge in self._box(center, radius_x, radius_y))
        if right <= left or bottom <= top:
            return
        mask = _round_falloff().resize((right - left, bottom - top)).point([v * alpha // 255 for v in range(256)])
        self.image.paste(color, (left, top, right, bottom), mask)

    def finish(self) -> Image.Image:
        """The finished picture, (size, size) RGB."""
        return self.image.reduce(self.supersample) if self.supersample > 1 else self.image

    def _scaled(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self.pixels, y * self.pixels) for x, y in points]

    def _box(self, center: Point, radius_x: float, radius_y: float) -> tuple[float, float, float, float]:
        (x, y), edge = center, self.pixels
        return ((x - radius_x) * edge, (y - radius_y) * edge, (x + radius_x) * edge, (y + radius_y) * edge)

    def _thickness(self, width: float) -> int:
        return max(1, round(width * self.pixels))
