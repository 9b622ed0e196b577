"""A drawing surface in unit coordinates: x to the right, y down, both from 0 to 1.

Everything is drawn larger than asked for and reduced at the end, which smooths the edges (anti-aliasing).
"""

from collections.abc import Sequence
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
        self.image.paste(strip.resize((self.pixels, last - first)), (0, first))

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
