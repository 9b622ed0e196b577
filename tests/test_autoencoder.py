"""The autoencoder: its linear start is the best linear map, its latents are standardised, bad input is explained."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from t2i_lib.autoencoder import Autoencoder, AutoencoderConfig, sample_posterior

SMALL = AutoencoderConfig(
    image_size=20, patch=2, widths=(7, 11), encoder_depths=(1, 1), decoder_depths=(1, 2), latent_channels=5
)


def random_images(count: int, size: tuple[int, int] = (12, 20)) -> torch.Tensor:
    """Smooth pictures, so that some directions of a patch matter more than others."""
    coarse = torch.rand(count, 3, size[0] // 2, size[1] // 2) * 2 - 1
    return F.interpolate(coarse, size, mode="bilinear", align_corners=False) * 0.9 + 0.03 * torch.randn(count, 3, *size)


def patches_of(images: torch.Tensor, squeeze: int) -> torch.Tensor:
    return F.pixel_unshuffle(images, squeeze).movedim(1, -1).flatten(0, 2).double()


def test_shapes():
    autoencoder = Autoencoder(SMALL)
    assert (SMALL.squeeze, SMALL.latent_size) == (4, 5)
    latents = autoencoder.encode(torch.zeros(3, 3, 12, 28))
    assert latents.shape == (3, 5, 3, 7)
    assert autoencoder.decode(latents).shape == (3, 3, 12, 28)


def test_linear_start_loses_exactly_the_discarded_variance():
    images, autoencoder = random_images(17), Autoencoder(SMALL).eval()
    autoencoder.start_linear(images)
    patches = patches_of(images, SMALL.squeeze)
    variances = torch.linalg.eigvalsh((patches - patches.mean(0)).T @ (patches - patches.mean(0)) / len(patches))
    restored = autoencoder.decoder(autoencoder.encode(images))  # not cut off at -1 and 1
    error = (patches_of(restored, SMALL.squeeze) - patches).square().sum(1).mean()
    assert error.item() == pytest.approx(variances[: -SMALL.latent_channels].sum().item(), rel=1e-4)


def test_linear_start_with_all_channels_is_the_identity():
    config = replace(SMALL, latent_channels=3 * SMALL.squeeze**2)
    autoencoder, images = Autoencoder(config).eval(), random_images(17)
    autoencoder.start_linear(images)
    assert torch.allclose(autoencoder(images), images.clamp(-1, 1), atol=1e-4)


def test_linear_start_delivers_uncorrelated_latents_of_mean_0_and_variance_1():
    autoencoder, images = Autoencoder(SMALL).eval(), random_images(17)
    autoencoder.start_linear(images)
    latents = autoencoder.encode(images).movedim(1, 0).flatten(1)
    assert torch.allclose(latents.mean(1), torch.zeros(5), atol=1e-4)
    assert torch.allclose(latents @ latents.T / latents.shape[1], torch.eye(5), atol=1e-3)


# A decoder that paints pictures twice as large as the encoder sees.
LARGE = replace(SMALL, patch=4, image_size=40, encoder_patch=2, encoder_widths=(5, 7))


def test_a_large_decoder_paints_the_latents_of_pictures_averaged_down():
    assert (LARGE.squeeze, LARGE.encoder_squeeze, LARGE.latent_size) == (8, 4, 5)
    small, large = Autoencoder(replace(SMALL, widths=(5, 7))).eval(), Autoencoder(LARGE).eval()
    large.encoder.load_state_dict(small.encoder.state_dict())
    images = random_images(3, (24, 40))
    assert torch.allclose(large.encode(images), small.encode(F.avg_pool2d(images, 2)), atol=1e-5)
    assert large(images).shape == images.shape


def test_a_large_decoder_starts_as_the_best_linear_map():
    images, large = random_images(17, (24, 40)), Autoencoder(LARGE).eval()
    large.start_linear(images)
    latents = large.encode(images).movedim(1, -1).flatten(0, 2).double()
    latents = torch.cat([latents, torch.ones(len(latents), 1)], dim=1)
    patches = patches_of(images, 8)
    best = latents @ torch.linalg.lstsq(latents, patches).solution
    restored = patches_of(large.decoder(large.encode(images)), 8)
    assert torch.allclose(restored, best, atol=1e-3)


def test_the_deep_networks_add_nothing_at_the_start_but_learn():
    autoencoder, images = Autoencoder(SMALL), random_images(3)
    assert torch.equal(autoencoder.encoder(images), autoencoder.encoder.linear(images))
    autoencoder(images).square().mean().backward()
    assert autoencoder.encoder.to_latents.weight.grad.abs().max() > 0
    assert autoencoder.decoder.to_images.mix.weight.grad.abs().max() > 0


def test_measured_statistics_standardise_the_latents_and_leave_the_reconstruction_as_it_was():
    autoencoder, images = Autoencoder(SMALL).eval(), random_images(37)
    with torch.no_grad():
        autoencoder.encoder.linear.mix.bias.fill_(3.0)
        before = autoencoder(images)
        autoencoder.measure_latents(images)
        latents = autoencoder.encode(images)
    assert torch.allclose(latents.mean((0, 2, 3)), torch.zeros(5), atol=1e-4)
    assert latents.var((0, 2, 3)).mean().item() == pytest.approx(1.0, abs=1e-3)  # over the channels
    assert torch.allclose(autoencoder(images), before, atol=1e-5)


def test_settled_latents_keep_the_relative_size_of_their_channels():
    autoencoder, images = Autoencoder(SMALL).eval(), random_images(37)
    autoencoder.start_linear(images)
    autoencoder.measure_latents(images)
    sizes = autoencoder.encode(images).var((0, 2, 3))
    with torch.no_grad():  # training moves the latents and lets them grow
        autoencoder.encoder.linear.mix.weight.mul_(3.0)
        autoencoder.encoder.linear.mix.bias.add_(5.0)
        before = autoencoder(images)
        autoencoder.settle_latents(images)
        latents = autoencoder.encode(images)
    assert torch.allclose(latents.mean((0, 2, 3)), torch.zeros(5), atol=1e-4)
    assert torch.allclose(latents.var((0, 2, 3)), sizes / sizes.mean(), rtol=1e-3)
    assert torch.allclose(autoencoder(images), before, atol=1e-4)


def test_a_channel_that_says_nothing_stays_finite():
    autoencoder, images = Autoencoder(SMALL).eval(), random_images(3)
    with torch.no_grad():
        autoencoder.encoder.linear.mix.weight[2] = 0.0
    autoencoder.measure_latents(images)
    assert autoencoder.encode(images).isfinite().all()


@pytest.mark.parametrize("training", [True, False])
def test_encoding_a_picture_does_not_depend_on_its_neighbours(training):
    autoencoder, images = Autoencoder(SMALL).train(training), random_images(5)
    assert torch.allclose(autoencoder.encode(images[:1]), autoencoder.encode(images)[:1], atol=1e-6)


def test_decode_stays_in_range_only_outside_training():
    autoencoder = Autoencoder(SMALL)
    latents = torch.full((1, 5, 3, 5), 50.0)
    assert autoencoder.decode(latents).abs().max() > 1  # a loss must see how far off it is
    assert autoencoder.eval().decode(latents).abs().max() <= 1


def test_variational_posterior():
    autoencoder = Autoencoder(replace(SMALL, variational=True))
    images = random_images(17)
    autoencoder.start_linear(images)
    mean, log_variance = autoencoder.posterior(images)
    assert mean.shape == log_variance.shape == (17, 5, 3, 5)
    assert torch.equal(log_variance, torch.full_like(log_variance, -5.0))  # the same everywhere
    assert torch.allclose(mean, autoencoder.encode(images), atol=1e-6)
    with torch.no_grad():
        autoencoder.encoder.linear.mix.bias[5:] = 100.0
    assert autoencoder.posterior(images)[1].max() == 4.0


def test_the_noise_of_a_variational_start_does_not_drown_the_pictures():
    autoencoder, images = Autoencoder(replace(SMALL, variational=True)).eval(), random_images(17)
    autoencoder.start_linear(images)
    mean, log_variance = autoencoder.posterior(images)
    drawn = sample_posterior(mean, log_variance, torch.Generator().manual_seed(3))
    plain = autoencoder.decoder(mean)
    error = (autoencoder.decoder(drawn) - plain).square().mean() / plain.var()
    assert 0.003 < error < 0.01  # e^-5 of the pictures' variance


def test_posterior_keeps_its_spread_in_pictures_when_latents_are_standardised():
    autoencoder, images = Autoencoder(replace(SMALL, variational=True)).eval(), random_images(17)

    def spread_of_drawings() -> torch.Tensor:
        latents = sample_posterior(*autoencoder.posterior(images), torch.Generator().manual_seed(3))
        return autoencoder.decoder(autoencoder.standardise.undo(latents))

    before = spread_of_drawings()
    autoencoder.measure_latents(images)
    assert torch.allclose(spread_of_drawings(), before, atol=1e-4)


def test_only_a_variational_autoencoder_has_a_posterior():
    with pytest.raises(ValueError, match="variational=False"):
        Autoencoder(SMALL).posterior(torch.zeros(1, 3, 4, 4))


def test_sample_posterior_has_the_asked_spread_and_passes_gradients():
    mean = torch.full((1, 1, 151, 149), 3.0, requires_grad=True)
    log_variance = torch.full_like(mean, 0.25).log().requires_grad_(True)
    drawn = sample_posterior(mean, log_variance, torch.Generator().manual_seed(0))
    assert drawn.mean().item() == pytest.approx(3.0, abs=0.02)
    assert drawn.std().item() == pytest.approx(0.5, abs=0.02)
    assert torch.equal(drawn, sample_posterior(mean, log_variance, torch.Generator().manual_seed(0)))
    drawn.sum().backward()
    assert torch.equal(mean.grad, torch.ones_like(mean))
    assert torch.allclose(log_variance.grad, 0.5 * (drawn - mean).detach(), atol=1e-5)  # d std / d log variance


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"widths": (7,)}, "these have 1, 2, 1, 2"),
        ({"encoder_widths": (7, 9, 11)}, "these have 2, 2, 3, 2"),
        ({"encoder_patch": 3}, "are 4 and 6"),
        ({"image_size": 22}, "multiple of 4 .* not 22"),
        ({"latent_channels": 49}, "48"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **wrong)


def test_config_accepts_lists_as_json_gives_them():
    assert replace(SMALL, widths=[7, 11], encoder_depths=[1, 1]) == SMALL


def test_wrong_shapes_are_explained():
    autoencoder = Autoencoder(SMALL)
    for images in (torch.zeros(3, 4, 4), torch.zeros(1, 4, 4, 4), torch.zeros(1, 3, 4, 6)):
        with pytest.raises(ValueError, match="multiples of 4"):
            autoencoder.encode(images)
    with pytest.raises(ValueError, match=r"\(B, 5, h, w\)"):
        autoencoder.decode(torch.zeros(1, 3, 4, 4))
