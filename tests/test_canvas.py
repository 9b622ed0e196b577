"""The drawing surface: hand-computed colours and pixels of the smallest cases."""

from random import Random

import numpy as np
import pytest

from t2i_lib.storybook.canvas import Canvas, jitter, mix

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def pixels(canvas: Canvas) -> np.ndarray:
    return np.asarray(canvas.finish()).astype(int)


def test_mix_goes_from_first_to_second() -> None:
    assert mix(RED, BLUE, 0.0) == RED
    assert mix(RED, BLUE, 1.0) == BLUE
    assert mix((10, 20, 30), (20, 40, 60), 0.1) == (11, 22, 33)


def test_jitter_stays_within_its_amount_and_the_colour_range() -> None:
    for seed in range(50):
        red, green, blue = jitter((2, 128, 253), Random(seed), 7)
        assert 0 <= red <= 9 and 121 <= green <= 135 and 246 <= blue <= 255


@pytest.mark.parametrize(("size", "supersample"), [(17, 1), (31, 2), (23, 3)])
def test_finished_picture_has_the_asked_size(size: int, supersample: int) -> None:
    assert Canvas(size, supersample).finish().size == (size, size)


def test_gradient_runs_from_top_to_bottom_inside_its_band_only() -> None:
    canvas = Canvas(40)
    canvas.gradient(RED, BLUE, 0.25, 0.75)
    column = pixels(canvas)[:, 7]
    assert column[9].tolist() == [0, 0, 0] and column[30].tolist() == [0, 0, 0]
    assert column[10, 0] > 240 and column[29, 2] > 240
    assert (np.diff(column[10:30, 0]) <= 0).all()


def test_polygon_fills_its_half_and_blends_with_alpha() -> None:
    canvas = Canvas(20)
    canvas.polygon([(0, 0), (0.5, 0), (0.5, 1), (0, 1)], WHITE, alpha=51)  # a fifth of white on black
    picture = pixels(canvas)
    assert picture[11, 3].tolist() == [51, 51, 51]
    assert picture[11, 15].tolist() == [0, 0, 0]


def test_veil_changes_its_strength_from_top_to_bottom() -> None:
    canvas = Canvas(30)
    canvas.veil(WHITE, 0.0, 1.0, 0, 255)
    column = pixels(canvas)[:, 4, 1]
    assert column[0] < 10 and column[-1] > 245 and 115 < column[15] < 140


def test_glow_is_strong_in_the_middle_and_has_no_visible_rim() -> None:
    canvas = Canvas(60)
    canvas.glow((0.5, 0.5), 0.3, 0.3, WHITE, 200)
    row = pixels(canvas)[30, :, 0]
    assert row[30] > 180
    assert row[11] == 0 and row[13] < 12 and row[49] == 0
    assert (np.diff(row[30:]) <= 0).all()


def test_shapes_may_reach_beyond_the_picture() -> None:
    canvas = Canvas(16)
    canvas.glow((-0.1, 1.2), 0.5, 0.5, WHITE, 255)
    canvas.ellipse((1.0, 0.0), 0.4, fill=RED)
    canvas.veil(BLUE, 0.5, 0.5, 10, 20)  # an empty band draws nothing
    picture = pixels(canvas)
    assert picture[0, 15].tolist() == list(RED)
    assert picture[15, 0, 1] > 0
