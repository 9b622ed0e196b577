"""The figures: what a scene says is really to be seen in its picture."""

from itertools import combinations
from random import Random

import numpy as np
import pytest
from scipy import ndimage

from t2i_lib.storybook.canvas import Canvas, Color
from t2i_lib.storybook.figures import POSITIONS, SUBJECT_COLORS, draw_birds, draw_subject
from t2i_lib.storybook.scene import ATTRIBUTES, NEEDS_SUBJECT, PEOPLE, Scene, allowed_values

SIZE, GROUND = 128, 0.9
BACKGROUND: Color = (0, 190, 190)  # a cyan that no figure wears
SUBJECTS = [subject for subject in ATTRIBUTES["subject"] if subject != "none"]


def make_scene(subject: str, **values: str) -> Scene:
    known = {"subject": subject, "color": "red", "position": "center", **values}
    for name in NEEDS_SUBJECT:
        known.setdefault(name, allowed_values(name, known)[0])
    return Scene("hill", **known)


def draw(scene: Scene, seed: int = 0, background: Color = BACKGROUND, size: int = SIZE) -> np.ndarray:
    """The subject alone before an even background, (size, size, 3) int."""
    canvas = Canvas(size)
    canvas.gradient(background, background)
    draw_subject(canvas, scene, Random(seed), GROUND)
    return np.asarray(canvas.finish()).astype(int)


def draw_sky(scene: Scene, seed: int, sky: Color) -> np.ndarray:
    canvas = Canvas(SIZE)
    canvas.gradient(sky, sky)
    draw_birds(canvas, scene, Random(seed))
    return np.asarray(canvas.finish()).astype(int)


def is_near(picture: np.ndarray, color: Color, distance: int) -> np.ndarray:
    return np.abs(picture - np.array(color)).max(axis=-1) < distance


def changed(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Where two pictures differ visibly: rows and columns as shares of the edge."""
    rows, columns = np.nonzero(np.abs(first - second).max(axis=-1) > 20)
    return np.stack([rows, columns], axis=1) / first.shape[0]


def nearest_color(color: np.ndarray) -> str:
    return min(SUBJECT_COLORS, key=lambda name: np.abs(np.array(SUBJECT_COLORS[name]) - color).sum())


def test_every_color_of_the_scenes_has_a_shade_of_its_own():
    assert set(SUBJECT_COLORS) == set(ATTRIBUTES["color"])
    for first, second in combinations(SUBJECT_COLORS.values(), 2):
        assert np.linalg.norm(np.subtract(first, second)) > 80


@pytest.mark.parametrize("subject", SUBJECTS)
def test_color_is_what_one_sees_most_of_the_figure(subject):
    for number, color in enumerate(SUBJECT_COLORS):
        for seed, time in enumerate(ATTRIBUTES["time"]):
            picture = draw(make_scene(subject, color=color, time=time), seed=7 * number + seed)
            area = is_near(picture, SUBJECT_COLORS[color], 36)
            assert area.mean() > 0.025, (color, time)
            largest = ndimage.label(area)[0]
            patch = picture[largest == np.bincount(largest.ravel())[1:].argmax() + 1]
            assert nearest_color(np.median(patch, axis=0)) == color


@pytest.mark.parametrize("subject", SUBJECTS)
def test_figure_stands_where_the_scene_says_and_inside_the_picture(subject):
    for third, position in enumerate(("left", "center", "right")):
        for seed in range(12):
            holding = Random(seed).choice(allowed_values("holding", {"subject": subject}))
            scene = make_scene(subject, position=position, holding=holding)
            picture = draw(scene, seed)
            where = np.argwhere(~is_near(picture, BACKGROUND, 12)) / SIZE
            worn = np.argwhere(is_near(picture, SUBJECT_COLORS["red"], 36)) / SIZE
            assert third / 3 < np.median(worn[:, 1]) < (third + 1) / 3
            assert 0.86 < where[:, 0].max() < 0.95  # feet and shadow on the ground
            assert where[:, 0].min() > 0.03  # the umbrella's tip too
            assert 0.36 < np.ptp(where[:, 0]) < 0.85
            assert is_near(picture[:, [0, -1]], BACKGROUND, 12).mean() > 0.94  # at most a tail's tip is cut off


def test_no_subject_draws_nothing():
    assert is_near(draw(Scene("hill")), BACKGROUND, 1).all()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_same_seed_same_figure_other_seed_another(subject):
    scene = make_scene(subject)
    assert (draw(scene, 5) == draw(scene, 5)).all()
    assert len(changed(draw(scene, 5), draw(scene, 6))) > 0


@pytest.mark.parametrize("subject", PEOPLE)
def test_expression_changes_the_face_and_nothing_else(subject):
    for seed in range(5):
        smiling, calm = (draw(make_scene(subject, expression=mood), seed) for mood in ATTRIBUTES["expression"])
        where = changed(smiling, calm)
        assert len(where) > 40  # pixels: enough to be learned
        assert np.ptp(where, axis=0).max() < 0.2
        assert 0.3 < where[:, 0].min() and where[:, 0].max() < 0.6  # head high


@pytest.mark.parametrize("subject", PEOPLE)
def test_every_thing_to_hold_is_there_and_leaves_the_face_alone(subject):
    for seed in range(4):
        empty = draw(make_scene(subject, expression="calm"), seed)
        shown = {}
        for thing in ("umbrella", "balloon", "flowers"):
            shown[thing] = changed(draw(make_scene(subject, expression="calm", holding=thing), seed), empty)
            assert len(shown[thing]) > 150
            for position in POSITIONS:
                scene = make_scene(subject, position=position, expression="calm", holding=thing)
                face = changed(draw(scene, seed), draw(scene.changed(expression="smiling"), seed))
                assert len(face) > 40, "the face is hidden"
        top = {thing: where[:, 0].min() for thing, where in shown.items()}
        assert top["umbrella"] < top["balloon"] < top["flowers"] - 0.05


def test_the_knights_sword_is_bright_steel():
    for seed in range(5):
        assert is_near(draw(make_scene("knight"), seed), (222, 230, 238), 20).sum() > 40


def test_another_color_leaves_the_person_as_it_was():
    red, blue = (draw(make_scene("girl", color=color), 3) for color in ("red", "blue"))
    kept = is_near(red, BACKGROUND, 1) == is_near(blue, BACKGROUND, 1)
    assert kept.all()


@pytest.mark.parametrize("background", [(240, 245, 250), (60, 160, 80), (24, 30, 70)])
@pytest.mark.parametrize("color", ["white", "green", "black"])
def test_outline_keeps_a_figure_apart_from_a_background_of_its_own_color(background, color):
    time = "night" if sum(background) < 150 else "day"
    for subject in SUBJECTS:
        picture = draw(make_scene(subject, color=color, time=time), 1, background)
        assert (np.abs(picture - np.array(background)).max(axis=-1) > 40).mean() > 0.04


def test_half_the_size_is_half_the_picture():
    """A figure keeps its proportions: the same seed at 64 pixels resembles the reduced picture of 128."""
    scene = make_scene("girl")
    large = draw(scene, 2).reshape(64, 2, 64, 2, 3).mean(axis=(1, 3))
    assert np.abs(draw(scene, 2, size=64) - large).mean() < 3


@pytest.mark.parametrize(("birds", "fewest", "most"), [("none", 0, 0), ("few", 2, 3), ("many", 7, 10)])
@pytest.mark.parametrize("sky", [(170, 215, 240), (20, 24, 60)])
def test_birds_can_be_counted_one_by_one(birds, fewest, most, sky):
    for seed in range(30):
        scene = make_scene("girl", holding="umbrella", birds=birds) if seed % 2 else Scene("hill", birds=birds)
        picture = draw_sky(scene, seed, sky)
        flock = np.abs(picture - np.array(sky)).max(axis=-1) > 30
        assert fewest <= ndimage.label(flock, np.ones((3, 3)))[1] <= most
        rows = np.nonzero(flock)[0]
        assert not len(rows) or rows.max() / SIZE < 0.36


def test_birds_are_the_same_for_the_same_seed():
    scene = Scene("hill", birds="many")
    assert (draw_sky(scene, 4, BACKGROUND) == draw_sky(scene, 4, BACKGROUND)).all()
