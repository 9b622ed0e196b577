"""The world of suns: pictures are where they are said to be, and what is no sun is found out."""

import torch

from t2i_lib.losses import kl_loss
from t2i_lib.toys.suns import (
    EDGE,
    LATENTS,
    RADIUS,
    SunAutoencoder,
    distance_to_suns,
    draw_suns,
    learn_suns,
    paint,
    sample_places,
    sample_suns,
)


def test_a_sun_is_where_it_is_said_to_be():
    image = draw_suns(torch.tensor([[1.0, 0.0]]))[0, 0]  # far right, high up
    rows, columns = (image > 0).nonzero(as_tuple=True)
    assert (rows.float().mean(), columns.float().mean()) == (RADIUS, EDGE - 1 - RADIUS)
    assert image.max() == 1 and image[-1, 0] == -1


def test_every_disc_is_seen_whole():
    corners = draw_suns(torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.5, 0.5]]))
    sizes = (corners + 1).sum(dim=(1, 2, 3))
    assert torch.allclose(sizes, sizes.mean().expand(5), rtol=0.02)


def test_colours_run_from_sky_to_sun():
    painted = paint(torch.tensor([-1.0, 0.0, 1.0, 9.0]).reshape(4, 1, 1, 1))
    assert painted.shape == (4, 3, 1, 1)
    assert torch.allclose(painted[1], (painted[0] + painted[2]) / 2, atol=1e-6)
    assert torch.equal(painted[2], painted[3])


def test_suns_have_no_distance_to_suns_and_half_suns_have():
    places = sample_places(5, torch.Generator().manual_seed(1))
    suns = draw_suns(places)
    assert distance_to_suns(suns).max() < 0.1
    double = (draw_suns(torch.tensor([[0.0, 0.0]])) + draw_suns(torch.tensor([[1.0, 1.0]]))) / 2
    assert distance_to_suns(double) > 0.4


def test_training_learns_and_the_seed_decides():
    network, errors = learn_suns(1e-3, steps=60, seed=3)
    again, _ = learn_suns(1e-3, steps=60, seed=3)
    assert errors[-1] < 0.5 * errors[0]
    suns = draw_suns(sample_places(4, torch.Generator().manual_seed(2)))
    assert torch.equal(network.encode(suns), again.encode(suns))
    assert sample_suns(network, 5, torch.Generator().manual_seed(0)).shape == (5, 1, EDGE, EDGE)


def test_the_two_formulas_may_be_ones_own():
    """They are called in a variational training, and a plain one has no noise."""
    called = []

    def sample(mean, log_variance, rng):
        called.append("sample")
        return mean

    def divergence(mean, log_variance):
        called.append("divergence")
        return kl_loss(mean, log_variance)

    learn_suns(0.1, steps=2, sample=sample, divergence=divergence)
    assert called == ["sample", "divergence"] * 2
    learn_suns(0.0, steps=1, sample=sample)
    assert called == ["sample", "divergence"] * 2


def test_strong_divergence_holds_latents_near_the_standard_normal():
    suns = draw_suns(sample_places(50, torch.Generator().manual_seed(2)))
    apart = [kl_loss(*learn_suns(weight, steps=80)[0].posterior(suns)) for weight in (0.0, 1.0)]
    assert apart[1] < 0.1 < apart[0]


def test_latents_and_pictures_have_their_shapes():
    network = SunAutoencoder(latents=5)
    mean, log_variance = network.posterior(torch.zeros(3, 1, EDGE, EDGE))
    assert mean.shape == log_variance.shape == (3, 5) != (3, LATENTS)
    assert network.decode(mean).shape == (3, 1, EDGE, EDGE)
