"""The smallest training that can be watched: a network learns one storybook picture by heart.

In: the place of a pixel. Out: its colour. It learns within seconds, through the same loop as every model here, so that
it can be stopped, killed, averaged, shortened to 16 bits and spread over several processes before one's eyes.
Run as a program it trains in a folder: `python -m t2i_lib.toys.painter FOLDER STEPS`, alone or under `torchrun`.
"""

import math
import sys
from pathlib import Path
from random import Random

import torch
from PIL import Image
from torch import Tensor, nn

from t2i_lib.datasets import images_to_pixels, pixels_to_images
from t2i_lib.runtime import mix_seed
from t2i_lib.storybook.render import render
from t2i_lib.storybook.scene import Scene
from t2i_lib.training import Plan, Task, TrainingReport, train
from t2i_lib.updates import Updater

SCENE = Scene("hill", "sunset", subject="girl", color="red", expression="smiling", holding="balloon", position="left")
EDGE = 48  # pixels


def model_picture(edge: int = EDGE) -> Tensor:
    """The picture that is learned: (H, W, 3) uint8."""
    picture = render(SCENE, edge, Random("painter"))
    return torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8).view(edge, edge, 3)


class Painter(nn.Module):
    """From places (N, 2) in [-1, 1] to colours (N, 3) in [-1, 1].

    Two numbers say little to a network, so each place is told by waves of growing fineness, as positions of words are.
    Source: Mildenhall et al. 2020, eq. 4, https://arxiv.org/abs/2003.08934
    """

    def __init__(self, width: int = 96, octaves: int = 6) -> None:
        super().__init__()
        self.octaves = octaves
        self.layers = nn.Sequential(
            nn.Linear(4 * octaves, width), nn.GELU(), nn.Linear(width, width), nn.GELU(), nn.Linear(width, 3)
        )

    def forward(self, places: Tensor) -> Tensor:
        waves = [math.pi / 2 * 2**octave * places for octave in range(self.octaves)]  # (N, 2) each
        told = torch.cat([part for wave in waves for part in (wave.sin(), wave.cos())], dim=1)  # (N, 4 * octaves)
        return self.layers(told.to(self.layers[0].weight.dtype))


class PainterTask:
    """What the training loop needs to know of it.

    Args:
        batch_size: pixels a step, drawn by lot.
        learning_rate: Adam's.
        joined: how many processes' batches this one takes at once: what several processes must equal.
        seed: of the first weights and of the lots.
    """

    name = "painter"
    averaged = ("painter",)

    def __init__(self, batch_size: int = 256, learning_rate: float = 8e-3, joined: int = 1, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.batch_size, self.joined, self.seed = batch_size, joined, seed
        self.config = {"batch_size": batch_size, "learning_rate": learning_rate}
        painter = Painter()
        self.modules: dict[str, nn.Module] = {"painter": painter}
        self.optimizers = {"painter": torch.optim.Adam(painter.parameters(), learning_rate)}
        image = pixels_to_images(model_picture()[None])[0]  # (3, H, W)
        self.colours = image.flatten(1).T.contiguous()  # (N, 3)
        line = torch.linspace(-1, 1, EDGE)
        self.places = torch.cartesian_prod(line, line)  # (N, 2), row by row

    def batch_at(self, index: int) -> tuple[Tensor, Tensor]:
        """Places (B, 2) and their colours (B, 3)."""
        batches = range(index * self.joined, (index + 1) * self.joined)
        lots = [torch.Generator().manual_seed(mix_seed("painter", self.seed, batch)) for batch in batches]
        chosen = torch.cat([torch.randint(len(self.places), (self.batch_size,), generator=lot) for lot in lots])
        return self.places[chosen], self.colours[chosen]

    def train_step(self, batch: tuple[Tensor, Tensor], step: int, update: Updater) -> dict[str, float | Tensor]:
        """One update: the mean squared error of the colours."""
        places, colours = batch
        with update.autocast():
            painted = self.modules["painter"](places)
        loss = (painted.float() - colours).square().mean()
        return {"loss": loss, "norm": update("painter", loss)}

    def gauges(self, modules: dict[str, nn.Module], step: int) -> dict[str, float]:
        """Peak signal-to-noise ratio of the whole picture, dB."""
        return {"psnr": self.psnr(modules["painter"])}

    @torch.no_grad()
    def psnr(self, painter: nn.Module) -> float:
        """How near a painter's picture is to the model, dB: 20 is a rough likeness, 30 is close."""
        device = next(painter.parameters()).device
        error = (painter(self.places.to(device)).clamp(-1, 1) - self.colours.to(device)).square().mean() / 4
        return -10 * math.log10(error.item())

    def sample_grid(self, modules: dict[str, nn.Module], step: int) -> Image.Image:
        """The whole picture."""
        return self.paint(modules["painter"])

    @torch.no_grad()
    def paint(self, painter: nn.Module) -> Image.Image:
        """A painter's picture."""
        colours = painter(self.places.to(next(painter.parameters()).device)).clamp(-1, 1)
        image = colours.T.reshape(1, 3, EDGE, EDGE)
        return Image.fromarray(images_to_pixels(image)[0].cpu().numpy())


def painter_plan(steps: int) -> Plan:
    """A training of that many steps; saved every 100."""
    return Plan(
        steps, schedule="constant", ema_decay=0.98, warmup_steps=20, device="cpu", precision="fp32",
        checkpoint_every=100, gauges_every=100, log_every=20
    )  # fmt: skip


def learn(folder: str | Path, steps: int, task: Task | None = None) -> TrainingReport:
    """Train (or go on training) a painter in a folder."""
    return train(task or PainterTask(), folder, painter_plan(steps), quiet=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    learn(sys.argv[1], int(sys.argv[2]))
