"""Train a flow: at a random point between noise and latents, which way is the picture?

The same latents, the same text encoder and the same loop as the GAN's, but no adversary: one network, one squared
error.
"""

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from t2i_lib.flow import FlowGenerator
from t2i_lib.flow_matching import along, road_velocity, sample_times
from t2i_lib.locations import RUNS
from t2i_lib.presets import Preset, decisive, find_preset
from t2i_lib.recipes.autoencoder import find_judge
from t2i_lib.recipes.latents import LatentBatch
from t2i_lib.recipes.parts import find_parts, latent_pairs
from t2i_lib.recipes.prompted import PromptedTask, flat_latents, train_artist
from t2i_lib.training import Plan, TrainingReport
from t2i_lib.updates import Updater


class FlowTask(PromptedTask):
    """What the training loop needs to know of a flow."""

    name = "flow"

    def train_step(self, batch: LatentBatch, step: int, update: Updater) -> dict[str, float | Tensor]:
        """One step down the squared error of the velocity, at a time of its own for each picture."""
        text, latents = self.hear(batch, update), flat_latents(batch)
        noise = torch.randn(latents.shape, generator=update.rng, device=update.device)
        time = sample_times(len(latents), update.rng, update.device)
        with update.autocast():
            velocity = self.modules["generator"].velocity(along(noise, latents, time), time, text)
        loss = F.mse_loss(velocity, road_velocity(noise, latents))
        return {"loss": loss.detach(), "gradient norm": update("generator", loss, clip=1.0)}


def run(
    preset: str | Preset = "lesson",
    folder: str | Path | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    device: str = "auto",
    precision: str = "auto",
    seed: int = 0,
    restart: bool = False,
    gauges_every: int = 1000,
) -> TrainingReport:
    """Train (or go on training) the flow of a preset; `folder`/artist then holds what `t2i draw --model` takes."""
    sizes = preset if isinstance(preset, Preset) else find_preset(preset)
    folder = Path(folder or RUNS / f"flow-{sizes.name}")
    text_encoder, autoencoder = find_parts(sizes, folder, device, restart=restart)
    pairs, held_out = latent_pairs(sizes, autoencoder, text_encoder)
    settings = sizes.flow_training
    torch.manual_seed(seed)
    network = FlowGenerator(sizes.flow)
    config = {"flow": asdict(sizes.flow), "training": decisive(settings), "pairs": len(pairs)}
    judge = find_judge("judge")
    task = FlowTask(network, settings, pairs, held_out, text_encoder, autoencoder, judge, config, seed)
    plan = Plan(
        steps or settings.num_steps,
        seed,
        ema_decay=settings.ema_decay,
        minutes=minutes,
        device=device,
        precision=precision,
        gauges_every=gauges_every,
    )
    return train_artist(task, plan, folder, sizes.name, restart)
