"""Batches made ahead of time in other threads, so that the networks never wait for data.

In: a function from a number to a batch. Out: the batches in order, on the device, and how long was spent waiting.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor


class Batches:
    """Iterates over make(i) for the numbers i; use it in a `with` statement.

    Args:
        make: from a number to a batch; called in other threads.
        indices: the numbers.
        device: where the batch's tensors are moved.
        ahead: how many batches are under way at a time; 0 makes each when it is asked for.
        threads: how many make them.

    Attributes:
        waited: seconds spent waiting for batches, the first of which does not count: there was no time to make it.
    """

    def __init__(
        self, make: Callable[[int], Any], indices: range, device: torch.device, ahead: int = 4, threads: int = 1
    ) -> None:
        self._make, self._device, self._ahead = make, device, ahead
        self._indices = iter(indices)
        self._pool = ThreadPoolExecutor(max(1, threads), thread_name_prefix="batches")
        self._ready: deque[Future] = deque()
        self.waited = 0.0
        self._first = True

    def __enter__(self) -> "Batches":
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        while len(self._ready) < max(1, self._ahead) and (index := next(self._indices, None)) is not None:
            self._ready.append(self._pool.submit(self._make_pinned, index))
        if not self._ready:
            raise StopIteration
        start = time.perf_counter()
        batch = map_tensors(lambda tensor: tensor.to(self._device, non_blocking=True), self._ready.popleft().result())
        if not self._first:
            self.waited += time.perf_counter() - start
        self._first = False
        return batch

    def _make_pinned(self, index: int) -> Any:
        batch = self._make(index)
        # Memory that cannot be swapped out is copied to the GPU while it computes.
        return map_tensors(Tensor.pin_memory, batch) if self._device.type == "cuda" else batch


def map_tensors(function: Callable[[Tensor], Tensor], batch: Any) -> Any:
    """The batch with the function applied to every tensor in its dicts, lists, tuples and dataclasses."""
    if isinstance(batch, Tensor):
        return function(batch)
    if isinstance(batch, dict):
        return {key: map_tensors(function, value) for key, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):  # a named tuple
        return type(batch)(*(map_tensors(function, value) for value in batch))
    if isinstance(batch, (list, tuple)):
        return type(batch)(map_tensors(function, value) for value in batch)
    if is_dataclass(batch):
        return replace(batch, **{f.name: map_tensors(function, getattr(batch, f.name)) for f in fields(batch)})
    return batch
