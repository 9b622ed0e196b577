"""The panel shows what was logged and no more, and says its verdict; the gallery has a row a case."""

import pytest
import torch
from matplotlib import pyplot as plt
from PIL import Image

from t2i_lib.plots.vital_signs import Case, describe_vital_signs, plot_gallery, plot_vital_signs
from t2i_lib.vital_signs import VitalSigns

STEPS = [0, 1, 2, 3, 4]
ILL = VitalSigns.from_curves({"gap": [1, 5, 9, 9, 9], "good samples": [0.0] * 5, "coverage": [0.0] * 5}, STEPS)
FINE = VitalSigns.from_curves(
    {"real logit": [1.0] * 5, "fake logit": [0.5] * 5, "gap": [0.5] * 5, "penalty": [3.0] * 5, "variety": [0.9] * 5},
    STEPS,
)
POINTS = torch.zeros(4, 2)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def titles(figure) -> list[str]:
    return [axis.get_title() for axis in figure.axes if axis.get_title()]


def words(figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(plt.Text)).replace("\n", " ")


def test_only_what_was_logged_has_a_panel():
    assert titles(plot_vital_signs(ILL)) == ["gap", "variety", "quality"]
    assert titles(plot_vital_signs(FINE, POINTS)) == ["samples", "logits", "squared slopes", "variety"]


def test_the_verdict_and_what_to_try_stand_below():
    ill = words(plot_vital_signs(ILL))
    assert "[!] the discriminator has won" in ill and "Next: check first" in ill
    assert "[+] healthy" in words(plot_vital_signs(FINE))


def test_samples_may_be_a_sheet_of_pictures():
    figure = plot_vital_signs(FINE, Image.new("RGB", (9, 6)), title="a game")
    assert figure.axes[0].get_images()[0].get_array().shape == (6, 9, 3)
    assert "a game" in words(figure)


def test_numbers_that_are_none_are_left_out_of_the_line():
    broken = VitalSigns.from_curves({"gap": [1.0, 2.0, float("inf"), 4.0, 5.0]}, STEPS)
    line = plot_vital_signs(broken).axes[0].get_lines()[0]
    assert line.get_ydata()[3] == 4.0 and line.get_ydata()[2] != line.get_ydata()[2]


def test_an_empty_log_is_refused():
    with pytest.raises(ValueError, match="the log is empty"):
        plot_vital_signs(VitalSigns.from_log([]))


def test_the_panel_in_words():
    told = describe_vital_signs(FINE)
    assert "real logit ends near 1;" in told and "Verdict: healthy" in told


def test_the_gallery_has_a_row_a_case():
    case = Case("saturation", ILL, FINE, POINTS, POINTS, "loss: another")
    figure = plot_gallery([case, case], POINTS)
    assert len(figure.axes) == 8
    assert titles(figure) == ["died", "gap", "coverage", "cured"]
    assert "loss: another" in words(figure)
    assert [line.get_label() for line in figure.axes[1].get_lines()] == ["died", "cured"]
