"""A picture that does not show its prompt is drawn again: a second pair of eyes looks for what was understood.

In: an artist, and a classifier that took no part in the generator's training (nor is it the judge, who measures). Out:
pictures, and the seeds that draw them again without any looking.
"""

from collections.abc import Mapping
from math import log
from random import Random

import torch
from torch import Tensor

from t2i_lib.concepts import ConceptProbes
from t2i_lib.judge import Judge
from t2i_lib.locations import checkpoint_folder
from t2i_lib.pipeline import TextToImage, check_seed, label_all, to_pictures
from t2i_lib.storybook.scene import ATTRIBUTES

EYES = "perceptual"  # the checkpoint whose opinion counts
CONTENT = log(0.9)  # nats: what is asked is there with a probability of nine tenths or more


class Sketcher:
    """An artist that looks at what it drew, and draws again, with another seed, what does not show its prompt.

    The first sketch that shows it is the picture; if none does, the one that shows most of it. To take the best of all
    in any case would be dearer, and flatters the second network: among good pictures its favourite is no better.

    Args:
        artist: who draws.
        sketches: how many it may draw of a picture, at least 1.
        eyes: who looks; without it the classifier in data/checkpoints/perceptual.

    Raises:
        ValueError: if `sketches` makes no sense, or if the artist's text encoder has no concept probes.

    Source: a second network that chooses among many pictures: Ramesh et al. 2021, section 2.6,
    https://arxiv.org/abs/2102.12092
    """

    def __init__(self, artist: TextToImage, sketches: int = 4, eyes: Judge | None = None) -> None:
        if not isinstance(sketches, int) or not 1 <= sketches <= 64:
            raise ValueError(f"sketches must be a whole number from 1 to 64, not {sketches!r}")
        self.artist, self.sketches = artist, sketches
        self.eyes = (eyes or load_eyes()).to(artist.device)
        self.probes = ConceptProbes.of(artist.text_encoder).to(artist.device)

    def __call__(self, prompts: list[str], seed: int | None = None, count: int = 1) -> list:
        """Draw like the artist: `count` pictures a prompt; a picture's `info["seed"]` is that of the kept sketch."""
        prompts, seeds = self.artist.ask(prompts, seed, count)
        images, kept = self.choose(prompts, seeds)
        return label_all(to_pictures(images), prompts, kept, self.artist.config.name)

    def draw(self, prompts: list[str], seeds: list[int]) -> Tensor:
        """The kept pictures as numbers: images (B, 3, H, W) in [-1, 1] on the CPU."""
        return self.choose(prompts, seeds)[0]

    def choose(self, prompts: list[str], seeds: list[int], batch_size: int = 16) -> tuple[Tensor, list[int]]:
        """The kept pictures (B, 3, H, W), and the seed of each: `artist.draw` makes the same of them."""
        images, kept = [], []
        for start in range(0, len(prompts), batch_size):
            best, own_seeds = self._choose(prompts[start : start + batch_size], seeds[start : start + batch_size])
            images.append(best)
            kept += own_seeds
        return torch.cat(images), kept

    def _choose(self, prompts: list[str], seeds: list[int]) -> tuple[Tensor, list[int]]:
        images, kept = self.artist.draw(prompts, seeds), list(seeds)
        fits = self.look(prompts, images)
        tried = [sketch_seeds(seed, self.sketches) for seed in seeds]
        for attempt in range(1, self.sketches):
            rows = [row for row, found in enumerate(fits.tolist()) if found < CONTENT]
            if not rows:
                break
            again, own_seeds = [prompts[row] for row in rows], [tried[row][attempt] for row in rows]
            redrawn = self.artist.draw(again, own_seeds)
            for row, image, own_seed, found in zip(rows, redrawn, own_seeds, self.look(again, redrawn), strict=True):
                if found > fits[row]:
                    images[row], kept[row], fits[row] = image, own_seed, found
        return images, kept

    @torch.no_grad()
    def look(self, prompts: list[str], images: Tensor) -> Tensor:
        """How far each picture shows what the artist understood of its prompt: `fit`, (B,) on the CPU."""
        wanted = self.probes(self.artist.encode(prompts)[1])
        return fit(wanted, self.eyes(images.to(self.artist.device))).cpu()


def load_eyes() -> Judge:
    """The classifier that looks at sketches.

    Raises:
        ValueError: if it is missing or broken.
    """
    try:
        return Judge.load(checkpoint_folder(EYES))
    except ValueError as error:
        raise ValueError(f"who draws again needs a network that looks, but {error}; one sketch needs none") from error


def sketch_seeds(seed: int, count: int) -> list[int]:
    """The seeds of the sketches made for one seed; the first is itself.

    >>> sketch_seeds(7, 1), len(set(sketch_seeds(7, 4)))
    ([7], 4)
    """
    rng = Random(f"sketches of {check_seed(seed)}")
    return [seed, *(rng.randrange(2**31) for _ in range(count - 1))]


def fit(wanted: Mapping[str, Tensor], seen: Mapping[str, Tensor]) -> Tensor:
    """How far pictures show what prompts ask: the expected log-probability (B,) of the asked values, in nats, <= 0.

    Args:
        wanted: attribute -> (B, 1 + values) logits of the concept probes; column 0 means "not stated" and asks nothing.
        seen: attribute -> (B, values) logits of a classifier of pictures.
    """
    expected = [(wanted[name].softmax(1)[:, 1:] * seen[name].log_softmax(1)).sum(1) for name in ATTRIBUTES]
    return torch.stack(expected).sum(0)
