"""`t2i data show`, `make`, `check`: the storybook as pictures, and a look at a captioned folder of one's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from t2i_lib.cli.options import writable_folder

if TYPE_CHECKING:
    from t2i_lib.gallery import Exhibit

app = typer.Typer(help="The storybook world: pictures whose truth is known.", no_args_is_help=True)

Split = Annotated[str, typer.Option(help="train, validation, test, or unseen (combinations kept out of training).")]
Seed = Annotated[int, typer.Option(help="Other seeds give other pictures.")]


@app.command()
def show(
    where: Annotated[
        list[str] | None, typer.Argument(help="What every picture shall show, such as place=hill subject=cat.")
    ] = None,
    count: Annotated[int, typer.Option(help="How many pictures.")] = 12,
    size: Annotated[int, typer.Option(help="Edge of a picture in pixels.")] = 128,
    split: Split = "train",
    seed: Seed = 0,
    folder: Annotated[
        Path | None, typer.Option(help="Show pictures of your own instead: a folder with metadata.jsonl or .csv.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The .png file to write.")] = Path("outputs/storybook.png"),
) -> None:
    """Draw a sheet of storybook pictures with their captions, English and Chinese in turn."""
    wanted = parse_wanted(where or [])
    if count < 1 or size < 8:
        raise ValueError(f"count is at least 1 and size at least 8, but they are {count} and {size}")
    writable_folder(out.parent)
    from t2i_lib.gallery import contact_sheet
    from t2i_lib.provenance import save_picture

    exhibits = _own_pictures(folder, count, size) if folder else _scenes(split, count, size, seed, wanted)
    for number, exhibit in enumerate(exhibits, start=1):
        print(f"{number:3} {exhibit.text}" + (f" | {exhibit.plain_text}" * (exhibit.plain_text != exhibit.text)))
    print(save_picture(contact_sheet(exhibits, columns=4, edge=max(size, 192)), out))


@app.command()
def make(
    folder: Annotated[Path, typer.Argument(help="Folder of the picture cache; what is there already is kept.")],
    count: Annotated[int, typer.Option(help="How many pairs of pictures.")] = 1000,
    size: Annotated[int, typer.Option(help="Edge of a picture in pixels.")] = 128,
    split: Split = "train",
    seed: Seed = 0,
    workers: Annotated[int, typer.Option(help="Processes that draw.")] = 1,
) -> None:
    """Draw pairs of pictures into a folder for training; a build that was stopped goes on where it was."""
    writable_folder(folder)
    from t2i_lib.picture_cache import build_cache

    cache = build_cache(folder, split, size, count, seed, workers)
    print(f"{len(cache)} pairs of {size}-pixel pictures in {folder}")


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(help="A folder of your own with metadata.jsonl or metadata.csv.")],
    size: Annotated[int, typer.Option(help="Edge in pixels that training brings pictures to.")] = 64,
    text_encoder: Annotated[str, typer.Option(help="Who shall read the captions.")] = "text-bert",
) -> None:
    """Look a folder of captioned pictures over before training with it; nothing is changed."""
    from t2i_lib.folder_check import check_folder
    from t2i_lib.locations import checkpoint_folder
    from t2i_lib.text_encoder import TextEncoder

    shipped = checkpoint_folder(text_encoder)
    reader = TextEncoder.from_pretrained(shipped if shipped.is_dir() else text_encoder, light=True)
    print(check_folder(folder, reader, size))


def _scenes(split: str, count: int, size: int, seed: int, wanted: dict[str, str]) -> "list[Exhibit]":
    from t2i_lib.gallery import Exhibit
    from t2i_lib.storybook.captions import choose_stated, describe
    from t2i_lib.storybook.render import render
    from t2i_lib.storybook.scene import sample_scene, scene_rng

    exhibits = []
    for index in range(count):
        rng = scene_rng(split, index, f"show {seed}")
        scene = sample_scene(rng, split, wanted)
        stated = choose_stated(scene, rng)
        english, chinese = (describe(stated, rng, language).prompt for language in ("en", "zh"))
        exhibits.append(Exhibit(render(scene, size, rng), chinese if index % 2 else english, english))
    return exhibits


def _own_pictures(folder: Path, count: int, size: int) -> "list[Exhibit]":
    from PIL import Image

    from t2i_lib.captioned_folder import CaptionedFolder
    from t2i_lib.gallery import Exhibit

    pictures = CaptionedFolder(folder, size)
    shown = [pictures[index] for index in range(min(count, len(pictures)))]
    return [Exhibit(Image.fromarray(item.pixels.numpy()), item.captions[0], item.captions[0]) for item in shown]


def parse_wanted(where: list[str]) -> dict[str, str]:
    """["place=hill"] -> {"place": "hill"}.

    Raises:
        ValueError: if an attribute or value is unknown.

    >>> parse_wanted(["place=hill", "time=night"])
    {'place': 'hill', 'time': 'night'}
    """
    from t2i_lib.storybook.scene import ATTRIBUTES

    wanted = {}
    for item in where:
        name, equals, value = item.partition("=")
        if not equals or name not in ATTRIBUTES:
            raise ValueError(f"{item!r} names no attribute; write name=value with one of {', '.join(ATTRIBUTES)}")
        if value not in ATTRIBUTES[name]:
            raise ValueError(f"{name} cannot be {value!r}; choose one of {', '.join(ATTRIBUTES[name])}")
        wanted[name] = value
    return wanted
