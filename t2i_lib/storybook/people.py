"""The storybook's people: girl, boy, model and knight, with their faces."""

from random import Random

from t2i_lib.storybook.canvas import INK, Color, Point, mix
from t2i_lib.storybook.holding import CREAM, GOLD, draw_balloon, draw_flowers, draw_sword, draw_umbrella
from t2i_lib.storybook.pen import Pen, arc_points, mirrored
from t2i_lib.storybook.scene import Scene

# Drawn evenly and independently of everything else, so that no attribute goes with a skin tone.
SKIN_TONES: tuple[Color, ...] = (
    (255, 224, 196),
    (246, 204, 168),
    (226, 176, 134),
    (200, 146, 104),
    (166, 114, 80),
    (132, 90, 66),
)
HAIR_COLORS: tuple[Color, ...] = ((60, 48, 50), (96, 62, 44), (146, 94, 54), (232, 192, 104), (178, 84, 44))
_ARMOUR: Color = (164, 172, 186)
_SHORTS: Color = (128, 108, 92)
_SHOES: Color = (92, 70, 66)
_CHEEK: Color = (245, 120, 120)
_MOUTH: Color = (158, 34, 52)


def draw_girl(pen: Pen, scene: Scene, color: Color, rng: Random) -> None:
    """A girl in a wide dress, with long hair or pigtails and bows."""
    skin, hair, head, radius = rng.choice(SKIN_TONES), rng.choice(HAIR_COLORS), (0.0, -0.42), 0.092
    pigtails, lift = rng.random() < 0.5, rng.uniform(-0.02, 0.02)
    hand = (0.135, -0.225 + lift)
    _draw_behind(pen, scene, hand, -0.52)
    if not pigtails:
        pen.shape([(-0.09, -0.47), (0.09, -0.47), (0.125, -0.27), (0.07, -0.25), (-0.07, -0.25), (-0.125, -0.27)], hair)
    for side in (-1, 1):
        pen.limb([(side * 0.045, -0.1), (side * 0.045, -0.025)], skin, 0.034)
        pen.disc((side * 0.048, -0.014), 0.028, 0.014, _SHOES)
    pen.limb([(-0.05, -0.3), (-0.125, -0.2 - lift)], skin, 0.032)
    pen.shape(mirrored([(0.045, -0.345), (0.07, -0.24), (0.17, -0.06), (0.03, -0.045)]), color, smooth=1)
    pen.stroke([(-0.06, -0.225), (0.06, -0.225)], mix(color, INK, 0.45), 0.016)
    _draw_hand(pen, scene, [(0.05, -0.3), hand], skin, rng)
    if pigtails:
        for side in (-1, 1):
            pen.shape([(side * 0.08, -0.46), (side * 0.155, -0.46), (side * 0.165, -0.33), (side * 0.11, -0.33)], hair)
            pen.disc((side * 0.098, -0.455), 0.022, fill=color)
    _draw_head(pen, scene, head, radius, skin, hair)
    if not pigtails:
        pen.shape(
            [(0.03, -0.52), (0.1, -0.56), (0.1, -0.47), (0.03, -0.5), (-0.03, -0.47), (-0.03, -0.56)], color, smooth=1
        )


def draw_boy(pen: Pen, scene: Scene, color: Color, rng: Random) -> None:
    """A boy in a wide shirt and short trousers, bare-headed or with a cap."""
    skin, hair, head, radius = rng.choice(SKIN_TONES), rng.choice(HAIR_COLORS), (0.0, -0.42), 0.092
    capped, lift = rng.random() < 0.5, rng.uniform(-0.02, 0.02)
    hand = (0.15, -0.225 + lift)
    _draw_behind(pen, scene, hand, -0.53)
    for side in (-1, 1):
        pen.limb([(side * 0.048, -0.1), (side * 0.048, -0.03)], skin, 0.036)
        pen.disc((side * 0.058, -0.016), 0.036, 0.017, _SHOES)
    pen.shape(mirrored([(0.09, -0.17), (0.088, -0.07), (0.012, -0.07), (0, -0.11)]), _SHORTS, smooth=0)
    arm = [(-0.075, -0.3), (-0.14, -0.21 - lift)]
    pen.limb(arm, skin, 0.034)
    pen.shape(mirrored([(0.06, -0.345), (0.1, -0.31), (0.13, -0.13)]), color, smooth=1)
    _draw_hand(pen, scene, [(0.08, -0.3), hand], skin, rng, sleeve=color)
    pen.limb([arm[0], (-0.105, -0.258)], color, 0.044)
    _draw_head(pen, scene, head, radius, skin, hair)
    if capped:
        dome = arc_points((0, -0.465), 0.094, 0.075, 180, 360, 11)
        pen.shape(dome, color, smooth=0)
        pen.limb([(-0.02, -0.467), (0.13, -0.462)], color, 0.02)


def draw_model(pen: Pen, scene: Scene, color: Color, rng: Random) -> None:
    """A tall model in a slender gown that trails on the ground, with hat or high bun, and a handbag."""
    skin, hair, head, radius = rng.choice(SKIN_TONES), rng.choice(HAIR_COLORS), (0.0, -0.465), 0.078
    hat, lift = rng.random() < 0.5, rng.uniform(-0.02, 0.02)
    hand = (0.115, -0.25 + lift)
    _draw_behind(pen, scene, hand, -0.565)
    if not hat:
        pen.disc((0, -0.563), 0.038, fill=hair)
    pen.limb([(-0.045, -0.365), (-0.1, -0.28), (-0.105, -0.215)], skin, 0.024)
    pen.shape([(-0.14, -0.19), (-0.07, -0.19), (-0.065, -0.12), (-0.145, -0.12)], GOLD, smooth=0)
    gown = [(0.06, -0.4), (0.045, -0.3), (0.1, -0.2), (0.065, -0.09), (0.15, 0.0)]
    pen.shape(mirrored(gown), color, smooth=1)
    pen.stroke([(-0.04, -0.29), (0.04, -0.29)], mix(color, INK, 0.45), 0.018)
    _draw_hand(pen, scene, [(0.045, -0.365), (0.09, -0.31), hand], skin, rng, width=0.024)
    _draw_head(pen, scene, head, radius, skin, hair)
    if hat:
        pen.shape(arc_points((0, -0.51), 0.07, 0.08, 180, 360), color, smooth=0)
        pen.disc((0, -0.508), 0.135, 0.017, color)
        pen.stroke([(-0.062, -0.535), (0.062, -0.535)], CREAM, 0.02)


def draw_knight(pen: Pen, scene: Scene, color: Color, rng: Random) -> None:
    """A knight in grey armour with a wide cape, tabard and plume, sword raised."""
    lean, sway = rng.uniform(-0.02, 0.12), rng.uniform(-0.02, 0.02)
    hand, shade = (0.14, -0.29 + sway), mix(color, INK, 0.15)
    hem = [(0.165, -0.02), (0.05, -0.04), (-0.06, -0.03), (-0.175 + sway, -0.02)]
    pen.shape([(-0.06, -0.35), (0.06, -0.35), (0.14, -0.16), *hem, (-0.14, -0.16)], shade, smooth=1)
    for side in (-1, 1):
        pen.limb([(side * 0.042, -0.14), (side * 0.045, -0.025)], _ARMOUR, 0.044)
        pen.disc((side * 0.052, -0.016), 0.036, 0.017, mix(_ARMOUR, INK, 0.3))
    pen.limb([(-0.08, -0.32), (-0.12, -0.24), (-0.085, -0.19)], _ARMOUR, 0.038)
    pen.shape([(-0.085, -0.35), (0.085, -0.35), (0.08, -0.1), (-0.08, -0.1)], color, smooth=1)
    pen.stroke([(-0.076, -0.205), (0.076, -0.205)], _SHOES, 0.02)
    draw_sword(pen, hand, lean)
    pen.limb([(0.08, -0.32), (0.125, -0.255), hand], _ARMOUR, 0.038)
    pen.shape([(0.0, -0.5), (0.03, -0.57), (-0.05, -0.6), (-0.135, -0.55), (-0.15, -0.44), (-0.1, -0.47)], color)
    pen.disc((0, -0.43), 0.088, fill=_ARMOUR)
    pen.shape([(-0.065, -0.455), (0.065, -0.455), (0.06, -0.415), (-0.06, -0.415)], (44, 38, 52), smooth=0, outline=0)
    pen.stroke([(0, -0.405), (0, -0.355)], width=0.012)
    for side in (-1, 1):
        pen.stroke([(side * 0.035, -0.39), (side * 0.035, -0.365)], width=0.012)


def _draw_behind(pen: Pen, scene: Scene, hand: Point, head_top: float) -> None:
    if scene.holding == "umbrella":
        draw_umbrella(pen, hand, head_top)
    elif scene.holding == "balloon":
        draw_balloon(pen, hand, head_top)


def _draw_hand(
    pen: Pen,
    scene: Scene,
    arm: list[Point],
    skin: Color,
    rng: Random,
    width: float = 0.034,
    sleeve: Color | None = None,
) -> None:
    """The arm that may hold something; flowers stand behind the hand, in front of everything else."""
    if scene.holding == "flowers":
        arm = [*arm[:-1], (arm[-1][0] + 0.02, arm[-1][1] - 0.01)]  # a little aside, off the dress
        draw_flowers(pen, arm[-1], rng)
    pen.limb(arm, skin, width)
    if sleeve is not None:
        (x, y), (hand_x, hand_y) = arm[0], arm[-1]
        pen.limb([(x, y), ((x + hand_x) / 2, (y + hand_y) / 2)], sleeve, width + 0.01)


def _draw_head(pen: Pen, scene: Scene, middle: Point, radius: float, skin: Color, hair: Color) -> None:
    pen.disc(middle, radius, fill=skin)
    _draw_face(pen, scene, middle, radius)
    x, y = middle
    fringe = [(x + 0.75 * radius, y - 0.38 * radius), (x, y - 0.45 * radius), (x - 0.75 * radius, y - 0.38 * radius)]
    pen.shape(arc_points(middle, radius * 1.04, radius * 1.04, 175, 365, 13) + fringe, hair, smooth=0)


def _draw_face(pen: Pen, scene: Scene, middle: Point, radius: float) -> None:
    """Smiling: happy arcs, rosy cheeks, a wide open mouth. Calm: dots and a short straight line."""
    x, y = middle
    if scene.expression == "calm":
        for side in (-1, 1):
            pen.disc((x + side * 0.4 * radius, y + 0.1 * radius), 0.17 * radius, 0.2 * radius, INK, outline=0)
        pen.stroke([(x - 0.3 * radius, y + 0.6 * radius), (x + 0.3 * radius, y + 0.6 * radius)], width=0.018)
        return
    for side in (-1, 1):
        pen.disc((x + side * 0.66 * radius, y + 0.36 * radius), 0.02, 0.017, _CHEEK, outline=0)
        pen.stroke(arc_points((x + side * 0.4 * radius, y + 0.14 * radius), 0.22 * radius, 0.24 * radius, 180, 360, 6))
    pen.shape(arc_points((x, y + 0.36 * radius), 0.5 * radius, 0.46 * radius, 0, 180), _MOUTH, smooth=0, outline=0.01)
    pen.stroke([(x - 0.36 * radius, y + 0.42 * radius), (x + 0.36 * radius, y + 0.42 * radius)], (255, 255, 255), 0.012)
