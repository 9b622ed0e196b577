"""Figures of lesson 00: what they are given is what they show."""

from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from PIL import Image

from t2i_lib.course.lesson import lessons
from t2i_lib.plots.course_map import COURSE, describe_course_map, plot_course_map
from t2i_lib.plots.pipeline import BESIDE, STAGES
from t2i_lib.plots.stages import plot_features, plot_latents, plot_pictures, plot_route, plot_shares


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def texts(figure) -> list[str]:
    return [text.get_text() for axis in figure.axes for text in axis.texts]


def test_pictures_stand_in_rows_with_their_titles():
    pictures = [Image.new("RGB", (5, 5), (shade, 0, 0)) for shade in (0, 50, 100, 150, 200)]
    figure = plot_pictures(pictures, [f"seed {n}" for n in range(5)], columns=3)
    shown = [axis for axis in figure.axes if axis.images]
    assert [axis.get_title() for axis in shown] == [f"seed {n}" for n in range(5)]
    assert [int(axis.images[0].get_array()[0, 0, 0]) for axis in shown] == [0, 50, 100, 150, 200]
    assert len(figure.axes) == 6
    assert len(plot_pictures(np.zeros((2, 5, 5, 3), np.uint8)).axes) == 2


@pytest.mark.parametrize("pictures, titles", [([], []), ([np.zeros((3, 3, 3), np.uint8)], ["one", "two"])])
def test_titles_must_fit_the_pictures(pictures, titles):
    with pytest.raises(ValueError, match="a title for each"):
        plot_pictures(pictures, titles)


def test_features_have_a_row_a_token_and_white_at_zero():
    features = torch.arange(21.0).reshape(3, 7) - 4
    image = plot_features(features, ["a", "red", "cat"]).axes[0].images[0]
    assert np.array_equal(image.get_array(), features.numpy())
    low, high = image.get_clim()
    assert low == -high
    with pytest.raises(ValueError, match="as many labels"):
        plot_features(features, ["a"])


def test_latents_have_a_map_a_channel_in_the_same_colours():
    figure = plot_latents(torch.randn(5, 2, 3), columns=3)
    images = [axis.images[0] for axis in figure.axes if axis.images]
    assert len(images) == 5 and len({image.get_clim() for image in images}) == 1
    assert images[4].get_array().shape == (2, 3)


@pytest.mark.parametrize("noise_dim, noise_shape", [(9, (3, 3)), (7, (1, 7))])
def test_the_route_shows_each_stage(noise_dim, noise_shape):
    latents = torch.arange(24.0).reshape(6, 2, 2)
    picture = Image.new("RGB", (8, 8))
    figure = plot_route(["a", "cat"], torch.randn(2, 70), torch.randn(noise_dim), latents, picture)
    said, read, lots, drawn, shown = figure.axes
    assert {"a", "cat"} <= {text.get_text() for text in said.texts}
    assert read.images[0].get_array().shape == (2, 64)
    assert lots.images[0].get_array().shape == noise_shape
    assert drawn.images[0].get_array()[:2, :2].tolist() == latents[0].tolist()
    assert drawn.images[0].get_array()[2:, 2:].tolist() == latents[3].tolist()
    assert shown.images[0].get_array().shape == (8, 8, 3)


def test_shares_carry_their_counts_and_keep_their_colours():
    figure = plot_shares({"one": {"day": 3, "night": 1}, "other": {"day": 0, "night": 4}})
    assert texts(figure) == ["day\n3", "night\n1", "night\n4"]
    bars = figure.axes[0].patches
    assert [bar.get_width() for bar in bars] == [3, 1, 0, 4]
    assert bars[1].get_facecolor() == bars[3].get_facecolor() != bars[0].get_facecolor()
    with pytest.raises(ValueError, match="at least one row"):
        plot_shares({})


def test_the_map_holds_the_course_and_lights_every_stage():
    assert [stop.number for stop in COURSE] == [f"{number:02}" for number in range(15)]
    written = {path.name[:2] for path in (Path(__file__).parent.parent / "notebooks").glob("*.ipynb")}
    assert set(lessons()) == written
    known = {*STAGES, BESIDE}
    assert all(set(stop.stages) <= known for stop in COURSE)
    assert {stage for stop in COURSE[1:-1] for stage in stop.stages} == known


def test_the_map_shows_its_lessons_and_says_them():
    figure = plot_course_map(here="00")
    assert [text for text in texts(figure)] == [f"{stop.number}  {stop.name}" for stop in COURSE]
    assert [text.get_weight() for text in figure.axes[0].texts][:2] == ["bold", "normal"]
    words = describe_course_map()
    assert all(f"{stop.number} {stop.name}" in words for stop in COURSE)
    assert "02 transformer: text encoder;" in words and words.endswith("and the discriminator.")
