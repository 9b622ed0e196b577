"""One step of the adversarial game: what the training loop needs to know of it.

The discriminator looks at pairs of pictures of one caption through a frozen feature network, and hears right and wrong
captions. The generator learns from its verdict, and from what the feature network fails to find of what was asked for.
"""

from dataclasses import asdict
from random import Random

import torch
from PIL import Image
from torch import Tensor, nn

from t2i_lib.autoencoder import Autoencoder
from t2i_lib.datasets import shuffled_indices
from t2i_lib.discriminator import Discriminator, see
from t2i_lib.features import FeatureNetwork
from t2i_lib.generator import Generator
from t2i_lib.judge import Judge, attribute_loss
from t2i_lib.losses import gradient_penalty, relativistic_loss
from t2i_lib.presets import Preset, decisive
from t2i_lib.recipes.game import Text, adam, asked_of, mix_wrong, read, score_pairs, stack_views
from t2i_lib.recipes.gan_gauges import GanGauges
from t2i_lib.recipes.latents import LatentBatch, LatentPairs
from t2i_lib.text_encoder import TextEncoder
from t2i_lib.updates import Updater


class GanTask:
    """What the training loop needs to know of the adversarial game.

    Args:
        preset: sizes and settings.
        pairs, held_out: training and validation pictures as latents.
        features: frozen; what the discriminator looks through.
        text_encoder, autoencoder: frozen; the latter only draws samples and gauges.
        judge: for the gauges only, or None.
    """

    name = "gan"
    averaged = ("generator",)

    def __init__(
        self,
        preset: Preset,
        pairs: LatentPairs,
        held_out: LatentPairs,
        features: FeatureNetwork,
        text_encoder: TextEncoder,
        autoencoder: Autoencoder,
        judge: Judge | None = None,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.training, self.pairs, self.seed = preset.gan_training, pairs, seed
        self.text_encoder, self.features = text_encoder, features
        self.held_out = GanGauges(held_out, text_encoder, autoencoder, judge, seed)
        self.config = {
            "generator": asdict(preset.generator),
            "discriminator": asdict(preset.discriminator),
            "features": asdict(features.config),
            "training": decisive(preset.gan_training),
            "pairs": len(pairs),
            "text_encoder": preset.text_encoder,
        }
        self.batch_size = 2 * preset.gan_training.batch_size
        generator = Generator(preset.generator).to(memory_format=torch.channels_last)
        discriminator = Discriminator(preset.discriminator).to(memory_format=torch.channels_last)
        self.modules: dict[str, nn.Module] = {"generator": generator, "discriminator": discriminator}
        self.optimizers = {
            "generator": adam(generator, self.training.generator_rate),
            "discriminator": adam(discriminator, self.training.discriminator_rate),
        }

    def batch_at(self, index: int) -> LatentBatch:
        """Pictures with a right and a counterfactual caption."""
        items = shuffled_indices(index, self.training.batch_size, len(self.pairs), self.seed)
        return self.pairs.batch(items, Random(f"gan/{self.seed}/{index}"), wrong_captions=1)

    def train_step(self, batch: LatentBatch, step: int, update: Updater) -> dict[str, float | Tensor]:
        """One update of both networks; one forward pass serves both."""
        settings, features = self.training, self.features.to(update.device)
        generator, discriminator = self.modules["generator"], self.modules["discriminator"]
        with update.autocast():
            right = read(self.text_encoder, batch.token_ids, batch.mask)
            changed = read(self.text_encoder, batch.wrong_token_ids, batch.wrong_mask)
            wrong = mix_wrong(right, changed, batch, settings.wrong_captions)
        noise = torch.randn((self.batch_size, generator.config.noise_dim), generator=update.rng, device=update.device)
        latents = batch.latents.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        with update.autocast():
            seen = see(features, self.veil(generator(noise, *right.twice()), update.rng))  # (2B, Ci, hi, wi) each
            with torch.no_grad():
                real = stack_views(see(features, self.veil(latents, update.rng)))  # (B, 2Ci, hi, wi) each
            drawn = stack_views(seen)
            real_logits, fake_logits, wrong_logits = score_pairs(discriminator, real, drawn, right, wrong)
            found = features.read(seen[1:])
        values = {"gap": (real_logits - fake_logits).mean(), "wrong gap": (real_logits - wrong_logits).mean()}

        fooling = relativistic_loss(fake_logits, real_logits.detach())
        advice = attribute_loss(found, asked_of(batch))
        update.zero("generator")
        # Advice is for finding the way: to the end of it there are pictures that a network reads and nobody else.
        advice_weight = settings.advice_weight * (1 - update.progress)
        update.backward(fooling + advice_weight * advice, "generator", retain_graph=True)

        realism = relativistic_loss(real_logits, fake_logits)
        listening = relativistic_loss(real_logits, wrong_logits)
        update.zero("discriminator")
        update.backward(realism + settings.wrong_caption_weight * listening, "discriminator")
        if step % settings.penalty_every == 0:
            values["penalty"] = self.penalise(discriminator, real, drawn, right, update)
        values["discriminator norm"] = update.step("discriminator")
        values["generator norm"] = update.step("generator")
        return values | {"realism": realism, "listening": listening, "advice": advice}

    def veil(self, latents: Tensor, rng: torch.Generator) -> Tensor:
        """Latents with the noise that the decoder forgives: nobody shall quarrel about what no picture would show.

        Source: Sønderby et al. 2017 (instance noise), section 4, https://arxiv.org/abs/1610.04490
        """
        noise = torch.randn(latents.shape, generator=rng, device=latents.device)
        return latents + self.training.view_noise * noise

    def gauges(self, modules: dict[str, nn.Module], step: int) -> dict[str, float]:
        """Prompt accuracy, exact match, text-use gap and variety on validation prompts."""
        return self.held_out.measure(modules["generator"])

    def sample_grid(self, modules: dict[str, nn.Module], step: int) -> Image.Image:
        """Pictures of validation prompts."""
        return self.held_out.sample_grid(modules["generator"])

    def penalise(
        self, discriminator: Discriminator, real: list[Tensor], drawn: list[Tensor], right: Text, update: Updater
    ) -> Tensor:
        """R1 + R2. Computed every few steps only, so it weighs as many times more."""
        settings = self.training
        gamma = settings.penalty_start * (settings.penalty_end / settings.penalty_start) ** update.progress
        with update.autocast():
            penalty = sum(gradient_penalty(lambda seen: discriminator(seen, *right), views) for views in (real, drawn))
        update.backward(0.5 * gamma * settings.penalty_every * penalty, "discriminator")
        return penalty
