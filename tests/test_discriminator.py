"""The discriminator: what its logits depend on, and in which order pictures are packed."""

from dataclasses import replace

import pytest
import torch

from t2i_lib.discriminator import Discriminator, DiscriminatorConfig, WordRegionScore, stack_pairs

SMALL = DiscriminatorConfig(embed_dim=7, widths=(5, 11, 13), latent_channels=3, region_dim=3)


@pytest.fixture
def discriminator():
    return Discriminator(SMALL)


def a_prompt(batch: int = 2, length: int = 3) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    features = torch.randn(batch, length, 7)
    return features, torch.ones(batch, length, dtype=torch.bool), features.mean(1)


def test_one_logit_a_pair(discriminator):
    assert discriminator(torch.randn(2, 6, 8, 12), *a_prompt()).shape == (2,)


def test_a_look_and_a_match_are_the_whole_forward_pass(discriminator):
    pair, prompt = torch.randn(2, 6, 8, 8), a_prompt()
    regions, vector = discriminator.look(pair)
    assert regions.shape == (2, 11, 4, 4)  # after one halving
    assert vector.shape == (2, 13)
    assert torch.equal(discriminator.match(regions, vector, *prompt), discriminator(pair, *prompt))


@pytest.mark.parametrize(("stage", "channels", "grid"), [(0, 5, 8), (1, 11, 4), (2, 13, 2)])
def test_words_are_compared_at_the_asked_stage(stage, channels, grid):
    regions, _ = Discriminator(replace(SMALL, region_stage=stage)).look(torch.randn(2, 6, 8, 8))
    assert regions.shape == (2, channels, grid, grid)


def test_padding_changes_nothing(discriminator):
    pair, (features, mask, pooled) = torch.randn(2, 6, 8, 8), a_prompt()
    junk = torch.cat([features, 100 * torch.randn(2, 4, 7)], dim=1)
    padded = torch.cat([mask, torch.zeros(2, 4, dtype=torch.bool)], dim=1)
    assert torch.allclose(
        discriminator(pair, junk, padded, pooled), discriminator(pair, features, mask, pooled), atol=1e-5
    )


def test_both_routes_of_the_caption_matter(discriminator):
    pair, (features, mask, pooled) = torch.randn(2, 6, 8, 8), a_prompt()
    logits = discriminator(pair, features, mask, pooled)
    assert (discriminator(pair, features, mask, pooled.roll(1, 0)) - logits).abs().min() > 1e-5
    assert (discriminator(pair, features.roll(1, 0), mask, pooled) - logits).abs().min() > 1e-5


def test_a_pair_is_judged_without_its_neighbours(discriminator):
    pair, (features, mask, pooled) = torch.randn(5, 6, 8, 8), a_prompt(5)
    alone = discriminator(pair[3:4], features[3:4], mask[3:4], pooled[3:4])
    assert torch.allclose(alone, discriminator(pair, features, mask, pooled)[3:4], atol=1e-5)


def test_word_score_by_hand():
    score = WordRegionScore(channels=1, embed_dim=1, region_dim=1)
    with torch.no_grad():
        for layer in (score.regions, score.words):
            layer.weight.fill_(1.0)
            layer.bias.zero_()
    regions = torch.tensor([[[[0.0, 2.0]]]])  # key = value = 0 and 2
    words = torch.tensor([[[0.0], [3.0], [99.0]]])
    mask = torch.tensor([[True, True, False]])
    # Word 0 asks for nothing and wants nothing: 0. Word 3 finds 2 * sigmoid(3 * 2), wants 3.
    found = 2 * torch.sigmoid(torch.tensor(6.0))
    assert torch.allclose(score(regions, words, mask), (3 * found / 2)[None])


def test_stack_pairs_keeps_the_pictures_of_a_prompt_together():
    latents = torch.randn(6, 3, 5, 7)
    stacked = stack_pairs(latents)
    assert stacked.shape == (3, 6, 5, 7)
    for pair in range(3):
        assert torch.equal(stacked[pair], torch.cat([latents[2 * pair], latents[2 * pair + 1]]))


def test_real_pairs_and_drawn_pairs_are_packed_alike():
    pairs = torch.randn(3, 2, 5, 7, 11)  # as a batch of real pairs comes
    assert torch.equal(pairs.flatten(1, 2), stack_pairs(pairs.flatten(0, 1)))


def test_a_pair_of_twins_can_be_told_from_a_pair_that_differs(discriminator):
    first, second = torch.randn(2, 1, 3, 8, 8)
    prompt = a_prompt(1)
    twins, pair = (discriminator(torch.cat(both, 1), *prompt) for both in ((first, first), (first, second)))
    assert (twins - pair).abs() > 1e-4


def test_every_weight_learns(discriminator):
    discriminator(torch.randn(2, 6, 8, 8), *a_prompt()).sum().backward()
    assert [name for name, weight in discriminator.named_parameters() if weight.grad is None] == []


def test_a_single_picture_is_explained(discriminator):
    with pytest.raises(ValueError, match="2 pictures of one prompt stacked"):
        discriminator.look(torch.randn(2, 3, 8, 8))


def test_a_stage_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="region_stage"):
        replace(SMALL, region_stage=3)


def test_config_accepts_lists_as_json_gives_them():
    assert replace(SMALL, widths=[5, 11, 13]) == SMALL
