"""What is minimised: functions of tensors that return one number, and know no network.

`real_logits` and `fake_logits` are (B,) or (B, views), before any sigmoid; higher = more real.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

# --- autoencoder -----------------------------------------------------------------------------------------------------


def pixel_loss(images: Tensor, targets: Tensor) -> Tensor:
    """Mean absolute difference of two (B, 3, H, W) batches (L1)."""
    return (images - targets).abs().mean()


def gradient_loss(images: Tensor, targets: Tensor) -> Tensor:
    """Mean absolute difference of neighbouring-pixel differences: edges must be where they were.

    >>> flat = torch.zeros(1, 1, 2, 2)
    >>> gradient_loss(flat + 5, flat).item()  # another brightness, the same edges
    0.0
    """
    error = images - targets
    return error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()


def worst_pixel_loss(images: Tensor, targets: Tensor, share: float = 0.02) -> Tensor:
    """Mean error of each picture's worst pixels: small things such as birds weigh next to nothing in a plain mean.

    Args:
        share: which part of the pixels counts, in (0, 1].

    >>> worst_pixel_loss(torch.tensor([0.0, 0.0, 0.0, 8.0]).reshape(1, 1, 2, 2), torch.zeros(1, 1, 2, 2), 0.5).item()
    4.0
    """
    error = (images - targets).abs().mean(1).flatten(1)  # (B, H*W)
    return error.topk(max(1, round(share * error.shape[1])), dim=1).values.mean()


def feature_loss(features: list[Tensor], targets: list[Tensor]) -> Tensor:
    """Mean relative difference of a frozen network's feature maps (the perceptual loss), averaged over layers.

    Source: Johnson et al. 2016, eq. 2, https://arxiv.org/abs/1603.08155
    """
    terms = [
        (ours - theirs).abs().mean() / (theirs.abs().mean() + 1e-6)
        for ours, theirs in zip(features, targets, strict=True)
    ]
    return torch.stack(terms).mean()


def kl_loss(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Divergence of N(mean, variance) from N(0, 1), averaged over all numbers, in nats.

    Source: Kingma & Welling 2014, appendix B, https://arxiv.org/abs/1312.6114

    >>> kl_loss(torch.zeros(3), torch.zeros(3)).item()
    0.0
    """
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()


# --- the adversarial game --------------------------------------------------------------------------------------------


def relativistic_loss(better_logits: Tensor, worse_logits: Tensor) -> Tensor:
    """softplus(worse - better): small once every better one scores above its partner.

    The discriminator calls it with (real, fake), the generator with (fake, real).

    Source: Jolicoeur-Martineau 2019, https://arxiv.org/abs/1807.00734; Huang et al. 2024 (R3GAN), eq. 2,
    https://arxiv.org/abs/2501.05441

    >>> round(relativistic_loss(torch.zeros(2), torch.zeros(2)).item(), 4)  # undecided: log 2
    0.6931
    """
    return F.softplus(worse_logits - better_logits).mean()


def gradient_penalty(score: Callable[[list[Tensor]], Tensor], inputs: Sequence[Tensor]) -> Tensor:
    """Mean squared length of the gradient of the scores with respect to the inputs, times the inputs' size.

    On real pictures this is R1, on drawn ones R2. Times the size, because it then tells how far a score moves when
    every number moves a little: the same weight suits a small view and a large one. The caller weighs it, once.

    Args:
        score: from the inputs to logits (B,) or (B, views).
        inputs: tensors (B, ...); the penalty is averaged over them.

    Source: Mescheder et al. 2018, eq. 9, https://arxiv.org/abs/1801.04406

    >>> gradient_penalty(lambda x: 3 * x[0].sum(1), [torch.ones(2, 2)]).item()  # gradient (3, 3): 9 + 9, times 2
    36.0
    """
    inputs = [each.detach().requires_grad_(True) for each in inputs]
    slopes = torch.autograd.grad(score(inputs).sum(), inputs, create_graph=True)
    lengths = [slope.float().square().flatten(1).sum(1).mean() * slope[0].numel() for slope in slopes]
    return torch.stack(lengths).mean()
