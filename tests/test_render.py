"""Rendered pictures: the truth of a scene is really in its pixels, and everything else varies."""

from collections.abc import Callable
from itertools import product
from random import Random
from statistics import median
from time import perf_counter

import numpy as np
import pytest

from t2i_lib.storybook.canvas import Canvas
from t2i_lib.storybook.render import render
from t2i_lib.storybook.scene import ATTRIBUTES, Scene, allowed_values, sample_scene
from t2i_lib.storybook.sky import Mood, make_mood
from t2i_lib.storybook.weather import RAINBOW, draw_behind, draw_in_front

PLACES, SEEDS = ATTRIBUTES["place"], range(4)
LOOKS = [
    (place, time, weather)
    for place, time in product(PLACES, ATTRIBUTES["time"])
    for weather in allowed_values("weather", {"time": time})
]


def picture(scene: Scene, seed: int = 5, size: int = 64) -> np.ndarray:
    """(size, size, 3) int, 0..255."""
    return np.asarray(render(scene, size, Random(seed))).astype(int)


def lightness(place: str, time: str, weather: str = "clear") -> float:
    return float(np.mean([picture(Scene(place, time, weather), seed).mean() for seed in SEEDS]))


@pytest.mark.parametrize("size", [16, 37, 64, 128])
def test_size_and_mode(size: int) -> None:
    image = render(Scene("castle", "night"), size, Random(1))
    assert image.size == (size, size) and image.mode == "RGB"


def test_too_small_a_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 pixels, but is 7"):
        render(Scene("hill"), size=7)


@pytest.mark.parametrize(("place", "time", "weather"), LOOKS)
def test_same_seed_same_picture_other_seed_other_picture(place: str, time: str, weather: str) -> None:
    scene = Scene(place, time, weather)
    first, again, other = picture(scene, 11), picture(scene, 11), picture(scene, 12)
    assert (first == again).all()
    assert np.abs(first - other).mean() > 2.0  # grey levels: "moderate but real"


def test_without_rng_pictures_differ() -> None:
    scene = Scene("lake")
    assert np.asarray(render(scene, 32)).tolist() != np.asarray(render(scene, 32)).tolist()


def test_whatever_is_sampled_can_be_drawn() -> None:
    for seed in range(150):
        rng = Random(seed)
        scene = sample_scene(rng, "unseen" if seed % 3 == 0 else "train")
        assert picture(scene, seed, 32).std() > 5, scene


@pytest.mark.parametrize("place", PLACES)
def test_night_is_darkest_and_sunset_is_warm(place: str) -> None:
    assert lightness(place, "night") < 0.6 * lightness(place, "sunset") < lightness(place, "day")
    warmth = {
        time: np.mean([(p := picture(Scene(place, time), seed))[..., 0].mean() - p[..., 2].mean() for seed in SEEDS])
        for time in ATTRIBUTES["time"]
    }
    assert warmth["sunset"] > warmth["day"] + 15 and warmth["sunset"] > warmth["night"] + 15


@pytest.mark.parametrize("time", ["day", "sunset"])
@pytest.mark.parametrize("place", PLACES)
def test_mist_lowers_contrast(place: str, time: str) -> None:
    spread = {
        weather: np.mean([picture(Scene(place, time, weather), seed)[20:56].std(axis=(0, 1)).mean() for seed in SEEDS])
        for weather in ("clear", "mist")
    }
    assert spread["mist"] < 0.85 * spread["clear"]


@pytest.mark.parametrize("place", PLACES)
def test_mist_pales_the_night_which_stays_much_darker_than_a_misty_day(place: str) -> None:
    clear, night, day = lightness(place, "night"), lightness(place, "night", "mist"), lightness(place, "day", "mist")
    assert clear + 10 < night < 0.65 * day


def flakes(image: np.ndarray) -> int:
    """How many pixels are much lighter than the picture three pixels to their left and right."""
    grey = image.mean(axis=2)
    around = np.maximum(np.roll(grey, 3, axis=1), np.roll(grey, -3, axis=1))
    return int((grey > around + 25).sum())


@pytest.mark.parametrize("time", ATTRIBUTES["time"])
@pytest.mark.parametrize("place", PLACES)
def test_snow_puts_light_pixels_into_the_air(place: str, time: str) -> None:
    sky = slice(0, 48)
    for seed in SEEDS:
        snow, clear = (picture(Scene(place, time, weather), seed, 128)[sky] for weather in ("snow", "clear"))
        assert flakes(snow) > flakes(clear) + 80


@pytest.mark.parametrize("time", ["day", "sunset"])
@pytest.mark.parametrize("place", PLACES)
def test_rain_clouds_grey_the_top_of_the_sky(place: str, time: str) -> None:
    colourfulness = {
        weather: np.mean([np.ptp(picture(Scene(place, time, weather), seed)[:5], axis=2).mean() for seed in SEEDS])
        for weather in ("clear", "rain")
    }
    assert colourfulness["rain"] < 0.75 * colourfulness["clear"]


@pytest.mark.parametrize("time", ["day", "sunset"])
@pytest.mark.parametrize("place", PLACES)
def test_rainbow_shows_each_of_its_hues_over_the_horizon(place: str, time: str) -> None:
    for seed in SEEDS:
        bow, clear = (picture(Scene(place, time, weather), seed, 128)[:68] for weather in ("rainbow", "clear"))
        for color in RAINBOW:
            near = [(np.abs(image - np.array(color)).max(axis=2) < 70).sum() for image in (bow, clear)]
            assert near[0] > 40, (color, near)
        drawn = np.abs(bow - clear).max(axis=2) > 20
        assert drawn.sum() > 350 and drawn[:40].any()  # and it reaches high


def over_black(draw: Callable[[Canvas, Mood, Random], None], time: str, weather: str, seed: int) -> np.ndarray:
    """What one layer of weather paints on a black picture: (128, 128) bool."""
    canvas, mood = Canvas(128), make_mood(Scene("hill", time, weather), Random(seed))
    draw(canvas, mood, Random(seed))
    return np.asarray(canvas.finish()).max(axis=2) > 60


@pytest.mark.parametrize("time", ["day", "sunset"])
def test_sunbeams_cross_the_picture_with_shade_between_them(time: str) -> None:
    for seed in range(20):
        lit = over_black(draw_behind, time, "sunbeams", seed)
        assert 0.12 < lit.mean() < 0.6
        assert lit[60:].any(axis=0).mean() > 0.4  # the beams reach the ground
        assert np.abs(np.diff(lit[80].astype(int))).sum() >= 4  # at least two of them, apart


@pytest.mark.parametrize("time", ATTRIBUTES["time"])
def test_rain_streaks_stand_tall_and_thin_and_snow_does_not(time: str) -> None:
    for seed in range(10):
        runs = {}
        for weather in ("rain", "snow"):
            painted = over_black(draw_in_front, time, weather, seed)
            assert 0.02 < painted.mean() < 0.2  # the scene behind stays visible
            edges = [np.diff(painted.astype(int), axis=axis).clip(0).sum() for axis in (0, 1)]
            runs[weather] = edges[1] / edges[0]  # upright edges by level edges
        assert runs["rain"] > 2 and 0.7 < runs["snow"] < 1.4


def test_changing_the_weather_leaves_the_place_where_it_was() -> None:
    clear, bow = (picture(Scene("hill", "day", weather), 3) for weather in ("clear", "rainbow"))
    assert (clear[48:] == bow[48:]).all()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("position", ATTRIBUTES["position"])
def test_the_subject_stands_where_the_scene_says(place: str, position: str) -> None:
    third = ATTRIBUTES["position"].index(position)
    person = {"color": "red", "expression": "calm", "holding": "none", "position": position}
    for seed in SEEDS:
        empty = picture(Scene(place), seed, 96)
        drawn = np.abs(picture(Scene(place, subject="girl", **person), seed, 96) - empty).max(axis=2) > 24
        columns = np.nonzero(drawn)[1]
        assert drawn.sum() > 300
        assert third * 32 <= columns.mean() < (third + 1) * 32
        rows = np.nonzero(drawn.any(axis=1))[0]
        assert 0.3 * 96 < np.ptp(rows) < 0.75 * 96 and rows.max() > 0.8 * 96


@pytest.mark.parametrize("time", ATTRIBUTES["time"])
@pytest.mark.parametrize("place", PLACES)
def test_birds_fly_in_the_upper_third_and_many_are_more_than_few(place: str, time: str) -> None:
    for seed in SEEDS:
        empty = picture(Scene(place, time), seed, 96)
        drawn = {
            birds: np.abs(picture(Scene(place, time, birds=birds), seed, 96) - empty).max(axis=2) > 24
            for birds in ("few", "many")
        }
        assert drawn["many"].sum() > drawn["few"].sum() > 5
        rows = np.nonzero(drawn["many"])[0]
        assert rows.mean() < 0.4 * 96


def test_every_color_stands_out_from_every_foreground() -> None:
    """A figure's pixels differ from the empty place by a visible amount, even green on grass and white on snow."""
    for place, color in product(PLACES, ATTRIBUTES["color"]):
        scene = Scene(place, subject="dog", color=color, holding="none", position="center")
        changed = np.abs(picture(scene) - picture(Scene(place))).max(axis=2)
        assert (changed > 40).sum() > 80, (place, color)


def test_time_per_picture(capsys: pytest.CaptureFixture[str]) -> None:
    scenes = [sample_scene(Random(seed), "train") for seed in range(60)]
    for size in (64, 128):
        seconds = []
        for seed, scene in enumerate(scenes):
            start = perf_counter()
            render(scene, size, Random(seed))
            seconds.append(perf_counter() - start)
        with capsys.disabled():
            print(f"\n{size} px: {1000 * median(seconds):.1f} ms a picture", end=" ")
        assert median(seconds) < 0.25  # not a benchmark: only a picture that takes ages fails
