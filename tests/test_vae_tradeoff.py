"""The experiment about the weight of the divergence runs, and measures what it says."""

import pytest
import torch

from t2i_lib.experiments.picture_rows import load_rows
from t2i_lib.experiments.vae_tradeoff import LEAST, WEIGHTS, measure, run
from t2i_lib.toys.suns import LATENTS, SunAutoencoder


class Sleeper(SunAutoencoder):
    """Says nothing about any picture: all latents are N(0, 1), and every picture is sky."""

    def posterior(self, images):
        """Mean 0, variance 1."""
        return torch.zeros(len(images), LATENTS), torch.zeros(len(images), LATENTS)

    def decode(self, latents):
        """Sky."""
        return -torch.ones(len(latents), 1, 16, 16)


def test_whoever_says_nothing_is_asleep_and_far_from_suns():
    figures = measure(Sleeper())
    assert figures["awake"] == 0 and figures["nats"] == 0
    assert figures["sample distance"] == pytest.approx(figures["error"], rel=0.1) and figures["error"] > 0.5


def test_a_latent_that_moves_is_awake():
    class OneAwake(Sleeper):
        def posterior(self, images):
            mean, log_variance = super().posterior(images)
            mean[:, 3] = 1.0  # half a nat
            return mean, log_variance

    figures = measure(OneAwake())
    assert (figures["awake"], figures["nats"]) == (1, pytest.approx(0.5)) and LEAST < 0.5


def test_it_runs_and_keeps_samples(tmp_path):
    path = tmp_path / "record.json"
    record = run([0], steps=2, path=path)
    assert record.variants == [f"{weight:g}" for weight in WEIGHTS]
    rows = load_rows(path.with_suffix(".png"))
    assert list(rows) == record.variants and {picture.size for row in rows.values() for picture in row} == {(16, 16)}
    assert run([0], steps=2, path=path).runs == record.runs
