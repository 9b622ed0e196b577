"""Interventions change what they say and nothing else."""

import pytest
import torch
from tiny_artist import tiny_artist

from t2i_lib.interventions import draw_quarrel, listen, word_effects

PROMPT = "a red castle at sunset"


@pytest.fixture(scope="module")
def artist():
    return tiny_artist()


def test_listening_changes_nothing(artist):
    latents, heard = listen(artist, PROMPT, [3, 4])
    assert torch.allclose(latents, artist.generate([PROMPT] * 2, [3, 4]), atol=1e-5)
    tokens = artist.text_encoder.tokenize([PROMPT])[0].shape[1]
    assert len(heard) == len(artist.generator.config.attention_stages)
    for weights in heard:
        assert weights.shape[0] == 2 and weights.shape[-1] == tokens
        assert torch.allclose(weights.sum(-1), torch.ones(weights.shape[:-1]), atol=1e-5)
    assert torch.allclose(listen(artist, PROMPT, [3, 4])[0], latents)  # no hook was left behind


def test_hidden_tokens_are_not_read(artist):
    latents, heard = listen(artist, PROMPT, [3], hidden=[2])
    assert all((weights[..., 2] == 0).all() for weights in heard)
    assert not torch.allclose(latents, listen(artist, PROMPT, [3])[0])


def test_every_token_has_a_weight_and_an_effect(artist):
    found = word_effects(artist, PROMPT, [1, 2])
    assert len(found.tokens) == len(found.weights) == len(found.effects)
    assert sum(found.weights) == pytest.approx(1, abs=1e-4)
    assert all(effect >= 0 for effect in found.effects)
    with pytest.raises(ValueError, match="at least two seeds"):
        word_effects(artist, PROMPT, [1])


def test_a_quarrel_of_equals_is_peace(artist):
    peace = draw_quarrel(artist, PROMPT, PROMPT, [5, 6])
    assert torch.allclose(peace, artist.draw([PROMPT] * 2, [5, 6]), atol=1e-4)
    assert not torch.allclose(peace, draw_quarrel(artist, PROMPT, "a green hill night", [5, 6]), atol=1e-4)
