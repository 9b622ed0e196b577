"""`t2i train ...`: one command for each network, all with the same options.

A training that was stopped goes on where it was when the same command is given again. On several processors or
machines: `torchrun --nproc-per-node 2 -m t2i_lib train gan`.
"""

import inspect
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from t2i_lib.cli.options import Device, Precision, writable_folder

app = typer.Typer(
    help="Train the networks: text, judge, autoencoder, features, gan; flow, shortcuts, tokens, writer.",
    no_args_is_help=True,
)

Preset = Annotated[str, typer.Option(help="Size: tiny, lesson (64 pixels), full (128 pixels), gpu.")]
Minutes = Annotated[float | None, typer.Option(help="Pause after so long; the same command goes on.")]
Steps = Annotated[int | None, typer.Option(help="How many steps in all; the preset's number without it.")]
Folder = Annotated[Path | None, typer.Option(help="Folder of the training; runs/<name> without it.")]
Restart = Annotated[bool, typer.Option("--restart", help="Throw away what is in the folder and begin anew.")]
Start = Annotated[Path | None, typer.Option(help="Begin with the networks of this artist instead of random ones.")]
Before = Annotated[
    Path | None, typer.Option(help="Folder of the training that this builds on; runs/flow-... or runs/tokens-... .")
]
Seed = Annotated[int, typer.Option(help="Decides everything that is drawn by lot.")]


@app.command()
def text(
    family: Annotated[str, typer.Option(help="Kind of language model: bert, gpt or t5.")] = "bert",
    minutes: Minutes = None,
    steps: Steps = None,
    folder: Folder = None,
    restart: Restart = False,
    device: Device = "auto",
    precision: Precision = "auto",
    seed: Seed = 0,
) -> None:
    """Pretrain a text encoder on captions."""
    run_recipe("text", locals())


@app.command()
def judge(
    name: Annotated[
        str, typer.Option(help="judge, or perceptual: the autoencoder's adviser, which must be another one.")
    ] = "judge",
    minutes: Minutes = None,
    steps: Steps = None,
    folder: Folder = None,
    restart: Restart = False,
    device: Device = "auto",
    precision: Precision = "auto",
    seed: Seed = 0,
) -> None:
    """Train the classifier that measures pictures."""
    run_recipe("judge", locals())


@app.command()
def autoencoder(
    preset: Preset = "full",
    variational: Annotated[bool, typer.Option("--variational", help="The variational form.")] = False,
    minutes: Minutes = None,
    steps: Steps = None,
    folder: Folder = None,
    restart: Restart = False,
    device: Device = "auto",
    precision: Precision = "auto",
    start: Start = None,
    seed: Seed = 0,
) -> None:
    """Train the autoencoder: picture to latents and back."""
    run_recipe("autoencoder", locals())


@app.command()
def features(
    preset: Preset = "full",
    minutes: Minutes = None,
    steps: Steps = None,
    folder: Folder = None,
    restart: Restart = False,
    device: Device = "auto",
    precision: Precision = "auto",
    seed: Seed = 0,
) -> None:
    """Train the discriminator's eyes: which attributes do these latents show?"""
    run_recipe("features", locals())


@app.command()
def gan(
    preset: Preset = "full",
    minutes: Minutes = None,
    steps: Steps = None,
    folder: Folder = None,
    restart: Restart = False,
    device: Device = "auto",
    precision: Precision = "auto",
    start: Start = None,
    text_encoder: Annotated[
        str | None, typer.Option(help="Who reads the prompts: text-bert, text-gpt, text-t5, a folder or a hub id.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Pictures of your own: a folder with metadata.jsonl or .csv; begins with an artist."),
    ] = None,
    from_scratch: Annotated[bool, typer.Option("--from-scratch", help="With --data: random networks.")] = False,
    learns: Annotated[str, typer.Option(help="With --data: all, affine or 'low rank' of the generator.")] = "all",
    augmented: Annotated[str, typer.Option(help="With --data: both, real or none of the pictures.")] = "both",
    seed: Seed = 0,
) -> None:
    """Train the generator against the discriminator; needs the other networks, trained or shipped."""
    options = dict(locals())
    if data is None:
        if from_scratch or (learns, augmented) != ("all", "both"):
            raise ValueError(
                "--from-scratch, --learns and --augmented are for pictures of your own; name them by --data"
            )
        run_recipe("gan", options)
    else:
        run_recipe("own", options | own_options(options))


def own_options(options: dict[str, Any]) -> dict[str, Any]:
    """The same for pictures of one's own: they begin with the preset's shipped artist, unless another one is named.

    Raises:
        ValueError: if an option does not go with --data.
    """
    from t2i_lib.locations import checkpoint_folder
    from t2i_lib.presets import find_preset
    from t2i_lib.recipes.own_task import OwnTraining

    if options["text_encoder"] is not None:
        raise ValueError("with --data the artist keeps its own text encoder; leave --text-encoder out")
    start = options["start"] or checkpoint_folder(find_preset(options["preset"]).name)
    settings = OwnTraining(learns=options["learns"], augmented=options["augmented"])
    return {"preset": None, "start": start, "settings": settings}


@app.command()
def flow(
    preset: Preset = "lesson",
    minutes: Minutes = None,
    steps: Steps = None,
    folder: Folder = None,
    restart: Restart = False,
    device: Device = "auto",
    precision: Precision = "auto",
    seed: Seed = 0,
) -> None:
    """Train a flow: from noise to latents in many steps."""
    run_recipe("flow", locals())


@app.command()
def shortcuts(
    preset: Preset = "lesson",
    minutes: Minutes = None,
    steps: Steps = None,
    folder: Folder = None,
    restart: Restart = False,
    device: Device = "auto",
    precision: Precision = "auto",
    start: Before = None,
    seed: Seed = 0,
) -> None:
    """Teach a trained flow to draw in a few big steps."""
    run_recipe("shortcuts", locals())


@app.command()
def tokens(
    preset: Preset = "lesson",
    folder: Folder = None,
    restart: Restart = False,
    device: Device = "auto",
    seed: Seed = 0,
) -> None:
    """Find the alphabets in which pictures are written, by k-means."""
    run_recipe("picture_tokens", locals() | {"minutes": None, "steps": None})


@app.command()
def writer(
    preset: Preset = "lesson",
    minutes: Minutes = None,
    steps: Steps = None,
    folder: Folder = None,
    restart: Restart = False,
    device: Device = "auto",
    precision: Precision = "auto",
    start: Before = None,
    seed: Seed = 0,
) -> None:
    """Train the language model that writes such words."""
    run_recipe("token_artist", locals())


def run_recipe(name: str, options: dict[str, Any]) -> None:
    """Call `run` of a recipe with the options that were given on the command line.

    Raises:
        ValueError: if a number makes no sense, the folder cannot be written to, or the recipe refuses.
    """
    check_numbers(options)
    if options.get("preset"):
        from t2i_lib.presets import find_preset

        find_preset(options["preset"])
    if options["folder"] is not None:
        writable_folder(options["folder"])
    run = import_module(f"t2i_lib.recipes.{name}").run
    known = inspect.signature(run).parameters
    run(**{option: value for option, value in options.items() if option in known})


def check_numbers(options: dict[str, Any]) -> None:
    """Refuse numbers that no training can have.

    Raises:
        ValueError: naming the option.
    """
    for option in ("minutes", "steps"):
        if options[option] is not None and not options[option] > 0:
            raise ValueError(f"--{option} must be more than 0, not {options[option]}")
    if options["seed"] < 0:
        raise ValueError(f"--seed must not be negative, but is {options['seed']}")
