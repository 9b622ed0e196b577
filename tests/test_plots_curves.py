"""Training curves: means, bands, names at the ends, level lines."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from t2i_lib.plots.curves import plot_curves, smoothed


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_runs_become_a_mean_in_a_band():
    axes = plot_curves({"two": [[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]], "one": [4.0, 3.0]}, y_label="loss").axes[0]
    two, one = axes.lines
    assert two.get_ydata().tolist() == [2.0, 3.0, 4.0] and two.get_xdata().tolist() == [1, 2, 3]
    assert one.get_ydata().tolist() == [4.0, 3.0]
    assert len(axes.collections) == 1, "only where there are several runs"
    band = axes.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == 1.0 and band[:, 1].max() == 5.0
    assert axes.get_ylabel() == "loss"


def test_names_stand_apart_in_the_order_of_their_lines():
    figure = plot_curves({"high": [1.0, 1.01], "low": [1.0, 1.0], "far": [1.0, 0.0]})
    figure.canvas.draw()
    heights = {text.get_text(): text.get_window_extent() for text in figure.axes[0].texts}
    assert heights["far"].y1 <= heights["low"].y0 + 1 and heights["low"].y1 <= heights["high"].y0 + 4


def test_lines_can_be_told_apart_without_colour():
    lines = plot_curves({name: [0.0, 1.0] for name in "abcd"}).axes[0].lines
    assert len({line.get_linestyle() for line in lines}) == 4


def test_level_lines_logarithm_and_own_steps():
    axes = plot_curves({"a": [1.0, 0.1]}, marks={"guessing": 0.5}, log=True, xs=[10, 20]).axes[0]
    assert axes.get_yscale() == "log"
    assert axes.lines[0].get_xdata().tolist() == [10, 20] and axes.lines[1].get_ydata() == [0.5, 0.5]
    assert "guessing" in [text.get_text() for text in axes.texts]


def test_smoothing_keeps_the_length():
    table = np.array([[4.0, 0.0, 2.0, 2.0]])
    assert smoothed(table, 1).tolist() == table.tolist()
    assert smoothed(table, 2).tolist() == [[4.0, 2.0, 1.0, 2.0]]
    assert smoothed(table, 9).tolist() == [[4.0, 2.0, 2.0, 2.0]]


@pytest.mark.parametrize("curves", [{}, {"empty": []}])
def test_nothing_to_draw_is_said(curves):
    with pytest.raises(ValueError, match="at least one"):
        plot_curves(curves)
