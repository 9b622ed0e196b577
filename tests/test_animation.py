"""Films: they close without a jump, say how they were made, and are written in every format."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from tiny_artist import tiny_artist

from t2i_lib.studio.animation import Film, check_film, draw_loop, save_film
from t2i_lib.studio.keeping import read_facts


@pytest.fixture(scope="module")
def film():
    return draw_loop(tiny_artist(), "a red hill", seed=3, frames=18, radius=1.0, seconds=1.8)


def grey(level: float) -> Image.Image:
    return Image.fromarray(np.full((4, 4, 3), level, np.uint8))


def test_a_film_closes(film):
    check = check_film(film.frames)
    assert len(film.frames) == len(check.steps) == 18 and check.jump <= 1.2
    assert film.frames[0].info["prompt"] == "a red hill" and "18 frames" in film.made


def test_a_larger_radius_breathes_more_deeply(film):
    deep = draw_loop(tiny_artist(), "a red hill", seed=3, frames=18, radius=1.5)
    assert sum(check_film(deep.frames).steps) > 1.1 * sum(check_film(film.frames).steps)


def test_the_check_sees_a_jump_a_standstill_and_flicker():
    assert check_film([grey(level) for level in (100, 102, 104, 102)]).good
    there = check_film([grey(level) for level in (100, 102, 104, 106)])
    assert there.jump == 3 and not there.good and "6.0 back to the first" in repr(there)
    assert not check_film([grey(100)] * 4).good
    assert not check_film([grey(level) for level in (100, 160, 100, 160)]).good
    with pytest.raises(ValueError, match="at least 3"):
        check_film([grey(1)] * 2)


@pytest.mark.parametrize("form", ["gif", "webp", "png"])
def test_every_frame_is_in_the_file(tmp_path, form):
    film = Film(tuple(grey(10 * level) for level in range(18)), 1.8, "by hand")
    path = save_film(film, tmp_path / f"a.{form}", edge=32)
    with Image.open(path) as saved:
        assert saved.n_frames == 18 and saved.size == (32, 32) and saved.info.get("loop", 0) == 0
        saved.seek(1)
        saved.load()
        assert saved.info["duration"] == 100


def test_files_say_how_they_were_made(film, tmp_path):
    assert "18 frames" in read_facts(save_film(film, tmp_path / "a.png", 32))["made"]
    with Image.open(save_film(film, tmp_path / "a.gif", 32)) as saved:
        assert json.loads(saved.info["comment"])["prompt"] == "a red hill"


def test_mp4_is_written_where_ffmpeg_is_and_its_lack_is_told(film, tmp_path, monkeypatch):
    if shutil.which("ffmpeg"):
        assert save_film(film, tmp_path / "a.mp4", 32).stat().st_size > 500
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ValueError, match="needs the program ffmpeg"):
        save_film(film, tmp_path / "b.mp4")
    assert not list(tmp_path.glob("*b.mp4*"))


def test_what_makes_no_film_is_refused(film, tmp_path):
    with pytest.raises(ValueError, match="saved as"):
        save_film(film, tmp_path / "a.avi")
    with pytest.raises(ValueError, match="some time"):
        draw_loop(tiny_artist(), "a hill", seconds=0)
