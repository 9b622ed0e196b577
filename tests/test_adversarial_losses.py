"""Five losses: values by hand, what they hand the generator, and where they agree with torch's own."""

import math

import pytest
import torch
import torch.nn.functional as F

from t2i_lib.adversarial_losses import LOSSES, find_loss

REAL, FAKE = torch.tensor([2.0, -1.0, 0.5]), torch.tensor([0.0, 1.0, -3.0])


def push(name: str, fake_logits: torch.Tensor, real_logits: torch.Tensor | None = None) -> torch.Tensor:
    """Minus the slope of the generator's loss, a number a fake."""
    fake_logits = fake_logits.clone().requires_grad_(True)
    real_logits = torch.zeros_like(fake_logits) if real_logits is None else real_logits
    (slope,) = torch.autograd.grad(find_loss(name).generator(real_logits, fake_logits), fake_logits)
    return -slope * len(fake_logits)


def test_cross_entropy_is_torchs():
    ones, zeros = torch.ones(3), torch.zeros(3)
    theirs = F.binary_cross_entropy_with_logits(REAL, ones) + F.binary_cross_entropy_with_logits(FAKE, zeros)
    assert torch.allclose(find_loss("minimax").discriminator(REAL, FAKE), theirs)


def test_minimax_players_pay_each_other():
    """What one gains the other loses: only the fakes' half of the discriminator's loss moves a generator."""
    fake = FAKE.clone().requires_grad_(True)
    (ours,) = torch.autograd.grad(find_loss("minimax").generator(REAL, fake), fake)
    (theirs,) = torch.autograd.grad(find_loss("minimax").discriminator(REAL, fake), fake)
    assert torch.allclose(ours, -theirs)


def test_hinge_asks_no_more_of_whoever_is_far_enough():
    assert find_loss("hinge").discriminator(torch.tensor([1.5]), torch.tensor([-7.0])).item() == 0.0
    assert find_loss("hinge").discriminator(torch.tensor([0.0]), torch.tensor([0.5])).item() == 2.5


def test_wasserstein_is_the_gap():
    assert find_loss("wasserstein").discriminator(REAL, FAKE).item() == pytest.approx(-(0.5 + 2 / 3))


def test_relativistic_looks_at_pairs_only():
    loss = find_loss("relativistic")
    assert torch.allclose(loss.discriminator(REAL + 9, FAKE + 9), loss.discriminator(REAL, FAKE))
    assert torch.allclose(loss.generator(REAL, FAKE), loss.discriminator(FAKE, REAL))


def test_only_minimax_leaves_a_hopeless_fake_alone():
    hopeless = torch.tensor([-6.0])
    assert push("minimax", hopeless).item() == pytest.approx(1 / (1 + math.exp(6)))
    assert push("non-saturating", hopeless).item() == pytest.approx(1 - 1 / (1 + math.exp(6)))
    assert push("hinge", hopeless).item() == push("wasserstein", hopeless).item() == 1.0
    assert push("relativistic", hopeless, torch.tensor([3.0])).item() == pytest.approx(1 / (1 + math.exp(-9)))


@pytest.mark.parametrize("name", LOSSES)
def test_huge_logits_stay_finite(name):
    huge = torch.tensor([1e4, -1e4])
    assert find_loss(name).discriminator(-huge, huge).isfinite()
    assert find_loss(name).generator(huge, -huge).isfinite()


def test_an_unknown_loss_is_refused():
    with pytest.raises(ValueError, match="choose one of minimax"):
        find_loss("maximin")
