"""Guidance, the straight road, and the flow: worked by hand, and behind the same door as the GAN's generator."""

import json
from dataclasses import asdict, replace

import pytest
import torch

from t2i_lib.flow import FlowConfig, FlowGenerator, waves
from t2i_lib.flow_matching import along, euler, heun, road_velocity, sample_times, two_in_one
from t2i_lib.guidance import both_ways, guide, silence
from t2i_lib.presets import TINY
from t2i_lib.ways_to_draw import WAYS, build, configure, way_of

SIZES = FlowConfig(
    embed_dim=5, style_dim=6, widths=(8, 12), depths=(1, 1, 1), num_heads=2, latent_channels=3, latent_size=4,
    num_steps=3, guidance=2.0,
)  # fmt: skip


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def text():
    mask = torch.tensor([[True] * 7, [True] * 3 + [False] * 4])
    return drawn(2, 7, 5) * mask[..., None], mask, drawn(2, 5, seed=1)


@pytest.fixture
def flow() -> FlowGenerator:
    torch.manual_seed(0)
    return FlowGenerator(SIZES).eval().requires_grad_(False)


def test_the_road_by_hand():
    noise, latents = torch.tensor([[0.5], [2.0]]), torch.tensor([[-1.0], [4.0]])
    assert along(noise, latents, torch.tensor([0.25, 0.5])).tolist() == [[0.125], [3.0]]
    assert road_velocity(noise, latents).tolist() == [[-1.5], [2.0]]


def test_times_lie_between_noise_and_picture():
    times = sample_times(1001, torch.Generator().manual_seed(0))
    assert 0 < times.min() and times.max() < 1 and 0.45 < times.mean() < 0.55


def test_steps_follow_an_even_current_exactly_and_heun_errs_less_on_a_bent_one():
    start = torch.tensor([1.0])
    assert euler(lambda points, time: torch.tensor([3.0]), start, 1).item() == 4.0
    exact = torch.e  # of dx/dt = x from 1
    errors = [abs(solve(lambda points, time: points, start, 8).item() - exact) for solve in (euler, heun)]
    assert errors[1] < errors[0] / 10
    with pytest.raises(ValueError, match="at least 1"):
        euler(lambda points, time: points, start, 0)


def test_one_big_step_ends_where_two_end():
    points, time, stride = drawn(4, 3), torch.tensor([0.0, 0.25, 0.5, 0.0]), torch.tensor([1.0, 0.5, 0.5, 0.25])

    def small(here, now):
        return here.sin() + now[:, None]

    two = points + stride[:, None] / 2 * small(points, time)
    two = two + stride[:, None] / 2 * small(two, time + stride / 2)
    assert torch.allclose(points + stride[:, None] * two_in_one(small, points, time, stride), two, atol=1e-6)


def test_guidance_by_hand():
    told, untold = torch.tensor([3.0]), torch.tensor([1.0])
    assert [guide(told, untold, guidance).item() for guidance in (0.0, 1.0, 2.5)] == [1.0, 3.0, 6.0]


def test_a_silenced_prompt_is_the_empty_one_and_the_others_stay(text):
    nothing = torch.arange(5.0)
    features, mask, pooled = silence(text, nothing, torch.tensor([False, True]))
    assert torch.equal(features[0], text[0][0]) and torch.equal(pooled[0], text[2][0])
    assert mask[1].tolist() == [True] + [False] * 6
    assert torch.equal(features[1, 0], nothing) and torch.equal(pooled[1], nothing)
    assert not features[1, 1:].any()
    both = both_ways(text, nothing)
    assert torch.equal(both[0][:2], text[0]) and torch.equal(both[2][2:], nothing.expand(2, 5))


def test_velocity_hears_time_stride_prompt_and_point(flow, text):
    points, time = drawn(2, 3, 4, 4), torch.tensor([0.2, 0.7])
    velocity = flow.velocity(points, time, text)
    assert velocity.shape == points.shape
    other_text = (text[0] * 2, text[1], text[2] + 1)
    for other in (
        flow.velocity(points + 0.1, time, text),
        flow.velocity(points, time + 0.1, text),
        flow.velocity(points, time, text, torch.tensor([0.5, 0.5])),
        flow.velocity(points, time, other_text),
    ):
        assert (other - velocity).abs().amax(dim=(1, 2, 3)).min() > 1e-6


def test_padding_changes_nothing(flow, text):
    features, mask, pooled = text
    points, time = drawn(1, 3, 4, 4), torch.tensor([0.4])
    long = flow.velocity(points, time, (features[1:], mask[1:], pooled[1:]))
    short = flow.velocity(points, time, (features[1:, :3], mask[1:, :3], pooled[1:]))
    assert torch.allclose(long, short, atol=1e-6)


def test_drawing_is_guided_steps_from_the_noise(flow, text):
    features, mask, pooled = text
    noise = flow.sample_noise(2, torch.Generator().manual_seed(3))
    points = noise.view(2, 3, 4, 4)
    for step in range(3):
        time = torch.full((2,), step / 3)
        untold = silence(text, flow.nothing, torch.tensor([True, True]))
        velocity = guide(flow.velocity(points, time, text), flow.velocity(points, time, untold), 2.0)
        points = points + velocity / 3
    assert torch.allclose(flow(noise, features, mask, pooled), points, atol=1e-5)
    flow.guidance = 1.0
    plain = flow(noise, features, mask, pooled)
    flow.follow = heun
    assert not torch.allclose(flow(noise, features, mask, pooled), plain, atol=1e-4)
    with pytest.raises(ValueError, match="noise must be"):
        flow(noise[:, 1:], features, mask, pooled)


def test_big_steps_are_taken_only_by_who_learned_them(text):
    torch.manual_seed(0)
    features, mask, pooled = text
    quick = FlowGenerator(replace(SIZES, big_steps=True, num_steps=2)).eval().requires_grad_(False)
    noise = quick.sample_noise(2, torch.Generator().manual_seed(3))
    assert quick.takes_big_steps
    half = torch.full((2,), 0.5)
    points = noise.view(2, 3, 4, 4)
    points = points + quick.velocity(points, 0 * half, text, half) / 2
    points = points + quick.velocity(points, half, text, half) / 2
    assert torch.allclose(quick(noise, features, mask, pooled), points, atol=1e-5)
    quick.num_steps = 3
    assert not quick.takes_big_steps


def test_waves_tell_near_times_apart():
    one, other = waves(torch.tensor([0.50, 0.52]))
    assert one.shape == (32,) and (one - other).norm() > 0.5


@pytest.mark.parametrize("config", [TINY.generator, TINY.flow, TINY.writer], ids=lambda config: type(config).__name__)
def test_three_ways_stand_behind_one_door(config):
    torch.manual_seed(0)
    assert configure(way_of(config), json.loads(json.dumps(asdict(config)))) == config
    network = build(config).eval().requires_grad_(False)
    assert isinstance(network, WAYS[way_of(config)][0])
    noise = network.sample_noise(2, torch.Generator().manual_seed(1))
    mask = torch.ones(2, 4, dtype=torch.bool)
    latents = network(noise, drawn(2, 4, config.embed_dim), mask, drawn(2, config.embed_dim))
    assert latents.shape == (2, config.latent_channels, config.latent_size, config.latent_size)
