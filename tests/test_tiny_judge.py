"""The judge of tiny scenes reads place and time off pictures that it has never seen."""

import pytest
import torch

from t2i_lib.toys.tiny_judge import TinyJudge, train_judge
from t2i_lib.toys.tiny_scenes import LABELS, draw_scenes


def test_it_learns_to_read_new_pictures():
    judge = train_judge(draw_scenes(20), steps=60)
    fresh = draw_scenes(3, seed=1)
    assert judge.accuracy(fresh) > 0.85
    assert judge.read(fresh.images[:, 0]).shape == (12, 2)
    assert not any(weight.requires_grad for weight in judge.parameters())


def test_accuracy_counts_pictures_with_both_right(monkeypatch):
    scenes = draw_scenes(1)
    said = torch.tensor(LABELS)
    said[:3, 1] = (said[:3, 1] + 1) % 3  # the time is wrong
    said[2:4, 0] = 3  # the place is wrong
    monkeypatch.setattr(TinyJudge, "read", lambda self, images: said)
    assert TinyJudge().accuracy(scenes) == pytest.approx(8 / 12)
