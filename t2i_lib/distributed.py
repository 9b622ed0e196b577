"""Several processes, one training: who am I, start equal, average the gradients, stop together.

`torchrun` starts the processes and sets RANK, WORLD_SIZE and LOCAL_RANK; without it the world has one process and
every function here does nothing.
"""

import atexit
import os
from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn


@dataclass(frozen=True)
class World:
    """This process's number and how many there are. Rank 0 is the one that writes."""

    rank: int = 0
    size: int = 1


def join_world(device: torch.device) -> tuple[World, torch.device]:
    """Meet the other processes that `torchrun` started; returns this process's place and its own device.

    Raises:
        ValueError: if there are more processes than GPUs.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return World(), device
    if device.type == "cuda":
        local = int(os.environ.get("LOCAL_RANK", "0"))
        if local >= torch.cuda.device_count():
            gpus = torch.cuda.device_count()
            raise ValueError(f"one process a GPU: this is process {local + 1}, but there are {gpus} GPUs; "
                             f"use --nproc-per-node {gpus}")  # fmt: skip
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
    if not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        atexit.register(dist.destroy_process_group)
    return World(dist.get_rank(), dist.get_world_size()), device


def wait_for_all(world: World) -> None:
    """Return only when every process has come here."""
    if world.size > 1:
        dist.barrier()


@torch.no_grad()
def copy_from_first(modules: Iterable[nn.Module], world: World) -> None:
    """Give every process rank 0's weights."""
    if world.size > 1:
        for module in modules:
            for tensor in module.state_dict().values():
                dist.broadcast(tensor, src=0)


def average_gradients(parameters: list[nn.Parameter], loss: Tensor, world: World) -> Tensor:
    """Replace each gradient, and the loss, by its mean over all processes; returns the mean loss.

    One message for all: many small ones would cost more than the numbers in them.
    """
    if world.size == 1:
        return loss
    gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
    flat = torch.cat([g.reshape(-1).float() for g in gradients] + [loss.detach().reshape(1).float()])
    dist.all_reduce(flat)
    flat /= world.size
    start = 0
    for parameter, gradient in zip(parameters, gradients, strict=True):
        mean = flat[start : start + gradient.numel()].view(gradient.shape)
        parameter.grad = gradient.copy_(mean)
        start += gradient.numel()
    return flat[-1]


def largest_of_all(number: float, device: torch.device, world: World) -> float:
    """The largest of the processes' numbers, known to all of them afterwards."""
    if world.size == 1:
        return number
    shared = torch.tensor(number, dtype=torch.float64, device=device)
    dist.all_reduce(shared, op=dist.ReduceOp.MAX)
    return shared.item()
