"""What an earlier recipe made and a later one builds on: a text encoder, an autoencoder, the pictures as its latents.

A training keeps copies of both in its own folder. Whatever is trained or shipped anew in the meantime, it goes on with
the parts it began with, and the artist it becomes holds parts that fit each other.
"""

from pathlib import Path

from t2i_lib.autoencoder import Autoencoder
from t2i_lib.locations import RUNS, checkpoint_folder
from t2i_lib.presets import Preset
from t2i_lib.recipes.autoencoder import load_autoencoder, save_autoencoder
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


def keep_parts(
    preset: Preset, folder: Path, device: str = "auto", artist: str | Path | None = None
) -> tuple[TextEncoder, Autoencoder]:
    """The text encoder and the autoencoder of the training in `folder`; its first call copies them there.

    They come from `artist` if one is given. Otherwise a GAN takes over the copies of its matcher, with which its
    matching advice has to agree, and a matcher takes the preset's.
    """
    text_folder, picture_folder = folder / "text_encoder", folder / "autoencoder"
    if not (picture_folder / "config.json").is_file():
        adviser = RUNS / f"matcher-{preset.name}"
        if artist is not None:
            text_encoder = TextEncoder.from_pretrained(Path(artist) / "text_encoder")
            autoencoder = load_autoencoder(Path(artist))
        elif folder != adviser and (adviser / "autoencoder" / "config.json").is_file():
            text_encoder, autoencoder = keep_parts(preset, adviser, device)
        else:
            text_encoder, autoencoder = find_text_encoder(preset, device), find_autoencoder(preset)
        text_encoder.save_pretrained(text_folder)
        save_autoencoder(autoencoder, picture_folder)
    text_encoder = TextEncoder.from_pretrained(text_folder).to(pick_device(device))
    return text_encoder, load_autoencoder(picture_folder)


def latent_pairs(
    preset: Preset, autoencoder: Autoencoder, text_encoder: TextEncoder
) -> tuple[LatentPairs, LatentPairs]:
    """Training and validation pictures of a preset as latents."""
    train, held_out = training_pictures(preset)
    return LatentPairs(train, autoencoder, text_encoder), LatentPairs(held_out, autoencoder, text_encoder)
