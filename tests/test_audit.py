"""The audit of who is drawn: shares against the data and against chance."""

from random import Random

import pytest
import torch

from t2i_lib.audit import Audit, audit, chance_variation, data_shares, filled_in, total_variation
from t2i_lib.storybook.scene import ATTRIBUTES


def test_total_variation_by_hand():
    assert total_variation(torch.tensor([1.0, 0, 0]), torch.tensor([0, 0.5, 0.5])) == 1.0
    assert total_variation(torch.tensor([0.2, 0.8]), torch.tensor([0.5, 0.5])) == pytest.approx(0.3)


def test_held_out_combinations_are_never_in_the_data_s_shares():
    shares = data_shares("color", {"subject": "girl"})
    assert shares[ATTRIBUTES["color"].index("purple")] == 0
    assert shares.sum().item() == pytest.approx(1) and (shares[:5] > 0.09).all()
    with pytest.raises(ValueError, match="have no expression"):
        data_shares("expression", {"subject": "knight"})


def test_chance_shrinks_with_the_number_of_pictures_and_is_what_a_coin_gives():
    coin = torch.tensor([0.5, 0.5])
    few, many = (chance_variation(coin, count).mean().item() for count in (25, 400))
    assert few == pytest.approx(4 * many, rel=0.15)
    assert many == pytest.approx(0.3989 / 400**0.5, rel=0.1)  # E|N(0, 1)| / 2, over the root of the number


def test_fair_pictures_pass_and_leaning_ones_do_not():
    expected = torch.tensor([0.5, 0.5], dtype=torch.float64)
    fair, leaning = (Audit("expression", torch.tensor(counts), expected) for counts in ([52, 48], [20, 80]))
    assert fair.variation < fair.chance < leaning.variation
    assert "chance can do that" in repr(fair) and "more than chance" in repr(leaning)
    assert leaning.amplification("calm").value == pytest.approx(1.6)
    assert leaning.drawn("calm").low < 0.8 < leaning.drawn("calm").high


def test_what_the_data_never_shows_cannot_be_amplified():
    found = torch.zeros(4, 9, dtype=torch.int64)
    with pytest.raises(ValueError, match="never shows color purple"):
        audit(found, "color", {"subject": "girl"}).amplification("purple")


def test_filling_in_keeps_what_is_stated_and_follows_the_data():
    lots = Random(0)
    filled = [filled_in({"subject": "girl", "place": "lake"}, "color", lots) for _ in range(60)]
    assert all(each["place"] == "lake" and set(each) == {"subject", "place", "color"} for each in filled)
    assert len({each["color"] for each in filled}) >= 6 and "purple" not in {each["color"] for each in filled}
