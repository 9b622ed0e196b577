"""Figures about listening show the numbers they are given, and say what does not fit."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from t2i_lib.plots.listening import (
    plot_map_and_effect,
    plot_parts,
    plot_picture_table,
    plot_two_scores,
    plot_variants,
)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def widths(axis) -> list[float]:
    return [round(bar.get_width(), 6) for bar in axis.patches]


def test_picture_table_names_rows_and_columns():
    picture = Image.new("RGB", (4, 4), "red")
    figure = plot_picture_table({"English": [picture] * 3, "中文": [np.asarray(picture)] * 3}, ["a", "b", "c"])
    assert [axis.get_title() for axis in figure.axes[:3]] == ["a", "b", "c"]
    assert [figure.axes[place].get_ylabel() for place in (0, 3)] == ["English", "中文"]
    assert all(axis.get_images()[0].get_array().shape == (4, 4, 3) for axis in figure.axes)


@pytest.mark.parametrize("rows", [{}, {"one": [Image.new("RGB", (2, 2))]}])
def test_picture_table_refuses_rows_that_do_not_fit(rows):
    with pytest.raises(ValueError, match="each row needs 2 pictures"):
        plot_picture_table(rows, ["a", "b"])


def test_two_scores_draw_means_of_runs():
    figure = plot_two_scores([0, 5], {"whole": ([[0, 1], [0, 0.5]], [0.5, 1]), "bag": ([0, 1], [0.5, 0.5])})
    left, right = figure.axes
    assert list(left.get_lines()[0].get_ydata()) == [0, 0.75]
    assert list(right.get_lines()[1].get_ydata()) == [0.5, 0.5]
    with pytest.raises(ValueError, match="at least one curve"):
        plot_two_scores([0], {})


def test_variants_draw_a_bar_to_the_mean_and_a_mark_a_seed():
    figure = plot_variants({"accuracy": {"whole": [0.5, 0.75], "none": [0.25]}, "gap": {"whole": [1.0], "none": [0]}})
    first, second = figure.axes
    assert widths(first) == [0.625, 0.25] and widths(second) == [1.0, 0.0]
    assert first.collections[0].get_offsets()[:, 0].tolist() == [0.5, 0.75]
    assert [tick.get_text() for tick in first.get_yticklabels()] == ["whole", "none"]
    assert [axis.get_title() for axis in figure.axes] == ["accuracy", "gap"]
    with pytest.raises(ValueError, match="the same variants"):
        plot_variants({"accuracy": {"a": [1]}, "gap": {"b": [1]}})


def test_parts_lie_side_by_side():
    figure = plot_parts({"English": [0.5, 0.25, 0.25], "中文": [0.75, 0.05, 0.2]}, ["own", "other", "neither"])
    axis = figure.axes[0]
    assert widths(axis) == [0.5, 0.75, 0.25, 0.05, 0.25, 0.2]
    assert [bar.get_x() for bar in axis.patches[2:4]] == [0.5, 0.75]
    assert [text.get_text() for text in axis.texts] == ["0.50", "0.75", "0.25", "0.25", "0.20"]
    with pytest.raises(ValueError, match="needs 2 shares"):
        plot_parts({"English": [1.0]}, ["own", "other"])


def test_map_and_effect_stand_above_each_other():
    figure = plot_map_and_effect(["a", "red", "cat"], [0.5, 0.25, 0.25], [0.0, 2.0, 1.0])
    above, below = figure.axes
    assert [bar.get_height() for bar in above.patches] == [0.5, 0.25, 0.25]
    assert [bar.get_height() for bar in below.patches] == [0.0, 2.0, 1.0]
    assert [tick.get_text() for tick in below.get_xticklabels()] == ["a", "red", "cat"]
    with pytest.raises(ValueError, match="3 words need"):
        plot_map_and_effect(["a", "b", "c"], [1], [1])
