"""The generator: who and what reaches the picture, and what must not."""

from dataclasses import replace

import pytest
import torch

from t2i_lib.generator import Generator, GeneratorConfig

SMALL = GeneratorConfig(
    noise_dim=5, embed_dim=7, style_dim=11, widths=(12, 8, 4), depths=(1, 2, 1), num_heads=2, latent_channels=3
)


@pytest.fixture
def generator():
    return Generator(SMALL).eval()


def a_prompt(batch: int = 2, length: int = 3) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """text_features, mask, pooled_features."""
    features = torch.randn(batch, length, 7)
    return features, torch.ones(batch, length, dtype=torch.bool), features.mean(1)


def differ(first: torch.Tensor, second: torch.Tensor) -> bool:
    return (first - second).abs().amax().item() > 1e-4


def test_channels_and_grid(generator):
    assert SMALL.latent_size == 16
    assert generator(torch.randn(2, 5), *a_prompt()).shape == (2, 3, 16, 16)


def test_same_noise_same_latents_other_noise_other_latents(generator):
    noise, prompt = torch.randn(2, 5), a_prompt()
    latents = generator(noise, *prompt)
    assert torch.equal(latents, generator(noise, *prompt))
    other = generator(noise + torch.tensor([[0.0], [1.0]]), *prompt)
    assert torch.allclose(other[0], latents[0], atol=1e-6)
    assert differ(other[1], latents[1])


@pytest.mark.parametrize("grad", [True, False])  # two kernels of attention
def test_padding_changes_nothing(generator, grad):
    noise, (features, mask, pooled) = torch.randn(2, 5), a_prompt()
    junk = torch.cat([features, 100 * torch.randn(2, 4, 7)], dim=1)
    padded = torch.cat([mask, torch.zeros(2, 4, dtype=torch.bool)], dim=1)
    with torch.set_grad_enabled(grad):
        assert torch.allclose(
            generator(noise, junk, padded, pooled), generator(noise, features, mask, pooled), atol=1e-5
        )


def test_both_routes_of_the_prompt_matter(generator):
    noise, (features, mask, pooled) = torch.randn(2, 5), a_prompt()
    latents = generator(noise, features, mask, pooled)
    assert differ(generator(noise, features, mask, pooled + torch.randn(7)), latents)
    assert differ(generator(noise, features + torch.randn(7), mask, pooled), latents)
    single_word = features.clone()
    single_word[:, 1] += torch.randn(7)
    assert differ(generator(noise, single_word, mask, pooled), latents)


def test_noise_and_prompt_reach_every_block_of_every_stage(generator):
    noise = torch.randn(2, 5, requires_grad=True)
    features, mask, pooled = a_prompt()
    pooled.requires_grad_(True)
    blocks = [block for stage in generator.stages for block in stage.blocks]
    assert len(blocks) == 4
    for block in blocks:
        arrived = []
        hook = block.to_modulation.register_forward_hook(lambda _, __, output, kept=arrived: kept.append(output))
        generator(noise, features, mask, pooled)
        hook.remove()
        for source in torch.autograd.grad(arrived[0].square().sum(), (noise, pooled)):
            assert source.abs().max() > 0


def test_words_are_read_at_the_attention_stages_only():
    assert [stage.read_words is not None for stage in Generator(SMALL).stages] == [False, True, True]
    assert [stage.read_words is not None for stage in Generator(replace(SMALL, attention_stages=(0,))).stages] == [
        True, False, False
    ]  # fmt: skip


def test_every_weight_learns(generator):
    generator(torch.randn(2, 5), *a_prompt()).square().sum().backward()
    silent = [name for name, weight in generator.named_parameters() if weight.grad is None]
    assert silent == []


def test_noise_is_the_same_for_the_same_seed(generator):
    first, second = (generator.sample_noise(3, torch.Generator().manual_seed(7)) for _ in range(2))
    assert first.shape == (3, 5)
    assert torch.equal(first, second)
    assert not torch.equal(first[0], first[1])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"widths": (12, 8)}, "one number a stage"),
        ({"attention_stages": (1, 3)}, "attention_stages"),
        ({"widths": (12, 9, 4)}, "9 cannot be divided by 2"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Generator(replace(SMALL, **wrong))


def test_config_accepts_lists_as_json_gives_them():
    assert replace(SMALL, widths=[12, 8, 4], depths=[1, 2, 1], attention_stages=[1, 2]) == SMALL


def test_wrong_widths_are_explained(generator):
    features, mask, pooled = a_prompt()
    with pytest.raises(ValueError, match="noise must be 5 wide"):
        generator(torch.zeros(2, 6), features, mask, pooled)
    with pytest.raises(ValueError, match="text_features must be 7 wide"):
        generator(torch.zeros(2, 5), torch.zeros(2, 3, 8), mask, pooled)
    with pytest.raises(ValueError, match="pooled_features must be 7 wide"):
        generator(torch.zeros(2, 5), features, mask, torch.zeros(2, 8))
