"""Where the time of a piece of work goes: seconds of the processor or the GPU, operation by operation.

In: something to call. Out: names of torch's operations with their times, the longest first. It is torch's own profiler;
the times are those spent in an operation itself, not in what it calls.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile


def operation_times(work: Callable[[], Any], device: torch.device | str = "cpu") -> dict[str, float]:
    """Seconds of each operation in one call of `work`, the longest first.

    Args:
        work: what is looked at.
        device: where it computes; of a GPU its own times are told, not those of the processor that drives it.

    >>> "aten::mm" in operation_times(lambda: torch.ones(3, 3) @ torch.ones(3, 3))
    True
    """
    on_gpu = torch.device(device).type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]
    with _quiet(), profile(activities=activities) as found:
        work()
    events = found.key_averages()
    times = {event.key: (event.self_device_time_total if on_gpu else event.self_cpu_time_total) for event in events}
    ordered = sorted(times.items(), key=lambda item: -item[1])
    return {name: microseconds / 1e6 for name, microseconds in ordered if microseconds > 0}


@contextmanager
def _quiet() -> Iterator[None]:
    """What the profiler writes to the error stream, past Python, goes nowhere."""
    sys.stderr.flush()
    before = os.dup(2)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(before, 2)
            os.close(before)
