"""Figures of responsibility show the numbers they are given, and say what does not fit."""

import pytest
import torch
from matplotlib import pyplot as plt

from t2i_lib.audit import Audit
from t2i_lib.energy import Band
from t2i_lib.plots import responsible as plots

AUDIT = Audit("expression", torch.tensor([20, 80]), torch.tensor([0.5, 0.5], dtype=torch.float64))


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_audits():
    (axis,) = plots.plot_audits({"a girl": AUDIT}).axes
    assert [bar.get_height() for bar in axis.patches] == [0.5, 0.5]
    assert list(axis.lines[0].get_ydata()) == [0.2, 0.8]
    assert "variation 0.30" in axis.get_title()
    assert "calm 0.80 instead of 0.50" in plots.describe_audits({"a girl": AUDIT})
    with pytest.raises(ValueError, match="at least one"):
        plots.plot_audits({})


def test_tones():
    rows = {"data": [0.5, 0.5], "drawn": [0.25, 0.75]}
    (axis,) = plots.plot_tones(rows, [(250, 220, 200), (130, 90, 60)]).axes
    assert [bar.get_width() for bar in axis.patches] == [0.5, 0.25, 0.5, 0.75]
    assert [text.get_text() for text in axis.texts] == ["1: 0.50", "1: 0.25", "2: 0.50", "2: 0.75"]
    assert "drawn: 0.25, 0.75" in plots.describe_tones(rows)
    with pytest.raises(ValueError, match="needs 3 shares"):
        plots.plot_tones(rows, [(0, 0, 0)] * 3)


def test_survival():
    table = {"JPEG": {"text": 0.0, "mark": 1.0}, "PNG": {"text": 1.0, "mark": 0.5}}
    (axis,) = plots.plot_survival(table).axes
    assert axis.get_images()[0].get_array().tolist() == [[0, 1], [1, 0.5]]
    assert [text.get_text() for text in axis.texts] == ["0.00", "1.00", "1.00", "0.50"]
    assert "JPEG: text 0.00, mark 1.00" in plots.describe_survival(table)
    with pytest.raises(ValueError, match="the same columns"):
        plots.plot_survival({"a": {"x": 1}, "b": {"y": 1}})


def test_scores():
    (axis,) = plots.plot_scores({"wrong": [0.0, 1.0], "right": [8.0, 9.0]}, 4).axes
    assert axis.lines[0].get_xdata()[0] == 4 and "threshold 4" in axis.texts[0].get_text()
    with pytest.raises(ValueError, match="needs scores"):
        plots.plot_scores({"none": []}, 4)


def test_bill():
    rows = {"picture": Band(0.1, 0.2, 0.4), "training": Band(10, 20, 40)}
    (axis,) = plots.plot_bill(rows, 93).axes
    assert [bar.get_x() + bar.get_width() for bar in axis.patches] == pytest.approx([0.2, 20])
    assert axis.get_xscale() == "log"
    assert "training 20 (10 to 40)" in plots.describe_bill(rows, 93)
    with pytest.raises(ValueError, match="at least one row"):
        plots.plot_bill({}, 93)
