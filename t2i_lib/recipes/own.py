"""Train an artist on captioned pictures of one's own: a folder, OpenMoji, a table of the hub.

It begins with a trained artist, whose text encoder and autoencoder it keeps; its generator, or a small part of it,
learns. What comes out is an artist's folder with a model card: `t2i draw --model` takes it, and so does the hub.
"""

from collections.abc import Sequence
from pathlib import Path

from torch.utils.data import Dataset

from t2i_lib.artist_files import artist_folder, default_artist
from t2i_lib.captioned import CaptionedPicture
from t2i_lib.captioned_folder import CaptionedFolder
from t2i_lib.checkpoints import load_into, load_weights, save_weights
from t2i_lib.discriminator import Discriminator
from t2i_lib.locations import RUNS
from t2i_lib.low_rank import merge_low_rank
from t2i_lib.model_card import ModelCard, write_card
from t2i_lib.picture_groups import split_by_group
from t2i_lib.pipeline import TextToImage
from t2i_lib.presets import find_preset
from t2i_lib.recipes.features import load_features, save_features
from t2i_lib.recipes.own_pictures import OwnPictures
from t2i_lib.recipes.own_task import OwnTask, OwnTraining, choose_learning, new_networks
from t2i_lib.training import Plan, TrainingReport, train

HELD_OUT = 0.2  # share of the pictures that is kept back for measuring


def run(
    data: str | Path | Dataset[CaptionedPicture],
    start: str | Path | None = None,
    folder: str | Path | None = None,
    settings: OwnTraining | None = None,
    held_out: Sequence[int] | None = None,
    from_scratch: bool = False,
    card: ModelCard | None = None,
    steps: int | None = None,
    minutes: float | None = None,
    device: str = "auto",
    precision: str = "auto",
    seed: int = 0,
    restart: bool = False,
    quiet: bool = False,
    gauges_every: int = 250,
) -> TrainingReport:
    """Train (or go on training); `folder`/artist then holds the artist and its card.

    Args:
        data: a captioned folder, or any data set of captioned pictures.
        start: an artist's folder; the shipped one without it.
        settings: how; by default everything learns, and real and drawn pictures are augmented.
        held_out: which pictures are kept back; without it a fifth, near-duplicates of one picture on one side.
        from_scratch: take only text encoder and autoencoder from the artist, and begin with random networks.
        card: what the model card says of licence and data.

    Raises:
        ValueError: if the folder is unusable, or the artist lacks what a training needs.
    """
    settings, place = settings or OwnTraining(), artist_folder(Path(start or default_artist()))
    artist = TextToImage.from_pretrained(place, device, "fp32")
    pictures = CaptionedFolder(data, artist.config.image_size) if isinstance(data, str | Path) else data
    folder = Path(folder or RUNS / "own")
    train_part, held_out_part = _split(pictures, artist, held_out)
    discriminator = _discriminator(place, artist)
    if from_scratch:
        artist.generator, discriminator = new_networks(artist.config, discriminator.config, seed)
    task = OwnTask(
        artist.generator.train(), discriminator, train_part, held_out_part, load_features(place),
        artist.text_encoder, artist.autoencoder, settings, seed, {"start": place.name, "from scratch": from_scratch},
    )  # fmt: skip
    plan = Plan(
        steps or settings.num_steps, seed, warmup_steps=20, ema_decay=settings.ema_decay, minutes=minutes,
        device=device, precision=precision, gauges_every=gauges_every,
    )  # fmt: skip
    report = train(task, folder, plan, restart, quiet)
    publish(folder, place, settings, report, card, len(train_part))
    return report


def publish(
    run_folder: Path, start: Path, settings: OwnTraining, report: TrainingReport, card: ModelCard | None, pictures: int
) -> TextToImage:
    """Join the averaged generator with the parts that it was trained with: an artist, and its model card."""
    artist, folder = TextToImage.from_pretrained(start, "cpu", "fp32"), run_folder / "artist"
    choose_learning(artist.generator, settings)  # the names of low-rank weights, as they were saved
    path = run_folder / "state" / "generator.averaged.safetensors"
    load_into(artist.generator, load_weights(path), path)
    merge_low_rank(artist.generator).requires_grad_(False)
    artist.save_pretrained(folder)
    save_weights(folder / "discriminator.safetensors", load_weights(run_folder / "state/discriminator.safetensors"))
    save_features(load_features(start), folder)
    write_card(folder, card or ModelCard(), report.gauges, {"pictures": pictures, "steps": report.steps})
    return artist


def _split(
    pictures: Dataset[CaptionedPicture], artist: TextToImage, held_out: Sequence[int] | None
) -> tuple[OwnPictures, OwnPictures]:
    parts = artist.autoencoder, artist.text_encoder
    everything = OwnPictures(pictures, *parts)
    if held_out is None:
        held_out = split_by_group(everything.images, HELD_OUT)
    kept = set(held_out)
    rest = [index for index in range(len(everything)) if index not in kept]
    return everything.part(rest), everything.part(sorted(kept))


def _discriminator(place: Path, artist: TextToImage) -> Discriminator:
    """The artist's own discriminator, which is kept beside it for whoever trains on."""
    discriminator = Discriminator(find_preset(artist.config.name).discriminator)
    path = place / "discriminator.safetensors"
    load_into(discriminator, load_weights(path, "only an artist that was kept with it can be trained on"), path)
    return discriminator
