"""The text recipe: batches hold what they promise, and a tiny run ends in a checkpoint with probes and a card."""

import json
from pathlib import Path
from random import Random

import pytest
import torch

from t2i_lib.concepts import NOT_STATED, ConceptProbes, parse
from t2i_lib.pretraining import IGNORED
from t2i_lib.recipes import text
from t2i_lib.recipes.text import TextSettings, TextTask, draw_statements, open_tokenizer
from t2i_lib.text_encoder import FAMILIES, TextEncoder


def tiny(family: str) -> TextSettings:
    return TextSettings(
        family, tokenizer_captions=200, batch_statements=6, num_steps=2, probe_captions=40, probe_steps=5,
        held_out_captions=20, gauge_pairs=10,
    )  # fmt: skip


@pytest.fixture(scope="module", params=FAMILIES)
def task(request, tmp_path_factory) -> TextTask:
    settings = tiny(request.param)
    return TextTask(settings, open_tokenizer(tmp_path_factory.mktemp("tokenizer"), settings))


def test_statements_come_with_a_counterfactual():
    statements = draw_statements(Random(0), 40)
    assert len(statements) == 40
    for stated, other in zip(statements[::2], statements[1::2], strict=True):
        assert stated.keys() == other.keys()
        assert sum(stated[name] != other[name] for name in stated) == 1


def test_batches_depend_on_their_number_only(task: TextTask):
    first, again, other = task.batch_at(3), task.batch_at(3), task.batch_at(4)
    assert torch.equal(first["inputs"], again["inputs"]) and torch.equal(first["stated"], again["stated"])
    assert first["stated"].shape == (12, 9) and not torch.equal(first["stated"], other["stated"])


def test_chunks_hold_every_caption_in_both_languages(task: TextTask):
    batch = task.batch_at(0)
    rows = [tokens[real] for ids, mask in batch["chunks"] for tokens, real in zip(ids, mask, strict=True)]
    captions = [task.tokenizer.decode(rows[n], skip_special_tokens=True) for n in batch["order"]]
    assert len(captions) == 12
    is_chinese = [any("\u4e00" <= character <= "\u9fff" for character in caption) for caption in captions]
    assert is_chinese == [True] * 6 + [False] * 6
    assert torch.equal(batch["stated"][:6], batch["stated"][6:])
    assert batch["same"].diagonal().all() and (batch["stated"] != NOT_STATED).any(1).all()


def test_exercise_can_be_solved_from_what_is_given(task: TextTask):
    batch = task.batch_at(0)
    inputs, labels, mask = batch["inputs"], batch["labels"], batch["inputs_mask"]
    asked = labels != IGNORED
    assert asked.any()
    if task.settings.family == "gpt":
        assert torch.equal(labels[:, :-1][asked[:, :-1]], inputs[:, 1:][asked[:, :-1]])
    elif task.settings.family == "bert":
        assert not (asked & ~mask).any()
        assert (inputs[asked] != labels[asked]).float().mean() > 0.5
    else:
        decoder_inputs = batch["decoder_inputs"]
        assert (decoder_inputs[:, 0] == task.tokenizer.pad_token_id).all()
        assert torch.equal(decoder_inputs[:, 1:][asked[:, 1:]], labels[:, :-1][asked[:, 1:]])


def test_a_run_ends_in_a_checkpoint_that_reads(tmp_path: Path):
    folder, checkpoint = tmp_path / "run", tmp_path / "text-gpt"
    report = text.run("gpt", folder, checkpoint, precision="fp32", settings=tiny("gpt"))
    assert report.finished and report.steps == 2
    text_encoder = TextEncoder.from_pretrained(checkpoint, light=True)
    assert ConceptProbes.of(text_encoder) and isinstance(parse(text_encoder, "a red cat"), dict)
    figures = json.loads((checkpoint / "figures.json").read_text(encoding="utf-8"))
    assert 0 <= figures["stated"]["test"]["zh"]["mean"]["value"] <= 1
    card = (checkpoint / "README.md").read_text(encoding="utf-8")
    assert "2 steps" in card and "seed 0" in card and "{" not in card
    assert (checkpoint / "model.safetensors").stat().st_size < 10e6
    assert (
        text.run("gpt", folder, checkpoint, precision="fp32", settings=tiny("gpt")).steps == 2
    )  # goes on, and is done
