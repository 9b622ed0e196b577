"""A world whose pictures are told by two numbers: a sun that stands anywhere in a small sky.

In: where suns stand. Out: their pictures, small networks that squeeze and redraw them, and how far a picture is from
any sun at all. Of storybook pictures nobody can say that; here it is arithmetic, and a training takes seconds.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam

from t2i_lib.autoencoder import sample_posterior
from t2i_lib.blocks import SLOPE
from t2i_lib.losses import kl_loss

EDGE, RADIUS = 16, 3.5  # pixels
LATENTS = 8  # more than the two numbers that a sun needs, as it is with pictures of which nobody knows how many
REACH = 1.1  # of the decoder: just beyond -1 and 1, where the slope of a tanh would be gone
CHECKED = 41  # places along an edge at which the nearest sun is looked for: every fifth of a pixel
_SKY, _SUN = (0.25, 0.45, 0.75), (1.0, 0.85, 0.3)  # colours from 0 to 1


def draw_suns(places: Tensor) -> Tensor:
    """Suns at places (N, 2) in [0, 1] -> images (N, 1, 16, 16), -1 = sky, 1 = sun, between them on the rim.

    A place is how far right and how far down; (0, 0) is the upper left corner. The whole disc is always to be seen.

    >>> draw_suns(torch.tensor([[0.0, 1.0]]))[0, 0, 11, 4].item()  # in its middle, at the lower left
    1.0
    """
    pixels = torch.arange(EDGE, dtype=torch.float32)
    centres = RADIUS + places * (EDGE - 1 - 2 * RADIUS)  # (N, 2), pixels
    right = pixels - centres[:, :1]  # (N, 16)
    down = pixels - centres[:, 1:]  # (N, 16)
    distance = (right[:, None, :].square() + down[:, :, None].square()).sqrt()  # (N, 16, 16)
    return (2 * (RADIUS + 0.5 - distance).clamp(0, 1) - 1)[:, None]


def sample_places(count: int, rng: torch.Generator) -> Tensor:
    """Places (count, 2) by lot, every one as likely as any other."""
    return torch.rand(count, 2, generator=rng)


def paint(images: Tensor) -> Tensor:
    """(N, 1, H, W) in [-1, 1] -> (N, 3, H, W) in [-1, 1]: -1 becomes the blue of the sky, 1 the yellow of the sun."""
    sky, sun = (torch.tensor(colour)[:, None, None] for colour in (_SKY, _SUN))
    share = (images.clamp(-1, 1) + 1) / 2
    return 2 * (sky + share * (sun - sky)) - 1


def distance_to_suns(images: Tensor) -> Tensor:
    """How far each picture (N, 1, 16, 16) is from the sun that is most like it: (N,), root mean square over pixels.

    >>> distance_to_suns(draw_suns(torch.tensor([[0.5, 0.25]]))).item() < 1e-2
    True
    """
    steps = torch.linspace(0, 1, CHECKED)
    suns = draw_suns(torch.cartesian_prod(steps, steps)).flatten(1)  # (1681, 256)
    return torch.cdist(images.flatten(1), suns).min(dim=1).values / EDGE


class SunAutoencoder(nn.Module):
    """Picture -> 8 latents -> picture, by layers in which every number meets every number."""

    def __init__(self, latents: int = LATENTS) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Flatten(), nn.Linear(EDGE**2, 128), nn.LeakyReLU(SLOPE), nn.Linear(128, 2 * latents)
        )
        self.decoder = nn.Sequential(
            nn.Linear(latents, 128), nn.LeakyReLU(SLOPE), nn.Linear(128, 128), nn.LeakyReLU(SLOPE),
            nn.Linear(128, EDGE**2), nn.Tanh(), nn.Unflatten(1, (1, EDGE, EDGE)),
        )  # fmt: skip

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the latents of pictures (N, 1, 16, 16), each (N, 8)."""
        mean, log_variance = self.encoder(images).chunk(2, dim=1)
        return mean, log_variance.clamp(-12, 4)

    def encode(self, images: Tensor) -> Tensor:
        """Pictures (N, 1, 16, 16) -> latents (N, 8), without noise."""
        return self.posterior(images)[0]

    def decode(self, latents: Tensor) -> Tensor:
        """Latents (N, 8) -> pictures (N, 1, 16, 16), about [-1, 1]."""
        return REACH * self.decoder(latents)


def learn_suns(
    kl_weight: float,
    steps: int,
    seed: int = 0,
    sample: Callable[[Tensor, Tensor, torch.Generator], Tensor] = sample_posterior,
    divergence: Callable[[Tensor, Tensor], Tensor] = kl_loss,
    batch_size: int = 64,
    rate: float = 3e-3,
) -> tuple[SunAutoencoder, list[float]]:
    """Train an autoencoder of suns: a plain one if `kl_weight` is 0, else a variational one.

    Args:
        kl_weight: what the divergence of the latents counts beside the error of the picture.
        sample, divergence: the two formulas that make an autoencoder variational.

    Returns:
        network: ready to use.
        errors: (steps,) mean squared error of the redrawn pictures.
    """
    torch.manual_seed(seed)
    network, rng = SunAutoencoder(), torch.Generator().manual_seed(seed)
    optimizer = Adam(network.parameters(), rate)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    errors = []
    for _ in range(steps):
        images = draw_suns(sample_places(batch_size, rng))
        mean, log_variance = network.posterior(images)
        latents = sample(mean, log_variance, rng) if kl_weight else mean
        error = F.mse_loss(network.decode(latents), images)
        loss = error + kl_weight * divergence(mean, log_variance)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        fall.step()
        errors.append(error.item())
    return network.eval().requires_grad_(False), errors


@torch.no_grad()
def sample_suns(network: SunAutoencoder, count: int, rng: torch.Generator) -> Tensor:
    """Pictures (count, 1, 16, 16) from latents by lot: normal ones with the mean and spread that real suns' have.

    A variational autoencoder's have nearly 0 and 1; a plain one, which nobody asked for that, is met half-way.
    """
    latents = network.encode(draw_suns(sample_places(1000, rng)))
    return network.decode(latents.mean(0) + latents.std(0) * torch.randn(count, latents.shape[1], generator=rng))
