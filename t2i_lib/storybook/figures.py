"""Puts the figures of a scene into its picture: the subject on the ground, the birds in the sky."""

from random import Random

from t2i_lib.storybook.animals import draw_cat, draw_dog, draw_spirit_tree
from t2i_lib.storybook.canvas import INK, Canvas, Color, Point, jitter
from t2i_lib.storybook.people import draw_boy, draw_girl, draw_knight, draw_model
from t2i_lib.storybook.pen import Pen
from t2i_lib.storybook.scene import Scene

SUBJECT_COLORS: dict[str, Color] = {
    "red": (212, 38, 44),
    "orange": (246, 132, 24),
    "yellow": (252, 216, 60),
    "green": (34, 146, 74),
    "blue": (44, 104, 216),
    "purple": (122, 56, 176),
    "pink": (250, 146, 192),
    "white": (248, 246, 242),
    "black": (70, 68, 80),  # lighter than the ink, so that the outline still shows
}
POSITIONS: dict[str, float] = {"left": 0.22, "center": 0.5, "right": 0.78}  # x of the feet

_PEOPLE = {"girl": draw_girl, "boy": draw_boy, "model": draw_model, "knight": draw_knight}
_OTHERS = {"cat": draw_cat, "dog": draw_dog, "spirit_tree": draw_spirit_tree}
_BIRD_COUNTS = {"none": (0, 0), "few": (2, 3), "many": (7, 10)}
_PALE_BIRD: Color = (226, 228, 240)


def draw_subject(canvas: Canvas, scene: Scene, rng: Random, ground: float) -> None:
    """Draw the scene's subject, its feet at y = `ground`; a scene without subject stays as it is."""
    if scene.subject == "none":
        return
    feet = (POSITIONS[scene.position] + rng.uniform(-0.03, 0.03), ground)
    side = rng.choice((-1, 1))
    if scene.holding != "none" and scene.position != "center":
        side = 1 if scene.position == "left" else -1  # whatever is held points inwards and stays in the picture
    pen = Pen(canvas, feet, rng.uniform(0.94, 1.06), side, scene.time)
    color = jitter(SUBJECT_COLORS[scene.color], rng, 8)
    pen.glow((0, 0), 0.15, INK, 60, 0.022)  # the shadow that ties the figure to the ground
    if scene.subject in _PEOPLE:
        _PEOPLE[scene.subject](pen, scene, color, rng)
    else:
        _OTHERS[scene.subject](pen, color, rng)


def draw_birds(canvas: Canvas, scene: Scene, rng: Random) -> None:
    """Draw no, few (2-3) or many (7-10) flying birds into the upper third, apart from each other."""
    count = rng.randint(*_BIRD_COUNTS[scene.birds])
    spots: list[Point] = []
    while len(spots) < count:
        spot = (rng.uniform(0.07, 0.93), rng.uniform(0.06, 0.31))
        if _is_free(spot, spots, scene):
            spots.append(spot)
    color = _PALE_BIRD if scene.time == "night" else INK
    for x, y in spots:
        _draw_bird(canvas, x, y, rng.uniform(0.9, 1.1), rng.uniform(0.6, 1.3), color)


def _is_free(spot: Point, taken: list[Point], scene: Scene) -> bool:
    """Whether a bird fits here: apart from the other birds, and not behind what a figure holds up."""
    (x, y) = spot
    if scene.holding in ("umbrella", "balloon", "sword") and y > 0.08:
        # What is held reaches this high only around the figure.
        if abs(x - POSITIONS[scene.position]) < 0.3:
            return False
    return all(((x - other_x) / 0.115) ** 2 + ((y - other_y) / 0.075) ** 2 > 1 for other_x, other_y in taken)


def _draw_bird(canvas: Canvas, x: float, y: float, size: float, lift: float, color: Color) -> None:
    """Two wings, thick at the body and pointed at the tips."""
    for side in (-1, 1):
        wing = [(0, 0.012), (0, -0.006), (0.5, -0.022), (1, -0.016), (0.55, 0.0)]
        canvas.polygon([(x + side * size * 0.042 * dx, y + size * dy * (lift if dx else 1)) for dx, dy in wing], color)
