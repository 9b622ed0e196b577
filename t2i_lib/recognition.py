"""Which noise would have drawn this picture? The generator run backwards, as a guess with a spread.

Training uses it to show the generator a real picture to redraw: caption plus the noise read off the picture must give
the picture back. That teaches layout and colour in a few thousand steps, and keeps every noise meaning something. It
knows the caption too, so the noise need only hold what that leaves open; what a caption says is its own to decide.
"""

from torch import Tensor, nn

from t2i_lib.blocks import DownBlock, ResidualBlock, activate, convolution

HIDDEN = 384  # width of the layer where picture and caption meet


class RecognitionNetwork(nn.Module):
    """Latents and their caption -> mean and log-variance of the noise behind them.

    Args:
        latent_channels, latent_size: C and the edge h = w of the latent grid.
        embed_dim: width D of the text features.
        noise_dim: width of the generator's noise.
        widths: channels at h, h/2, h/4, ...

    Source: Zhu et al. 2017 (BicycleGAN), section 3.1, https://arxiv.org/abs/1711.11586;
    Sohn et al. 2015 (conditional VAE), section 4.1
    """

    def __init__(
        self, latent_channels: int, latent_size: int, embed_dim: int, noise_dim: int, widths: tuple[int, ...]
    ) -> None:
        super().__init__()
        self.stem = convolution(latent_channels, widths[0])
        self.stages = nn.ModuleList(DownBlock(a, b) for a, b in zip(widths[:-1], widths[1:], strict=True))
        self.last = ResidualBlock(widths[-1])
        grid = latent_size // 2 ** (len(widths) - 1)
        self.read_picture = nn.Linear(widths[-1] * grid * grid, HIDDEN)
        self.read_caption = nn.Sequential(nn.LayerNorm(embed_dim), nn.Linear(embed_dim, HIDDEN))
        self.to_noise = nn.Linear(HIDDEN, 2 * noise_dim)

    def forward(self, latents: Tensor, pooled_features: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, h, w), (B, D) -> mean (B, noise_dim), log-variance (B, noise_dim)."""
        features = self.stem(latents)
        for stage in self.stages:
            features = stage(features)
        picture = self.read_picture(activate(self.last(features)).flatten(1))  # (B, HIDDEN)
        both = activate(picture + self.read_caption(pooled_features))
        mean, log_variance = self.to_noise(both).float().chunk(2, dim=1)
        return mean, log_variance.clamp(-8, 4)
