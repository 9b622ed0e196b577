"""How close a redrawn picture is to its original, and how sharp any picture is: one number a picture.

In: images (B, 3, H, W) in [-1, 1]. Out: (B,). The two disagree, and that is why there are two: a blurred picture may be
close to its original, and a sharp one far from it.
"""

import torch
from torch import Tensor


def psnr(images: Tensor, targets: Tensor) -> Tensor:
    """Peak signal-to-noise ratio, decibels: 10 log10(4 / mean squared error), 4 being the square of the range 2.

    20 means that pixels are off by a tenth of the range (root mean square), 40 by a hundredth.

    >>> psnr(torch.full((1, 3, 4, 4), 0.2), torch.zeros(1, 3, 4, 4)).item()
    20.0
    """
    if images.shape != targets.shape:
        shapes = f"{tuple(images.shape)} and {tuple(targets.shape)}"
        raise ValueError(f"images and targets must have one shape, but have {shapes}")
    error = (images - targets).square().flatten(1).mean(1)
    return 10 * torch.log10(4 / error.clamp(min=1e-12))


def sharpness(images: Tensor) -> Tensor:
    """Mean length of the gradient: how much brightness changes from a pixel to its neighbours, on average.

    Blur lowers it, for a soft edge is spread over many small steps whose lengths shrink where edges cross or lie close
    together; so does whatever melts away. Noise raises it: compare it with what real pictures have.

    >>> sharpness(torch.zeros(2, 3, 8, 8)).tolist()
    [0.0, 0.0]
    """
    grey = images.mean(1)  # (B, H, W)
    right, down = grey.diff(dim=-1)[:, :-1], grey.diff(dim=-2)[..., :-1]  # (B, H - 1, W - 1) each
    return (right.square() + down.square()).sqrt().flatten(1).mean(1)
