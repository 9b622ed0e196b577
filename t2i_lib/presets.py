"""All sizes and training settings by name: `tiny` for tests, `lesson` (64 px), `full` (128 px, the default), `gpu`."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from t2i_lib.autoencoder import AutoencoderConfig
from t2i_lib.discriminator import DiscriminatorConfig
from t2i_lib.features import FeatureNetworkConfig
from t2i_lib.flow import FlowConfig
from t2i_lib.generator import GeneratorConfig
from t2i_lib.picture_tokens import PictureTokensConfig
from t2i_lib.token_artist import TokenArtistConfig


@dataclass(frozen=True)
class AutoencoderTraining:
    """How an autoencoder is trained; the weights multiply the losses of `losses.py`."""

    num_steps: int
    batch_size: int = 16
    learning_rate: float = 8e-4
    gradient_weight: float = 0.5
    worst_pixel_weight: float = 0.1
    feature_weight: float = 0.3
    feature_every: int = 2  # a feature loss costs as much as all the rest of a step
    kl_weight: float = 0.02  # how firmly latents are held near N(0, 1); let go, they grow and laugh at the noise
    latent_noise: float = 0.2  # the decoder learns to forgive a generator that is a little off


@dataclass(frozen=True)
class FeatureTraining:
    """How a feature network is trained."""

    num_steps: int
    batch_size: int = 32  # pairs of pictures
    learning_rate: float = 1e-3
    latent_noise: float = 0.2  # at most: what the discriminator looks through hears the same noise


@dataclass(frozen=True)
class GanTraining:
    """How generator and discriminator are trained."""

    num_steps: int
    batch_size: int = 32  # pairs of pictures; the generator draws twice as many
    generator_rate: float = 4e-4
    discriminator_rate: float = 3e-4
    wrong_caption_weight: float = 0.5
    wrong_captions: str = "mixed"  # or "neighbours", "counterfactual": where wrong captions come from
    advice_weight: float = 0.3  # of what the feature network does not find in a drawn picture
    view_noise: float = 0.2  # on all latents, real or drawn, before anyone looks: the decoder forgives as much
    penalty_every: int = 8
    penalty_start: float = 5e-5  # gamma of R1 and R2 at the first step ...
    penalty_end: float = 5e-6  # ... and at the last
    ema_decay: float = 0.9995  # a shorter mean leaves dabs of colour in skies


@dataclass(frozen=True)
class DrawingTraining:
    """How an artist without an adversary is trained: a flow, big steps for it, a writer of tokens."""

    num_steps: int
    batch_size: int = 32  # captions, with two pictures each
    learning_rate: float = 1e-3
    silent: float = 0.1  # share of the prompts that go unheard, so that guidance can be asked both ways
    ema_decay: float = 0.999


@dataclass(frozen=True)
class Preset:
    """One size of the whole pipeline."""

    name: str
    autoencoder: AutoencoderConfig
    features: FeatureNetworkConfig
    generator: GeneratorConfig
    discriminator: DiscriminatorConfig
    autoencoder_training: AutoencoderTraining
    feature_training: FeatureTraining
    gan_training: GanTraining
    flow: FlowConfig = FlowConfig()
    flow_training: DrawingTraining = DrawingTraining(num_steps=3_000)
    shortcut_training: DrawingTraining = DrawingTraining(num_steps=700, learning_rate=5e-4)
    writer: TokenArtistConfig = TokenArtistConfig()
    writer_training: DrawingTraining = DrawingTraining(num_steps=3_500)
    text_encoder: str = "text-bert"  # a folder in data/checkpoints, any other folder or a hub id
    train_pairs: int = 24_000  # pairs of training pictures

    @property
    def image_size(self) -> int:
        """Edge of the pictures, pixels."""
        return self.autoencoder.image_size


TINY = Preset(
    name="tiny",
    autoencoder=AutoencoderConfig(32, 2, (8,), (1,), (1,), latent_channels=3),
    features=FeatureNetworkConfig(3, 16, (8, 12, 16), 16),
    generator=GeneratorConfig(
        noise_dim=8, style_dim=16, widths=(12, 8, 8), depths=(1, 1, 1), num_heads=2, latent_channels=3
    ),
    discriminator=DiscriminatorConfig(
        channels=(3, 8, 12, 16),
        grids=(16, 16, 8, 4),
        width=8,
        latent_widths=(8, 12, 16),
        vector_dim=12,
        region_dim=8,
    ),
    autoencoder_training=AutoencoderTraining(num_steps=20, batch_size=4, feature_weight=0.0, latent_noise=0.05),
    feature_training=FeatureTraining(num_steps=20, batch_size=4),
    gan_training=GanTraining(num_steps=20, batch_size=2),
    flow=FlowConfig(style_dim=16, widths=(8, 12), depths=(1, 1, 1), num_heads=2, latent_channels=3, num_steps=2),
    flow_training=DrawingTraining(num_steps=20, batch_size=2),
    shortcut_training=DrawingTraining(num_steps=20, batch_size=4),
    writer=TokenArtistConfig(PictureTokensConfig(3, 16, 4, letters=2, codes=7), depth=1, num_heads=2, mlp_dim=32),
    writer_training=DrawingTraining(num_steps=20, batch_size=2),
    train_pairs=16,
)
LESSON = Preset(
    name="lesson",
    autoencoder=AutoencoderConfig(64, 2, (96, 192), (1, 1), (2, 2), latent_channels=8),
    features=FeatureNetworkConfig(),
    generator=GeneratorConfig(),
    discriminator=DiscriminatorConfig(),
    autoencoder_training=AutoencoderTraining(num_steps=3_000),
    feature_training=FeatureTraining(num_steps=1_500),
    gan_training=GanTraining(num_steps=6_500),
)
# Its latents are the lesson's: the generator begins where the lesson ends, and only the decoder is a larger one.
FULL = replace(
    LESSON,
    name="full",
    autoencoder=AutoencoderConfig(
        128, 2, (48, 96, 192), (1, 1), (1, 2, 2), latent_channels=8, encoder_patch=2, encoder_widths=(96, 192)
    ),
    autoencoder_training=AutoencoderTraining(num_steps=3_000, batch_size=8),
    gan_training=GanTraining(
        num_steps=1_500, generator_rate=2e-4, discriminator_rate=2e-4, penalty_start=1e-5, penalty_end=5e-6
    ),
)
GPU = Preset(
    name="gpu",
    autoencoder=AutoencoderConfig(128, 4, (128, 256), (2, 2), (3, 4), latent_channels=32),
    features=FeatureNetworkConfig(latent_channels=32, latent_size=16, widths=(96, 192, 256)),
    generator=GeneratorConfig(widths=(384, 320, 256), depths=(2, 2, 2), latent_channels=32),
    discriminator=DiscriminatorConfig(
        channels=(32, 96, 192, 256), width=128, latent_widths=(192, 256, 384), vector_dim=256
    ),
    autoencoder_training=AutoencoderTraining(num_steps=30_000, batch_size=64, latent_noise=0.2),
    feature_training=FeatureTraining(num_steps=10_000, batch_size=128),
    gan_training=GanTraining(num_steps=40_000, batch_size=128, generator_rate=3e-4, discriminator_rate=3e-4),
    train_pairs=100_000,
)
PRESETS = {preset.name: preset for preset in (TINY, LESSON, FULL, GPU)}


def decisive(training: Any) -> dict[str, Any]:
    """The settings (a dataclass) that must not change when a training goes on: all but its length, which may grow."""
    return {name: value for name, value in asdict(training).items() if name != "num_steps"}


def find_preset(name: str) -> Preset:
    """The preset of that name.

    Raises:
        ValueError: if there is none.
    """
    if name not in PRESETS:
        raise ValueError(f"unknown preset {name!r}; choose one of {', '.join(PRESETS)}")
    return PRESETS[name]
