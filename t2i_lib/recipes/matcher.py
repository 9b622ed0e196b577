"""Train the matcher: which sentence fits which picture? Real pictures only; afterwards it advises the generator."""

from dataclasses import asdict
from pathlib import Path
from random import Random

import torch
from PIL import Image
from torch import Tensor, nn
from torch.optim import Adam

from t2i_lib.batches import map_tensors
from t2i_lib.checkpoints import load_into, load_json, load_weights, save_json, save_weights
from t2i_lib.datasets import shuffled_indices
from t2i_lib.locations import RUNS
from t2i_lib.losses import choice_loss, matching_loss
from t2i_lib.matcher import Matcher, MatcherConfig
from t2i_lib.presets import MatcherTraining, decisive, find_preset
from t2i_lib.recipes.latents import LatentBatch, LatentPairs, fits
from t2i_lib.recipes.parts import find_parts, keep_parts, latent_pairs
from t2i_lib.text_encoder import TextEncoder
from t2i_lib.training import Plan, TrainingReport, train
from t2i_lib.updates import Updater

REMEDY = "`t2i train matcher` makes one"
GAUGE_BATCHES = 8


class MatcherTask:
    """What the training loop needs to know of a matcher."""

    name = "matcher"
    averaged = ("matcher",)

    def __init__(
        self,
        config: MatcherConfig,
        training: MatcherTraining,
        pairs: LatentPairs,
        held_out: LatentPairs,
        text_encoder: TextEncoder,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.training, self.pairs, self.held_out, self.seed = training, pairs, held_out, seed
        self.text_encoder = text_encoder
        self.config = {"matcher": asdict(config), "training": decisive(training), "pairs": len(pairs)}
        self.batch_size = 2 * training.batch_size
        matcher = Matcher(config).to(memory_format=torch.channels_last)
        self.modules: dict[str, nn.Module] = {"matcher": matcher}
        self.optimizers = {"matcher": Adam(matcher.parameters(), training.learning_rate, betas=(0.9, 0.98), fused=True)}

    def batch_at(self, index: int) -> LatentBatch:
        """Pictures with their captions and counterfactual ones."""
        items = shuffled_indices(index, self.training.batch_size, len(self.pairs), self.seed)
        return self.pairs.batch(items, Random(f"matcher/{self.seed}/{index}"), self.training.wrong_captions)

    def train_step(self, batch: LatentBatch, step: int, update: Updater) -> dict[str, float | Tensor]:
        """One update of both halves of the matcher."""
        noise = torch.randn(batch.latents.shape, generator=update.rng, device=batch.latents.device)
        with update.autocast():
            vectors = self._embed(self.modules["matcher"], batch, self.training.latent_noise * noise)
        among, between, _ = self._losses(self.modules["matcher"], batch, *vectors)
        norm = update("matcher", among + between, clip=1.0)
        return {"among the batch": among, "right or wrong": between, "gradient_norm": norm}

    @torch.no_grad()
    def gauges(self, modules: dict[str, nn.Module], step: int) -> dict[str, float]:
        """How often a held-out picture prefers its caption to the counterfactual ones."""
        found, device = [], next(modules["matcher"].parameters()).device
        for index in range(GAUGE_BATCHES):
            items = shuffled_indices(index, self.training.batch_size, len(self.held_out), self.seed)
            batch = self.held_out.batch(items, Random(f"gauge/{index}"), self.training.wrong_captions)
            batch = map_tensors(lambda tensor: tensor.to(device), batch)
            vectors = self._embed(modules["matcher"], batch, torch.zeros(()))
            found.append(self._losses(modules["matcher"], batch, *vectors)[2])
        return {"prefers the right caption": float(torch.stack(found).mean())}

    def sample_grid(self, modules: dict[str, nn.Module], step: int) -> Image.Image | None:
        """Nothing to look at: the matcher draws no pictures."""
        return None

    def _embed(self, matcher: Matcher, batch: LatentBatch, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Vectors of pictures (2B, M), captions (B, M) and wrong captions (B, K, M)."""
        text_encoder = self.text_encoder.to(batch.latents.device)
        with torch.no_grad():
            _, right = text_encoder(batch.token_ids, batch.mask)
            _, wrong = text_encoder(batch.wrong_token_ids, batch.wrong_mask)
        latents = (batch.latents + noise).flatten(0, 1).contiguous(memory_format=torch.channels_last)
        wrong_vectors = matcher.embed_prompts(wrong).unflatten(0, (len(right), -1))
        return matcher.embed_latents(latents), matcher.embed_prompts(right), wrong_vectors

    def _losses(
        self, matcher: Matcher, batch: LatentBatch, pictures: Tensor, right: Tensor, wrong: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Loss among the batch, loss against the wrong captions, share of pictures that prefer the right one."""
        first = pictures[::2]  # one of each pair: both would be two right answers to one caption
        same = fits(batch.stated, batch.attributes[:, 0])
        among = matching_loss(first, right, matcher.scale, same)
        right_twice, wrong_twice = right.repeat_interleave(2, 0), wrong.repeat_interleave(2, 0)
        between = choice_loss(pictures, right_twice, wrong_twice, matcher.scale)
        scores = (pictures * right_twice).sum(1)
        best_wrong = (wrong_twice @ pictures[:, :, None]).squeeze(2).amax(1)
        return among, between, (scores > best_wrong).float().mean()


def load_matcher(folder: Path) -> Matcher:
    """Read the matcher that `run` left in a training's folder, ready to use, without gradients.

    Raises:
        ValueError: if a file is missing, broken or does not fit.
    """
    matcher = Matcher(MatcherConfig(**load_json(folder / "matcher.json", REMEDY)))
    path = folder / "matcher.safetensors"
    load_into(matcher, load_weights(path, REMEDY), path)
    return matcher.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def publish(folder: Path, config: MatcherConfig) -> None:
    """Take the averaged weights out of a training's state and save them in its folder for the GAN's recipe."""
    save_weights(
        folder / "matcher.safetensors", load_weights(folder / "state" / "matcher.averaged.safetensors", REMEDY)
    )
    save_json(folder / "matcher.json", asdict(config))


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
    """Train (or go on training) the matcher of a preset; its averaged weights end up in `folder`."""
    sizes = find_preset(preset)
    folder = Path(folder or RUNS / f"matcher-{preset}")
    text_encoder, autoencoder = find_parts(sizes, folder, device, restart=restart)
    pairs, held_out = latent_pairs(sizes, autoencoder, text_encoder)
    task = MatcherTask(sizes.matcher, sizes.matcher_training, pairs, held_out, text_encoder, seed)
    num_steps = steps or sizes.matcher_training.num_steps
    plan = Plan(num_steps, seed, minutes=minutes, device=device, precision=precision, gauges_every=500, ema_decay=0.99)
    keep_parts(folder, text_encoder, autoencoder, device, restart)
    report = train(task, folder, plan, restart)
    publish(folder, sizes.matcher)
    return report
