"""Train generator and discriminator on latents: the adversarial game with captions.

One forward pass of the generator and one look of the discriminator serve both updates. The discriminator sees pairs of
pictures of one caption, right and wrong captions. The generator is also advised by the frozen matcher. Before the game
starts, and for a while after, it redraws: given a caption and the noise that a recognition network reads off a real
picture, it must draw that picture, which teaches it where things belong long before a discriminator could.
"""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor, nn
from torch.optim import Adam

from t2i_lib.artist_files import ArtistConfig
from t2i_lib.autoencoder import Autoencoder
from t2i_lib.checkpoints import load_into, load_weights, save_weights
from t2i_lib.datasets import images_to_pixels, pixels_to_images, shuffled_indices
from t2i_lib.discriminator import Discriminator, stack_pairs
from t2i_lib.generator import Generator
from t2i_lib.judge import Judge
from t2i_lib.locations import RUNS
from t2i_lib.losses import choice_loss, gradient_penalty, kl_loss, relativistic_loss
from t2i_lib.matcher import Matcher
from t2i_lib.metrics import accuracy_per_attribute
from t2i_lib.pipeline import TextToImage
from t2i_lib.presets import Preset, decisive, find_preset
from t2i_lib.recipes.autoencoder import find_judge
from t2i_lib.recipes.latents import LatentBatch, LatentPairs, fits
from t2i_lib.recipes.matcher import load_matcher
from t2i_lib.recipes.parts import keep_parts, latent_pairs
from t2i_lib.recipes.pictures import draw_grid
from t2i_lib.recognition import RecognitionNetwork
from t2i_lib.runtime import autocast
from t2i_lib.text_encoder import TextEncoder
from t2i_lib.training import Plan, TrainingReport, train
from t2i_lib.updates import Updater

REMEDY = "`t2i train gan` makes one"
GAUGE_PAIRS = 250


class Text(NamedTuple):
    """Prompts as the picture networks read them."""

    text_features: Tensor  # (B, L, D)
    mask: Tensor  # (B, L) bool
    pooled_features: Tensor  # (B, D)

    def twice(self) -> "Text":
        """Every prompt two times in a row: one for each picture of a pair."""
        return Text(*(tensor.repeat_interleave(2, dim=0) for tensor in self))


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
        self.training, self.pairs, self.held_out, self.seed = preset.gan_training, pairs, held_out, seed
        self.text_encoder, self.autoencoder, self.matcher, self.judge = text_encoder, autoencoder, matcher, judge
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
        right = self._read(batch.token_ids, batch.mask)
        counterfactual = self._read(batch.wrong_token_ids, batch.wrong_mask)
        update.zero("recognition")
        update.zero("generator")
        with update.autocast():
            noise, divergence = self._noise(
                batch, right, update
            )  # (2B, noise_dim); the first part read off real pictures
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

    def _play(
        self, drawn: Tensor, batch: LatentBatch, right: Text, counterfactual: Text, step: int, update: Updater
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The discriminator's update, and what its look at the drawn pictures tells the generator: (2B, C, h, w)."""
        discriminator = self.modules["discriminator"]
        wrong = _mix_wrong(right, counterfactual, batch)
        real_pairs = batch.latents.flatten(1, 2).contiguous(memory_format=torch.channels_last)  # (B, 2C, h, w)
        update.zero("discriminator")
        real_logits, fake_logits, wrong_logits = self._judge(discriminator, real_pairs, drawn, right, wrong, update)
        realism = relativistic_loss(real_logits, fake_logits)
        listening = relativistic_loss(real_logits, wrong_logits)
        update.backward(realism + self.training.wrong_caption_weight * listening)
        slope = drawn.grad * turn_around(real_logits, fake_logits).repeat_interleave(2)[:, None, None, None]
        values = {"gap": (real_logits - fake_logits).mean(), "wrong gap": (real_logits - wrong_logits).mean()}
        if step % self.training.penalty_every == 0:
            values["penalty"] = self._penalise(discriminator, real_pairs, drawn, right, update)
        update.step("discriminator")
        return slope, values | {"realism": realism, "listening": listening, "norm adversarial": picture_norm(slope)}

    @torch.no_grad()
    def gauges(self, modules: dict[str, nn.Module], step: int) -> dict[str, float]:
        """Prompt accuracy, text-use gap and variety on validation prompts, two pictures each."""
        if self.judge is None:
            return {}
        batch = self._held_out_batch()
        images = self._draw(modules["generator"], batch)  # (2N, 3, H, W)
        stated = batch.stated.repeat_interleave(2, 0)
        found = self._attributes(images)
        gauges = {f"prompt/{name}": share.value for name, share in accuracy_per_attribute(found, stated).items()}
        gauges["prompt accuracy"] = share_found(found, stated)
        gauges["exact match"] = float(((found == stated) | (stated < 0)).all(1).float().mean())
        gauges["text-use gap"] = gauges["prompt accuracy"] - share_found(found, stated.roll(2, 0))
        gauges["variety"] = pair_distance(images) / pair_distance(self._real_images())
        return gauges

    @torch.no_grad()
    def sample_grid(self, modules: dict[str, nn.Module], step: int) -> Image.Image:
        """Two pictures a prompt, side by side: sixteen validation prompts in four columns of pairs."""
        batch = self._held_out_batch()
        images = self._draw(modules["generator"], LatentBatch(*(tensor[:16] for tensor in batch)))
        return draw_grid(images_to_pixels(images), columns=8)

    def _read(self, token_ids: Tensor, mask: Tensor) -> Text:
        text_encoder = self.text_encoder.to(token_ids.device)  # of several processes, each has its own GPU
        with torch.no_grad():
            text_features, pooled_features = text_encoder(token_ids, mask)
        return Text(text_features, mask, pooled_features)

    def _judge(
        self, discriminator: Discriminator, real: Tensor, drawn: Tensor, right: Text, wrong: Text, update: Updater
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (B,) of real pairs, drawn pairs, and real pairs with the wrong caption, from a single look."""
        count = len(real)
        with update.autocast():
            regions, vectors = discriminator.look(torch.cat([real, stack_pairs(drawn)]))
            real_logits = discriminator.match(regions[:count], vectors[:count], *right)
            fake_logits = discriminator.match(regions[count:], vectors[count:], *right)
            wrong_logits = discriminator.match(regions[:count], vectors[:count], *wrong)
        return real_logits.float(), fake_logits.float(), wrong_logits.float()

    def _penalise(
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

    def _noise(self, batch: LatentBatch, right: Text, update: Updater) -> tuple[Tensor, Tensor]:
        """Noise (2B, noise_dim), its first rows read off the pictures to redraw; how far those are from N(0, 1)."""
        shape = (2 * len(batch.latents), self.modules["generator"].config.noise_dim)
        noise = torch.randn(shape, generator=update.rng, device=update.device)
        real = self._to_redraw(batch, update)
        if not len(real):
            return noise, noise.new_zeros(())
        pooled_features = right.twice().pooled_features[: len(real)]
        mean, log_variance = self.modules["recognition"](real, pooled_features)
        read = mean + (0.5 * log_variance).exp() * noise[: len(real)]
        return torch.cat([read, noise[len(real) :]]), kl_loss(mean, log_variance)

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
            yield "matching", settings.matching_weight, self._matching_loss(drawn, right, counterfactual, update)

    def _matching_loss(self, drawn: Tensor, right: Text, counterfactual: Text, update: Updater) -> Tensor:
        """Each drawn picture must fit its caption better than the others' captions and the counterfactual one."""
        matcher = self._on_device(self.matcher)
        with update.autocast():
            pictures = matcher.embed_latents(drawn)  # (2B, M)
            wanted = matcher.embed_prompts(right.pooled_features).repeat_interleave(2, 0)  # (2B, M)
            unwanted = matcher.embed_prompts(counterfactual.pooled_features).repeat_interleave(2, 0)
        neighbours = [wanted.roll(2 * back, 0) for back in range(1, min(4, len(wanted) // 2))]  # up to three
        return choice_loss(pictures, wanted, torch.stack([unwanted, *neighbours], dim=1), matcher.scale)

    def _held_out_batch(self) -> LatentBatch:
        """The same validation prompts every time."""
        items = torch.arange(min(GAUGE_PAIRS, len(self.held_out)))
        batch = self.held_out.batch(items, Random("gan gauges"), wrong_captions=1)
        device = next(self.text_encoder.parameters()).device
        return LatentBatch(*(tensor.to(device) for tensor in batch))

    def _draw(self, generator: Generator, batch: LatentBatch) -> Tensor:
        """Two pictures a prompt, (2B, 3, H, W) in [-1, 1]; the same noise every time."""
        noise = generator.sample_noise(2 * len(batch.stated), torch.Generator().manual_seed(self.seed))
        text = self._read(batch.token_ids, batch.mask).twice()
        decoder = self._on_device(self.autoencoder)
        images = []
        for rows in torch.arange(len(noise), device=noise.device).split(50):
            with autocast(noise.device, "fp32"):
                latents = generator(noise[rows], *(tensor[rows] for tensor in text))
                images.append(decoder.decode(latents.float()))
        return torch.cat(images)

    def _real_images(self) -> Tensor:
        pairs = self.held_out.pictures.batch(range(min(GAUGE_PAIRS, len(self.held_out))))
        return pixels_to_images(pairs.pixels.flatten(0, 1))

    def _attributes(self, images: Tensor) -> Tensor:
        judge = self._on_device(self.judge)
        return torch.cat([judge.attributes(part) for part in images.split(100)])

    def _on_device(self, module: nn.Module) -> nn.Module:
        return module.to(next(self.text_encoder.parameters()).device)


def turn_around(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """What turns the discriminator's gradient with respect to drawn pictures into the generator's, (B,).

    The discriminator minimises softplus(fake - real), the generator softplus(real - fake). By the chain rule both
    gradients run through the same derivative of `fake` and differ by one factor a pair, -sigmoid(d) / sigmoid(-d)
    with d = real - fake, which is -exp(d). So one backward pass does for both.

    >>> turn_around(torch.tensor([1.0]), torch.tensor([1.0])).tolist()  # undecided: equal and opposite
    [-1.0]
    """
    return -(real_logits - fake_logits).detach().clamp(max=20).exp()


def picture_norm(slope: Tensor) -> Tensor:
    """Mean length of the gradient that a picture receives, times their number: so it does not depend on the batch."""
    return slope.flatten(1).norm(dim=1).mean() * len(slope)


def share_found(found: Tensor, stated: Tensor) -> float:
    """Share of the stated attributes that were found; both (B, 9), -1 = not stated."""
    asked = stated >= 0
    return float((found == stated)[asked].float().mean())


def pair_distance(images: Tensor) -> float:
    """Mean distance (L2 over pixels) between pictures 2i and 2i+1 of (2B, 3, H, W)."""
    return float((images[::2] - images[1::2]).flatten(1).norm(dim=1).mean())


def _mix_wrong(right: Text, counterfactual: Text, batch: LatentBatch) -> Text:
    """Wrong captions: every other one a neighbour's (where that is really wrong), the rest counterfactual."""
    length = max(right.mask.shape[1], counterfactual.mask.shape[1])
    neighbour = Text(*(tensor.roll(1, 0) for tensor in _padded(right, length)))
    happens_to_fit = fits(batch.stated.roll(1, 0), batch.attributes[:, 0]).diagonal()
    even = torch.arange(len(batch.stated), device=batch.stated.device) % 2 == 0
    take = even & ~happens_to_fit
    return Text(
        *(
            torch.where(take.view(-1, *[1] * (ours.ndim - 1)), ours, theirs)
            for ours, theirs in zip(neighbour, _padded(counterfactual, length), strict=True)
        )
    )


def _padded(text: Text, length: int) -> Text:
    missing = length - text.mask.shape[1]
    features = nn.functional.pad(text.text_features, (0, 0, 0, missing))
    return Text(features, nn.functional.pad(text.mask, (0, missing)), text.pooled_features)


def _adam(module: nn.Module, rate: float) -> Adam:
    return Adam(module.parameters(), rate, betas=(0.0, 0.99), fused=True)


def publish(run_folder: Path, preset: Preset, folder: Path) -> TextToImage:
    """Join the averaged generator of a training with its text encoder and autoencoder: an artist in `folder`."""
    generator = Generator(preset.generator)
    path = run_folder / "state" / "generator.averaged.safetensors"
    load_into(generator, load_weights(path, REMEDY), path)
    text_encoder, autoencoder = keep_parts(preset, run_folder)
    config = ArtistConfig(preset.generator, autoencoder.config, preset.name)
    artist = TextToImage(text_encoder, generator, autoencoder, config)
    artist.save_pretrained(folder)
    for name in ("discriminator", "recognition"):  # for whoever trains on
        save_weights(folder / f"{name}.safetensors", load_weights(run_folder / "state" / f"{name}.safetensors", REMEDY))
    return artist


def start_from(task: GanTask, artist: Path) -> None:
    """Give a new training the generator of an artist, and its other networks if they were kept.

    Raises:
        ValueError: if the networks' sizes differ.
    """
    for name, module in task.modules.items():
        path = artist / f"{name}.safetensors"
        if name == "generator" or path.is_file():
            load_into(module, load_weights(path), path)


def _find_matcher(preset: Preset) -> Matcher | None:
    folder = RUNS / f"matcher-{preset.name}"
    if preset.gan_training.matching_weight and (folder / "matcher.safetensors").is_file():
        return load_matcher(folder)
    print(f"no matcher in {folder}: the generator goes without its advice; `t2i train matcher` makes one")
    return None


def run(
    preset: str = "full",
    folder: str | Path | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    device: str = "auto",
    precision: str = "auto",
    seed: int = 0,
    restart: bool = False,
    start: str | Path | None = None,
) -> TrainingReport:
    """Train (or go on training) the GAN of a preset; `folder`/artist then holds what `t2i draw --model` takes.

    Args:
        start: an artist's folder. A new training begins with its networks instead of random ones, and keeps its text
            encoder and its autoencoder: the way to train a shipped model on, or on other pictures.
    """
    sizes = find_preset(preset)
    folder = Path(folder or RUNS / f"gan-{preset}")
    text_encoder, autoencoder = keep_parts(sizes, folder, device, start)
    pairs, held_out = latent_pairs(sizes, autoencoder, text_encoder)
    matcher, judge = _find_matcher(sizes), find_judge("judge")
    task = GanTask(sizes, pairs, held_out, text_encoder, autoencoder, matcher, judge, seed)
    if start is not None:
        start_from(task, Path(start))
    settings = sizes.gan_training
    plan = Plan(
        steps or settings.num_steps,
        seed,
        ema_decay=settings.ema_decay,
        minutes=minutes,
        device=device,
        precision=precision,
        gauges_every=500,
    )
    report = train(task, folder, plan, restart)
    publish(folder, sizes, folder / "artist")
    return report
