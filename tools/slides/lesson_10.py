"""Figures and numbers of the deck of lesson 10, evaluation."""

from collections.abc import Mapping
from functools import cache, partial

import torch
from matplotlib.figure import Figure
from torch import Tensor

from t2i_lib import TextToImage, metrics
from t2i_lib.course.blind_test import Card, deal
from t2i_lib.course.exercises.lesson_10 import frechet, prompt_scores, variety, wilson
from t2i_lib.datasets import StorybookDataset, pixels_to_images
from t2i_lib.evaluation import render_again
from t2i_lib.frechet import frechet_distance
from t2i_lib.judge import Judge, attribute_loss
from t2i_lib.locations import checkpoint_folder
from t2i_lib.pipeline import to_pictures
from t2i_lib.plots import plot_pipeline
from t2i_lib.plots.evaluation import (
    plot_clouds,
    plot_coverage,
    plot_estimates,
    plot_sample_sizes,
    plot_scoreboard,
)
from t2i_lib.plots.listening import plot_picture_table
from t2i_lib.plots.stages import plot_pictures
from t2i_lib.storybook.pairs import ids_to_stated
from t2i_lib.viewer import Gallery, Viewer
from tools.slides.drawing import enlarged
from tools.slides.facts import report, stored

PROMPTS, COPIES = 25, 4  # what each artist hands in


@cache
def artist() -> TextToImage:
    return TextToImage.from_pretrained(checkpoint_folder("lesson"), device="cpu", precision="fp32")


@cache
def judge() -> Judge:
    return Judge.load(checkpoint_folder("judge"))


@cache
def viewer() -> Viewer:
    return Viewer(judge())


@cache
def gallery() -> Gallery:
    """A hundred captions of the test split, two rendered pictures of each."""
    return Gallery("test", 64, 100, viewer())


@cache
def drawn() -> Tensor:
    """The artist's pictures of them, of both languages: (200, 3, 64, 64)."""
    return artist().draw(gallery().prompts("en") + gallery().prompts("zh"), list(range(200)))


@cache
def rendered(split: str, count: int) -> Tensor:
    """Real pictures of other captions, (count, 3, 64, 64)."""
    return pixels_to_images(StorybookDataset(split, 64, count).batch(range(count)).pixels[:, 0])


@cache
def fours() -> tuple[Tensor, Tensor]:
    """Four drawn and four real pictures of each of the first prompts, (100, 3, 64, 64) each."""
    texts = [text for text in gallery().prompts("en")[:PROMPTS] for _ in range(COPIES)]
    again = [render_again(gallery(), item, COPIES, 64) for item in range(PROMPTS)]
    return artist().draw(texts, list(range(PROMPTS * COPIES))), torch.cat(again)


@cache
def asked() -> Tensor:
    """(100, 9): what each of these pictures shall show."""
    return gallery().stated[:PROMPTS].repeat_interleave(COPIES, 0)


def variety_of(images: Tensor) -> float:
    return variety(*(each.reshape(PROMPTS, COPIES, -1) for each in (images, fours()[1])))


def said(stated: Mapping[str, str]) -> list[str]:
    """What a list of attributes says, in words."""
    return [f"{value} birds" if name == "birds" else value.replace("_", " ") for name, value in stated.items()]


@cache
def cards() -> list[Card]:
    """The six of the notebook's blind test that say least."""
    return sorted(deal(artist(), judge()), key=lambda card: len(card.stated))[:6]


def equal_marks() -> Figure:
    """A drawn and a real picture of one prompt, and what the judge finds in either."""
    shown = torch.cat([each[4:5] for each in fours()])
    wanted = asked()[[4, 4]]
    right = ((judge().attributes(shown) == wanted) & (wanted >= 0)).sum(1).tolist()
    titles = [
        f"{name}: {count} of {(wanted[0] >= 0).sum()}" for name, count in zip(("drawn", "real"), right, strict=True)
    ]
    return enlarged(plot_pictures(to_pictures(shown), titles, columns=2, edge=2.5), 1.6)


def taller(figure: Figure, inches: float) -> Figure:
    """With room for titles of several lines."""
    figure.set_size_inches(figure.get_figwidth(), figure.get_figheight() + inches)
    return figure


def six_cards() -> Figure:
    titles = ["\n".join([str(number), *said(card.stated)]) for number, card in enumerate(cards(), 1)]
    return taller(enlarged(plot_picture_table({"": [card.picture for card in cards()]}, titles, 1.7), 1.7), 1.3)


def six_verdicts() -> Figure:
    """Where they come from, and what the judge does not see of what is said."""
    titles = []
    for card in cards():
        words = zip(card.stated, said(card.stated), strict=True)
        titles.append(
            "\n".join(["real" if card.real else "drawn", *(w if n in card.judged else f"✗ {w}" for n, w in words)])
        )
    return taller(enlarged(plot_picture_table({"": [card.picture for card in cards()]}, titles, 1.7), 1.7), 1.3)


def scale() -> Figure:
    """Prompt accuracy and exact match of the artist, between ceiling and floor."""
    stated = gallery().stated
    found = viewer().look(drawn()[:100]).found
    pairs = StorybookDataset("train", 64, 300).batch(range(300))
    nearest = metrics.nearest_captions(stated, pairs.stated)
    rows = {
        "real pictures": gallery().found[:, 1],
        "the artist": found,
        "nearest caption": viewer().look(rendered("train", 300)[nearest]).found,
        "exchanged prompts": found.roll(50, 0),
    }
    figures = {"prompt accuracy": metrics.prompt_accuracy, "exact match": metrics.exact_match}
    return enlarged(
        plot_estimates(
            {name: {key: score(seen, stated) for key, score in figures.items()} for name, seen in rows.items()}
        ),
        1.5,
    )


def kept_promises() -> Figure:
    """How often intervals of 30 pictures hold the true share."""

    def naive(successes: int, trials: int) -> tuple[float, float]:
        share = successes / trials
        reach = 1.96 * (share * (1 - share) / trials) ** 0.5
        return share - reach, share + reach

    def coverage(interval, rate: float) -> float:
        lots = torch.rand(2000, 30, generator=torch.Generator().manual_seed(10))
        ends = [interval(successes, 30) for successes in (lots < rate).sum(1).tolist()]
        return sum(low <= rate <= high for low, high in ends) / 2000

    rates = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98]
    held = {name: [coverage(each, rate) for rate in rates] for name, each in (("naive", naive), ("Wilson", wilson))}
    return enlarged(plot_coverage(rates, held), 1.25)


def grain(images: Tensor, amount: float) -> Tensor:
    """Pictures with noise laid over them."""
    return (images + amount * torch.randn(images.shape, generator=torch.Generator().manual_seed(3))).clamp(-1, 1)


def one_prompt_again() -> Figure:
    """Four real, four drawn, and four drawn pictures under noise, of one prompt."""
    mine, real = fours()
    rows = {"real": real, "drawn": mine, "with noise": grain(mine, 0.3)}
    return enlarged(
        plot_picture_table({name: to_pictures(each[4:8]) for name, each in rows.items()}, [""] * 4, 1.3), 1.6
    )


def grey_squares() -> Figure:
    """Real pictures, and squares whose brightness has the same mean and spread."""
    real = rendered("validation", 200)
    bright = real.mean((1, 2, 3))
    lots = bright.mean() + bright.std() * torch.randn(6, generator=torch.Generator().manual_seed(1))
    squares = lots.clamp(-1, 1).view(6, 1, 1, 1).expand(6, 3, 64, 64)
    rows = {"real": to_pictures(real[:6]), "squares": to_pictures(squares)}
    return enlarged(plot_picture_table(rows, [""] * 6, 1.5), 1.6)


def three_pairs() -> Figure:
    """Clouds: shifted, leaning, and a ring beside a bell of the same mean and covariance."""

    def dress(cloud: Tensor, like: Tensor) -> Tensor:
        own, wanted = (torch.linalg.cholesky(torch.cov(each.T)) for each in (cloud, like))
        return (cloud - cloud.mean(0)) @ torch.linalg.inv(own).T @ wanted.T + like.mean(0)

    bell, angles = torch.randn(200, 2, generator=torch.Generator().manual_seed(4)), torch.linspace(0, 6.28, 200)
    ring = 1.4 * torch.stack([angles.cos(), angles.sin()], dim=1)
    leaning = bell @ torch.tensor([[1.0, 0.8], [0.0, 0.6]])
    clouds = {
        "shifted": (bell, bell + torch.tensor([2.0, 1.0])),
        "leaning": (leaning, leaning * torch.tensor([1.0, -1.0])),
        "ring and bell": (ring, dress(bell, ring)),
    }
    return enlarged(plot_clouds({f"{name}: {abs(frechet(*both)):.2f}": both for name, both in clouds.items()}), 1.7)


def fewer_pictures() -> Figure:
    """The Frechet distance against one over the number of pictures."""
    real = viewer().look(rendered("validation", 200)).features
    mixed = viewer().look(drawn()).features[torch.randperm(200)]
    sets = {"real against real": viewer().look(rendered("train", 300)).features, "artist against real": mixed}
    counts = [25, 50, 100, 200]
    far = {name: [frechet_distance(each[:n], real[:n]) for n in counts] for name, each in sets.items()}
    return enlarged(plot_sample_sizes(counts, far, "Frechet distance"), 1.2)


def climb(start: Tensor, wanted: Tensor, steps: int, rate: float, reach: float = 2.0) -> Tensor:
    """Change pictures until the judge sees what is asked, no pixel by more than `reach`."""
    images = start.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([images], rate, eps=1e-15)
    for _ in range(steps):
        optimizer.zero_grad()
        attribute_loss(judge()(images), wanted).backward()
        optimizer.step()
        with torch.no_grad():
            images.copy_(images.clamp(start - reach, start + reach).clamp(-1, 1))
    return images.detach()


@cache
def lacking() -> Tensor:
    """(100,) bool: the artist's pictures in which something is missing."""
    return ((judge().attributes(fours()[0]) != asked()) & (asked() >= 0)).any(1)


@cache
def handed_in() -> dict[str, Tensor]:
    """What two honest rows and seven cheats hand in, (100, 3, 64, 64) each."""
    (mine, real), album, rng = fours(), rendered("train", 300), torch.Generator().manual_seed(5)
    nearest = metrics.nearest_captions(gallery().stated, StorybookDataset("train", 64, 300).batch(range(300)).stated)
    middle, spread, directions = directions_of_real()
    lots = torch.randn(100, 60, generator=rng) * spread / 199**0.5
    found = {
        "real pictures": real,
        "the artist": mine,
        "one picture": mine[::COPIES].repeat_interleave(COPIES, 0),
        "adds noise": (mine + 0.2 * torch.randn(mine.shape, generator=rng)).clamp(-1, 1),
        "hands back": album[torch.randperm(300, generator=rng)[:100]],
        "nearest caption": album[nearest[:PROMPTS]].repeat_interleave(COPIES, 0),
        "right cloud": (middle + lots @ directions.T).view(100, 3, 64, 64).clamp(-1, 1),
        "flatterer": climb(0.3 * torch.randn(mine.shape, generator=rng), asked(), steps=9, rate=0.03),
        "polisher": mine.clone(),
    }
    found["polisher"][lacking()] = climb(mine[lacking()], asked()[lacking()], steps=12, rate=0.01, reach=0.06)
    return found


@cache
def directions_of_real() -> tuple[Tensor, Tensor, Tensor]:
    """Mean of the real pictures' pixels, and spread and direction of their 60 largest components."""
    flat = rendered("validation", 200).flatten(1)
    _, spread, directions = torch.pca_lowrank(flat, q=60)
    return flat.mean(0), spread, directions


def flattered() -> Figure:
    """Six pictures of the artist, and noise in which the judge sees all that is asked."""
    shown = ((asked() >= 0).sum(1) == 3).nonzero()[::COPIES, 0][:6].tolist()
    titles = ["\n".join(said(ids_to_stated(row))) for row in asked()[shown].tolist()]
    rows = {name: to_pictures(handed_in()[name][shown]) for name in ("the artist", "flatterer")}
    return taller(enlarged(plot_picture_table(rows, titles, edge=1.5), 1.5), 0.5)


def polished() -> Figure:
    """Six pictures before and after polishing; what was missing stands above."""
    shown = lacking().nonzero()[:6, 0]
    before, after = handed_in()["the artist"][shown], handed_in()["polisher"][shown]
    gone = torch.where(judge().attributes(before) != asked()[shown], asked()[shown], -1)
    titles = ["missing:\n" + ", ".join(ids_to_stated(row)) for row in gone.tolist()]
    return enlarged(plot_picture_table({"before": to_pictures(before), "after": to_pictures(after)}, titles, 1.5), 1.5)


def scoreboard() -> Figure:
    """Who is caught by which measure."""
    second, real = Judge.load(checkpoint_folder("perceptual")), viewer().look(rendered("validation", 200)).features
    middle, _, directions = directions_of_real()

    def measure(images: Tensor) -> dict[str, float]:
        seen = viewer().look(images)
        pixels = [(each.flatten(1) - middle) @ directions for each in (images, rendered("validation", 200))]
        return {
            "judge": prompt_scores(seen.found, asked())[0],
            "2nd judge": prompt_scores(second.attributes(images), asked())[0],
            "variety": variety_of(images),
            "album": torch.cdist(images.flatten(1), rendered("train", 300).flatten(1)).amin(1).mean().item(),
            "Frechet,\njudge": frechet_distance(seen.features, real),
            "Frechet,\npixels": frechet_distance(*pixels),
        }

    board = {name: measure(images) for name, images in handed_in().items()}
    ours, floor, cells, caught = board["the artist"], board["real pictures"], {}, {}
    for name, row in board.items():
        cells[name] = {key: f"{value / floor[key] if 'Frechet' in key else value:.2f}" for key, value in row.items()}
        caught[name] = [
            key
            for key, value in row.items()
            if (
                value > 1.5 * max(ours[key], floor[key])
                if "Frechet" in key
                else value < 0.8 * min(ours[key], floor[key])
            )
        ]
    return enlarged(plot_scoreboard(cells, caught), 1.45)


FIGURES = {
    "equal_marks": equal_marks,
    "six_cards": six_cards,
    "six_verdicts": six_verdicts,
    "scale": scale,
    "kept_promises": kept_promises,
    "one_prompt_again": one_prompt_again,
    "grey_squares": grey_squares,
    "three_pairs": three_pairs,
    "fewer_pictures": fewer_pictures,
    "flattered": flattered,
    "polished": polished,
    "scoreboard": scoreboard,
    "where_we_are": partial(plot_pipeline, ("picture",)),
}

FACTS = {
    "accuracy": lambda: stored("10", "hundred", r"library: ([\d.]+) \["),
    "interval": lambda: stored("10", "hundred", r"library: [\d.]+ (\[.*?\]) and"),
    "exact": lambda: stored("10", "hundred", r"library: .* and ([\d.]+) \["),
    "nearest": lambda: stored("10", "scale", r"nearest caption.* accuracy ([\d.]+),"),
    "gap": lambda: stored("10", "scale", r"library ([\d.]+) \["),
    "ten of ten": lambda: stored("10", "coverage-figure", r"10 of 10: by hand ([\d.]+) to"),
    "held": lambda: stored("10", "coverage", r"held: ([\d.]+) of the naive"),
    "independent": lambda: stored("10", "bootstrap-tried", r"independent: (.*)"),
    "clumped": lambda: stored("10", "bootstrap-tried", r"clumped: +(.*)"),
    "no width": lambda: stored("10", "bootstrap-tried", r"prompt_accuracy: [\d.]+ (\[.*?\])"),
    "variety": lambda: stored("10", "variety-measured", r"by hand ([\d.]+)"),
    "noisy variety": lambda: stored("10", "variety-measured", r"noise of 0\.3: variety ([\d.]+)"),
    "noisy accuracy": lambda: stored("10", "variety-measured", r"noise of 0\.3: .* accuracy ([\d.]+)"),
    "brightness": lambda: stored("10", "brightness", r"drawn against real: +([\d.]+)"),
    "squares": lambda: stored("10", "brightness", r"squares against real: +([\d.]+)"),
    "distance of 25": lambda: stored("10", "bias", r"real against real +25: ([\d,]+)"),
    "distance of 200": lambda: stored("10", "bias", r"real against real .* 200: ([\d,]+)"),
    "noise before": lambda: stored("10", "flatterer", r"as it is: ([\d.]+)"),
    "noise after": lambda: stored("10", "flatterer", r"steps: ([\d.]+)"),
    "levels": lambda: stored("10", "polisher", r"by ([\d.]+) levels"),
    "slow": lambda: stored("10", "ablations", r"learning rates / 4 +([\d.]+)"),
    "fast": lambda: stored("10", "ablations", r"learning rates x 4 +([\d.]+)"),
    "whole": lambda: stored("10", "ablations", r"whole recipe +([\d.]+)"),
    "unpolished": lambda: stored("10", "polisher", r"the artist .* exact ([\d.]+)"),
    "polished": lambda: stored("10", "polisher", r"polisher .* exact ([\d.]+)"),
    "uncaught": lambda: stored("10", "board-figure", r"caught by nothing: (.*)"),
    "confirmed": lambda: stored("10", "polisher-second", r"polisher +second judge confirms (.*) things"),
    "agreed": lambda: stored("10", "two-judges", r"the artist: .* agree in ([\d.]+)"),
    "kappa": lambda: stored("10", "two-judges", r"the artist: .* kappa ([\d.]+), lib"),
    "report accuracy": partial(report, "lesson", "prompt_accuracy"),
}
