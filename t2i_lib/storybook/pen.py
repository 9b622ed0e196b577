"""A pen that draws one figure: shapes around the figure's feet, outlined in ink, in the light of the time of day."""

from collections.abc import Sequence
from math import cos, radians, sin

from t2i_lib.storybook.canvas import INK, Canvas, Color, Point, mix

OUTLINE = 0.012  # ink line as a share of the picture's edge: 1.5 pixels at 128

# What the light of the hour does to a figure: towards which colour and how far. Kept slight: red must stay red.
_LIGHT: dict[str, tuple[Color, float]] = {
    "day": ((255, 255, 255), 0.0),
    "sunset": ((255, 150, 70), 0.06),
    "night": ((30, 40, 90), 0.08),
}
_MOONLIT_INK: Color = (128, 134, 166)  # a rim of light: black outlined in ink would vanish at night


class Pen:
    """Draws in the figure's own coordinates: (0, 0) between the feet, y down, lengths as shares of the picture.

    Args:
        canvas: surface to draw on.
        feet: where the figure stands, in the canvas' unit square.
        scale: size of the figure; 1 keeps the lengths, outlines never change.
        side: 1 or -1; -1 mirrors the figure from left to right.
        time: "day", "sunset" or "night".
        dark: whether the figure is so dark that it needs a rim of moonlight at night.
    """

    def __init__(
        self, canvas: Canvas, feet: Point, scale: float = 1.0, side: int = 1, time: str = "day", dark: bool = False
    ) -> None:
        self.canvas, self.feet, self.scale, self.side = canvas, feet, scale, side
        self._light, self._share = _LIGHT[time]
        self.ink = _MOONLIT_INK if time == "night" and dark else INK  # for outlines; features of a face stay dark

    def shape(self, points: Sequence[Point], fill: Color, smooth: int = 2, outline: float = OUTLINE) -> None:
        """A filled, closed shape; `smooth` rounds its corners that many times, `outline` 0 leaves out the ink."""
        for _ in range(smooth):
            points = _round_corners(points)
        ink = self.ink if outline else None
        self.canvas.polygon([self._place(p) for p in points], self._lit(fill), outline=ink, width=outline)

    def disc(
        self, center: Point, radius: float, radius_y: float | None = None, fill: Color = INK, outline: float = OUTLINE
    ) -> None:
        """A filled circle or ellipse."""
        tall = radius if radius_y is None else radius_y
        # The ink lies half outside the radius, as it does on a shape.
        wide, tall = radius * self.scale + outline / 2, tall * self.scale + outline / 2
        ink = self.ink if outline else None
        self.canvas.ellipse(self._place(center), wide, tall, self._lit(fill), outline=ink, width=outline)

    def stroke(self, points: Sequence[Point], color: Color = INK, width: float = 0.014) -> None:
        """A line without outline."""
        self.canvas.line([self._place(p) for p in points], self._lit(color), width)

    def limb(self, points: Sequence[Point], fill: Color, width: float) -> None:
        """An outlined tube with round ends and joints: an arm, a leg, a tail."""
        placed, width = [self._place(p) for p in points], width * self.scale
        for color, thickness in ((self.ink, width + 2 * OUTLINE), (self._lit(fill), width)):
            self.canvas.line(placed, color, thickness)
            for point in placed:
                self.canvas.ellipse(point, thickness / 2, fill=color)

    def glow(self, center: Point, radius: float, color: Color, alpha: int, radius_y: float | None = None) -> None:
        """A see-through ellipse without outline: a shadow, a shine."""
        tall = radius if radius_y is None else radius_y
        self.canvas.ellipse(self._place(center), radius * self.scale, tall * self.scale, color, alpha)

    def _place(self, point: Point) -> Point:
        (x, y), (feet_x, feet_y) = point, self.feet
        return feet_x + self.side * self.scale * x, feet_y + self.scale * y

    def _lit(self, color: Color) -> Color:
        return color if color == INK else mix(color, self._light, self._share)


def arc_points(
    center: Point, radius_x: float, radius_y: float, start: float, end: float, count: int = 9
) -> list[Point]:
    """Points along an ellipse's edge; angles in degrees, 0 = right, 90 = down.

    >>> [(round(x), round(y)) for x, y in arc_points((0, 0), 1, 2, 0, 180, count=3)]
    [(1, 0), (0, 2), (-1, 0)]
    """
    angles = [radians(start + (end - start) * step / (count - 1)) for step in range(count)]
    return [(center[0] + radius_x * cos(angle), center[1] + radius_y * sin(angle)) for angle in angles]


def mirrored(half: Sequence[Point]) -> list[Point]:
    """A closed shape from its right half, given from top to bottom.

    >>> mirrored([(1, -2), (3, 0)])
    [(1, -2), (3, 0), (-3, 0), (-1, -2)]
    """
    return [*half, *((-x, y) for x, y in reversed(half))]


def _round_corners(points: Sequence[Point]) -> list[Point]:
    """Cut every corner of a closed shape at a quarter of both its edges (Chaikin 1974)."""
    rounded = []
    for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
        rounded += [(0.75 * ax + 0.25 * bx, 0.75 * ay + 0.25 * by), (0.25 * ax + 0.75 * bx, 0.25 * ay + 0.75 * by)]
    return rounded
