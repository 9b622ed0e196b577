"""What a figure holds: umbrella, balloon, flowers, sword. Each has one fixed look, whatever the figure's colour."""

from random import Random

from t2i_lib.storybook.canvas import Color, Point
from t2i_lib.storybook.pen import Pen, arc_points

TEAL: Color = (38, 158, 160)
CREAM: Color = (255, 240, 206)
GOLD: Color = (250, 196, 50)
SCARLET: Color = (222, 50, 46)
STEEL: Color = (222, 230, 238)
WOOD: Color = (140, 92, 56)
LEAF: Color = (70, 150, 70)
_BLOSSOMS: tuple[Color, ...] = ((255, 130, 180), (255, 226, 90), (255, 255, 255))


def draw_umbrella(pen: Pen, hand: Point, head_top: float) -> None:
    """An open umbrella of teal and cream panels above the head; drawn before the figure, which covers the pole."""
    middle, rim = (0.03, head_top - 0.03), 0.175
    pen.limb([hand, middle], WOOD, 0.012)
    pen.shape(arc_points(middle, rim, 0.135, 180, 360, 17), TEAL, smooth=0)
    for left, right in ((-0.6, -0.2), (0.2, 0.6)):
        panel = arc_points(middle, rim * right, 0.128, 360, 270, 7) + arc_points(middle, rim * left, 0.128, 270, 360, 7)
        pen.shape(panel, CREAM, smooth=0, outline=0)
    pen.stroke([(middle[0], middle[1] - 0.135), (middle[0], middle[1] - 0.16)], width=0.016)


def draw_balloon(pen: Pen, hand: Point, head_top: float) -> None:
    """A golden balloon with a scarlet stripe, on a string beside the head."""
    middle = (0.185, head_top - 0.03)
    pen.stroke([hand, (middle[0] - 0.015, hand[1] - 0.08), (middle[0], middle[1] + 0.1)], width=0.012)
    x, knot = middle[0], middle[1] + 0.12
    pen.shape([(x - 0.025, knot), (x, knot - 0.04), (x + 0.025, knot)], SCARLET, smooth=0)
    pen.disc(middle, 0.085, 0.1, GOLD)
    pen.disc(middle, 0.034, 0.094, SCARLET, outline=0)


def draw_flowers(pen: Pen, hand: Point, rng: Random) -> None:
    """A bouquet of pink, yellow and white blossoms; drawn before the hand that holds it."""
    x, y = hand
    pen.shape(
        [(x - 0.06, y - 0.06), (x + 0.06, y - 0.06), (x + 0.015, y + 0.055), (x - 0.015, y + 0.055)], LEAF, smooth=0
    )
    spots = [(-0.05, -0.06), (0.05, -0.06), (0, -0.045), (-0.03, -0.115), (0.035, -0.115)]
    first = rng.randrange(3)
    for number, (dx, dy) in enumerate(spots):
        pen.disc((x + dx, y + dy), 0.036, fill=_BLOSSOMS[(first + number) % 3])
        pen.disc((x + dx, y + dy), 0.013, fill=GOLD if (first + number) % 3 != 1 else WOOD, outline=0)


def draw_sword(pen: Pen, hand: Point, lean: float) -> None:
    """A raised silver sword with a golden guard; `lean` tips its point away from the head."""
    (x, y), length, half = hand, 0.32, 0.02
    tip, shoulder = (x + lean * length, y - length), y - length + 0.03
    edge = [(x - half, y - 0.03), (tip[0] - half, shoulder), tip, (tip[0] + half, shoulder), (x + half, y - 0.03)]
    pen.shape(edge, STEEL, smooth=0)
    pen.limb([(x - 0.045, y - 0.032), (x + 0.045, y - 0.032)], GOLD, 0.014)
    pen.limb([(x, y), (x - lean * 0.05, y + 0.045)], WOOD, 0.014)
