"""The eight places, each in two layers: `far` (behind a rainbow) and `near` (in front of it).

Colours are those of a clear day; `Mood.lit` and `Mood.ground` turn them into the picture's light. The lower
foreground stays plain, because the figure stands there.
"""

from collections.abc import Callable
from math import pi, sin
from random import Random
from typing import NamedTuple

from t2i_lib.storybook.canvas import Canvas, Color, Point, jitter, mix
from t2i_lib.storybook.props import (
    draw_cactus,
    draw_castle_wall,
    draw_fir,
    draw_house,
    draw_palm,
    draw_reed,
    draw_round_tree,
    draw_sailboat,
    draw_street_lamp,
    draw_tall_tree,
    draw_tower,
)
from t2i_lib.storybook.sky import Mood

Layer = Callable[[Canvas, Mood, Random], None]


class Place(NamedTuple):
    """The two layers of a place, and the height (y) at which a rainbow between them ends."""

    far: Layer
    near: Layer
    rainbow_feet: float = 0.7


def _wave(rng: Random, level: float, height: float, swings: float) -> list[Point]:
    """A soft skyline from left to right around y = `level`, `height` high, with `swings` crests or so."""
    phase, other = rng.uniform(0, 2 * pi), rng.uniform(0, 2 * pi)
    return [
        (x / 24, level - height * (0.65 * sin(phase + 2 * pi * swings * x / 24) + 0.35 * sin(other + 9 * x / 24)))
        for x in range(25)
    ]


def _land(canvas: Canvas, rng: Random, color: Color, level: float, height: float = 0.03, swings: float = 1.0) -> None:
    canvas.polygon([(0.0, 1.0), *_wave(rng, level, height, swings), (1.0, 1.0)], color)


def _peaks(canvas: Canvas, rng: Random, base: float, height: float, color: Color, cap: Color | None) -> list[Point]:
    """A row of mountains with, if wanted, white caps; returns the tops."""
    tops = []
    for place in range(4):
        x, y = (place + rng.uniform(0.1, 0.9)) / 4, base - height * rng.uniform(0.65, 1.0)
        half = rng.uniform(0.2, 0.28)
        canvas.polygon([(x - half, base), (x, y), (x + half, base)], mix(color, (255, 255, 255), 0.06 * (place % 2)))
        if cap is not None:
            drop, side = (base - y) * 0.32, half * 0.32
            snow = [(x, y), (x - side, y + drop), (x - side * 0.3, y + drop * 0.75), (x + side * 0.3, y + drop * 1.1)]
            canvas.polygon([*snow, (x + side, y + drop)], cap)
        tops.append((x, y))
    return tops


def _hill_far(canvas: Canvas, mood: Mood, rng: Random) -> None:
    _land(canvas, rng, mood.ground(jitter((122, 172, 168), rng), 0.4), rng.uniform(0.5, 0.56), 0.05, 1.3)


def _hill_near(canvas: Canvas, mood: Mood, rng: Random) -> None:
    green, level = jitter((112, 178, 84), rng, 14), rng.uniform(0.54, 0.6)
    _land(canvas, rng, mood.ground(mix(green, (60, 130, 90), 0.35), 0.1), level, 0.06, rng.uniform(0.9, 1.3))
    for _ in range(rng.randint(2, 4)):
        foot = (rng.uniform(0.04, 0.96), level + rng.uniform(0.05, 0.1))
        draw_round_tree(canvas, mood, foot, rng.uniform(0.12, 0.18), jitter((64, 140, 76), rng, 14))
    _land(canvas, rng, mood.ground(green), level + 0.13, 0.05, rng.uniform(0.7, 1.1))
    _land(canvas, rng, mood.ground(mix(green, (206, 226, 116), 0.4)), level + 0.26, 0.03, rng.uniform(0.5, 0.9))


def _seaside_far(canvas: Canvas, mood: Mood, rng: Random) -> None:
    horizon, sea = rng.uniform(0.48, 0.53), jitter((44, 146, 190), rng)
    canvas.gradient(mood.lit(sea), mood.lit(mix(sea, (140, 224, 220), 0.6)), horizon, 0.8)
    if mood.time == "sunset":
        canvas.glow((mood.sun[0], horizon + 0.1), 0.12, 0.16, (255, 206, 128), 150)


def _seaside_near(canvas: Canvas, mood: Mood, rng: Random) -> None:
    for _ in range(rng.randint(1, 2)):
        draw_sailboat(canvas, mood, (rng.uniform(0.1, 0.9), rng.uniform(0.56, 0.6)), rng.uniform(0.14, 0.2), rng)
    shore, sand = rng.uniform(0.7, 0.74), jitter((244, 218, 164), rng, 8)
    edge = _wave(rng, shore, 0.02, rng.uniform(1.0, 1.8))
    canvas.polygon([(0, 1), *[(x, y - 0.022) for x, y in edge], (1, 1)], mood.lit((244, 252, 250)))
    canvas.polygon([(0, 1), *edge, (1, 1)], mood.ground(mix(sand, (190, 150, 104), 0.35)))
    canvas.polygon([(0, 1), *[(x, y + 0.03) for x, y in edge], (1, 1)], mood.ground(sand))
    if rng.random() < 0.5:
        draw_palm(canvas, mood, rng)


def _forest_far(canvas: Canvas, mood: Mood, rng: Random) -> None:
    back = jitter((96, 156, 112), rng)
    for tree in range(9):
        x, top = (tree + rng.uniform(0.2, 0.8)) / 9, rng.uniform(0.26, 0.4)
        canvas.ellipse((x, top + 0.1), 0.1, 0.16, fill=mood.ground(back, rng.uniform(0.2, 0.4)))
    canvas.gradient(mood.lit(back, 0.15), mood.lit(mix(back, (40, 84, 60), 0.4)), 0.44, 0.75)
    for tree in range(7):
        x = (tree + rng.uniform(0.2, 0.8)) / 7
        canvas.line([(x, 0.36), (x, 0.72)], mood.lit((88, 92, 74), 0.15), 0.022)

    leaves = jitter((58, 132, 74), rng, 12)
    for x in (0.02, 0.17, 0.34, 0.66, 0.83, 0.98):  # a gap in the middle shows the sky
        draw_tall_tree(canvas, mood, rng, x + rng.uniform(-0.05, 0.05), leaves)


def _forest_near(canvas: Canvas, mood: Mood, rng: Random) -> None:
    green = jitter((78, 146, 80), rng, 12)
    _land(canvas, rng, mood.ground(green), rng.uniform(0.68, 0.72), 0.02, 1.2)
    _land(canvas, rng, mood.ground(mix(green, (196, 204, 118), 0.45)), rng.uniform(0.8, 0.84), 0.015, 0.8)


def _castle_far(canvas: Canvas, mood: Mood, rng: Random) -> None:
    _land(canvas, rng, mood.ground(jitter((134, 140, 172), rng), 0.35), rng.uniform(0.46, 0.52), 0.06, 1.4)


def _castle_near(canvas: Canvas, mood: Mood, rng: Random) -> None:
    stone, middle = jitter((164, 158, 172), rng, 10), rng.uniform(0.4, 0.6)
    roof, grass = jitter(rng.choice([(92, 86, 148), (160, 76, 84), (70, 104, 140)]), rng), jitter((122, 146, 98), rng)
    _land(canvas, rng, mood.ground(mix(grass, (60, 90, 80), 0.3)), 0.66, 0.03, 0.9)
    top = rng.uniform(0.43, 0.47)
    for x, height, half in ((middle - 0.14, 0.33, 0.055), (middle + 0.14, 0.3, 0.055)):
        draw_tower(canvas, mood, x, height + rng.uniform(-0.04, 0.04), half, mix(stone, (90, 84, 120), 0.25), roof)
    draw_castle_wall(canvas, mood, middle, top, stone)
    for side in (-1, 1):
        draw_tower(canvas, mood, middle + side * 0.32, rng.uniform(0.35, 0.4), 0.07, stone, roof)
    gate = mood.lit((70, 52, 52))
    canvas.ellipse((middle, 0.62), 0.085, 0.1, fill=gate)
    canvas.polygon(
        [(middle - 0.085, 0.62), (middle + 0.085, 0.62), (middle + 0.085, 0.76), (middle - 0.085, 0.76)], gate
    )
    _land(canvas, rng, mood.ground(grass), 0.755, 0.01, 0.8)
    path = mood.ground((206, 192, 168))
    canvas.polygon([(middle - 0.085, 0.75), (middle + 0.085, 0.75), (middle + 0.26, 1.0), (middle - 0.26, 1.0)], path)


def _street_far(canvas: Canvas, mood: Mood, rng: Random) -> None:
    color = mood.lit(jitter((142, 152, 178), rng), 0.4)
    for house in range(8):
        x, top = (house + rng.uniform(0.0, 0.4)) / 8, rng.uniform(0.28, 0.42)
        canvas.polygon([(x - 0.03, top), (x + 0.1, top), (x + 0.1, 0.75), (x - 0.03, 0.75)], color)


def _street_near(canvas: Canvas, mood: Mood, rng: Random) -> None:
    walls = [(232, 164, 132), (240, 208, 140), (172, 196, 186), (214, 150, 150), (188, 180, 214), (238, 226, 202)]
    rng.shuffle(walls)
    x, house = rng.uniform(-0.12, 0.0), 0
    while x < 1.0:
        width = rng.uniform(0.2, 0.27)
        draw_house(canvas, mood, rng, (x, width, rng.uniform(0.36, 0.48)), walls[house % len(walls)])
        x, house = x + width, house + 1
    curb, paving = 0.76, jitter((196, 188, 184), rng, 8)
    canvas.polygon([(0, curb), (1, curb), (1, 1), (0, 1)], mood.ground(paving))
    canvas.polygon([(0, curb), (1, curb), (1, curb + 0.022), (0, curb + 0.022)], mood.ground((150, 144, 148)))
    for x in (rng.uniform(0.03, 0.1), rng.uniform(0.34, 0.4), rng.uniform(0.62, 0.68), rng.uniform(0.9, 0.97)):
        draw_street_lamp(canvas, mood, x, rng.uniform(0.4, 0.44))


def _lake_far(canvas: Canvas, mood: Mood, rng: Random) -> None:
    rock, shore = jitter((112, 128, 160), rng), 0.54
    cap = mood.lit((248, 250, 255), 0.15)
    tops = _peaks(canvas, rng, shore, rng.uniform(0.22, 0.3), mood.ground(rock, 0.2), cap)
    water = jitter((76, 152, 196), rng)
    canvas.gradient(mood.lit(mix(water, (255, 255, 255), 0.25)), mood.lit(water), shore, 0.9)
    for x, y in tops:  # each mountain stands on its head in the water
        depth = (shore - y) * 0.6
        canvas.polygon([(x - 0.2, shore), (x, shore + depth), (x + 0.2, shore)], mood.lit(mix(rock, water, 0.5)))


def _lake_near(canvas: Canvas, mood: Mood, rng: Random) -> None:
    _shore_trees(canvas, mood, rng)
    shimmer = mood.lit((226, 244, 250))
    for row in range(5):
        x, y, half = rng.uniform(0.1, 0.9), 0.6 + 0.035 * row, rng.uniform(0.06, 0.13)
        canvas.ellipse((x, y), half, 0.007, fill=shimmer, alpha=190)
    grass = jitter((138, 176, 96), rng)
    _land(canvas, rng, mood.ground(grass), rng.uniform(0.8, 0.83), 0.018, 0.8)
    for side in (0.0, 1.0):
        for _ in range(rng.randint(3, 5)):
            draw_reed(canvas, mood, (abs(side - rng.uniform(0.01, 0.14)), rng.uniform(0.84, 0.88)), rng)


def _shore_trees(canvas: Canvas, mood: Mood, rng: Random) -> None:
    dark = mood.ground(jitter((58, 116, 88), rng), 0.1)
    for tree in range(12):
        x = (tree + rng.uniform(0.0, 1.0)) / 12
        canvas.ellipse((x, 0.54), rng.uniform(0.03, 0.06), rng.uniform(0.018, 0.035), fill=dark)


def _desert_far(canvas: Canvas, mood: Mood, rng: Random) -> None:
    rock, base = mood.ground(jitter((206, 130, 96), rng), 0.2), 0.6
    for _ in range(rng.randint(2, 3)):
        x, half, top = rng.uniform(0.05, 0.95), rng.uniform(0.08, 0.15), rng.uniform(0.38, 0.47)
        canvas.polygon([(x - half, base), (x - half * 0.7, top), (x + half * 0.7, top), (x + half, base)], rock)


def _desert_near(canvas: Canvas, mood: Mood, rng: Random) -> None:
    sand, level = jitter((238, 186, 108), rng), rng.uniform(0.54, 0.58)
    _land(canvas, rng, mood.ground(mix(sand, (200, 120, 80), 0.4)), level, 0.045, rng.uniform(0.8, 1.2))
    columns, count = rng.uniform(0.0, 0.2), rng.randint(2, 4)
    for column in range(count):  # spread out, so that their arms stay readable
        x = (columns + (column + rng.uniform(0.25, 0.75)) / count) % 1.0
        draw_cactus(canvas, mood, (x, rng.uniform(0.66, 0.74)), rng.uniform(0.18, 0.28))
    _land(canvas, rng, mood.ground(mix(sand, (226, 150, 90), 0.3)), level + 0.12, 0.045, rng.uniform(0.7, 1.0))
    _land(canvas, rng, mood.ground(mix(sand, (255, 226, 160), 0.35)), level + 0.24, 0.03, rng.uniform(0.5, 0.9))


def _snowfield_far(canvas: Canvas, mood: Mood, rng: Random) -> None:
    _peaks(canvas, rng, 0.62, rng.uniform(0.2, 0.28), mood.lit(jitter((158, 184, 216), rng), 0.2),
           mood.lit((252, 253, 255), 0.05))  # fmt: skip


def _snowfield_near(canvas: Canvas, mood: Mood, rng: Random) -> None:
    snow, level = jitter((238, 244, 252), rng, 4), rng.uniform(0.56, 0.6)
    _land(canvas, rng, mood.lit(mix(snow, (170, 196, 228), 0.5)), level, 0.035, rng.uniform(0.8, 1.2))
    for tree in range(rng.randint(4, 6)):
        foot = ((tree + rng.random()) / 6 + 0.05, level + rng.uniform(0.06, 0.13))
        draw_fir(canvas, mood, foot, rng.uniform(0.2, 0.32), jitter((52, 112, 100), rng), 0.55)
    _land(canvas, rng, mood.lit(mix(snow, (186, 208, 234), 0.4)), level + 0.13, 0.03, rng.uniform(0.7, 1.1))
    _land(canvas, rng, mood.lit(snow), level + 0.23, 0.02, rng.uniform(0.5, 0.9))


PLACES: dict[str, Place] = {
    "hill": Place(_hill_far, _hill_near),
    "seaside": Place(_seaside_far, _seaside_near, rainbow_feet=0.52),
    "forest": Place(_forest_far, _forest_near),
    "castle": Place(_castle_far, _castle_near),
    "street": Place(_street_far, _street_near),
    "lake": Place(_lake_far, _lake_near, rainbow_feet=0.54),
    "desert": Place(_desert_far, _desert_near),
    "snowfield": Place(_snowfield_far, _snowfield_near),
}
