"""Memory is counted tensor by tensor, and the made-up tasks are the real ones."""

from functools import partial

import pytest
import torch
from torch import nn

from t2i_lib.dry_run import MemoryMeter, autoencoder_task, gan_task, memory_need
from t2i_lib.experiments.memory import count, trainings
from t2i_lib.presets import TINY
from t2i_lib.updates import Updater


class Chain:
    """Two linear maps with a squashing between them: small enough to count by hand."""

    averaged = ()

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size
        net = nn.Sequential(nn.Linear(300, 700, bias=False), nn.Tanh(), nn.Linear(700, 500, bias=False))
        self.modules = {"net": net}
        self.optimizers = {"net": torch.optim.Adam(net.parameters(), fused=True)}

    def batch_at(self, index):
        return torch.ones(self.batch_size, 300)

    def train_step(self, batch, step, update):
        return {"norm": update("net", self.modules["net"](batch).square().mean())}


def test_what_lives_is_counted_once_and_what_is_gone_no_more():
    with MemoryMeter() as meter:
        table = torch.zeros(8, 8)
        view = table.view(64)[3:]
        table.add_(1)
        assert meter.live == 256
        del table
        assert meter.live == 256  # the view holds it
        del view
    assert (meter.live, meter.peak) == (0, 256)


def test_tensors_from_before_can_be_counted_in():
    weight = torch.zeros(25)
    with MemoryMeter() as meter:
        meter.count([weight, weight[3:]])
        other = weight + 1
    assert meter.live == 200 and other.shape == weight.shape


def test_a_small_network_needs_what_is_counted_by_hand():
    need = memory_need(Chain, sizes=(64, 128))
    weights = 300 * 700 + 700 * 500
    assert need.fixed == pytest.approx(16 * weights, rel=0.2)  # weight, gradient, two moments; no more than a copy
    # Of each sample at least: 300 that come in, 700 behind the first map, 500 behind the second.
    assert 4 * (300 + 700 + 500) <= need.per_sample <= 4 * (300 + 3 * 700 + 3 * 500)


def test_sixteen_bits_need_less_for_each_sample():
    needs = [memory_need(partial(gan_task, TINY), precision) for precision in ("fp32", "bf16")]
    assert 0.4 * needs[0].per_sample < needs[1].per_sample < 0.9 * needs[0].per_sample


@pytest.mark.parametrize("make", [gan_task, autoencoder_task])
def test_made_up_tasks_train(make):
    task = make(TINY, 2)
    update = Updater(task.optimizers, torch.device("cpu"))
    values = task.train_step(task.batch_at(0), 0, update)
    assert all(torch.isfinite(torch.as_tensor(value)) for value in values.values())


def test_the_experiment_tells_what_the_preset_s_batch_needs():
    (name, make, batch), (other, *_) = trainings(TINY)
    assert (name, other, batch) == ("GAN", "autoencoder", TINY.gan_training.batch_size)
    figures = count(make, 5, "fp32").figures
    assert figures["batch"] == 5
    assert figures["total GB"] == pytest.approx(figures["fixed GB"] + 5 * figures["MB a sample"] / 1e3, abs=2e-3)
