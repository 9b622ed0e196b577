"""The site: its texts lead somewhere, a part of it builds without a warning, and a browser has nothing to complain of.

Building needs Node.js (formulas, diagrams) and Sphinx, looking needs Chromium; without them that is left out, with a
warning. `python -m tools.site --check` looks at all pages.
"""

import doctest
import importlib
import shutil
import warnings
from importlib.util import find_spec
from pathlib import Path

import pytest

import t2i_lib
from tools import doors
from tools.node_packages import node_file
from tools.site import links
from tools.site.pages import ROOT, contents, found
from tools.site.reference import reference, tree
from tools.site.texts import notebook_text, page_text
from tools.slides.build import find_browser

PART = ["notebooks/00*", "notebooks/zh/00*", "docs/glossary.md", "docs/instructors.md", "docs/instructors/00*"]
PART += ["slides/README.md", "library/t2i_lib.attention.md"]
LOOKED_AT = ["index.html", "notebooks/00_first_picture.html", "docs/glossary.html", "library/t2i_lib.attention.html"]

pytestmark = pytest.mark.filterwarnings("ignore:.*(deprecated|RemovedInSphinx)")  # Sphinx's, of its extensions


def leave_out(what: str, remedy: str) -> None:
    """Skip aloud: a skip alone is one letter in the report."""
    warnings.warn(f"{what}; to have it done: {remedy}", stacklevel=2)
    pytest.skip(f"{what}: {remedy}")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A part of the site, built; Sphinx's warnings count as errors."""
    if find_spec("myst_nb") is None:
        leave_out("NO PAGE OF THE SITE WAS BUILT", "pip install -e .[site]")
    try:
        node_file("mathjax/es5/tex-svg.js")
    except ValueError as error:
        leave_out("NO PAGE OF THE SITE WAS BUILT", str(error))
    from tools.site.build import build

    folder = tmp_path_factory.mktemp("a site")  # with a space in its name
    build(folder / "pages", PART, folder / "work")
    return folder / "pages"


@pytest.fixture(scope="module")
def browser_page(site: Path):
    """A browser without a network, and the list into which its complaints go."""
    if find_browser() is None or find_spec("playwright") is None:
        leave_out("NO PAGE OF THE SITE WAS LOOKED AT", "apt-get install chromium, pip install playwright")
    from tools.site.looking import browser_page as opened

    with opened() as page_and_complaints:
        yield page_and_complaints


def test_every_lesson_and_every_document_is_on_the_site():
    pages = {page for listed in contents().values() for page in listed}
    assert set(found("notebooks/*.ipynb") + found("notebooks/zh/*.ipynb") + found("docs/*.md")) <= pages


def test_every_module_has_a_page():
    files = [path.relative_to(ROOT).with_suffix("") for path in Path(t2i_lib.__file__).parent.rglob("*.py")]
    names = {".".join(file.parts) for file in files if not file.name.startswith("__")}
    packages = {".".join(file.parent.parts) for file in files if file.name == "__init__"} - {"t2i_lib"}
    assert {module.name for module in tree()} == names | packages
    pages = reference()
    assert (
        f"[attention](/library/t2i_lib.attention.md) | {next(tree_remark('t2i_lib.attention'))} |"
        in (pages["library/index.md"])
    )
    assert "automodule:: t2i_lib.storybook.scene\n   :members:" in pages["library/t2i_lib.storybook.scene.md"]
    assert "[storybook.scene]" in pages["library/t2i_lib.storybook.md"]


def tree_remark(name: str):
    return (module.remark for module in tree() if module.name == name)


@pytest.mark.parametrize(
    "path, link, expected",
    [
        ("notebooks/01_attention.ipynb", "[b](00_first_picture.ipynb)", "[b](00_first_picture.ipynb)"),
        ("docs/a.md", "[w](../notebooks/00_first_picture.ipynb#goal)", "[w](../notebooks/00_first_picture.ipynb#goal)"),
        ("docs/a.md", "[w](../t2i_lib/attention.py)", "[w](/library/t2i_lib.attention.md)"),
        ("docs/a/b.md", "[w](../../slides/06-gan.md)", '<a href="../../slides/06-gan.html">w</a>'),
        ("README.md", "[w](LICENSE)", "[w](https://github.com/x/y/blob/main/LICENSE)"),
        ("README.md", "[w](docs)", "[w](https://github.com/x/y/tree/main/docs)"),
        ("README.md", "[w](https://a.b/c), [w](#here)", "[w](https://a.b/c), [w](#here)"),
        ("README.md", "```\n[w](LICENSE)\n```", "```\n[w](LICENSE)\n```"),
        ("README.md", "```mermaid\nA[a] --> B\n```", '<pre class="mermaid">\nA[a] --&gt; B\n</pre>'),
    ],
)
def test_links_and_diagrams(path: str, link: str, expected: str, monkeypatch):
    monkeypatch.setattr("tools.doors.urls", lambda: {"Repository": "https://github.com/x/y"})
    pages = {"notebooks/00_first_picture.ipynb", "library/t2i_lib.attention.md", "slides/06-gan.html"}
    assert page_text(link, path, pages.__contains__) == expected


def test_the_link_from_a_lesson_to_its_own_page_is_left_out():
    for path in [*found("notebooks/[0-9]*.ipynb"), *found("notebooks/zh/*.ipynb")]:
        text = notebook_text((ROOT / path).read_text(encoding="utf-8"), path, lambda name: True)
        assert doors.urls()["Documentation"] not in text, path


@pytest.mark.parametrize("module", ["docstrings", "pages"])
def test_examples_in_docstrings(module: str):
    result = doctest.testmod(importlib.import_module(f"tools.site.{module}"))
    assert result.attempted and not result.failed


@pytest.mark.parametrize(
    "html, told",
    [
        ('<script src="https://cdn.x/a.js"></script>', "https://cdn.x/a.js is fetched from elsewhere"),
        ('<link rel="stylesheet" href="//cdn.x/a.css">', "//cdn.x/a.css is fetched from elsewhere"),
        ("<style>@font-face { src: url('http://f.x/a.woff') }</style>", "http://f.x/a.woff is fetched from elsewhere"),
        ('<img src="a.png" alt=" ">', "picture a.png has no alt text"),
        ('<a href="gone.html">a</a>', "gone.html leads to no file"),
        ('<a href="#gone">a</a>', "#gone names a place that is not on that page"),
        ('<a href="other.html#gone">a</a>', "other.html#gone names a place that is not on that page"),
    ],
)
def test_faults_of_pages_are_found(html: str, told: str, tmp_path: Path):
    (tmp_path / "other.html").write_text('<p id="here"></p>')
    (tmp_path / "a.png").write_bytes(b"")
    good = '<a href="other.html#here">a</a> <a href="https://a.b">c</a> <img src="a.png" alt="a cat">'
    (tmp_path / "page.html").write_text(good)
    assert list(links.problems(tmp_path)) == []
    (tmp_path / "page.html").write_text(good + html)
    assert list(links.problems(tmp_path)) == [f"page.html: {told}"]


def test_pages_lead_somewhere_and_fetch_nothing(site: Path):
    assert list(links.problems(site)) == []


def test_figures_have_the_alt_text_of_the_notebook(site: Path):
    page = (site / "notebooks/00_first_picture.html").read_text(encoding="utf-8")
    assert "The way from a sentence to a picture: prompt, text encoder, text features, generator" in (
        " ".join(part.split('"')[0] for part in page.split('<img alt="')[1:])
    )


def test_language_is_named(site: Path):
    assert 'lang="zh-CN"' in (site / "notebooks/zh/00_first_picture.html").read_text(encoding="utf-8")
    assert 'lang="en"' in (site / "notebooks/00_first_picture.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("name", LOOKED_AT)
def test_page_in_a_browser(name: str, site: Path, browser_page):
    """axe-core in light and in dark, nothing sticks out on a telephone, nothing fails to load."""
    from tools.site.looking import look

    page, complaints = browser_page
    complaints.clear()
    assert [*look(page, site / name, None), *complaints] == []


@pytest.mark.slow
def test_search_finds_attention_in_both_languages(site: Path, browser_page):
    page, complaints = browser_page
    complaints.clear()
    for word, page_found in (("attention", "t2i_lib.attention"), ("注意力", "Glossary")):
        page.goto(f"{(site / 'search.html').as_uri()}?q={word}")
        page.wait_for_selector(f"#search-results li a:has-text('{page_found}')")
    assert complaints == []


@pytest.mark.slow
def test_dark_mode_toggles(site: Path, browser_page):
    page, _ = browser_page
    page.emulate_media(color_scheme="light")
    page.goto((site / "index.html").as_uri())
    grounds = set()
    for mode in ("light", "dark", "auto"):
        page.locator(".theme-switch-button:visible").click()
        page.locator(f".theme-change-button[data-mode={mode}]:visible").click()
        page.wait_for_function(f"document.documentElement.dataset.mode === '{mode}'")
        page.wait_for_timeout(400)  # the ground fades over
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


def test_without_node_one_line_says_what_to_install(monkeypatch):
    from tools import node_packages

    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ValueError, match="needs Node.js 18"):
        node_packages.install()


@pytest.mark.slow
def test_axe_finds_what_is_wrong(browser_page):
    from tools.axe import axe

    page, _ = browser_page
    page.set_content('<html lang="en"><title>t</title><main><h1>A</h1><img src="data:,"><p>a</p></main></html>')
    assert [violation.rule for violation in axe(page) if violation.hurts] == ["image-alt"]
