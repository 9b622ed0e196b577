"""The painter learns its picture, in any number format, and is a training like all others."""

from dataclasses import replace

import pytest
import torch
from PIL import Image

from t2i_lib.toys.painter import EDGE, Painter, PainterTask, learn, model_picture, painter_plan
from t2i_lib.training import train


def test_the_picture_is_always_the_same():
    picture = model_picture(32)
    assert picture.shape == (32, 32, 3) and picture.dtype == torch.uint8
    assert torch.equal(picture, model_picture(32)) and picture.float().std() > 20


def test_places_are_those_of_the_colours():
    task = PainterTask()
    place = task.places.view(EDGE, EDGE, 2)
    assert place[0, 0].tolist() == [-1, -1] and place[0, -1].tolist() == [-1, 1]
    colours = task.colours.view(EDGE, EDGE, 3)
    assert torch.allclose(colours, model_picture().float() / 127.5 - 1, atol=1e-6)


def test_a_batch_depends_on_its_number_only_and_joins_those_of_several_processes():
    first, second = PainterTask(batch_size=5).batch_at(2), PainterTask(batch_size=5).batch_at(3)
    assert torch.equal(first[0], PainterTask(batch_size=5).batch_at(2)[0]) and not torch.equal(first[0], second[0])
    both = PainterTask(batch_size=5, joined=2).batch_at(1)
    for joined, *parts in zip(both, first, second, strict=True):
        assert torch.equal(joined, torch.cat(parts))


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_it_learns(tmp_path, precision):
    task = PainterTask()
    before = task.psnr(task.modules["painter"])
    report = train(task, tmp_path, replace(painter_plan(60), precision=precision, gauges_every=60), quiet=True)
    assert report.gauges["psnr"] > before + 8
    assert Image.open(tmp_path / "samples" / "step_000060.png").size == (EDGE, EDGE)


def test_weights_of_sixteen_bits_are_possible():
    painter = Painter().bfloat16()
    assert painter(torch.zeros(3, 2)).dtype == torch.bfloat16


def test_stopped_and_gone_on_is_the_same(tmp_path):
    learn(tmp_path / "through", 30)
    for steps in (12, 30):
        learn(tmp_path / "stopped", steps)
    weights = [(tmp_path / name / "state" / "painter.safetensors").read_bytes() for name in ("through", "stopped")]
    assert weights[0] == weights[1]
