"""One step of the game with pictures of one's own: few of them, no attributes, often a trained artist to begin with.

What differs from `gan_task.py`: the discriminator sees one picture (twice, where it was made for pairs), nobody gives
advice, and pictures are augmented, real and drawn ones alike, before anyone looks at them.
"""

from dataclasses import dataclass, field
from random import Random

import torch
from PIL import Image
from torch import Tensor, nn

from t2i_lib.artist_files import ArtistConfig
from t2i_lib.augmentation import Augmentation
from t2i_lib.autoencoder import Autoencoder
from t2i_lib.datasets import shuffled_indices
from t2i_lib.discriminator import Discriminator, DiscriminatorConfig, see
from t2i_lib.features import FeatureNetwork
from t2i_lib.generator import Generator
from t2i_lib.losses import gradient_penalty, relativistic_loss
from t2i_lib.low_rank import add_low_rank, learning
from t2i_lib.presets import decisive
from t2i_lib.recipes.game import Text, adam, read, score_pairs
from t2i_lib.recipes.own_gauges import OwnGauges, discriminators_memory
from t2i_lib.recipes.own_pictures import OwnBatch, OwnPictures
from t2i_lib.text_encoder import TextEncoder
from t2i_lib.updates import Updater

AUGMENTED = ("both", "real", "none")
LEARNS = ("all", "affine", "low rank")
_AFFINE = ("to_modulation", "to_style", "read_pooled")  # what tells the blocks how to scale and shift


@dataclass(frozen=True)
class OwnTraining:
    """How an artist is trained on few pictures."""

    num_steps: int = 1000
    batch_size: int = 16
    generator_rate: float = 4e-4
    discriminator_rate: float = 3e-4
    wrong_caption_weight: float = 0.5
    view_noise: float = 0.2
    penalty_every: int = 8
    penalty: float = 2e-5
    ema_decay: float = 0.98
    augmented: str = "both"  # which pictures are augmented; "real": the naive way, "none"
    augmentation: Augmentation = field(default_factory=Augmentation)
    learns: str = "all"  # of the generator: "all", "affine" (styles alone), "low rank"
    rank: int = 8

    def __post_init__(self) -> None:
        for name, known in (("augmented", AUGMENTED), ("learns", LEARNS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, but is {getattr(self, name)!r}")


class OwnTask:
    """What the training loop needs to know.

    Args:
        generator, discriminator: trained ones, or new ones.
        train, held_out: pictures.
        features: frozen; what the discriminator looks through.
        text_encoder, autoencoder: frozen.
        settings: how it is trained.
        about: what else decides what comes out, such as the artist it began with.
    """

    name = "own"
    averaged = ("generator",)

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        train: OwnPictures,
        held_out: OwnPictures,
        features: FeatureNetwork,
        text_encoder: TextEncoder,
        autoencoder: Autoencoder,
        settings: OwnTraining,
        seed: int = 0,
        about: dict | None = None,
    ) -> None:
        torch.manual_seed(seed)
        self.settings, self.pictures, self.held_out, self.seed = settings, train, held_out, seed
        self.features, self.text_encoder = features, text_encoder
        self.gauge = OwnGauges(train, held_out, text_encoder, autoencoder, seed)
        self.config = {"training": decisive(settings), "pictures": len(train), **(about or {})}
        self.batch_size = settings.batch_size
        choose_learning(generator, settings)
        self.modules: dict[str, nn.Module] = {
            "generator": generator.to(memory_format=torch.channels_last),
            "discriminator": discriminator.to(memory_format=torch.channels_last),
        }
        self.optimizers = {
            "generator": adam(generator, settings.generator_rate),
            "discriminator": adam(discriminator, settings.discriminator_rate),
        }

    def batch_at(self, index: int) -> OwnBatch:
        """Pictures with a right and a wrong caption."""
        items = shuffled_indices(index, self.batch_size, len(self.pictures), self.seed)
        return self.pictures.batch(items, Random(f"own/{self.seed}/{index}"))

    def train_step(self, batch: OwnBatch, step: int, update: Updater) -> dict[str, float | Tensor]:
        """One update of both networks; one forward pass serves both."""
        settings, generator = self.settings, self.modules["generator"]
        discriminator = self.modules["discriminator"]
        noise = torch.randn(
            (len(batch.latents), generator.config.noise_dim), generator=update.rng, device=update.device
        )
        with update.autocast():
            right = read(self.text_encoder, batch.token_ids, batch.mask)
            wrong = read(self.text_encoder, batch.wrong_token_ids, batch.wrong_mask)
            drawn = self.look(self.change(generator(noise, *right), update.rng, "both"))
            with torch.no_grad():
                real = self.look(self.change(batch.latents, update.rng, "both", "real"))
            real_logits, fake_logits, wrong_logits = score_pairs(discriminator, real, drawn, right, wrong)
        values = {"gap": (real_logits - fake_logits).mean(), "wrong gap": (real_logits - wrong_logits).mean()}
        update.zero("generator")
        update.backward(relativistic_loss(fake_logits, real_logits.detach()), "generator", retain_graph=True)
        realism = relativistic_loss(real_logits, fake_logits)
        listening = relativistic_loss(real_logits, wrong_logits)
        update.zero("discriminator")
        update.backward(realism + settings.wrong_caption_weight * listening, "discriminator")
        if step % settings.penalty_every == 0:
            with update.autocast():
                slopes = [gradient_penalty(lambda seen: discriminator(seen, *right), views) for views in (real, drawn)]
            weight = 0.5 * settings.penalty * settings.penalty_every
            update.backward(weight * sum(slopes), "discriminator")
        update.step("discriminator")
        update.step("generator")
        return values | {"realism": realism, "listening": listening}

    def change(self, latents: Tensor, rng: torch.Generator, *when: str) -> Tensor:
        """Augment the latents, if the settings say so for this kind, and add the noise that the decoder forgives."""
        latents = latents.float()
        if self.settings.augmented in when:
            latents = self.settings.augmentation(latents, rng)
        noise = torch.randn(latents.shape, generator=rng, device=latents.device)
        return (latents + self.settings.view_noise * noise).contiguous(memory_format=torch.channels_last)

    def look(self, latents: Tensor) -> list[Tensor]:
        """The discriminator's views of single pictures; made for several of one caption, it sees each so many times."""
        copies = self.modules["discriminator"].config.pictures
        views = see(self.features.to(latents.device), latents)
        return [view.repeat(1, copies, 1, 1).contiguous(memory_format=torch.channels_last) for view in views]

    def gauges(self, modules: dict[str, nn.Module], step: int) -> dict[str, float]:
        """Without a judge; and how far the discriminator knows its training pictures by heart."""
        return self.gauge.measure(modules["generator"]) | {"overfitting": self.memory(modules)}

    def memory(self, modules: dict[str, nn.Module]) -> float:
        """`few_pictures.overfitting`, on as many pictures as were kept back."""
        count, device = len(self.held_out), next(modules["discriminator"].parameters()).device
        generator, rng = modules["generator"], torch.Generator().manual_seed(self.seed)

        def said(pictures: OwnPictures) -> Text:
            tokens = self.text_encoder.tokenize([each[0] for each in pictures.captions[:count]])
            return read(self.text_encoder, *(tensor.to(device) for tensor in tokens))

        def score(latents: Tensor, text: Text) -> Tensor:
            return modules["discriminator"](self.look(latents.to(device)), *text).float().cpu()

        seen, unseen = said(self.pictures), said(self.held_out)
        noise = generator.sample_noise(len(seen.mask), rng)
        drawn = generator(noise, *seen).float()
        return discriminators_memory(
            score, (self.pictures.latents[:count], seen), (self.held_out.latents, unseen), (drawn, seen)
        )

    def sample_grid(self, modules: dict[str, nn.Module], step: int) -> Image.Image:
        """Pictures of unseen and seen captions."""
        return self.gauge.sample_grid(modules["generator"])


def choose_learning(generator: Generator, settings: OwnTraining) -> int:
    """Let the part of the generator learn that the settings name; returns how many numbers that are."""
    generator.requires_grad_(settings.learns == "all")
    if settings.learns == "low rank":
        add_low_rank(generator, settings.rank)
    elif settings.learns == "affine":
        for name, parameter in generator.named_parameters():
            parameter.requires_grad_(any(part in name for part in _AFFINE))
    return learning(generator)


def new_networks(config: ArtistConfig, sizes: DiscriminatorConfig, seed: int) -> tuple[Generator, Discriminator]:
    """Untrained ones of an artist's sizes: for a training from scratch."""
    torch.manual_seed(seed)
    return Generator(config.generator), Discriminator(sizes)
