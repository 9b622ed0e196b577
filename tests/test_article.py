"""The article's listing runs as printed, in two steps and in three, in a script and in a notebook."""

import sys
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from tiny_artist import save_tiny_artist

from t2i_lib import article
from t2i_lib.provenance import read_provenance


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    save_tiny_artist(data / "checkpoints" / "full")
    return data


@pytest.fixture(autouse=True)
def shipped(data, tmp_path, monkeypatch):
    """A tiny artist stands where the repository's own is, and pictures go to an empty folder."""
    monkeypatch.setenv("T2I_DATA", str(data))
    monkeypatch.chdir(tmp_path)
    article.article_artist.cache_clear()
    yield
    article.article_artist.cache_clear()


LISTING = """
from t2i_lib import encoder, generator, decoder, display_image

text = "一座美丽的山丘，夕阳西下，天空中有彩虹"
features = encoder(text)
image = generator(features)
display_image(image)
"""


def test_the_listing_as_printed(tmp_path, capsys):
    names = {}
    exec(LISTING, names)
    (path,) = (tmp_path / "outputs").iterdir()
    assert str(path.relative_to(tmp_path)) == capsys.readouterr().out.strip()
    assert read_provenance(path)["prompt"] == names["text"]


def test_the_third_stage_by_itself_gives_the_same_picture():
    features = article.encoder("a green hill")
    image = article.generator(features, seed=7)
    assert article.decoder(image).tobytes() == article.article_artist()("a green hill", seed=7).tobytes()
    assert article.decoder(image.latents).tobytes() == article.decoder(image).tobytes()
    assert image.latents.shape == (1, 3, 8, 8)


def test_many_prompts_at_once(tmp_path):
    image = article.generator(article.encoder(["a green hill", "a castle"]), seed=7)
    assert len(article.decoder(image)) == 2
    article.display_image(image)
    assert {path.name for path in (tmp_path / "outputs").iterdir()} == {"a-green-hill-7.png", "a-castle-8.png"}


def test_display_accepts_latents_and_any_picture(tmp_path):
    article.display_image(torch.zeros(1, 3, 8, 8))
    article.display_image(Image.new("RGB", (5, 7)))
    assert {path.name for path in (tmp_path / "outputs").iterdir()} == {"picture-1.png", "picture-2.png"}


def test_in_a_notebook_the_picture_appears_below_the_cell(tmp_path, monkeypatch):
    shown = []
    ipython = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=lambda *a, **k: shown.append((*a, k))))
    article.display_image(article.generator(article.encoder("a castle"), seed=3))
    assert [picture.info["seed"] for picture, _ in shown] == ["3"]
    assert shown[0][1]["metadata"]["image/png"]["alt"].endswith("a castle")
    assert not (tmp_path / "outputs").exists()


def test_wrong_order_is_explained():
    with pytest.raises(ValueError, match="call encoder first"):
        article.generator("a green hill")
    with pytest.raises(ValueError, match="what generator"):
        article.decoder("a green hill")
    with pytest.raises(ValueError, match="empty"):
        article.encoder("  ")
