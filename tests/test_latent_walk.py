"""The walk between two pictures: its steps, what the slider calls, and what is shown where no widgets run."""

import base64
import builtins
import io

import pytest
import torch
from PIL import Image

from t2i_lib.course.latent_walk import LatentWalk, draw_sheet, straight, through_latents, through_pixels, walk

DARK, LIGHT = torch.full((3, 8, 8), -1.0), torch.full((3, 8, 8), 1.0)


def squared(images):
    """A stand-in for an encoder."""
    return (images + 1).square()


def root(latents):
    """Its decoder."""
    return latents.sqrt() - 1


@pytest.fixture
def ways():
    return {"pixels": through_pixels(DARK, LIGHT), "latents": through_latents(squared, root, DARK, LIGHT)}


def test_both_ways_begin_and_end_with_the_two_pictures(ways):
    for way in ways.values():
        steps = walk(way, 5)
        assert steps.shape == (5, 3, 8, 8)
        assert torch.allclose(steps[0], DARK) and torch.allclose(steps[-1], LIGHT)


def test_half_way_is_half_way_in_what_the_way_leads_through(ways):
    assert straight(DARK, LIGHT, 0.5).unique().tolist() == [0.0]
    assert ways["pixels"](0.5).unique().tolist() == [0.0]
    assert ways["latents"](0.5).unique().tolist() == pytest.approx([2**0.5 - 1])  # half of 4 is 2


def test_a_walk_of_one_step_is_refused(ways):
    with pytest.raises(ValueError, match="at least 2 steps"):
        walk(ways["pixels"], 1)


def test_the_sheet_has_a_row_a_way():
    pictures = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    sheet = draw_sheet({"one": pictures, "other way": pictures[::-1]})
    corners = [sheet.getpixel((sheet.width - 10, height)) for height in (10, sheet.height - 10)]
    assert corners == [(0, 0, 255), (255, 0, 0)]


@pytest.mark.parametrize("width, edge", [(16, 80), (32, 64), (64, 64), (128, 80)])
def test_pictures_of_the_sheet_are_enlarged_in_whole_steps(width, edge):
    two = Image.new("RGB", (width, width), "red")
    two.paste("blue", (width // 2, 0, width, width))
    sheet = draw_sheet({"one": [two]}).convert("RGB")
    assert sheet.height == edge
    assert {sheet.getpixel((sheet.width - 5 - x, 3)) for x in range(edge)} >= {(255, 0, 0), (0, 0, 255)}
    if width <= edge:  # nothing between red and blue
        assert len(sheet.crop((sheet.width - 4 - edge, 0, sheet.width - 4, edge)).getcolors()) == 2


def test_the_slider_shows_where_it_stands(ways):
    pytest.importorskip("ipywidgets")
    shown = LatentWalk(ways, "from dark to light")
    before = shown.shown["latents"].value
    shown.slider.value = 0.25
    assert shown.shown["latents"].value != before
    assert 'alt="latents, 25% of the way: from dark to light"' in shown.shown["latents"].value
    assert shown.look(1.0)["pixels"].getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("widgets", [True, False])
def test_a_page_without_widgets_shows_the_sheet_and_says_what_it_is(ways, widgets, monkeypatch):
    if not widgets:
        real = builtins.__import__

        def without(name, *rest, **named):
            if name == "ipywidgets":
                raise ImportError(name)
            return real(name, *rest, **named)

        monkeypatch.setattr(builtins, "__import__", without)
    shown = LatentWalk(ways, "from dark to light", steps=3)
    data, about = shown._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.size == shown.sheet.size
    assert "from dark to light" in about["image/png"]["alt"] and "3 steps" in about["image/png"]["alt"]
    assert "pixels, latents" in data["text/plain"]
    assert shown.look(0.0)["pixels"].getpixel((0, 0)) == (0, 0, 0)
