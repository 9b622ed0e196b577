"""How good an artist is: it draws what captions ask for, and the judge looks.

In: an artist (prompts and seeds -> images) and the judge. Out: a report of named estimates. Two rows give the scale:
rendered pictures of the same captions, and the picture of the training caption that is most alike.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from t2i_lib import metrics
from t2i_lib.checkpoints import load_json
from t2i_lib.datasets import StorybookDataset, pixels_to_images
from t2i_lib.frechet import frechet_interval
from t2i_lib.judge import Judge
from t2i_lib.locations import checkpoint_folder, data_folder
from t2i_lib.storybook.captions import LANGUAGES
from t2i_lib.storybook.pairs import RENDER_SIZE, ids_to_stated, shrink, stated_to_ids
from t2i_lib.storybook.render import render
from t2i_lib.storybook.scene import ATTRIBUTES, sample_scene, scene_rng
from t2i_lib.viewer import Gallery, View, Viewer


class Artist(Protocol):
    """Whoever draws; `TextToImage` is one."""

    def draw(self, prompts: list[str], seeds: list[int]) -> Tensor:
        """Images (B, 3, H, W) in [-1, 1], one a prompt with its seed."""


@dataclass(frozen=True)
class EvaluationSettings:
    """How much is drawn and looked at. The default takes one to two minutes on two processor cores."""

    captions: int = 500  # of the test split, and as many of unseen combinations; each in both languages
    variety_captions: int = 50
    variety_copies: int = 8  # pictures of each
    article_seeds: int = 10
    training_pairs: int = 24_000  # among which the nearest caption is looked for


def evaluate(
    artist: Artist, judge: Judge, image_size: int, settings: EvaluationSettings | None = None, quiet: bool = False
) -> dict[str, Any]:
    """Measure an artist.

    Args:
        artist: draws.
        judge: looks; in evaluation mode.
        image_size: width of the artist's pictures, pixels.
        settings: how much is drawn.
        quiet: no progress bar.

    Returns:
        report: `Estimate`s by name, and in "rows", "per_attribute", "per_value", "languages" dictionaries of them; in
            "article_prompts" how often everything stated was found; in "settings" the numbers of captions.
    """
    settings = settings or EvaluationSettings()
    viewer = Viewer(judge)
    bar = tqdm(desc="evaluating", unit="picture", disable=quiet)
    galleries = {split: Gallery(split, image_size, settings.captions, viewer) for split in ("test", "unseen")}
    drawn = {split: _draw_captions(artist, gallery, viewer, bar) for split, gallery in galleries.items()}
    test, unseen = galleries["test"], galleries["unseen"]
    report = _figures(drawn["test"], test) | {
        "unseen_prompt_accuracy": _both_languages(drawn["unseen"], unseen)["prompt_accuracy"],
        "unseen_exact_match": _both_languages(drawn["unseen"], unseen)["exact_match"],
        "variety_ratio": _variety(artist, test, settings, bar),
        "rows": {
            "artist": {split: _both_languages(drawn[split], galleries[split]) for split in galleries},
            "real pictures": {split: _scores(g.found[:, 1], g.stated) for split, g in galleries.items()},
            "nearest training caption": _nearest(galleries, image_size, settings.training_pairs, viewer),
        },
        "article_prompts": _article_prompts(artist, settings.article_seeds, viewer, bar),
        "settings": asdict(settings),
    }
    others = Gallery("validation", image_size, settings.captions, viewer)
    everything = View.join(drawn["test"].values())
    bar.close()
    return report | _distances(everything, test.view, others.view)


def _draw_captions(artist: Artist, gallery: Gallery, viewer: Viewer, bar: tqdm) -> dict[str, View]:
    """Language -> what is seen in the pictures drawn for a gallery's captions."""
    count, views = len(gallery.stated), {}
    for place, language in enumerate(LANGUAGES):
        seeds = list(range(place * count, (place + 1) * count))
        views[language] = _draw(artist, gallery.prompts(language), seeds, viewer, bar)
    return views


def _draw(artist: Artist, prompts: list[str], seeds: list[int], viewer: Viewer, bar: tqdm) -> View:
    views = []
    for start in range(0, len(prompts), 50):
        part = slice(start, start + 50)
        views.append(viewer.look(artist.draw(prompts[part], seeds[part])))
        bar.update(len(views[-1].found))
    return View.join(views)


def _figures(drawn: dict[str, View], test: Gallery) -> dict[str, Any]:
    found = torch.cat([drawn[language].found for language in LANGUAGES])
    stated = test.stated.repeat(len(LANGUAGES), 1)
    real, truth = test.view.found, test.attributes.flatten(0, 1)
    return _both_languages(drawn, test) | {
        "zh_minus_en": metrics.accuracy_gap(drawn["zh"].found, drawn["en"].found, test.stated),
        "text_use_gap": metrics.text_use_gap(drawn["en"].found, test.stated),
        "judge_accuracy": metrics.mean_accuracy(real, truth),
        "per_attribute": metrics.accuracy_per_attribute(found, stated),
        "per_value": metrics.recall_per_value(found, stated),
        "judge_per_attribute": metrics.accuracy_per_attribute(real, truth),
        "languages": {language: _scores(drawn[language].found, test.stated) for language in LANGUAGES},
    }


def _scores(found: Tensor, stated: Tensor) -> dict[str, metrics.Estimate]:
    return {
        "prompt_accuracy": metrics.prompt_accuracy(found, stated),
        "exact_match": metrics.exact_match(found, stated),
    }


def _both_languages(drawn: dict[str, View], gallery: Gallery) -> dict[str, metrics.Estimate]:
    views = [drawn[language].found for language in LANGUAGES]
    # Side by side, so that the interval is drawn over captions: both languages of one succeed and fail together.
    accuracy = metrics.prompt_accuracy(torch.cat(views, dim=1), gallery.stated.repeat(1, len(views)))
    matches = metrics.exact_match(torch.cat(views), gallery.stated.repeat(len(views), 1))
    return {"prompt_accuracy": accuracy, "exact_match": matches}


def _distances(drawn: View, real: View, others: View) -> dict[str, metrics.Estimate]:
    """Drawn and real pictures of the same captions, both against real ones of other captions.

    What is left of the latter is the floor. Set against the real pictures of its own captions, an artist would be
    spared what differs between any two lots of captions, and could come out below it.
    """
    distance, floor = (frechet_interval(view.features, others.features) for view in (drawn, real))
    return {
        "frechet_distance": distance,
        "frechet_floor": floor,
        "frechet_over_floor": metrics.quotient(distance, floor),
        "random_frechet_distance": frechet_interval(drawn.random_features, others.random_features),
        "random_frechet_floor": frechet_interval(real.random_features, others.random_features),
    }


def _variety(artist: Artist, test: Gallery, settings: EvaluationSettings, bar: tqdm) -> metrics.Estimate:
    copies, size = settings.variety_copies, test.data.size
    count = min(settings.variety_captions, len(test.stated))
    prompts, drawn, real = test.prompts("en")[:count], [], []
    for index, prompt in enumerate(prompts):
        drawn.append(artist.draw([prompt] * copies, list(range(copies))))
        real.append(render_again(test, index, copies, size))
        bar.update(copies)
    return metrics.variety_ratio(torch.stack(drawn), torch.stack(real))


def render_again(gallery: Gallery, index: int, copies: int, size: int) -> Tensor:
    """Rendered pictures of one caption, all that it does not state drawn anew: (copies, 3, size, size)."""
    rng = scene_rng(gallery.data.split, index, "variety")
    subject = ATTRIBUTES["subject"][int(gallery.attributes[index, 0, list(ATTRIBUTES).index("subject")])]
    stated = {"subject": subject} | ids_to_stated(gallery.stated[index].tolist())
    scenes = [sample_scene(rng, gallery.data.split, stated) for _ in range(copies)]
    drawn_size = size if RENDER_SIZE % size else RENDER_SIZE
    pixels = np.stack([np.asarray(render(scene, drawn_size, rng)) for scene in scenes])
    return pixels_to_images(torch.from_numpy(shrink(pixels, size)))


def _nearest(galleries: dict[str, Gallery], size: int, count: int, viewer: Viewer) -> dict[str, Any]:
    """Scores of an artist that has learnt all training pictures by heart and hands out the most fitting one."""
    train = StorybookDataset("train", size, count)
    training_stated = torch.stack([train.labels(index)[2] for index in range(count)])
    scores = {}
    for split, gallery in galleries.items():
        nearest = metrics.nearest_captions(gallery.stated, training_stated).tolist()
        images = torch.cat([pixels_to_images(train[index].pixels[:1]) for index in nearest])
        scores[split] = _scores(viewer.look(images).found, gallery.stated)
    return scores


def _article_prompts(artist: Artist, seeds: int, viewer: Viewer, bar: tqdm) -> list[dict[str, Any]]:
    """For each of the article's prompts in each language: in how many pictures everything stated is found."""
    results = []
    for entry in load_json(data_folder() / "prompts.json"):
        stated = torch.tensor([stated_to_ids(entry["stated"])] * seeds)
        for language in LANGUAGES:
            found = _draw(artist, [entry[language]] * seeds, list(range(seeds)), viewer, bar).found
            right = ((found == stated) | (stated < 0)).all(1)
            missed = ((found != stated) & (stated >= 0)).sum(0).tolist()
            results.append({"prompt": entry[language], "language": language, "found": int(right.sum()), "of": seeds,
                            "missed": {n: m for n, m in zip(ATTRIBUTES, missed, strict=True) if m}})  # fmt: skip
    return results


def to_json(report: Any) -> Any:
    """The report with every estimate as {"value", "low", "high"}."""
    if isinstance(report, metrics.Estimate):
        return {name: round(value, 5) for name, value in report.as_dict().items()}
    if isinstance(report, dict):
        return {name: to_json(value) for name, value in report.items()}
    return [to_json(value) for value in report] if isinstance(report, list) else report


def run(
    folder: str | Path | None = None,
    as_json: bool = False,
    device: str = "auto",
    precision: str = "auto",
    judge: str = "judge",
    sketches: int = 1,
) -> None:
    """Evaluate the artist in a folder (or the one of the repository), and print the report.

    Args:
        judge: which classifier in data/checkpoints looks; "perceptual" gives a second opinion.
        sketches: of so many the picture is chosen that is measured.

    Raises:
        ValueError: if the artist or the judge is missing or broken, or if the judge would measure its own choice.
    """
    from t2i_lib.evaluation_table import as_table
    from t2i_lib.pipeline import TextToImage
    from t2i_lib.sketches import EYES, Sketcher

    if sketches != 1 and judge == EYES:
        raise ValueError(f"{EYES} chooses among sketches, so it cannot also measure them; leave --judge out")

    eyes = Judge.load(checkpoint_folder(judge))
    artist = TextToImage.from_pretrained(folder, device=device, precision=precision)
    drawer = artist if sketches == 1 else Sketcher(artist, sketches)
    report = evaluate(drawer, eyes.to(artist.device), artist.config.image_size)
    print(json.dumps(to_json(report), ensure_ascii=False, indent=1) if as_json else as_table(report))
