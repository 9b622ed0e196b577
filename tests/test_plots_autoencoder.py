"""Figures of lesson 05 show the numbers they are given, and say what does not fit."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from PIL import Image

from t2i_lib.plots.autoencoder import (
    plot_best_line,
    plot_latent_use,
    plot_picture_rows,
    plot_tradeoff,
    plot_variants,
)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def lines(axis) -> list[list[tuple[float, float]]]:
    return [list(zip(*map(list, line.get_data()), strict=True)) for line in axis.get_lines()]


def test_points_land_on_the_nearest_place_of_the_line():
    points = torch.tensor([[0.0, 0.0], [3.0, 1.0]])
    axis = plot_best_line(points, torch.tensor([0.0, 0.0]), torch.tensor([1.0, 0.0]), ("left", "right")).axes[0]
    assert lines(axis)[1] == [(3.0, 1.0), (3.0, 0.0)]  # straight down
    assert lines(axis)[2] == [(0.0, 0.0), (3.0, 0.0)]  # the line, from the first foot to the last
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("left", "right")


def test_rows_hold_their_pictures_and_names():
    red, blue = Image.new("RGB", (4, 4), "red"), Image.new("RGB", (4, 4), "blue")
    figure = plot_picture_rows({"real": [red, blue], "redrawn": [blue, red]}, titles=["one", "two"])
    shown = [np.asarray(axis.get_images()[0].get_array())[0, 0].tolist() for axis in figure.axes]
    assert shown == [[255, 0, 0], [0, 0, 255], [0, 0, 255], [255, 0, 0]]
    assert [axis.get_ylabel() for axis in figure.axes] == ["real", "", "redrawn", ""]
    assert [axis.get_title() for axis in figure.axes] == ["one", "two", "", ""]


def test_a_pixel_becomes_a_square_of_whole_pixels():
    figure = plot_picture_rows({"": [Image.new("RGB", (16, 16))] * 2}, edge=100)
    widths = [axis.get_window_extent().width for axis in figure.axes]
    assert np.allclose(widths, 96)  # six times 16 is nearest to 100


@pytest.mark.parametrize("rows, titles", [({"a": [1, 2], "b": [1]}, []), ({"a": [1, 2]}, ["one"]), ({}, [])])
def test_rows_that_do_not_fit_are_refused(rows, titles):
    with pytest.raises(ValueError, match="as many"):
        plot_picture_rows(rows, titles)


def test_sleeping_latents_are_pale():
    figure = plot_latent_use({"plain": torch.tensor([3.0, 2.0]), "variational": torch.tensor([3.0, 0.1])}, least=0.5)
    bars = [[bar.get_height() for bar in axis.patches] for axis in figure.axes]
    assert np.allclose(bars, [[3.0, 2.0], [3.0, 0.1]])
    colours = [bar.get_facecolor() for bar in figure.axes[1].patches]
    assert colours[0] != colours[1] and figure.axes[0].patches[1].get_facecolor() == colours[0]
    assert [axis.get_title() for axis in figure.axes] == ["plain", "variational"]


def test_a_trade_off_goes_through_the_means_in_order():
    axis = plot_tradeoff({"0": [(1.0, 4.0), (3.0, 6.0)], "0.1": [(5.0, 1.0)]}, "error", "distance", log=True).axes[0]
    assert lines(axis)[0] == [(2.0, 5.0), (5.0, 1.0)]
    assert [text.get_text() for text in axis.texts] == ["0", "0.1"]
    assert axis.get_xscale() == axis.get_yscale() == "log"


def test_every_run_of_a_variant_has_its_sign():
    figures = {"PSNR": {"L1": [30.0, 31.0], "all": [29.0, 28.0]}, "birds": {"L1": [0.5, 0.6], "all": [0.9, 1.0]}}
    figure = plot_variants(figures, goals={"birds": 1.0})
    dots = [[point for line in lines(axis) for point in line if len(line) == 1] for axis in figure.axes]
    assert dots[1] == [(0.5, 0), (0.6, 0), (0.9, 1), (1.0, 1)]
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["L1", "all"]
    assert [axis.get_title() for axis in figure.axes] == ["PSNR", "birds"]
    assert any(line == [(1.0, 0), (1.0, 1)] for line in lines(figure.axes[1]))
