"""Posters: contrast as the standard defines it, letters that fit and can be read, an honest word about enlarging."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from t2i_lib.gallery import chinese_font
from t2i_lib.studio import poster as poster_module
from t2i_lib.studio.contrast import BRIGHT, DARK, READABLE, contrast, luminance, make_readable, worst_contrast
from t2i_lib.studio.poster import LAYOUTS, check_poster, font_for, make_poster


def test_contrast_has_the_standards_numbers():
    assert contrast([0, 0, 0], [255, 255, 255]) == pytest.approx(21)
    assert contrast([118, 118, 118], [255, 255, 255]) == pytest.approx(4.54, abs=0.01)  # the greyest readable grey
    assert contrast([9, 8, 7], [9, 8, 7]) == 1
    assert contrast([255, 0, 0], [0, 0, 255]) == contrast([0, 0, 255], [255, 0, 0])
    assert luminance([[0, 255, 0], [255, 0, 0]]).tolist() == pytest.approx([0.7152, 0.2126])


def ground(kind: str) -> Image.Image:
    if kind == "noise":
        return Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 90, 3), dtype=np.uint8))
    return Image.new("RGB", (90, 40), kind)


@pytest.mark.parametrize("kind, veiled", [("white", False), ("black", False), ("noise", True)])
def test_letters_are_readable_on_every_ground_and_no_veil_is_wasted(kind, veiled):
    ready, color, veil = make_readable(ground(kind))
    assert worst_contrast(color, ready) >= READABLE and (veil > 0) == veiled
    assert (ready.tobytes() == ground(kind).tobytes()) == (not veiled)
    assert {"white": DARK, "black": BRIGHT}.get(kind, color) == color


def picture(kind: str = "noise") -> Image.Image:
    drawn = ground(kind).resize((64, 64))
    drawn.info.update(prompt="a street", seed="7", model="full")
    return drawn


@pytest.mark.parametrize("form", LAYOUTS)
@pytest.mark.parametrize("kind", ["noise", "white"])
def test_every_format_is_readable_and_nothing_is_cut_off(form, kind):
    made = make_poster(picture(kind), "This season: colour, colour and colour", "drawn from one sentence", form)
    check = check_poster(made)
    assert check.good, check
    assert made.sheet.size == LAYOUTS[form].size
    left, top, *_ = LAYOUTS[form].picture
    assert made.sheet.getpixel((left + 8, LAYOUTS[form].size[1] - 9 if form == "square" else top + 8)) is not None


def test_the_file_says_how_often_the_picture_was_enlarged():
    made = make_poster(picture(), "Colour")
    assert "15.6 times" in made.made and made.sheet.info["prompt"] == "a street" and made.sheet.info["seed"] == "7"


def test_long_headlines_become_smaller_not_longer():
    short, long = (make_poster(picture(), words, "", "banner") for words in ("Red", "Red and green and blue " * 4))
    assert len(long.lines) > len(short.lines) and check_poster(long).good
    with pytest.raises(ValueError, match="fewer words"):
        make_poster(picture(), "word " * 300, "", "banner")


def test_a_word_that_has_no_blank_is_made_small_enough():
    assert check_poster(make_poster(picture(), "Extraordinarilycolourfulandnotatallshort", "", "banner")).good


@pytest.mark.skipif(chinese_font() is None, reason="no font with Chinese characters on this machine")
def test_chinese_is_written():
    made = make_poster(picture(), "走在街头的色彩", "一句话画出来", "square")
    assert check_poster(made).good and "".join(made.lines).startswith("走在街头的色彩")


def test_without_a_chinese_font_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(poster_module, "chinese_font", lambda: None)
    with pytest.raises(ValueError, match="fonts-noto-cjk"):
        font_for("色彩", 20)
    assert font_for("colour", 20).size == 20


@pytest.mark.parametrize("headline, form, said", [("", "banner", "needs a headline"), ("Red", "circle", "no format")])
def test_what_makes_no_poster_is_refused(headline, form, said):
    with pytest.raises(ValueError, match=said):
        make_poster(picture(), headline, "", form)


def test_the_check_sees_what_is_wrong():
    made = make_poster(picture("white"), "Colour", "", "banner")
    pale = make_poster(picture("white"), "Colour", "", "banner")
    pale.sheet.paste(pale.ground, (0, 0))
    assert not check_poster(pale).good  # nothing is written
    ImageDraw.Draw(made.sheet).rectangle((0, 100, 300, 200), fill=made.ink)
    assert not check_poster(made).inside and "CUT OFF" in repr(check_poster(made))
