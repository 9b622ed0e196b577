"""Training steps of a preset on made-up data: what they compute and how much memory they need, with nothing trained.

In: a preset. Out: tasks that stand in for the real ones, and their need of memory, counted tensor by tensor. The count
is that of torch's own tensors; a GPU's driver and its libraries take some hundred megabytes more.
"""

import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import chain
from random import Random
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from t2i_lib.datasets import PicturePair
from t2i_lib.ema import averaged_copy
from t2i_lib.features import FeatureNetwork
from t2i_lib.judge import Judge
from t2i_lib.presets import Preset
from t2i_lib.recipes.autoencoder import AutoencoderTask
from t2i_lib.recipes.gan_task import GanTask
from t2i_lib.recipes.latents import LatentBatch
from t2i_lib.runtime import set_seed
from t2i_lib.storybook.scene import ATTRIBUTES
from t2i_lib.tasks import Task
from t2i_lib.updates import Updater

TOKENS = 20  # in a made-up prompt; most captions have fewer


class MadeUpReader(nn.Module):
    """Stands in for the text encoder: features by lot."""

    def __init__(self, embed_dim: int) -> None:
        super().__init__()
        self.embed_dim = embed_dim

    def forward(self, token_ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """As of a real one: (B, L, D), (B, D)."""
        features = torch.randn(*token_ids.shape, self.embed_dim, device=token_ids.device)
        return features, features.mean(1)


class MadeUpPairs:
    """Stands in for `LatentPairs`: latents and captions by lot."""

    def __init__(self, channels: int, size: int) -> None:
        self.shape = (channels, size, size)

    def __len__(self) -> int:
        return 1000

    def batch(self, indices: Tensor, rng: Random, wrong_captions: int) -> LatentBatch:
        """As of the real ones."""
        count = len(indices)
        attributes = torch.zeros(count, 2, len(ATTRIBUTES), dtype=torch.int64)
        token_ids = torch.zeros(count, TOKENS, dtype=torch.int64)
        wrong = torch.zeros(count * wrong_captions, TOKENS, dtype=torch.int64)
        latents = torch.randn(count, 2, *self.shape)
        return LatentBatch(latents, attributes, attributes[:, 0], token_ids, token_ids == 0, wrong, wrong == 0)


class MadeUpPictures:
    """Stands in for `StorybookDataset`: pixels by lot."""

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return 16

    def __getitem__(self, index: int) -> PicturePair:
        labels = torch.zeros(len(ATTRIBUTES), dtype=torch.int64)
        return PicturePair(torch.randint(0, 256, (2, self.size, self.size, 3), dtype=torch.uint8), labels, labels)

    def batch(self, indices: Iterable[int]) -> PicturePair:
        """As of the real ones."""
        return PicturePair(*(torch.stack(parts) for parts in zip(*(self[index] for index in indices), strict=True)))


def gan_task(preset: Preset, pairs: int) -> GanTask:
    """The adversarial game of a preset on made-up data, with that many pairs of pictures a step."""
    features, generator = preset.features, preset.generator
    sizes = replace(preset, gan_training=replace(preset.gan_training, batch_size=pairs))
    data = MadeUpPairs(features.latent_channels, features.latent_size)
    eyes = FeatureNetwork(features).eval().requires_grad_(False).to(memory_format=torch.channels_last)
    return GanTask(sizes, data, data, eyes, MadeUpReader(generator.embed_dim), None)


def autoencoder_task(preset: Preset, pictures: int) -> AutoencoderTask:
    """The autoencoder training of a preset on made-up data, with that many pictures a step."""
    training = replace(preset.autoencoder_training, batch_size=pictures)
    data = MadeUpPictures(preset.image_size)
    return AutoencoderTask(preset.autoencoder, training, data, data, Judge().eval().requires_grad_(False))


class MemoryMeter(TorchDispatchMode):
    """Counts the bytes of all tensors that live, and the most that ever lived together, while it is switched on.

    >>> with MemoryMeter() as meter:
    ...     table = torch.zeros(10, 10) + torch.zeros(10, 10)
    >>> meter.live, meter.peak  # the two that were added are gone again
    (400, 1200)
    """

    def __init__(self) -> None:
        super().__init__()
        self.live = self.peak = 0
        self._seen: weakref.WeakSet = weakref.WeakSet()

    def count(self, tensors: Iterable[Tensor]) -> None:
        """Take tensors into account that were there before."""
        for tensor in tensors:
            self._add(tensor)

    def forget_peak(self) -> None:
        """Begin anew with what lives now."""
        self.peak = self.live

    def __torch_dispatch__(self, function: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        result = function(*args, **(kwargs or {}))
        self.count(leaf for leaf in tree_leaves(result) if isinstance(leaf, Tensor))
        return result

    def _add(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage in self._seen:  # a view, or changed in place
            return
        self._seen.add(storage)
        weakref.finalize(storage, self._free, storage.nbytes())
        self.live += storage.nbytes()
        self.peak = max(self.peak, self.live)

    def _free(self, size: int) -> None:
        self.live -= size


@dataclass(frozen=True)
class MemoryNeed:
    """What a training needs, bytes: whatever the batch, and for each sample in it."""

    fixed: float
    per_sample: float

    def total(self, batch_size: int) -> float:
        """Bytes at the fullest moment of a step."""
        return self.fixed + self.per_sample * batch_size


def memory_need(
    make_task: Callable[[int], Task], precision: str = "fp32", sizes: tuple[int, int] = (2, 4)
) -> MemoryNeed:
    """Measure the fullest moment of a step at two small batch sizes, and lay a line through them.

    Args:
        make_task: from a batch size to a task.
        precision: as of a training.
    """
    small, large = (_fullest_moment(make_task(size), precision) for size in sizes)
    per_sample = (large - small) / (sizes[1] - sizes[0])
    return MemoryNeed(small - sizes[0] * per_sample, per_sample)


def _fullest_moment(task: Task, precision: str) -> int:
    update = Updater(task.optimizers, torch.device("cpu"), precision)
    averages = [averaged_copy(task.modules[name]) for name in task.averaged]
    frozen = [part for part in vars(task).values() if isinstance(part, nn.Module)]
    weights = chain.from_iterable(
        module.state_dict().values() for module in [*task.modules.values(), *averages, *frozen]
    )
    with MemoryMeter() as meter:
        meter.count(weights)
        for _ in range(2):  # the optimizer makes its moments in the first step
            meter.forget_peak()
            set_seed(0)
            update.begin(0.0, 1.0, seed=0)
            task.train_step(task.batch_at(0), 0, update)  # step 0 has everything that comes every few steps only
            update.finish()
    return meter.peak
