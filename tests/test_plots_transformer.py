"""Pictures of blocks and of who sees whom."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from t2i_lib.attention import causal_mask
from t2i_lib.plots.transformer import plot_blocks, plot_influence


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_both_blocks_have_two_parts_two_norms_two_sums():
    for axes in plot_blocks().axes:
        words = [text.get_text() for text in axes.texts]
        assert [words.count(word) for word in ("attention", "feed-forward", "norm", "+")] == [1, 1, 2, 2]


def test_norms_stand_beside_the_straight_way_or_on_it():
    heights = [[t.get_position()[1] for t in axes.texts if t.get_text() == "norm"] for axes in plot_blocks().axes]
    assert heights == [[1, 1], [0, 0]]


def test_the_first_row_is_on_top():
    tables = torch.stack([torch.ones(3, 3, dtype=torch.bool), causal_mask(3)])
    axes = plot_influence(tables, ["a", "b", "c"], ["all", "causal"]).axes[1]
    drawn = np.asarray(axes.collections[0].get_array()).reshape(3, 3)
    assert drawn[::-1].astype(bool).tolist() == causal_mask(3).tolist()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["c", "b", "a"]


def test_labels_must_fit():
    with pytest.raises(ValueError, match="2 tokens"):
        plot_influence(torch.ones(1, 3, 3), ["a", "b"], ["all"])
