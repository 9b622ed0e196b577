"""Train generator and discriminator on latents, and join what comes out with the frozen parts: an artist.

The game itself stands in `game.py` (what it consists of), `gan_task.py` (its step) and `gan_gauges.py` (how it goes).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from t2i_lib.artist_files import ArtistConfig
from t2i_lib.autoencoder import Autoencoder
from t2i_lib.checkpoints import load_into, load_weights, save_weights
from t2i_lib.features import FeatureNetwork
from t2i_lib.generator import Generator
from t2i_lib.locations import RUNS, checkpoint_folder
from t2i_lib.pipeline import TextToImage
from t2i_lib.presets import Preset, find_preset
from t2i_lib.recipes.autoencoder import find_judge, load_autoencoder
from t2i_lib.recipes.features import has_features, load_features, save_features
from t2i_lib.recipes.gan_task import GanTask
from t2i_lib.recipes.latents import latent_weights
from t2i_lib.recipes.parts import find_parts, fitting_decoder, keep_parts, latent_pairs
from t2i_lib.training import Plan, TrainingReport, train

REMEDY = "`t2i train gan` makes one"


def run(
    preset: str | Preset = "full",
    folder: str | Path | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    device: str = "auto",
    precision: str = "auto",
    seed: int = 0,
    restart: bool = False,
    start: str | Path | None = None,
    text_encoder: str | None = None,
    gauges_every: int = 500,
) -> TrainingReport:
    """Train (or go on training) the GAN of a preset; `folder`/artist then holds what `t2i draw --model` takes.

    Args:
        preset: its name; or one that was changed, as experiments do.
        text_encoder: which one reads the prompts; the preset's without it. A name in data/checkpoints, another folder
            or a hub id, as wide as the preset's.
        start: an artist's folder. A new training begins with its networks instead of random ones, and keeps its text
            encoder and its autoencoder: the way to train a shipped model on, or on other pictures.
        gauges_every: steps from one look at how the game goes to the next.
    """
    sizes = preset if isinstance(preset, Preset) else find_preset(preset)
    sizes = replace(sizes, text_encoder=text_encoder or sizes.text_encoder)
    folder = Path(folder or RUNS / f"gan-{sizes.name}")
    reader, autoencoder = find_parts(sizes, folder, device, start, restart)
    pairs, held_out = latent_pairs(sizes, autoencoder, reader)
    trained = [] if restart else [folder]
    begun = [] if start is None else [Path(start)]
    features = find_features(sizes.name, autoencoder, [*trained, *begun])
    judge = find_judge("judge")
    task = GanTask(sizes, pairs, held_out, features, reader, autoencoder, judge, seed)
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
        gauges_every=gauges_every,
    )
    keep_parts(folder, reader, autoencoder, device, restart)
    save_features(features, folder)
    report = train(task, folder, plan, restart)
    publish(folder, sizes, folder / "artist")
    return report


def find_features(name: str, autoencoder: Autoencoder, places: Sequence[Path]) -> FeatureNetwork:
    """The feature network of the first place that has one, else of the preset's training, else the shipped one.

    The shipped one reads the latents of the shipped autoencoder only; it is not taken for those of another.

    Raises:
        ValueError: if there is none.
    """
    trained, shipped = RUNS / f"features-{name}", checkpoint_folder(name)
    found = next((place for place in [*places, trained] if has_features(place)), None)
    if found is None and has_features(shipped):
        same = latent_weights(load_autoencoder(shipped)) == latent_weights(autoencoder)
        found = shipped if same else None
    return load_features(found or trained)


def start_from(task: GanTask, artist: Path) -> None:
    """Give a new training the networks of an artist, as far as they were kept in its folder.

    Raises:
        ValueError: if the generator is missing, or a network's sizes differ.
    """
    for name, module in task.modules.items():
        path = artist / f"{name}.safetensors"
        if name == "generator" or path.is_file():
            load_into(module, load_weights(path), path)


def publish(run_folder: Path, preset: Preset, folder: Path) -> TextToImage:
    """Join the averaged generator of a training with its text encoder and autoencoder: an artist in `folder`."""
    generator = Generator(preset.generator)
    path = run_folder / "state" / "generator.averaged.safetensors"
    load_into(generator, load_weights(path, REMEDY), path)
    text_encoder, autoencoder = find_parts(preset, run_folder)
    autoencoder = fitting_decoder(preset, autoencoder)  # a larger one, if the training was of a smaller preset
    config = ArtistConfig(preset.generator, autoencoder.config, preset.name)
    artist = TextToImage(text_encoder, generator, autoencoder, config)
    artist.save_pretrained(folder)
    discriminator = load_weights(run_folder / "state" / "discriminator.safetensors", REMEDY)
    save_weights(folder / "discriminator.safetensors", discriminator)  # for whoever trains on
    if has_features(run_folder):
        save_features(load_features(run_folder), folder)
    return artist
