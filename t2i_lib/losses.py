"""What is minimised: functions of tensors that return one number, and know no network.

`real_logits` and `fake_logits` are (B,), before any sigmoid; higher = more real.
"""

from collections.abc import Callable

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


def gradient_penalty(score: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """Mean squared length of the gradient of `score(inputs)`, (B,), with respect to the inputs.

    On real pictures this is R1, on drawn ones R2. The caller weighs it, once.

    Source: Mescheder et al. 2018, eq. 9, https://arxiv.org/abs/1801.04406

    >>> gradient_penalty(lambda x: 3 * x.sum(1), torch.ones(2, 2)).item()  # gradient (3, 3): 9 + 9
    18.0
    """
    inputs = inputs.detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(score(inputs).sum(), inputs, create_graph=True)
    return slope.float().square().flatten(1).sum(1).mean()


# --- pictures and sentences ------------------------------------------------------------------------------------------


def matching_loss(image_vectors: Tensor, text_vectors: Tensor, scale: Tensor, same: Tensor | None = None) -> Tensor:
    """Each picture must find its caption among the batch's, and each caption its picture.

    Args:
        image_vectors, text_vectors: (B, M), length 1; row i of both belongs together.
        scale: inverse temperature.
        same: (B, B) bool, True where caption j also fits picture i: such pairs do not count as wrong.

    Source: Radford et al. 2021, figure 3, https://arxiv.org/abs/2103.00020
    """
    logits = scale * image_vectors @ text_vectors.T  # (B, B)
    if same is not None:
        other = same & ~torch.eye(len(same), dtype=torch.bool, device=same.device)
        logits = logits.masked_fill(other, float("-inf"))
    targets = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, targets) + F.cross_entropy(logits.T, targets)) / 2


def choice_loss(
    image_vectors: Tensor, right_vectors: Tensor, wrong_vectors: Tensor, scale: Tensor, fitting: Tensor | None = None
) -> Tensor:
    """Each picture must prefer its caption to K wrong ones, for example with one stated thing changed.

    Args:
        image_vectors, right_vectors: (B, M); wrong_vectors: (B, K, M); all of length 1.
        scale: inverse temperature.
        fitting: (B, K) bool, True where a caption fits the picture after all: such do not count as wrong.

    >>> one = torch.ones(1, 1)
    >>> round(choice_loss(one, one, one[:, None], torch.tensor(1.0)).item(), 4)  # both fit equally: log 2
    0.6931
    """
    right = (image_vectors * right_vectors).sum(1, keepdim=True)  # (B, 1)
    wrong = (wrong_vectors @ image_vectors[:, :, None]).squeeze(2)  # (B, K)
    if fitting is not None:
        wrong = wrong.masked_fill(fitting, float("-inf"))
    logits = scale * torch.cat([right, wrong], dim=1)
    return F.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device))
