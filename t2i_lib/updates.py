"""From a loss to better weights: backward, mean over processes, NaN guard, clipping, learning rate, optimizer.

In: a task's losses, by the name of the optimizer that they train. A task whose losses share one forward pass, or
need gradients of gradients, takes the smaller verbs `zero`, `backward`, `step` instead of calling the updater.
"""

import math
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from t2i_lib.distributed import World, average_gradients
from t2i_lib.runtime import autocast

_SMALLEST_SCALE = 1e-4  # fp16 gradients that overflow even when scaled down this far are broken, not just large


class NotFinite(ArithmeticError):
    """A loss or gradient is NaN or infinite; the loop turns it into TrainingDiverged."""


def learning_rate_factor(step: int, num_steps: int, warmup_steps: int, schedule: str, floor: float) -> float:
    """By what the learning rate is multiplied at `step`: a linear rise, then constant or half a cosine down to `floor`.

    >>> [round(learning_rate_factor(step, 10, 2, "cosine", 0.1), 2) for step in (0, 1, 2, 6, 10)]
    [0.5, 1.0, 1.0, 0.55, 0.1]
    """
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    if schedule == "constant":
        return 1.0
    progress = min(1.0, (step - warmup_steps) / max(1, num_steps - warmup_steps))
    return floor + (1 - floor) * (1 + math.cos(math.pi * progress)) / 2


class Updater:
    """Applies losses to weights. Each optimizer takes at most one step per training step.

    Attributes that a task may read: `device`; `precision`; `progress` (share of the training done, in
    [0, 1)); `rng`, a torch.Generator on the device that is seeded anew for each step; `world`.
    """

    def __init__(
        self,
        optimizers: dict[str, Optimizer],
        device: torch.device,
        precision: str = "fp32",
        world: World | None = None,
    ) -> None:
        self.device, self.precision, self.world = device, precision, world or World()
        # Reading a number makes Python wait for a GPU, so a GPU is asked when it has the next step to work on.
        self.guards_late = device.type != "cpu"
        self.progress = 0.0
        self.rng = torch.Generator(device)
        self.scaler = torch.amp.GradScaler(device.type, enabled=precision == "fp16")
        self._optimizers = optimizers
        self._stepped = False
        self._losses: list[Tensor] = []
        self._unread: list[tuple[str, Tensor]] = []  # of this training step
        self._late: list[tuple[str, Tensor]] = []  # of the one before
        for optimizer in optimizers.values():
            for group in optimizer.param_groups:
                group.setdefault("initial_lr", group["lr"])

    def __call__(self, name: str, loss: Tensor, clip: float | None = None) -> Tensor:
        """Train the weights of optimizer `name` by one step down the loss.

        Args:
            name: which of the task's optimizers.
            loss: () float.
            clip: largest length of the gradient as one vector; None leaves it as it is.

        Returns:
            norm: () float, that length before clipping.
        """
        self.zero(name)
        self.backward(loss, name)
        return self.step(name, clip)

    def autocast(self) -> AbstractContextManager:
        """Inside it, the forward pass computes in the training's precision."""
        return autocast(self.device, self.precision)

    def zero(self, name: str) -> None:
        """Forget the gradients of the weights of optimizer `name`."""
        self._optimizers[name].zero_grad(set_to_none=True)

    def backward(self, loss: Tensor, name: str | None = None, retain_graph: bool = False) -> None:
        """Add the loss's gradients to those of the weights of optimizer `name` (None: of all weights it reaches).

        Named is faster where two networks share a graph: the other's weights get no gradients.
        """
        self._losses.append(loss.detach())
        weights = self.parameters(name) if name is not None else None
        self.scaler.scale(loss).backward(inputs=weights, retain_graph=retain_graph)

    def step(self, name: str, clip: float | None = None) -> Tensor:
        """Move the weights of optimizer `name` along the gradients that they have; returns as in a call."""
        optimizer, parameters = self._optimizers[name], self.parameters(name)
        loss = torch.stack([loss.float() for loss in self._losses]).sum() if self._losses else torch.zeros(())
        loss = average_gradients(parameters, loss.to(self.device), self.world)
        self._losses.clear()
        self.scaler.unscale_(optimizer)
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        norm = nn.utils.get_total_norm(gradients)
        self._guard(name, norm, loss)
        if clip is not None:
            nn.utils.clip_grads_with_norm_(parameters, clip, norm)
        self.scaler.step(optimizer)
        self._stepped = True
        return norm

    def parameters(self, name: str) -> list[nn.Parameter]:
        """The weights that optimizer `name` trains."""
        return [p for group in self._optimizers[name].param_groups for p in group["params"] if p.requires_grad]

    def begin(self, progress: float, factor: float, seed: int) -> None:
        """The loop calls this before each training step."""
        self.progress = progress
        self.rng.manual_seed(seed)
        for optimizer in self._optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * factor

    def finish(self) -> None:
        """The loop calls this after each training step."""
        self._losses.clear()
        stepped, self._stepped = self._stepped, False
        if self.scaler.is_enabled() and stepped:
            self.scaler.update()
            if self.scaler.get_scale() < _SMALLEST_SCALE:
                raise NotFinite("the gradients overflow fp16 at every step")
        late, self._late, self._unread = self._late, self._unread, []
        _check(late)

    def _guard(self, name: str, norm: Tensor, loss: Tensor) -> None:
        # 0 * infinity is NaN, so one number tells of both. In fp16 the scaler deals with infinite gradients itself.
        check = 0 * loss if self.scaler.is_enabled() else norm + 0 * loss
        if self.guards_late:
            self._unread.append((name, check))
        else:
            _check([(name, check)])  # at once: the weights are still good

    def read_guard(self) -> None:
        """Look at the steps that were not looked at yet.

        Raises:
            NotFinite: if a loss or gradient among them was NaN or infinite.
        """
        late, self._late, self._unread = self._late + self._unread, [], []
        _check(late)


def _check(numbers: list[tuple[str, Tensor]]) -> None:
    for name, number in numbers:
        if not math.isfinite(number):
            raise NotFinite(f"a loss or gradient of {name!r} is not finite")


def load_optimizer(optimizer: Optimizer, state: dict[int, Any]) -> None:
    """Put back an optimizer's state (moments, counts); its settings stay those that it was made with."""
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
    for parameter, values in optimizer.state.items():
        for name, value in values.items():
            # A file keeps no memory format; channels-last weights are slow with moments in plain order.
            if isinstance(value, Tensor) and value.dim() == 4 and value.shape == parameter.shape:
                values[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
