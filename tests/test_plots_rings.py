"""Figures about the game for dots show the points and slopes they are given; a film has a frame a snapshot."""

import io

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from PIL import Image
from torch import nn

from t2i_lib.plots.rings import field, film, plot_field, plot_points, plot_pushes, plot_shares

REAL = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0]])


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def plane(x: float, y: float) -> nn.Module:
    network = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
    network[0].weight.data = torch.tensor([[x, y]])
    return network


def drawn(axis) -> list[np.ndarray]:
    return [np.asarray(points.get_offsets()) for points in axis.collections if hasattr(points, "get_offsets")]


def test_points_lie_over_real_ones():
    fakes = torch.tensor([[0.5, 0.25]])
    figure = plot_points({"early": fakes, "late": 2 * fakes, "none": torch.zeros(0, 2)}, REAL, columns=2)
    assert [axis.get_title() for axis in figure.axes] == ["early", "late", "none", ""]
    real, late, _ = drawn(figure.axes[1])
    assert np.allclose(real, REAL) and np.allclose(late, [[1.0, 0.5]])
    assert drawn(figure.axes[2])[1].size == 0


def test_the_field_is_the_slope():
    places, pushes = field(plane(3.0, -4.0), edge=5)
    assert places.shape == pushes.shape == (25, 2)
    assert np.allclose(pushes, [3.0, -4.0])


def test_the_field_figure_says_how_long_its_arrows_are():
    figure = plot_field({"steep": plane(3.0, 4.0), "flat": plane(0.0, 0.0)}, REAL, {"steep": REAL, "flat": REAL})
    labels = {axis.get_title(): axis.get_xlabel() for axis in figure.axes}
    assert labels["steep"] == "longest arrow: 5 a unit"
    assert set(labels) >= {"steep", "flat"}


def test_pushes_draw_a_line_a_loss():
    axis = plot_pushes([-1.0, 1.0], {"minimax": [0.2, 0.8], "hinge": [1.0, 1.0]}).axes[0]
    assert {line.get_label(): list(line.get_ydata()) for line in axis.get_lines()}["minimax"] == [0.2, 0.8]


def test_shares_write_their_numbers():
    axis = plot_shares(["left", "right"], {"real": [0.75, 0.25], "fake": [0.5, 0.5]}).axes[0]
    assert [text.get_text() for text in axis.texts] == ["0.75", "0.25", "0.50", "0.50"]


def test_points_outside_are_crosses_at_the_border():
    axis = plot_points({"far": torch.tensor([[0.5, 0.0], [50.0, 1.0]])}, REAL).axes[0]
    _, inside, outside = drawn(axis)
    assert inside.tolist() == [[0.5, 0.0]] and np.allclose(outside, [[2.91, 1.0]])


def test_a_film_moves_and_shows_its_last_frame_where_nothing_can_move():
    batches = [REAL, 2 * REAL, REAL.flip(0) - 1]
    data = film({"died": batches, "cured": batches[::-1]}, [0, 50, 100], REAL, 0.3)
    moving = Image.open(io.BytesIO(data))
    assert moving.format == "PNG" and moving.n_frames == 4  # three frames, and the still one
    still = np.asarray(moving.convert("RGB"))
    moving.seek(3)
    assert np.array_equal(np.asarray(moving.convert("RGB")), still)
    assert data == film({"died": batches, "cured": batches[::-1]}, [0, 50, 100], REAL, 0.3)
