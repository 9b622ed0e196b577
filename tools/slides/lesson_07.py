"""Figures and numbers of the deck of lesson 07, the conditional GAN."""

import math
from functools import cache, partial

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor, nn

from t2i_lib import TextToImage
from t2i_lib.course.exercises.lesson_07 import matching_aware_loss, slide
from t2i_lib.datasets import images_to_pixels
from t2i_lib.experiments.record import load_record
from t2i_lib.locations import checkpoint_folder
from t2i_lib.losses import gradient_penalty, relativistic_loss
from t2i_lib.plots import plot_pipeline
from t2i_lib.plots.conditional import plot_picture_table, plot_points, plot_ways
from t2i_lib.plots.curves import plot_curves
from t2i_lib.toys.conditional_game import Rules
from t2i_lib.toys.tiny_artist import load_artist
from t2i_lib.toys.tiny_scenes import PLACES, TIMES, as_vectors, draw_scenes, in_words
from tools.slides.drawing import enlarged
from tools.slides.facts import stored

NAMES, RADIUS = ["top", "left", "right"], 2.0
THIRD, START = 2 * math.pi / 3, math.pi / 6
WAYS = ["withheld", "concatenation", "affine", "projection"]


def real_points(labels: Tensor, rng: torch.Generator) -> Tensor:
    """Points (B, 2), each on the third of the ring that its label (B,) names."""
    angle = START + THIRD * (labels + torch.rand(len(labels), generator=rng))
    points = RADIUS * torch.stack([angle.cos(), angle.sin()], dim=1)
    return points + 0.1 * torch.randn(points.shape, generator=rng)


def network(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        *(nn.Linear(inputs, 64), nn.LeakyReLU(0.2)), *(nn.Linear(64, 64), nn.LeakyReLU(0.2)), nn.Linear(64, outputs)
    )


@cache
def orders() -> tuple[Tensor, Tensor, Tensor]:
    """Labels (600,), real points of them, and the cheat's points, which never look at the label."""
    rng = torch.Generator().manual_seed(0)
    asked = torch.randint(3, (600,), generator=rng)
    return asked, real_points(asked, rng), real_points(torch.randint(3, (600,), generator=rng), rng)


def play_ring(told: bool, loudness: float = 1.0, together: int = 1, steps: int = 800) -> Tensor:
    """The notebook's game; returns points (600, 2) that the trained generator drew for the labels of `orders`."""
    torch.manual_seed(0)
    rng, painter, critic = torch.Generator().manual_seed(0), network(4 + 3, 2), network(2 * together + 3, 1)
    adams = [torch.optim.Adam(each.parameters(), betas=(0.0, 0.9), fused=True) for each in (painter, critic)]

    def draw(noise: Tensor, labels: Tensor) -> Tensor:
        return painter(torch.cat([loudness * noise, F.one_hot(labels, 3)], dim=1))

    def judge(points: Tensor, labels: Tensor) -> Tensor:
        return critic(torch.cat([points, told * F.one_hot(labels, 3)], dim=1)).squeeze(1)

    for step in range(steps):
        labels, asked = torch.randint(3, (2, 128), generator=rng)
        wrong = (labels + torch.randint(1, 3, (128,), generator=rng)) % 3
        real = real_points(labels.repeat_interleave(together), rng).reshape(128, -1)
        noise = torch.randn(128 * together, 4, generator=rng)
        fake = draw(noise, asked.repeat_interleave(together)).reshape(128, -1)
        loss = matching_aware_loss(judge, real, labels, fake.detach(), asked, wrong)
        loss = loss + 0.02 * gradient_penalty(lambda seen, labels=labels: judge(seen[0], labels), [real])
        for adam in adams:
            adam.param_groups[0]["lr"] = 6e-3 * (1 - 0.9 * step / steps)
            adam.zero_grad()
        loss.backward()
        adams[1].step()
        relativistic_loss(judge(fake, asked), judge(real, labels).detach()).backward()
        adams[0].step()
    with torch.no_grad():
        asked = orders()[0]
        return draw(torch.randn(len(asked), 4, generator=torch.Generator().manual_seed(1)), asked)


def points_of(panels: dict[str, Tensor]) -> Figure:
    asked, cloud, _ = orders()
    return enlarged(plot_points({name: (points, asked) for name, points in panels.items()}, NAMES, cloud), 1.3)


def perfect_cheat() -> Figure:
    return points_of({"real": orders()[1], "the cheat": orders()[2]})


def told_or_not() -> Figure:
    return points_of({"D is not told": play_ring(told=False), "D is told": play_ring(told=True)})


def one_or_two() -> Figure:
    games = {"one point at a time": 1, "two points at once": 2}
    return points_of({name: play_ring(True, loudness=0.01, together=count) for name, count in games.items()})


def twelve_labels() -> Figure:
    images = draw_scenes(1).images[:, 0].unflatten(0, (len(PLACES), len(TIMES))).transpose(0, 1)
    return enlarged(plot_picture_table(images_to_pixels(images), TIMES, PLACES, edge=1.0), 1.3)


def diary() -> Figure:
    """The notebook's artist while it practised, as it came with the course."""
    _, kept = load_artist()
    pages = [round(share * (len(kept.steps) - 1)) for share in (0, 0.1, 0.3, 1)]
    names = [in_words(label).replace(", ", "\n") for label in draw_scenes(1).labels]
    rows = [images_to_pixels(kept.samples[page]) for page in pages]
    return enlarged(plot_picture_table(rows, [f"step {kept.steps[page]}" for page in pages], names, edge=0.75), 1.25)


def gaps_by_way() -> Figure:
    record = load_record("conditioning")
    gaps = {way: record.curves(way, "gap") for way in WAYS}
    steps = [page * Rules().note_every for page in range(len(gaps["projection"][0]))]
    return enlarged(plot_curves(gaps, y_label="text-use gap", xs=steps), 1.2)


def day_to_night() -> Figure:
    tiny, _ = load_artist()
    noise = torch.randn(16, generator=torch.Generator().manual_seed(24))
    labels = torch.tensor([[place, time] for place in range(len(PLACES)) for time in (0, 2)])
    ends = as_vectors(labels).unflatten(0, (len(PLACES), 2))
    rows = [images_to_pixels(slide(tiny, noise, day, night, torch.linspace(0, 1, 6))) for day, night in ends]
    return enlarged(plot_picture_table(rows, PLACES, ["day", "20%", "40%", "60%", "80%", "night"], edge=1.0), 1.2)


@torch.no_grad()
def castles() -> Figure:
    artist = TextToImage.from_pretrained(checkpoint_folder("lesson"), device="cpu", precision="fp32")

    def as_label(prompt: str) -> Tensor:
        features, pooled, _ = artist.encode([prompt])
        return torch.cat([features.flatten(), pooled.flatten()])

    def draw(noise: Tensor, labels: Tensor) -> Tensor:
        features = labels.unflatten(1, (-1, artist.generator.config.embed_dim))  # (S, L + 1, D)
        mask = torch.ones(features.shape[0], features.shape[1] - 1, dtype=torch.bool)
        return artist.decode(artist.generate_from(features[:, :-1], features[:, -1], mask, noise))

    pairs = {"English": ("a castle by day", "a castle at night"), "中文": ("白天的城堡", "夜晚的城堡")}
    noise, shares = artist.sample_noise([7])[0], torch.linspace(0, 1, 6)
    rows = [images_to_pixels(slide(draw, noise, *map(as_label, pair), shares)) for pair in pairs.values()]
    columns = ["day", "20%", "40%", "60%", "80%", "night"]
    return enlarged(plot_picture_table(rows, list(pairs), columns, edge=1.3), 1.2)


FIGURES = {
    "castles": castles,
    "twelve_labels": twelve_labels,
    "perfect_cheat": perfect_cheat,
    "told_or_not": told_or_not,
    "ways": lambda: enlarged(plot_ways(), 1.15),
    "diary": diary,
    "one_or_two": one_or_two,
    "gaps_by_way": gaps_by_way,
    "day_to_night": day_to_night,
    "where_we_are": partial(plot_pipeline, ("text features", "generator", "discriminator")),
}


def early_gap(way: str) -> str:
    return stored("07", "record", rf"gap after 150 [\s\S]*?^{way} +(-?[\d.]+)").replace("-0.00", "0.00")


FACTS = {
    "gap A": lambda: stored("07", "gap-used", r"A: accuracy .*?, gap ([\d.]+);"),
    "gap B": lambda: stored("07", "gap-used", r"B: accuracy .*?, gap ([\d.]+);"),
    "accuracy A": lambda: stored("07", "gap-used", r"A: accuracy ([\d.]+)"),
    "accuracy B": lambda: stored("07", "gap-used", r"B: accuracy ([\d.]+)"),
    "most": lambda: stored("07", "gauges", r"labels: ([\d.]+)"),
    "early withheld": partial(early_gap, "withheld"),
    "early concatenation": partial(early_gap, "concatenation"),
    "early affine": partial(early_gap, "affine"),
    "early projection": partial(early_gap, "projection"),
    "castles found": lambda: stored("07", "pairs", r"castle    drawn: (\d+) of 50"),
    "castles rendered": lambda: stored("07", "pairs", r"castle .* rendered: (\d+) of 50"),
    "long concatenation": lambda: stored("07", "costs-checked", r"192 numbers: ([\d,]+),"),
    "long projection": lambda: stored("07", "costs-checked", r"192 numbers: .*, ([\d,]+)$"),
}
