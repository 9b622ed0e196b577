"""Noisy latents -> clean ones: the last part of the generator, learnt from real pictures alone.

A generator that is a little off scatters specks over its pictures, since nothing in the latents says that a flat sky is
far more likely than a patterned one. A network that was taught to take noise off real latents knows that. Behind the
generator it brings whatever is drawn near to what real pictures look like, while gradients pass through it.
"""

from torch import Tensor, nn

from t2i_lib.blocks import ResidualBlock, activate, convolution


class Denoiser(nn.Module):
    """(B, C, h, w) -> (B, C, h, w): adds what a small convolutional network thinks is missing; nothing at the start.

    Source: Zhang et al. 2017 (learning the residual), section 3, https://arxiv.org/abs/1608.03981
    """

    def __init__(self, channels: int, width: int, depth: int) -> None:
        super().__init__()
        self.stem = convolution(channels, width)
        self.blocks = nn.Sequential(*(ResidualBlock(width) for _ in range(depth)))
        self.to_latents = convolution(width, channels, gain=0.0)

    def forward(self, latents: Tensor) -> Tensor:
        return latents + self.to_latents(activate(self.blocks(self.stem(latents))))
