"""Tokenizers lose nothing, exercises are what their papers say, and the contrast is right to the last digit."""

import math
import unicodedata
from random import Random

import pytest
import torch

from t2i_lib.pretraining import (
    CONTEXT_LENGTH,
    EMBED_DIM,
    IGNORED,
    build_model,
    build_tokenizer,
    choose_spans,
    contrastive_loss,
    corrupt_spans,
    mask_tokens,
    next_token_labels,
    reading_half,
    to_text_encoder,
)
from t2i_lib.text_encoder import FAMILIES

CAPTIONS = [
    "a red cat on the green hill",
    "Two birds over the sea at sunset.",
    "一只红色的猫站在山丘上。",
    "夕阳，海边",
] * 5


@pytest.fixture(scope="module", params=FAMILIES)
def family(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def tokenizer(family: str):
    return build_tokenizer(family, CAPTIONS, vocab_size=400)


def test_known_captions_survive_tokenizing(tokenizer):
    for caption in CAPTIONS[:4]:
        tokens = tokenizer(caption)["input_ids"]
        assert tokenizer.unk_token_id is None or tokenizer.unk_token_id not in tokens
        said = tokenizer.decode(tokens, skip_special_tokens=True)
        assert _plain(said) == _plain(caption)


def _plain(text: str) -> str:
    """Without blanks and capitals, and with one kind of comma."""
    return unicodedata.normalize("NFKC", text).lower().replace(" ", "")


def test_chinese_characters_stand_alone_and_capitals_do_not_matter(tokenizer):
    alone, swapped = tokenizer("红猫")["input_ids"], tokenizer("猫红")["input_ids"]
    assert sorted(alone) == sorted(swapped) and alone != swapped
    assert tokenizer("A RED Cat")["input_ids"] == tokenizer("a red cat")["input_ids"]


def test_vocabulary_keeps_to_its_size_and_padding_is_masked(tokenizer):
    assert len(tokenizer) <= 400
    batch = tokenizer(["a red cat", "a red cat on the green hill"], padding=True)
    assert sum(batch["attention_mask"][0]) < sum(batch["attention_mask"][1]) == len(batch["input_ids"][0])
    assert batch["input_ids"][0][-1] == tokenizer.pad_token_id


def test_models_are_small_and_share_their_weights_with_the_encoder(family: str, tokenizer):
    model = build_model(family, tokenizer)
    assert sum(weight.numel() for weight in reading_half(family, model).parameters()) < 2.5e6
    text_encoder = to_text_encoder(family, model, tokenizer).eval()
    before = text_encoder.encode(["a red cat"])[1]
    assert before.shape == (1, EMBED_DIM) and text_encoder.context_length == CONTEXT_LENGTH
    with torch.no_grad():
        model.get_input_embeddings().weight.add_(torch.randn_like(model.get_input_embeddings().weight))
    assert not torch.allclose(text_encoder.encode(["a red cat"])[1], before)


def test_masking_hides_the_right_share_in_the_right_way():
    token_ids = torch.randint(10, 1000, (100, 200), generator=torch.Generator().manual_seed(0))
    maskable = torch.ones_like(token_ids, dtype=torch.bool)
    maskable[:, :50] = False
    corrupted, labels = mask_tokens(token_ids, maskable, 4, 1000, torch.Generator().manual_seed(1), share=0.2)
    chosen = labels != IGNORED
    assert not chosen[:, :50].any() and (labels[chosen] == token_ids[chosen]).all()
    assert (corrupted[~chosen] == token_ids[~chosen]).all()
    assert chosen[:, 50:].float().mean().item() == pytest.approx(0.2, abs=0.015)
    assert (corrupted[chosen] == 4).float().mean().item() == pytest.approx(0.8, abs=0.03)
    assert (corrupted[chosen] == token_ids[chosen]).float().mean().item() == pytest.approx(0.1, abs=0.03)


def test_next_tokens_by_hand():
    token_ids = torch.tensor([[5, 6, 7], [8, 9, 0]])
    mask = torch.tensor([[True, True, True], [True, True, False]])
    assert next_token_labels(token_ids, mask).tolist() == [[6, 7, IGNORED], [9, IGNORED, IGNORED]]


def test_spans_by_hand():
    inputs, targets = corrupt_spans([1, 2, 3, 4, 5], [(0, 2), (3, 4)], sentinels=[90, 91, 92], end_id=0)
    assert inputs == [90, 3, 91, 5, 0] and targets == [90, 1, 2, 91, 4, 0]


@pytest.mark.parametrize("length", [1, 2, 5, 29])
def test_spans_never_touch_and_nothing_is_lost(length: int):
    rng, covered = Random(0), 0
    for _ in range(200):
        spans = choose_spans(length, rng)
        assert spans and all(0 <= start < end <= length for start, end in spans)
        assert all(before[1] < after[0] for before, after in zip(spans, spans[1:], strict=False))
        covered += sum(end - start for start, end in spans)
        tokens = list(range(100, 100 + length))
        inputs, targets = corrupt_spans(tokens, spans, [1, 2, 3, 4, 5, 6, 7, 8], end_id=0)
        assert sorted(token for token in inputs + targets if token >= 100) == tokens
    if length == 29:
        assert 0.2 < covered / (200 * length) < 0.4


def test_contrast_by_hand():
    # Two statements; partners are equal, strangers at right angles: each picks 1 of 3 with logits (10, 0, 0).
    features = torch.eye(2)
    loss = contrastive_loss(features, 3 * features, torch.eye(2, dtype=torch.bool), temperature=0.1)
    assert loss.item() == pytest.approx(math.log(1 + 2 * math.exp(-10)), abs=1e-6)
    same = torch.ones(4, 7)
    assert contrastive_loss(same, same, torch.eye(4, dtype=torch.bool)).item() == pytest.approx(math.log(7), abs=1e-5)


def test_equal_statements_are_not_pushed_apart():
    torch.manual_seed(0)
    first, second = torch.randn(3, 5), torch.randn(3, 5)
    first[1], second[1] = first[0], second[0]
    same = torch.eye(3, dtype=torch.bool)
    same[0, 1] = same[1, 0] = True
    assert contrastive_loss(first, second, same) < contrastive_loss(first, second, torch.eye(3, dtype=torch.bool))
    assert contrastive_loss(first, second, torch.ones(3, 3, dtype=torch.bool)).item() == pytest.approx(0, abs=1e-6)


def test_unknown_family():
    with pytest.raises(ValueError, match="bert, gpt, t5, but is 'clip'"):
        build_tokenizer("clip", CAPTIONS)
    with pytest.raises(ValueError, match="bert, gpt, t5, but is 'clip'"):
        build_model("clip", build_tokenizer("bert", CAPTIONS, vocab_size=400))
