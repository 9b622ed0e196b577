"""What Sphinx must do besides: the alt texts that a notebook's figures carry, the page's language, its diagrams."""

import base64
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from tools.site.docstrings import for_sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx calls this."""
    app.connect("autodoc-process-docstring", treat_docstring, priority=400)  # napoleon follows with 500
    app.connect("doctree-read", add_alt_texts)
    app.connect("html-page-context", finish_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def treat_docstring(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    for_sphinx(lines)


@cache
def alt_texts(notebook: Path) -> dict[str, str]:
    """The name that myst-nb gives a figure (the SHA-256 of its bytes) -> its alt text in the output's metadata."""
    found = {}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            alt = output.get("metadata", {}).get("image/png", {}).get("alt")
            if alt:
                data = base64.b64decode("".join(output["data"]["image/png"]))
                found[hashlib.sha256(data).hexdigest()] = alt
    return found


def add_alt_texts(app: Sphinx, doctree: nodes.document) -> None:
    """Give each figure of a notebook the alt text that it was shown with; myst-nb passes it over."""
    source = Path(app.env.doc2path(app.env.docname))
    if source.suffix != ".ipynb":
        return
    known = alt_texts(source)
    for image in doctree.findall(nodes.image):
        image.setdefault("alt", known.get(Path(image["uri"]).stem, ""))


def finish_page(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Name the language of Chinese pages, and load what draws diagrams only where there is one."""
    if pagename.startswith("notebooks/zh/") or pagename.endswith("zh-CN"):
        context["language"] = "zh-CN"
    if '<pre class="mermaid">' in context.get("body", ""):
        app.add_js_file("mermaid/mermaid.min.js")
