"""Costs of sentences as bars: what is drawn is what was counted."""

import pytest

from t2i_lib.plots.tokens import plot_token_costs


def test_every_cost_is_one_bar_with_its_number():
    figure = plot_token_costs({"bytes": {"English": 35, "Chinese": 51}, "words": {"English": 9, "Chinese": 1}})
    axes = figure.axes[0]
    assert [bar.get_width() for bars in axes.containers for bar in bars] == [35, 9, 51, 1]
    assert [text.get_text() for text in axes.texts] == ["35", "9", "51", "1"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["bytes", "words"]


@pytest.mark.parametrize("costs", [{}, {"bytes": {}}, {"bytes": {"English": 1}, "words": {"Chinese": 1}}])
def test_what_cannot_be_compared_is_refused(costs):
    with pytest.raises(ValueError, match="same one or two languages"):
        plot_token_costs(costs)
