"""The easel: what its button does, what it says, and what it shows where no widgets run."""

import base64
import builtins
import io
import re

import pytest
from PIL import Image
from tiny_artist import tiny_artist

from t2i_lib.course.easel import Easel, as_png, try_to_draw
from t2i_lib.pipeline import TextToImage
from t2i_lib.provenance import FIELDS


@pytest.fixture(scope="module")
def artist() -> TextToImage:
    return tiny_artist()


def picture_of(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def test_a_wish_becomes_the_artists_own_picture(artist):
    attempt = try_to_draw(artist, "  a red hill ", 7)
    assert attempt.picture.tobytes() == artist("a red hill", seed=7).tobytes()
    assert attempt.said == "Drawn: a red hill (seed 7)."


def test_unknown_words_are_named_and_the_picture_is_drawn(artist):
    attempt = try_to_draw(artist, "a dragon on a hill", 0)
    assert attempt.picture is not None and "not drawn: dragon" in attempt.said
    assert "恐龙" in try_to_draw(artist, "恐龙在海边", 0).said


def test_too_long_a_prompt_is_told_and_no_warning_escapes(artist, recwarn):
    attempt = try_to_draw(artist, "a red hill at night with rainbow " * 4, 0)
    assert attempt.picture is not None and "only the first 13 are read" in attempt.said
    assert not recwarn.list


@pytest.mark.parametrize("prompt, seed, reason", [("", 0, "empty"), ("...", 0, "no words"), ("a hill", -1, "seed")])
def test_what_cannot_be_drawn_is_said_not_raised(artist, prompt, seed, reason):
    attempt = try_to_draw(artist, prompt, seed)
    assert attempt.picture is None and attempt.said.startswith("Nothing drawn") and reason in attempt.said


def test_even_a_broken_artist_gets_a_sentence():
    def broken(prompt, seed):
        raise RuntimeError("out of paint")

    assert try_to_draw(broken, "a hill", 0).said == "Nothing drawn: out of paint"


def test_the_button_draws_what_the_fields_hold(artist):
    pytest.importorskip("ipywidgets")
    easel = Easel(artist, "a red hill", seed=1)
    before = easel.picture.value
    easel.prompt.value, easel.seed.value = "a green castle & <hill>", 2
    easel.button.click()
    assert easel.picture.value != before and not easel.button.disabled
    assert (
        picture_of(base64.b64decode(re.search(r'base64,([^"]*)', easel.picture.value)[1])).tobytes()
        == artist("a green castle & <hill>", seed=2).tobytes()
    )
    assert "seed 2" in easel.status.value and "&lt;hill&gt;" in easel.status.value


def test_after_a_failure_the_last_picture_stays_and_the_button_lives(artist):
    pytest.importorskip("ipywidgets")
    easel = Easel(artist, "a red hill")
    before = easel.picture.value
    easel.prompt.value = "  "
    easel.button.click()
    assert "empty" in easel.status.value and easel.picture.value == before and not easel.button.disabled


def test_everything_to_touch_has_a_name(artist):
    pytest.importorskip("ipywidgets")
    easel = Easel(artist, "a red hill")
    assert (easel.prompt.description, easel.seed.description, easel.button.description) == ("Prompt", "Seed", "Draw")
    assert easel.button.tooltip and 'alt="What the artist drew for the prompt: a red hill"' in easel.picture.value


def test_without_a_kernel_picture_and_text_are_shown(artist):
    data, about = Easel(artist, "a red hill", seed=3)._repr_mimebundle_()
    assert picture_of(base64.b64decode(data["image/png"])).size == (16, 16)
    assert "a red hill" in about["image/png"]["alt"]
    assert data["text/plain"] == "[Prompt: a red hill] [Seed: 3] [Draw]\nDrawn: a red hill (seed 3)."


def test_a_first_wish_that_cannot_be_drawn_shows_its_reason(artist):
    data, about = Easel(artist, "")._repr_mimebundle_()
    assert "image/png" not in data and "empty" in data["text/plain"] and about == {}


def test_without_ipywidgets_it_still_draws(artist, monkeypatch):
    real_import = builtins.__import__

    def without_widgets(name, *args, **kwargs):
        if name == "ipywidgets":
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_widgets)
    easel = Easel(artist, "a red hill", seed=3)
    assert easel.draw().picture is not None
    assert set(easel._repr_mimebundle_()[0]) == {"text/plain", "image/png"}


def test_the_png_knows_where_it_came_from(artist):
    picture = picture_of(as_png(artist("a red hill", seed=5)))
    assert set(FIELDS) <= set(picture.info) and picture.info["seed"] == "5"
