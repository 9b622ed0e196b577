"""Figures about one's own data show the numbers they are given, and say what does not fit."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from t2i_lib.plots.own_data import plot_by_step, plot_flip_coin, plot_nearest, plot_trade


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_coin_crosses_at_one_half():
    left, right, _ = plot_flip_coin().axes[0].get_lines()
    assert left.get_ydata()[0] == 1 and left.get_ydata()[-1] == 0
    middle = len(left.get_ydata()) // 2
    assert left.get_ydata()[middle] == pytest.approx(0.5) == pytest.approx(right.get_ydata()[middle])


def test_nearest_puts_pictures_above_each_other():
    one, other = Image.new("RGB", (4, 4), "red"), np.zeros((4, 4, 3), np.uint8)
    figure = plot_nearest([one, one], [other, other], [1.25, 3.0], ["a", "b"])
    assert [axis.get_xlabel() for axis in figure.axes] == ["", "", "1.2 away", "3.0 away"]
    assert figure.axes[0].get_title() == "a" and figure.axes[0].get_images()[0].get_array()[0, 0].tolist() == [
        255,
        0,
        0,
    ]
    with pytest.raises(ValueError, match="needs its nearest one"):
        plot_nearest([one], [], [1.0], ["a"])


def test_trade_has_a_mark_a_seed():
    axis = plot_trade({"whole": ([0.2, 0.3], [0.9, 0.8]), "low rank": ([0.5], [0.6])}, old=0.94).axes[0]
    assert axis.collections[0].get_offsets().tolist() == [[0.2, 0.9], [0.3, 0.8]]
    assert axis.get_lines()[0].get_xdata()[0] == 0.94
    with pytest.raises(ValueError, match="at least one"):
        plot_trade({}, 0.9)


def test_curves_are_means_with_bands():
    figure = plot_by_step(
        [10, 20], {"recipe": {"copies": [[0, 1], [0, 0.5]], "distance": [[1, 2]]}}, ["copies", "distance"]
    )
    assert figure.axes[0].get_lines()[0].get_ydata().tolist() == [0, 0.75]
    assert [axis.get_title() for axis in figure.axes] == ["copies", "distance"]
    with pytest.raises(ValueError, match="at least one training"):
        plot_by_step([1], {}, ["copies"])
