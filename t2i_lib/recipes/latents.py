"""The training pictures as latents, encoded once and kept on disk, with captions worded afresh for every step.

Generator, discriminator and feature network only ever see latents, so encoding each picture once saves the
autoencoder's share of every training step.
"""

import hashlib
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from t2i_lib.autoencoder import Autoencoder
from t2i_lib.checkpoints import atomic_path
from t2i_lib.datasets import StorybookDataset, pixels_to_images
from t2i_lib.picture_cache import renderer_version
from t2i_lib.recipes.pictures import CACHE
from t2i_lib.runtime import autocast, pick_precision
from t2i_lib.storybook.captions import counterfactual, describe
from t2i_lib.storybook.pairs import ids_to_stated
from t2i_lib.text_encoder import TextEncoder


class LatentBatch(NamedTuple):
    """B captions, each with two pictures of it. L and L' are the lengths of the longest captions."""

    latents: Tensor  # (B, 2, C, h, w) float32
    attributes: Tensor  # (B, 2, 9) int64, what each picture shows
    stated: Tensor  # (B, 9) int64, what the caption states, -1 = not stated
    token_ids: Tensor  # (B, L) int64
    mask: Tensor  # (B, L) bool
    wrong_token_ids: Tensor  # (B * K, L') int64: the caption K times with one stated thing changed
    wrong_mask: Tensor  # (B * K, L') bool


class LatentPairs:
    """Latents of a data set's pairs, memory-mapped, with fresh captions.

    Args:
        pictures: the data set.
        autoencoder: encodes it, unless that was done before with the same weights.
        text_encoder: cuts captions into tokens.
    """

    def __init__(self, pictures: StorybookDataset, autoencoder: Autoencoder, text_encoder: TextEncoder) -> None:
        self.pictures, self.text_encoder = pictures, text_encoder
        device = next(text_encoder.parameters()).device  # the one that the user asked for
        self.latents = _encoded(pictures, autoencoder, device)
        self.labels = torch.stack([pictures.labels(index) for index in range(len(pictures))])  # (N, 3, 9)

    def __len__(self) -> int:
        return len(self.pictures)

    def without_captions(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Both pictures of items `indices`, without captions: latents (2B, C, h, w) float32, attributes (2B, 9)."""
        latents = torch.from_numpy(self.latents[indices.numpy()].astype(np.float32))
        return latents.flatten(0, 1), self.labels[indices, :2].flatten(0, 1)

    def batch(self, indices: Tensor, rng: Random, wrong_captions: int) -> LatentBatch:
        """Items `indices` with captions drawn by `rng`, and `wrong_captions` counterfactual ones each."""
        labels = self.labels[indices]  # (B, 3, 9)
        latents = torch.from_numpy(self.latents[indices.numpy()].astype(np.float32))
        right, wrong = [], []
        for ids in labels[:, 2].tolist():
            stated = ids_to_stated(ids)
            right.append(describe(stated, rng).prompt)
            wrong += [describe(counterfactual(stated, rng)[0], rng).prompt for _ in range(wrong_captions)]
        tokens = [*self.text_encoder.tokenize(right), *self.text_encoder.tokenize(wrong)]
        return LatentBatch(latents, labels[:, :2], labels[:, 2], *tokens)


def fits(stated: Tensor, attributes: Tensor) -> Tensor:
    """Whether caption j is true of picture i: (B, 9) stated, (A, 9) shown -> (A, B) bool.

    >>> fits(torch.tensor([[2, -1], [0, 5]]), torch.tensor([[2, 5]])).tolist()
    [[True, False]]
    """
    silent = stated < 0
    return (silent[None] | (stated[None] == attributes[:, None])).all(-1)


def latent_weights(autoencoder: Autoencoder) -> dict[str, bytes]:
    """All weights that latents depend on, in a form that can be compared: where they agree, so do the latents."""
    weights = autoencoder.state_dict().items()
    return {
        name: value.detach().cpu().float().numpy().tobytes()
        for name, value in weights
        if not name.startswith("decoder.")
    }


def add_noise(latents: Tensor, most: float, rng: torch.Generator) -> Tensor:
    """Latents (B, C, h, w) with normal noise, each picture with an amount of its own up to `most`."""
    amount = most * torch.rand(len(latents), 1, 1, 1, generator=rng, device=latents.device)
    return latents + amount * torch.randn(latents.shape, generator=rng, device=latents.device)


def _encoded(pictures: StorybookDataset, autoencoder: Autoencoder, device: torch.device) -> NDArray[np.float16]:
    config, count = autoencoder.config, len(pictures)
    folder, fingerprint = CACHE / "latents", _fingerprint(pictures, autoencoder)
    for known in folder.glob(f"{pictures.split}-{pictures.size}-*-{fingerprint}.npy"):
        latents = np.load(known, mmap_mode="r")
        if len(latents) >= count:  # a larger data set begins with the same pictures
            return latents[:count]
    path = folder / f"{pictures.split}-{pictures.size}-{count}-{fingerprint}.npy"
    shape = (count, 2, config.latent_channels, config.latent_size, config.latent_size)
    with atomic_path(path, int(np.prod(shape)) * 2) as temporary:
        _encode_all(pictures, autoencoder.to(device), device, temporary, shape)
    return np.load(path, mmap_mode="r")


@torch.inference_mode()
def _encode_all(
    pictures: StorybookDataset, autoencoder: Autoencoder, device: torch.device, path: Path, shape: tuple[int, ...]
) -> None:
    latents = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
    for start in tqdm(range(0, len(pictures), 32), desc=f"encoding {pictures.split}", unit="batch", mininterval=1.0):
        stop = min(start + 32, len(pictures))
        pixels = pictures.batch(range(start, stop)).pixels.flatten(0, 1)
        images = pixels_to_images(pixels).to(device, memory_format=torch.channels_last)
        with autocast(device, pick_precision(device)):
            encoded = autoencoder.encode(images)
        latents[start:stop] = encoded.unflatten(0, (-1, 2)).half().cpu().numpy()
    latents.flush()


def _fingerprint(pictures: StorybookDataset, autoencoder: Autoencoder) -> str:
    """Changes when the encoder, the renderer or the seed of the pictures changes; a new decoder makes no difference."""
    digest = hashlib.sha256(f"{renderer_version()} {pictures.seed}".encode())
    for weights in latent_weights(autoencoder).values():
        digest.update(weights)
    return digest.hexdigest()[:12]
