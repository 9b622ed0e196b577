"""Which files become pages, in the order of the site's contents."""

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CARDS = "data/checkpoints/README.md"  # written when the site is built, as are the pages of the library
LIBRARY = "library/index.md"
# Heading in the contents -> patterns; a file belongs to the first that fits.
CONTENTS = {
    "Lessons": ("notebooks/[0-9]*.ipynb",),
    "中文": ("README.zh-CN.md", "notebooks/zh/[0-9]*.ipynb"),
    "Teaching": ("docs/instructors.md", "slides/README.md"),
    "Looking things up": ("docs/glossary.md", LIBRARY, CARDS),
    "The project": ("README.md", "docs/*.md", "CONTRIBUTING.md", "CHANGELOG.md"),
}
# What a page is called in the contents, where its own heading would not tell it from another.
CALLED = {"README.md": "README: installing, training, all files"}
# A page -> the pages below it.
BELOW = {
    "docs/instructors.md": "docs/instructors/*.md",
    CARDS: "data/checkpoints/*/README.md",
}


def found(pattern: str) -> list[str]:
    """Files of the repository that fit a pattern, as paths below its root."""
    return sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern))


def contents(written: Sequence[str] = (), only: Sequence[str] = ()) -> dict[str, list[str]]:
    """Heading -> its pages, as paths below the repository's root.

    Args:
        written: pages that are no files of the repository.
        only: patterns; what fits none of them is left out. Empty keeps everything.
    """
    chosen: dict[str, list[str]] = {}
    taken: set[str] = set()
    for heading, patterns in CONTENTS.items():
        fitting = [path for pattern in patterns for path in (found(pattern) or [pattern] * (pattern in written))]
        new = [path for path in dict.fromkeys(fitting) if path not in taken and is_wanted(path, only)]
        taken |= set(new)
        if new:
            chosen[heading] = new
    return chosen


def is_wanted(path: str, only: Sequence[str]) -> bool:
    """Whether a path fits one of the patterns.

    >>> is_wanted("docs/glossary.md", ["docs/*"]), is_wanted("README.md", ["docs/*"]), is_wanted("README.md", [])
    (True, False, True)
    """
    return not only or any(fnmatch(path, pattern) for pattern in only)


def below(parent: str, only: Sequence[str] = ()) -> list[str]:
    """The files of the repository whose pages stand below a page."""
    return [path for path in found(BELOW[parent]) if is_wanted(path, only)] if parent in BELOW else []


def toctree(pages: Sequence[str], heading: str = "") -> str:
    """Pages as a hidden list of contents, which Sphinx shows beside the text.

    >>> print(toctree(["docs/glossary.md"], "Teaching"))
    ```{toctree}
    :hidden:
    :caption: Teaching
    /docs/glossary
    ```
    """
    caption = [f":caption: {heading}"] if heading else []
    return "\n".join(["```{toctree}", ":hidden:", *caption, *map(entry, pages), "```"])


def entry(path: str) -> str:
    """A page in a list of contents, as Sphinx writes it.

    >>> entry("docs/glossary.md")
    '/docs/glossary'
    """
    name = f"/{path.removesuffix('.md').removesuffix('.ipynb')}"
    return f"{CALLED[path]} <{name}>" if path in CALLED else name
