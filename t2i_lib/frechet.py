"""The Frechet distance: how far a cloud of drawn pictures lies from a cloud of real ones, in some network's features.

Two clouds of feature vectors are taken for normal distributions; the distance compares their means and their spreads.
Only with Inception's features it is called FID; here the features are the judge's, or a random network's.
"""

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from t2i_lib.blocks import DownBlock, Fold, activate
from t2i_lib.judge import resize
from t2i_lib.metrics import Estimate


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (F,) and covariance (F, F) of feature vectors (N, F), in float64.

    Raises:
        ValueError: if there are fewer than two vectors.
    """
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(f"features must be (N, F) with N >= 2, but have shape {tuple(features.shape)}")
    features = features.double()
    return features.mean(0), torch.cov(features.T).reshape(features.shape[1], features.shape[1])


def frechet_distance(one: Tensor, other: Tensor) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of two sets of feature vectors.

    Args:
        one, other: (N, F) and (M, F) float.

    Returns:
        distance: >= 0; 0 for equal means and covariances.

    Source: Dowson and Landau 1982, eq. 4; Heusel et al. 2017, eq. 6, https://arxiv.org/abs/1706.08500

    >>> points = torch.tensor([[0.0], [2.0]])
    >>> round(frechet_distance(points, points + 3), 6)  # the spread is the same, the means are 3 apart
    9.0
    """
    if one.shape[1:] != other.shape[1:]:
        raise ValueError(f"both need features of one width, but have {tuple(one.shape)} and {tuple(other.shape)}")
    return _distance(*moments(one), *moments(other))


def frechet_interval(one: Tensor, other: Tensor, seed: int = 0, resamples: int = 30) -> Estimate:
    """`frechet_distance` with a 95 % interval: two standard deviations of the distances between resampled sets.

    Repeated samples make a cloud look tighter than it is, which alone pushes a resampled distance up. So only the
    spread of the resampled distances is used, put around the distance itself.
    """
    rng = torch.Generator().manual_seed(seed)
    value = frechet_distance(one, other)
    draws = []
    for _ in range(resamples):
        samples = (cloud[torch.randint(len(cloud), (len(cloud),), generator=rng)] for cloud in (one, other))
        draws.append(frechet_distance(*samples))
    reach = 1.96 * float(torch.tensor(draws, dtype=torch.float64).std())
    return Estimate(value, max(0.0, value - reach), value + reach)


def inception_distance(pixels: Tensor, real_pixels: Tensor) -> float:
    """The true FID, by the package torch-fidelity and Inception's weights, which it loads or downloads.

    Args:
        pixels, real_pixels: (N, H, W, 3) uint8, drawn and real pictures.

    Raises:
        ValueError: if torch-fidelity is not installed.
    """
    try:
        from torch_fidelity import calculate_metrics
    except ImportError as error:
        raise ValueError("FID needs Inception's weights: pip install torch-fidelity") from error
    inputs = {"input1": _Pictures(pixels), "input2": _Pictures(real_pixels)}
    found = calculate_metrics(**inputs, fid=True, cuda=torch.cuda.is_available(), verbose=False)
    return float(found["frechet_inception_distance"])


class _Pictures(Dataset[Tensor]):
    """(N, H, W, 3) uint8 as torch-fidelity wants them: one by one, (3, H, W)."""

    def __init__(self, pixels: Tensor) -> None:
        self.pixels = pixels

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: int) -> Tensor:
        return self.pixels[index].movedim(-1, 0).contiguous()


class RandomFeatures(nn.Module):
    """Features of a small convolutional network that was never trained: (B, 3, H, W) in [-1, 1] -> (B, 192).

    They know nothing of the nine attributes, so they notice what the judge was trained to overlook.
    Mean and spread of each channel over the picture are the features.
    """

    def __init__(self, seed: int = 0, size: int = 64) -> None:
        super().__init__()
        self.size = size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.layers = nn.ModuleList([Fold(3, 32, patch=2), DownBlock(32, 64)])
        self.requires_grad_(False)

    def forward(self, images: Tensor) -> Tensor:
        features, parts = resize(images, self.size), []
        for layer in self.layers:
            features = layer(features)
            places = activate(features).flatten(2)
            parts += [places.mean(2), places.std(2)]
        return torch.cat(parts, dim=1)


def _distance(mean: Tensor, covariance: Tensor, other_mean: Tensor, other_covariance: Tensor) -> float:
    # tr (C1 C2)^(1/2) = tr (C1^(1/2) C2 C1^(1/2))^(1/2): symmetric, so eigenvalues are real, and cheap.
    root = _square_root(covariance)
    cross = torch.linalg.eigvalsh(root @ other_covariance @ root).clamp(min=0).sqrt().sum()
    spread = covariance.trace() + other_covariance.trace() - 2 * cross
    return max(0.0, float((mean - other_mean).square().sum() + spread))


def _square_root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return vectors * values.clamp(min=0).sqrt() @ vectors.T
