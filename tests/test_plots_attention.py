"""Figures about attention show the numbers they are given, and say what does not fit."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from PIL import Image

from t2i_lib.plots.attention import plot_attention, plot_cost, plot_places, plot_scaling, plot_sharpening

WEIGHTS = torch.tensor([[0.75, 0.25, 0.0], [0.5, 0.25, 0.25]])


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def images(figure) -> list[np.ndarray]:
    return [np.asarray(image.get_array()) for axis in figure.axes for image in axis.get_images()]


def lines(axis) -> dict[str, list[float]]:
    return {line.get_label(): list(line.get_ydata()) for line in axis.get_lines()}


def test_attention_map_has_a_row_for_who_looks():
    figure = plot_attention(WEIGHTS, ["a", "cat"], ["one", "two", "three"])
    axis = figure.axes[0]
    assert images(figure)[0].tolist() == WEIGHTS.tolist()
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["a", "cat"]
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["one", "two", "three"]
    assert [text.get_text() for text in axis.texts][:3] == ["0.75", "0.25", "0.00"]


def test_attention_map_draws_every_head():
    heads = torch.stack([WEIGHTS, WEIGHTS.flip(0), WEIGHTS, WEIGHTS, WEIGHTS])
    figure = plot_attention(heads, ["a", "cat"], ["x", "y", "z"], titles=[f"head {n}" for n in range(5)], label="share")
    assert np.allclose(images(figure)[:5], heads)
    assert figure.axes[3].get_title() == "head 3"
    assert figure.axes[-1].get_ylabel() == "share"


def test_one_head_with_its_axis_is_welcome():
    assert images(plot_attention(WEIGHTS[None, :, :2], ["a", "b"]))[0].tolist() == WEIGHTS[:, :2].tolist()


@pytest.mark.parametrize("tokens", [["a"], ["a", "b", "c"]])
def test_attention_map_refuses_labels_that_do_not_fit(tokens):
    with pytest.raises(ValueError, match="need as many labels"):
        plot_attention(WEIGHTS, tokens)


def test_attention_map_refuses_titles_that_do_not_fit():
    with pytest.raises(ValueError, match="as many titles"):
        plot_attention(WEIGHTS[None], ["a", "b"], ["x", "y", "z"], titles=["one", "two"])


def test_sharpening_draws_a_line_a_key_and_the_answer():
    figure = plot_sharpening([0, 1], WEIGHTS, ["cat", "fish", "bird"], torch.tensor([2.0, 3.5]), unit="legs")
    left, right = figure.axes
    assert lines(left) == {"cat": [0.75, 0.5], "fish": [0.25, 0.25], "bird": [0.0, 0.25]}
    assert list(right.get_lines()[0].get_ydata()) == [2.0, 3.5]
    assert right.get_ylabel() == "answer (legs)"


def test_scaling_draws_both_ways_on_both_sides():
    both = {"as they are": [2.0, 4.0], "divided": [1.0, 1.0]}
    figure = plot_scaling([4, 16], both, {"as they are": [0.1, 0.02], "divided": [0.1, 0.1]})
    left, right = figure.axes
    assert lines(left) == both
    assert lines(right)["as they are"] == [0.1, 0.02]
    assert [tick.get_text() for tick in left.get_xticklabels()] == ["4", "16"]


def test_places_show_picture_then_a_map_a_word():
    picture = Image.new("RGB", (8, 8), "red")
    maps = [torch.rand(2, 4, 4), torch.rand(1, 8, 8)]
    figure = plot_places([picture, picture], maps, [["red", "sea"], ["red"]], titles=["left", "right"])
    shown = images(figure)
    assert shown[0].shape == (8, 8, 3)
    assert np.allclose(shown[1], maps[0][0]) and np.allclose(shown[2], maps[0][1])
    assert np.allclose(shown[4], maps[1][0])
    assert [axis.get_title() for axis in figure.axes[:6]] == ["left", "red", "sea", "right", "red", ""]


def test_places_may_stand_side_by_side():
    picture = Image.new("RGB", (8, 8), "red")
    figure = plot_places([picture] * 3, [torch.rand(1, 4, 4)] * 3, [["red"]] * 3, across=True)
    shape = [axis.get_subplotspec().get_gridspec().get_geometry() for axis in figure.axes[:1]]
    assert shape == [(2, 3)]
    assert [image.shape for image in images(figure)[:4]] == [(8, 8, 3)] * 3 + [(4, 4)]


def test_places_refuse_words_that_do_not_fit():
    with pytest.raises(ValueError, match="each map its word"):
        plot_places([Image.new("RGB", (8, 8))], [torch.rand(2, 4, 4)], [["red"]])


def test_cost_draws_milliseconds_and_the_square_through_the_first_point():
    drawn = lines(plot_cost([1, 2, 4], [0.001, 0.002, 0.032]).axes[0])
    assert drawn["measured"] == [1.0, 2.0, 32.0]
    assert drawn["4 times for twice as long"] == [1.0, 4.0, 16.0]
