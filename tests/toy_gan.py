"""A world of plain colours for the tests of the adversarial game: nothing is rendered, no language model is read."""

from dataclasses import replace
from random import Random

import torch
from torch import Tensor, nn

from t2i_lib.features import FeatureNetwork, FeatureNetworkConfig
from t2i_lib.presets import PRESETS, GanTraining
from t2i_lib.recipes.gan_task import GanTask
from t2i_lib.recipes.latents import LatentBatch
from t2i_lib.updates import Updater

COLOURS = torch.tensor([[1.5, -1.0, -1.0], [-1.0, 1.5, -1.0], [-1.0, -1.0, 1.5]])
EMBED_DIM, GRID = 8, 8


class ToyWords(nn.Module):
    """A text encoder that knows three words, one a colour."""

    def __init__(self) -> None:
        super().__init__()
        rng = torch.Generator().manual_seed(5)
        self.table = nn.Parameter(torch.randn(len(COLOURS), EMBED_DIM, generator=rng), requires_grad=False)

    def forward(self, token_ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """As of a real one: (B, L, D), (B, D)."""
        features = self.table[token_ids] * mask[..., None]
        return features, features.sum(1) / mask.sum(1, keepdim=True)


class ToyPairs:
    """Pairs of latents of one plain colour, brighter or darker by lot; the caption names the colour."""

    def __len__(self) -> int:
        return 1000

    def batch(self, indices: Tensor, rng: Random, wrong_captions: int) -> LatentBatch:
        """As of `LatentPairs`; item i has colour i % 3."""
        right = indices % len(COLOURS)
        steps = torch.tensor([rng.randint(1, 2) for _ in range(len(right) * wrong_captions)])
        wrong = (right.repeat_interleave(wrong_captions) + steps) % len(COLOURS)
        brightness = torch.tensor([[rng.uniform(-0.4, 0.4) for _ in range(2)] for _ in right])
        latents = (COLOURS[right][:, None] + brightness[:, :, None])[..., None, None].repeat(1, 1, 1, GRID, GRID)
        stated = torch.full((len(right), 9), -1)
        stated[:, 4] = right
        right, wrong = right[:, None], wrong[:, None]
        attributes = stated[:, None].repeat(1, 2, 1)
        return LatentBatch(latents, attributes, stated, right, right >= 0, wrong, wrong >= 0)


def toy_task(**settings: float) -> GanTask:
    """Small networks on plain colours; `settings` replace those of `GanTraining`."""
    preset = PRESETS["tiny"]
    features = FeatureNetwork(FeatureNetworkConfig(3, GRID, (5, 7), 11)).eval().requires_grad_(False)
    preset = replace(
        preset,
        generator=replace(
            preset.generator,
            widths=(12, 16),
            depths=(1, 1),
            attention_stages=(1,),
            latent_channels=3,
            embed_dim=EMBED_DIM,
        ),
        discriminator=replace(
            preset.discriminator,
            channels=(3, 5, 7),
            grids=(GRID, GRID, 4),
            latent_widths=(8, 12),
            embed_dim=EMBED_DIM,
        ),
        gan_training=replace(GanTraining(num_steps=100, batch_size=8, view_noise=0.0), **settings),
    )
    return GanTask(preset, ToyPairs(), ToyPairs(), features, ToyWords(), None)


def toy_updater(task: GanTask, progress: float = 0.0) -> Updater:
    """What the training loop hands to a step."""
    update = Updater(task.optimizers, torch.device("cpu"))
    update.begin(progress, 1.0, seed=0)
    return update
