"""The tiny artist is kept with its diary and read again; the shipped one listens and is varied."""

import pytest
import torch

from t2i_lib.toys import tiny_artist
from t2i_lib.toys.conditional_game import CHECKED, Rules, draw_each, measure
from t2i_lib.toys.tiny_artist import artist_file, load_artist
from t2i_lib.toys.tiny_judge import train_judge
from t2i_lib.toys.tiny_scenes import draw_scenes


def test_the_command_trains_keeps_and_says_so(tmp_path, capsys):
    path = tmp_path / "artist.safetensors"
    threads = torch.get_num_threads()
    tiny_artist.main(path, Rules(steps=2, batch_size=2, note_every=1), pictures=CHECKED)
    torch.set_num_threads(threads)
    generator, diary = load_artist(path)
    assert diary.steps == [0, 1, 2] and len(diary.curve("gap")) == 3
    assert torch.allclose(draw_each(generator, 1)[:, 0], diary.samples[-1], atol=0.02)  # half precision
    assert "accuracy" in capsys.readouterr().out


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(ValueError, match="t2i_lib.toys.tiny_artist"):
        load_artist(tmp_path / "none.safetensors")


def test_the_shipped_artist_is_small_listens_and_is_varied():
    assert artist_file().stat().st_size < 500_000
    generator, diary = load_artist()
    assert diary.steps[-1] == tiny_artist.RULES.steps, tiny_artist.REMEDY
    scenes = draw_scenes(CHECKED, seed=5)
    gauges = measure(generator, scenes, train_judge(scenes, steps=60))
    assert gauges.accuracy > 0.9 and gauges.gap > 0.8 and gauges.variety > 0.5
