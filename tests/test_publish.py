"""A checkpoint's figures: measured once, written to evaluation.json, and the same in its card and in both READMEs."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_world import STEPS, enter

from t2i_lib.checkpoints import load_json, load_weights, save_json
from t2i_lib.evaluation import EvaluationSettings
from t2i_lib.pipeline import TextToImage
from t2i_lib.presets import PRESETS
from t2i_lib.recipes import autoencoder, publish
from tools import quality_table, sketch_table

ROOT = Path(__file__).resolve().parent.parent
FEW = EvaluationSettings(captions=6, variety_captions=2, variety_copies=2, article_seeds=1, training_pairs=20)
TINY_GOALS = {"prompt_accuracy": ">= 0.99", "frechet_over_floor": "<= 7"}


@pytest.fixture(scope="module")
def published(trained) -> Path:
    """The checkpoint that the tiny training becomes."""
    folder, _ = trained
    with pytest.MonkeyPatch.context() as patch:
        enter(folder, patch)
        patch.setitem(publish.GOALS, "tiny", TINY_GOALS)
        shutil.copy(ROOT / "data" / "prompts.json", folder / "data")
        return publish.run("tiny", settings=FEW)


@pytest.fixture
def report(published) -> dict:
    return load_json(published / "evaluation.json")


@pytest.fixture
def card(published) -> str:
    return (published / "README.md").read_text(encoding="utf-8")


def cells(card: str, name: str) -> list[str]:
    """The first row of a table that begins with `name`."""
    return re.search(rf"^\| {re.escape(name)} \|(.*)\|$", card, re.M)[1].split("|")


def numbers(cell: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?[0-9.]+", cell)]


def rounded(estimate: dict[str, float]) -> list[float]:
    return [pytest.approx(estimate[name], abs=6e-4) for name in ("value", "low", "high")]


def test_the_checkpoint_is_an_artist_and_what_is_needed_to_train_on(published):
    artist = TextToImage.from_pretrained(published, device="cpu", precision="fp32")
    assert artist("a red cat in the snow", seed=5).size == (32, 32)
    kept = {path.name for path in published.iterdir()}
    assert {"discriminator.safetensors", "features.safetensors", "features.json"} <= kept
    trained = load_weights(published.parents[2] / "runs/gan-tiny/artist/generator.safetensors")
    for name, tensor in load_weights(published / "generator.safetensors").items():
        assert torch.equal(tensor, trained[name].half())
    assert next(artist.generator.parameters()).dtype == torch.float32


def test_stored_in_16_bits_is_all_but_what_latents_depend_on(published):
    trained = load_weights(published.parents[2] / "runs/gan-tiny/autoencoder/autoencoder.safetensors")
    for name, tensor in load_weights(published / "autoencoder.safetensors").items():
        kept = not name.startswith("decoder.")
        assert torch.equal(tensor, trained[name] if kept else trained[name].half()), name
    assert load_weights(published / "features.safetensors")["to_features.weight"].dtype == torch.float16
    read = load_weights(published / "text_encoder" / "model.safetensors")
    assert {tensor.dtype for tensor in read.values()} == {torch.float16}


def test_the_diary_of_the_training_is_kept(published):
    kept = published / "training"
    run = published.parents[2] / "runs/gan-tiny"
    assert (kept / "log.jsonl").read_bytes() == (run / "log.jsonl").read_bytes()
    assert "step_000000.png" in {path.name for path in (kept / "samples").iterdir()}


def test_sheets_of_the_diary_lie_ever_farther_apart(tmp_path):
    run = tmp_path / "run"
    (run / "samples").mkdir(parents=True)
    (run / "log.jsonl").touch()
    for step in range(17):
        (run / "samples" / f"step_{step:06d}.png").touch()
    for _ in range(2):  # an older diary gives way
        publish.keep_diary(run, tmp_path / "kept")
    steps = sorted(int(path.stem[5:]) for path in (tmp_path / "kept/samples").iterdir())
    assert steps == [0, 1, 2, 4, 8, 16]


def test_a_preset_with_a_larger_decoder_ships_the_generator_of_a_smaller_ones_training(trained, monkeypatch, tmp_path):
    enter(trained[0], monkeypatch)
    small = PRESETS["tiny"]
    large = replace(small, name="large", autoencoder=replace(small.autoencoder, decoder_depths=(2,)))
    monkeypatch.setitem(PRESETS, "large", large)
    autoencoder.run("large", steps=2, device="cpu", precision="fp32", start="runs/autoencoder-tiny")
    artist = publish.publish(Path("runs/gan-tiny"), large, tmp_path)
    assert artist.config.autoencoder == large.autoencoder
    ours, theirs = (load_weights(path / "generator.safetensors") for path in (tmp_path, Path("runs/gan-tiny/artist")))
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in ours.items())
    commands = [row.split("|")[2].strip(" `") for row in publish._stage_rows(large, Path("runs/gan-tiny"))]
    assert commands == [
        "t2i train autoencoder --preset large --start data/checkpoints/tiny",
        "t2i train features --preset tiny",
        "t2i train gan --preset tiny",
    ]


def test_the_cards_figures_are_those_of_the_evaluation_beside_the_goals(card, report):
    for key, name in publish.FIGURES.items():
        measured, goal = cells(card, name)
        assert numbers(measured) == rounded(report[key]), name
        assert goal.strip() == TINY_GOALS.get(key, "")


def test_the_card_lists_every_attribute_and_every_prompt_of_the_article(card, report):
    for name, estimate in report["per_attribute"].items():
        assert numbers(cells(card, name)[0]) == rounded(estimate)
    assert len(report["article_prompts"]) == 12
    for entry in report["article_prompts"]:
        assert cells(card, entry["prompt"])[0].strip() == f"{entry['found']} of {FEW.article_seeds}"


def test_the_card_sets_the_artist_between_real_pictures_and_the_nearest_caption(card, report):
    for row in ("artist", "real pictures", "nearest training caption"):
        splits = report["rows"][row]
        wanted = [splits[split][name] for split in ("test", "unseen") for name in ("prompt_accuracy", "exact_match")]
        assert [numbers(cell) for cell in cells(card, row)] == [rounded(estimate) for estimate in wanted]


def test_the_card_tells_how_every_stage_was_trained(card):
    for stage in ("autoencoder", "features", "gan"):
        command, steps, _, machine, seed, _ = (cell.strip() for cell in cells(card, stage))
        assert (command, steps, seed) == (f"`t2i train {stage} --preset tiny`", str(STEPS), "0")
        assert machine.startswith("cpu")


def test_the_card_names_what_is_found_least_often(card, report):
    recalls = [recall["value"] for values in report["per_value"].values() for recall in values.values()]
    named = re.search(r"Least often found: (.*?)\. It knows", card)[1]
    assert [float(share) for share in re.findall(r"\(([0-9.]+)\)", named)] == pytest.approx(
        sorted(recalls)[:6], abs=6e-3
    )


def test_a_missing_training_is_named(trained, monkeypatch):
    enter(trained[0], monkeypatch)
    with pytest.raises(ValueError, match="t2i train gan"):
        publish.run("tiny", trained[0] / "runs" / "nowhere", FEW)


# --- the READMEs' tables ---------------------------------------------------------------------------------------------


@pytest.fixture
def copies(tmp_path, report, monkeypatch) -> Path:
    """Both READMEs, and two checkpoints with the same measured figures."""
    for readme in quality_table.WORDS:
        shutil.copy(ROOT / readme, tmp_path)
    for artist in ("lesson", "full"):
        save_json(tmp_path / "data" / "checkpoints" / artist / "evaluation.json", report)
    monkeypatch.setattr(quality_table, "ROOT", tmp_path)
    monkeypatch.setattr(sketch_table, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("readme", "row"), [("README.md", "exact match, test"), ("README.zh-CN.md", "完全符合（测试）")]
)
def test_the_readmes_get_the_figures_and_stay_as_they_are_otherwise(copies, report, readme, row):
    before = (ROOT / readme).read_text(encoding="utf-8")
    if (ROOT / quality_table.PICTURE).is_file():
        (copies / quality_table.PICTURE).parent.mkdir(parents=True)
        shutil.copyfile(ROOT / quality_table.PICTURE, copies / quality_table.PICTURE)
    quality_table.main()
    after = (copies / readme).read_text(encoding="utf-8")
    marks = quality_table.BEGIN, quality_table.END
    for text in (before, after):
        assert all(text.count(mark) == 1 for mark in marks)
    assert after.split(marks[0])[0] == before.split(marks[0])[0]
    assert after.split(marks[1])[1] == before.split(marks[1])[1]
    lesson, lesson_goal, full, full_goal = cells(after, row)
    assert numbers(lesson) == numbers(full) == rounded(report["exact_match"])
    assert (lesson_goal.strip(), full_goal.strip()) == (">= 0.50", ">= 0.70")
    quality_table.main()
    assert (copies / readme).read_text(encoding="utf-8") == after


def test_without_measured_artists_the_readmes_say_so(copies):
    shutil.rmtree(copies / "data")
    quality_table.main()
    assert "No weights have been measured yet." in (copies / "README.md").read_text(encoding="utf-8")


def test_what_drawing_again_is_worth_stands_in_readmes_and_card(copies, report, card):
    folder = copies / "data/checkpoints/full"
    (folder / "README.md").write_text(card, encoding="utf-8")
    again = report | {"exact_match": {"value": 0.25, "low": 0.125, "high": 0.5}}
    again["article_prompts"] = [entry | {"found": 9} for entry in report["article_prompts"][:-1]]
    again["article_prompts"].append(report["article_prompts"][-1] | {"found": 7})
    save_json(folder / "evaluation-sketches.json", again)
    sketch_table.main()
    for path, row in [
        (folder / "README.md", "exact match, test"),
        (copies / "README.md", "exact match, test"),
        (copies / "README.zh-CN.md", "完全符合（测试）"),
    ]:
        told = path.read_text(encoding="utf-8").split(sketch_table.BEGIN)[1]
        once, four_times = cells(told, row)
        assert numbers(once) == rounded(report["exact_match"]) and numbers(four_times) == [0.25, 0.125, 0.5]
        assert cells(told, next(line for line in sketch_table.WORST.values() if line in told))[1].strip() == "7"
