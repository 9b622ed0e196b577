"""Figures about labels mark each point by what was asked, name every row and column, and say what does not fit."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from t2i_lib.plots.conditional import WAYS, describe_ways, plot_picture_table, plot_points, plot_ways

POINTS, LABELS = torch.tensor([[0.0, 1.0], [2.0, 0.5], [-1.0, 0.0]]), torch.tensor([0, 1, 1])


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def marked(axis, label: int, labels: int = 2) -> list[list[float]]:
    """The points of a label, from all the layers above the data."""
    layers = axis.collections[1:][label::labels]
    return sorted(point for layer in layers for point in layer.get_offsets().tolist())


def test_points_are_marked_by_what_was_asked():
    figure = plot_points({"one": (POINTS, LABELS), "two": (POINTS, 1 - LABELS)}, ["top", "left"], POINTS, ["a", "b"])
    one, two = figure.axes
    assert one.collections[0].get_offsets().tolist() == POINTS.tolist()
    assert marked(one, 0) == [[0.0, 1.0]] and marked(one, 1) == [[-1.0, 0.0], [2.0, 0.5]]
    assert marked(two, 0) == [[-1.0, 0.0], [2.0, 0.5]]
    assert [axis.get_title() for axis in figure.axes] == ["one", "two"] and two.get_xlabel() == "b"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["asked for top", "asked for left"]


def test_no_label_covers_the_others():
    many = torch.randn(90, 2)
    (axis,) = plot_points({"one": (many, torch.arange(90) % 3)}, ["a", "b", "c"], many).axes
    sizes = [len(layer.get_offsets()) for layer in axis.collections[1:]]
    assert sum(sizes) == 90 and max(sizes) <= 6


@pytest.mark.parametrize(
    "panels, names, captions", [({}, ["a"], []), (None, list("abcde"), []), (None, ["a"], ["x", "y"])]
)
def test_points_refuse_what_does_not_fit(panels, names, captions):
    with pytest.raises(ValueError, match="at least one panel"):
        plot_points({"one": (POINTS, LABELS)} if panels is None else panels, names, POINTS, captions)


def test_ways_show_and_say_where_the_label_enters():
    texts = [text.get_text() for text in plot_ways().axes[0].texts]
    assert texts.count("label") == len(WAYS) and set(WAYS) <= set(texts)
    assert "projection: the label enters at the logit" in describe_ways() and "\n" not in describe_ways()


def test_a_table_shows_every_picture_at_its_place():
    pictures = np.arange(2 * 3 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 3, 4, 5, 3)
    figure = plot_picture_table(pictures, ["day", "night"], ["sea", "forest", "castle"])
    shown = [axis.images[0].get_array() for axis in figure.axes]
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(shown, pictures.reshape(6, 4, 5, 3), strict=True))
    assert [axis.get_title() for axis in figure.axes] == ["sea", "forest", "castle", "", "", ""]
    assert [figure.axes[place].get_ylabel() for place in (0, 3)] == ["day", "night"]


@pytest.mark.parametrize("rows, columns", [(["day"], ["a", "b"]), (["day", "night"], ["a"])])
def test_a_table_refuses_names_that_do_not_fit(rows, columns):
    with pytest.raises(ValueError, match="a name for each row"):
        plot_picture_table(np.zeros((2, 2, 4, 4, 3), np.uint8), rows, columns)
    with pytest.raises(ValueError, match="a name for each row"):
        plot_picture_table([], [], columns)
