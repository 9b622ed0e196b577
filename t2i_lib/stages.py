"""What happens between a prompt and its picture, step by step, in a form that can be looked at."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stage:
    """One intermediate result: its name, the value itself, and a sentence about it."""

    name: str
    value: Any
    about: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the value; a picture has (height, width, channels)."""
        if hasattr(self.value, "shape"):
            return tuple(self.value.shape)
        width, height = self.value.size
        return (height, width, len(self.value.getbands()))

    def __repr__(self) -> str:
        return f"{self.name:<9} {str(self.shape):<18} {self.about}"


class Stages:
    """The stages of one picture in order; read one by name or by place, or print them all.

    >>> import torch
    >>> Stages([Stage("noise", torch.zeros(1, 3), "by lot")])
    noise     (1, 3)             by lot
    """

    def __init__(self, stages: list[Stage]) -> None:
        self._stages = {stage.name: stage for stage in stages}

    def __getitem__(self, name: str | int) -> Stage:
        if isinstance(name, int):
            return list(self)[name]
        if name not in self._stages:
            raise KeyError(f"no stage {name!r}; there are {', '.join(self._stages)}")
        return self._stages[name]

    def __iter__(self) -> Iterator[Stage]:
        return iter(self._stages.values())

    def __len__(self) -> int:
        return len(self._stages)

    @property
    def names(self) -> list[str]:
        """The stages' names in order."""
        return list(self._stages)

    def __repr__(self) -> str:
        return "\n".join(repr(stage) for stage in self)
