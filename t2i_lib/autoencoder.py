"""The picture's short form and the way back: images -> latents -> images.

The latents are what the generator learns to draw ("image features" in the article), the decoder is the article's
third stage. `Autoencoder` stores the mean and spread of its latents and delivers them standardised, so the generator
always aims at numbers around 0 with variance 1. The variational form adds noise by a learned amount.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2i_lib.blocks import Fold, ResidualBlock, Unfold, activate, convolution

START_LOG_VARIANCE = -5.0  # of a variational encoder's latents: noise of 0.08 beside latents of about 1


@dataclass(frozen=True)
class AutoencoderConfig:
    """Sizes of an autoencoder; the first stage works on patches of `patch` pixels, each further one halves the grid."""

    image_size: int = 128
    patch: int = 4
    widths: tuple[int, ...] = (96, 192)
    encoder_depths: tuple[int, ...] = (1, 1)
    decoder_depths: tuple[int, ...] = (2, 2)
    latent_channels: int = 16
    variational: bool = False
    # An encoder of another shape than the decoder's. If its places stand for fewer pixels, pictures are averaged down
    # for it: so a large decoder can paint the latents of small pictures.
    encoder_patch: int = 0  # 0: as patch
    encoder_widths: tuple[int, ...] = ()  # none: as widths

    def __post_init__(self) -> None:
        for name in ("widths", "encoder_depths", "decoder_depths", "encoder_widths"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # JSON gives lists
        stages = (self.widths, self.decoder_depths), (self.encoder_stages, self.encoder_depths)
        if any(len(widths) != len(depths) for widths, depths in stages):
            raise ValueError(
                "widths and decoder_depths need one number a stage each, and so do encoder_widths (if there are none: "
                "widths) and encoder_depths, but these have "
                + ", ".join(str(len(each)) for stage in stages for each in stage)
            )
        if self.image_size % self.squeeze:
            raise ValueError(
                f"image_size must be a multiple of {self.squeeze} (patch x halvings), not {self.image_size}"
            )
        if self.squeeze % self.encoder_squeeze:
            raise ValueError(
                "the pixels that share a place of the grid, along an edge, must be a multiple for the decoder of what "
                f"they are for the encoder (patch x halvings), but are {self.squeeze} and {self.encoder_squeeze}"
            )
        if self.latent_channels > 3 * self.encoder_squeeze**2:
            raise ValueError(
                f"one place of the latent grid stands for {3 * self.encoder_squeeze**2} numbers of the picture, so "
                f"latent_channels must not be more, but is {self.latent_channels}"
            )

    @property
    def squeeze(self) -> int:
        """How many pixels, along one edge, share one place of the latent grid."""
        return self.patch * 2 ** (len(self.widths) - 1)

    @property
    def encoder_stages(self) -> tuple[int, ...]:
        """Widths of the encoder."""
        return self.encoder_widths or self.widths

    @property
    def encoder_squeeze(self) -> int:
        """As `squeeze`, in the picture that the encoder sees."""
        return (self.encoder_patch or self.patch) * 2 ** (len(self.encoder_stages) - 1)

    @property
    def latent_size(self) -> int:
        """Edge of the latent grid."""
        return self.image_size // self.squeeze


class ImageEncoder(nn.Module):
    """(B, 3, H, W) in [-1, 1] -> (B, `out_channels`, h, w): a linear map of each patch plus a deep network."""

    def __init__(self, config: AutoencoderConfig, out_channels: int) -> None:
        super().__init__()
        widths = config.encoder_stages
        layers: list[nn.Module] = [Fold(3, widths[0], config.encoder_patch or config.patch)]
        for stage, (width, depth) in enumerate(zip(widths, config.encoder_depths, strict=True)):
            if stage:
                layers.append(Fold(widths[stage - 1], width, patch=2, kernel=1))
            layers += [ResidualBlock(width) for _ in range(depth)]
        self.layers = nn.Sequential(*layers)
        self.to_latents = convolution(widths[-1], out_channels, gain=0.0)
        self.linear = Fold(3, out_channels, config.encoder_squeeze, kernel=1)

    def forward(self, images: Tensor) -> Tensor:
        return self.linear(images) + self.to_latents(activate(self.layers(images)))


class ImageDecoder(nn.Module):
    """(B, C, h, w) latents -> (B, 3, H, W), about [-1, 1]: a linear map to each patch, and what a deep network adds."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        layers: list[nn.Module] = [convolution(config.latent_channels, config.widths[-1])]
        for stage in reversed(range(len(config.widths))):
            layers += [ResidualBlock(config.widths[stage]) for _ in range(config.decoder_depths[stage])]
            if stage:
                layers.append(Unfold(config.widths[stage], config.widths[stage - 1], patch=2, kernel=1))
        self.layers = nn.Sequential(*layers)
        self.to_images = Unfold(config.widths[0], 3, config.patch, gain=0.0)
        self.linear = Unfold(config.latent_channels, 3, config.squeeze, kernel=1)

    def forward(self, latents: Tensor) -> Tensor:
        return self.linear(latents) + self.to_images(activate(self.layers(latents)))


class Standardise(nn.Module):
    """Subtract a stored mean and divide by a stored scale, channel by channel; `undo` goes back. (B, C, h, w).

    The numbers are measured once, after training. Following them while training, as batch normalisation does, would
    leave the scale of the latents free to run away.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("spread", torch.ones(channels, 1, 1))

    def forward(self, latents: Tensor) -> Tensor:
        return (latents - self.mean) / self.spread

    def undo(self, latents: Tensor) -> Tensor:
        """What `forward` was given."""
        return latents * self.spread + self.mean


class Autoencoder(nn.Module):
    """Picture -> standardised latents -> picture; `encode` of one picture does not depend on its neighbours."""

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = ImageEncoder(config, config.latent_channels * (2 if config.variational else 1))
        self.decoder = ImageDecoder(config)
        self.standardise = Standardise(config.latent_channels)

    def encode(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) in [-1, 1] -> latents (B, C, h, w), mean 0, variance 1 on average (see `measure_latents`)."""
        features = self.encoder(self._seen(images))
        return self.standardise(features[:, : self.config.latent_channels].float())

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance of the latents of a variational autoencoder, each (B, C, h, w).

        Source: Kingma & Welling 2014, section 3, https://arxiv.org/abs/1312.6114
        """
        if not self.config.variational:
            raise ValueError("posterior() needs a variational autoencoder; this one was built with variational=False")
        mean, log_variance = self.encoder(self._seen(images)).float().chunk(2, dim=1)
        log_variance = log_variance.clamp(-12, 4) - 2 * self.standardise.spread.log()
        return self.standardise(mean), log_variance

    def decode(self, latents: Tensor) -> Tensor:
        """Latents (B, C, h, w) -> images (B, 3, H, W) in [-1, 1]."""
        channels = self.config.latent_channels
        if latents.ndim != 4 or latents.shape[1] != channels:
            raise ValueError(
                f"latents must be (B, {channels}, h, w), but are {tuple(latents.shape)}; encode() makes them"
            )
        images = self.decoder(self.standardise.undo(latents))
        return images if self.training else images.float().clamp(-1, 1)  # clamping would hide errors from the loss

    @torch.no_grad()
    def start_linear(self, images: Tensor) -> None:
        """Set the linear maps to the principal components of the pictures' patches, the best that is linear.

        The networks then begin with a picture that is already recognisable and learn only what it lacks.

        Args:
            images: (B, 3, H, W) in [-1, 1], some hundred training pictures.
        """
        channels = self.config.latent_channels
        patches = F.pixel_unshuffle(self._seen(images).float(), self.config.encoder_squeeze)
        patches = patches.movedim(1, -1).flatten(0, 2)  # (patches, 3 * squeeze^2)
        mean = patches.mean(0)
        variances, directions = torch.linalg.eigh((patches - mean).T @ (patches - mean) / len(patches))
        directions = directions[:, -channels:].flip(1)  # largest variance first
        spread = variances[-channels:].flip(0).clamp(min=1e-8).sqrt()
        encode = self.encoder.linear.mix
        encode.weight.zero_()  # a variational encoder's second half, the log-variances, starts the same everywhere
        encode.bias.fill_(START_LOG_VARIANCE)  # noise as large as the latents would drown the components
        encode.weight[:channels] = (directions / spread).T[:, :, None, None]
        encode.bias[:channels] = -(mean @ directions) / spread
        self.start_decoder(images)

    @torch.no_grad()
    def start_decoder(self, images: Tensor) -> None:
        """Set the decoder's linear map to the one that draws these pictures best from the encoder's latents.

        It is found by least squares; with principal components as latents it is their transpose.
        """
        features = self._raw_latents(images).movedim(1, -1).flatten(0, 2)  # (places, C)
        patches = F.pixel_unshuffle(images.float(), self.config.squeeze).movedim(1, -1).flatten(0, 2)
        with_one = F.pad(features, (0, 1), value=1.0)
        solution = torch.linalg.lstsq(with_one, patches).solution  # (C + 1, 3 * squeeze^2)
        decode = self.decoder.linear.mix
        decode.weight.copy_(solution[:-1].T[:, :, None, None])
        decode.bias.copy_(solution[-1])

    @torch.no_grad()
    def measure_latents(self, images: Tensor) -> None:
        """Store the statistics of the latents of these pictures (B, 3, H, W); reconstructions do not change.

        From then on `encode` gives latents of mean 0 and variance 1, averaged over the channels. A channel's own
        variance goes with the square root of its share in the pixels: halfway between equal weight for the finest
        texture and next to none, so that a generator learns big things first and still hears of the small ones.
        """
        latents = self._raw_latents(images)
        variance = latents.var(dim=(0, 2, 3)).clamp(min=1e-8)
        energy = variance * self.decoder.linear.mix.weight.square().sum(dim=(0, 2, 3))  # in the pixels
        wanted = energy.sqrt() / energy.sqrt().mean()
        self.standardise.mean.copy_(latents.mean(dim=(0, 2, 3))[:, None, None])
        self.standardise.spread.copy_((variance / wanted.clamp(min=1e-4)).sqrt()[:, None, None])

    @torch.no_grad()
    def settle_latents(self, images: Tensor) -> None:
        """Bring mean and mean variance of the latents of these pictures back to 0 and 1 after training.

        The channels keep their relative size: how much noise each of them bears was learnt with it.
        """
        latents = self._raw_latents(images)
        variance = latents.var(dim=(0, 2, 3), keepdim=True)[0]  # (C, 1, 1)
        self.standardise.mean.copy_(latents.mean(dim=(0, 2, 3), keepdim=True)[0])
        self.standardise.spread.mul_((variance / self.standardise.spread.square()).mean().sqrt())

    def forward(self, images: Tensor) -> Tensor:
        """Reconstruct: what the decoder makes of the encoder's latents."""
        return self.decode(self.encode(images))

    def _raw_latents(self, images: Tensor) -> Tensor:
        """Latents (B, C, h, w) before they are standardised, of many pictures."""
        features = torch.cat([self.encoder(self._seen(part)).float() for part in images.split(32)])
        return features[:, : self.config.latent_channels]

    def _seen(self, images: Tensor) -> Tensor:
        """The pictures as the encoder looks at them, averaged down if it was made for smaller ones."""
        squeeze = self.config.squeeze
        if images.ndim != 4 or images.shape[1] != 3 or images.shape[2] % squeeze or images.shape[3] % squeeze:
            raise ValueError(
                f"images must be (B, 3, H, W) with H and W multiples of {squeeze}, but are {tuple(images.shape)}; "
                "resize or crop them first"
            )
        shrink = squeeze // self.config.encoder_squeeze
        return F.avg_pool2d(images, shrink) if shrink > 1 else images


def sample_posterior(mean: Tensor, log_variance: Tensor, rng: torch.Generator | None = None) -> Tensor:
    """mean + standard deviation x noise: the reparameterisation that lets gradients pass through a random draw.

    Source: Kingma & Welling 2014, section 2.4, https://arxiv.org/abs/1312.6114
    """
    noise = torch.randn(mean.shape, generator=rng, device=mean.device, dtype=mean.dtype)
    return mean + (0.5 * log_variance).exp() * noise
