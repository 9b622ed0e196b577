"""Do two viewers agree, more than by chance? From their answers to one number."""

import torch
from torch import Tensor


def cohens_kappa(one: Tensor, other: Tensor) -> float:
    """Agreement above chance, as a share of what is possible above it: (agreed - chance) / (1 - chance).

    Args:
        one, other: (N,) int64 or bool, what each viewer answered to the same N questions.

    Returns:
        kappa: 1 = full agreement, 0 = as chance has it, below 0 = contradiction. 0 also where both give one and the
            same answer always: nothing can be seen from that.

    Raises:
        ValueError: if there is no answer, or the two did not answer the same number of questions.

    Source: Cohen 1960, https://doi.org/10.1177/001316446002000104

    >>> cohens_kappa(torch.tensor([1, 1, 0, 0]), torch.tensor([1, 1, 0, 1]))
    0.5
    """
    if one.shape != other.shape or one.ndim != 1 or not len(one):
        raise ValueError(f"both need the same answers (N,), N >= 1, but have {tuple(one.shape)}, {tuple(other.shape)}")
    agreed = int((one == other).sum()) / len(one)
    values = torch.cat([one, other]).unique()
    chance = sum(int((one == value).sum()) * int((other == value).sum()) for value in values) / len(one) ** 2
    return 0.0 if chance == 1 else (agreed - chance) / (1 - chance)
