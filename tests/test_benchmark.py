"""The benchmark counts what can be counted by hand, and its table shows every figure."""

import pytest
import torch

from t2i_lib.benchmark import FlopCounter, as_table, convolution_peak, repeat

FIGURES = {
    "machine": {"device": "cpu (abacus)", "threads": 2},
    "precision": "bf16",
    "start": {"import_seconds": 0.011, "cold_draw_seconds": 4.5, "draw_memory_gb": 0.7},
    "draw": {"image_size": 128, "single_ms": 33.0, "pictures_per_second": 71.0},
    "peak_tflops": {"fp32": 0.35, "bf16": 1.9},
    "training": {
        "gan": {
            "pictures_per_second": 211.0,
            "gflop_per_picture": 4.1,
            "share_of_peak": 0.46,
            "waiting_for_data": 0.01,
        },
        "memory_gb": 2.2,
    },
}


def test_a_convolution_counted_by_hand():
    layer = torch.nn.Conv2d(3, 5, 3, padding=1)
    images = torch.randn(2, 3, 7, 11, requires_grad=True)
    forward = 2 * (3 * 3 * 3) * 5 * (2 * 7 * 11)  # two operations for each weight at each place
    with FlopCounter() as counter:
        result = layer(images)
    assert counter.flops == forward
    with FlopCounter() as counter:
        result.square().sum().backward()
    assert counter.flops == 2 * forward  # for the input's gradient and for the weights'


def test_gradients_of_gradients_are_counted():
    layer = torch.nn.Conv2d(3, 5, 3, padding=1)
    images = torch.randn(2, 3, 7, 11, requires_grad=True)
    with FlopCounter() as counter:
        (slope,) = torch.autograd.grad(layer(images).square().sum(), images, create_graph=True)
        slope.square().sum().backward()
    assert counter.flops > 4 * 41_580


def test_time_is_measured_in_windows():
    calls = []
    lengths = repeat(lambda: calls.append(1), torch.device("cpu"), seconds=0.02, windows=3)
    assert len(lengths) == 3 and lengths == sorted(lengths)
    assert len(calls) > 4


def test_this_machine_convolves():
    assert convolution_peak(torch.device("cpu"), "fp32", seconds=0.01) > 0


def test_the_table_shows_every_figure():
    table = as_table(FIGURES)
    for figure in (
        "0.011 s",
        "4.5 s",
        "0.7 GB",
        "33.0 ms",
        "71.0 pictures/s",
        "0.35",
        "211.0",
        "46 %",
        "1.0 %",
        "2.2 GB",
    ):
        assert figure in table


def test_no_time_is_refused():
    from t2i_lib.benchmark import run_benchmark

    with pytest.raises(ValueError, match="more than 0"):
        run_benchmark(seconds=0)
