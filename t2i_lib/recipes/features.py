"""Train the feature network: which attributes do these latents show? Real pictures only; afterwards it is frozen."""

from dataclasses import asdict
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torch.optim import Adam

from t2i_lib.checkpoints import load_into, load_json, load_weights, save_json, save_weights
from t2i_lib.datasets import shuffled_indices
from t2i_lib.features import FeatureNetwork, FeatureNetworkConfig
from t2i_lib.judge import attribute_loss
from t2i_lib.locations import RUNS
from t2i_lib.metrics import accuracy_per_attribute
from t2i_lib.presets import FeatureTraining, decisive, find_preset
from t2i_lib.recipes.latents import LatentPairs, add_noise
from t2i_lib.recipes.parts import find_parts, keep_parts, latent_pairs
from t2i_lib.training import Plan, TrainingReport, train
from t2i_lib.updates import Updater

REMEDY = "`t2i train features` makes one"
MEASURED_PAIRS = 500  # pairs over which the maps' size is measured, and the gauges are taken


class FeatureTask:
    """What the training loop needs to know of a feature network."""

    name = "features"
    averaged = ("features",)

    def __init__(
        self,
        config: FeatureNetworkConfig,
        training: FeatureTraining,
        pairs: LatentPairs,
        held_out: LatentPairs,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.training, self.pairs, self.held_out, self.seed = training, pairs, held_out, seed
        self.config = {"features": asdict(config), "training": decisive(training), "pairs": len(pairs)}
        self.batch_size = 2 * training.batch_size
        features = FeatureNetwork(config).to(memory_format=torch.channels_last)
        self.modules: dict[str, nn.Module] = {"features": features}
        self.optimizers = {
            "features": Adam(features.parameters(), training.learning_rate, betas=(0.9, 0.98), fused=True)
        }

    def batch_at(self, index: int) -> tuple[Tensor, Tensor]:
        """Latents of pictures, and the attributes that these show."""
        return self.pairs.without_captions(
            shuffled_indices(index, self.training.batch_size, len(self.pairs), self.seed)
        )

    def train_step(self, batch: tuple[Tensor, Tensor], step: int, update: Updater) -> dict[str, float | Tensor]:
        """One step down the cross-entropy, on latents with a little noise or much."""
        latents, attributes = batch[0].contiguous(memory_format=torch.channels_last), batch[1]
        noisy = add_noise(latents, self.training.latent_noise, update.rng)
        network = self.modules["features"]
        with update.autocast():
            logits = network.read(network(noisy))
        loss = attribute_loss(logits, attributes)
        return {"loss": loss.detach(), "gradient_norm": update("features", loss, clip=1.0)}

    @torch.no_grad()
    def gauges(self, modules: dict[str, nn.Module], step: int) -> dict[str, float]:
        """Accuracy on held-out pictures, attribute by attribute and their mean."""
        network, count = modules["features"], min(MEASURED_PAIRS, len(self.held_out))
        device = next(network.parameters()).device
        latents, truth = self.held_out.without_captions(torch.arange(count))
        read = [network.read(network(part.to(device))) for part in latents.split(100)]
        found = torch.cat([torch.stack([each.argmax(1) for each in logits.values()], 1) for logits in read]).cpu()
        shares = {name: share.value for name, share in accuracy_per_attribute(found, truth).items()}
        return {"mean": sum(shares.values()) / len(shares), **shares}

    def sample_grid(self, modules: dict[str, nn.Module], step: int) -> Image.Image | None:
        """Nothing to look at: the network draws no pictures."""
        return None


def load_features(folder: Path) -> FeatureNetwork:
    """Read the network that `run` left in a training's folder, ready to use, without gradients.

    Raises:
        ValueError: if a file is missing, broken or does not fit.
    """
    features = FeatureNetwork(FeatureNetworkConfig(**load_json(folder / "features.json", REMEDY)))
    path = folder / "features.safetensors"
    load_into(features, load_weights(path, REMEDY), path)
    return features.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def has_features(folder: Path) -> bool:
    """Whether there is a feature network in a training's folder, or an artist's."""
    return (folder / "features.safetensors").is_file()


def save_features(features: FeatureNetwork, folder: Path) -> None:
    """Write features.json and features.safetensors."""
    save_json(folder / "features.json", asdict(features.config))
    save_weights(folder / "features.safetensors", features.state_dict())


def publish(folder: Path, config: FeatureNetworkConfig, pairs: LatentPairs) -> None:
    """Take the averaged weights out of a training's state and save them in its folder for the GAN's recipe."""
    features = FeatureNetwork(config)
    path = folder / "state" / "features.averaged.safetensors"
    load_into(features, load_weights(path, REMEDY), path)
    features.measure(pairs.without_captions(torch.arange(min(MEASURED_PAIRS, len(pairs))))[0])
    save_features(features, folder)


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
    """Train (or go on training) the feature network of a preset; its averaged weights end up in `folder`."""
    sizes = find_preset(preset)
    folder = Path(folder or RUNS / f"features-{preset}")
    text_encoder, autoencoder = find_parts(sizes, folder, device, restart=restart)
    pairs, held_out = latent_pairs(sizes, autoencoder, text_encoder)
    settings = sizes.feature_training
    task = FeatureTask(sizes.features, settings, pairs, held_out, seed)
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
    publish(folder, sizes.features, pairs)
    return report
