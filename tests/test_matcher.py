"""The matcher: vectors of length 1, places kept apart, a bounded temperature."""

from dataclasses import replace

import pytest
import torch

from t2i_lib.matcher import Matcher, MatcherConfig

SMALL = MatcherConfig(embed_dim=7, latent_channels=3, latent_size=8, widths=(5, 11), match_dim=13)


def test_vectors_have_length_1():
    matcher = Matcher(SMALL)
    for vectors in (matcher.embed_latents(torch.randn(3, 3, 8, 8)), matcher.embed_prompts(torch.randn(3, 7))):
        assert vectors.shape == (3, 13)
        assert torch.allclose(vectors.norm(dim=1), torch.ones(3), atol=1e-6)


def test_vectors_stay_float32_under_autocast():
    matcher = Matcher(SMALL)
    with torch.autocast("cpu", torch.bfloat16):
        vectors = matcher.embed_latents(torch.randn(3, 3, 8, 8)), matcher.embed_prompts(torch.randn(3, 7))
    for each in vectors:
        assert each.dtype == torch.float32
        assert torch.allclose(each.norm(dim=1), torch.ones(3), atol=1e-6)


def test_left_and_right_give_different_vectors():
    matcher = Matcher(SMALL)
    latents = torch.zeros(1, 3, 8, 8)
    latents[:, :, 2:6, 0:2] = 2.0
    left, right = matcher.embed_latents(latents), matcher.embed_latents(latents.flip(-1))
    assert (left - right).norm() > 0.01


def test_scale_begins_at_10_and_never_exceeds_50():
    matcher = Matcher(SMALL)
    assert matcher.scale.item() == pytest.approx(10.0)
    with torch.no_grad():
        matcher.log_scale.fill_(9.0)
    assert matcher.scale.item() == 50.0


def test_config_accepts_lists_as_json_gives_them():
    assert replace(SMALL, widths=[5, 11]) == SMALL
