"""The folder of an artist: what lies in it, how it is found, loaded and saved.

config.json               sizes of the networks, name, how it was trained
text_encoder/             language model in Hugging Face format, concept probes
generator.safetensors     autoencoder.safetensors     README.md (the model card)

A folder may leave text encoder and autoencoder to a neighbour, whose name its config.json then tells.
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from torch import nn

from t2i_lib.autoencoder import Autoencoder, AutoencoderConfig
from t2i_lib.checkpoints import load_into, load_json, load_metadata, load_weights
from t2i_lib.locations import checkpoint_folder
from t2i_lib.text_encoder import TextEncoder
from t2i_lib.ways_to_draw import WayConfig, build, configure, way_of

DEFAULT_ARTISTS = ("full", "lesson")  # the first that is there is drawn with


@dataclass(frozen=True)
class ArtistConfig:
    """What `config.json` of an artist's folder holds."""

    generator: WayConfig
    autoencoder: AutoencoderConfig
    name: str = "artist"
    about: dict[str, Any] = field(default_factory=dict)  # how it was trained, in the recipe's own words
    parts_from: str = ""  # the folder beside this one that holds text encoder and autoencoder; "": this one does

    @property
    def image_size(self) -> int:
        """Edge of the pictures in pixels."""
        return self.autoencoder.squeeze * self.generator.latent_size

    def as_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"draws_by": way_of(self.generator)} | asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "ArtistConfig":
        """Undo `as_dict`.

        Raises:
            ValueError: if a part is missing or holds a field that this version does not know.
        """
        try:
            return cls(
                configure(stored.get("draws_by", "gan"), stored["generator"]),
                AutoencoderConfig(**stored["autoencoder"]),
                str(stored.get("name", "artist")),
                dict(stored.get("about", {})),
                str(stored.get("parts_from", "")),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"config.json does not describe an artist of this version of t2i_lib ({error})") from error


def default_artist() -> Path:
    """The folder of the artist that comes with the repository.

    Raises:
        ValueError: if none is there.
    """
    for name in DEFAULT_ARTISTS:
        folder = checkpoint_folder(name)
        if (folder / "generator.safetensors").is_file():
            if name != DEFAULT_ARTISTS[0]:
                missing = checkpoint_folder(DEFAULT_ARTISTS[0])
                print(f"t2i_lib: no trained weights in {missing}; drawing with {name!r}", file=sys.stderr)
            return folder
    raise ValueError(
        f"no trained artist in {checkpoint_folder('')}: fetch the weights with the repository, "
        "or train one with `t2i train gan --preset lesson`"
    )


def find_artist(name: str | Path) -> Path:
    """The folder of that name; or if there is none, the artist of that name that comes with the repository."""
    folder = Path(name)
    if folder.exists() or not re.fullmatch(r"[a-z][a-z-]*", str(name)):
        return folder
    try:
        shipped = checkpoint_folder(str(name))
    except ValueError:  # no data folder
        return folder
    return shipped if shipped.is_dir() else folder


def artist_folder(place: Path) -> Path:
    """An artist's own folder; a training's folder holds the artist that it made."""
    return place if (place / "config.json").is_file() or not (place / "artist").is_dir() else place / "artist"


def is_hub_id(name: str) -> bool:
    """Whether a name can be a model of the Hugging Face hub: owner/model.

    >>> is_hub_id("someone/storybook"), is_hub_id("runs/mine/last"), is_hub_id("./mine")
    (True, False, False)
    """
    return re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", name) is not None


def load_parts(folder: Path) -> tuple[TextEncoder, nn.Module, Autoencoder, ArtistConfig]:
    """Text encoder, generator, autoencoder and configuration from an artist's folder (or a training's), on the CPU.

    Raises:
        ValueError: if the folder or a file is missing, broken, or does not fit the configuration.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}; give an artist's folder or a hub id (owner/model)")
    folder = artist_folder(folder)
    if not (folder / "config.json").is_file():
        raise ValueError(f"{folder} holds no config.json, so it is not an artist's folder")
    config = ArtistConfig.from_dict(load_json(folder / "config.json"))
    generator = _load_network(build, config.generator, folder / "generator.safetensors")
    shared = folder.resolve().parent / config.parts_from if config.parts_from else folder
    autoencoder = _load_network(Autoencoder, config.autoencoder, shared / "autoencoder.safetensors")
    for path in sorted((shared / "text_encoder").glob("*.safetensors")):
        load_metadata(path)  # transformers has no clear word for a broken file
    text_encoder = TextEncoder.from_pretrained(shared / "text_encoder", light=True)
    _check_fit(config, text_encoder.embed_dim)
    return text_encoder, generator, autoencoder, config


def _load_network(network: Callable[[Any], nn.Module], config: Any, path: Path) -> nn.Module:
    state = load_weights(path)  # before the network is built: a broken file is found at once
    module = network(config)
    try:
        load_into(module, state)
    except ValueError as error:
        raise ValueError(f"{path} does not fit config.json: {error}") from error
    return module


def _check_fit(config: ArtistConfig, embed_dim: int) -> None:
    """Parts of different artists do not work together."""
    for what, first, second in (
        ("text features", config.generator.embed_dim, embed_dim),
        ("latent channels", config.generator.latent_channels, config.autoencoder.latent_channels),
    ):
        if first != second:
            raise ValueError(f"the parts do not fit: the generator has {first} {what}, its partner {second}")


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A temporary folder whose files move into `folder` if all went well; if not, the old files are untouched."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".partial", dir=folder.parent))
    try:
        yield staging
        for source in sorted(path for path in staging.rglob("*") if path.is_file()):
            target = folder / source.relative_to(staging)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(source, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
