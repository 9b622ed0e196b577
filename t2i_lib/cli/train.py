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

app = typer.Typer(help="Train the networks: text, judge, autoencoder, features, gan.", no_args_is_help=True)

Preset = Annotated[str, typer.Option(help="Size: tiny, lesson (64 pixels), full (128 pixels), gpu.")]
Minutes = Annotated[float | None, typer.Option(help="Pause after so long; the same command goes on.")]
Steps = Annotated[int | None, typer.Option(help="How many steps in all; the preset's number without it.")]
Folder = Annotated[Path | None, typer.Option(help="Folder of the training; runs/<name> without it.")]
Restart = Annotated[bool, typer.Option("--restart", help="Throw away what is in the folder and begin anew.")]
Start = Annotated[Path | None, typer.Option(help="Begin with the networks of this artist instead of random ones.")]
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
    seed: Seed = 0,
) -> None:
    """Train the generator against the discriminator; needs the other networks, trained or shipped."""
    run_recipe("gan", locals())


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
