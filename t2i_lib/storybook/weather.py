"""The weather over a finished place: what stands behind the figure, and what falls or drifts in front of it."""

from math import asin, cos, degrees, radians, sin
from random import Random

from t2i_lib.storybook.canvas import Canvas, Color, mix
from t2i_lib.storybook.sky import Mood

RAINBOW: tuple[Color, ...] = (
    (232, 72, 78), (250, 152, 58), (252, 222, 84), (96, 190, 96), (74, 146, 222), (140, 92, 196)
)  # fmt: skip


def draw_rainbow(canvas: Canvas, rng: Random, feet: float) -> None:
    """A wide arc over the sky, red outside, whose ends stand at y = `feet`."""
    center = (rng.uniform(0.42, 0.58), rng.uniform(0.57, 0.64))
    radius, band = rng.uniform(0.46, 0.51), rng.uniform(0.021, 0.026)
    for step, color in enumerate(RAINBOW):
        outer = radius - step * band
        below = degrees(asin((feet - center[1]) / outer))  # how far the arc goes on past its half circle
        canvas.arc(center, (outer, outer), 180 - below, 360 + below, color, band * 1.1, alpha=200)


def draw_behind(canvas: Canvas, mood: Mood, rng: Random) -> None:
    """What lies between the place and the figure: shafts of light, or the thick part of the mist."""
    if mood.weather == "sunbeams":
        _draw_sunbeams(canvas, mood, rng)
    elif mood.weather == "mist":
        canvas.veil(mood.haze, 0.0, 0.55, 20, 75)
        canvas.veil(mood.haze, 0.55, 1.0, 75, 30)
        _draw_bands(canvas, mood, rng, 0.3, 0.74, 4, 150)


def draw_in_front(canvas: Canvas, mood: Mood, rng: Random) -> None:
    """What passes before the figure: streaks of rain, flakes of snow, thin bands of mist."""
    if mood.weather == "rain":
        _draw_rain(canvas, mood, rng)
    elif mood.weather == "snow":
        _draw_snow(canvas, mood, rng)
    elif mood.weather == "mist":  # low and thin: colour and face of the figure stay clear
        _draw_bands(canvas, mood, rng, 0.84, 0.97, 3, 110)


def _draw_sunbeams(canvas: Canvas, mood: Mood, rng: Random) -> None:
    (x, y), count = mood.sun, rng.randint(4, 5)
    color = (255, 240, 164) if mood.time == "day" else (255, 214, 128)
    for beam in range(count):
        middle = 18 + 66 * (beam + rng.uniform(0.3, 0.7)) / count  # degrees below the horizontal, away from the sun
        half = rng.uniform(2.6, 4.2)
        ends = [radians(angle if x < 0.5 else 180 - angle) for angle in (middle - half, middle + half)]
        far = [(x + 1.7 * cos(angle), y + 1.7 * sin(angle)) for angle in ends]
        canvas.polygon([(x, y), *far], color, alpha=115)
    canvas.glow(mood.sun, 0.24, 0.24, (255, 250, 214), 230)


def _draw_bands(canvas: Canvas, mood: Mood, rng: Random, top: float, bottom: float, count: int, alpha: int) -> None:
    for band in range(count):
        y = top + (bottom - top) * (band + rng.uniform(0.2, 0.8)) / count
        center = (rng.uniform(0.0, 1.0), y)
        canvas.glow(
            center, rng.uniform(0.6, 0.9), rng.uniform(0.05, 0.08), mix(mood.haze, (255, 255, 255), 0.25), alpha
        )


def _draw_rain(canvas: Canvas, mood: Mood, rng: Random) -> None:
    slant, length = rng.uniform(0.18, 0.35), rng.uniform(0.07, 0.1)
    color = (226, 238, 250) if mood.time != "night" else (148, 170, 214)
    for column in range(8):
        for row in range(6):
            x, y = (column + rng.random()) / 8, (row + rng.random()) / 6
            canvas.line([(x, y), (x - slant * length, y + length)], color, 0.0125, alpha=150)


def _draw_snow(canvas: Canvas, mood: Mood, rng: Random) -> None:
    color = (255, 255, 255) if mood.time != "night" else (226, 234, 250)
    for column in range(7):
        for row in range(7):
            center = ((column + rng.random()) / 7, (row + rng.random()) / 7)
            canvas.ellipse(center, rng.uniform(0.012, 0.021), fill=color)
