"""The discriminator: what its logits depend on, and in which order pictures are packed."""

from dataclasses import replace

import pytest
import torch

from t2i_lib.discriminator import Discriminator, DiscriminatorConfig, WordRegionScore, see, stack_pairs
from t2i_lib.features import FeatureNetwork, FeatureNetworkConfig

SMALL = DiscriminatorConfig(
    embed_dim=7,
    channels=(3, 5, 11),
    grids=(8, 8, 4),
    width=6,
    latent_widths=(6, 10),
    vector_dim=13,
    region_dim=3,
)


@pytest.fixture
def discriminator():
    return Discriminator(SMALL)


def some_views(batch: int = 2) -> list[torch.Tensor]:
    return [torch.randn(batch, 2 * c, g, g) for c, g in zip(SMALL.channels, SMALL.grids, strict=True)]


def a_prompt(batch: int = 2, length: int = 3) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    features = torch.randn(batch, length, 7)
    return features, torch.ones(batch, length, dtype=torch.bool), features.mean(1)


def test_one_logit_a_pair_and_view(discriminator):
    assert discriminator(some_views(), *a_prompt()).shape == (2, 3)


def test_a_look_and_a_match_are_the_whole_forward_pass(discriminator):
    views, prompt = some_views(), a_prompt()
    vectors = discriminator.look(views)
    assert [tuple(each.shape) for each in vectors] == [(2, 13)] * 3
    assert torch.equal(discriminator.match(views, vectors, *prompt), discriminator(views, *prompt))


@pytest.mark.parametrize("changed", [0, 1, 2])
def test_every_view_has_its_own_logit(discriminator, changed):
    views, prompt = some_views(), a_prompt()
    others = list(views)
    others[changed] = views[changed] + 1
    differs = (discriminator(views, *prompt) - discriminator(others, *prompt)).abs().amax(0) > 1e-6
    assert differs.tolist() == [view == changed for view in range(3)]


def test_padding_changes_nothing(discriminator):
    views, (features, mask, pooled) = some_views(), a_prompt()
    junk = torch.cat([features, 100 * torch.randn(2, 4, 7)], dim=1)
    padded = torch.cat([mask, torch.zeros(2, 4, dtype=torch.bool)], dim=1)
    assert torch.allclose(
        discriminator(views, junk, padded, pooled), discriminator(views, features, mask, pooled), atol=1e-5
    )


def test_both_routes_of_the_caption_matter(discriminator):
    views, (features, mask, pooled) = some_views(), a_prompt()
    logits = discriminator(views, features, mask, pooled)
    assert (discriminator(views, features, mask, pooled.roll(1, 0)) - logits).abs().min() > 1e-6
    by_words = (discriminator(views, features.roll(1, 0), mask, pooled) - logits).abs().amax(0) > 1e-6
    assert by_words.tolist() == [False, True, False]  # words are compared with the second-coarsest view


def test_a_pair_is_judged_without_its_neighbours(discriminator):
    views, (features, mask, pooled) = some_views(5), a_prompt(5)
    alone = discriminator([view[3:4] for view in views], features[3:4], mask[3:4], pooled[3:4])
    assert torch.allclose(alone, discriminator(views, features, mask, pooled)[3:4], atol=1e-5)


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


def test_views_are_the_latents_and_the_maps():
    network = FeatureNetwork(FeatureNetworkConfig(3, 8, (5, 11), 7))
    latents = torch.randn(4, 3, 8, 8)
    views = see(network, latents)
    assert views[0] is latents
    assert [(view.shape[1], view.shape[2]) for view in views] == list(zip(SMALL.channels, SMALL.grids, strict=True))
    assert Discriminator(SMALL)([stack_pairs(view) for view in views], *a_prompt()).shape == (2, 3)


def test_a_pair_of_twins_can_be_told_from_a_pair_that_differs(discriminator):
    first, second = some_views(1), some_views(1)
    half = [view.shape[1] // 2 for view in first]
    twins = [torch.cat([a[:, :c], a[:, :c]], 1) for a, c in zip(first, half, strict=True)]
    pair = [torch.cat([a[:, :c], b[:, :c]], 1) for a, b, c in zip(first, second, half, strict=True)]
    prompt = a_prompt(1)
    assert (discriminator(twins, *prompt) - discriminator(pair, *prompt)).abs().min() > 1e-6


def test_every_weight_learns(discriminator):
    discriminator(some_views(), *a_prompt()).sum().backward()
    assert [name for name, weight in discriminator.named_parameters() if weight.grad is None] == []


def test_single_pictures_are_explained(discriminator):
    with pytest.raises(ValueError, match="2 pictures of one prompt stacked"):
        discriminator.look([view[:, ::2] for view in some_views()])


@pytest.mark.parametrize(("channels", "grids"), [((3, 5), (8,)), ((3,), (8,))])
def test_views_that_do_not_fit_together_are_refused(channels, grids):
    with pytest.raises(ValueError, match="channels and grids"):
        replace(SMALL, channels=channels, grids=grids)


@pytest.mark.parametrize("widths", [(), (6,), (6, 10, 12)])
def test_the_latents_head_needs_a_width_for_every_grid(widths):
    with pytest.raises(ValueError, match="latent_widths needs one number for each grid from 8 down to 4"):
        replace(SMALL, latent_widths=widths)


def test_config_accepts_lists_as_json_gives_them():
    assert replace(SMALL, channels=[3, 5, 11], grids=[8, 8, 4], latent_widths=[6, 10]) == SMALL
