"""What can be measured where there are few pictures and no judge: distances, copies, and whether captions are met.

All of it stands on feature vectors (N, F) of a network that knows nothing of the pictures, such as `RandomFeatures`.
"""

import torch
from torch import Tensor


def energy_distance(one: Tensor, other: Tensor) -> float:
    """How much farther it is from cloud to cloud than within them: 2 E|x - y| - E|x - x'| - E|y - y'|.

    A Frechet distance takes F x F numbers of each cloud from N pictures, and with small N most of it is chance. This
    one is right on average for any N: about 0 for two samples of one cloud, and so now and then a little below.

    Args:
        one, other: (N, F) and (M, F), N and M at least 2.

    Source: Szekely and Rizzo 2013, section 2, https://doi.org/10.1016/j.jspi.2013.03.018

    >>> points = torch.tensor([[0.0], [1.0]])
    >>> energy_distance(points, points + 5)  # 5 on average from cloud to cloud, 1 within each
    8.0
    """
    if min(len(one), len(other)) < 2:
        raise ValueError(f"each cloud needs two pictures or more, but they have {len(one)} and {len(other)}")
    return float(2 * torch.cdist(one, other).mean() - torch.pdist(one).mean() - torch.pdist(other).mean())


def standardise(real: Tensor, *others: Tensor) -> list[Tensor]:
    """Feature vectors in units of the real ones' spread, feature by feature: the real ones first, then the others.

    A feature that hardly differs among the real ones gets a tenth of the mean spread, or it would drown the rest.
    """
    mean, spread = real.mean(0), real.std(0)
    spread = spread.clamp(min=max(float(spread.mean()) / 10, 1e-6))
    return [(each - mean) / spread for each in (real, *others)]


def nearest(features: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """For each picture the nearest real one, and how far it is: (B, F), (N, F) -> (B,) int64, (B,) float.

    >>> nearest(torch.tensor([[0.9]]), torch.tensor([[3.0], [1.0]]))[0].tolist()
    [1]
    """
    distances, places = torch.cdist(features, real).min(dim=1)
    return places, distances


def caption_recall(features: Tensor, asked: Tensor, real: Tensor) -> float:
    """The share of drawn pictures whose nearest real picture is the one whose caption was asked for.

    Args:
        features: (B, F) of the drawn pictures.
        asked: (B,) int64, place in `real` of the picture whose caption was the prompt.
        real: (N, F). A generator that does not listen gets 1 / N.
    """
    return (nearest(features, real)[0] == asked).float().mean().item()


def copying(features: Tensor, train: Tensor, held_out: Tensor) -> float:
    """The share of drawn pictures that lie nearer to a training picture than real unseen pictures usually do.

    "Usually" is the median distance from held-out pictures to their nearest training picture. Whoever draws the
    world and not the pictures gets about 0.5; 1 means copies.
    """
    usual = nearest(held_out, train)[1].median()
    return (nearest(features, train)[1] < usual).float().mean().item()


def overfitting(train_logits: Tensor, held_out_logits: Tensor, fake_logits: Tensor) -> float:
    """Where held-out pictures stand between training pictures (0) and drawn ones (1), to the discriminator's eyes.

    Source: Karras et al. 2020, section 3, eq. 1 (r_v), https://arxiv.org/abs/2006.06676

    >>> overfitting(torch.tensor([3.0]), torch.tensor([0.0]), torch.tensor([-1.0]))
    0.75
    """
    train, held_out, fake = (float(logits.mean()) for logits in (train_logits, held_out_logits, fake_logits))
    return (train - held_out) / (train - fake) if train != fake else 0.0
