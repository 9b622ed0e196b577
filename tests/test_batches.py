import threading
import time
from typing import NamedTuple

import pytest
import torch

from t2i_lib.batches import Batches, map_tensors

CPU = torch.device("cpu")


@pytest.mark.parametrize(("ahead", "threads"), [(0, 1), (1, 1), (5, 1), (5, 3)])
def test_batches_come_in_order_each_once(ahead, threads):
    def make(index):
        time.sleep(0.003 * (index % 3))  # later ones may be ready earlier
        return index

    with Batches(make, range(3, 40, 2), CPU, ahead, threads) as batches:
        assert list(batches) == list(range(3, 40, 2))


def test_never_more_than_asked_are_made_ahead():
    made = []
    with Batches(lambda index: made.append(index) or index, range(100), CPU, ahead=4) as batches:
        assert next(batches) == 0
        time.sleep(0.05)
        assert len(made) <= 4
    time.sleep(0.02)
    assert len(made) <= 4 and threading.active_count() < 10  # leaving the block ends the work


def test_an_error_reaches_the_caller_at_its_own_batch():
    def make(index):
        return 1 / (index - 3)

    with Batches(make, range(10), CPU) as batches:
        assert [next(batches) for _ in range(3)] == [-1 / 3, -1 / 2, -1]
        with pytest.raises(ZeroDivisionError):
            next(batches)


def test_waiting_is_measured_but_for_the_first_batch():
    def slow(index):
        time.sleep(0.05)
        return index

    with Batches(slow, range(3), CPU, ahead=0) as batches:
        next(batches)
        assert batches.waited == 0
        list(batches)
    assert 0.1 <= batches.waited < 0.5


def test_tensors_are_found_in_every_container():
    class Pair(NamedTuple):
        images: torch.Tensor
        prompt: str

    batch = {"pair": Pair(torch.ones(2), "a cat"), "list": [torch.ones(3), 5], "tuple": (None, torch.ones(1))}
    doubled = map_tensors(lambda tensor: tensor * 2, batch)
    assert isinstance(doubled["pair"], Pair) and doubled["pair"].prompt == "a cat"
    assert doubled["pair"].images.tolist() == [2, 2] and doubled["list"][0].tolist() == [2, 2, 2]
    assert doubled["list"][1] == 5 and doubled["tuple"][0] is None and doubled["tuple"][1].tolist() == [2]
