"""Figures and numbers of the deck of lesson 05, autoencoder and VAE."""

from functools import cache, partial
from statistics import fmean

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import Tensor

from t2i_lib import TextToImage
from t2i_lib.course.exercises.lesson_05 import best_answers, best_directions, go_around
from t2i_lib.course.latent_walk import straight, through_pixels, walk
from t2i_lib.datasets import StorybookDataset, pixels_to_images
from t2i_lib.experiments.picture_rows import load_rows
from t2i_lib.experiments.record import load_record, record_file
from t2i_lib.locations import checkpoint_folder
from t2i_lib.pipeline import to_pictures
from t2i_lib.plots import plot_pipeline
from t2i_lib.plots.autoencoder import plot_best_line, plot_picture_rows, plot_tradeoff
from tools.slides.drawing import enlarged
from tools.slides.facts import stored

PROMPTS = ["a girl by the sea at sunset", "a knight by the castle at sunset"]
LOSSES = ("best directions", "L1", "L1, twice as long", "+ perceptual", "+ critic")


@cache
def artist() -> TextToImage:
    return TextToImage.from_pretrained(checkpoint_folder("lesson"), device="cpu", precision="fp32")


@cache
def validation() -> tuple[Tensor, Tensor]:
    """Pictures (N, 3, 64, 64) and what they show (N, 9)."""
    pairs = StorybookDataset("validation", 64, 60).batch(range(60))
    return pixels_to_images(pairs.pixels.flatten(0, 1)), pairs.attributes.flatten(0, 1)


@cache
def latents() -> Tensor:
    with torch.no_grad():
        return artist().autoencoder.encode(validation()[0])


def there_and_back() -> Figure:
    rows = {"A": to_pictures(artist().decode(latents()[:6])), "B": to_pictures(validation()[0][:6])}
    return enlarged(plot_picture_rows(rows, edge=128), 1.3)


def neighbours() -> Figure:
    grey = validation()[0][:3, :, 20::9].mean(dim=1)
    pairs = torch.stack([grey[..., 10:-1:7], grey[..., 11::7]], dim=-1).flatten(0, 2)
    mean, directions = best_directions(pairs, 1)
    return enlarged(plot_best_line(pairs, mean, directions[0], ("a pixel's brightness", "its right neighbour's")), 1.2)


def few_directions() -> Figure:
    """Held-out pictures from 1, 3 and 8 of 48 numbers a patch."""
    small, held_out = (
        pixels_to_images(StorybookDataset(split, 32, count).batch(range(count)).pixels.flatten(0, 1))
        for split, count in (("train", 400), ("validation", 20))
    )

    def cut(pictures: Tensor) -> Tensor:
        return F.pixel_unshuffle(pictures, 4).movedim(1, -1).flatten(0, 2)

    mean, directions = best_directions(cut(small), 48)
    rows = {"real": held_out[:6]}
    for count in (1, 3, 8):
        patches = mean + (cut(held_out) - mean) @ directions[:count].T @ directions[:count]
        pictures = F.pixel_shuffle(patches.unflatten(0, (len(held_out), 8, 8)).movedim(-1, 1), 4).clamp(-1, 1)
        rows[f"{count} of 48"] = pictures[:6]
    return enlarged(plot_picture_rows({name: to_pictures(row) for name, row in rows.items()}, edge=96), 1.3)


def five_birds() -> Figure:
    images, truth = validation()
    clear = (truth[:, 8] == 0) & (truth[:, 1] == 0) & (truth[:, 2] == 0)
    birds = F.avg_pool2d(images[clear.nonzero()[0, 0]], 2).repeat(5, 1, 1, 1)
    for place, bird in enumerate(birds):
        bird[:, 5:7, 3 + 5 * place : 6 + 5 * place] = -0.8
    shown = to_pictures(torch.stack([*birds[:3], *best_answers(birds)]))
    titles = ["one of five", "another", "a third", "squared error", "L1"]
    return enlarged(plot_picture_rows({"": shown}, titles, edge=96), 1.3)


def what_losses_bring_back() -> Figure:
    rows = load_rows(record_file("autoencoder_losses").with_suffix(".png"))
    chosen = {name: rows[name][:5] for name in ("real", "L1", "+ perceptual", "+ critic")}
    return enlarged(plot_picture_rows(chosen, edge=128), 1.3)


def random_latents() -> Figure:
    rng = torch.Generator().manual_seed(5)
    noise = torch.randn((5, *latents().shape[1:]), generator=rng)
    owners = torch.randint(len(latents()), (5, 1, *latents().shape[2:]), generator=rng)
    patchwork = torch.gather(latents(), 0, owners.expand_as(noise))
    rows = {"real latents": latents()[:5], "patchwork": patchwork, "random": noise}
    return enlarged(
        plot_picture_rows({name: to_pictures(artist().decode(row)) for name, row in rows.items()}, edge=128), 1.3
    )


def six_weights() -> Figure:
    record = load_record("vae_tradeoff")
    points = {
        weight: list(zip(record.figures(weight, "error"), record.figures(weight, "sample distance"), strict=True))
        for weight in record.variants
    }
    return enlarged(plot_tradeoff(points, "error of redrawn suns", "samples: distance to a sun"), 1.2)


def random_suns() -> Figure:
    rows = load_rows(record_file("vae_tradeoff").with_suffix(".png"))
    chosen = {f"weight {name}": rows[name] for name in ("0", "0.1", "1")}
    return enlarged(plot_picture_rows(chosen, edge=48), 1.3)


@torch.no_grad()
def three_walks() -> Figure:
    features, pooled, mask = artist().encode(PROMPTS)
    noise = artist().sample_noise([3, 4])
    ends = artist().generate_from(features, pooled, mask, noise)

    def told(share: float) -> Tensor:
        mixed = [straight(part[:1], part[1:], share) for part in (features, pooled)]
        return artist().decode(artist().generate_from(*mixed, mask[:1], go_around(*noise, share)[None]))[0]

    def mixed(share: float) -> Tensor:
        return artist().decode(straight(*ends, share)[None])[0]

    ways = {"pixels": through_pixels(*artist().decode(ends)), "latents": mixed, "generator": told}
    rows = {name: to_pictures(walk(way, steps=6)) for name, way in ways.items()}
    return enlarged(plot_picture_rows(rows, edge=128), 1.3)


FIGURES = {
    "there_and_back": there_and_back,
    "neighbours": neighbours,
    "few_directions": few_directions,
    "five_birds": five_birds,
    "what_losses_bring_back": what_losses_bring_back,
    "random_latents": random_latents,
    "six_weights": six_weights,
    "random_suns": random_suns,
    "three_walks": three_walks,
    "where_we_are": partial(plot_pipeline, ("latents", "decoder", "picture")),
}


def losses_table() -> str:
    """Nearness, birds and sharpness by loss, means of the record."""
    record = load_record("autoencoder_losses")
    rows = ["| trained with | PSNR, dB | birds kept | sharpness |", "|---|---|---|---|"]
    for name in LOSSES:
        near, birds, sharp = (fmean(record.figures(name, key)) for key in ("psnr", "kept/birds", "sharpness"))
        rows.append(f"| {name} | {near:.1f} | {birds:.2f} | {sharp:.2f} |")
    return "\n".join(rows)


FACTS = {
    "losses table": losses_table,
    "times fewer": lambda: stored("05", "goal-answer", r"short form: (\d+) times"),
    "numbers": lambda: stored("05", "goal-answer", r"a picture .*?: ([\d,]+) numbers"),
    "short": lambda: stored("05", "goal-answer", r"latents .*: ([\d,]+)$"),
    "share of 8": lambda: stored("05", "patches-run", r" 8 of 48 directions hold ([\d.]+)"),
    "certain": lambda: stored("05", "kl-run", r"N\(0, 0.01\) costs ([\d.]+)"),
    "plain samples": lambda: stored("05", "suns-figure", r"plain, random: .* ([\d.]+\d)"),
    "twin samples": lambda: stored("05", "suns-figure", r"variational, random: .* ([\d.]+\d)"),
    "awake": lambda: stored("05", "awake-figure", r"; (\d) are awake"),
    "latents half-way": lambda: stored("05", "walk-sharpness", r"latents: half-way as sharp as ([\d.]+)"),
    "generator half-way": lambda: stored("05", "walk-sharpness", r"generator: half-way as sharp as ([\d.]+)"),
    "gate": lambda: stored("05", "gate-run", r"shipped decoder: .* gate ([\d.]+)"),
}
