"""What measuring eyes see in pictures: the judge's decisions and features, and a random network's features."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from t2i_lib.datasets import StorybookDataset, pixels_to_images
from t2i_lib.frechet import RandomFeatures
from t2i_lib.judge import Judge


@dataclass(frozen=True)
class View:
    """What is seen in B pictures."""

    found: Tensor  # (B, 9) int64, the attributes as the judge reads them
    features: Tensor  # (B, F), the judge's
    random_features: Tensor  # (B, R), the random network's

    @classmethod
    def join(cls, views: Iterable["View"]) -> "View":
        """Several views as one, in order."""
        parts = zip(*((view.found, view.features, view.random_features) for view in views), strict=True)
        return cls(*(torch.cat(part) for part in parts))


class Viewer:
    """Looks at pictures, always in float32: no rounding enters a measurement."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.device = next(judge.parameters()).device
        self.random_network = RandomFeatures().to(self.device)

    @torch.inference_mode()
    def look(self, images: Tensor, batch_size: int = 100) -> View:
        """(B, 3, H, W) in [-1, 1] -> what is seen, on the CPU."""
        return View.join(self._look(part.to(self.device)) for part in images.split(batch_size))

    def _look(self, images: Tensor) -> View:
        features = self.judge.features(images)
        return View(self.judge.decide(features).cpu(), features.cpu(), self.random_network(images).cpu())


class Gallery:
    """Rendered pairs of pictures of one split, their captions, and what is seen in them.

    Args:
        split: which part of the storybook.
        size: width of the pictures, pixels.
        count: N, pairs.
        viewer: who looks.
    """

    def __init__(self, split: str, size: int, count: int, viewer: Viewer, batch_pairs: int = 50) -> None:
        self.data = StorybookDataset(split, size, count)
        views, attributes, stated = [], [], []
        for start in range(0, count, batch_pairs):
            pairs = self.data.batch(range(start, min(start + batch_pairs, count)))
            views.append(viewer.look(pixels_to_images(pairs.pixels.flatten(0, 1))))
            attributes.append(pairs.attributes)
            stated.append(pairs.stated)
        self.view = View.join(views)  # of 2 N pictures
        self.attributes = torch.cat(attributes)  # (N, 2, 9), the truth
        self.stated = torch.cat(stated)  # (N, 9)

    @property
    def found(self) -> Tensor:
        """(N, 2, 9): what the judge reads off both pictures of each pair."""
        return self.view.found.unflatten(0, (-1, 2))

    def prompts(self, language: str) -> list[str]:
        """The captions of all pairs in one language."""
        return [self.data.caption(index, language=language).prompt for index in range(len(self.data))]
