"""All sizes and training settings by name: `tiny` for tests, `lesson` (64 px), `full` (128 px, the default), `gpu`."""

from dataclasses import asdict, dataclass
from typing import Any

from t2i_lib.autoencoder import AutoencoderConfig
from t2i_lib.discriminator import DiscriminatorConfig
from t2i_lib.generator import GeneratorConfig
from t2i_lib.matcher import MatcherConfig


@dataclass(frozen=True)
class AutoencoderTraining:
    """How an autoencoder is trained; the weights multiply the losses of `losses.py`."""

    num_steps: int
    batch_size: int = 8
    learning_rate: float = 6e-4
    gradient_weight: float = 0.5
    worst_pixel_weight: float = 0.1
    feature_weight: float = 0.2
    kl_weight: float = 5e-3  # how firmly latents are held near N(0, 1)
    latent_noise: float = 0.05  # the decoder learns to forgive a generator that is a little off


@dataclass(frozen=True)
class MatcherTraining:
    """How a matcher is trained."""

    num_steps: int
    batch_size: int = 64  # pairs of pictures
    learning_rate: float = 1e-3
    wrong_captions: int = 2  # counterfactual captions a pair
    latent_noise: float = 0.2  # so that its advice is smooth around real latents


@dataclass(frozen=True)
class GanTraining:
    """How generator and discriminator are trained."""

    num_steps: int
    batch_size: int = 16  # pairs of pictures; the generator draws twice as many
    generator_rate: float = 3e-4
    discriminator_rate: float = 3e-4
    wrong_caption_weight: float = 0.5
    matching_weight: float = 1.0
    game_starts: float = 0.2  # share of the training before which the generator only redraws real pictures
    redrawing_weight: float = 40.0  # from there on it falls linearly ...
    redrawing_ends: float = 1.5  # ... towards nothing at this share (above 1: some is left at the end)
    divergence_weight: float = 2.0  # keeps noise read off pictures N(0, 1); too weak, and drawn noise means nothing
    penalty_every: int = 4
    penalty_start: float = 0.5  # gamma of R1 and R2 at the first step ...
    penalty_end: float = 0.05  # ... and at the last
    ema_decay: float = 0.999


@dataclass(frozen=True)
class Preset:
    """One size of the whole pipeline."""

    name: str
    autoencoder: AutoencoderConfig
    matcher: MatcherConfig
    generator: GeneratorConfig
    discriminator: DiscriminatorConfig
    autoencoder_training: AutoencoderTraining
    matcher_training: MatcherTraining
    gan_training: GanTraining
    text_encoder: str = "text-bert"  # a folder in data/checkpoints, any other folder or a hub id
    train_pairs: int = 24_000  # pairs of training pictures

    @property
    def image_size(self) -> int:
        """Edge of the pictures, pixels."""
        return self.autoencoder.image_size


TINY = Preset(
    name="tiny",
    autoencoder=AutoencoderConfig(32, 2, (8,), (1,), (1,), latent_channels=3),
    matcher=MatcherConfig(latent_channels=3, widths=(8, 12), match_dim=16),
    generator=GeneratorConfig(
        noise_dim=8, style_dim=16, widths=(12, 8, 8), depths=(1, 1, 1), num_heads=2, latent_channels=3
    ),
    discriminator=DiscriminatorConfig(widths=(8, 12, 16), latent_channels=3, region_dim=8),
    autoencoder_training=AutoencoderTraining(num_steps=20, batch_size=4, feature_weight=0.0),
    matcher_training=MatcherTraining(num_steps=20, batch_size=4, wrong_captions=2),
    gan_training=GanTraining(num_steps=20, batch_size=2),
    train_pairs=16,
)
LESSON = Preset(
    name="lesson",
    autoencoder=AutoencoderConfig(64, 4, (128,), (1,), (2,), latent_channels=16),
    matcher=MatcherConfig(latent_channels=16),
    generator=GeneratorConfig(widths=(192, 128, 96), depths=(1, 1, 1), head_width=384),
    discriminator=DiscriminatorConfig(widths=(64, 96, 160), stem_width=192),
    autoencoder_training=AutoencoderTraining(num_steps=3_000),
    matcher_training=MatcherTraining(num_steps=1_200),
    gan_training=GanTraining(num_steps=12_000, penalty_start=2.0, penalty_end=0.2),
)
FULL = Preset(
    name="full",
    autoencoder=AutoencoderConfig(128, 4, (64, 192), (1, 1), (1, 2), latent_channels=32),
    matcher=MatcherConfig(latent_channels=32),
    generator=GeneratorConfig(widths=(224, 160, 96), depths=(1, 1, 1), latent_channels=32),
    discriminator=DiscriminatorConfig(widths=(64, 128, 192), latent_channels=32),
    autoencoder_training=AutoencoderTraining(num_steps=4_000),
    matcher_training=MatcherTraining(num_steps=1_500),
    gan_training=GanTraining(
        num_steps=16_000,
        discriminator_rate=1e-4,
        matching_weight=0.0,  # one network less to train; what its advice is worth is not measured yet
        game_starts=0.6,
        divergence_weight=4.0,
        penalty_start=5.0,
        penalty_end=2.0,
    ),
)
GPU = Preset(
    name="gpu",
    autoencoder=AutoencoderConfig(128, 4, (128, 256), (2, 2), (3, 4), latent_channels=32),
    matcher=MatcherConfig(latent_channels=32, widths=(96, 192, 256)),
    generator=GeneratorConfig(widths=(384, 320, 256), depths=(2, 2, 2), latent_channels=32),
    discriminator=DiscriminatorConfig(widths=(192, 320, 384), latent_channels=32),
    autoencoder_training=AutoencoderTraining(num_steps=30_000, batch_size=64),
    matcher_training=MatcherTraining(num_steps=10_000, batch_size=256),
    gan_training=GanTraining(num_steps=40_000, batch_size=128, generator_rate=3e-4, discriminator_rate=3e-4),
    train_pairs=100_000,
)
PRESETS = {preset.name: preset for preset in (TINY, LESSON, FULL, GPU)}


def decisive(training: AutoencoderTraining | MatcherTraining | GanTraining) -> dict[str, Any]:
    """The settings that must not change when a training goes on: all but its length, which may grow."""
    return {name: value for name, value in asdict(training).items() if name != "num_steps"}


def find_preset(name: str) -> Preset:
    """The preset of that name.

    Raises:
        ValueError: if there is none.
    """
    if name not in PRESETS:
        raise ValueError(f"unknown preset {name!r}; choose one of {', '.join(PRESETS)}")
    return PRESETS[name]
