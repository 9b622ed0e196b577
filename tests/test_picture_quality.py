"""Closeness and sharpness of pictures: values worked out by hand, and what blur does to them."""

import pytest
import torch
import torch.nn.functional as F

from t2i_lib.picture_quality import psnr, sharpness


def test_an_error_of_a_tenth_of_the_range_is_20_decibels_whatever_its_sign():
    targets = torch.zeros(2, 3, 5, 7)
    images = targets.clone()
    images[0] += 0.2
    images[1, :, ::2] += 0.02
    images[1, :, 1::2] -= 0.02
    assert psnr(images, targets).tolist() == pytest.approx([20.0, 40.0], abs=1e-3)


def test_every_picture_has_its_own_number():
    images = torch.rand(3, 3, 4, 4)
    assert torch.equal(psnr(images, images.flip(0))[1:2], psnr(images[1:2], images[1:2]))


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        psnr(torch.zeros(1, 3, 4, 4), torch.zeros(2, 3, 4, 4))


def test_a_ramp_is_as_sharp_as_it_is_steep():
    """0.3 a pixel to the right and 0.4 a pixel down make a gradient of length 0.5, everywhere."""
    ramp = 0.3 * torch.arange(5.0)[None, :] + 0.4 * torch.arange(7.0)[:, None]
    assert sharpness(ramp.expand(1, 3, 7, 5)).tolist() == pytest.approx([0.5])


def test_blur_lowers_it_and_noise_raises_it():
    picture = torch.zeros(1, 3, 16, 16)
    picture[..., 4:6, 4:6] = 1.0  # a bird
    blurred = F.avg_pool2d(picture, 3, stride=1, padding=1)
    noisy = picture + 0.1 * torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))
    assert sharpness(blurred) < sharpness(picture) < sharpness(noisy)
