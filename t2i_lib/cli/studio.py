"""`t2i studio ...`: panorama, sprites, poster, animation, and the interactive page, each with its own check."""

import socket
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from t2i_lib.cli.options import Device, Model, Precision, writable_folder

if TYPE_CHECKING:
    from t2i_lib.pipeline import TextToImage

app = typer.Typer(help="The studio: what an artist is good for. Every tool checks what it made.", no_args_is_help=True)

Seed = Annotated[int, typer.Option(help="Picks the picture: same prompt and seed, same result.")]
Out = Annotated[Path, typer.Option(help="Folder for what is made (made if missing).")]
STUDIO = Path("outputs/studio")
HILL = "a green hill at sunset with a rainbow"
CELLS = (
    "# The studio\n\nA prompt in English or 中文; below the buttons stands what was understood of it.",
    "from t2i_lib import TextToImage\nfrom t2i_lib.studio.page import StudioPage\n"
    "from t2i_lib.studio.session import Wish\n\n"
    "StudioPage(TextToImage.from_pretrained({model!r}), Wish({prompt!r}), folder={folder!r})",
)


def _prepare(out: Path, model: str | None, device: str, precision: str) -> "TextToImage":
    """The artist, once it is known that there is a place for what it makes."""
    writable_folder(out)
    from t2i_lib.pipeline import TextToImage

    return TextToImage.from_pretrained(model, device, precision)


@app.command()
def panorama(
    prompt: Annotated[str, typer.Argument(help="A landscape.")] = HILL,
    seed: Seed = 0,
    views: Annotated[int, typer.Option(help="Views in the ring; more make a wider, lower landscape.")] = 8,
    change: Annotated[float, typer.Option(help="How much it changes on the way round, radians of noise.")] = 0.8,
    repeat: Annotated[float, typer.Option(help="0: one sun for all views; 1: a sun of its own for each.")] = 0.0,
    out: Out = STUDIO,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """A landscape all around, without a seam: a strip as PNG, and a page to look around in."""
    artist = _prepare(out, model, device, precision)
    from t2i_lib.provenance import file_stem
    from t2i_lib.studio.judging import load_judge
    from t2i_lib.studio.keeping import keep, to_png
    from t2i_lib.studio.look_around import save_viewer
    from t2i_lib.studio.panorama import check_panorama, draw_panorama

    drawn = draw_panorama(artist, prompt, seed, views, change, repeat)
    stem = f"panorama-{file_stem(prompt, seed)}"
    print(keep(to_png(drawn.strip, drawn.made), out / f"{stem}.png"))
    print(save_viewer(drawn, out / f"{stem}.html"))
    print(check_panorama(drawn, _lay_of_the_land(artist, prompt), load_judge()))


def _lay_of_the_land(artist: "TextToImage", prompt: str) -> dict[str, str]:
    """What of a prompt every view of a landscape shall show."""
    try:
        understood = artist.parse(prompt).attributes
    except ValueError:  # an artist of one's own, without probes: nothing is known, so nothing is asked
        return {}
    return {name: value for name, (value, _) in understood.items() if name in ("place", "time")}


@app.command()
def sprites(
    seed: Seed = 3, out: Out = STUDIO, model: Model = None, device: Device = "auto", precision: Precision = "auto"
) -> None:
    """A cast of figures with transparent ground as one atlas (PNG and JSON), and backgrounds."""
    artist = _prepare(out, model, device, precision)
    from t2i_lib.studio.atlas import make_atlas
    from t2i_lib.studio.judging import load_judge
    from t2i_lib.studio.keeping import keep, to_png
    from t2i_lib.studio.matting import Matte
    from t2i_lib.studio.sprites import check_sprites, draw_sprites, label_atlas

    drawn = draw_sprites(artist, Matte.load(), seed)
    sheet, listed = make_atlas(drawn.sprites, "atlas.png")
    label_atlas(sheet, drawn, seed, artist.config.name)
    print(keep(to_png(sheet, f"atlas of {len(drawn.sprites)} sprites, cut out by a matte"), out / "atlas.png"))
    print(keep(listed.encode(), out / "atlas.json"))
    for name, background in drawn.backgrounds.items():
        print(keep(to_png(background), out / f"background-{name}.png"))
    print(check_sprites(drawn, load_judge()))


@app.command()
def poster(
    headline: Annotated[str, typer.Argument(help="The large words, English or Chinese.")],
    prompt: Annotated[str, typer.Option(help="What the picture shows.")] = HILL,
    line: Annotated[str, typer.Option(help="A smaller line below the headline.")] = "",
    form: Annotated[str, typer.Option("--format", help="portrait, square, banner, or all.")] = "all",
    seed: Seed = 7,
    out: Out = STUDIO,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """A poster with headline, laid out in several formats, its letters readable on what they stand on."""
    from t2i_lib.provenance import file_stem
    from t2i_lib.studio.keeping import keep, to_png
    from t2i_lib.studio.poster import LAYOUTS, check_poster, check_words, make_poster

    forms = list(LAYOUTS) if form == "all" else [form]
    check_words(headline, line, forms[0])
    picture = _prepare(out, model, device, precision)(prompt, seed=seed)
    for name in forms:
        made = make_poster(picture, headline, line, name)
        path = out / f"poster-{file_stem(prompt, seed)}-{name}.png"
        print(f"{keep(to_png(made.sheet, made.made), path)}\n  {check_poster(made)}")


@app.command()
def animation(
    prompt: Annotated[str, typer.Argument(help="What breathes.")] = HILL,
    seed: Seed = 7,
    frames: Annotated[int, typer.Option(help="Pictures a round.")] = 36,
    radius: Annotated[float, typer.Option(help="How deeply it breathes, radians of noise.")] = 0.6,
    seconds: Annotated[float, typer.Option(help="Of one round.")] = 4.0,
    form: Annotated[str, typer.Option("--format", help="gif, webp, png (animated), or mp4 (needs ffmpeg).")] = "gif",
    out: Out = STUDIO,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """A moving picture that ends where it began."""
    from t2i_lib.provenance import file_stem
    from t2i_lib.studio.animation import check_film, check_form, draw_loop, save_film

    path = out / f"film-{file_stem(prompt, seed)}.{form}"
    check_form(path)
    film = draw_loop(_prepare(out, model, device, precision), prompt, seed, frames, radius, seconds)
    print(save_film(film, path))
    print(check_film(film.frames))


@app.command()
def page(
    prompt: Annotated[str, typer.Argument(help="What stands in the field at first.")] = HILL,
    out: Out = STUDIO,
    model: Model = None,
    port: Annotated[int, typer.Option(help="Of this machine; 0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page at once.")] = True,
) -> int:
    """The interactive studio as a page of its own (Voila); the same page stands in lesson 11."""
    if find_spec("voila") is None:
        raise ValueError("the page needs Voila: pip install voila; without it, lesson 11 has the studio: make lab")
    writable_folder(out)
    if model is not None and Path(model).exists():
        model = str(Path(model).resolve())  # the page works in another folder
    import nbformat

    with tempfile.TemporaryDirectory() as folder:
        notebook = Path(folder) / "studio.ipynb"
        title, code = CELLS
        cells = [
            nbformat.v4.new_markdown_cell(title),
            nbformat.v4.new_code_cell(code.format(model=model, prompt=prompt, folder=str(out.resolve()))),
        ]
        kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), notebook)
        command = [sys.executable, "-m", "voila", str(notebook), f"--port={port or _free_port()}"]
        command += [] if browser else ["--no-browser"]
        return subprocess.run(command, check=False).returncode


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


@app.command()
def measure(
    pictures: Annotated[int, typer.Option(help="How many to draw.")] = 1000,
    count: Annotated[int, typer.Option(help="Pictures a click.")] = 4,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """How fast the studio answers a click, and whether its memory grows over a long sitting."""
    from t2i_lib.checkpoints import load_json
    from t2i_lib.locations import data_folder
    from t2i_lib.pipeline import TextToImage
    from t2i_lib.studio.measuring import measure as sit

    prompts = [entry[language] for entry in load_json(data_folder() / "prompts.json") for language in ("en", "zh")]
    print(sit(TextToImage.from_pretrained(model, device, precision), prompts, pictures, count))
