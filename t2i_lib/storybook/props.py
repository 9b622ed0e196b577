"""What stands in the places: trees, boats, towers, houses, lamps, cacti.

Every function draws one thing at a `foot` (the point where it touches the ground) in the light of the picture's mood.
"""

from random import Random

from t2i_lib.storybook.canvas import Canvas, Color, Point, jitter, mix
from t2i_lib.storybook.sky import LAMP, Mood


def draw_round_tree(canvas: Canvas, mood: Mood, foot: Point, height: float, leaves: Color) -> None:
    """A small tree with a crown of three balls."""
    (x, y), crown = foot, height * 0.34
    trunk, leaves = mood.lit((112, 78, 60)), mood.ground(leaves)
    canvas.polygon([(x - height * 0.06, y), (x - height * 0.04, y - height * 0.5),
                    (x + height * 0.04, y - height * 0.5), (x + height * 0.06, y)], trunk)  # fmt: skip
    canvas.ellipse((x - crown * 0.5, y - height * 0.52), crown * 0.75, fill=leaves)
    canvas.ellipse((x + crown * 0.5, y - height * 0.52), crown * 0.75, fill=leaves)
    canvas.ellipse((x, y - height * 0.72), crown * 0.85, fill=mix(leaves, (255, 255, 230), 0.12))


def draw_fir(canvas: Canvas, mood: Mood, foot: Point, height: float, leaves: Color, snow: float) -> None:
    """A fir of three tiers; `snow` is the share of each tier that lies under snow."""
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


def draw_sailboat(canvas: Canvas, mood: Mood, foot: Point, height: float, rng: Random) -> None:
    """A boat with two sails; `foot` is the middle of its keel."""
    (x, y), sail = foot, mood.lit(rng.choice([(255, 252, 244), (252, 236, 200)]))
    canvas.polygon([(x - height * 0.45, y - height * 0.16), (x + height * 0.45, y - height * 0.16),
                    (x + height * 0.28, y), (x - height * 0.28, y)], mood.lit((150, 84, 70)))  # fmt: skip
    canvas.polygon(
        [(x - 0.008, y - height), (x - 0.008, y - height * 0.2), (x - height * 0.36, y - height * 0.2)], sail
    )
    jib = [(x + 0.008, y - height * 0.85), (x + 0.008, y - height * 0.2), (x + height * 0.3, y - height * 0.2)]
    canvas.polygon(jib, mix(sail, (232, 130, 100), 0.35))


def draw_palm(canvas: Canvas, mood: Mood, rng: Random) -> None:
    """A palm at the left or right edge of the beach."""
    side = rng.choice([-1, 1])
    x, top = (0.06 if side < 0 else 0.94), rng.uniform(0.34, 0.42)
    head = (x - side * 0.06, top)
    canvas.line([(x, 0.82), (x - side * 0.015, 0.6), head], mood.lit((150, 112, 78)), 0.028)
    leaf = mood.ground(jitter((72, 152, 88), rng))
    for dx, dy in ((-0.15, 0.05), (0.15, 0.05), (-0.11, -0.05), (0.11, -0.05), (-0.07, 0.12), (0.07, 0.12)):
        bend = (head[0] + dx * 0.5, top + dy * 0.3 - 0.04)
        canvas.polygon([head, bend, (head[0] + dx, top + dy), (bend[0], bend[1] + 0.035)], leaf)


def draw_tall_tree(canvas: Canvas, mood: Mood, rng: Random, x: float, green: Color) -> None:
    """A forest tree that reaches from the ground to the top of the picture."""
    y, half = rng.uniform(0.74, 0.8), rng.uniform(0.018, 0.03)
    bark = mood.lit(jitter((104, 74, 58), rng))
    canvas.polygon([(x - half * 1.5, y), (x - half * 0.8, 0.1), (x + half * 0.8, 0.1), (x + half * 1.5, y)], bark)
    leaves, top = mood.ground(jitter(green, rng, 14)), rng.uniform(0.04, 0.2)
    canvas.ellipse((x - 0.06, top + 0.08), 0.09, 0.08, fill=leaves)
    canvas.ellipse((x + 0.06, top + 0.1), 0.09, 0.08, fill=leaves)
    canvas.ellipse((x, top), 0.1, 0.1, fill=mix(leaves, (255, 255, 220), 0.1))


def draw_castle_wall(canvas: Canvas, mood: Mood, middle: float, top: float, stone: Color) -> None:
    """The wall between the towers, with battlements; `top` is its height (y)."""
    color = mood.lit(stone)
    canvas.polygon([(middle - 0.32, top), (middle + 0.32, top), (middle + 0.32, 0.78), (middle - 0.32, 0.78)], color)
    for step in range(-3, 4):
        x = middle + step * 0.085
        canvas.polygon([(x - 0.025, top - 0.035), (x + 0.025, top - 0.035), (x + 0.025, top), (x - 0.025, top)],
                       mood.ground(stone))  # fmt: skip


def draw_tower(canvas: Canvas, mood: Mood, x: float, top: float, half: float, stone: Color, roof: Color) -> None:
    """A tower with a pointed roof, a flag and a window; it reaches from the ground to y = `top`."""
    canvas.polygon([(x - half, top), (x + half, top), (x + half, 0.78), (x - half, 0.78)], mood.lit(stone))
    canvas.polygon([(x + half * 0.3, top), (x + half, top), (x + half, 0.78), (x + half * 0.3, 0.78)],
                   mood.lit(mix(stone, (70, 64, 100), 0.25)))  # fmt: skip
    tip = top - half * 2.1
    canvas.line([(x, tip + 0.02), (x, tip - 0.06)], mood.lit((90, 80, 90)), 0.01)
    canvas.polygon([(x, tip - 0.065), (x + 0.06, tip - 0.043), (x, tip - 0.02)], mood.lit((236, 96, 84)))
    canvas.polygon([(x - half * 1.3, top), (x, tip), (x + half * 1.3, top)], mood.ground(roof))
    canvas.ellipse((x, top + 0.09), 0.016, 0.028, fill=LAMP if mood.is_dark else mood.lit((74, 70, 96)))


def draw_house(canvas: Canvas, mood: Mood, rng: Random, box: tuple[float, float, float], wall: Color) -> None:
    """A house with two rows of windows; `box` is (left edge, width, y of the eaves)."""
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


def draw_street_lamp(canvas: Canvas, mood: Mood, x: float, top: float) -> None:
    """A lamp post; after dark it shines."""
    canvas.line([(x, 0.8), (x, top)], mood.lit((66, 66, 84)), 0.014)
    if mood.is_dark:
        canvas.glow((x, top), 0.09, 0.09, (255, 226, 150), 170)
    canvas.ellipse((x, top), 0.026, 0.03, fill=(255, 236, 170) if mood.is_dark else mood.lit((250, 246, 226)))


def draw_reed(canvas: Canvas, mood: Mood, foot: Point, rng: Random) -> None:
    """A leaning stalk with a brown head."""
    (x, y), height, lean = foot, rng.uniform(0.14, 0.22), rng.uniform(-0.03, 0.03)
    canvas.line([foot, (x + lean, y - height)], mood.lit((86, 130, 72)), 0.012)
    canvas.ellipse((x + lean, y - height), 0.014, 0.035, fill=mood.lit((124, 78, 54)))


def draw_cactus(canvas: Canvas, mood: Mood, foot: Point, height: float) -> None:
    """A cactus with one arm on each side."""
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
