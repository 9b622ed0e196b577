"""The losses: values worked out by hand, agreement with torch, and second derivatives that survive bf16."""

import math
from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F

from t2i_lib.discriminator import Discriminator, DiscriminatorConfig
from t2i_lib.losses import (
    feature_loss,
    gradient_loss,
    gradient_penalty,
    kl_loss,
    pixel_loss,
    relativistic_loss,
    worst_pixel_loss,
)


def test_pixel_loss_is_l1():
    images, targets = torch.randn(2, 2, 3, 5, 7)
    assert torch.allclose(pixel_loss(images, targets), F.l1_loss(images, targets))


def test_gradient_loss_sees_a_moved_edge():
    image = torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]])
    moved = torch.tensor([[[[0.0, 0.0], [0.0, 1.0]]]])
    # error 1 at the top right: one of two horizontal and one of two vertical differences is off by 1
    assert gradient_loss(moved, image).item() == 1.0


def test_worst_pixel_loss_counts_each_pictures_worst_share():
    error = torch.zeros(2, 3, 10, 10)
    error[0, :, 4, 7] = 6.0  # two pixels of 100: a bird
    error[0, 0, 2, 1] = 3.0  # one channel of three
    assert worst_pixel_loss(error, torch.zeros_like(error), 0.02).item() == pytest.approx((6 + 1) / 2 / 2)
    assert worst_pixel_loss(error, torch.zeros_like(error), 1.0).item() == pytest.approx(7 / 100 / 2)
    assert worst_pixel_loss(error, torch.zeros_like(error), 1e-9).item() == pytest.approx(6 / 2)  # one at the least


def test_feature_loss_is_relative_and_averaged_over_layers():
    fine, coarse = torch.ones(1, 2, 4, 4), 100 * torch.ones(1, 3, 2, 2)
    assert feature_loss([fine, coarse], [fine, coarse]).item() == 0.0
    assert feature_loss([1.5 * fine, 1.1 * coarse], [fine, coarse]).item() == pytest.approx((0.5 + 0.1) / 2, rel=1e-4)


def test_kl_loss_against_torch():
    mean, log_variance = torch.randn(2, 5, 7)
    ours = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    standard = torch.distributions.Normal(torch.zeros(5, 7), torch.ones(5, 7))
    expected = torch.distributions.kl_divergence(ours, standard).mean()
    assert torch.allclose(kl_loss(mean, log_variance), expected, atol=1e-6)


def test_relativistic_loss_by_hand():
    real, fake = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 1.0])
    expected = (math.log1p(math.exp(-2)) + math.log1p(math.exp(1))) / 2
    assert relativistic_loss(real, fake).item() == pytest.approx(expected)
    assert relativistic_loss(fake, real) > relativistic_loss(real, fake)
    assert torch.allclose(relativistic_loss(real + 7, fake + 7), relativistic_loss(real, fake))  # only the gap counts


def test_gradient_penalty_of_a_quadratic():
    matrix = torch.randn(7, 7, dtype=torch.float64)
    inputs = torch.randn(5, 7, dtype=torch.float64)
    penalty = gradient_penalty(lambda x: ((x[0] @ matrix) * x[0]).sum(1), [inputs])
    assert torch.allclose(penalty, 7 * (inputs @ (matrix + matrix.T)).square().sum(1).mean().float())


def test_gradient_penalty_trains_the_weights_and_leaves_the_inputs_alone():
    weight = torch.tensor([2.0, 3.0], requires_grad=True)
    inputs = torch.randn(5, 2, requires_grad=True)
    gradient_penalty(lambda x: x[0] @ weight, [inputs]).backward()
    assert torch.allclose(weight.grad, torch.tensor([8.0, 12.0]))  # of 2 |w|^2
    assert inputs.grad is None


def test_gradient_penalty_does_not_mix_the_pictures_of_a_batch():
    inputs = torch.tensor([[1.0], [2.0], [3.0]])
    assert gradient_penalty(lambda x: x[0].square().sum(1), [inputs]).item() == pytest.approx((4 + 16 + 36) / 3)


def test_gradient_penalty_is_averaged_over_views_whatever_their_size():
    small, large = torch.zeros(2, 1), torch.zeros(2, 4)

    def moved(views: list[torch.Tensor]) -> torch.Tensor:  # by 1 where every number of a view grows by 1
        return torch.stack([view.mean(1) for view in views], dim=1)

    assert gradient_penalty(moved, [small]).item() == gradient_penalty(moved, [large]).item() == 1.0
    assert gradient_penalty(moved, [small, large]).item() == 1.0


def test_second_derivatives_survive_bf16():
    torch.manual_seed(3)
    sizes = {"channels": (3, 16, 24), "grids": (16, 16, 8), "width": 16, "vector_dim": 32, "region_dim": 8}
    network = Discriminator(DiscriminatorConfig(embed_dim=7, **sizes))
    views = [torch.randn(5, 6, 16, 16), torch.randn(5, 32, 16, 16), torch.randn(5, 48, 8, 8)]
    features = torch.randn(5, 3, 7)
    prompt = (features, torch.ones(5, 3, dtype=torch.bool), features.mean(1))

    def slope(enabled: bool) -> torch.Tensor:
        network.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            penalty = gradient_penalty(lambda x: network(x, *prompt), views)
        penalty.backward()
        return torch.cat([weight.grad.flatten() for weight in network.parameters() if weight.grad is not None])

    exact, cheap = slope(False), slope(True)
    assert cheap.dtype == torch.float32
    assert F.cosine_similarity(exact, cheap, dim=0).item() > 0.99
    assert (cheap.norm() / exact.norm()).item() == pytest.approx(1.0, abs=0.1)


def test_losses_fall_along_their_gradient():
    images, targets = torch.randn(2, 3, 3, 5, 7)
    for loss in (pixel_loss, gradient_loss, worst_pixel_loss):
        values = []
        moving = images.clone().requires_grad_(True)
        for _ in range(4):
            value = loss(moving, targets)
            values.append(value.item())
            (slope,) = torch.autograd.grad(value, moving)
            moving = (moving - slope).detach().requires_grad_(True)
        assert all(later < earlier for earlier, later in pairwise(values)), loss.__name__
