"""Puts the figures of a scene into its picture: the subject on the ground, the birds in the sky."""

from random import Random

from PIL import Image

from t2i_lib.storybook.animals import draw_cat, draw_dog, draw_spirit_tree
from t2i_lib.storybook.canvas import INK, Canvas, Color, Point, jitter
from t2i_lib.storybook.pen import Pen
from t2i_lib.storybook.people import draw_boy, draw_girl, draw_knight, draw_model
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
    "black": (66, 66, 73),  # lighter than the ink, so that the outline still shows
}
POSITIONS: dict[str, float] = {"left": 0.23, "center": 0.5, "right": 0.77}  # x of the feet

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
    pen = Pen(canvas, feet, rng.uniform(0.94, 1.05), side, scene.time, scene.color == "black")
    shade = Random(rng.getrandbits(64))  # of its own: another colour leaves the same seed's person as it was
    # Greys take little: a tint of a few steps already makes black look purple.
    color = jitter(SUBJECT_COLORS[scene.color], shade, 3 if scene.color in ("white", "black") else 8)
    pen.glow((0, 0), 0.15, INK, 60, 0.022)  # the shadow that ties the figure to the ground
    if scene.subject in _PEOPLE:
        _PEOPLE[scene.subject](pen, scene, color, rng)
    else:
        _OTHERS[scene.subject](pen, color, rng)


def draw_birds(canvas: Canvas, scene: Scene, rng: Random) -> None:
    """Draw no, few (2-3) or many (7-10) flying birds into the upper third, clearly apart from each other.

    Drawn after everything else that may reach into the sky, so that each of them can be counted.
    """
    count = rng.randint(*_BIRD_COUNTS[scene.birds])
    spots: list[Point] = []
    while len(spots) < count:
        free = (spot for spot in (_draw_spot(rng) for _ in range(100)) if _is_free(spot, spots, scene))
        spot = next(free, None)
        spots = [] if spot is None else [*spots, spot]  # no room left: begin again
    for x, y in spots:
        _draw_bird(canvas, (x, y), 0.047 * rng.uniform(0.9, 1.1), rng.uniform(0.75, 1.2))


def _draw_spot(rng: Random) -> Point:
    return rng.uniform(0.07, 0.93), rng.uniform(0.05, 0.31)


def _is_free(spot: Point, taken: list[Point], scene: Scene) -> bool:
    """Whether a bird fits here: apart from the other birds, off a hat and off what a figure holds up."""
    x, y = spot
    if scene.position is not None and abs(x - POSITIONS[scene.position]) < 0.24:
        if y > (0.1 if scene.holding in ("umbrella", "balloon", "sword") else 0.2):
            return False
    return all(((x - other_x) / 0.13) ** 2 + ((y - other_y) / 0.08) ** 2 > 1 for other_x, other_y in taken)


def _draw_bird(canvas: Canvas, middle: Point, span: float, lift: float) -> None:
    """Two arched wings, each of length `span`: dark before a bright sky, pale before a dark one."""
    x, y = middle
    box = [round(share * canvas.pixels) for share in (x - span, y - 0.03, x + span, y + 0.02)]
    behind = canvas.image.crop(box).convert("L").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    color = _PALE_BIRD if behind < 100 else INK
    upper = [(0, -0.002), (0.22, -0.022), (0.5, -0.034), (0.78, -0.027), (1.05, 0.004)]
    lower = [(0.74, -0.008), (0.5, -0.014), (0.25, -0.002), (0, 0.018)]
    for side in (-1, 1):
        canvas.polygon([(x + side * span * dx, y + dy * lift) for dx, dy in upper + lower], color)
    canvas.ellipse((x, y + 0.006), 0.011, 0.013, color)
