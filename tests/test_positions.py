"""Positions by hand: the waves, the turn, what they keep, and what they give to a transformer."""

import math

import pytest
import torch

from t2i_lib.positions import POSITIONS, Rotary, rotate, sinusoidal_positions, speeds, use_positions
from t2i_lib.transformer import Transformer, TransformerConfig

LENGTH, DIM = 7, 10


def tiny(kind: str, **changes) -> Transformer:
    torch.manual_seed(0)
    return use_positions(Transformer(TransformerConfig(23, DIM, 2, 1, 19, context_length=11, **changes)), kind)


def test_waves_by_hand():
    assert speeds(4).tolist() == pytest.approx([1.0, 0.01])
    row = sinusoidal_positions(3, 4)[2].tolist()
    assert row == pytest.approx([math.sin(2), math.cos(2), math.sin(0.02), math.cos(0.02)])
    assert sinusoidal_positions(5, 6, longest=8.0)[3, 2].item() == pytest.approx(math.sin(3 / 2))


def test_a_step_is_the_same_turn_everywhere():
    """Row p + 1 is row p, turned: that is why a network can compute "the one before" from waves."""
    table = sinusoidal_positions(LENGTH, DIM)
    near = (table[:-1] * table[1:]).sum(-1)
    assert torch.allclose(near, near[:1].expand_as(near), atol=1e-5)


def test_rotation_by_hand():
    quarter = torch.tensor([[5.0, 5.0], [5.0, 5.0], [1.0, 0.0]])
    turned = rotate(quarter)
    assert turned[0].tolist() == [5.0, 5.0]
    assert turned[2].tolist() == pytest.approx([math.cos(2), math.sin(2)])
    second_pair = rotate(torch.tensor([[0.0, 0.0, 0.0, 1.0]] * 2))[1]
    assert second_pair.tolist() == pytest.approx([0.0, 0.0, -math.sin(0.01), math.cos(0.01)])


def test_rotation_keeps_lengths_and_feels_only_distances():
    torch.manual_seed(0)
    query, key = torch.randn(DIM), torch.randn(DIM)
    turned_queries, turned_keys = rotate(query.expand(LENGTH, DIM)), rotate(key.expand(LENGTH, DIM))
    assert torch.allclose(turned_queries.norm(dim=-1), query.norm().expand(LENGTH), atol=1e-5)
    scores = turned_queries @ turned_keys.T  # (L, L)
    assert torch.allclose(scores[:-1, :-1], scores[1:, 1:], atol=1e-4)
    assert abs(scores[0, 1] - scores[1, 0]) > 1e-2


def test_each_head_turns_alike():
    features = torch.randn(3, LENGTH, 5 * 6)
    turned = Rotary(5)(features)
    assert turned.shape == features.shape
    assert torch.allclose(turned[..., 6:12], rotate(features[..., 6:12]), atol=1e-6)


@pytest.mark.parametrize("kind", POSITIONS)
@torch.no_grad()
def test_only_without_positions_a_sentence_is_a_heap(kind: str):
    token_ids = torch.tensor([[3, 1, 4, 15, 9, 2, 6]])
    order = torch.tensor([6, 2, 0, 5, 1, 4, 3])
    features, shuffled = tiny(kind)(token_ids), tiny(kind)(token_ids[:, order])
    assert torch.allclose(features[:, order], shuffled, atol=1e-5) == (kind == "none")


@pytest.mark.parametrize("kind, learns", [("none", False), ("learned", True), ("sinusoidal", False), ("rotary", False)])
def test_only_learned_positions_learn(kind: str, learns: bool):
    transformer = tiny(kind)
    transformer(torch.tensor([[1, 2, 3]]))[..., 0].sum().backward()  # the sum of all is constant behind a norm
    assert (transformer.positions.weight.grad is not None) == learns
    assert transformer.tokens.weight.grad.abs().sum() > 0


def test_rotary_goes_with_a_causal_mask():
    transformer = tiny("rotary", causal=True)
    token_ids = torch.arange(LENGTH)[None]
    changed = token_ids.clone()
    changed[0, -1] = 20
    assert torch.equal(transformer(token_ids)[:, :-1], transformer(changed)[:, :-1])


def test_errors_teach():
    with pytest.raises(ValueError, match="must be even, but it is 5"):
        speeds(5)
    with pytest.raises(ValueError, match="none, learned, sinusoidal, rotary"):
        tiny("alibi")
    with pytest.raises(ValueError, match="no table of positions"):
        use_positions(Transformer(TransformerConfig(23, DIM, 1, 1, 19, context_length=None)), "rotary")
