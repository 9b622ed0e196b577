"""Maps and marks of likeness: what is drawn is what was measured."""

import numpy as np
import pytest
import torch

from t2i_lib.plots.embedding_space import plot_cosines, plot_shares, plot_similarities


def test_maps_hold_the_cosines_and_share_one_scale():
    figure = plot_similarities({"one": torch.eye(3), "two": -0.5 * np.eye(3)})
    images = [axes.images[0] for axes in figure.axes if axes.images]
    assert np.array_equal(images[0].get_array(), np.eye(3))
    assert {image.get_clim() for image in images} == {(-0.5, 1)}
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["1", "2", "3"]


def test_many_prompts_go_without_labels():
    assert len(plot_similarities({"one": np.eye(40)}).axes[0].get_xticks()) == 0


@pytest.mark.parametrize("tables, labels", [({}, None), ({"one": np.ones((2, 3))}, None), ({"one": np.eye(2)}, ["a"])])
def test_maps_that_do_not_fit_are_refused(tables, labels):
    with pytest.raises(ValueError):
        plot_similarities(tables, labels=labels)


def test_cosines_are_marks_at_their_place():
    figure = plot_cosines({"order": {"bert": 0.98, "gpt": 0.99}, "colour": {"bert": 0.43}})
    bars = figure.axes[0].containers
    assert [bar.get_label() for bar in bars] == ["bert", "gpt"]
    assert bars[0].lines[0].get_xdata().tolist() == [0.98, 0.43]
    assert bars[1].lines[0].get_xdata().tolist() == [0.99]


def test_shares_carry_their_intervals():
    figure = plot_shares({"place": {"bert": {"value": 0.9, "low": 0.8, "high": 0.95}}}, "found")
    (bar,) = figure.axes[0].containers
    (segment,) = bar.lines[2][0].get_segments()
    assert np.allclose(segment[:, 0], [0.8, 0.95]) and figure.axes[0].get_xlabel() == "found"
    with pytest.raises(ValueError, match="kinds of marks"):
        plot_shares({}, "found")
