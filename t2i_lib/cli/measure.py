"""`t2i evaluate`, `t2i publish`, `t2i benchmark`, `t2i costs`, `t2i doctor`: how good, how fast, and what is wrong."""

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from t2i_lib.cli.options import AsJson, Device, Model, Precision, Sketches, writable_folder


def evaluate(
    folder: Annotated[
        str | None, typer.Argument(help="Artist: a folder or hub id; without it the one of the repository.")
    ] = None,
    as_json: AsJson = False,
    device: Device = "auto",
    precision: Precision = "auto",
    judge: Annotated[
        str, typer.Option(help="Who looks: judge, or perceptual for the opinion of a second classifier.")
    ] = "judge",
    sketches: Sketches = 1,
) -> None:
    """Measure how well an artist draws what prompts say: accuracy, variety, distance to real pictures."""
    from t2i_lib import evaluation

    evaluation.run(folder, as_json, device, precision, judge, sketches)


def publish(
    preset: Annotated[
        str, typer.Option(help="Whose training becomes a checkpoint: lesson, full, gpu; flow, token-artist.")
    ] = "full",
    folder: Annotated[
        Path | None, typer.Option(help="Folder of the GAN's training; runs/gan-<preset> without it.")
    ] = None,
) -> None:
    """Make a checkpoint of a training: the artist, its measured figures, and a model card that states them."""
    from t2i_lib.recipes import publish as gan
    from t2i_lib.recipes import ship

    print(ship.run(preset) if preset in ship.SHIPPED else gan.run(preset, folder))


def benchmark(
    model: Model = None,
    as_json: AsJson = False,
    device: Device = "auto",
    precision: Precision = "auto",
    preset: Annotated[str, typer.Option(help="Whose training steps are timed: tiny, lesson, full, gpu.")] = "full",
    seconds: Annotated[float, typer.Option(help="Time for each measurement.")] = 5.0,
) -> None:
    """Measure this machine: convolution peak, training steps and their share of it, drawing, start-up, memory."""
    from t2i_lib.benchmark import as_table, run_benchmark

    figures = run_benchmark(model, device, precision, preset, seconds)
    print(json.dumps(figures, indent=2) if as_json else as_table(figures))


def experiment(
    name: Annotated[str, typer.Argument(help="Which one; an unknown name lists them.")],
    seeds: Annotated[int, typer.Option(help="Runs of each variant.")] = 2,
) -> None:
    """Train small variants that differ in one thing each, and keep what came out in data/experiments."""
    if seeds < 1:
        raise ValueError(f"--seeds must be 1 or more, not {seeds}")
    from t2i_lib.experiments import find_experiment

    record = find_experiment(name)(range(seeds))
    print(record.table(record.runs[0].figures))


def costs(
    notebook: Annotated[list[Path] | None, typer.Argument(help="Lessons; all of them if none is named.")] = None,
    device: Annotated[str, typer.Option(help="auto, or cpu to hide the GPU from the lesson.")] = "auto",
) -> None:
    """Run lessons in fresh kernels and write what they cost (minutes, memory, disk) into their headers."""
    if device not in ("auto", "cpu"):
        raise ValueError(f"device is auto or cpu, not {device!r}")
    missing = [name for name in ("nbclient", "psutil") if find_spec(name) is None]
    if missing:
        raise ValueError(f"{' and '.join(missing)} missing; install with `pip install -e .[notebooks,dev]`")
    from t2i_lib.costs import card_text, update
    from t2i_lib.locations import data_folder

    lessons = Path(os.path.relpath(data_folder().parent)) / "notebooks"
    for path in notebook or sorted(lessons.glob("*.ipynb")):
        print(f"{path}: {card_text([update(path, use_gpu=device == 'auto')]).splitlines()[-1].strip('| ')}", flush=True)


def doctor() -> None:
    """Say what this machine offers, what is wrong, and what to do about it."""
    from t2i_lib.runtime import doctor as look_at_machine

    findings = [*look_at_machine(_checkpoints()), _look_at_outputs(), _look_at_fonts()]
    for finding in findings:
        mark = "ok  " if finding.ok else "look"
        print(f"{mark} {finding.topic:<13}{finding.found}")
        if not finding.ok:
            print(f"     {'':<13}-> {finding.advice}")
    troubled = sum(not finding.ok for finding in findings)
    print("all is well" if not troubled else f"{troubled} to look at; `t2i draw a green hill` tries the whole pipeline")


def _checkpoints() -> Path:
    from t2i_lib import runtime
    from t2i_lib.locations import checkpoint_folder

    try:
        return checkpoint_folder("")
    except ValueError:
        return runtime.CHECKPOINTS


def _look_at_outputs():
    from t2i_lib.locations import OUTPUTS
    from t2i_lib.runtime import Finding

    there = OUTPUTS.is_dir()
    try:
        writable_folder(OUTPUTS)
    except ValueError as error:
        return Finding("outputs", str(error), "call t2i from a folder you may write to, or give --out")
    if not there:
        OUTPUTS.rmdir()
    return Finding("outputs", f"{OUTPUTS.resolve()} can be written to")


def _look_at_fonts():
    from t2i_lib.gallery import chinese_font
    from t2i_lib.runtime import Finding

    font = chinese_font()
    if font is None:  # no trouble: sheets then carry the English twin, and the page has the Chinese text
        return Finding("chinese font", "none found; sheets show the English twin of a Chinese prompt")
    return Finding("chinese font", font.path)
