"""What does each loss of the autoencoder bring back? And do the article's cures for blur (its section 9.3) help?

A small autoencoder that must leave out eleven numbers of twelve, trained briefly on the same pictures: with the mean
error alone, then with one more loss at a time, the last of them a critic of patches. Beside it two of the article's
three cures, more training and a larger network; its third, adversarial training, is the critic.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torch.optim import Adam

from t2i_lib.autoencoder import Autoencoder, AutoencoderConfig
from t2i_lib.blocks import DownBlock, Fold, activate, convolution
from t2i_lib.datasets import StorybookDataset, pixels_to_images
from t2i_lib.experiments.picture_rows import save_rows
from t2i_lib.experiments.record import Outcome, Record, carry_out, record_file
from t2i_lib.locations import RUNS
from t2i_lib.losses import gradient_loss, gradient_penalty, pixel_loss, relativistic_loss, worst_pixel_loss
from t2i_lib.picture_quality import sharpness
from t2i_lib.pipeline import to_pictures
from t2i_lib.presets import LESSON, Preset
from t2i_lib.recipes.autoencoder import AutoencoderTask, find_judge, load_autoencoder, publish, save_autoencoder
from t2i_lib.recipes.pictures import training_pictures
from t2i_lib.storybook.scene import ATTRIBUTES, PEOPLE
from t2i_lib.training import Plan, train
from t2i_lib.updates import Updater

NAME = "autoencoder_losses"
STEPS = 300  # of 16 pictures: a quarter of a minute to a minute on one core
# Half as many latents as the lesson's and no layers for single pixels: so little room that it matters what fills it.
SMALL = replace(
    LESSON, name="small", autoencoder=AutoencoderConfig(64, 4, (48,), (1,), (1,), latent_channels=4), train_pairs=1000
)
WIDER = 1.5  # times as many channels in the larger network
CRITIC_SHARE = 0.5  # how strongly the critic pulls at the pixels, beside all other losses together
CRITIC_RATE, PENALTY, PENALTY_EVERY = 3e-4, 5e-5, 4
SHOWN = 5  # pictures a row of the sheet


@dataclass(frozen=True)
class Variant:
    """One way to train: a preset, how many times as long (0: not at all), and whether a critic of patches plays."""

    preset: Preset
    length: int = 1
    critic: bool = False


def variants(preset: Preset = SMALL) -> dict[str, Variant]:
    """From the best directions, where every training starts, to all losses; the article's further cures in between."""
    recipe = preset.autoencoder_training
    plain = _trained(preset, gradient_weight=0.0, worst_pixel_weight=0.0, feature_weight=0.0)
    edges = _trained(plain, gradient_weight=recipe.gradient_weight)
    worst = _trained(edges, worst_pixel_weight=recipe.worst_pixel_weight)
    widths = tuple(round(WIDER * width) for width in preset.autoencoder.widths)
    return {
        "best directions": Variant(plain, length=0),
        "L1": Variant(plain),
        "L1, twice as long": Variant(plain, length=2),
        "L1, wider": Variant(replace(plain, autoencoder=replace(plain.autoencoder, widths=widths))),
        "+ gradient": Variant(edges),
        "+ worst pixels": Variant(worst),
        "+ perceptual": Variant(preset),
        "+ critic": Variant(preset, critic=True),
    }


class PatchCritic(nn.Module):
    """(B, 3, H, W) -> logits (B, H/4, W/4): each looks at 20 x 20 pixels and says how real they are.

    Source: Isola et al. 2017, section 3.2.2, https://arxiv.org/abs/1611.07004
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(Fold(3, width, patch=2), DownBlock(width, width))
        self.to_logits = convolution(width, 1, kernel=1)

    def forward(self, images: Tensor) -> Tensor:
        return self.to_logits(activate(self.layers(images)))[:, 0].float()


class LossTask(AutoencoderTask):
    """The recipe's own task, which also measures sharpness and may play against a critic."""

    def __init__(self, variant: Variant, pictures: StorybookDataset, held_out: StorybookDataset, seed: int) -> None:
        preset = variant.preset
        judges = find_judge("perceptual"), find_judge("judge")
        super().__init__(preset.autoencoder, preset.autoencoder_training, pictures, held_out, *judges, seed)
        self.config = {**self.config, "critic": variant.critic}
        if variant.critic:
            self.modules["critic"] = critic = PatchCritic().to(memory_format=torch.channels_last)
            self.optimizers["critic"] = Adam(critic.parameters(), CRITIC_RATE, betas=(0.0, 0.99))

    def train_step(self, batch: Tensor, step: int, update: Updater) -> dict[str, float | Tensor]:
        """One update of the autoencoder, and of the critic where there is one."""
        if "critic" not in self.modules:
            return super().train_step(batch, step, update)
        images = pixels_to_images(batch).contiguous(memory_format=torch.channels_last)
        autoencoder, critic, weights = self.modules["autoencoder"], self.modules["critic"], self.training
        with update.autocast():
            latents, divergence = self._encode(autoencoder, images, update.rng)
            reconstructions = autoencoder.decode(latents).float()
            features = self._feature_loss(reconstructions, images, step)
            fooling = relativistic_loss(critic(reconstructions), critic(images).detach())
        loss = pixel_loss(reconstructions, images) + weights.feature_weight * features
        loss = loss + weights.gradient_weight * gradient_loss(reconstructions, images)
        loss = loss + weights.worst_pixel_weight * worst_pixel_loss(reconstructions, images)
        pull = CRITIC_SHARE * pull_ratio(loss, fooling, reconstructions)
        update("autoencoder", loss + weights.kl_weight * divergence + pull * fooling, clip=1.0)
        realism = self._teach(critic, images, reconstructions.detach(), step, update)
        return {"loss": loss, "pull": pull, "realism": realism}

    def _teach(self, critic: nn.Module, images: Tensor, redrawn: Tensor, step: int, update: Updater) -> Tensor:
        """The critic's turn: each patch of a picture shall score above the same patch redrawn."""
        update.zero("critic")
        with update.autocast():
            realism = relativistic_loss(critic(images), critic(redrawn))
        update.backward(realism, "critic")
        if step % PENALTY_EVERY == 0:  # so it weighs as many times more
            with update.autocast():
                penalty = gradient_penalty(lambda seen: critic(seen[0]).mean(dim=(1, 2)), [images])
            update.backward(0.5 * PENALTY * PENALTY_EVERY * penalty, "critic")
        update.step("critic")
        return realism

    @torch.no_grad()
    def gauges(self, modules: dict[str, nn.Module], step: int) -> dict[str, float]:
        """The recipe's gauges, and how sharp redrawn pictures are: 1 = as sharp as real ones."""
        images = self._held_out_images(modules["autoencoder"])[0]
        redrawn = torch.cat([modules["autoencoder"](part) for part in images.split(32)])
        ratio = sharpness(redrawn).mean() / sharpness(images).mean()
        return super().gauges(modules, step) | {"sharpness": float(ratio)}


def pull_ratio(loss: Tensor, other: Tensor, images: Tensor) -> Tensor:
    """How many times as strongly `loss` pulls at the images as `other` does: both then count alike, whatever they are.

    Source: Esser et al. 2021, eq. 7 (there at the last layer's weights), https://arxiv.org/abs/2012.09841

    >>> images = torch.ones(2, requires_grad=True)
    >>> pull_ratio(3 * images.sum(), images.sum(), images).item()
    3.0
    """
    slopes = [torch.autograd.grad(each, images, retain_graph=True)[0].float().norm() for each in (loss, other)]
    return (slopes[0] / slopes[1].clamp(min=1e-8)).detach()


def train_variant(variant: Variant, folder: Path, seed: int, steps: int = STEPS) -> Outcome:
    """Train one autoencoder and measure it on validation pictures; a run that was stopped goes on where it was."""
    task, folder = LossTask(variant, *training_pictures(variant.preset), seed), _of_seed(folder, seed)
    num_steps = steps * variant.length
    if num_steps:
        plan = Plan(num_steps, seed, warmup_steps=min(50, num_steps // 4), gauges_every=num_steps)
        gauges = train(task, folder, plan).gauges
        publish(folder, variant.preset.autoencoder, None)
    else:
        save_autoencoder(task.modules["autoencoder"].eval(), folder)
        gauges = task.gauges(task.modules, 0)
    return Outcome({name: round(value, 4) for name, value in gauges.items()})


def run(
    seeds: Iterable[int],
    steps: int = STEPS,
    preset: Preset = SMALL,
    path: Path | None = None,
    folder: Path = RUNS / "experiments",
) -> Record:
    """Train every variant once for each seed, and keep a sheet of pictures that those of the first seed redrew."""
    seeds, known = list(seeds), variants(preset)
    folders = {name: folder / f"{NAME}-{place}" for place, name in enumerate(known)}
    trainings = {name: partial(train_variant, variant, folders[name], steps=steps) for name, variant in known.items()}
    record = carry_out(NAME, trainings, seeds, path)
    trained = {name: _of_seed(each, seeds[0]) for name, each in folders.items()}
    if all((each / "autoencoder.safetensors").is_file() for each in trained.values()):
        images = telling_pictures(training_pictures(preset)[1])
        networks = {name: load_autoencoder(each) for name, each in trained.items()}
        save_rows((path or record_file(NAME)).with_suffix(".png"), redrawn_rows(images, networks))
    return record


def telling_pictures(held_out: StorybookDataset, count: int = SHOWN) -> Tensor:
    """The first held-out pictures (count, 3, H, W) with a face and birds: what is lost first."""
    columns = {name: place for place, name in enumerate(ATTRIBUTES)}
    people = [ATTRIBUTES["subject"].index(name) for name in PEOPLE]
    found = []
    for index in range(len(held_out)):
        attributes = held_out.labels(index)[0]
        if attributes[columns["subject"]] in people and attributes[columns["birds"]] > 0:
            found.append(held_out[index].pixels[0])
        if len(found) == count:
            break
    return pixels_to_images(torch.stack(found))


@torch.no_grad()
def redrawn_rows(images: Tensor, networks: dict[str, Autoencoder]) -> dict[str, Sequence[Image.Image]]:
    """The pictures themselves, then each network's version of them."""
    return {"real": to_pictures(images)} | {name: to_pictures(network(images)) for name, network in networks.items()}


def _trained(preset: Preset, **changes: float) -> Preset:
    return replace(preset, autoencoder_training=replace(preset.autoencoder_training, **changes))


def _of_seed(folder: Path, seed: int) -> Path:
    return folder.with_name(f"{folder.name}-{seed}")
