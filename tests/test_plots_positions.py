"""Pictures of positions: what is drawn is what was given."""

import math

import numpy as np
import pytest
from matplotlib import pyplot as plt

from t2i_lib.plots.positions import plot_clocks, plot_waves
from t2i_lib.positions import sinusoidal_positions


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_waves_show_the_table_and_how_alike_its_rows_are():
    table = sinusoidal_positions(7, 6)
    left, right = plot_waves(table).axes[:2]
    assert np.allclose(left.images[0].get_array(), table)
    alike = right.images[0].get_array()
    assert alike.shape == (7, 7) and np.allclose(alike, alike.T) and np.allclose(np.diag(alike), 1, atol=1e-6)


def test_hands_point_where_the_pair_has_turned_to():
    figure = plot_clocks([1.0, 0.1], [0, 1, 5])
    assert len(figure.axes) == 6
    tip = figure.axes[2].texts[0].xy  # place 5, speed 1
    assert math.atan2(tip[1], tip[0]) == pytest.approx(5 - 2 * math.pi)
    assert figure.axes[3].texts[0].xy == pytest.approx((0.85, 0))
    assert [axes.get_title() for axes in figure.axes[:3]] == ["place 0", "place 1", "place 5"]
