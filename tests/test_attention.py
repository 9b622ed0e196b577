"""Attention equals torch's, respects its masks, and survives bf16 and second derivatives."""

import math

import pytest
import torch
import torch.nn.functional as F

from t2i_lib.attention import MultiHeadAttention, attend, causal_mask

B, Q, K, D, V = 2, 3, 5, 7, 11  # a prime for every axis: a swapped axis cannot slip through


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed + sum(shape)))


def padding_mask() -> torch.Tensor:
    return torch.tensor([[True, True, True, False, False], [True, True, True, True, False]])


def test_worked_by_hand():
    query = torch.tensor([[[2.0, 0.0, 0.0, 0.0]]])
    key = torch.tensor([[[0.0, 1.0, 0.0, 0.0], [math.log(3.0), 0.0, 0.0, 0.0]]])
    value = torch.tensor([[[4.0], [8.0]]])
    mixed, weights = attend(query, key, value)  # scores 0 and log 3, so weights 1 : 3
    assert weights[0, 0].tolist() == pytest.approx([0.25, 0.75])
    assert mixed.item() == pytest.approx(0.25 * 4 + 0.75 * 8)


@pytest.mark.parametrize("masked", ["none", "padding", "per query"])
def test_attend_equals_torch(masked: str):
    query, key, value = random(B, Q, D), random(B, K, D), random(B, K, V)
    mask = {"none": None, "padding": padding_mask(), "per query": torch.eye(Q, K).bool() | (random(B, Q, K) > 0)}[
        masked
    ]
    torch_mask = mask[:, None] if masked == "padding" else mask
    expected = F.scaled_dot_product_attention(query, key, value, attn_mask=torch_mask)
    mixed, weights = attend(query, key, value, mask)
    assert mixed.shape == (B, Q, V) and weights.shape == (B, Q, K)
    assert (mixed - expected).abs().max() <= 1e-5
    assert torch.allclose(weights.sum(-1), torch.ones(B, Q))


def test_bias_is_added_before_the_softmax():
    query, key, value, bias = random(B, Q, D), random(B, K, D), random(B, K, V), random(B, Q, K)
    expected = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
    assert (attend(query, key, value, bias=bias)[0] - expected).abs().max() <= 1e-5


def test_padding_gets_no_weight_whatever_it_holds():
    query, key, value, mask = random(B, Q, D), random(B, K, D), random(B, K, V), padding_mask()
    mixed, weights = attend(query, key, value, mask)
    wild_key, wild_value = key.masked_fill(~mask[..., None], 1e4), value.masked_fill(~mask[..., None], -1e4)
    assert torch.equal(attend(query, wild_key, wild_value, mask)[0], mixed)
    assert (weights[~mask[:, None].expand_as(weights)] == 0).all()


def test_query_without_any_key_gets_zeros_and_finite_gradients():
    query = random(1, Q, D).requires_grad_()
    key, value = random(1, K, D), random(1, K, V)
    mixed, _ = attend(query, key, value, torch.zeros(1, K, dtype=torch.bool))
    mixed.sum().backward()
    assert (mixed == 0).all() and query.grad.isfinite().all()


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("fast", [False, True])
def test_heads_equal_torch_multihead(causal: bool, masked: bool, fast: bool):
    torch.manual_seed(0)
    ours, theirs = MultiHeadAttention(14, 2), torch.nn.MultiheadAttention(14, 2, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([ours.query.weight, ours.key.weight, ours.value.weight]))
        theirs.in_proj_bias.copy_(torch.cat([ours.query.bias, ours.key.bias, ours.value.bias]))
        theirs.out_proj.load_state_dict(ours.output.state_dict())
    tokens, mask = random(B, K, 14), padding_mask() if masked else None
    expected, expected_weights = theirs(
        tokens,
        tokens,
        tokens,
        key_padding_mask=None if mask is None else ~mask,
        attn_mask=~causal_mask(K) if causal else None,
        average_attn_weights=False,
    )
    with torch.set_grad_enabled(not fast):
        mixed, weights = ours(tokens, mask=mask, causal=causal, need_weights=not fast)
    assert (mixed - expected).abs().max() <= 1e-5
    if fast:
        assert weights is None
    else:
        assert weights.shape == (B, 2, K, K) and (weights - expected_weights).abs().max() <= 1e-5


def test_fast_path_equals_slow_path_with_bias_and_mask():
    attention = MultiHeadAttention(14, 2)
    tokens, bias = random(B, K, 14), random(1, 2, K, K)
    slow, _ = attention(tokens, mask=padding_mask(), bias=bias)
    with torch.no_grad():
        fast, _ = attention(tokens, mask=padding_mask(), bias=bias)
    assert (slow - fast).abs().max() <= 1e-5


def test_cross_attention_reads_a_context_of_another_width_and_length():
    attention = MultiHeadAttention(14, 2, context_dim=D)
    mixed, weights = attention(random(B, Q, 14), random(B, K, D), padding_mask(), need_weights=True)
    assert mixed.shape == (B, Q, 14) and weights.shape == (B, 2, Q, K)


def test_causal_attention_never_sees_the_future():
    attention = MultiHeadAttention(14, 2)
    tokens = random(B, K, 14)
    changed = torch.cat([tokens[:, :3], tokens[:, 3:] + 1], dim=1)
    before, after = attention(tokens, causal=True)[0], attention(changed, causal=True)[0]
    assert torch.equal(before[:, :3], after[:, :3]) and not torch.allclose(before[:, 3:], after[:, 3:])


def test_second_derivatives_are_exact():
    attention = MultiHeadAttention(4, 2).double()
    tokens = random(1, 3, 4).double().requires_grad_()
    mask = torch.tensor([[True, True, False]])
    assert torch.autograd.gradgradcheck(lambda t: attention(t, mask=mask)[0], (tokens,))


def test_bf16_autocast_stays_close_also_in_the_gradient_penalty():
    attention, tokens = MultiHeadAttention(14, 2), random(B, K, 14)

    def penalty(enabled: bool) -> tuple[torch.Tensor, torch.Tensor]:
        x = tokens.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            mixed = attention(x, mask=padding_mask())[0]
            (gradient,) = torch.autograd.grad(mixed.float().pow(2).sum(), x, create_graph=True)
            (second,) = torch.autograd.grad(gradient.pow(2).sum(), attention.value.weight)
        return mixed.float(), second

    (exact, exact_second), (rough, rough_second) = penalty(False), penalty(True)
    assert (exact - rough).abs().max() <= 0.02
    assert F.cosine_similarity(exact_second.flatten(), rough_second.flatten(), dim=0) > 0.99


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: attend(random(B, Q, D), random(B, K, V), random(B, K, V)), "widths must agree.*7 and 11"),
        (lambda: attend(random(B, Q, D), random(B, K, D), random(B, Q, V)), "5 keys and 3 values"),
        (lambda: attend(random(B, Q, D), random(B, K, D), random(B, K, V), torch.ones(B, K)), "must be bool"),
        (lambda: attend(random(B, Q, D), random(B, K, D), random(B, K, V), padding_mask()[:, :3]), "one entry a key"),
        (lambda: MultiHeadAttention(14, 3), "14 cannot be divided by 3"),
        (lambda: MultiHeadAttention(14, 2)(random(B, Q, 14), random(B, K, 14), causal=True), "causal"),
    ],
)
def test_errors_teach(call, message: str):
    with pytest.raises(ValueError, match=message):
        call()
