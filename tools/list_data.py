"""Write data/README.md: every file of data/ with its size, sha256, origin, command and licence (`make data-list`).

Only files known to git are listed, since training leaves others there on its way.
"""

import hashlib
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LICENCE = "MIT"
# Folder or file below data/ -> where it comes from, and the command that makes it; the first that fits counts.
ORIGINS = {
    "prompts.json": ("the article's six prompts, with English twins and what they state", "written by hand"),
    "pictures": ("drawn by the shipped artist", "t2i demo"),
    "checkpoints/text-bert": ("trained on captions of this repository's grammar", "t2i train text --family bert"),
    "checkpoints/text-gpt": ("trained on captions of this repository's grammar", "t2i train text --family gpt"),
    "checkpoints/text-t5": ("trained on captions of this repository's grammar", "t2i train text --family t5"),
    "checkpoints/judge": ("trained on pictures rendered by this repository", "t2i train judge"),
    "checkpoints/lesson": ("trained on pictures rendered by this repository", "t2i train gan --preset lesson"),
    "checkpoints/full": ("trained on pictures rendered by this repository", "t2i train gan --preset full"),
    "checkpoints/gpu": ("trained on pictures rendered by this repository", "t2i train gan --preset gpu"),
}
HEADER = """\
# Data

Everything here was made by this repository; nothing was downloaded. The training pictures themselves are not
stored: the library renders them anew.
Written by `make data-list`; do not edit. A test compares the sums with the files.

"""


def listed_files() -> list[str]:
    """Files of data/ known to git, without this list itself."""
    names = subprocess.run(["git", "ls-files", "-z", "data"], cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted(name for name in names.stdout.split("\0") if name and name != "data/README.md")


def origin(name: str) -> tuple[str, str]:
    """Where a file comes from and the command that makes it.

    Raises:
        ValueError: if `ORIGINS` does not say.

    >>> origin("data/checkpoints/judge/weights.safetensors")[1]
    't2i train judge'
    """
    below = name.removeprefix("data/")
    for start, told in ORIGINS.items():
        if below == start or below.startswith(start + "/"):
            return told
    raise ValueError(f"nothing is known about {name}; say in tools/list_data.py where it comes from")


def list_text(names: list[str]) -> str:
    """The text of data/README.md."""
    rows = ["| what | origin | command | licence |", "|---|---|---|---|"]
    for start, (source, command) in ORIGINS.items():
        if any(origin(name) == (source, command) for name in names):
            rows.append(f"| `{start}` | {source} | `{command}` | {LICENCE} |")
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
