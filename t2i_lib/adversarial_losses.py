"""Five ways to keep the score of the adversarial game: what each player wants to become small.

In: `real_logits` and `fake_logits`, (B,), before any sigmoid; higher = more real. Out: one number for the player whose
turn it is. The other player's logits are mere numbers then; only the relativistic loss looks at both in either turn.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from t2i_lib.losses import relativistic_loss


def cross_entropy_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The discriminator's: -log D(real) - log(1 - D(fake)) with D = sigmoid(logit), by softplus, so nothing overflows.

    Source: Goodfellow et al. 2014, eq. 1, https://arxiv.org/abs/1406.2661

    >>> import torch
    >>> round(cross_entropy_loss(torch.zeros(2), torch.zeros(2)).item(), 4)  # knows nothing: 2 log 2
    1.3863
    """
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def minimax_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The generator's in the minimax game, log(1 - D(fake)): the discriminator's own loss with the sign turned.

    Source: Goodfellow et al. 2014, eq. 1, https://arxiv.org/abs/1406.2661
    """
    return -F.softplus(fake_logits).mean()


def non_saturating_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The generator's, -log D(fake): the same aim, but steep where the discriminator is sure of a fake.

    Source: Goodfellow et al. 2014, end of section 3, https://arxiv.org/abs/1406.2661
    """
    return F.softplus(-fake_logits).mean()


def hinge_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The discriminator's: real above 1, fake below -1, and no more asked of whoever is there.

    Source: Lim & Ye 2017, https://arxiv.org/abs/1705.02894; Miyato et al. 2018, eq. 16,
    https://arxiv.org/abs/1802.05957

    >>> import torch
    >>> hinge_loss(torch.tensor([5.0]), torch.tensor([-0.5])).item()
    0.5
    """
    return F.relu(1 - real_logits).mean() + F.relu(1 + fake_logits).mean()


def wasserstein_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The discriminator's (there called critic): the mean gap, as wide as can be; it needs a bound on D's slopes.

    Source: Arjovsky et al. 2017, eq. 2 and algorithm 1, https://arxiv.org/abs/1701.07875
    """
    return fake_logits.mean() - real_logits.mean()


def lift_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The generator's under hinge and Wasserstein: lift the fakes' logits, each as much as any other.

    Source: Arjovsky et al. 2017, algorithm 1, https://arxiv.org/abs/1701.07875; Miyato et al. 2018, eq. 17
    """
    return -fake_logits.mean()


def relativistic_generator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The generator's in the relativistic game: the discriminator's loss with real and fake exchanged."""
    return relativistic_loss(fake_logits, real_logits)


@dataclass(frozen=True)
class AdversarialLoss:
    """One loss a player; both are called with (real_logits, fake_logits)."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor, Tensor], Tensor]


LOSSES = {
    "minimax": AdversarialLoss(cross_entropy_loss, minimax_loss),
    "non-saturating": AdversarialLoss(cross_entropy_loss, non_saturating_loss),
    "hinge": AdversarialLoss(hinge_loss, lift_loss),
    "wasserstein": AdversarialLoss(wasserstein_loss, lift_loss),
    "relativistic": AdversarialLoss(relativistic_loss, relativistic_generator_loss),
}


def find_loss(name: str) -> AdversarialLoss:
    """The loss of that name.

    Raises:
        ValueError: if there is none.
    """
    if name not in LOSSES:
        raise ValueError(f"unknown adversarial loss {name!r}; choose one of {', '.join(LOSSES)}")
    return LOSSES[name]
