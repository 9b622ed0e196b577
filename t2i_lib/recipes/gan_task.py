"""One step of the adversarial game: what the training loop needs to know of it.

One forward pass of the generator and one look of the discriminator serve both updates. The discriminator sees pairs of
pictures of one caption, right and wrong captions. The generator is also advised by the frozen matcher. Before the game
starts, and for a while after, it redraws: given a caption and the noise that a recognition network reads off a real
picture, it must draw that picture, which teaches it where things belong long before a discriminator could.
"""

from collections.abc import Iterator
from dataclasses import asdict
from random import Random

import torch
from PIL import Image
from torch import Tensor, nn
from torch.optim import Adam

from t2i_lib.autoencoder import Autoencoder
from t2i_lib.datasets import shuffled_indices
from t2i_lib.discriminator import Discriminator, stack_pairs
from t2i_lib.generator import Generator
from t2i_lib.judge import Judge
from t2i_lib.losses import choice_loss, gradient_penalty, kl_loss, relativistic_loss
from t2i_lib.matcher import Matcher
from t2i_lib.presets import Preset, decisive
from t2i_lib.recipes.game import Text, mix_wrong, picture_norm, previous_captions, read, score_pairs, turn_around
from t2i_lib.recipes.gan_gauges import GanGauges
from t2i_lib.recipes.latents import LatentBatch, LatentPairs
from t2i_lib.recognition import RecognitionNetwork
from t2i_lib.text_encoder import TextEncoder
from t2i_lib.updates import Updater


class GanTask:
    """What the training loop needs to know of the adversarial game.

    Args:
        preset: sizes and settings.
        pairs, held_out: training and validation pictures as latents.
        text_encoder, autoencoder: frozen; the latter only draws samples and gauges.
        matcher: frozen adviser of the generator, or None.
        judge: for the gauges only, or None.
    """

    name = "gan"
    averaged = ("generator",)

    def __init__(
        self,
        preset: Preset,
        pairs: LatentPairs,
        held_out: LatentPairs,
        text_encoder: TextEncoder,
        autoencoder: Autoencoder,
        matcher: Matcher | None = None,
        judge: Judge | None = None,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.training, self.pairs, self.seed = preset.gan_training, pairs, seed
        self.text_encoder, self.matcher = text_encoder, matcher
        self.held_out = GanGauges(held_out, text_encoder, autoencoder, judge, seed)
        self.config = {
            "generator": asdict(preset.generator),
            "discriminator": asdict(preset.discriminator),
            "training": decisive(preset.gan_training),
            "pairs": len(pairs),
            "text_encoder": preset.text_encoder,
        }
        self.batch_size = 2 * preset.gan_training.batch_size
        generator = Generator(preset.generator).to(memory_format=torch.channels_last)
        discriminator = Discriminator(preset.discriminator).to(memory_format=torch.channels_last)
        recognition = RecognitionNetwork(
            preset.generator.latent_channels,
            preset.generator.latent_size,
            preset.generator.embed_dim,
            preset.generator.noise_dim,
            preset.matcher.widths,
        ).to(memory_format=torch.channels_last)
        self.modules: dict[str, nn.Module] = {
            "generator": generator,
            "discriminator": discriminator,
            "recognition": recognition,
        }
        self.optimizers = {
            "generator": _adam(generator, self.training.generator_rate),
            "discriminator": _adam(discriminator, self.training.discriminator_rate),
            "recognition": Adam(recognition.parameters(), self.training.generator_rate, betas=(0.9, 0.99), fused=True),
        }

    def batch_at(self, index: int) -> LatentBatch:
        """Pictures with a right and a counterfactual caption."""
        items = shuffled_indices(index, self.training.batch_size, len(self.pairs), self.seed)
        return self.pairs.batch(items, Random(f"gan/{self.seed}/{index}"), wrong_captions=1)

    def train_step(self, batch: LatentBatch, step: int, update: Updater) -> dict[str, float | Tensor]:
        """One update of all networks."""
        generator = self.modules["generator"]
        right = read(self.text_encoder, batch.token_ids, batch.mask)
        counterfactual = read(self.text_encoder, batch.wrong_token_ids, batch.wrong_mask)
        update.zero("recognition")
        update.zero("generator")
        with update.autocast():
            noise, divergence = self._noise(batch, right, update)  # (2B, noise_dim)
            fake = generator(noise, *right.twice())  # (2B, C, h, w)
        drawn = fake.detach().float().requires_grad_(True)  # where all gradients with respect to pictures are joined

        slope, values = torch.zeros_like(drawn), {"divergence": divergence}
        if update.progress >= self.training.game_starts:
            slope, played = self._play(drawn, batch, right, counterfactual, step, update)
            values |= played
        for name, weight, loss in self._advice(drawn, batch, right, counterfactual, update):
            drawn.grad = None
            update.backward(weight * loss)
            values |= {name: loss, f"norm {name}": picture_norm(drawn.grad)}
            slope = slope + drawn.grad
        if divergence.requires_grad:
            update.backward(self.training.divergence_weight * divergence, "recognition", retain_graph=True)
        fake.backward(slope.to(fake.dtype))
        values["generator norm"] = update.step("generator")
        if divergence.requires_grad:
            update.step("recognition", clip=1.0)
        return values

    def gauges(self, modules: dict[str, nn.Module], step: int) -> dict[str, float]:
        """Prompt accuracy, exact match, text-use gap and variety on validation prompts."""
        return self.held_out.measure(modules["generator"])

    def sample_grid(self, modules: dict[str, nn.Module], step: int) -> Image.Image:
        """Pictures of validation prompts."""
        return self.held_out.sample_grid(modules["generator"])

    def matching_loss(
        self, drawn: Tensor, batch: LatentBatch, right: Text, counterfactual: Text, update: Updater
    ) -> Tensor:
        """Each drawn picture must fit its caption better than others of the batch and the counterfactual one."""
        matcher = self.matcher.to(drawn.device)
        places, fitting = previous_captions(batch)  # (2B, K): up to three neighbours
        with update.autocast():
            pictures = matcher.embed_latents(drawn)  # (2B, M)
            captions = matcher.embed_prompts(right.pooled_features)  # (B, M)
            changed = matcher.embed_prompts(counterfactual.pooled_features).repeat_interleave(2, 0)  # (2B, M)
        wrong = torch.cat([changed[:, None], captions[places]], dim=1)  # (2B, 1 + K, M)
        fitting = torch.cat([torch.zeros_like(fitting[:, :1]), fitting], dim=1)
        return choice_loss(pictures, captions.repeat_interleave(2, 0), wrong, matcher.scale, fitting)

    def penalise(
        self, discriminator: Discriminator, real: Tensor, drawn: Tensor, right: Text, update: Updater
    ) -> Tensor:
        """R1 + R2. Computed every few steps only, so it weighs as many times more."""
        settings = self.training
        gamma = settings.penalty_start * (settings.penalty_end / settings.penalty_start) ** update.progress
        with update.autocast():
            penalty = sum(
                gradient_penalty(lambda pairs: discriminator(pairs, *right), pairs)
                for pairs in (real, stack_pairs(drawn))
            )
        update.backward(0.5 * gamma * settings.penalty_every * penalty, "discriminator")
        return penalty

    def _play(
        self, drawn: Tensor, batch: LatentBatch, right: Text, counterfactual: Text, step: int, update: Updater
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The discriminator's update, and what its look at the drawn pictures tells the generator: (2B, C, h, w)."""
        discriminator = self.modules["discriminator"]
        wrong = mix_wrong(right, counterfactual, batch)
        real_pairs = batch.latents.flatten(1, 2).contiguous(memory_format=torch.channels_last)  # (B, 2C, h, w)
        update.zero("discriminator")
        with update.autocast():
            real_logits, fake_logits, wrong_logits = score_pairs(discriminator, real_pairs, drawn, right, wrong)
        realism = relativistic_loss(real_logits, fake_logits)
        listening = relativistic_loss(real_logits, wrong_logits)
        update.backward(realism + self.training.wrong_caption_weight * listening)
        slope = drawn.grad * turn_around(real_logits, fake_logits).repeat_interleave(2)[:, None, None, None]
        values = {"gap": (real_logits - fake_logits).mean(), "wrong gap": (real_logits - wrong_logits).mean()}
        if step % self.training.penalty_every == 0:
            values["penalty"] = self.penalise(discriminator, real_pairs, drawn, right, update)
        update.step("discriminator")
        return slope, values | {"realism": realism, "listening": listening, "norm adversarial": picture_norm(slope)}

    def _noise(self, batch: LatentBatch, right: Text, update: Updater) -> tuple[Tensor, Tensor]:
        """Noise (2B, noise_dim), its first rows read off the pictures to redraw; how far those are from N(0, 1)."""
        shape = (2 * len(batch.latents), self.modules["generator"].config.noise_dim)
        noise = torch.randn(shape, generator=update.rng, device=update.device)
        real = self._to_redraw(batch, update)
        if not len(real):
            return noise, noise.new_zeros(())
        pooled_features = right.twice().pooled_features[: len(real)]
        mean, log_variance = self.modules["recognition"](real, pooled_features)
        read_off = mean + (0.5 * log_variance).exp() * noise[: len(real)]
        return torch.cat([read_off, noise[len(real) :]]), kl_loss(mean, log_variance)

    def _to_redraw(self, batch: LatentBatch, update: Updater) -> Tensor:
        """Real pictures (B', C, h, w): all before the game starts, then those of half the captions, in the end none."""
        count = len(batch.latents)
        if update.progress >= self.training.redrawing_ends:
            count = 0
        elif update.progress >= self.training.game_starts:
            count = max(1, count // 2)
        return batch.latents[:count].flatten(0, 1).contiguous(memory_format=torch.channels_last)

    def _advice(
        self, drawn: Tensor, batch: LatentBatch, right: Text, counterfactual: Text, update: Updater
    ) -> Iterator[tuple[str, float, Tensor]]:
        """What the generator is told besides the discriminator's word: name, weight, loss."""
        settings, real = self.training, self._to_redraw(batch, update)
        if len(real):
            left = (settings.redrawing_ends - update.progress) / (settings.redrawing_ends - settings.game_starts)
            yield "redrawing", settings.redrawing_weight * min(1.0, left), (drawn[: len(real)] - real).square().mean()
        # Before the game there is nobody to notice when the generator finds a pattern that merely pleases the matcher.
        if self.matcher is not None and settings.matching_weight > 0 and update.progress >= settings.game_starts:
            loss = self.matching_loss(drawn, batch, right, counterfactual, update)
            yield "matching", settings.matching_weight, loss


def _adam(module: nn.Module, rate: float) -> Adam:
    return Adam(module.parameters(), rate, betas=(0.0, 0.99), fused=True)
