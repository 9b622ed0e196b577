"""Probes find what features hold and nothing else; parse tells it in words; the shipped encoders read well."""

import json
from pathlib import Path
from random import Random

import pytest
import torch

from t2i_lib.concepts import (
    NOT_STATED,
    ConceptProbes,
    fit_probes,
    parse,
    pooled_features_of,
    probe_counts,
    probe_loss,
    retrieval_counts,
    sample_captions,
    stated_ids,
)
from t2i_lib.storybook.captions import Caption
from t2i_lib.storybook.scene import ATTRIBUTES
from t2i_lib.text_encoder import TextEncoder

CHECKPOINTS = Path(__file__).parent.parent / "data" / "checkpoints"
SHIPPED = [
    name for name in ("text-bert", "text-gpt", "text-t5") if (CHECKPOINTS / name / "model.safetensors").is_file()
]


class PerfectReader:
    """Stands in for a text encoder: its pooled feature is the truth itself, written in 1 and 0."""

    def __init__(self, captions: list[Caption]) -> None:
        self.truth = {caption.prompt: caption.stated for caption in captions}
        self.embed_dim, self.probe_weights = sum(map(len, ATTRIBUTES.values())), None

    def encode(self, prompts: list[str]) -> tuple[None, torch.Tensor, None]:
        rows = [[float(self.truth[p].get(a) == v) for a, values in ATTRIBUTES.items() for v in values] for p in prompts]
        return None, torch.tensor(rows), None

    def parameters(self):
        return iter([torch.zeros(1)])


class BlindReader(PerfectReader):
    """Sees nothing at all."""

    def encode(self, prompts: list[str]) -> tuple[None, torch.Tensor, None]:
        return None, torch.zeros(len(prompts), self.embed_dim), None


@pytest.fixture(scope="module")
def captions() -> list[Caption]:
    return sample_captions(Random(0), 250)


def test_stated_ids_by_hand():
    caption = Caption("...", "en", {"subject": "cat", "color": "red"})
    (ids,) = stated_ids([caption.stated]).tolist()
    assert dict(zip(ATTRIBUTES, ids, strict=True)) == {name: NOT_STATED for name in ATTRIBUTES} | {
        "subject": ATTRIBUTES["subject"].index("cat"),
        "color": ATTRIBUTES["color"].index("red"),
    }


def test_captions_are_of_the_language_and_reproducible():
    assert {caption.language for caption in sample_captions(Random(1), 50)} == {"en", "zh"}
    assert {caption.language for caption in sample_captions(Random(1), 20, "zh")} == {"zh"}
    assert sample_captions(Random(1), 20) == sample_captions(Random(1), 20)


def test_probes_of_a_perfect_reader_are_perfect_and_of_a_blind_one_blind(captions: list[Caption]):
    for reader_class, low, high in ((PerfectReader, 0.999, 1.0), (BlindReader, 0.0, 0.5)):
        reader = reader_class(captions)
        counts = probe_counts(reader, fit_probes(reader, captions, num_steps=150), captions)
        right, total = map(sum, zip(*(count["stated"] for count in counts.values()), strict=True))
        assert total == sum(len(caption.stated) for caption in captions)
        assert low <= right / total <= high
        for count in counts.values():
            assert count["stated"][1] + count["not stated"][1] == len(captions)


def test_parse_says_what_is_stated_and_how_sure_it_is(captions: list[Caption]):
    reader = PerfectReader(captions)
    fit_probes(reader, captions, num_steps=150)
    for caption in captions[:20]:
        found = parse(reader, caption.prompt)
        assert {name: value for name, (value, _) in found.items()} == caption.stated
        assert list(found) == [name for name in ATTRIBUTES if name in caption.stated]
        assert all(0.5 < sure <= 1 for _, sure in found.values())


def test_loss_by_hand_and_reading_takes_the_likeliest():
    probes = ConceptProbes(3)
    torch.nn.init.zeros_(probes.heads.weight)
    torch.nn.init.zeros_(probes.heads.bias)
    logits = probes(torch.randn(2, 3))
    assert [logits[name].shape for name in ATTRIBUTES] == [(2, 1 + len(values)) for values in ATTRIBUTES.values()]
    expected = sum(torch.tensor(1.0 + len(values)).log() for values in ATTRIBUTES.values())
    assert torch.allclose(probe_loss(logits, torch.zeros(2, 9, dtype=torch.long)), expected)
    with torch.no_grad():
        probes.heads.bias[2] = 9.0  # place, "not stated" before it, then hill, seaside
    ids, sure = probes.read(torch.zeros(1, 3))
    assert ids[0, 0].item() == 1 and sure[0, 0].item() > 0.99


def test_retrieval_counts_by_hand():
    first = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    second = torch.tensor([[5.0, 0.1], [1.0, 0.9], [0.1, 2.0]])  # finds its partner: first only
    assert retrieval_counts(first, second) == (1, 3)


def test_encoders_without_or_with_wrong_probes_say_so(captions: list[Caption]):
    reader = PerfectReader(captions)
    with pytest.raises(ValueError, match="came without probes.safetensors"):
        parse(reader, captions[0].prompt)
    reader.probe_weights = ConceptProbes(5).state_dict()
    with pytest.raises(ValueError, match="fit them anew"):
        parse(reader, captions[0].prompt)


@pytest.mark.skipif(not SHIPPED, reason="no text encoder is shipped yet: `t2i train text` makes one")
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_encoders_read_fresh_captions_as_well_as_their_card_says(name: str):
    text_encoder = TextEncoder.from_pretrained(CHECKPOINTS / name, light=True)
    figures = json.loads((CHECKPOINTS / name / "figures.json").read_text(encoding="utf-8"))
    for language in ("en", "zh"):
        captions = sample_captions(Random("fresh"), 150, language, "test")
        counts = probe_counts(text_encoder, ConceptProbes.of(text_encoder), captions)
        right, total = map(sum, zip(*(count["stated"] for count in counts.values()), strict=True))
        assert right / total > figures["stated"]["test"][language]["mean"]["value"] - 0.04


@pytest.fixture(scope="module")
def default_encoder() -> TextEncoder:
    if "text-bert" not in SHIPPED:
        pytest.skip("the default text encoder is not here: `t2i train text` makes it")
    return TextEncoder.from_pretrained(CHECKPOINTS / "text-bert", light=True)


def test_default_encoder_reads_the_articles_prompts(default_encoder: TextEncoder):
    prompts = json.loads((CHECKPOINTS.parent / "prompts.json").read_text(encoding="utf-8"))
    found = right = 0
    for prompt in prompts:
        for language in ("en", "zh"):
            parsed = parse(default_encoder, prompt[language])
            found += len(prompt["stated"])
            right += sum(parsed.get(key, ("",))[0] == value for key, value in prompt["stated"].items())
    assert right / found > 0.8


def test_default_encoder_lays_translations_close(default_encoder: TextEncoder):
    english = ["a red cat on a hill", "a castle at night", "a girl by the sea with an umbrella"]
    chinese = ["山丘上有一只红色的猫", "夜晚的城堡", "海边一位打着雨伞的女孩"]
    features = pooled_features_of(default_encoder, english), pooled_features_of(default_encoder, chinese)
    assert retrieval_counts(*features) == (3, 3)
