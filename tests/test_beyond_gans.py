"""The recipes of lesson 12 in a tiny world: trained, gone on with, shipped, and drawn with through the same door."""

import shutil
from pathlib import Path

import pytest
import torch
from tiny_world import STEPS, enter

from t2i_lib.checkpoints import load_json, load_weights
from t2i_lib.evaluation import EvaluationSettings
from t2i_lib.experiments import beyond_gans
from t2i_lib.flow import FlowGenerator
from t2i_lib.pipeline import TextToImage
from t2i_lib.recipes import flow, picture_tokens, ship, shortcuts, token_artist
from t2i_lib.token_artist import TokenArtist
from t2i_lib.updates import Updater

FEW = EvaluationSettings(captions=4, variety_captions=2, variety_copies=2, article_seeds=1, training_pairs=10)
SMALL_OR_BIG = ({"small": True}, {})
OPTIONS = {"preset": "tiny", "device": "cpu", "precision": "fp32"}


@pytest.fixture(scope="module")
def world(trained) -> Path:
    """The tiny world with a flow that learned big steps, and a writer; both shipped."""
    folder, _ = trained
    with pytest.MonkeyPatch.context() as patch:
        enter(folder, patch)
        flow.run(**OPTIONS, steps=STEPS)
        shortcuts.run(**OPTIONS, steps=STEPS)
        picture_tokens.run("tiny", device="cpu")
        token_artist.run(**OPTIONS, steps=STEPS)
        _lend(folder)
        for name in ship.SHIPPED:
            ship.run(name, "tiny", settings=FEW)
    return folder


def _lend(folder: Path) -> None:
    """A checkpoint `tiny` that lends text encoder and autoencoder, and the article's prompts."""
    root = Path(__file__).resolve().parent.parent
    shutil.copytree(folder / "runs/flow-tiny/artist", folder / "data/checkpoints/tiny", dirs_exist_ok=True)
    shutil.copy(root / "data" / "prompts.json", folder / "data")


@pytest.mark.parametrize(
    "name, network, stage", [("flow", FlowGenerator, "shortcuts"), ("token-artist", TokenArtist, "writer")]
)
def test_what_ships_draws_by_name_and_stays_small(world, monkeypatch, name, network, stage):
    enter(world, monkeypatch)
    artist = TextToImage.from_pretrained(name, device="cpu", precision="fp32")
    assert isinstance(artist.generator, network)
    first, again, other = (artist("a red cat", seed=seed) for seed in (5, 5, 6))
    assert first.size == (32, 32)
    assert first.tobytes() == again.tobytes() != other.tobytes()
    folder = world / "data/checkpoints" / name
    assert not (folder / "autoencoder.safetensors").exists()
    assert {tensor.dtype for tensor in load_weights(folder / "generator.safetensors").values()} == {torch.float16}
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert f"{load_json(folder / 'evaluation.json')['prompt_accuracy']['value']:.3f}" in card
    assert f"\n| {stage} | " in card and "{" not in card


def test_a_training_goes_on_where_it_was(world, monkeypatch):
    enter(world, monkeypatch)
    report = flow.run(**OPTIONS, steps=STEPS + 1, folder=world / "runs/flow-tiny")
    assert report.steps == STEPS + 1 and report.finished


def test_big_steps_begin_where_equal_steps_begin():
    update = Updater({}, torch.device("cpu"))
    update.begin(0.0, 1.0, 3)
    stride = torch.tensor([1.0, 0.5, 0.25, 0.125]).repeat(50)
    starts = shortcuts.ShortcutTask.starts(stride, update)
    assert torch.equal(starts / stride, (starts / stride).round()) and (starts + stride <= 1).all()
    assert len(set(starts[3::4].tolist())) > 5


def test_the_table_measures_each_way_that_is_there(world, monkeypatch):
    enter(world, monkeypatch)
    ways = beyond_gans.ways()
    assert beyond_gans.is_there("flow, 4 big steps", "flow") and not beyond_gans.is_there("GAN", "lesson")
    small = beyond_gans.prepare("flow", {"num_steps": 4, "small": True})
    assert (
        not small.generator.takes_big_steps and beyond_gans.prepare("flow", {"num_steps": 4}).generator.takes_big_steps
    )
    monkeypatch.setattr(beyond_gans, "TIMED", 2)
    outcome = beyond_gans.measure(*ways["flow, 2 big steps"], settings=FEW)
    assert outcome.figures["passes"] == 2 and 0 <= outcome.figures["prompt_accuracy"] <= 1
    assert outcome.figures["pictures a second"] > 0


def test_quantiser_reports_what_words_lose(world):
    report = load_json(world / "runs/tokens-tiny/report.json")
    assert [row["letters"] for row in report] == [1, 2]
    assert report[0]["lost"] >= report[1]["lost"]
