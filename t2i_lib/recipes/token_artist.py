"""Train the writer: which letter comes next, given the prompt and the picture so far?

The language models of lesson 3 were trained with this very loss. Only the vocabulary is another: pieces of pictures.
"""

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from t2i_lib.locations import RUNS
from t2i_lib.presets import Preset, decisive, find_preset
from t2i_lib.recipes.autoencoder import find_judge
from t2i_lib.recipes.latents import LatentBatch
from t2i_lib.recipes.parts import find_parts, latent_pairs
from t2i_lib.recipes.picture_tokens import load_tokens
from t2i_lib.recipes.prompted import PromptedTask, flat_latents, train_artist
from t2i_lib.token_artist import TokenArtist
from t2i_lib.training import Plan, TrainingReport
from t2i_lib.updates import Updater


class WriterTask(PromptedTask):
    """What the training loop needs to know of a writer of pictures."""

    name = "writer"

    def train_step(self, batch: LatentBatch, step: int, update: Updater) -> dict[str, float | Tensor]:
        """One step down the cross-entropy of the next letter, in nats a letter."""
        network, text = self.modules["generator"], self.hear(batch, update)
        with torch.no_grad(), update.autocast():
            token_ids = network.tokens.encode(flat_latents(batch))
        with update.autocast():
            logits = network.logits(token_ids, text)
        letters = F.cross_entropy(logits.float().flatten(0, 2), token_ids.flatten(), reduction="none")
        first, *_, last = letters.detach().view(token_ids.shape).mean(dim=(0, 1))
        norm = update("generator", letters.mean(), clip=1.0)
        return {"loss": letters.detach().mean(), "first letter": first, "last letter": last, "gradient norm": norm}


def run(
    preset: str | Preset = "lesson",
    folder: str | Path | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    device: str = "auto",
    precision: str = "auto",
    seed: int = 0,
    restart: bool = False,
    start: str | Path | None = None,
    gauges_every: int = 1000,
) -> TrainingReport:
    """Train (or go on training) the writer of a preset; `folder`/artist then holds what `t2i draw --model` takes.

    Args:
        start: the quantiser's training folder; runs/tokens-<preset> without it.
    """
    sizes = preset if isinstance(preset, Preset) else find_preset(preset)
    folder, before = Path(folder or RUNS / f"writer-{sizes.name}"), Path(start or RUNS / f"tokens-{sizes.name}")
    text_encoder, autoencoder = find_parts(sizes, before, device)
    pairs, held_out = latent_pairs(sizes, autoencoder, text_encoder)
    settings, tokens = sizes.writer_training, load_tokens(before)
    torch.manual_seed(seed)
    network = TokenArtist(sizes.writer)
    network.tokens.load_state_dict(tokens.state_dict())
    config = {"writer": asdict(sizes.writer), "training": decisive(settings), "pairs": len(pairs)}
    judge = find_judge("judge")
    task = WriterTask(network, settings, pairs, held_out, text_encoder, autoencoder, judge, config, seed)
    plan = Plan(
        steps or settings.num_steps,
        seed,
        ema_decay=settings.ema_decay,
        minutes=minutes,
        device=device,
        precision=precision,
        gauges_every=gauges_every,
    )
    return train_artist(task, plan, folder, sizes.name, restart)
