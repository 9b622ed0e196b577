"""Texts of the repository made ready to be pages: links that lead somewhere, and diagrams that can be drawn."""

import html
import json
import os
import re
from collections.abc import Callable
from pathlib import PurePosixPath

from tools import doors
from tools.site.pages import ROOT

CODE = re.compile(r"(^```.*?^```[ ]*$)", re.M | re.S)
DIAGRAM = re.compile(r"\A```mermaid\n(.*?)^```[ ]*\Z", re.M | re.S)
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?![a-z]+:|#|/)([^)\s#]+)(#[^)\s]*)?\)")


def page_text(text: str, path: str, has_page: Callable[[str], bool]) -> str:
    """A Markdown text as it stands on the site.

    Args:
        text: Markdown of the repository.
        path: the file it comes from, below the repository's root.
        has_page: whether a file of the repository is on the site.
    """
    parts = CODE.split(text)
    parts[0::2] = [LINK.sub(lambda link: leading(link, path, has_page), part) for part in parts[0::2]]
    parts[1::2] = [DIAGRAM.sub(diagram, part) for part in parts[1::2]]
    return "".join(parts)


def notebook_text(text: str, path: str, has_page: Callable[[str], bool]) -> str:
    """A notebook (JSON) as it stands on the site: its Markdown treated, its link to the site itself left out."""
    this_site = re.compile(rf"[,，]? *(?:or|或者?) *\[[^\]]*\]\({re.escape(doors.urls()['Documentation'])}[^)]*\)")
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            source = page_text("".join(cell["source"]), path, has_page)
            cell["source"] = this_site.sub("", source).splitlines(keepends=True)
    return json.dumps(notebook, ensure_ascii=False)


def leading(link: re.Match, path: str, has_page: Callable[[str], bool]) -> str:
    """A link to a file, kept where that has a page; else to the module's page, the built deck, or the repository."""
    words, address, anchor = link.groups()
    folder = str(PurePosixPath(path).parent)
    target = os.path.normpath(os.path.join(folder, address)).replace(os.sep, "/")
    module = f"library/{target.removesuffix('.py').replace('/', '.')}.md"
    deck = target.removesuffix(".md") + ".html"
    if has_page(target):
        return link[0]
    if has_page(module):
        return f"[{words}](/{module})"
    if has_page(deck):
        # HTML, for Sphinx knows no page of this name.
        return f'<a href="{os.path.relpath(deck, folder)}">{html.escape(words)}</a>'
    return f"[{words}]({repository_link(target)}{anchor or ''})"


def repository_link(target: str) -> str:
    """Where the repository shows a file or a folder."""
    kind = "tree" if (ROOT / target).is_dir() else "blob"
    return f"{doors.urls()['Repository']}/{kind}/{doors.BRANCH}/{target}"


def diagram(fence: re.Match) -> str:
    """A mermaid diagram as the site's script looks for it."""
    return f'<pre class="mermaid">\n{html.escape(fence[1])}</pre>'
