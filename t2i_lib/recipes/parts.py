"""What an earlier recipe made and a later one builds on: a text encoder, an autoencoder, the pictures as its latents.

A training keeps copies of both in its own folder. Whatever is trained or shipped anew in the meantime, it goes on with
the parts it began with, and the artist it becomes holds parts that fit each other.
"""

import os
import shutil
from pathlib import Path

from t2i_lib.autoencoder import Autoencoder
from t2i_lib.distributed import join_world
from t2i_lib.locations import RUNS, checkpoint_folder
from t2i_lib.presets import Preset
from t2i_lib.recipes.autoencoder import load_autoencoder, save_autoencoder
from t2i_lib.recipes.latents import LatentPairs, latent_weights
from t2i_lib.recipes.pictures import training_pictures
from t2i_lib.run_folder import RunFolder
from t2i_lib.runtime import pick_device
from t2i_lib.text_encoder import TextEncoder

_COPIES = ("text_encoder", "autoencoder")  # put in place in this order: where the last one is, both are whole


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


def find_parts(
    preset: Preset, folder: Path, device: str = "auto", artist: str | Path | None = None, restart: bool = False
) -> tuple[TextEncoder, Autoencoder]:
    """The text encoder and the autoencoder of the training in `folder`: its own copies, once it has any.

    A training that begins, or begins again, takes them from `artist` if one is given (where that has a decoder of
    another size than the preset's, one trained for its latents by `t2i train autoencoder --start` replaces it).
    Otherwise they are the preset's; only a GAN takes over its feature network's autoencoder, whose latents are the only
    ones that this network reads.
    """
    eyes = RUNS / f"features-{preset.name}"
    if _has_copies(folder) and not restart:
        text_encoder, autoencoder = _load_copies(folder)
    elif artist is not None:
        text_encoder = TextEncoder.from_pretrained(Path(artist) / "text_encoder")
        autoencoder = fitting_decoder(preset, load_autoencoder(Path(artist)))
    elif folder != eyes and _has_copies(eyes):
        text_encoder, autoencoder = find_text_encoder(preset, device), load_autoencoder(eyes / "autoencoder")
    else:
        text_encoder, autoencoder = find_text_encoder(preset, device), find_autoencoder(preset)
    return text_encoder.to(pick_device(device)), autoencoder


def keep_parts(
    folder: Path, text_encoder: TextEncoder, autoencoder: Autoencoder, device: str = "auto", restart: bool = False
) -> None:
    """Put copies into the training's folder, unless it has its own; call it right before `train`.

    With `restart` the earlier training is thrown away first: its weights would not fit other parts.

    Raises:
        ValueError: if the folder is to begin again, but another training is using it.
    """
    world, _ = join_world(pick_device(device))
    if world.rank > 0 or (_has_copies(folder) and not restart):
        return
    if restart:
        with RunFolder(folder, {}, restart=True):
            _mark(folder).unlink(missing_ok=True)
    new = folder / "parts.new"
    shutil.rmtree(new, ignore_errors=True)
    text_encoder.save_pretrained(new / "text_encoder")
    save_autoencoder(autoencoder, new / "autoencoder")
    for name in _COPIES:
        shutil.rmtree(folder / name, ignore_errors=True)
        os.rename(new / name, folder / name)
    new.rmdir()


def latent_pairs(
    preset: Preset, autoencoder: Autoencoder, text_encoder: TextEncoder
) -> tuple[LatentPairs, LatentPairs]:
    """Training and validation pictures of a preset as latents."""
    train, held_out = training_pictures(preset)
    return LatentPairs(train, autoencoder, text_encoder), LatentPairs(held_out, autoencoder, text_encoder)


def fitting_decoder(preset: Preset, autoencoder: Autoencoder) -> Autoencoder:
    """The given autoencoder; or, if its decoder is not of the preset's size, the preset's own for the same latents."""
    own = RUNS / f"autoencoder-{preset.name}"
    if autoencoder.config == preset.autoencoder or not (own / "config.json").is_file():
        return autoencoder
    trained = load_autoencoder(own)
    return trained if latent_weights(trained) == latent_weights(autoencoder) else autoencoder


def _load_copies(folder: Path) -> tuple[TextEncoder, Autoencoder]:
    return TextEncoder.from_pretrained(folder / "text_encoder"), load_autoencoder(folder / "autoencoder")


def _has_copies(folder: Path) -> bool:
    return _mark(folder).is_file()


def _mark(folder: Path) -> Path:
    return folder / _COPIES[-1] / "config.json"
