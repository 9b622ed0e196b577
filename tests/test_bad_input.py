"""Whatever goes wrong by the caller's hand: one clear line, exit code 2, no traceback, nothing lost."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image
from tiny_artist import save_tiny_artist

from t2i_lib.cli import main
from t2i_lib.provenance import read_provenance, save_picture


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny_artist(tmp_path_factory.mktemp("artists") / "tiny")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def refused(capsys):
    """Run a command that must be refused; returns its one line."""

    def run(*arguments) -> str:
        assert main([str(argument) for argument in arguments]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        (line,) = said.err.splitlines()
        assert line.startswith("t2i: error: ")
        return line

    return run


# -- prompts


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("", "empty"),
        (" \t\n ", "empty"),
        ("hill " * 2000, "10000|9999"),
        ("🌈🏰", "no words"),
        ("?!...", "no words"),
        ("a hill\x07", r"U\+0007"),
        ("a \x00hill", r"U\+0000"),
        ("a \ud800 hill", r"U\+D800"),
    ],
)
def test_prompts_that_cannot_be_drawn(prompt, reason, refused, folder):
    import re

    assert re.search(reason, refused("draw", prompt, "--model", folder))
    assert not Path("outputs").exists()


def test_ten_thousand_characters_name_the_limit_in_tokens(folder):
    from t2i_lib.pipeline import TextToImage

    with pytest.raises(ValueError, match="10000 characters, .* at most 13 tokens"):
        TextToImage.from_pretrained(folder)("山" * 10_000)


def test_a_long_prompt_is_cut_with_a_warning(folder, capsys):
    assert main(["draw", "a green hill at sunset " * 4, "--model", str(folder), "--seed", "1"]) == 0
    said = capsys.readouterr()
    assert "20 tokens, only the first 13 are read" in said.err
    assert Path(said.out.strip()).is_file()


def test_unknown_words_are_named_and_the_rest_is_drawn(folder, capsys):
    assert main(["draw", "a hill with a zeppelin", "--model", str(folder), "--seed", "1"]) == 0
    said = capsys.readouterr()
    assert "zeppelin" in said.err and "hill" not in said.err
    assert Path(said.out.strip()).is_file()


@pytest.mark.parametrize("prompt", ["eine grüne Wiese", "зелёный холм", "緑の丘の上の虹です"])
def test_other_languages_are_drawn_with_a_warning(prompt, folder, capsys):
    assert main(["draw", prompt, "--model", str(folder), "--seed", "1"]) == 0
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1 and "warning" in said.err
    assert Path(said.out.strip()).is_file()


def test_nothing_known_is_said_clearly(folder, capsys):
    assert main(["draw", "eine grüne Wiese", "--model", str(folder), "--seed", "1"]) == 0
    assert "no word of this prompt is known" in capsys.readouterr().err


# -- names and numbers


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["train", "gan", "--preset", "huge"], "unknown preset 'huge'; choose one of tiny"),
        (["train", "gan", "--minutes", "-1"], "--minutes must be more than 0"),
        (["train", "gan", "--steps", "many"], "--steps"),
        (["train", "gam"], "gam"),
        (["data", "show", "mood=happy"], "one of place, time"),
        (["data", "show", "place=moon"], "hill, seaside"),
        (["data", "show", "subject=knight", "expression=calm"], "cannot be|must be"),
        (["data", "show", "--split", "exam"], "unknown split 'exam'"),
        (["data", "show", "--count", "0"], "at least 1"),
        (["fly"], "No such command"),
        (["draw", "a hill", "--speed", "3"], "--speed"),
        (["draw"], "PROMPT|prompt"),
    ],
)
def test_unknown_names_and_senseless_numbers(arguments, reason, refused):
    import re

    assert re.search(reason, refused(*arguments))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--device", "abacus"], "received 'abacus'"),
        (["--device", "cuda:99"], "finds none"),
        (["--precision", "int3"], "received 'int3'"),
        (["--precision", "fp16", "--device", "cpu"], "needs a GPU"),
        (["--seed", "-1"], "a seed is"),
        (["--count", "0"], "count must be"),
        (["--out", "picture.jpg/x.jpeg", "--model", "none"], "none"),
    ],
)
def test_senseless_drawing_options(options, reason, refused, folder):
    assert reason in refused("draw", "a hill", "--model", folder, *options)


# -- checkpoints


@pytest.fixture
def broken(folder, tmp_path):
    """A copy of the tiny artist to be broken."""
    return shutil.copytree(folder, tmp_path / "broken")


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def pickle_it(path):
    import pickle

    path.write_bytes(pickle.dumps({"weights": os.system}, protocol=2))


def other_shape(path):
    from t2i_lib.checkpoints import load_weights, save_weights

    state = load_weights(path)
    name = sorted(state)[0]
    save_weights(path, {**state, name: state[name][:1].repeat(3, *[1] * (state[name].ndim - 1)).clone()})


def without_a_tensor(path):
    from t2i_lib.checkpoints import load_weights, save_weights

    save_weights(path, dict(sorted(load_weights(path).items())[1:]))


def hostile_header(path):
    """A header that claims to be 2^62 bytes long."""
    path.write_bytes((2**62).to_bytes(8, "little") + b"{}" * 50)


def hostile_offsets(path):
    """A tensor that claims to lie outside the file."""
    header = json.dumps({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 16)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (Path.unlink, "there is no file"),
        (truncate, "truncated"),
        (pickle_it, "pickled"),
        (other_shape, "has shape"),
        (without_a_tensor, "is missing"),
        (hostile_header, "truncated or no safetensors"),
        (hostile_offsets, "truncated or no safetensors"),
        (lambda path: path.write_bytes(b""), "truncated or no safetensors"),
        (lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n"), "git lfs pull"),
    ],
)
@pytest.mark.parametrize("name", ["generator.safetensors", "autoencoder.safetensors"])
def test_broken_weights(spoil, reason, name, broken, refused):
    spoil(broken / name)
    line = refused("draw", "a hill", "--model", broken, "--out", "new")
    assert reason in line and name in line


@pytest.mark.parametrize("spoil", [Path.unlink, truncate, pickle_it, hostile_header])
def test_broken_text_encoder(spoil, broken, refused):
    spoil(broken / "text_encoder" / "model.safetensors")
    assert "text_encoder" in refused("draw", "a hill", "--model", broken)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("{", "no valid JSON"),
        ("[]", "does not describe an artist"),
        ("{}", "does not describe an artist"),
        ('{"generator": {"noise_dim": 5, "__class__": 1}, "autoencoder": {}}', "does not describe an artist"),
        ('{"generator": {"widths": 3}, "autoencoder": {}}', "does not describe an artist"),
        ('{"generator": {"widths": [3, 5], "depths": [1]}, "autoencoder": {}}', "one number a stage"),
    ],
)
def test_broken_config(config, reason, broken, refused):
    (broken / "config.json").write_text(config)
    assert reason in refused("draw", "a hill", "--model", broken)


def test_parts_of_two_artists(broken, refused):
    config = json.loads((broken / "config.json").read_text())
    config["autoencoder"]["latent_channels"] = 4
    (broken / "config.json").write_text(json.dumps(config))
    assert "does not fit" in refused("draw", "a hill", "--model", broken)


@pytest.mark.parametrize("name", ["nowhere", "no/such/folder", "./nowhere", "/dev/null/x"])
def test_no_such_artist(name, refused):
    assert name.lstrip("./") in refused("draw", "a hill", "--model", name)


def test_a_model_that_the_hub_does_not_deliver():
    from t2i_lib.pipeline import TextToImage

    with pytest.raises(ValueError, match="hub did not deliver someone/nothing"):
        TextToImage.from_pretrained("someone/nothing", local_files_only=True)


def test_no_judge(tmp_path, monkeypatch, refused):
    monkeypatch.setenv("T2I_DATA", str(tmp_path))
    assert "judge" in refused("evaluate")


def test_no_weights_at_all(tmp_path, monkeypatch, refused):
    monkeypatch.setenv("T2I_DATA", str(tmp_path))
    assert "t2i train" in refused("draw", "a hill", "--out", "new")
    monkeypatch.setenv("T2I_DATA", str(tmp_path / "gone"))
    assert "T2I_DATA" in refused("draw", "a hill", "--out", "new")


# -- files


@pytest.mark.parametrize("command", [["draw", "a hill"], ["demo"], ["data", "show"]])
def test_folder_that_cannot_be_written_to(command, refused):
    assert "cannot write to /dev/null" in refused(*command, "--out", "/dev/null/x/y.png")


def test_training_folder_that_cannot_be_written_to(refused):
    assert "cannot write to /dev/null" in refused("train", "gan", "--preset", "tiny", "--folder", "/dev/null/x")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("nothing.txt", b"", "holds neither metadata.jsonl nor metadata.csv"),
        ("metadata.csv", b"picture,words\nred.png,a red square\n", "file_name"),
        ("metadata.csv", b"file_name,words\nred.png,a red square\n", "words"),
        ("metadata.csv", "file_name,caption\nred.png,红色\n".encode("gb18030"), "not UTF-8"),
        ("metadata.jsonl", b'{"file_name": "red.png"', "metadata.jsonl, line 1"),
        ("metadata.jsonl", b'{"file_name": "broken.png", "caption": "a cat"}\n', "broken.png"),
    ],
)
def test_captions_that_cannot_be_used(name, content, reason, tmp_path, refused):
    Image.new("RGB", (8, 8), "red").save(tmp_path / "red.png")
    (tmp_path / "broken.png").write_bytes((tmp_path / "red.png").read_bytes()[:40])
    (tmp_path / name).write_bytes(content)
    assert reason in refused("data", "show", "--folder", tmp_path, "--out", "sheet.png")
    assert not Path("sheet.png").exists()


def test_a_broken_picture_among_good_ones_is_left_out_and_named(tmp_path, capsys):
    Image.new("RGB", (8, 8), "red").save(tmp_path / "red.png")
    (tmp_path / "bad.png").write_text("not a picture")
    rows = [{"file_name": name, "caption": "a square"} for name in ("red.png", "bad.png")]
    (tmp_path / "metadata.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    assert main(["data", "show", "--folder", str(tmp_path), "--out", "sheet.png"]) == 0
    said = capsys.readouterr()
    assert "bad.png" in said.err and len(said.err.splitlines()) == 1
    assert Path("sheet.png").is_file()


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_full_disk_keeps_the_old_picture(folder, monkeypatch, refused):
    assert main(["draw", "a hill", "--model", str(folder), "--seed", "1", "--out", "hill.png"]) == 0
    before = Path("hill.png").read_bytes()
    monkeypatch.setattr(Image.Image, "save", full_disk)
    refused_line = _refused_after_success(folder)
    assert "disk is full" in refused_line
    assert Path("hill.png").read_bytes() == before
    assert [path.name for path in Path().iterdir() if path.is_file()] == ["hill.png"]


def _refused_after_success(folder) -> str:
    import contextlib
    import io

    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        assert main(["draw", "a hill", "--model", str(folder), "--seed", "2", "--out", "hill.png"]) == 2
    (line,) = said.getvalue().splitlines()
    return line


def test_full_disk_keeps_the_old_artist(folder, monkeypatch):
    from t2i_lib.pipeline import TextToImage

    artist = TextToImage.from_pretrained(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    monkeypatch.setattr("t2i_lib.checkpoints.save_file", full_disk)
    with pytest.raises(OSError, match="disk is full"):
        artist.save_pretrained(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert not list(folder.parent.glob(".*partial"))


def test_broken_pictures_are_named(tmp_path):
    picture = save_picture(Image.new("RGB", (64, 64), "red"), tmp_path / "red.png")
    assert read_provenance(picture) == {}
    picture.write_bytes(picture.read_bytes()[:-30])
    (tmp_path / "text.png").write_text("not a picture")
    for path in (picture, tmp_path / "text.png", tmp_path / "gone.png", tmp_path):
        with pytest.raises(ValueError, match=path.name):
            read_provenance(path)
    with pytest.raises(ValueError, match="must end in .png"):
        save_picture(Image.new("RGB", (2, 2)), tmp_path / "red.jpg")


# -- training


def test_two_trainings_in_one_folder(tmp_path, monkeypatch, refused):
    from types import SimpleNamespace

    from t2i_lib.cli import train
    from t2i_lib.run_folder import RunFolder

    def run(folder):
        with RunFolder(folder, {}):
            pass

    monkeypatch.setattr(train, "import_module", lambda name: SimpleNamespace(run=run))
    with RunFolder(tmp_path / "mine", {}):
        assert "in use by another training" in refused("train", "gan", "--folder", tmp_path / "mine")
    assert main(["train", "gan", "--folder", str(tmp_path / "mine")]) == 0


def test_a_training_that_breaks_gives_advice(monkeypatch, refused):
    from types import SimpleNamespace

    from t2i_lib.cli import train
    from t2i_lib.training import TrainingDiverged

    def run(**_):
        raise TrainingDiverged("training broke at step 3; train with half the learning rate")

    monkeypatch.setattr(train, "import_module", lambda name: SimpleNamespace(run=run))
    assert "half the learning rate" in refused("train", "gan")


# -- interruption


@pytest.mark.parametrize(("raised", "said"), [(KeyboardInterrupt(), "stopped"), (None, "step 3")])
def test_ctrl_c(raised, said, monkeypatch, capsys):
    from types import SimpleNamespace

    from t2i_lib.cli import train
    from t2i_lib.training import TrainingInterrupted

    def run(**_):
        raise raised or TrainingInterrupted("stopped at step 3; the same command goes on from there")

    monkeypatch.setattr(train, "import_module", lambda name: SimpleNamespace(run=run))
    assert main(["train", "judge"]) == 130
    assert said in capsys.readouterr().err
