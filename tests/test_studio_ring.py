"""The ring: views fade into it without a trace, its end meets its beginning, and its page needs nobody else."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_artist import tiny_artist

from t2i_lib.locations import data_folder
from t2i_lib.pipeline import TextToImage
from t2i_lib.studio.look_around import save_viewer, viewer_page
from t2i_lib.studio.panorama import (
    Panorama,
    check_panorama,
    draw_panorama,
    draw_ring,
    horizon,
    side_by_side,
    to_sphere,
)
from t2i_lib.studio.ring import column_steps, cut_views, join_views, seam, wrap_around


@pytest.fixture(scope="module")
def artist() -> TextToImage:
    return tiny_artist()


def test_views_cut_from_a_ring_join_to_the_same_ring():
    ring = torch.arange(2 * 3 * 20.0).view(2, 3, 20)
    assert torch.allclose(join_views(cut_views(ring, views=5, width=8), 20), ring, atol=1e-5)


def test_the_last_view_reaches_over_the_end():
    views = cut_views(torch.arange(10)[None, None], views=5, width=4)
    assert views[4].flatten().tolist() == [8, 9, 0, 1]


def test_a_view_counts_most_in_its_middle():
    parts = torch.zeros(4, 1, 1, 4)
    parts[1] = 1.0
    ring = join_views(parts, 8).flatten()
    assert (
        ring[3].item() == pytest.approx(ring[4].item()) == pytest.approx(ring.max().item())
        and ring[3] > ring[2] > 0
        and ring[6:].sum() == 0
    )


def test_views_that_leave_gaps_are_refused():
    with pytest.raises(ValueError, match="do not go around"):
        join_views(torch.ones(2, 1, 1, 3), 8)
    with pytest.raises(ValueError, match="equal steps"):
        join_views(torch.ones(3, 1, 1, 4), 8)


def test_wrapping_twice_around_is_fine():
    assert wrap_around(torch.tensor([1, 2]), 3).tolist() == [2, 1, 2, 1, 2, 1, 2, 1]


def test_the_seam_is_compared_with_its_like():
    strip = torch.tensor([0.0, 0.1, 1.1, 1.2]).repeat(3)  # steps of 0.1 and 1, and 1.2 where the parts meet
    assert column_steps(strip).tolist() == pytest.approx([1.2, 0.1, 1.0, 0.1] * 3, abs=1e-5)
    assert seam(strip, every=4) == pytest.approx(1.0, abs=1e-5)
    assert seam(strip) > 1.8


def test_the_panorama_does_not_know_where_it_was_cut(artist):
    """Turn the ring before it is decoded, and the picture is the same, turned."""
    noise = torch.randn(4, 5, generator=torch.Generator().manual_seed(1))
    ring = draw_ring(artist, "a green hill", noise)
    margin = 6
    here, there = (
        artist.decode(wrap_around(each, margin)[None])[..., 2 * margin : -2 * margin]
        for each in (ring, ring.roll(3, dims=-1))
    )
    assert torch.allclose(here.roll(6, dims=-1), there, atol=1e-5)


def test_equal_views_that_compose_once_are_an_even_ring(artist):
    """Without anything that tells left from right there is one landscape in which only the first view composes."""
    noise = torch.randn(1, 5, generator=torch.Generator().manual_seed(1)).expand(6, -1)
    once, each = (draw_ring(artist, "a green hill", noise, repeat) for repeat in (0.0, 1.0))
    assert torch.allclose(each, each.roll(4, dims=-1), atol=1e-5)  # six times the same
    assert not torch.allclose(once, once.roll(4, dims=-1), atol=1e-3)


def test_a_panorama_is_closed_and_says_how_it_was_made(artist):
    panorama = draw_panorama(artist, "a green hill", seed=3, views=5)
    assert panorama.strip.size == (5 * 8, 16) and panorama.cell == 2
    assert panorama.strip.info["prompt"] == "a green hill" and "5 views" in panorama.made
    assert panorama.angle == pytest.approx(2 * np.degrees(np.arctan(np.pi * 16 / 40)))
    assert check_panorama(panorama, {}).seam < 2.5
    assert draw_panorama(artist, "a green hill", seed=3, views=5).strip.tobytes() == panorama.strip.tobytes()


def striped(levels: list[float], cell: int = 8, height: int = 100) -> Panorama:
    """A bright sky down to these shares of the height, a cell each, over a dark ground."""
    pixels = np.full((height, cell * len(levels), 3), 220, np.uint8)
    for place, level in enumerate(levels):
        pixels[round(level * height) :, place * cell : (place + 1) * cell] = 40
    return Panorama(Image.fromarray(pixels), len(levels), cell, "")


def test_the_horizon_is_where_light_and_dark_meet():
    assert horizon(striped([0.25, 0.6]).strip)[[0, 15]].tolist() == [0.25, 0.6]


def test_a_jump_of_the_horizon_at_the_seam_is_told_unless_it_jumps_everywhere():
    assert check_panorama(striped([0.5, 0.51, 0.52, 0.53, 0.52, 0.51]), {}).good
    slope = check_panorama(striped([0.40, 0.42, 0.44, 0.46, 0.48, 0.50, 0.52, 0.54, 0.56, 0.58, 0.60]), {})
    assert slope.horizon_jump == pytest.approx(0.2) and not slope.good and "NOT good" in repr(slope)
    assert check_panorama(striped([0.4, 0.5, 0.4, 0.5, 0.4, 0.5]), {}).good


def test_pictures_side_by_side_are_as_wide_as_they_are_many(artist):
    assert side_by_side(artist, "a green hill", 1, 3).size == (48, 16)


def test_on_the_sphere_rows_stand_at_equal_angles():
    panorama = striped([0.5] * 16)
    sphere = to_sphere(panorama, width=512)
    assert sphere.height == round(512 * panorama.angle / 360)
    assert abs((np.asarray(sphere.convert("L"))[:, 5] < 130).argmax() / sphere.height - 0.5) < 0.02
    low = to_sphere(striped([0.75] * 16), width=512)  # half way down: at atan(0.5 tan(half)), not at half of it
    where = (np.asarray(low.convert("L"))[:, 5] < 130).argmax() / low.height - 0.5
    half = np.radians(panorama.angle / 2)
    assert where == pytest.approx(np.arctan(0.5 * np.tan(half)) / (2 * half), abs=0.02)


def test_the_sphere_does_not_know_where_the_strip_was_cut(artist):
    panorama = draw_panorama(artist, "a green hill", views=4)
    turned = Image.fromarray(np.roll(np.asarray(panorama.strip), 5, axis=1))
    here, there = (to_sphere(replace(panorama, strip=strip), 320) for strip in (panorama.strip, turned))
    assert here.width == 320 and (np.roll(np.asarray(here), 50, axis=1) == np.asarray(there)).all()


def test_the_page_holds_everything_and_asks_nobody(artist, tmp_path):
    panorama = draw_panorama(artist, 'a "green" <hill>', seed=3, views=4)
    page = viewer_page(panorama)
    own = page.replace((data_folder() / "viewer" / "pannellum.js").read_text(encoding="utf-8"), "")
    assert not re.search(r'(src|href)="(?!data:)', own) and "@import" not in own
    settings = json.loads(re.search(r'pannellum.viewer\("around", (\{.*?\})\);', page)[1])
    assert settings["vaov"] == pytest.approx(panorama.angle, abs=0.01) and settings["haov"] == 360
    assert settings["panorama"].startswith("data:image/jpeg;base64,")
    assert "<hill>" not in page and "&lt;hill&gt;" in page
    assert save_viewer(panorama, tmp_path / "around.html").read_text(encoding="utf-8") == page


def test_without_the_viewers_files_it_says_so(artist, tmp_path, monkeypatch):
    monkeypatch.setenv("T2I_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="viewer's files are missing"):
        viewer_page(draw_panorama(artist, "a hill", views=4))
