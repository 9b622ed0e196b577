"""The ways into a lesson from a browser, Binder, Colab and the site: all follow from one address in pyproject.toml.

    python -m tools.doors                                            # write the links anew (`make lists` does it, too)
    python -m tools.doors https://github.com/anna/t2i-course         # the course has moved: the new address everywhere

A lesson's notebook holds it twice: in the last line of its first cell, and in a cell that fetches the course on Colab.
"""

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from t2i_lib.checkpoints import atomic_path
from t2i_lib.costs import CARD, DOOR

ROOT = Path(__file__).resolve().parent.parent
BRANCH = "main"
ADDRESS = re.compile(r"https://github\.com/([\w-]+)/([\w.-]+)")
LINKS = re.compile(r"Open in \[?Binder.*")  # the line of the first cell, whatever address it was written for
COLAB = """\
# @title Only on Colab: fetch and install the course. Elsewhere this cell does nothing.
import sys

if "google.colab" in sys.modules:
    !test -d t2i-course || git clone --quiet --depth 1 {address} t2i-course
    %run t2i-course/tools/colab.py"""


def project() -> dict[str, Any]:
    """What pyproject.toml says of the course."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def urls() -> dict[str, str]:
    """[project.urls], the one place where the address is kept."""
    return project()["urls"]


def binder_link(path: str) -> str:
    """Where Binder opens a file of the repository in JupyterLab; without a path, JupyterLab itself."""
    opened = f"lab/tree/{path}" if path else "lab"
    return f"https://mybinder.org/v2/gh/{name()}/{BRANCH}?urlpath={opened}"


def colab_link(path: str) -> str:
    """Where Colab opens a notebook of the repository."""
    return f"https://colab.research.google.com/github/{name()}/blob/{BRANCH}/{path}"


def site_link(path: str) -> str:
    """The page of the site that shows a notebook."""
    return f"{urls()['Documentation']}/{path.removesuffix('.ipynb')}.html"


def name() -> str:
    """Owner and name of the repository, such as 'anna/t2i-course'."""
    return "/".join(ADDRESS.fullmatch(urls()["Repository"]).groups())


def header_line(path: str) -> str:
    """The last line of a lesson's first cell."""
    binder, colab, site = binder_link(path), colab_link(path), site_link(path)
    return f"Open in [Binder]({binder}) or [Colab]({colab}), or [read it on the web]({site})"


def colab_source() -> str:
    """The cell that fetches and installs the course on Colab."""
    return COLAB.format(address=urls()["Repository"])


def colab_cell() -> dict[str, Any]:
    """The same as a notebook keeps it: folded away in JupyterLab and Colab, left out on the site."""
    return {
        "cell_type": "code",
        "execution_count": 1,
        "id": DOOR,
        "metadata": {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["remove-cell"]},
        "outputs": [],
        "source": colab_source().splitlines(keepends=True),
    }


def with_doors(notebook: dict[str, Any], path: str) -> None:
    """Put the line and the cell into a notebook, as JSON holds it; else only the numbers of later cells change."""
    first = "".join(notebook["cells"][0]["source"])
    line = header_line(path)
    first = LINKS.sub(lambda _: line, first) if LINKS.search(first) else f"{first}\n\n{line}"
    notebook["cells"][0]["source"] = first.splitlines(keepends=True)
    ids = [cell["id"] for cell in notebook["cells"]]
    if DOOR in ids:
        notebook["cells"][ids.index(DOOR)]["source"] = colab_cell()["source"]
        return
    for cell in notebook["cells"]:
        for numbered in [cell, *cell.get("outputs", [])]:
            if numbered.get("execution_count") is not None:
                numbered["execution_count"] += 1
    notebook["cells"].insert(ids.index(CARD) + 1, colab_cell())


def write_notebook(path: Path) -> bool:
    """Bring the doors of one lesson up to date; whether anything changed."""
    before = path.read_text(encoding="utf-8")
    notebook = json.loads(before)
    with_doors(notebook, path.relative_to(ROOT).as_posix())
    after = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    if after != before:
        write(path, after)
    return after != before


def write(path: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with atomic_path(path, len(text.encode())) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def texts() -> list[Path]:
    """The texts that may hold a link to the repository, besides the notebooks."""
    patterns = ("pyproject.toml", "*.cff", "*.md", "docs/**/*.md", "notebooks/zh/*.md", "slides/*.md")
    return sorted(path for pattern in patterns for path in ROOT.glob(pattern))


def move(address: str) -> list[Path]:
    """Write a new address into every text that holds the old one; the texts that changed.

    Raises:
        ValueError: if it is none of GitHub's, which alone Binder and Colab are asked for here.
    """
    new = ADDRESS.fullmatch(address.rstrip("/").removesuffix(".git"))
    if new is None:
        raise ValueError(f"an address looks like https://github.com/anna/t2i-course, but this is {address!r}")
    owner, repository = name().split("/")
    swaps = {
        f"{owner}/{repository}": f"{new[1]}/{new[2]}",
        f"{owner}.github.io/{repository}": f"{new[1]}.github.io/{new[2]}",
    }
    changed = []
    for path in texts():
        before = after = path.read_text(encoding="utf-8")
        for old, its in swaps.items():
            after = after.replace(old, its)
        if after != before:
            write(path, after)
            changed.append(path)
    return changed


def main(arguments: list[str]) -> int:
    if len(arguments) > 1 or (arguments and arguments[0].startswith("-")):
        print("usage: python -m tools.doors [https://github.com/OWNER/REPOSITORY]", file=sys.stderr)
        return 2
    try:
        changed = move(arguments[0]) if arguments else []
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    changed += [path for path in sorted(ROOT.glob("notebooks/[0-9][0-9]_*.ipynb")) if write_notebook(path)]
    print(f"doors lead to {urls()['Repository']}; {len(changed)} files changed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
