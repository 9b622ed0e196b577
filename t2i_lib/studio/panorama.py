"""Virtual reality: one prompt becomes a landscape all around, which begins where it ends.

A generator draws views of one size. Here several stand in a ring, each overlapping both neighbours by half, and after
every layer what they drew is faded together, so all of them work on one landscape. The decoder sees the ring's end
before its beginning and so paints no seam. Each view has its own noise, on a small circle that closes like the ring.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from t2i_lib.judge import Judge
from t2i_lib.pipeline import TextToImage, to_pictures
from t2i_lib.prompts import clean_prompt
from t2i_lib.provenance import label
from t2i_lib.studio.judging import as_images, shares_found
from t2i_lib.studio.layers import draw_layer_by_layer, read
from t2i_lib.studio.noise_paths import lap
from t2i_lib.studio.ring import cut_views, join_views, seam, wrap_around

MARGIN = 10  # columns of latents that the decoder is shown beyond both ends: it looks no further
UNSEEN_SEAM = 1.2  # a step at the seam of up to so many times its like inside is not noticed
LEVEL_HORIZON = 0.06  # of the height: how far the horizon may jump at the seam


@dataclass(frozen=True)
class Panorama:
    """A strip that closes: its last column continues in its first."""

    strip: Image.Image
    views: int
    cell: int  # pixels: width of what one column of the latents becomes
    made: str

    @property
    def angle(self) -> float:
        """How much the strip shows from bottom to top, degrees, if its width is all the way around."""
        return math.degrees(2 * math.atan(math.pi * self.strip.height / self.strip.width))


def draw_panorama(
    artist: TextToImage, prompt: str, seed: int = 0, views: int = 8, change: float = 0.8, repeat: float = 0.0
) -> Panorama:
    """Draw a landscape all around: half a picture's width for each view, the first one in the middle of the strip.

    Args:
        views: how many stand in the ring.
        change: how much the landscape changes on the way round: angle of the noise's circle, radians.
        repeat: how much of its own composition every view but the first keeps, 0 to 1. With 1 each view has its own
            sun; with 0 only the first has one.

    Raises:
        ValueError: if there is nothing to draw, or fewer than three views.
    """
    prompt = clean_prompt(prompt)
    noise = lap(artist.sample_noise([seed, seed + 1, seed + 2]), views, change)
    ring = draw_ring(artist, prompt, noise, repeat)
    width = ring.shape[-1]
    ring = ring.roll(width // 2 - width // views, dims=-1)  # a view is two steps wide, so its middle lies one step in
    wide = artist.decode(wrap_around(ring, MARGIN)[None])  # (1, 3, H, W + 2 x margin)
    margin = MARGIN * wide.shape[2] // ring.shape[1]
    (strip,) = to_pictures(wide[..., margin:-margin])
    label(strip, prompt, seed, artist.config.name)
    made = f"panorama: {views} views, noise on a circle of {change} rad, seeds {seed} to {seed + 2}, repeat {repeat}"
    return Panorama(strip, views, margin // MARGIN, made)


def draw_ring(artist: TextToImage, prompt: str, noise: Tensor, repeat: float = 1.0) -> Tensor:
    """Latents of a ring of views, one a row of noise: (C, h, views x h / 2)."""
    views = len(noise)

    def compose_once(features: Tensor) -> Tensor:
        """What a view has at its left and at its right, in its first grid, is made even in all views but the first."""
        even = features.mean(-1, keepdim=True)
        keep = torch.tensor([1.0] + [repeat] * (views - 1), device=features.device).to(features.dtype)
        return even + keep[:, None, None, None] * (features - even)

    def together(features: Tensor) -> Tensor:
        width = features.shape[-1]
        return cut_views(join_views(features, views * width // 2), views, width)

    drawn = draw_layer_by_layer(artist, noise, [read(artist, prompt, [1.0] * views)], together, compose_once)
    return join_views(drawn, views * drawn.shape[-1] // 2)


def side_by_side(artist: TextToImage, prompt: str, seed: int, count: int = 4) -> Image.Image:
    """The naive panorama: pictures of neighbouring seeds, one beside the other."""
    pictures = [np.asarray(picture) for picture in artist([prompt], seed, count)]
    return Image.fromarray(np.concatenate(pictures, axis=1))


def horizon(strip: Image.Image) -> np.ndarray:
    """For each column the row where what is above differs most from what is below, as a share of the height: (W,)."""
    grey = np.asarray(strip.convert("L"), dtype=float)  # (H, W)
    rows = np.arange(1, len(grey))[:, None]
    above = grey.cumsum(0)[:-1]
    gap = above / rows - (grey.sum(0) - above) / (len(grey) - rows)  # mean above - mean below
    return ((gap**2 * rows * (len(grey) - rows)).argmax(0) + 1) / len(grey)  # Otsu's criterion


@dataclass(frozen=True)
class PanoramaCheck:
    """What the check measured; `found` says of each stated attribute in what share of the views the judge sees it."""

    seam: float
    horizon_jump: float  # at the seam, share of the height
    usual_jump: float  # the largest at such a place elsewhere: a forest has no horizon, and jumps everywhere
    found: dict[str, float]

    @property
    def good(self) -> bool:
        """No seam, a level horizon, and what was wished in most of the views."""
        closed = self.seam <= UNSEEN_SEAM and self.horizon_jump <= max(LEVEL_HORIZON, self.usual_jump)
        return closed and all(share >= 0.5 for share in self.found.values())

    def __repr__(self) -> str:
        seen = ", ".join(f"{name} {share:.0%}" for name, share in self.found.items()) or "nothing asked"
        return (
            f"{'good' if self.good else 'NOT good'}: seam {self.seam:.2f} times its like inside "
            f"(at most {UNSEEN_SEAM}), horizon jumps by {self.horizon_jump:.1%} there "
            f"({self.usual_jump:.1%} at most elsewhere); views with {seen}"
        )


def check_panorama(panorama: Panorama, stated: Mapping[str, str], judge: Judge | None = None) -> PanoramaCheck:
    """Measure the seam and the horizon, and let the judge look into every direction.

    Args:
        stated: attribute -> value that every view shall show; a landscape's place, time and weather.
        judge: who looks; without one nothing is asked.
    """
    image = as_images([panorama.strip])[0]  # (3, H, W)
    # the middle of a cell's columns: one twig at the seam is no jump of the horizon
    level = np.median(horizon(panorama.strip).reshape(-1, panorama.cell), axis=1)
    jumps = np.abs(level - np.roll(level, 1))  # the first one leads over the seam
    found = {}
    if judge is not None and stated:
        found = shares_found(judge, cut_views(image, panorama.views, panorama.strip.height), stated)
    return PanoramaCheck(seam(image, panorama.cell), float(jumps[0]), float(jumps[1:].max()), found)


def to_sphere(panorama: Panorama, width: int = 2048) -> Image.Image:
    """The strip as seen from the middle of the ring, rows at equal angles: what panorama viewers expect.

    On a cylinder, equal heights are not equal angles: a row at height y stands at the angle atan(y / radius).

    Args:
        width: about how wide it shall be, pixels; the strip is enlarged a whole number of times.
    """
    large = _enlarge(panorama.strip, max(1, round(width / panorama.strip.width)))
    width = large.width
    half = math.radians(panorama.angle) / 2
    height = round(width * 2 * half / (2 * math.pi))
    angles = (torch.arange(height, dtype=torch.float64) + 0.5) / height * 2 * half - half
    rows = large.height / 2 + width / (2 * math.pi) * angles.tan()  # where each row of the sphere lies on the strip
    rows = rows.floor().clamp(0, large.height - 1).long().numpy()
    return Image.fromarray(np.asarray(large)[rows])


def _enlarge(strip: Image.Image, times: int) -> Image.Image:
    """Enlarge a ring: the filter, too, is to see its other end beyond the edge, or there would be a seam after all."""
    margin = min(8, strip.width)
    pixels = np.asarray(strip)
    wide = Image.fromarray(np.concatenate([pixels[:, -margin:], pixels, pixels[:, :margin]], axis=1))
    large = wide.resize((wide.width * times, wide.height * times), Image.Resampling.LANCZOS)
    return large.crop((margin * times, 0, large.width - margin * times, large.height))
