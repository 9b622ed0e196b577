"""Finding what an earlier recipe made: a text encoder, an autoencoder, and the pictures as its latents."""

from pathlib import Path

from t2i_lib.autoencoder import Autoencoder
from t2i_lib.locations import RUNS, checkpoint_folder
from t2i_lib.presets import Preset
from t2i_lib.recipes.autoencoder import load_autoencoder
from t2i_lib.recipes.latents import LatentPairs
from t2i_lib.recipes.pictures import training_pictures
from t2i_lib.runtime import pick_device
from t2i_lib.text_encoder import TextEncoder


def find_text_encoder(preset: Preset, device: str = "auto") -> TextEncoder:
    """The preset's text encoder, frozen, on the device: one that came with the repository, another folder, a hub id.

    Raises:
        ValueError: if there is none of that name.
    """
    shipped = checkpoint_folder(preset.text_encoder)
    source: str | Path = shipped if shipped.is_dir() else preset.text_encoder
    return TextEncoder.from_pretrained(source).to(pick_device(device))


def find_autoencoder(preset: Preset) -> Autoencoder:
    """The autoencoder of the preset's own training run if there is one, else the one that came with the repository.

    Raises:
        ValueError: if there is neither.
    """
    run = RUNS / f"autoencoder-{preset.name}"
    return load_autoencoder(run if (run / "config.json").is_file() else checkpoint_folder(preset.name))


def latent_pairs(
    preset: Preset, autoencoder: Autoencoder, text_encoder: TextEncoder
) -> tuple[LatentPairs, LatentPairs]:
    """Training and validation pictures of a preset as latents."""
    train, held_out = training_pictures(preset)
    return LatentPairs(train, autoencoder, text_encoder), LatentPairs(held_out, autoencoder, text_encoder)
