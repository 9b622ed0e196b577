"""What the recipes of artists without an adversary share: their batches, their prompts, their gauges, their end.

In: latents with captions, a network that draws. Out: batches with some prompts silenced, and an artist's folder.
"""

from pathlib import Path
from random import Random
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from t2i_lib.artist_files import ArtistConfig
from t2i_lib.autoencoder import Autoencoder
from t2i_lib.checkpoints import load_into, load_weights
from t2i_lib.datasets import shuffled_indices
from t2i_lib.guidance import silence
from t2i_lib.judge import Judge
from t2i_lib.pipeline import TextToImage
from t2i_lib.presets import DrawingTraining
from t2i_lib.recipes.game import Text, read
from t2i_lib.recipes.gan_gauges import GanGauges
from t2i_lib.recipes.latents import LatentBatch, LatentPairs
from t2i_lib.recipes.parts import keep_parts
from t2i_lib.text_encoder import TextEncoder
from t2i_lib.training import Plan, TrainingReport, train
from t2i_lib.updates import Updater


class PromptedTask:
    """The part of a task that does not depend on how pictures are drawn; subclasses add `name` and `train_step`.

    Args:
        network: what is trained; it draws like the GAN's generator.
        training: settings.
        pairs, held_out: training and validation pictures as latents.
        text_encoder, autoencoder: frozen; the latter only draws samples and gauges.
        judge: for the gauges only, or None.
        config: what must not change when a training goes on.
    """

    averaged: tuple[str, ...] = ("generator",)

    def __init__(
        self,
        network: nn.Module,
        training: DrawingTraining,
        pairs: LatentPairs,
        held_out: LatentPairs,
        text_encoder: TextEncoder,
        autoencoder: Autoencoder,
        judge: Judge | None,
        config: dict[str, Any],
        seed: int = 0,
    ) -> None:
        self.training, self.pairs, self.seed, self.config = training, pairs, seed, config
        self.text_encoder = text_encoder
        self.held_out = GanGauges(held_out, text_encoder, autoencoder, judge, seed)
        self.batch_size = 2 * training.batch_size
        network.nothing.copy_(read_nothing(text_encoder))
        self.modules: dict[str, nn.Module] = {"generator": network.to(memory_format=torch.channels_last)}
        trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
        self.optimizers = {"generator": torch.optim.Adam(trained, training.learning_rate, (0.9, 0.98), fused=True)}

    def batch_at(self, index: int) -> LatentBatch:
        """Captions with two pictures each; wrong captions nobody needs here."""
        items = shuffled_indices(index, self.training.batch_size, len(self.pairs), self.seed)
        return self.pairs.batch(items, Random(f"{self.name}/{self.seed}/{index}"), wrong_captions=1)

    def hear(self, batch: LatentBatch, update: Updater) -> Text:
        """Each caption as it was read, once a picture; some are not heard."""
        with update.autocast():
            text = read(self.text_encoder, batch.token_ids, batch.mask).twice()
        lots = torch.rand(len(text.mask), generator=update.rng, device=update.device)
        return Text(*silence(text, self.modules["generator"].nothing, lots < self.training.silent))

    def gauges(self, modules: dict[str, nn.Module], step: int) -> dict[str, float]:
        """Prompt accuracy, exact match, text-use gap and variety on validation prompts."""
        return self.held_out.measure(modules["generator"])

    def sample_grid(self, modules: dict[str, nn.Module], step: int) -> Image.Image:
        """Pictures of validation prompts."""
        return self.held_out.sample_grid(modules["generator"])


def flat_latents(batch: LatentBatch) -> Tensor:
    """All pictures of a batch: (2B, C, h, w), in the order of the doubled prompts."""
    return batch.latents.flatten(0, 1).contiguous(memory_format=torch.channels_last)


def read_nothing(text_encoder: TextEncoder) -> Tensor:
    """How the empty prompt reads: pooled features (D,), on the CPU."""
    with torch.no_grad():
        return text_encoder.encode([""])[1][0].float().cpu()


def load_averaged(network: nn.Module, run_folder: Path, remedy: str) -> nn.Module:
    """Give a network the averaged weights of a training."""
    path = run_folder / "state" / "generator.averaged.safetensors"
    load_into(network, load_weights(path, remedy), path)
    return network


def train_artist(task: PromptedTask, plan: Plan, folder: Path, size: str, restart: bool) -> TrainingReport:
    """Train, then join the averaged network with the frozen parts: `folder`/artist is what `t2i draw --model` takes.

    Args:
        size: name of the preset, for the artist's name.
    """
    text_encoder, autoencoder, network = task.text_encoder, task.held_out.autoencoder, task.modules["generator"]
    keep_parts(folder, text_encoder, autoencoder, plan.device, restart)
    report = train(task, folder, plan, restart)
    load_averaged(network, folder, f"`t2i train {task.name}` makes one")
    config = ArtistConfig(network.config, autoencoder.config, f"{task.name}-{size}")
    TextToImage(text_encoder, network, autoencoder, config).save_pretrained(folder / "artist")
    return report
