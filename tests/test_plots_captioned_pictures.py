"""Figures about a captioned data set show the numbers they are given, and say what does not fit."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from t2i_lib.plots.captioned_pictures import plot_confidences, plot_left_over, plot_two_way


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def texts(axis) -> list[str]:
    return [text.get_text() for text in axis.texts]


def test_left_over_draws_a_bar_a_caption_before_the_whole():
    axis = plot_left_over({"any": 8000, "a cat": 932, "a red cat": 1}, whole=8000, unit="scenes").axes[0]
    assert [bar.get_width() for bar in axis.patches] == [8000] * 3 + [8000, 932, 1]
    assert texts(axis) == ["8,000", "932", "1"]
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["any", "a cat", "a red cat"]
    assert axis.get_xscale() == "log" and axis.get_xlabel() == "scenes" and axis.get_xlim() == (1, 8000)


@pytest.mark.parametrize("counts", [{}, {"none": 0}, {"too many": 11}])
def test_left_over_refuses_what_has_no_place_on_the_axis(counts):
    with pytest.raises(ValueError, match="from 1 to 10"):
        plot_left_over(counts, whole=10)


def test_two_way_writes_every_count_and_frames_what_never_occurs():
    tables = {"train": torch.tensor([[3, 0, 5], [7, 11, 0]]), "test": torch.ones(2, 3)}
    figure = plot_two_way(tables, ["girl", "boy"], ["red", "blue", "pink"])
    train, test = figure.axes
    assert np.array_equal(train.get_images()[0].get_array(), tables["train"])
    assert texts(train) == ["3", "0", "5", "7", "11", "0"]
    assert [patch.get_xy() for patch in train.patches] == [(0.54, -0.46), (1.54, 0.54)]
    assert not test.patches and test.get_title() == "test"
    assert [tick.get_text() for tick in train.get_yticklabels()] == ["girl", "boy"]
    assert [tick.get_text() for tick in test.get_xticklabels()] == ["red", "blue", "pink"]


def test_a_table_of_zeros_is_drawn_too():
    assert len(plot_two_way({"empty": np.zeros((2, 2))}, ["a", "b"], ["c", "d"]).axes[0].patches) == 4


@pytest.mark.parametrize("tables", [{}, {"train": np.ones((3, 2))}])
def test_two_way_refuses_labels_that_do_not_fit(tables):
    with pytest.raises(ValueError, match="need as many labels"):
        plot_two_way(tables, ["girl", "boy"], ["red", "blue", "pink"])


def test_confidences_are_shares_of_each_kind():
    figure = plot_confidences({"real": torch.tensor([0.97, 0.99, 1.0, 0.31]), "noise": np.array([0.55])})
    real, noise = figure.axes
    heights = [bar.get_height() for bar in real.patches]
    assert heights == pytest.approx([0, 0, 0, 0.25, 0, 0, 0, 0, 0, 0.75])
    assert [text for text in texts(real) if text] == ["25%", "75%"]
    assert noise.patches[5].get_height() == 1.0
    assert [axis.get_title() for axis in figure.axes] == ["real", "noise"]


def test_confidences_refuse_nothing():
    with pytest.raises(ValueError, match="at least one kind"):
        plot_confidences({})
