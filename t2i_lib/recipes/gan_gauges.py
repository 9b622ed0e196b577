"""How the game goes, on validation prompts: what the judge finds in drawn pictures, and a sheet of them to look at.

In: the averaged generator. Out: gauges and a picture. Prompts and noise are the same every time, so that only the
generator makes a difference between two steps.
"""

from functools import cached_property
from random import Random

import torch
from PIL import Image
from torch import Tensor

from t2i_lib.autoencoder import Autoencoder
from t2i_lib.datasets import images_to_pixels, pixels_to_images
from t2i_lib.generator import Generator
from t2i_lib.judge import Judge
from t2i_lib.metrics import accuracy_gap, accuracy_per_attribute, exact_match, mean_distance, prompt_accuracy
from t2i_lib.recipes.game import read
from t2i_lib.recipes.latents import LatentBatch, LatentPairs
from t2i_lib.recipes.pictures import draw_grid
from t2i_lib.runtime import autocast
from t2i_lib.text_encoder import TextEncoder

PROMPTS = 250
SAMPLES = 16  # prompts on the sheet


class GanGauges:
    """Draws validation prompts, two pictures each.

    Args:
        held_out: validation pictures with captions.
        text_encoder, autoencoder: the frozen ends of the pipeline.
        judge: looks at the pictures; without it there are no gauges.
        seed: of the noise.
    """

    def __init__(
        self,
        held_out: LatentPairs,
        text_encoder: TextEncoder,
        autoencoder: Autoencoder,
        judge: Judge | None = None,
        seed: int = 0,
    ) -> None:
        self.held_out, self.text_encoder, self.autoencoder = held_out, text_encoder, autoencoder
        self.judge, self.seed = judge, seed

    @torch.no_grad()
    def measure(self, generator: Generator) -> dict[str, float]:
        """Prompt accuracy, exact match, text-use gap, and variety (1 = as different as rendered pictures)."""
        if self.judge is None:
            return {}
        images = self.draw(generator, self._batch)  # (2N, 3, H, W)
        stated, found = self._batch.stated.repeat_interleave(2, 0), self._attributes(images)
        next_prompts = found.roll(-2, 0)
        gauges = {f"prompt/{name}": share.value for name, share in accuracy_per_attribute(found, stated).items()}
        gauges["prompt accuracy"] = prompt_accuracy(found, stated).value
        gauges["exact match"] = exact_match(found, stated).value
        gauges["text-use gap"] = accuracy_gap(found, next_prompts, stated).value
        gauges["variety"] = pair_distance(images) / self._real_distance
        return gauges

    def sample_grid(self, generator: Generator) -> Image.Image:
        """Two pictures a prompt, side by side, in four columns of pairs."""
        images = self.draw(generator, LatentBatch(*(tensor[:SAMPLES] for tensor in self._batch)))
        return draw_grid(images_to_pixels(images), columns=8)

    @torch.no_grad()
    def draw(self, generator: Generator, batch: LatentBatch) -> Tensor:
        """Two pictures a prompt, (2B, 3, H, W) in [-1, 1]; the same noise every time."""
        device = next(generator.parameters()).device
        noise = generator.sample_noise(2 * len(batch.stated), torch.Generator().manual_seed(self.seed))
        text = read(self.text_encoder, batch.token_ids.to(device), batch.mask.to(device)).twice()
        decoder, images = self.autoencoder.to(device), []
        for rows in torch.arange(len(noise), device=noise.device).split(50):
            with autocast(device, "fp32"):
                latents = generator(noise[rows], *(tensor[rows] for tensor in text))
                images.append(decoder.decode(latents.float()))
        return torch.cat(images)

    @cached_property
    def _batch(self) -> LatentBatch:
        items = torch.arange(min(PROMPTS, len(self.held_out)))
        return self.held_out.batch(items, Random("gan gauges"), wrong_captions=1)

    @cached_property
    def _real_distance(self) -> float:
        pairs = self.held_out.pictures.batch(range(min(PROMPTS, len(self.held_out))))
        return pair_distance(pixels_to_images(pairs.pixels.flatten(0, 1)))

    def _attributes(self, images: Tensor) -> Tensor:
        judge = self.judge.to(images.device)
        return torch.cat([judge.attributes(part) for part in images.split(100)]).cpu()


def pair_distance(images: Tensor) -> float:
    """Mean distance (L2 over pixels) between pictures 2i and 2i + 1 of (2B, 3, H, W)."""
    return float(mean_distance(images.unflatten(0, (-1, 2))).mean())
