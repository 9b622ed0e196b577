"""Model cards: the hub can read them, figures and limits stand in them, and impossible licences are refused."""

import pytest

from t2i_lib.model_card import ModelCard, card_text, read_header, write_card


def test_the_hub_reads_what_was_written(tmp_path):
    card = ModelCard("Zibbles", license="mit", data_license="cc0-1.0", data="Drawings")
    write_card(tmp_path, card, {"copies": 0.25}, {"pictures": 16})
    header = read_header(tmp_path)
    assert header["license"] == "mit" and header["language"] == ["en", "zh"]
    assert header["pipeline_tag"] == "text-to-image" and header["library_name"] == "t2i_lib"
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    for words in ("# Zibbles", "Drawings (licence: cc0-1.0)", "| copies | 0.250 |", "- pictures: 16", card.limits):
        assert words in text


def test_share_alike_is_passed_on_and_makers_are_named():
    with pytest.raises(ValueError, match="same licence instead of 'mit'"):
        ModelCard(license="mit", data_license="cc-by-sa-4.0", credit="OpenMoji")
    with pytest.raises(ValueError, match="fill in `credit`"):
        ModelCard(license="cc-by-sa-4.0", data_license="cc-by-sa-4.0")
    card = ModelCard(license="cc-by-sa-4.0", data_license="cc-by-sa-4.0", credit="All emojis designed by OpenMoji")
    assert "All emojis designed by OpenMoji" in card_text(card, {}, {})


def test_a_folder_without_card_is_refused(tmp_path):
    with pytest.raises(ValueError, match="has no README.md"):
        read_header(tmp_path)
