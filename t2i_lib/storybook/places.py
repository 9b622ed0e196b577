"""The eight places, each in two layers: `far` (behind a rainbow) and `near` (in front of it).

Colours are those of a clear day; `Mood.lit` and `Mood.ground` turn them into the picture's light. The lower
foreground stays plain, because the figure stands there.
"""

from collections.abc import Callable
from math import pi, sin
from random import Random
from typing import NamedTuple

from t2i_lib.storybook.canvas import Canvas, Color, Point, jitter, mix
from t2i_lib.storybook.sky import LAMP, Mood

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


def _round_tree(canvas: Canvas, mood: Mood, foot: Point, height: float, leaves: Color) -> None:
    (x, y), crown = foot, height * 0.34
    trunk, leaves = mood.lit((112, 78, 60)), mood.ground(leaves)
    canvas.polygon([(x - height * 0.06, y), (x - height * 0.04, y - height * 0.5),
                    (x + height * 0.04, y - height * 0.5), (x + height * 0.06, y)], trunk)  # fmt: skip
    canvas.ellipse((x - crown * 0.5, y - height * 0.52), crown * 0.75, fill=leaves)
    canvas.ellipse((x + crown * 0.5, y - height * 0.52), crown * 0.75, fill=leaves)
    canvas.ellipse((x, y - height * 0.72), crown * 0.85, fill=mix(leaves, (255, 255, 230), 0.12))


def _fir(canvas: Canvas, mood: Mood, foot: Point, height: float, leaves: Color, snow: float) -> None:
    x, y = foot
    canvas.line([(x, y), (x, y - height * 0.2)], mood.lit((104, 76, 62)), height * 0.1)
    green, white = mood.lit(leaves), mood.lit((246, 250, 255))
    for tier in range(3):
        base, half = y - height * (0.12 + 0.26 * tier), height * (0.32 - 0.07 * tier)
        tip = base - height * 0.4
        canvas.polygon([(x - half, base), (x, tip), (x + half, base)], green)
        if snow:
            low, side = tip + (base - tip) * snow, half * snow
            canvas.polygon([(x - side, low), (x, tip), (x + side, low), (x, low - height * 0.05)], white)


def _hill_far(canvas: Canvas, mood: Mood, rng: Random) -> None:
    _land(canvas, rng, mood.ground(jitter((122, 172, 168), rng), 0.4), rng.uniform(0.5, 0.56), 0.05, 1.3)


def _hill_near(canvas: Canvas, mood: Mood, rng: Random) -> None:
    green, level = jitter((112, 178, 84), rng, 14), rng.uniform(0.54, 0.6)
    _land(canvas, rng, mood.ground(mix(green, (60, 130, 90), 0.35), 0.1), level, 0.06, rng.uniform(0.9, 1.3))
    for _ in range(rng.randint(2, 4)):
        foot = (rng.uniform(0.04, 0.96), level + rng.uniform(0.05, 0.1))
        _round_tree(canvas, mood, foot, rng.uniform(0.12, 0.18), jitter((64, 140, 76), rng, 14))
    _land(canvas, rng, mood.ground(green), level + 0.13, 0.05, rng.uniform(0.7, 1.1))
    _land(canvas, rng, mood.ground(mix(green, (206, 226, 116), 0.4)), level + 0.26, 0.03, rng.uniform(0.5, 0.9))


def _seaside_far(canvas: Canvas, mood: Mood, rng: Random) -> None:
    horizon, sea = rng.uniform(0.48, 0.53), jitter((44, 146, 190), rng)
    canvas.gradient(mood.lit(sea), mood.lit(mix(sea, (140, 224, 220), 0.6)), horizon, 0.8)
    if mood.time == "sunset":
        canvas.glow((mood.sun[0], horizon + 0.1), 0.12, 0.16, (255, 206, 128), 150)


def _seaside_near(canvas: Canvas, mood: Mood, rng: Random) -> None:
    for _ in range(rng.randint(1, 2)):
        _sailboat(canvas, mood, (rng.uniform(0.1, 0.9), rng.uniform(0.56, 0.6)), rng.uniform(0.14, 0.2), rng)
    shore, sand = rng.uniform(0.7, 0.74), jitter((244, 218, 164), rng, 8)
    edge = _wave(rng, shore, 0.02, rng.uniform(1.0, 1.8))
    canvas.polygon([(0, 1), *[(x, y - 0.022) for x, y in edge], (1, 1)], mood.lit((244, 252, 250)))
    canvas.polygon([(0, 1), *edge, (1, 1)], mood.ground(mix(sand, (190, 150, 104), 0.35)))
    canvas.polygon([(0, 1), *[(x, y + 0.03) for x, y in edge], (1, 1)], mood.ground(sand))
    if rng.random() < 0.5:
        _palm(canvas, mood, rng)


def _sailboat(canvas: Canvas, mood: Mood, foot: Point, height: float, rng: Random) -> None:
    (x, y), sail = foot, mood.lit(rng.choice([(255, 252, 244), (252, 236, 200)]))
    canvas.polygon([(x - height * 0.45, y - height * 0.16), (x + height * 0.45, y - height * 0.16),
                    (x + height * 0.28, y), (x - height * 0.28, y)], mood.lit((150, 84, 70)))  # fmt: skip
    canvas.polygon(
        [(x - 0.008, y - height), (x - 0.008, y - height * 0.2), (x - height * 0.36, y - height * 0.2)], sail
    )
    jib = [(x + 0.008, y - height * 0.85), (x + 0.008, y - height * 0.2), (x + height * 0.3, y - height * 0.2)]
    canvas.polygon(jib, mix(sail, (232, 130, 100), 0.35))


def _palm(canvas: Canvas, mood: Mood, rng: Random) -> None:
    side = rng.choice([-1, 1])
    x, top = (0.06 if side < 0 else 0.94), rng.uniform(0.34, 0.42)
    head = (x - side * 0.06, top)
    canvas.line([(x, 0.82), (x - side * 0.015, 0.6), head], mood.lit((150, 112, 78)), 0.028)
    leaf = mood.ground(jitter((72, 152, 88), rng))
    for dx, dy in ((-0.15, 0.05), (0.15, 0.05), (-0.11, -0.05), (0.11, -0.05), (-0.07, 0.12), (0.07, 0.12)):
        bend = (head[0] + dx * 0.5, top + dy * 0.3 - 0.04)
        canvas.polygon([head, bend, (head[0] + dx, top + dy), (bend[0], bend[1] + 0.035)], leaf)


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
        _tall_tree(canvas, mood, rng, x + rng.uniform(-0.05, 0.05), leaves)


def _forest_near(canvas: Canvas, mood: Mood, rng: Random) -> None:
    green = jitter((78, 146, 80), rng, 12)
    _land(canvas, rng, mood.ground(green), rng.uniform(0.68, 0.72), 0.02, 1.2)
    _land(canvas, rng, mood.ground(mix(green, (196, 204, 118), 0.45)), rng.uniform(0.8, 0.84), 0.015, 0.8)


def _tall_tree(canvas: Canvas, mood: Mood, rng: Random, x: float, green: Color) -> None:
    y, half = rng.uniform(0.74, 0.8), rng.uniform(0.018, 0.03)
    bark = mood.lit(jitter((104, 74, 58), rng))
    canvas.polygon([(x - half * 1.5, y), (x - half * 0.8, 0.1), (x + half * 0.8, 0.1), (x + half * 1.5, y)], bark)
    leaves, top = mood.ground(jitter(green, rng, 14)), rng.uniform(0.04, 0.2)
    canvas.ellipse((x - 0.06, top + 0.08), 0.09, 0.08, fill=leaves)
    canvas.ellipse((x + 0.06, top + 0.1), 0.09, 0.08, fill=leaves)
    canvas.ellipse((x, top), 0.1, 0.1, fill=mix(leaves, (255, 255, 220), 0.1))


def _castle_far(canvas: Canvas, mood: Mood, rng: Random) -> None:
    _land(canvas, rng, mood.ground(jitter((134, 140, 172), rng), 0.35), rng.uniform(0.46, 0.52), 0.06, 1.4)


def _castle_near(canvas: Canvas, mood: Mood, rng: Random) -> None:
    stone, middle = jitter((164, 158, 172), rng, 10), rng.uniform(0.4, 0.6)
    roof, grass = jitter(rng.choice([(92, 86, 148), (160, 76, 84), (70, 104, 140)]), rng), jitter((122, 146, 98), rng)
    _land(canvas, rng, mood.ground(mix(grass, (60, 90, 80), 0.3)), 0.66, 0.03, 0.9)
    top = rng.uniform(0.43, 0.47)
    for x, height, half in ((middle - 0.14, 0.33, 0.055), (middle + 0.14, 0.3, 0.055)):
        _tower(canvas, mood, x, height + rng.uniform(-0.04, 0.04), half, mix(stone, (90, 84, 120), 0.25), roof)
    _wall(canvas, mood, middle, top, stone)
    for side in (-1, 1):
        _tower(canvas, mood, middle + side * 0.32, rng.uniform(0.35, 0.4), 0.07, stone, roof)
    gate = mood.lit((70, 52, 52))
    canvas.ellipse((middle, 0.62), 0.085, 0.1, fill=gate)
    canvas.polygon(
        [(middle - 0.085, 0.62), (middle + 0.085, 0.62), (middle + 0.085, 0.76), (middle - 0.085, 0.76)], gate
    )
    _land(canvas, rng, mood.ground(grass), 0.755, 0.01, 0.8)
    path = mood.ground((206, 192, 168))
    canvas.polygon([(middle - 0.085, 0.75), (middle + 0.085, 0.75), (middle + 0.26, 1.0), (middle - 0.26, 1.0)], path)


def _wall(canvas: Canvas, mood: Mood, middle: float, top: float, stone: Color) -> None:
    color = mood.lit(stone)
    canvas.polygon([(middle - 0.32, top), (middle + 0.32, top), (middle + 0.32, 0.78), (middle - 0.32, 0.78)], color)
    for step in range(-3, 4):
        x = middle + step * 0.085
        canvas.polygon([(x - 0.025, top - 0.035), (x + 0.025, top - 0.035), (x + 0.025, top), (x - 0.025, top)],
                       mood.ground(stone))  # fmt: skip


def _tower(canvas: Canvas, mood: Mood, x: float, top: float, half: float, stone: Color, roof: Color) -> None:
    canvas.polygon([(x - half, top), (x + half, top), (x + half, 0.78), (x - half, 0.78)], mood.lit(stone))
    canvas.polygon([(x + half * 0.3, top), (x + half, top), (x + half, 0.78), (x + half * 0.3, 0.78)],
                   mood.lit(mix(stone, (70, 64, 100), 0.25)))  # fmt: skip
    tip = top - half * 2.1
    canvas.line([(x, tip + 0.02), (x, tip - 0.06)], mood.lit((90, 80, 90)), 0.01)
    canvas.polygon([(x, tip - 0.065), (x + 0.06, tip - 0.043), (x, tip - 0.02)], mood.lit((236, 96, 84)))
    canvas.polygon([(x - half * 1.3, top), (x, tip), (x + half * 1.3, top)], mood.ground(roof))
    canvas.ellipse((x, top + 0.09), 0.016, 0.028, fill=LAMP if mood.is_dark else mood.lit((74, 70, 96)))


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
        _house(canvas, mood, rng, (x, width, rng.uniform(0.36, 0.48)), walls[house % len(walls)])
        x, house = x + width, house + 1
    curb, paving = 0.76, jitter((196, 188, 184), rng, 8)
    canvas.polygon([(0, curb), (1, curb), (1, 1), (0, 1)], mood.ground(paving))
    canvas.polygon([(0, curb), (1, curb), (1, curb + 0.022), (0, curb + 0.022)], mood.ground((150, 144, 148)))
    for x in (rng.uniform(0.03, 0.1), rng.uniform(0.34, 0.4), rng.uniform(0.62, 0.68), rng.uniform(0.9, 0.97)):
        _street_lamp(canvas, mood, x, rng.uniform(0.4, 0.44))


def _house(canvas: Canvas, mood: Mood, rng: Random, box: tuple[float, float, float], wall: Color) -> None:
    left, width, top = box
    right, wall = left + width, jitter(wall, rng, 8)
    canvas.polygon([(left, top), (right, top), (right, 0.77), (left, 0.77)], mood.lit(wall))
    roof = mood.ground(jitter(rng.choice([(160, 82, 76), (112, 92, 112), (92, 108, 132)]), rng))
    peak = top - rng.uniform(0.07, 0.12)
    canvas.polygon([(left - 0.012, top), (left + width / 2, peak), (right + 0.012, top)], roof)
    dark_pane, rows = mood.lit((120, 160, 190)), (top + 0.06, top + 0.18)
    for row in rows:
        for share in (0.3, 0.7):
            lit = mood.is_dark and rng.random() < 0.8
            x = left + width * share
            canvas.polygon([(x - 0.026, row - 0.03), (x + 0.026, row - 0.03), (x + 0.026, row + 0.035),
                            (x - 0.026, row + 0.035)], LAMP if lit else dark_pane)  # fmt: skip
    door = left + width * 0.5
    canvas.polygon([(door - 0.028, 0.68), (door + 0.028, 0.68), (door + 0.028, 0.77), (door - 0.028, 0.77)],
                   mood.lit(mix(wall, (80, 50, 60), 0.65)))  # fmt: skip


def _street_lamp(canvas: Canvas, mood: Mood, x: float, top: float) -> None:
    canvas.line([(x, 0.8), (x, top)], mood.lit((66, 66, 84)), 0.014)
    if mood.is_dark:
        canvas.glow((x, top), 0.09, 0.09, (255, 226, 150), 170)
    canvas.ellipse((x, top), 0.026, 0.03, fill=(255, 236, 170) if mood.is_dark else mood.lit((250, 246, 226)))


def _lake_far(canvas: Canvas, mood: Mood, rng: Random) -> None:
    rock, shore = jitter((112, 128, 160), rng), 0.54
    cap = mood.lit((248, 250, 255), 0.15)
    tops = _peaks(canvas, rng, shore, rng.uniform(0.22, 0.3), mood.ground(rock, 0.2), cap)
    water = jitter((76, 152, 196), rng)
    canvas.gradient(mood.lit(mix(water, (255, 255, 255), 0.25)), mood.lit(water), shore, 0.82)
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
            _reed(canvas, mood, (abs(side - rng.uniform(0.01, 0.14)), rng.uniform(0.84, 0.88)), rng)


def _shore_trees(canvas: Canvas, mood: Mood, rng: Random) -> None:
    dark = mood.ground(jitter((58, 116, 88), rng), 0.1)
    for tree in range(12):
        x = (tree + rng.uniform(0.0, 1.0)) / 12
        canvas.ellipse((x, 0.54), rng.uniform(0.03, 0.06), rng.uniform(0.018, 0.035), fill=dark)


def _reed(canvas: Canvas, mood: Mood, foot: Point, rng: Random) -> None:
    (x, y), height, lean = foot, rng.uniform(0.14, 0.22), rng.uniform(-0.03, 0.03)
    canvas.line([foot, (x + lean, y - height)], mood.lit((86, 130, 72)), 0.012)
    canvas.ellipse((x + lean, y - height), 0.014, 0.035, fill=mood.lit((124, 78, 54)))


def _desert_far(canvas: Canvas, mood: Mood, rng: Random) -> None:
    rock, base = mood.ground(jitter((206, 130, 96), rng), 0.2), 0.6
    for _ in range(rng.randint(2, 3)):
        x, half, top = rng.uniform(0.05, 0.95), rng.uniform(0.08, 0.15), rng.uniform(0.38, 0.47)
        canvas.polygon([(x - half, base), (x - half * 0.7, top), (x + half * 0.7, top), (x + half, base)], rock)


def _desert_near(canvas: Canvas, mood: Mood, rng: Random) -> None:
    sand, level = jitter((238, 186, 108), rng), rng.uniform(0.54, 0.58)
    _land(canvas, rng, mood.ground(mix(sand, (200, 120, 80), 0.4)), level, 0.045, rng.uniform(0.8, 1.2))
    for _ in range(rng.randint(2, 4)):
        _cactus(canvas, mood, (rng.uniform(0.05, 0.95), rng.uniform(0.66, 0.74)), rng.uniform(0.18, 0.28))
    _land(canvas, rng, mood.ground(mix(sand, (226, 150, 90), 0.3)), level + 0.12, 0.045, rng.uniform(0.7, 1.0))
    _land(canvas, rng, mood.ground(mix(sand, (255, 226, 160), 0.35)), level + 0.24, 0.03, rng.uniform(0.5, 0.9))


def _cactus(canvas: Canvas, mood: Mood, foot: Point, height: float) -> None:
    (x, y), green, thick = foot, mood.ground((80, 142, 92)), height * 0.2
    arm = height * 0.26
    for points in (
        [(x, y), (x, y - height)],
        [(x, y - height * 0.4), (x - arm, y - height * 0.4), (x - arm, y - height * 0.75)],
        [(x, y - height * 0.3), (x + arm, y - height * 0.3), (x + arm, y - height * 0.6)],
    ):
        width = thick if len(points) == 2 else thick * 0.7
        canvas.line(points, green, width)
        canvas.ellipse(points[-1], width / 2, fill=green)


def _snowfield_far(canvas: Canvas, mood: Mood, rng: Random) -> None:
    _peaks(canvas, rng, 0.62, rng.uniform(0.2, 0.28), mood.lit(jitter((158, 184, 216), rng), 0.2),
           mood.lit((252, 253, 255), 0.05))  # fmt: skip


def _snowfield_near(canvas: Canvas, mood: Mood, rng: Random) -> None:
    snow, level = jitter((238, 244, 252), rng, 4), rng.uniform(0.56, 0.6)
    _land(canvas, rng, mood.lit(mix(snow, (170, 196, 228), 0.5)), level, 0.035, rng.uniform(0.8, 1.2))
    for tree in range(rng.randint(4, 6)):
        foot = ((tree + rng.random()) / 6 + 0.05, level + rng.uniform(0.06, 0.13))
        _fir(canvas, mood, foot, rng.uniform(0.2, 0.32), jitter((52, 112, 100), rng), 0.55)
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
