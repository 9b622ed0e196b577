"""Where things lie: the data that comes with the repository, and the folders that the commands write to.

`data/` stands beside the package in a clone; the environment variable T2I_DATA points elsewhere if it does not.
"""

import os
from pathlib import Path

OUTPUTS = Path("outputs")  # pictures, relative to where the command was called
RUNS = Path("runs")  # training runs


def data_folder() -> Path:
    """The folder `data/`: T2I_DATA if set, else beside the package, else in the working folder or one above it.

    Raises:
        ValueError: if there is no such folder, with the way to get one.
    """
    named = os.environ.get("T2I_DATA")
    if named:
        if not Path(named).is_dir():
            raise ValueError(f"T2I_DATA names {named}, which is not a folder; correct or unset it")
        return Path(named)
    here = Path.cwd()
    for parent in (Path(__file__).resolve().parent.parent, here, *here.parents):
        if (parent / "data" / "checkpoints").is_dir() or (parent / "data" / "prompts.json").is_file():
            return parent / "data"
    raise ValueError(
        "the folder data/ of the repository was not found; install with `pip install -e .` from the clone, "
        "or set T2I_DATA to that folder"
    )


def checkpoint_folder(name: str) -> Path:
    """Folder of a checkpoint that comes with the repository, for example `lesson`; it need not exist."""
    return data_folder() / "checkpoints" / name
