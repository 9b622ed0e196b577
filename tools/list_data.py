"""Write data/README.md: every file of data/ with its size, sha256, origin, command and licence (`make lists`).

Only files known to git are listed, since training leaves others there on its way. What a checkpoint was made by is
read from its model card.
"""

import hashlib
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LICENCE = "MIT"
# Folder or file below data/ -> where it comes from and how; the checkpoints' cards know better.
ORIGINS = {
    "prompts.json": ("the article's six prompts, with English twins and what they state", "written by hand"),
    "pictures": ("drawn by the artist of this repository", "`t2i demo`"),
    "lessons": (
        "what a lesson loads where one does not want to train it",
        "`python -m t2i_lib.course.caption_writer`, `python -m t2i_lib.toys.tiny_artist`",
    ),
    "experiments": ("trainings that differ in one thing, see t2i_lib/experiments", "`t2i experiment <name>`"),
    "studio": ("learnt from figures that the renderer cuts out", "`python -m t2i_lib.studio.matting`"),
    "viewer": ("Pannellum 2.5.7 by Matthew Petroff, from npm, to look around in panoramas", "`npm pack pannellum`"),
    "checkpoints": ("trained on pictures and captions that this repository makes", "see its card"),
}
HEADER = """\
# Data

Everything here but `viewer` was made by this repository. The training pictures themselves are not
stored: the library renders them anew.
Written by `make lists`; do not edit. A test compares the sums with the files.

"""


def listed_files() -> list[str]:
    """Files of data/ known to git, without this list itself."""
    names = subprocess.run(["git", "ls-files", "-z", "data"], cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(name for name in names.stdout.split("\0") if name and name != "data/README.md")


def group(name: str) -> str:
    """The row of the upper table that a file belongs to: each checkpoint has its own.

    Raises:
        ValueError: if `ORIGINS` does not know where the file comes from.

    >>> group("data/checkpoints/judge/judge.safetensors"), group("data/prompts.json")
    ('checkpoints/judge', 'prompts.json')
    """
    top, *below = name.split("/")[1:]
    if top not in ORIGINS:
        raise ValueError(f"nothing is known about {name}; say in tools/list_data.py where it comes from")
    return f"{top}/{below[0]}" if top == "checkpoints" else top


def origin(name: str) -> tuple[str, str]:
    """Where a group of files comes from, and how it was made: a checkpoint's card gives the command."""
    source, made_by = ORIGINS[name.split("/")[0]]
    card = ROOT / "data" / name / "README.md"
    command = re.search(r"^ {4}(t2i train .+)$", card.read_text(encoding="utf-8"), re.M) if card.is_file() else None
    return source, f"`{command[1]}`" if command else made_by


def list_text(names: list[str]) -> str:
    """The text of data/README.md."""
    rows = ["| what | origin | made by | licence |", "|---|---|---|---|"]
    for part in sorted({group(name) for name in names}):
        source, made_by = origin(part)
        rows.append(f"| `{part}` | {source} | {made_by} | {LICENCE} |")
    rows += ["", "| sha256 | file | bytes |", "|---|---|---|"]
    for name in names:
        content = (ROOT / name).read_bytes()
        rows.append(f"| `{hashlib.sha256(content).hexdigest()}` | {name.removeprefix('data/')} | {len(content):,} |")
    return HEADER + "\n".join(rows) + "\n"


def main() -> None:
    names = listed_files()
    (ROOT / "data/README.md").write_text(list_text(names), encoding="utf-8")
    print(f"data/README.md written: {len(names)} files")


if __name__ == "__main__":
    main()
