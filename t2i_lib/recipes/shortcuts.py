"""Teach a trained flow to take big steps: many steps, distilled to eight, four, two or one.

A step of 1/8 learns where two guided steps of 1/16 lead, a step of 1/4 where two of its own steps of 1/8 lead, and so
on up to the single step from noise to picture. Guidance is built in: a big step costs one pass instead of two.
"""

from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor

from t2i_lib.flow import FlowGenerator
from t2i_lib.flow_matching import along, road_velocity, sample_times, two_in_one
from t2i_lib.guidance import both_ways
from t2i_lib.locations import RUNS
from t2i_lib.presets import Preset, decisive, find_preset
from t2i_lib.recipes.autoencoder import find_judge
from t2i_lib.recipes.game import Text
from t2i_lib.recipes.latents import LatentBatch
from t2i_lib.recipes.parts import find_parts, latent_pairs
from t2i_lib.recipes.prompted import PromptedTask, flat_latents, load_averaged, train_artist
from t2i_lib.training import Plan, TrainingReport
from t2i_lib.updates import Updater

REMEDY = "`t2i train flow` makes one, and `t2i train shortcuts` teaches it"
SMALLEST, LARGER = 1 / 8, (1 / 4, 1 / 2, 1.0)  # strides that are learned


class ShortcutTask(PromptedTask):
    """What the training loop needs to know of big steps.

    Of each batch a quarter goes on learning small steps, another learns the smallest of the big ones from the frozen
    flow as it was, and half learn larger ones from the network itself.
    """

    name = "shortcuts"

    def train_step(self, batch: LatentBatch, step: int, update: Updater) -> dict[str, float | Tensor]:
        """One step down the squared error of all three kinds."""
        network, latents = self.modules["generator"], flat_latents(batch)
        text = self.hear(batch, update)
        noise = torch.randn(latents.shape, generator=update.rng, device=update.device)
        count = len(latents)
        # Both pictures of a caption stand side by side, so that parts are taken in turns of four.
        turn = torch.arange(count, device=update.device) % 4
        stride = torch.zeros(count, device=update.device)
        stride[turn == 1] = SMALLEST
        larger = torch.tensor(LARGER, device=update.device)
        drawn = larger[torch.randint(len(LARGER), (count,), generator=update.rng, device=update.device)]
        stride = torch.where(turn >= 2, drawn, stride)
        time = torch.where(turn == 0, sample_times(count, update.rng, update.device), self.starts(stride, update))
        points = along(noise, latents, time)
        aim = road_velocity(noise, latents)
        with update.autocast():
            for kind, lesson in ((turn == 1, self.from_small_steps), (turn >= 2, self.from_own_steps)):
                aim[kind] = lesson(points[kind], time[kind], Text(*(part[kind] for part in text)), stride[kind])
            velocity = network.velocity(points, time, text, stride)
        error = (velocity - aim).square().mean(dim=(1, 2, 3))
        values = {"small": error[turn == 0].mean(), "first": error[turn == 1].mean(), "larger": error[turn >= 2].mean()}
        return values | {"gradient norm": update("generator", error.mean(), clip=1.0)}

    @staticmethod
    def starts(stride: Tensor, update: Updater) -> Tensor:
        """Where a step of this stride may begin when one walks in equal steps: a multiple of it below 1, by lot."""
        lots = torch.rand(stride.shape, generator=update.rng, device=update.device)
        steps = (1 / stride.clamp(min=SMALLEST)).round()
        return (lots * steps).floor() / steps

    @torch.no_grad()
    def from_small_steps(self, points: Tensor, time: Tensor, text: Text, stride: Tensor) -> Tensor:
        """Where two guided steps of the frozen flow lead."""
        both, guidance = both_ways(text, self.teacher.nothing), self.teacher.config.guidance
        return two_in_one(
            lambda here, now: self.teacher.guided_velocity(here, now, both, guidance), points, time, stride
        )

    @torch.no_grad()
    def from_own_steps(self, points: Tensor, time: Tensor, text: Text, stride: Tensor) -> Tensor:
        """Where two half steps of the network itself lead."""
        network = self.modules["generator"]
        return two_in_one(lambda here, now: network.velocity(here, now, text, stride / 2), points, time, stride)

    @property
    def teacher(self) -> FlowGenerator:
        """The flow as it was; a frozen copy, made when first asked for and kept on the network's device."""
        return self._teacher.to(self.modules["generator"].nothing.device)

    def learn_from(self, flow: FlowGenerator) -> None:
        """Take a trained flow as the teacher."""
        self._teacher = deepcopy(flow).eval().requires_grad_(False)


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
    """Teach big steps to a preset's trained flow; `folder`/artist then takes them.

    Args:
        start: the flow's training folder; runs/flow-<preset> without it.
    """
    sizes = preset if isinstance(preset, Preset) else find_preset(preset)
    folder, before = Path(folder or RUNS / f"shortcuts-{sizes.name}"), Path(start or RUNS / f"flow-{sizes.name}")
    text_encoder, autoencoder = find_parts(sizes, before, device)
    pairs, held_out = latent_pairs(sizes, autoencoder, text_encoder)
    settings, flow_config = sizes.shortcut_training, replace(sizes.flow, big_steps=True, num_steps=4)
    flow = load_averaged(FlowGenerator(flow_config), before, REMEDY)
    config = {"flow": asdict(flow_config), "training": decisive(settings), "pairs": len(pairs)}
    judge = find_judge("judge")
    task = ShortcutTask(deepcopy(flow), settings, pairs, held_out, text_encoder, autoencoder, judge, config, seed)
    task.learn_from(flow)
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
