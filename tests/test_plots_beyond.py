"""Figures of lesson 12, and the toy flow that they show."""

import numpy as np
import torch

from t2i_lib.plots import beyond
from t2i_lib.toys import roads
from t2i_lib.toys.rings import ring


def test_exact_velocity_by_hand():
    data = torch.tensor([[-1.0], [1.0]])
    assert roads.exact_velocity(torch.tensor([[0.0]]), 0.5, data).item() == 0.0
    assert roads.exact_velocity(torch.tensor([[0.7]]), 0.0, data).item() == np.float32(-0.7)  # to the mean of the data
    one = roads.exact_velocity(torch.tensor([[0.2, 0.4]]), 0.75, torch.tensor([[1.0, 0.0]]))
    assert torch.allclose(one, torch.tensor([[3.2, -1.6]]))  # one datum: straight to it in the time that is left


def test_a_toy_flow_learns_which_dot_is_asked_for():
    dots = ring(4, spread=0.2)
    flow = roads.learn_flow(dots, steps=150, batch=128)
    noise, asked = torch.randn(80, 2, generator=torch.Generator().manual_seed(0)), torch.arange(80) % 4
    way = roads.stops(flow, noise, asked, 4)
    assert way.shape == (5, 80, 2) and torch.equal(way[0], noise)
    assert (torch.cdist(way[-1], dots.centres).argmin(1) == asked).float().mean() > 0.9


def test_roads_have_a_panel_each_and_end_at_the_data():
    figure = beyond.plot_roads({"a": torch.zeros(5, 3), "b": np.ones((9, 2))}, [-1.0, 1.0])
    assert [axis.get_title() for axis in figure.axes] == ["a", "b"]
    assert [len(axis.lines) for axis in figure.axes] == [3, 2]


def test_walks_show_way_and_end():
    figure = beyond.plot_walks({"a": torch.rand(4, 7, 2)}, torch.rand(11, 2))
    assert len(figure.axes[0].lines) == 7


def test_cost_sorts_and_tells():
    curves = {"big": [(8, 0.9), (1, 0.5)], "GAN": [(1, 0.8)]}
    figure = beyond.plot_cost(curves, "passes", "exact match")
    assert figure.axes[0].lines[0].get_xdata().tolist() == [1, 8]
    assert "big: 0.50 at 1, 0.90 at 8" in beyond.describe_cost(curves, "passes", "exact match")


def test_diaries_are_drawn_over_pictures():
    diaries = {"GAN": {"pictures": [32_000, 64_000], "prompt accuracy": [0.5, 0.75]}}
    figure = beyond.plot_diaries(diaries, "prompt accuracy")
    assert figure.axes[0].lines[0].get_xdata().tolist() == [32.0, 64.0]
    assert "GAN from 0.50 to 0.75 after 64 thousand" in beyond.describe_diaries(diaries, "prompt accuracy")
