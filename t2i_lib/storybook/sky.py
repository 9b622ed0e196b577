"""The light of a scene: sky colours by time and weather, sun, moon, stars and clouds.

A `Mood` is worked out first; everything drawn later passes its day colours through `Mood.lit`, so that one place
looks right at noon, at sunset and at night.
"""

from dataclasses import dataclass
from math import cos, radians, sin
from random import Random

from t2i_lib.storybook.canvas import Canvas, Color, Point, jitter, mix
from t2i_lib.storybook.scene import Scene

LAMP: Color = (255, 214, 118)  # windows and lanterns after dark
_SKIES: dict[str, tuple[Color, Color, Color]] = {  # top, middle, horizon
    "day": ((84, 164, 228), (142, 202, 240), (214, 238, 244)),
    "sunset": ((122, 84, 152), (240, 122, 112), (255, 206, 124)),
    "night": ((14, 18, 52), (30, 40, 88), (58, 72, 128)),
}
_CLOUDY: dict[str, Color] = {"day": (134, 146, 160), "sunset": (150, 104, 116), "night": (36, 44, 76)}
_SNOWY: dict[str, Color] = {"day": (150, 172, 200), "sunset": (188, 120, 140), "night": (40, 50, 92)}
_HAZE: dict[str, Color] = {"day": (224, 231, 234), "sunset": (250, 204, 174), "night": (92, 106, 146)}
_CLOUD: dict[str, Color] = {"day": (255, 255, 255), "sunset": (255, 196, 172), "night": (62, 74, 122)}
# What the light adds to every colour of the land, and how much of it.
_TINTS: dict[str, tuple[Color, float]] = {
    "day": ((255, 255, 255), 0.0),
    "sunset": ((244, 112, 66), 0.27),
    "night": ((14, 22, 78), 0.55),
}


@dataclass(frozen=True)
class Mood:
    """The light of one picture.

    Args:
        time, weather: as in the scene.
        sky: colours at the top, in the middle and at the horizon.
        haze: colour of mist and of far things.
        sun: where the sun (by night the moon) stands.
    """

    time: str
    weather: str
    sky: tuple[Color, Color, Color]
    haze: Color
    sun: Point

    @property
    def is_dark(self) -> bool:
        """Whether lamps and windows are lit."""
        return self.time != "day"

    def lit(self, color: Color, far: float = 0.0) -> Color:
        """A thing's day colour in this light; `far` 0 (near) to 1 (at the horizon) fades it into the air."""
        tint, share = _TINTS[self.time]
        color = mix(color, tint, share)
        if self.weather == "rain":
            color = mix(color, _CLOUDY[self.time], 0.1 if self.time == "night" else 0.25)
        if self.weather == "sunbeams":  # a little shade between the beams lets them shine, even over snow
            color = mix(color, (70, 76, 120), 0.15)
        if self.weather == "mist":
            far = min(1.0, far + 0.18)
            return mix(color, self.haze, far)
        return mix(color, self.sky[2], far)

    def ground(self, color: Color, far: float = 0.0) -> Color:
        """Like `lit`, for what lies open to the sky: snow weather covers it lightly."""
        return self.lit(mix(color, (240, 245, 252), 0.45) if self.weather == "snow" else color, far)


def make_mood(scene: Scene, rng: Random) -> Mood:
    """Draw the light of a scene by lot, within what its time and weather fix."""
    sky = tuple(jitter(color, rng, 9) for color in _SKIES[scene.time])
    if scene.weather == "rain":
        sky = tuple(mix(color, _CLOUDY[scene.time], share) for color, share in zip(sky, (0.85, 0.7, 0.5), strict=True))
    if scene.weather == "snow":
        sky = tuple(mix(color, _SNOWY[scene.time], share) for color, share in zip(sky, (0.8, 0.7, 0.5), strict=True))
    if scene.weather == "mist":
        sky = tuple(mix(color, _HAZE[scene.time], share) for color, share in zip(sky, (0.35, 0.6, 0.8), strict=True))
    side = rng.uniform(0.1, 0.28) if rng.random() < 0.5 else rng.uniform(0.72, 0.9)
    if scene.weather == "sunbeams":
        sky = (mix(sky[0], (40, 90, 150), 0.25), *sky[1:]) if scene.time == "day" else sky
        sun = (side, rng.uniform(0.08, 0.14) if scene.time == "day" else rng.uniform(0.16, 0.24))
    elif scene.time == "sunset":
        sun = (rng.uniform(0.15, 0.85), rng.uniform(0.38, 0.46))
    else:
        sun = (side, rng.uniform(0.11, 0.2))
    return Mood(scene.time, scene.weather, sky, jitter(_HAZE[scene.time], rng, 6), sun)


def draw_sky(canvas: Canvas, mood: Mood, rng: Random) -> None:
    """Fill the whole canvas with sky, and put stars, sun or moon and clouds on it."""
    top, middle, bottom = mood.sky
    bend = rng.uniform(0.24, 0.34)
    canvas.gradient(top, middle, 0.0, bend)
    canvas.gradient(middle, bottom, bend, 0.62)
    canvas.gradient(bottom, bottom, 0.62, 1.0)
    if mood.weather not in ("rain", "snow"):
        _draw_moon(canvas, mood, rng) if mood.time == "night" else _draw_sun(canvas, mood, rng)
    if mood.weather == "rain":
        _draw_rain_clouds(canvas, mood, rng)
    else:
        for _ in range(rng.randint(0, 3) if mood.weather != "snow" else 3):
            _draw_cloud(canvas, mood, rng)


def _draw_sun(canvas: Canvas, mood: Mood, rng: Random) -> None:
    low = mood.time == "sunset"
    radius = rng.uniform(0.085, 0.11) if low else rng.uniform(0.06, 0.075)
    disc = (255, 226, 128) if low else (255, 240, 160)
    halo = (255, 190, 110) if low else (255, 248, 214)
    faint = mood.weather == "mist"
    canvas.glow(mood.sun, radius * 4, radius * (3 if low else 4), halo, 110 if faint else 190)
    canvas.ellipse(mood.sun, radius, fill=mix(disc, mood.haze, 0.45) if faint else disc)


def _draw_moon(canvas: Canvas, mood: Mood, rng: Random) -> None:
    x, y = mood.sun
    radius = rng.uniform(0.055, 0.07)
    canvas.glow(mood.sun, radius * 3, radius * 3, (150, 165, 220), 130)
    if rng.random() < 0.5:
        canvas.ellipse(mood.sun, radius, fill=(250, 244, 214))
    else:
        _draw_crescent(canvas, mood.sun, radius * 1.15)
    if mood.weather == "mist":
        return
    for column in range(7):  # one star a column, so that they never clump
        star = ((column + rng.uniform(0.2, 0.8)) / 7, rng.uniform(0.03, 0.38))
        if abs(star[0] - x) > 0.1 or abs(star[1] - y) > 0.1:
            _draw_star(canvas, star, rng.uniform(0.012, 0.02))


def _draw_crescent(canvas: Canvas, center: Point, radius: float) -> None:
    """A waxing moon, leaning: its round edge is half a circle, its hollow edge a flatter one."""
    angles = [radians(-100 + 200 * step / 14) for step in range(15)]
    outer = [(radius * cos(angle), radius * sin(angle)) for angle in angles]
    inner = [(0.42 * a - 0.1 * radius, b) for a, b in reversed(outer)]
    (x, y) = center
    canvas.polygon([(x + 0.92 * a - 0.38 * b, y + 0.38 * a + 0.92 * b) for a, b in outer + inner], (250, 244, 214))


def _draw_star(canvas: Canvas, center: Point, radius: float) -> None:
    (x, y), waist = center, radius * 0.32
    canvas.polygon(
        [(x, y - radius), (x + waist, y - waist), (x + radius, y), (x + waist, y + waist),
         (x, y + radius), (x - waist, y + waist), (x - radius, y), (x - waist, y - waist)],
        (255, 248, 210),
    )  # fmt: skip


def _draw_cloud(canvas: Canvas, mood: Mood, rng: Random) -> None:
    x, y, width = rng.uniform(0.05, 0.95), rng.uniform(0.08, 0.34), rng.uniform(0.1, 0.17)
    if abs(x - mood.sun[0]) < 0.26 and mood.weather != "snow":  # never hide the sun or the moon
        x = (x + 0.5) % 1.0
    color = mix(_CLOUD[mood.time], mood.sky[1], 0.15 if mood.weather != "snow" else 0.45)
    canvas.ellipse((x - width * 0.55, y + 0.01), width * 0.5, width * 0.26, fill=color)
    canvas.ellipse((x + width * 0.55, y + 0.01), width * 0.55, width * 0.28, fill=color)
    canvas.ellipse((x, y - width * 0.12), width * 0.6, width * 0.42, fill=color)


def _draw_rain_clouds(canvas: Canvas, mood: Mood, rng: Random) -> None:
    dark = mix(_CLOUDY[mood.time], (40, 44, 62), 0.35)
    for row, color in ((0.13, mix(dark, mood.sky[1], 0.4)), (0.03, dark)):
        for column in range(5):
            center = ((column + rng.uniform(0.0, 1.0)) / 5, row + rng.uniform(-0.02, 0.03))
            canvas.ellipse(center, rng.uniform(0.15, 0.2), rng.uniform(0.07, 0.1), fill=color)
