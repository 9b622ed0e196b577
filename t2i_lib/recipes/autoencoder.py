"""Train the autoencoder: picture -> latents -> the same picture, with nothing small lost on the way.

Birds and smiles cover few pixels, so a plain mean error forgets them. Three further losses bring them back: edges, the
worst pixels of each picture, and the features of a small network that knows what storybook pictures show. That network
is another one than the judge, which must stay a stranger to everything it judges.
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from torch.optim import Adam

from t2i_lib.autoencoder import Autoencoder, AutoencoderConfig, sample_posterior
from t2i_lib.checkpoints import load_into, load_json, load_weights, save_json, save_weights
from t2i_lib.datasets import StorybookDataset, images_to_pixels, pixels_to_images, shuffled_indices
from t2i_lib.judge import Judge, resize
from t2i_lib.locations import RUNS, checkpoint_folder
from t2i_lib.losses import feature_loss, gradient_loss, kl_loss, pixel_loss, worst_pixel_loss
from t2i_lib.metrics import Estimate, accuracy_per_attribute
from t2i_lib.presets import AutoencoderTraining, decisive, find_preset
from t2i_lib.recipes.pictures import draw_grid, training_pictures
from t2i_lib.training import Plan, TrainingReport, train
from t2i_lib.updates import Updater

REMEDY = "`t2i train autoencoder` makes one"
STATISTICS_PAIRS = 300  # pairs of training pictures over which the latents' mean and spread are measured
GAUGE_PAIRS = 200  # pairs of validation pictures that the gauges look at


class AutoencoderTask:
    """What the training loop needs to know of an autoencoder.

    Args:
        config, training: sizes and settings.
        pictures, held_out: training and validation pictures.
        perceptual: a trained classifier whose features must agree, or None.
        judge: for the gate only: is a reconstruction still recognised? None leaves the gauge out.
        start: an autoencoder whose encoder is kept; only the decoder is trained then.
    """

    name = "autoencoder"
    averaged = ("autoencoder",)

    def __init__(
        self,
        config: AutoencoderConfig,
        training: AutoencoderTraining,
        pictures: StorybookDataset,
        held_out: StorybookDataset,
        perceptual: Judge | None = None,
        judge: Judge | None = None,
        seed: int = 0,
        start: Autoencoder | None = None,
    ) -> None:
        torch.manual_seed(seed)
        self.training, self.pictures, self.held_out, self.seed = training, pictures, held_out, seed
        self.perceptual, self.judge = perceptual, judge
        self.config: Mapping = {
            "autoencoder": asdict(config),
            "training": decisive(training),
            "pairs": len(pictures),
            "encoder is kept": start is not None,
        }
        self.batch_size = training.batch_size
        autoencoder = self._begin(config, start)
        self.modules: dict[str, nn.Module] = {"autoencoder": autoencoder}
        trained = [parameter for parameter in autoencoder.parameters() if parameter.requires_grad]
        self.optimizers = {"autoencoder": Adam(trained, training.learning_rate, betas=(0.9, 0.99), fused=True)}

    def _begin(self, config: AutoencoderConfig, start: Autoencoder | None) -> Autoencoder:
        """A new autoencoder, or one with the given encoder, which is then kept as it is: others live on its latents."""
        autoencoder = Autoencoder(config).to(memory_format=torch.channels_last)
        pairs = self.pictures.batch(range(min(STATISTICS_PAIRS, len(self.pictures))))
        images = pixels_to_images(pairs.pixels.flatten(0, 1))
        if start is None:
            autoencoder.start_linear(images)
            autoencoder.measure_latents(images)
            return autoencoder
        autoencoder.encoder.load_state_dict(start.encoder.state_dict())
        autoencoder.standardise.load_state_dict(start.standardise.state_dict())
        if start.config == config:
            autoencoder.decoder.load_state_dict(start.decoder.state_dict())
        else:
            autoencoder.start_decoder(images)
        autoencoder.encoder.requires_grad_(False)
        return autoencoder

    def batch_at(self, index: int) -> Tensor:
        """Pictures (B, H, W, 3) uint8, one of each pair."""
        items = shuffled_indices(index, self.batch_size, 2 * len(self.pictures), self.seed)
        return torch.stack([self.pictures[int(item) // 2].pixels[int(item) % 2] for item in items])

    def train_step(self, batch: Tensor, step: int, update: Updater) -> dict[str, float | Tensor]:
        """One update of encoder and decoder."""
        images = pixels_to_images(batch).contiguous(memory_format=torch.channels_last)
        autoencoder = self.modules["autoencoder"]
        with update.autocast():
            latents, divergence = self._encode(autoencoder, images, update.rng)
            reconstructions = autoencoder.decode(latents).float()
            features = self._feature_loss(reconstructions, images, step)
        pixels = pixel_loss(reconstructions, images)
        edges = gradient_loss(reconstructions, images)
        worst = worst_pixel_loss(reconstructions, images)
        weights = self.training
        loss = pixels + weights.gradient_weight * edges + weights.worst_pixel_weight * worst
        loss = loss + weights.feature_weight * features + weights.kl_weight * divergence
        update("autoencoder", loss, clip=1.0)
        return {"loss": loss, "pixels": pixels, "worst": worst, "features": features, "kl": divergence}

    @torch.no_grad()
    def gauges(self, modules: dict[str, nn.Module], step: int) -> dict[str, float]:
        """Signal-to-noise ratio, and the gate: how much of what the judge sees in pictures the reconstructions keep.

        An attribute's share is the judge's accuracy on reconstructions over that on pictures, at most 1: where chance
        lets it guess better on reconstructions, nothing was won that could make up for a loss elsewhere.
        """
        images, truth = self._held_out_images(modules["autoencoder"])
        reconstructions = torch.cat([modules["autoencoder"](part) for part in images.split(32)])
        error = (reconstructions - images).square().flatten(1).mean(1)
        gauges = {"psnr": float((10 * torch.log10(4 / error)).mean())}
        if self.judge is not None:
            before, after = self._judged_pictures, self._judged(reconstructions, truth)
            kept = {name: min(1.0, after[name].value / max(before[name].value, 1e-9)) for name in before}
            gauges |= {f"kept/{name}": share for name, share in kept.items()}
            gauges["gate"] = sum(kept.values()) / len(kept)
        return gauges

    @torch.no_grad()
    def sample_grid(self, modules: dict[str, nn.Module], step: int) -> Image.Image:
        """Eight pictures above, their reconstructions below."""
        images = self._held_out_images(modules["autoencoder"])[0][:8]
        both = torch.cat([images, modules["autoencoder"](images)])
        return draw_grid(images_to_pixels(both), columns=8)

    def _encode(self, autoencoder: Autoencoder, images: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Noisy latents, and how far they are from standard normal ones.

        The variational form asks that of every single picture's latents, the plain one only of the whole batch,
        channel by channel: enough to keep their scale.
        """
        if autoencoder.config.variational:
            mean, log_variance = autoencoder.posterior(images)
            return sample_posterior(mean, log_variance, rng), kl_loss(mean, log_variance)
        latents = autoencoder.encode(images)
        noise = torch.randn(latents.shape, generator=rng, device=latents.device)
        plain = autoencoder.standardise.undo(latents)
        mean, variance = plain.mean(dim=(0, 2, 3)), plain.var(dim=(0, 2, 3))
        return latents + self.training.latent_noise * noise, kl_loss(mean, variance.clamp(min=1e-6).log())

    def _feature_loss(self, reconstructions: Tensor, images: Tensor, step: int) -> Tensor:
        """Computed every few steps only, so it weighs as many times more."""
        every = self.training.feature_every
        if self.perceptual is None or self.training.feature_weight == 0 or step % every:
            return images.new_zeros(())
        self.perceptual.to(images.device)
        with torch.no_grad():
            targets = feature_maps(self.perceptual, images)
        return every * feature_loss(feature_maps(self.perceptual, reconstructions), targets)

    @cached_property
    def _judged_pictures(self) -> dict[str, Estimate]:
        return self._judged(*self._held_out_images(self.modules["autoencoder"]))

    def _judged(self, images: Tensor, truth: Tensor) -> dict[str, Estimate]:
        return accuracy_per_attribute(self.judge.to(images.device).attributes(images), truth)

    def _held_out_images(self, autoencoder: nn.Module) -> tuple[Tensor, Tensor]:
        device = next(autoencoder.parameters()).device
        pairs = self.held_out.batch(range(min(GAUGE_PAIRS, len(self.held_out))))
        images = pixels_to_images(pairs.pixels.flatten(0, 1)).contiguous(memory_format=torch.channels_last)
        return images.to(device), pairs.attributes.flatten(0, 1).to(device)


def feature_maps(network: Judge, images: Tensor) -> list[Tensor]:
    """What each part of the network's trunk makes of the pictures, finest first."""
    features, maps = resize(images, network.config.image_size), []
    for layer in network.trunk:
        features = layer(features)
        maps.append(F.leaky_relu(features, 0.2))
    return maps


def save_autoencoder(autoencoder: Autoencoder, folder: Path) -> None:
    """Write autoencoder.safetensors, and config.json with the same entry as an artist's."""
    save_weights(folder / "autoencoder.safetensors", autoencoder.state_dict())
    save_json(folder / "config.json", {"autoencoder": asdict(autoencoder.config)})


def load_autoencoder(folder: Path) -> Autoencoder:
    """Read an autoencoder from its own folder or an artist's, ready to use, without gradients.

    Raises:
        ValueError: if a file is missing, broken or does not fit.
    """
    autoencoder = Autoencoder(AutoencoderConfig(**load_json(folder / "config.json", REMEDY)["autoencoder"]))
    path = folder / "autoencoder.safetensors"
    load_into(autoencoder, load_weights(path, REMEDY), path)
    return autoencoder.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def publish(run_folder: Path, config: AutoencoderConfig, pictures: StorybookDataset | None) -> Autoencoder:
    """Save a training's averaged weights in its folder for the next recipes.

    With `pictures` the statistics of their latents are measured first; None keeps those that are there.
    """
    autoencoder = Autoencoder(config)
    path = run_folder / "state" / "autoencoder.averaged.safetensors"
    load_into(autoencoder, load_weights(path, REMEDY), path)
    if pictures is not None:
        some = pictures.batch(range(min(STATISTICS_PAIRS, len(pictures))))
        autoencoder.eval().settle_latents(pixels_to_images(some.pixels.flatten(0, 1)))
    save_autoencoder(autoencoder, run_folder)
    return autoencoder


def run(
    preset: str = "full",
    folder: str | Path | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    device: str = "auto",
    precision: str = "auto",
    seed: int = 0,
    restart: bool = False,
    variational: bool = False,
    start: str | Path | None = None,
) -> TrainingReport:
    """Train (or go on training) the autoencoder of a preset; its averaged weights end up in `folder`.

    Args:
        variational: whether it is the variational form.
        start: a folder with a trained autoencoder (an artist's, for example). Its latents stay what they are, so that
            a generator made for them draws better pictures without any training. Its decoder is trained on, or, where
            the preset has a larger one, a new one is trained.

    Raises:
        ValueError: if the autoencoder to start with has another encoder than the preset's.
    """
    sizes = find_preset(preset)
    folder = Path(folder or RUNS / f"autoencoder-{preset}")
    config = replace(sizes.autoencoder, variational=variational)
    pictures, held_out = training_pictures(sizes)
    perceptual, judge = find_judge("perceptual"), find_judge("judge")
    settings, given = sizes.autoencoder_training, None if start is None else _given(Path(start), config)
    task = AutoencoderTask(config, settings, pictures, held_out, perceptual, judge, seed, given)
    num_steps = steps or settings.num_steps
    plan = Plan(num_steps, seed, minutes=minutes, device=device, precision=precision, gauges_every=500)
    report = train(task, folder, plan, restart)
    publish(folder, config, pictures if start is None else None)
    return report


def _given(folder: Path, config: AutoencoderConfig) -> Autoencoder:
    autoencoder = load_autoencoder(folder)
    latents = ("latent_size", "latent_channels", "encoder_squeeze", "encoder_stages", "encoder_depths", "variational")
    if any(getattr(autoencoder.config, name) != getattr(config, name) for name in latents):
        raise ValueError(
            f"the autoencoder to start with must have the encoder of the preset's sizes, {config}, but {folder} holds "
            f"{autoencoder.config}; choose the preset (and --variational) that it was made with"
        )
    return autoencoder


def find_judge(name: str) -> Judge | None:
    """A classifier that came with the repository, or None with a remark."""
    folder = checkpoint_folder(name)
    if (folder / "judge.safetensors").is_file():
        return Judge.load(folder).to(memory_format=torch.channels_last)
    print(f"no classifier in {folder}: going on without it; `t2i train judge` makes one")
    return None
