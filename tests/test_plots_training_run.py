"""Figures about a training show the numbers they are given."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from t2i_lib.plots.training_run import plot_formats, plot_memory, plot_operations, plot_schedules, schedule


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def widths(axis) -> list[float]:
    return [round(float(bar.get_width()), 6) for bar in axis.patches]


def test_formats_reach_as_far_as_torch_says_and_stand_as_far_apart():
    left, right = plot_formats({"fp16": torch.float16, "bf16": torch.bfloat16}, {"gradient": 1e-8}, end=1.04).axes
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in left.patches]
    assert bars[0][1] == pytest.approx(np.log10(65504)) and bars[1][0] == pytest.approx(np.log10(2.0**-24))
    half, brain = (len(lines.get_segments()) for lines in right.collections)
    assert half == 41 and brain == 6  # steps of 1/1024 and of 1/128
    assert left.get_lines()[0].get_xdata()[0] == pytest.approx(-8)


def test_taking_turns_makes_the_times_add_up():
    works = schedule(20, 30, steps=3, ahead=0)
    assert [work.made for work in works] == [(0, 20), (50, 70), (100, 120)]
    assert works[-1].computed == (120, 150)


@pytest.mark.parametrize("make, compute, end", [(20, 30, 20 + 4 * 30), (60, 30, 4 * 60 + 30)])
def test_ahead_of_time_the_slower_side_sets_the_pace(make, compute, end):
    assert schedule(make, compute, steps=4, ahead=2)[-1].computed[1] == end


def test_a_maker_stops_when_its_places_are_full():
    works = schedule(1, 10, steps=5, ahead=1)
    assert [work.made[0] for work in works] == [0, 1, 2, 11, 21]
    for early, late in zip(works, works[2:], strict=False):
        assert late.made[0] >= early.computed[0]


def test_schedules_show_a_box_for_making_and_one_for_computing():
    figure = plot_schedules({"turns": schedule(20, 30, 2, 0), "ahead": schedule(20, 30, 2, 1)})
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["turns", "ahead"]
    assert widths(figure.axes[0]) == [20, 30, 20, 30]
    assert figure.axes[0].patches[3].get_x() == 70 and figure.axes[1].patches[3].get_x() == 50


def test_operations_stand_in_order():
    axis = plot_operations({"small": 0.1, "large": 0.6}).axes[0]
    assert widths(axis) == [0.1, 0.6]
    assert [label.get_text() for label in axis.texts] == ["10%", "60%"]


def test_memory_bars_add_up_beside_the_card():
    axis = plot_memory({"tiny": (0.5, 1.5), "large": (2.0, 10.0)}, cards=(8,)).axes[0]
    assert widths(axis) == [2.0, 0.5, 10.0, 1.5]
    assert [bar.get_x() for bar in axis.patches[2:]] == [2.0, 0.5]
    assert {"12 GB", "2 GB", "8 GB card"} <= {text.get_text() for text in axis.texts}
    assert axis.get_lines()[0].get_xdata()[0] == 8
