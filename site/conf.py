"""Sphinx's settings for the site; `python -m tools.site` gathers the pages and calls Sphinx."""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

project = "t2i-course"
author = "The authors of t2i-course"
copyright = f"{author}; MIT licence"
version = release = PROJECT["version"]
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx.ext.mathjax",
    "tools.site.extension",
]
nb_execution_mode = "off"  # the notebooks hold their outputs
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 4  # links such as glossary.md#query, as on GitHub
suppress_warnings = [
    "myst.header",  # GitHub's Markdown may skip a level; tools/notebook_rules.py watches the notebooks
    "mystnb.unknown_mime_type",
]
default_role = "literal"  # `name` in a docstring
napoleon_numpy_docstring = False
viewcode_line_numbers = True

html_theme = "sphinx_book_theme"
html_title = "A sentence becomes a picture"
html_static_path = [str(ROOT / "site" / "static"), str(ROOT / "build" / "site" / "static")]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_favicon = str(ROOT / "build" / "site" / "logo.png")
html_logo = html_favicon
html_show_sphinx = False
html_copy_source = True  # the button that downloads a notebook
html_show_sourcelink = False
html_last_updated_fmt = None
templates_path = [str(ROOT / "site" / "templates")]
mathjax_path = "mathjax/tex-svg.js"  # from npm, put into build/site/static
html_context = {"default_mode": "auto"}  # light or dark, as the reader's machine is
html_theme_options = {
    "use_download_button": True,
    "use_fullscreen_button": False,
    "navbar_persistent": [],  # the search field stands in the sidebar
    "collapse_navbar": True,
    "max_navbar_depth": 2,
    "show_toc_level": 2,
    "search_bar_text": "Search",
    "home_page_in_toc": True,
    "article_header_end": ["article-header-buttons.html"],
    "logo": {"text": "A sentence becomes a picture", "alt_text": "A hill under a rainbow: to the first page"},
}
