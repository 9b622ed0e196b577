"""A page for each module of t2i_lib: README's tree gives order and remark, the docstrings give the rest."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tools.site.pages import LIBRARY, ROOT, toctree

PACKAGE = "t2i_lib"


@dataclass(frozen=True)
class Module:
    """A line of README's tree."""

    name: str  # with dots, such as "t2i_lib.storybook.scene"
    remark: str

    @property
    def page(self) -> str:
        """Its page, as a path below the repository's root."""
        return f"library/{self.name}.md"

    @property
    def parent(self) -> str:
        """The package it belongs to."""
        return self.name.rpartition(".")[0]

    @property
    def is_package(self) -> bool:
        return (ROOT / self.name.replace(".", "/")).is_dir()


def tree() -> Iterator[Module]:
    """The modules of the library in the order of README's tree, packages before what is in them."""
    block = re.search(rf"^{PACKAGE}/.*?^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)[0]
    folders: list[str] = []
    for line in block.splitlines()[1:-1]:
        indent, name, remark = re.match(r"( *)(\S+) *(.*)", line).groups()
        folders = folders[: len(indent) // 2 - 1]
        if not name.startswith("__"):
            yield Module(".".join([PACKAGE, *folders, name.removesuffix("/").removesuffix(".py")]), remark)
        if name.endswith("/"):
            folders.append(name[:-1])


def reference() -> dict[str, str]:
    """Path -> text of all pages about the library."""
    modules = list(tree())
    pages = {LIBRARY: index_page([module for module in modules if module.parent == PACKAGE])}
    for module in modules:
        inside = [each for each in modules if each.parent == module.name]
        pages[module.page] = module_page(module, inside)
    return pages


def index_page(modules: list[Module]) -> str:
    """The page from which the library is found."""
    introduction = (
        f"# The library, module by module\n\nThe order is that of reading: a module uses only what stands above it. "
        f"`[source]` beside a name shows the code.\n\n{documented(PACKAGE, members=False)}\n\n"
    )
    return introduction + listed(modules)


def module_page(module: Module, inside: list[Module]) -> str:
    """The page of a module, or of a package and the modules inside."""
    head = f"# {module.name}\n\n{module.remark}\n\n{documented(module.name, members=not module.is_package)}\n"
    return f"{head}\n{listed(inside)}" if inside else head


def documented(name: str, members: bool) -> str:
    """What the docstrings of a module say, put in by Sphinx."""
    options = ["   :members:", "   :member-order: bysource", "   :ignore-module-all:"] if members else []
    return "\n".join(["```{eval-rst}", f".. automodule:: {name}", *options, "```"])


def listed(modules: list[Module]) -> str:
    """A table of modules with their remarks, and the same for the contents beside the text."""
    rows = [f"| [{module.name.removeprefix('t2i_lib.')}](/{module.page}) | {module.remark} |" for module in modules]
    table = "\n".join(["| module | what it is for |", "|---|---|", *rows])
    return f"{table}\n\n{toctree([module.page for module in modules])}\n"
