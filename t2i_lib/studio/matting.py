"""What belongs to the figure? A small network that gives each pixel its share of figure: the alpha of a sprite.

Nobody has cut out figures by hand for it. The renderer draws the same figure before a black and before a white ground,
and where the two differ, the ground shows through: so alpha and colours are known exactly. Training pictures are such
figures laid over rendered places, then passed through an autoencoder, to look as what a generator's decoder paints.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from scipy import ndimage
from torch import Tensor, nn

from t2i_lib.autoencoder import Autoencoder
from t2i_lib.blocks import DownBlock, Fold, ResidualBlock, Unfold, activate
from t2i_lib.checkpoints import load_into, load_json, load_weights, save_json, save_weights
from t2i_lib.datasets import pixels_to_images
from t2i_lib.locations import data_folder
from t2i_lib.storybook.canvas import Canvas
from t2i_lib.storybook.figures import draw_subject
from t2i_lib.storybook.render import render
from t2i_lib.storybook.scene import NEEDS_SUBJECT, Scene, sample_scene

SHADOW = 0.3  # the soft shadow at the feet is no more opaque than this; it stays behind
REMEDY = "`python -m t2i_lib.studio.matting` makes it"


@dataclass(frozen=True)
class MatteConfig:
    """Widths at a half, a quarter, an eighth and a sixteenth of the picture's edge."""

    widths: tuple[int, ...] = (16, 32, 48, 64)

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))  # JSON gives a list


class Matte(nn.Module):
    """(B, 3, H, W) in [-1, 1] -> logits of alpha (B, 1, H, W); H and W multiples of 16. A U-shaped network.

    On the way down it sees more and more of the surroundings, on the way up it is reminded of the edges.
    Source: Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597

    >>> Matte(MatteConfig((2, 3, 4, 5)))(torch.zeros(1, 3, 32, 48)).shape
    torch.Size([1, 1, 32, 48])
    """

    def __init__(self, config: MatteConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or MatteConfig()
        self.enter = Fold(3, config.widths[0], patch=2)
        pairs = list(zip(config.widths, config.widths[1:], strict=False))
        self.down = nn.ModuleList(DownBlock(fine, coarse) for fine, coarse in pairs)
        self.bottom = ResidualBlock(config.widths[-1])
        self.up = nn.ModuleList(Unfold(coarse, fine, patch=2, kernel=1) for fine, coarse in reversed(pairs))
        self.mix = nn.ModuleList(ResidualBlock(fine) for fine, _ in reversed(pairs))
        self.leave = Unfold(config.widths[0], 1, patch=2)

    def forward(self, images: Tensor) -> Tensor:
        kept = [self.enter(images)]
        for block in self.down:
            kept.append(block(kept[-1]))
        features = self.bottom(kept.pop())
        for grow, mix in zip(self.up, self.mix, strict=True):
            features = mix(grow(activate(features)) + kept.pop())
        return self.leave(activate(features))

    @torch.no_grad()
    def alpha(self, images: Tensor) -> Tensor:
        """Share of figure of each pixel, (B, H, W) in [0, 1]."""
        return self(images).sigmoid()[:, 0]

    def save(self, folder: Path) -> None:
        """Write matte.safetensors and config.json."""
        save_weights(folder / "matte.safetensors", self.state_dict())
        save_json(folder / "config.json", asdict(self.config))

    @classmethod
    def load(cls, folder: Path | None = None) -> "Matte":
        """Read what `save` wrote; None: the one that comes with the repository.

        Raises:
            ValueError: if a file is missing, broken or does not fit.
        """
        folder = folder or data_folder() / "studio" / "matte"
        matte = cls(MatteConfig(**load_json(folder / "config.json", REMEDY)))
        load_into(matte, load_weights(folder / "matte.safetensors", REMEDY), folder / "matte.safetensors")
        return matte.eval().requires_grad_(False)


def figure_alone(scene: Scene, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A scene's figure, cut out exactly: colours (size, size, 3) and alpha (size, size), both float, 0 to 1.

    Over black a pixel shows alpha x colour, over white alpha x colour + (1 - alpha): the difference tells alpha.
    """
    shown = []
    for ground in ((0, 0, 0), (255, 255, 255)):
        canvas, lots = Canvas(size), Random(seed)
        canvas.gradient(ground, ground)
        draw_subject(canvas, scene, lots, lots.uniform(0.88, 0.92))
        shown.append(np.asarray(canvas.finish(), dtype=float) / 255)
    alpha = 1 - (shown[1] - shown[0]).mean(-1)
    colors = shown[0] / np.maximum(alpha, 1e-3)[..., None]
    return colors.clip(0, 1), ((alpha - SHADOW) / (1 - SHADOW)).clip(0, 1)


def over(colors: np.ndarray, alpha: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Lay a figure over a ground: alpha x figure + (1 - alpha) x ground.

    Args:
        colors, ground: (..., 3). alpha: (...) in [0, 1].

    Source: Porter & Duff 1984, "over", https://doi.org/10.1145/800031.808606

    >>> over(np.array([100.0, 0, 0]), np.array(0.25), np.array([0.0, 0, 200])).tolist()
    [25.0, 0.0, 150.0]
    """
    share = np.asarray(alpha)[..., None]
    return share * colors + (1 - share) * ground


def make_example(rng: Random, size: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture with a figure or, one time in eight, without: pixels (size, size, 3) uint8, alpha (size, size)."""
    scene = sample_scene(rng)
    empty = scene.changed(subject="none", **{name: None for name in NEEDS_SUBJECT})
    ground = np.asarray(render(empty, size, Random(rng.getrandbits(64)))) / 255
    if scene.subject == "none" and rng.random() < 0.6:
        scene = sample_scene(rng, stated={"subject": "girl"})
    colors, alpha = figure_alone(scene, size, rng.getrandbits(64))
    return (over(colors, alpha, ground) * 255).round().astype(np.uint8), alpha


def make_examples(count: int, size: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Images (N, 3, size, size) in [-1, 1] and their alpha (N, 1, size, size)."""
    rng = Random(seed)
    pairs = [make_example(rng, size) for _ in range(count)]
    pixels, alpha = (torch.from_numpy(np.stack(part)) for part in zip(*pairs, strict=True))
    return pixels_to_images(pixels), alpha[:, None].float()


@torch.no_grad()
def as_painted(images: Tensor, autoencoder: Autoencoder, rng: torch.Generator, noise: float = 0.6) -> Tensor:
    """The pictures as a decoder paints them from latents that are a little wrong, as a generator's are."""
    painted = []
    for part in images.split(16):
        latents = autoencoder.encode(part)
        amount = noise * torch.rand(len(part), 1, 1, 1, generator=rng)
        painted.append(autoencoder.decode(latents + amount * torch.randn(latents.shape, generator=rng)))
    return torch.cat(painted)


def train_matte(
    images: Tensor, alpha: Tensor, steps: int, batch_size: int = 8, config: MatteConfig | None = None, seed: int = 0
) -> Matte:
    """Learn alpha (N, 1, H, W) from images (N, 3, H, W): binary cross-entropy, pixel by pixel, in float32."""
    torch.manual_seed(seed)
    matte, rng = Matte(config).to(memory_format=torch.channels_last), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(matte.parameters(), lr=3e-3)
    decay = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    for _ in range(steps):
        chosen = torch.randint(len(images), (batch_size,), generator=rng)
        loss = F.binary_cross_entropy_with_logits(
            matte(images[chosen].contiguous(memory_format=torch.channels_last)), alpha[chosen]
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        decay.step()
    return matte.eval().requires_grad_(False)


def overlap(found: Tensor, truth: Tensor) -> float:
    """Intersection over union of two alphas (N, H, W), soft: 1 = equal."""
    return (torch.minimum(found, truth).sum() / torch.maximum(found, truth).sum().clamp(min=1e-8)).item()


def cut_out(picture: Image.Image, alpha: np.ndarray) -> Image.Image:
    """A picture with transparent ground; the colours of half transparent pixels are taken from the figure's inside.

    Without that, a rim of the old ground would go along into the new one.
    """
    pixels = np.asarray(picture.convert("RGB"))
    if (alpha > 0.9).any():
        nearest = ndimage.distance_transform_edt(alpha <= 0.9, return_distances=False, return_indices=True)
        pixels = pixels[tuple(nearest)]
    opacity = (alpha * 255).round().astype(np.uint8)
    return Image.fromarray(np.dstack([pixels, opacity]), "RGBA")


def clean(alpha: np.ndarray, least: float = 0.02) -> np.ndarray:
    """Alpha (H, W) without specks: only pieces with at least this share of the largest one's area stay."""
    pieces, count = ndimage.label(alpha > 0.3)
    if count == 0:
        return np.zeros_like(alpha)
    areas = np.bincount(pieces.ravel())[1:]
    large = np.isin(pieces, 1 + np.flatnonzero(areas >= least * areas.max()))
    sure = np.clip((alpha - 0.15) / 0.7, 0, 1)  # steeper: hardly figure is not figure
    return sure * ndimage.binary_dilation(large, iterations=1)


def main() -> None:
    """Train the matte that comes with the repository: about two minutes on one ordinary core."""
    from t2i_lib.pipeline import TextToImage

    artist = TextToImage.from_pretrained(device="cpu", precision="fp32")
    size = artist.config.image_size
    images, alpha = make_examples(1100, size)
    painted = as_painted(images, artist.autoencoder, torch.Generator().manual_seed(0))
    matte = train_matte(painted[:1000], alpha[:1000], steps=900)
    print(f"overlap with the truth on pictures held out: {overlap(matte.alpha(painted[1000:]), alpha[1000:, 0]):.3f}")
    matte.save(data_folder() / "studio" / "matte")


if __name__ == "__main__":
    main()
