"""Times of operations: the heavy one is found, and nothing is written beside."""

import torch

from t2i_lib.profiling import operation_times


def test_the_heavy_operation_stands_first(capfd):
    table = torch.randn(300, 300)

    def work():
        for _ in range(20):
            table @ table
        table + 1

    times = operation_times(work)
    assert next(iter(times)) == "aten::mm" and times["aten::mm"] > times["aten::add"] > 0
    assert list(times.values()) == sorted(times.values(), reverse=True)
    assert capfd.readouterr().err == ""
