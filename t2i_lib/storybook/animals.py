"""The storybook's other figures: cat, dog and the living tree."""

from random import Random

from t2i_lib.storybook.canvas import INK, Color, mix
from t2i_lib.storybook.holding import GOLD, TEAL
from t2i_lib.storybook.pen import Pen, arc_points, mirrored

_EYE: Color = (255, 224, 110)
_NOSE: Color = (240, 130, 140)
_BARK: Color = (128, 90, 62)


def draw_cat(pen: Pen, color: Color, rng: Random) -> None:
    """A sitting cat seen from the front, tail up."""
    tail, belly = rng.uniform(-0.03, 0.015), mix(color, (255, 255, 255), 0.35)
    pen.limb([(0.07, -0.035), (0.14, -0.045), (0.165, -0.13), (0.155 + tail, -0.25)], color, 0.042)
    pen.shape(mirrored([(0.07, -0.25), (0.135, -0.1), (0.145, 0.005)]), color)
    pen.disc((0, -0.1), 0.045, 0.06, belly, outline=0)
    for side in (-1, 1):
        pen.disc((side * 0.05, -0.012), 0.036, 0.02, color)
        pen.shape([(side * 0.022, -0.325), (side * 0.1, -0.405), (side * 0.108, -0.26)], color, smooth=0)
        pen.shape([(side * 0.055, -0.33), (side * 0.086, -0.365), (side * 0.09, -0.3)], _NOSE, smooth=0, outline=0)
    pen.disc((0, -0.255), 0.113, 0.09, color)
    for side in (-1, 1):
        pen.disc((side * 0.047, -0.27), 0.021, 0.024, _EYE, outline=0.008)
        pen.disc((side * 0.047, -0.27), 0.009, 0.02, INK, outline=0)
        pen.stroke([(side * 0.07, -0.225), (side * 0.145, -0.24)], width=0.011)
        pen.stroke([(side * 0.07, -0.21), (side * 0.14, -0.195)], width=0.011)
        pen.stroke(arc_points((side * 0.02, -0.222), 0.02, 0.018, 0, 180, 5), width=0.011)
    pen.disc((0, -0.235), 0.015, 0.011, _NOSE, outline=0)


def draw_dog(pen: Pen, color: Color, rng: Random) -> None:
    """A standing dog seen from the side, ear hanging, tail up, with a collar."""
    wag, shade = rng.uniform(-0.01, 0.04), mix(color, INK, 0.25)
    for x in (-0.09, 0.065):
        pen.limb([(x, -0.12), (x + 0.01, -0.022)], shade, 0.042)
    pen.limb([(-0.12, -0.19), (-0.165, -0.26), (-0.165 + wag, -0.325)], color, 0.036)
    for x in (-0.125, 0.03):
        pen.limb([(x, -0.12), (x, -0.022)], color, 0.05)
    body = [(-0.175, -0.23), (-0.04, -0.23), (0.09, -0.26), (0.12, -0.12), (0.02, -0.065), (-0.06, -0.085)]
    pen.shape([*body, (-0.18, -0.07)], color)
    pen.limb([(0.01, -0.205), (0.105, -0.185)], TEAL, 0.024)
    head = [(-0.03, -0.35), (0.04, -0.41), (0.11, -0.36), (0.2, -0.3), (0.2, -0.215), (0.08, -0.195), (-0.03, -0.22)]
    pen.shape(head, color)
    pen.shape([(-0.05, -0.355), (0.02, -0.385), (0.045, -0.28), (0.01, -0.19), (-0.05, -0.21)], shade)
    pen.disc((0.088, -0.308), 0.018, 0.021, INK, outline=0)
    pen.disc((0.093, -0.315), 0.007, fill=(255, 255, 255), outline=0)
    pen.disc((0.182, -0.276), 0.02, 0.016, INK, outline=0)
    pen.stroke([(0.165, -0.235), (0.13, -0.228), (0.11, -0.242)], width=0.012)
    pen.disc((0.075, -0.16), 0.016, fill=GOLD)


def draw_spirit_tree(pen: Pen, color: Color, rng: Random) -> None:
    """A tree with glowing eyes, a mouth and two branch arms under a wide crown."""
    wave = rng.uniform(-0.03, 0.03)
    for side in (-1, 1):
        pen.limb([(side * 0.05, -0.2), (side * 0.12, -0.215), (side * 0.155, -0.285 + side * wave)], _BARK, 0.024)
    half = [(0.075, -0.34), (0.07, -0.12), (0.085, -0.04), (0.15, 0.005)]
    pen.shape(mirrored(half), _BARK, smooth=1)
    _draw_crown(pen, color, rng)
    for side in (-1, 1):
        pen.glow((side * 0.036, -0.205), 0.042, (190, 255, 170), 110)
        pen.disc((side * 0.036, -0.205), 0.023, 0.026, (214, 255, 150), outline=0.01)
    pen.shape(arc_points((0, -0.14), 0.044, 0.045, 0, 180), INK, smooth=0, outline=0)


def _draw_crown(pen: Pen, color: Color, rng: Random) -> None:
    tufts = [(-0.12, -0.34, 0.072), (0.12, -0.34, 0.072), (-0.085, -0.43, 0.08), (0.085, -0.43, 0.08)]
    tufts += [(0, -0.47, 0.08), (0, -0.36, 0.085)]
    tufts = [(x + rng.uniform(-0.01, 0.01), y + rng.uniform(-0.01, 0.01), radius) for x, y, radius in tufts]
    for x, y, radius in tufts:
        pen.disc((x, y), radius, fill=pen.ink)  # all the ink first, so that only the crown's outer edge keeps a line
    for x, y, radius in tufts:
        pen.disc((x, y), radius - 0.006, fill=color, outline=0)
    for x, y in ((-0.09, -0.41), (0.05, -0.47), (0.1, -0.36), (-0.01, -0.38)):
        arc = arc_points((x, y), 0.035, 0.03, 20, 160, 6)
        pen.stroke(arc, mix(color, INK, 0.35), 0.014)
