"""What does the divergence of a variational autoencoder cost, and what does it buy? Suns, at six weights."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import torch
from PIL import Image

from t2i_lib.experiments.picture_rows import save_rows
from t2i_lib.experiments.record import Outcome, Record, carry_out, record_file
from t2i_lib.losses import kl_loss
from t2i_lib.pipeline import to_pictures
from t2i_lib.toys.suns import (
    SunAutoencoder,
    distance_to_suns,
    draw_suns,
    learn_suns,
    paint,
    sample_places,
    sample_suns,
)

NAME = "vae_tradeoff"
WEIGHTS = (0.0, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
STEPS = 1800
MEASURED, SHOWN = 500, 8  # pictures
LEAST = 0.2  # nats: a latent that carries less counts as asleep


def measure(network: SunAutoencoder, seed: int = 0) -> dict[str, float]:
    """How well suns are redrawn, how far their latents are from N(0, 1), and how much samples are like suns.

    Returns:
        "error": root mean square over pixels. "nats": divergence a picture, all latents together. "awake": how many
        latents carry something. "sample distance": of samples from the nearest sun, as in `distance_to_suns`.
    """
    rng = torch.Generator().manual_seed(seed)
    suns = draw_suns(sample_places(MEASURED, rng))
    with torch.no_grad():
        mean, log_variance = network.posterior(suns)
        redrawn = network.decode(mean)
    nats = torch.stack([kl_loss(mean[:, place], log_variance[:, place]) for place in range(mean.shape[1])])
    return {
        "error": float((redrawn - suns).square().mean().sqrt()),
        "nats": float(nats.sum()),
        "awake": float((nats >= LEAST).sum()),
        "sample distance": float(distance_to_suns(sample_suns(network, MEASURED, rng)).mean()),
    }


def train_weight(weight: float, seed: int, steps: int, shown: dict[str, list[Image.Image]]) -> Outcome:
    """Train with one weight and measure; the first seed's samples are put into `shown`."""
    network, _ = learn_suns(weight, steps, seed)
    samples = sample_suns(network, SHOWN, torch.Generator().manual_seed(0))
    shown.setdefault(f"{weight:g}", to_pictures(paint(samples)))
    return Outcome({name: round(value, 4) for name, value in measure(network).items()})


def run(seeds: Iterable[int], steps: int = STEPS, path: Path | None = None) -> Record:
    """Train once for each weight and seed; a sheet of samples lies beside the record."""
    shown: dict[str, list[Image.Image]] = {}
    trainings = {f"{weight:g}": partial(train_weight, weight, steps=steps, shown=shown) for weight in WEIGHTS}
    record = carry_out(NAME, trainings, list(seeds), path)
    if len(shown) == len(WEIGHTS):  # else the record was there already, and so is its sheet
        save_rows((path or record_file(NAME)).with_suffix(".png"), shown)
    return record
