"""The artist: same prompt and seed, same picture; folders that come back; errors that say what to do."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_artist import save_tiny_artist, tiny_artist

from t2i_lib.artist_files import default_artist, is_hub_id, staged
from t2i_lib.pipeline import TextToImage, to_pictures
from t2i_lib.provenance import read_provenance, save_picture

REPOSITORY = Path(__file__).parents[1]
PROMPT = "a green hill at sunset with a rainbow"


@pytest.fixture(scope="module")
def artist():
    return tiny_artist()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny_artist(tmp_path_factory.mktemp("artists") / "tiny")


def test_same_prompt_and_seed_give_the_same_picture(artist):
    first, second = artist(PROMPT, seed=7), artist(PROMPT, seed=7)
    assert first.tobytes() == second.tobytes()
    assert first.size == (16, 16) and first.mode == "RGB"
    assert artist(PROMPT, seed=8).tobytes() != first.tobytes()


def test_neighbours_in_a_batch_do_not_change_a_picture(artist):
    alone = artist.draw([PROMPT], [7])
    among = artist.draw(["a castle", PROMPT, "a red girl smiling at night"], [1, 7, 3], batch_size=2)
    assert among.shape == (3, 3, 16, 16) and among.device.type == "cpu"
    assert among.min() >= -1 and among.max() <= 1
    torch.testing.assert_close(among[1], alone[0], atol=1e-5, rtol=0)
    assert (among[0] - among[2]).abs().max() > 0.01


def test_prompt_changes_the_picture(artist):
    assert (artist.draw([PROMPT], [7]) - artist.draw(["castle night"], [7])).abs().max() > 1e-4


def test_one_prompt_one_picture_many_prompts_a_list(artist):
    pictures = artist([PROMPT, "a castle"], seed=5, count=3)
    assert [picture.info["seed"] for picture in pictures] == ["5", "6", "7"] * 2
    assert [picture.info["prompt"] for picture in pictures] == [PROMPT] * 3 + ["a castle"] * 3
    assert pictures[1].tobytes() == artist(PROMPT, seed=6).tobytes()
    assert isinstance(artist([PROMPT], seed=5), list)
    assert len(artist(PROMPT, seed=5, count=2)) == 2


def test_without_a_seed_the_picture_tells_it(artist):
    picture = artist(PROMPT)
    assert artist(PROMPT, seed=int(picture.info["seed"])).tobytes() == picture.tobytes()


def test_stages_are_those_of_the_picture(artist):
    stages = artist.stages("a green hill", seed=3)
    assert stages.names == ["tokens", "features", "pooled", "noise", "latents", "picture"]
    assert [stage.shape for stage in stages] == [(1, 3), (1, 3, 8), (1, 8), (1, 5), (1, 3, 8, 8), (16, 16, 3)]
    assert stages["picture"].value.tobytes() == artist("a green hill", seed=3).tobytes()
    assert to_pictures(artist.decode(stages["latents"].value))[0].tobytes() == stages[-1].value.tobytes()
    assert "(1, 3, 8, 8)" in repr(stages)
    with pytest.raises(KeyError, match="there are tokens"):
        stages["latent"]


def test_parse_names_unknown_words(artist):
    from random import Random

    from t2i_lib.concepts import fit_probes, sample_captions

    fit_probes(artist.text_encoder, sample_captions(Random(0), 20), num_steps=2)
    read = artist.parse("a zeppelin over the hill")
    assert read.unknown_words == ["zeppelin"]
    assert all(0 <= sure <= 1 for _, sure in read.attributes.values())
    assert "zeppelin" in repr(read)


def test_a_folder_gives_back_the_same_artist(artist, folder):
    loaded = TextToImage.from_pretrained(folder, device="cpu", precision="fp32")
    assert loaded(PROMPT, seed=7).tobytes() == artist(PROMPT, seed=7).tobytes()
    assert loaded.config == artist.config
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("---")
    assert not list(folder.parent.glob(".*partial"))


def test_saving_keeps_the_model_card(folder, tmp_path):
    mine = save_tiny_artist(tmp_path / "first")
    (mine / "README.md").write_text("measured: 0.5", encoding="utf-8")
    TextToImage.from_pretrained(mine).save_pretrained(tmp_path / "second")
    assert (tmp_path / "second" / "README.md").read_text(encoding="utf-8") == "measured: 0.5"


def test_saving_that_fails_leaves_the_old_artist(folder, tmp_path):
    before = (folder / "config.json").read_bytes()
    with pytest.raises(OSError, match="full"), staged(folder) as staging:
        (staging / "config.json").write_text("{}")
        raise OSError("disk full")
    assert (folder / "config.json").read_bytes() == before
    assert not list(folder.parent.glob(".*partial"))


def test_push_to_hub_sends_a_whole_artist(artist, monkeypatch):
    from huggingface_hub import HfApi

    sent = {}

    def upload(self, *, repo_id, folder_path, **_):
        sent[repo_id] = sorted(path.relative_to(folder_path).as_posix() for path in folder_path.rglob("*.*"))

    monkeypatch.setattr(HfApi, "create_repo", lambda self, repo_id, **_: type("Repo", (), {"repo_id": repo_id}))
    monkeypatch.setattr(HfApi, "upload_folder", upload)
    artist.push_to_hub("someone/storybook")
    assert {"config.json", "generator.safetensors", "autoencoder.safetensors", "README.md"} <= set(
        sent["someone/storybook"]
    )
    assert "text_encoder/model.safetensors" in sent["someone/storybook"]


def test_a_hub_id_is_fetched_by_the_hubs_own_means(folder, artist, monkeypatch):
    asked = []

    def snapshot(model_id, **options):
        asked.append((model_id, options["revision"]))
        return str(folder)

    monkeypatch.setattr("t2i_lib.pipeline.snapshot_download", snapshot)
    monkeypatch.setattr("huggingface_hub.hub_mixin.hf_hub_download", lambda *_, **__: str(folder / "config.json"))
    loaded = TextToImage.from_pretrained("someone/storybook", revision="v2", device="cpu", precision="fp32")
    assert asked == [("someone/storybook", "v2")]
    assert loaded(PROMPT, seed=7).tobytes() == artist(PROMPT, seed=7).tobytes()


@pytest.mark.parametrize("name", ["owner/model", "gpt2-owner/Model_1.0"])
def test_hub_ids(name):
    assert is_hub_id(name)


def test_default_artist_falls_back_to_the_lesson_and_says_so(tmp_path, monkeypatch, capsys):
    (tmp_path / "checkpoints" / "lesson").mkdir(parents=True)
    (tmp_path / "checkpoints" / "lesson" / "generator.safetensors").touch()
    monkeypatch.setenv("T2I_DATA", str(tmp_path))
    assert default_artist().name == "lesson"
    assert "lesson" in capsys.readouterr().err
    (tmp_path / "checkpoints" / "full").mkdir()
    (tmp_path / "checkpoints" / "full" / "config.json").write_text("{}")  # an autoencoder, no artist yet
    assert default_artist().name == "lesson"
    (tmp_path / "checkpoints" / "full" / "generator.safetensors").touch()
    assert default_artist().name == "full"


def test_provenance_survives_the_file(artist, tmp_path):
    prompt = "一座 山 丘"
    path = save_picture(artist(prompt, seed=7), tmp_path / "new" / "picture.png")
    facts = read_provenance(path)
    assert facts["prompt"] == prompt and facts["seed"] == "7" and facts["generated"] == "true"
    assert facts["model"] == "artist" and facts["library"].startswith("t2i_lib")
    assert [entry.name for entry in path.parent.iterdir()] == ["picture.png"]


def test_provenance_survives_plain_saving_too(artist, tmp_path):
    picture = artist(PROMPT, seed=7)
    picture.save(tmp_path / "plain.png")
    assert read_provenance(tmp_path / "plain.png")["prompt"] == PROMPT
    picture.save(tmp_path / "photo.jpg")
    assert picture.resize((8, 8)).size == (8, 8)


def test_a_trainings_folder_stands_for_its_artist(artist, tmp_path):
    artist.save_pretrained(tmp_path / "run" / "artist")
    (tmp_path / "run" / "artist" / "README.md").write_text("measured: 0.5", encoding="utf-8")
    loaded = TextToImage.from_pretrained(tmp_path / "run", device="cpu", precision="fp32")
    assert loaded(PROMPT, seed=7).tobytes() == artist(PROMPT, seed=7).tobytes()
    loaded.save_pretrained(tmp_path / "copy")
    assert (tmp_path / "copy" / "README.md").read_text(encoding="utf-8") == "measured: 0.5"


def test_a_copy_of_an_artist_with_borrowed_parts_holds_them_itself(folder, tmp_path):
    lender, borrower = tmp_path / "lender", tmp_path / "borrower"
    TextToImage.from_pretrained(folder, device="cpu").save_pretrained(lender)
    borrower.mkdir()
    (lender / "generator.safetensors").rename(borrower / "generator.safetensors")
    config = json.loads((lender / "config.json").read_text(encoding="utf-8"))
    (borrower / "config.json").write_text(json.dumps(config | {"parts_from": "lender"}), encoding="utf-8")
    first = TextToImage.from_pretrained(borrower, device="cpu", precision="fp32")
    first.save_pretrained(tmp_path / "elsewhere" / "copy")
    second = TextToImage.from_pretrained(tmp_path / "elsewhere" / "copy", device="cpu", precision="fp32")
    assert second(PROMPT, seed=7).tobytes() == first(PROMPT, seed=7).tobytes()


def test_latents_can_be_worked_on(artist):
    latents = artist.generate([PROMPT], [7]).requires_grad_(True)
    artist.autoencoder.decode(latents).sum().backward()
    assert latents.grad.abs().sum() > 0


def test_saved_config_is_plain_json(folder):
    stored = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert stored["generator"]["noise_dim"] == 5 and stored["autoencoder"]["image_size"] == 16


def test_drawing_needs_no_transformers(folder):
    """Their import takes longer than all the rest."""
    code = (
        "import sys; from t2i_lib import TextToImage; "
        f"TextToImage.from_pretrained({str(folder)!r})('a green hill', seed=7); print('transformers' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True, cwd=REPOSITORY).strip() == "False"
