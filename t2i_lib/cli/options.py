"""Options that several commands share, each defined once."""

from pathlib import Path
from typing import Annotated

import typer

Model = Annotated[
    str | None, typer.Option(help="Artist: a folder or hub id; without it the one that comes with the repository.")
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps.")]
Precision = Annotated[str, typer.Option(help="auto, fp32, bf16, fp16.")]
Out = Annotated[Path, typer.Option(help="Folder for the pictures (made if missing).")]
Sketches = Annotated[
    int, typer.Option(help="Tries a picture: one that does not show its prompt is drawn again with another seed.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def writable_folder(folder: Path) -> Path:
    """The folder, made if missing: found out before minutes are spent on what is to be saved there.

    Raises:
        ValueError: if it cannot be made or written to.
    """
    trial = folder / f".t2i-{id(folder)}.trial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial.write_bytes(b"")
        trial.unlink()
    except OSError as error:
        raise ValueError(f"cannot write to {folder}: {error.strerror or error}; choose another folder") from error
    return folder
