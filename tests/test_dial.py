"""A dial shows the picture it points at, in every form, and turns by its slider."""

import base64
import io

import pytest
from PIL import Image

from t2i_lib.course.dial import Dial

RED, BLUE = Image.new("RGB", (16, 16), "red"), Image.new("RGB", (16, 16), "blue")


def shown(dial: Dial) -> tuple[Image.Image, str]:
    """The picture of the static form, and its description."""
    data, about = dial._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    return picture, about["image/png"]["alt"]


def test_it_shows_where_it_stands_with_whole_pixels():
    picture, alt = shown(Dial([RED, BLUE], ["day", "night"], "a castle", at=1))
    assert picture.size == (256, 256) and picture.convert("RGB").getcolors() == [(256 * 256, (0, 0, 255))]
    assert alt == "a castle: night"


def test_turning_the_slider_turns_the_picture():
    pytest.importorskip("ipywidgets")
    dial = Dial([RED, BLUE], ["day", "night"], 'a "castle"')
    before = dial.picture.value
    dial.slider.value = 1
    assert dial.at == 1 and dial.picture.value != before
    assert 'alt="a &quot;castle&quot;: night"' in dial.picture.value
    assert repr(dial) == '[Dial: day | night]\na "castle": night'


def test_without_widgets_the_picture_is_still_there(monkeypatch):
    monkeypatch.setattr(Dial, "_build", lambda self: None)
    dial = Dial([RED, BLUE], ["day", "night"], "a castle")
    dial.turn(1)
    assert shown(dial)[1] == "a castle: night"


def test_a_large_picture_is_not_enlarged():
    assert shown(Dial([Image.new("RGB", (300, 300))], ["day"], "a castle"))[0].size == (300, 300)


@pytest.mark.parametrize("pictures, names", [([], []), ([RED], ["day", "night"])])
def test_every_picture_needs_a_name(pictures, names):
    with pytest.raises(ValueError, match="a name for each picture"):
        Dial(pictures, names, "a castle")
