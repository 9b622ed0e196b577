"""Train the denoiser on noisy latents of real pictures; afterwards it is the generator's frozen last part."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torch.optim import Adam

from t2i_lib.checkpoints import load_weights, save_weights
from t2i_lib.datasets import shuffled_indices
from t2i_lib.denoiser import Denoiser
from t2i_lib.generator import GeneratorConfig
from t2i_lib.locations import RUNS
from t2i_lib.presets import DenoiserTraining, decisive, find_preset
from t2i_lib.recipes.latents import LatentPairs, add_noise
from t2i_lib.recipes.parts import find_parts, keep_parts, latent_pairs
from t2i_lib.training import Plan, TrainingReport, train
from t2i_lib.updates import Updater

REMEDY = "`t2i train denoiser` makes one"
GAUGE_PAIRS = 200


class DenoiserTask:
    """What the training loop needs to know of a denoiser."""

    name = "denoiser"
    averaged = ("denoiser",)

    def __init__(
        self,
        config: GeneratorConfig,
        training: DenoiserTraining,
        pairs: LatentPairs,
        held_out: LatentPairs,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.training, self.pairs, self.held_out, self.seed = training, pairs, held_out, seed
        sizes = (config.latent_channels, config.denoiser_width, config.denoiser_depth)
        self.config = {"sizes": list(sizes), "training": decisive(training), "pairs": len(pairs)}
        self.batch_size = 2 * training.batch_size
        denoiser = Denoiser(*sizes).to(memory_format=torch.channels_last)
        self.modules: dict[str, nn.Module] = {"denoiser": denoiser}
        self.optimizers = {
            "denoiser": Adam(denoiser.parameters(), training.learning_rate, betas=(0.9, 0.99), fused=True)
        }

    def batch_at(self, index: int) -> Tensor:
        """Latents of real pictures."""
        items = shuffled_indices(index, self.training.batch_size, len(self.pairs), self.seed)
        return self.pairs.without_captions(items)[0]

    def train_step(self, batch: Tensor, step: int, update: Updater) -> dict[str, float | Tensor]:
        """One step down the squared error."""
        latents = batch.contiguous(memory_format=torch.channels_last)
        with update.autocast():
            cleaned = self.modules["denoiser"](self.spoil(latents, update.rng))
        loss = (cleaned.float() - latents).square().mean()
        return {"loss": loss.detach(), "gradient_norm": update("denoiser", loss, clip=1.0)}

    def spoil(self, latents: Tensor, rng: torch.Generator) -> Tensor:
        """The latents as the denoiser gets them."""
        return add_noise(latents, self.training.least_noise, self.training.most_noise, rng)

    @torch.no_grad()
    def gauges(self, modules: dict[str, nn.Module], step: int) -> dict[str, float]:
        """Shares of variance: how much of the noise is left on held-out pictures, how much clean pictures suffer."""
        denoiser = modules["denoiser"]
        device = next(denoiser.parameters()).device
        count = min(GAUGE_PAIRS, len(self.held_out))
        latents = self.held_out.without_captions(torch.arange(count))[0].to(device)
        noisy = self.spoil(latents, torch.Generator(device).manual_seed(self.seed))

        def error(inputs: Tensor) -> Tensor:
            return torch.cat([denoiser(part) for part in inputs.split(100)]).sub(latents).square().mean()

        left = error(noisy) / (noisy - latents).square().mean()
        return {"noise left": float(left), "lost of clean pictures": float(error(latents) / latents.var())}

    def sample_grid(self, modules: dict[str, nn.Module], step: int) -> Image.Image | None:
        """Nothing to look at: latents are no pictures."""
        return None


def load_denoiser(folder: Path) -> dict[str, Tensor]:
    """The weights that `run` left in a training's folder.

    Raises:
        ValueError: if the file is missing or broken.
    """
    return load_weights(folder / "denoiser.safetensors", REMEDY)


def run(
    preset: str = "full",
    folder: str | Path | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    device: str = "auto",
    precision: str = "auto",
    seed: int = 0,
    restart: bool = False,
) -> TrainingReport:
    """Train (or go on training) the denoiser of a preset; its averaged weights end up in `folder`."""
    sizes = find_preset(preset)
    folder = Path(folder or RUNS / f"denoiser-{preset}")
    text_encoder, autoencoder = find_parts(sizes, folder, device, restart=restart)
    pairs, held_out = latent_pairs(sizes, autoencoder, text_encoder)
    settings = sizes.denoiser_training
    task = DenoiserTask(sizes.generator, settings, pairs, held_out, seed)
    plan = Plan(
        steps or settings.num_steps,
        seed,
        minutes=minutes,
        device=device,
        precision=precision,
        gauges_every=250,
        ema_decay=0.99,
    )
    keep_parts(folder, text_encoder, autoencoder, device, restart)
    report = train(task, folder, plan, restart)
    averaged = load_weights(folder / "state" / "denoiser.averaged.safetensors", REMEDY)
    save_weights(folder / "denoiser.safetensors", averaged)
    return report
