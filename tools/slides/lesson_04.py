"""Figures and numbers of the deck of lesson 04, captioned pictures."""

from functools import cache, partial
from random import Random

import torch
from matplotlib.figure import Figure
from torch import Tensor

from t2i_lib import metrics
from t2i_lib.datasets import StorybookDataset, pixels_to_images
from t2i_lib.judge import Judge
from t2i_lib.locations import checkpoint_folder
from t2i_lib.plots import plot_pipeline
from t2i_lib.plots.captioned_pictures import plot_confidences, plot_left_over, plot_two_way
from t2i_lib.plots.curves import plot_curves
from t2i_lib.plots.stages import plot_pictures
from t2i_lib.storybook.pairs import stated_to_ids
from t2i_lib.storybook.render import render
from t2i_lib.storybook.scene import ATTRIBUTES, Scene, sample_scene
from tools.slides.drawing import enlarged
from tools.slides.facts import stored

COUNT = 8000


@cache
def train() -> StorybookDataset:
    return StorybookDataset("train", size=64, count=COUNT)


@cache
def truth_and_captions() -> tuple[Tensor, Tensor]:
    """What the first pictures show, and what their captions state: (N, 9) each."""
    labels = torch.stack([train().labels(index) for index in range(COUNT)])  # (N, 3, 9)
    return labels[:, 0], labels[:, 2]


def allowed(**values: str) -> Tensor:
    """Which training pictures a caption lets pass (N,)."""
    stated = torch.tensor(stated_to_ids(values))
    return ((truth_and_captions()[0] == stated) | (stated < 0)).all(dim=1)


def training_pictures() -> Figure:
    pictures = [train()[index].pixels[0].numpy() for index in range(8)]
    return plot_pictures(pictures, columns=4, edge=1.5)


def left_over() -> Figure:
    captions = {
        "a cat": {"subject": "cat"},
        "a red cat": {"subject": "cat", "color": "red"},
        "a red cat on the left": {"subject": "cat", "color": "red", "position": "left"},
        "... at night": {"subject": "cat", "color": "red", "position": "left", "time": "night"},
    }
    counts = {words: int(allowed(**values).sum()) for words, values in captions.items()}
    return enlarged(plot_left_over(counts, whole=COUNT), 1.2)


def two_freedoms() -> Figure:
    scene = Scene("seaside", "sunset", subject="cat", color="red", holding="none", position="left")
    same_scene = [render(scene, 64, Random(seed)) for seed in range(6)]
    places = allowed(subject="cat", color="red").nonzero()[:6, 0].tolist()
    same_caption = [train()[place].pixels[0].numpy() for place in places]
    titles = ["one scene"] * 6 + ["a red cat"] * 6
    return enlarged(plot_pictures(same_scene + same_caption, titles, columns=6, edge=1.15), 1.2)


def mirror() -> Figure:
    place = (truth_and_captions()[1][:, 7] == 0).nonzero()[0, 0].item()  # the first caption that says left
    picture = train()[place].pixels[0].numpy()
    return enlarged(plot_pictures([picture, picture[:, ::-1]], ["as drawn", "mirrored"], edge=1.7), 1.2)


def missing_pairs() -> Figure:
    attributes = truth_and_captions()[0]
    subject, color = (attributes[:, list(ATTRIBUTES).index(name)] for name in ("subject", "color"))
    both = (subject >= 0) & (color >= 0)
    rows, columns = len(ATTRIBUTES["subject"]), len(ATTRIBUTES["color"])
    table = torch.bincount(columns * subject[both] + color[both], minlength=rows * columns).view(rows, columns)[1:]
    return enlarged(plot_two_way({"train": table}, ATTRIBUTES["subject"][1:], ATTRIBUTES["color"]), 1.2)


def unfair_world() -> Figure:
    rng = Random("an unfair world")
    dressed = [("girl", "red"), ("boy", "blue")] * 2 + [("girl", "blue"), ("boy", "red")] * 2
    pictures = [
        render(sample_scene(rng, "train", {"subject": subject, "color": color}), 64, rng) for subject, color in dressed
    ]
    return plot_pictures(pictures, ["usual", "", "", "", "turned", "", "", ""], columns=4, edge=1.4)


@cache
def judge() -> Judge:
    return Judge.load(checkpoint_folder("judge"))


@cache
def noise() -> Tensor:
    return torch.rand(200, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1


def squares_of_noise() -> Figure:
    return plot_pictures(noise()[:3].movedim(1, -1).add(1).div(2).numpy(), edge=1.3)


@torch.no_grad()
def how_sure() -> Figure:
    images = pixels_to_images(StorybookDataset("test", 64, 100).batch(range(100)).pixels.flatten(0, 1))
    kinds = {"200 rendered pictures": images, "200 squares of noise": noise()}
    sure = {
        kind: torch.cat([logits.softmax(1).amax(1) for logits in judge()(each).values()])
        for kind, each in kinds.items()
    }
    return enlarged(plot_confidences(sure), 1.2)


def by_heart() -> Figure:
    attributes, stated = truth_and_captions()
    sizes, growth = [500, 1000, 2000, 4000, 8000], {}
    for split in ("test", "unseen"):
        data = StorybookDataset(split, 64, 100)
        wanted = torch.stack([data.labels(index)[2] for index in range(100)])
        growth[split] = [
            metrics.prompt_accuracy(attributes[metrics.nearest_captions(wanted, stated[:size])], wanted).value
            for size in sizes
        ]
    return enlarged(plot_curves(growth, "training pictures known by heart", "prompt accuracy", xs=sizes), 1.15)


FIGURES = {
    "training_pictures": training_pictures,
    "left_over": left_over,
    "two_freedoms": two_freedoms,
    "mirror": mirror,
    "missing_pairs": missing_pairs,
    "unfair_world": unfair_world,
    "squares_of_noise": squares_of_noise,
    "how_sure": how_sure,
    "by_heart": by_heart,
    "where_we_are": partial(plot_pipeline, ("prompt", "picture")),
}


def turned(diet: str) -> str:
    """The share of blue girls and red boys that a reader of some diet names correctly."""
    return stored("04", "cure", rf"On the turned ones:.*{diet}: ([\d.]+\d)")


FACTS = {
    "scenes": lambda: stored("04", "count-scenes", r"= ([\d,]+) scenes"),
    "stated": lambda: stored("04", "truth", r"that a caption states: +([\d.]+)"),
    "apply": lambda: stored("04", "truth", r"that apply to a picture: ([\d.]+)"),
    "red cats": lambda: stored("04", "left-over", r"a red cat: (\d+)"),
    "by accident": lambda: stored("04", "true-captions", r"of their pair, (\d+) of another"),
    "flipped": lambda: stored("04", "flip-counted", r"it is (\d+)"),
    "leaky exam": lambda: stored("04", "by-heart", r"(\d+%) of 60"),
    "honest exam": lambda: stored("04", "honest-exam", r"correctly: ([\d.]+%) of 40"),
    "new in test": lambda: stored("04", "new-pairs", r"test: in 1000 pictures (\d+) pairs"),
    "new in unseen": lambda: stored("04", "new-pairs", r"unseen: in 1000 pictures (\d+) pairs"),
    "own test": lambda: stored("04", "train-reader", r"own test: (\d+) of 100"),
    "turned 200": lambda: turned("200 usual"),
    "turned 400": lambda: turned("400 usual"),
    "turned 4": lambda: turned("200, 4 turned"),
    "turned 20": lambda: turned("200, 20 turned"),
    "plain interval": lambda: stored("04", "naive-interval", r"true share 0.95: (\d+%)"),
    "wilson interval": lambda: stored("04", "judge-accuracy", r"hold it in (\d+%)"),
    "knights": lambda: stored("04", "noise", r"knight   in (\d+) of 200"),
    "obeys": lambda: stored("04", "confidence", r"in (\d+) of 200$"),
    "farther": lambda: stored("04", "second-eye", r"noise is (\d+) times"),
    "heart test": lambda: stored("04", "baseline-growth", r"test: [\d.]+ to ([\d.]+\d)"),
    "heart unseen": lambda: stored("04", "baseline-growth", r"unseen: [\d.]+ to ([\d.]+\d)"),
    "exact unseen": lambda: stored("04", "baseline-table", r"unseen nearest caption .* exact match ([\d.]+\d)"),
}
