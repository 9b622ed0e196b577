"""Figures about evaluation show the numbers they are given, and say what does not fit."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from t2i_lib.metrics import Estimate
from t2i_lib.plots.evaluation import (
    describe_scoreboard,
    plot_clouds,
    plot_coverage,
    plot_estimates,
    plot_sample_sizes,
    plot_scoreboard,
)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_estimates_are_a_row_each_with_their_reach():
    rows = {"real": {"accuracy": Estimate(0.9, 0.8, 1.0)}, "artist": {"accuracy": Estimate(0.5, 0.25, 0.6)}}
    (axis,) = plot_estimates(rows).axes
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["real", "artist"]
    assert axis.get_lines()[0].get_xdata().tolist() == [0.9, 0.5]
    ends = [segment[:, 0].tolist() for segment in axis.collections[0].get_segments()]
    assert np.allclose(ends, [[0.8, 1.0], [0.25, 0.6]])
    with pytest.raises(ValueError, match="the same figures"):
        plot_estimates({"a": {"x": rows["real"]["accuracy"]}, "b": {}})


def test_coverage_draws_every_kind_of_interval():
    (axis,) = plot_coverage([0.5, 0.9], {"naive": [0.9, 0.7], "Wilson": [0.95, 0.96]}).axes
    assert [line.get_label() for line in axis.get_lines()[1:]] == ["naive", "Wilson"]
    assert axis.get_ylim()[0] < 0.6


def test_clouds_have_ellipses_of_their_spread():
    cross = torch.tensor([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    figure = plot_clouds({"apart": (cross, cross.numpy() + 10)})
    first, second = (line.get_xydata() for line in figure.axes[0].get_lines())
    assert np.abs(first[:, 0]).max() == pytest.approx(2 * np.sqrt(18 / 3), rel=1e-2)
    assert second.mean(0) == pytest.approx([10, 10], abs=0.3)
    assert figure.axes[0].get_title() == "apart"


def test_sample_sizes_lie_on_a_line_to_endlessly_many():
    (axis,) = plot_sample_sizes([10, 20, 40], {"floor": [12.0, 7.0, 4.5]}, "distance").axes
    line = axis.get_lines()[1]
    assert line.get_ydata()[0] == pytest.approx(2.0)  # 2 + 100 / N
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["10", "20", "40"]


def test_scoreboard_marks_who_is_caught():
    cells = {"artist": {"a": "0.9", "b": "1.0"}, "cheat": {"a": "1.0", "b": "0.1"}}
    caught = {"cheat": ["b"]}
    figure = plot_scoreboard(cells, caught)
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.9", "1.0", "1.0", "✗ 0.1"]
    assert "artist: nothing; cheat: b." in describe_scoreboard(cells, caught)
    with pytest.raises(ValueError, match="the same measures"):
        plot_scoreboard({"a": {"x": "1"}, "b": {"y": "1"}}, {})
