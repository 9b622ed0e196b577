"""Figures of the studio: what is asked for is drawn."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from t2i_lib.plots.studio import on_checkers, plot_line_and_arc, plot_steps, plot_strips


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_each_strip_has_its_title_and_its_shape():
    figure = plot_strips({"wide": Image.new("RGB", (50, 10)), "high": Image.new("RGB", (50, 40))})
    assert [axis.get_title("left") for axis in figure.axes] == ["wide", "high"]
    assert figure.axes[1].images[0].get_array().shape == (40, 50, 3)
    with pytest.raises(ValueError, match="at least one"):
        plot_strips({})


def test_steps_of_three_kinds_look_different():
    figure = plot_steps([1.0, 2.0, 1.0, 3.0], {3: "the seam"}, "column", [1], "cells meet")
    bars = figure.axes[0].patches[:4]
    assert [bar.get_height() for bar in bars] == [1, 2, 1, 3]
    assert len({bars[0].get_facecolor(), bars[1].get_facecolor(), bars[3].get_facecolor()}) == 3
    assert bars[0].get_facecolor() == bars[2].get_facecolor()
    assert "the seam" in [text.get_text() for text in figure.axes[0].texts]


def test_line_and_arc_with_their_lengths():
    figure = plot_line_and_arc({"noise": [7.5, 8.0, 8.5], "line": [5.5, 6.0]})
    assert [text.get_text() for text in figure.axes[1].get_legend().get_texts()] == ["noise", "line"]
    assert sum(bar.get_height() for bar in figure.axes[1].patches) == 5


def test_what_is_opaque_hides_the_board():
    picture = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 255), (0, 0, 8, 16))
    shown = np.asarray(on_checkers(picture))
    assert (shown[:, :8] == (255, 0, 0)).all() and {tuple(each) for each in shown[:, 8:].reshape(-1, 3)} == {
        (255, 255, 255),
        (205, 205, 205),
    }
