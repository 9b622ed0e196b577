"""`t2i draw`, `t2i demo`, `t2i parse`: from prompts to pictures, and what was understood of them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from t2i_lib.cli.options import Device, Model, Out, Precision, Sketches, writable_folder

if TYPE_CHECKING:
    from t2i_lib.gallery import Exhibit
    from t2i_lib.pipeline import TextToImage
    from t2i_lib.sketches import Sketcher

Prompt = Annotated[list[str], typer.Argument(help='What to draw, for example "a green hill at sunset with a rainbow".')]


def draw(
    prompt: Prompt,
    seed: Annotated[int | None, typer.Option(help="Picks the picture; without it one is taken by lot.")] = None,
    count: Annotated[int, typer.Option(help="How many pictures, with seeds SEED, SEED + 1, ...")] = 1,
    out: Annotated[Path, typer.Option(help="A folder, or the name of a .png file.")] = Path("outputs"),
    sketches: Sketches = 1,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Draw pictures of a prompt, in English or Chinese, and print the names of their files."""
    from t2i_lib.prompts import clean_prompt

    wanted = clean_prompt(" ".join(prompt))  # also without quotation marks
    single = out.suffix.lower() == ".png"
    writable_folder(out.parent if single else out)
    from t2i_lib.pipeline import TextToImage
    from t2i_lib.provenance import file_stem, save_picture

    artist = _artist(TextToImage.from_pretrained(model, device, precision), sketches)
    _warn_of_unknown_words(wanted)
    pictures = artist([wanted], seed, count)
    for picture in pictures:
        name = f"{out.stem}-{picture.info['seed']}" if single else file_stem(wanted, picture.info["seed"])
        path = out if single and count == 1 else (out.parent if single else out) / f"{name}.png"
        print(save_picture(picture, path))


def parse(prompt: Prompt, model: Model = None) -> None:
    """Say what the artist understands of a prompt, and which words it does not know."""
    from t2i_lib.pipeline import TextToImage

    print(TextToImage.from_pretrained(model).parse(" ".join(prompt)))


def demo(
    out: Out = Path("outputs"),
    seed: Annotated[int, typer.Option(help="Seed of every picture's first sketch.")] = 7,
    sketches: Sketches = 4,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Draw the article's six prompts in English and Chinese: single pictures, one sheet, and a page for the browser."""
    writable_folder(out)
    from t2i_lib.checkpoints import load_json
    from t2i_lib.gallery import contact_sheet, index_page, open_in_browser
    from t2i_lib.locations import data_folder
    from t2i_lib.pipeline import TextToImage
    from t2i_lib.provenance import save_picture

    prompts = load_json(data_folder() / "prompts.json")
    artist = _artist(TextToImage.from_pretrained(model, device, precision), sketches)
    exhibits = [exhibit for language in ("en", "zh") for exhibit in _draw_all(artist, prompts, language, seed, out)]
    sheet = save_picture(contact_sheet(exhibits, columns=len(prompts)), out / "demo.png")
    page = index_page("The article's six prompts, in English and in Chinese", exhibits, out)
    print(f"{len(exhibits)} pictures in {out.resolve()}\nsheet: {sheet.resolve()}\npage:  {page.resolve()}")
    open_in_browser(page)


def _artist(artist: "TextToImage", sketches: int) -> "TextToImage | Sketcher":
    """The artist itself where the first sketch is the picture: nothing more is loaded then."""
    if sketches == 1:
        return artist
    from t2i_lib.sketches import Sketcher

    return Sketcher(artist, sketches)


def _draw_all(
    artist: "TextToImage | Sketcher", prompts: list[dict], language: str, seed: int, out: Path
) -> "list[Exhibit]":
    """One picture a prompt, saved under its number and language."""
    from t2i_lib.gallery import Exhibit
    from t2i_lib.provenance import save_picture

    exhibits = []
    for number, (entry, picture) in enumerate(
        zip(prompts, artist([entry[language] for entry in prompts], seed), strict=True), start=1
    ):
        path = save_picture(picture, out / f"{number}-{language}.png")
        exhibits.append(Exhibit(picture, entry[language], entry["en"], path.name))
    return exhibits


def _warn_of_unknown_words(prompt: str) -> None:
    from t2i_lib.understanding import warning_of_unknown

    warning = warning_of_unknown(prompt)
    if warning:
        print(f"t2i: warning: {warning}", file=sys.stderr)
