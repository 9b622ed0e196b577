"""Evaluation, in a world whose pictures are bar codes: what an artist does wrong is what the report must say."""

import json
from random import Random

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from t2i_lib import evaluation, viewer
from t2i_lib.datasets import StorybookDataset, pixels_to_images
from t2i_lib.evaluation import EvaluationSettings, evaluate, to_json
from t2i_lib.evaluation_table import as_table
from t2i_lib.frechet import RandomFeatures
from t2i_lib.judge import Judge, JudgeConfig
from t2i_lib.metrics import Estimate
from t2i_lib.storybook import pairs
from t2i_lib.storybook.pairs import ids_to_stated
from t2i_lib.storybook.scene import ATTRIBUTES, allowed_values, sample_scene

SIZE, CAPTIONS = 20, 23
SETTINGS = EvaluationSettings(CAPTIONS, variety_captions=5, variety_copies=4, article_seeds=3, training_pairs=200)
HEADLINE = ("prompt_accuracy", "exact_match", "unseen_prompt_accuracy", "zh_minus_en", "variety_ratio",
            "frechet_distance", "frechet_floor", "judge_accuracy")  # fmt: skip


def bar_code(scene, size=SIZE, rng=None):
    """Two rows of pixels for each attribute tell its value, the last two rows are random."""
    rows = [[20 * (value + 1)] * 2 for value in scene.to_ids()]
    code = np.array([*np.ravel(rows), rng.randrange(256), rng.randrange(256)], np.uint8)
    return Image.fromarray(np.broadcast_to(code[:, None, None], (SIZE, SIZE, 3)).copy())


class Scanner(nn.Module):
    """A judge that reads bar codes."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def features(self, images):
        return (images[:, 0, :, 0] + 1) * 127.5

    def decide(self, features):
        return (features[:, :18:2] / 20 - 1).round().long()


class Obedient:
    """Draws a scene that holds what the prompt states; looks prompts up, since reading is not its trade."""

    def __init__(self, size=SIZE):
        self.size, self.stated = size, {}
        for split in ("test", "unseen"):
            data = StorybookDataset(split, size, CAPTIONS)
            for index in range(CAPTIONS):
                ids = data.labels(index)
                nobody = {} if ids[0, 3] else {"subject": "none"}
                for language in ("en", "zh"):
                    prompt = data.caption(index, language=language).prompt
                    self.stated[prompt] = (split, nobody | ids_to_stated(ids[2].tolist()))
        for entry in json.loads((evaluation.data_folder() / "prompts.json").read_text(encoding="utf-8")):
            for language in ("en", "zh"):
                self.stated[entry[language]] = ("test", entry["stated"])

    def draw(self, prompts, seeds):
        return torch.stack([self.draw_one(*pair) for pair in zip(prompts, seeds, strict=True)])

    def draw_one(self, prompt, seed):
        split, stated = self.stated[prompt]
        rng = Random(seed)
        return self.paint(sample_scene(rng, split, stated), rng)

    def paint(self, scene, rng):
        return pixels_to_images(torch.from_numpy(np.asarray(bar_code(scene, rng=rng)).copy()))


class ColorBlind(Obedient):
    """Paints everything in the next colour."""

    def paint(self, scene, rng):
        if scene.color is None:
            return super().paint(scene, rng)
        colors = ATTRIBUTES["color"]
        others = [color for color in colors if color != scene.color]
        assert set(others) < set(allowed_values("color", scene.as_dict()))
        return super().paint(scene.changed(color=others[0]), rng)


class Monotonous(Obedient):
    """Draws the same picture of a prompt again and again."""

    def draw_one(self, prompt, seed):
        return super().draw_one(prompt, 0)


class Illiterate(Obedient):
    """Draws Chinese prompts at random."""

    def draw_one(self, prompt, seed):
        if prompt.isascii():
            return super().draw_one(prompt, seed)
        rng = Random(seed)
        return self.paint(sample_scene(rng), rng)


def measure(artist):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pairs, "render", bar_code)
        patch.setattr(evaluation, "render", bar_code)
        patch.setattr(viewer, "RandomFeatures", lambda: RandomFeatures(size=SIZE))
        return evaluate(artist, Scanner(), SIZE, SETTINGS, quiet=True)


@pytest.fixture(scope="module")
def obedient_report():
    return measure(Obedient())


def test_an_obedient_artist_is_perfect_and_indistinguishable(obedient_report):
    report = obedient_report
    for name in ("prompt_accuracy", "exact_match", "unseen_prompt_accuracy", "unseen_exact_match", "judge_accuracy"):
        assert report[name].value == 1, name
    assert report["zh_minus_en"].value == 0
    assert report["text_use_gap"].value > 0.4
    assert report["variety_ratio"].low < 1.1 and report["variety_ratio"].high > 0.9
    assert report["frechet_distance"].value < 3 * report["frechet_floor"].value
    assert all(entry["found"] == entry["of"] == 3 and not entry["missed"] for entry in report["article_prompts"])
    assert len(report["article_prompts"]) == 12
    rows = report["rows"]
    assert rows["real pictures"]["test"]["exact_match"].value == 1
    # All training captions are other combinations, so learning by heart cannot reach the unseen ones.
    assert rows["nearest training caption"]["unseen"]["exact_match"].value < 0.3


def test_wrong_colours_are_found():
    report = measure(ColorBlind())
    assert report["per_attribute"]["color"].value == 0 and report["per_attribute"]["place"].value == 1
    assert 0.5 < report["prompt_accuracy"].value < 1 and report["exact_match"].value < 0.9
    girl = [entry for entry in report["article_prompts"] if "girl" in entry["prompt"]]
    assert girl[0]["found"] == 0 and girl[0]["missed"] == {"color": 3}


def test_drawing_one_picture_for_all_seeds_is_found():
    report = measure(Monotonous())
    assert report["variety_ratio"].value == 0 and report["prompt_accuracy"].value == 1


def test_not_understanding_chinese_is_found():
    report = measure(Illiterate())
    assert report["zh_minus_en"].high < -0.2
    assert report["languages"]["en"]["prompt_accuracy"].value == 1
    assert report["languages"]["zh"]["prompt_accuracy"].value < 0.7


def test_an_artist_whose_pictures_are_the_real_ones_is_at_the_floor_and_not_below_it():
    points = torch.randn(3, 40, 5, generator=torch.Generator().manual_seed(0))
    real, others = (viewer.View(torch.zeros(40, 9), each, each[:, :3]) for each in points[:2])
    found = evaluation._distances(real, real, others)
    for kind in ("", "random_"):
        assert found[f"{kind}frechet_distance"].value == found[f"{kind}frechet_floor"].value > 0


def test_report_becomes_json_and_a_table(obedient_report):
    report = obedient_report
    stored = json.loads(json.dumps(to_json(report)))
    for name in HEADLINE:
        assert set(stored[name]) == {"value", "low", "high"}
        assert stored[name]["low"] <= stored[name]["value"] <= stored[name]["high"]
    assert set(stored["per_attribute"]) <= set(ATTRIBUTES)
    table = as_table(report)
    assert "real pictures" in table and "1.000 [" in table and "3/3" in table
    assert max(len(line) for line in table.splitlines()) < 130


def test_json_keeps_plain_values():
    assert to_json({"a": [Estimate(1.0, 0.5, 2.0), 3], "b": "c"}) == {
        "a": [{"value": 1.0, "low": 0.5, "high": 2.0}, 3],
        "b": "c",
    }


@pytest.mark.filterwarnings("ignore:the prompt has")  # the tiny artist reads only 13 tokens
def test_command_measures_the_artist_of_a_folder_with_the_shipped_judge(tmp_path, monkeypatch, capsys):
    from tiny_artist import save_tiny_artist

    monkeypatch.setenv("T2I_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="t2i train judge"):
        evaluation.run(tmp_path / "artist", device="cpu")
    Judge(JudgeConfig(image_size=32, widths=(4, 6, 10), feature_dim=17)).save(tmp_path / "checkpoints" / "judge")
    prompts = [{"en": "a hill", "zh": "一座山丘", "stated": {"place": "hill"}}]
    (tmp_path / "prompts.json").write_text(json.dumps(prompts), encoding="utf-8")
    monkeypatch.setattr(evaluation, "EvaluationSettings", lambda: EvaluationSettings(4, 2, 2, 2, 9))
    evaluation.run(save_tiny_artist(tmp_path / "artist"), as_json=True, device="cpu")
    report = json.loads(capsys.readouterr().out)
    assert set(HEADLINE) < set(report) and report["settings"]["captions"] == 4
    assert len(report["article_prompts"]) == 2
    with pytest.raises(ValueError, match="checkpoints/perceptual"):
        evaluation.run(tmp_path / "artist", device="cpu", judge="perceptual")  # another one than the judge
