"""From a `Scene` to its picture: sky, place, weather, figure and birds, from back to front."""

from random import Random

from PIL import Image

from t2i_lib.storybook.canvas import Canvas
from t2i_lib.storybook.figures import draw_birds, draw_subject
from t2i_lib.storybook.places import PLACES
from t2i_lib.storybook.scene import Scene
from t2i_lib.storybook.sky import draw_sky, make_mood
from t2i_lib.storybook.weather import draw_behind, draw_in_front, draw_rainbow


def render(scene: Scene, size: int = 128, rng: Random | None = None) -> Image.Image:
    """Draw a scene; everything it does not fix (hues, horizon, clouds, trees, ...) is drawn by lot.

    Args:
        scene: what the picture shows.
        size: edge of the picture in pixels.
        rng: source of randomness; the same state gives the same picture. None takes a fresh one.

    Returns:
        (size, size) RGB picture.

    Raises:
        ValueError: if `size` is below 16, too small to show anything.

    >>> render(Scene("lake", "sunset"), size=64).size
    (64, 64)
    """
    if size < 16:
        raise ValueError(f"size must be at least 16 pixels, but is {size}; 64 and 128 are the course's sizes")
    # One source a layer: with the same seed, changing the weather leaves the trees where they are.
    lots = rng or Random()
    light, far, near, air, figure, flock = (Random(lots.getrandbits(64)) for _ in range(6))
    canvas, mood = Canvas(size), make_mood(scene, light)
    draw_sky(canvas, mood, light)
    place = PLACES[scene.place]
    place.far(canvas, mood, far)
    if scene.weather == "rainbow":
        draw_rainbow(canvas, air, place.rainbow_feet)
    place.near(canvas, mood, near)
    draw_behind(canvas, mood, air)
    draw_subject(canvas, scene, figure, figure.uniform(0.88, 0.92))
    draw_birds(canvas, scene, flock)
    draw_in_front(canvas, mood, air)
    return canvas.finish()
