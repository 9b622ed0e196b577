"""Training on pictures of one's own: what learns and what does not, what is augmented, and what comes out."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import torch
from tiny_world import enter

from t2i_lib.augmentation import Augmentation
from t2i_lib.captioned_folder import CaptionedFolder
from t2i_lib.checkpoints import load_weights
from t2i_lib.cli import main
from t2i_lib.model_card import ModelCard, read_header
from t2i_lib.pipeline import TextToImage
from t2i_lib.presets import PRESETS
from t2i_lib.recipes import own
from t2i_lib.recipes.own_gauges import discriminators_memory
from t2i_lib.recipes.own_pictures import OwnPictures
from t2i_lib.recipes.own_task import OwnTask, OwnTraining, choose_learning, new_networks
from t2i_lib.toys.creatures import write_folder

SETTINGS = OwnTraining(batch_size=4, penalty_every=2)
GAUGES = {"caption recall", "recall, unseen", "copies", "distance", "overfitting"}


@pytest.fixture
def start(trained, monkeypatch) -> Path:
    """The artist that the tiny recipes made."""
    enter(trained[0], monkeypatch)
    return trained[0] / "runs" / "gan-tiny" / "artist"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_folder(tmp_path_factory.mktemp("zibbles"), size=32)


def train(folder: Path, start: Path, where: Path, settings: OwnTraining = SETTINGS, steps: int = 2, **options):
    return own.run(folder, start, where, settings, steps=steps, device="cpu", precision="fp32", quiet=True, **options)


def test_an_artist_with_a_card_comes_out_and_the_same_call_goes_on(folder, start, tmp_path):
    card = ModelCard("Zibbles", license="mit", data_license="cc0-1.0", data="Zibbles")
    report = train(folder, start, tmp_path, card=card)
    assert report.steps == 2 and set(report.gauges) == GAUGES
    assert read_header(tmp_path / "artist")["license"] == "mit"
    text = (tmp_path / "artist" / "README.md").read_text(encoding="utf-8")
    assert "# Zibbles" in text and "- pictures: 16" in text and "| copies |" in text
    artist, before = (
        TextToImage.from_pretrained(tmp_path, device="cpu"),
        TextToImage.from_pretrained(start, device="cpu"),
    )
    assert artist("a red zibble", seed=1).size == (32, 32)
    for part, same in (("autoencoder", True), ("text_encoder", True), ("generator", False)):
        ours, theirs = (getattr(each, part).state_dict().values() for each in (artist, before))
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True)) == same
    assert train(folder, start, tmp_path, steps=3).steps == 3
    assert train(folder, tmp_path, tmp_path / "on", steps=1).steps == 1  # and others can train on from it


@pytest.mark.parametrize("learns", ["affine", "low rank"])
def test_where_a_part_learns_the_rest_stays_and_the_file_is_a_plain_generator(folder, start, tmp_path, learns):
    train(folder, start, tmp_path, replace(SETTINGS, learns=learns, rank=2))
    before, after = (load_weights(place / "generator.safetensors") for place in (start, tmp_path / "artist"))
    assert set(before) == set(after)
    changed = {name for name in before if not torch.allclose(before[name], after[name])}
    if learns == "affine":
        assert changed and all(any(p in n for p in ("to_modulation", "to_style", "read_pooled")) for n in changed)
    else:
        assert changed and all(name.endswith("weight") for name in changed)


def test_how_many_numbers_learn(start):
    def count(**settings) -> int:
        return choose_learning(TextToImage.from_pretrained(start, device="cpu").generator, OwnTraining(**settings))

    whole = sum(each.numel() for each in TextToImage.from_pretrained(start, device="cpu").generator.parameters())
    assert count() == whole > count(learns="affine") > 0
    assert count(learns="low rank", rank=1) < count(learns="low rank", rank=2) < whole


def test_from_scratch_begins_elsewhere(folder, start, tmp_path):
    train(folder, start, tmp_path, steps=1, seed=5, from_scratch=True)
    before, after = (load_weights(place / "generator.safetensors") for place in (start, tmp_path / "artist"))
    assert (before["to_grid.weight"] - after["to_grid.weight"]).abs().mean() > 0.05


def make_task(folder: Path, start: Path, **settings) -> OwnTask:
    artist = TextToImage.from_pretrained(start, "cpu", "fp32")
    everything = OwnPictures(CaptionedFolder(folder, 32), artist.autoencoder, artist.text_encoder)
    networks = new_networks(artist.config, PRESETS["tiny"].discriminator, 0)
    features = own.load_features(start)
    return OwnTask(
        *networks, everything.part(range(4, 20)), everything.part(range(4)), features, artist.text_encoder,
        artist.autoencoder, replace(SETTINGS, **settings),
    )  # fmt: skip


def test_real_and_drawn_pictures_are_augmented_as_the_settings_say(folder, start):
    latents = torch.ones(3, 3, 16, 16)
    for augmented, drawn_too, real_too in (("both", True, True), ("real", False, True), ("none", False, False)):
        task = make_task(folder, start, augmented=augmented, view_noise=0.0, augmentation=Augmentation(0, 0.5))
        rng = torch.Generator().manual_seed(0)
        drawn, real = task.change(latents, rng, "both"), task.change(latents, rng, "both", "real")
        assert ((drawn == 0).any(), (real == 0).any()) == (drawn_too, real_too)


def test_the_discriminator_sees_single_pictures_twice(folder, start):
    task = make_task(folder, start)
    views = task.look(torch.randn(2, 3, 16, 16))
    half = views[0].shape[1] // 2
    assert torch.equal(views[0][:, :half], views[0][:, half:])


def test_wrong_captions_belong_to_other_pictures(folder, start):
    pictures = make_task(folder, start).pictures
    pictures.captions[1] = pictures.captions[0]  # two pictures of one caption
    rng = Random(0)
    for _ in range(50):
        assert pictures.another(0, rng) not in (0, 1)


def test_memory_asks_the_discriminator():
    scores = iter((torch.tensor([4.0]), torch.tensor([1.0]), torch.tensor([0.0])))
    assert discriminators_memory(lambda *_: next(scores), *[(None, None)] * 3) == 0.75


def test_what_cannot_be_trained_on_is_said(folder, start, tmp_path):
    with pytest.raises(ValueError, match="augmented must be one of both, real, none"):
        OwnTraining(augmented="sometimes")
    artist = TextToImage.from_pretrained(start, device="cpu")
    with pytest.raises(ValueError, match="32 pixels wide, but are"):
        OwnPictures(CaptionedFolder(folder, 16), artist.autoencoder, artist.text_encoder)
    artist.save_pretrained(tmp_path / "alone")
    with pytest.raises(ValueError, match="only an artist that was kept with it"):
        train(folder, tmp_path / "alone", tmp_path / "run")


def test_the_command_trains_on_a_folder(folder, start, tmp_path, capsys):
    command = ["train", "gan", "--data", str(folder), "--start", str(start), "--folder", str(tmp_path)]
    assert main([*command, "--steps", "1", "--learns", "low rank", "--device", "cpu", "--precision", "fp32"]) == 0
    assert (tmp_path / "artist" / "generator.safetensors").is_file()
    assert main([*command, "--learns", "nothing"]) == 2 and "learns must be one of" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options, said",
    [
        (["--learns", "affine"], "name them by --data"),
        (["--data", "here", "--text-encoder", "text-gpt"], "keeps its own text encoder"),
        (["--data", "here", "--preset", "huge"], "unknown preset 'huge'"),
        (["--data", "nowhere at all"], "there is no folder nowhere at all"),
    ],
)
def test_options_that_do_not_go_together_are_said(options, said, start, capsys):
    assert main(["train", "gan", *options, *(["--start", str(start)] if "nowhere at all" in options else [])]) == 2
    assert said in capsys.readouterr().err
