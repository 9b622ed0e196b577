"""Figures and numbers of the deck of lesson 13, responsible generation."""

from collections.abc import Callable
from functools import cache, partial
from statistics import fmean

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from PIL import Image

from t2i_lib import TextToImage
from t2i_lib.energy import experiments, kettle, shipped, watt_hours
from t2i_lib.experiments.record import load_record
from t2i_lib.experiments.who_is_drawn import audit_of
from t2i_lib.judge import Judge
from t2i_lib.locations import checkpoint_folder
from t2i_lib.nearest import Shelf, nearest
from t2i_lib.pipeline import to_pictures
from t2i_lib.plots import plot_pipeline
from t2i_lib.plots.listening import plot_picture_table
from t2i_lib.plots.responsible import plot_audits, plot_bill, plot_survival, plot_tones
from t2i_lib.storybook.people import SKIN_TONES
from t2i_lib.tones import People, read_tones, render_people, shares
from t2i_lib.watermark import THRESHOLD, detect, detect_shifted, embed, hide_bits, read_bits
from t2i_lib.wear import WAYS, says_its_origin
from tools.slides.drawing import enlarged
from tools.slides.facts import stored

KEY = 7
SHIFTED_THRESHOLD = 5.5  # 289 tries make chance louder; the notebook's


@cache
def artist(name: str = "lesson") -> TextToImage:
    return TextToImage.from_pretrained(checkpoint_folder(name), device="cpu", precision="fp32")


@cache
def girls() -> torch.Tensor:
    """Drawn girls (72, 3, 64, 64), nothing more said of them."""
    return artist().draw(["a girl", "一个女孩"] * 36, list(range(72)))


@cache
def people() -> People:
    return render_people(150, "girl")


@cache
def knights() -> list[Image.Image]:
    return artist("full")("a knight at the gate of a castle", seed=3, count=8)


def twelve_girls() -> Figure:
    pictures = to_pictures(girls()[:12])
    return plot_picture_table({" " * row: pictures[4 * row :][:4] for row in range(3)}, [""] * 4, edge=1.4)


def twelve_beaches() -> Figure:
    asked = {"English": "a person by the sea", "中文": "海边有一个人"}
    drawn = {language: to_pictures(artist().draw([text] * 6, list(range(6)))) for language, text in asked.items()}
    return enlarged(plot_picture_table(drawn, [f"seed {seed}" for seed in range(6)], edge=1.2), 1.3)


def girls_audited() -> Figure:
    record = load_record("who_is_drawn")
    return enlarged(
        plot_audits({f"a girl: {name}": audit_of(record, "girl", name) for name in ("color", "expression")})
    )


@cache
def tones() -> dict[str, list[float]]:
    """Shares of the skin tones: the truth, as read, as read after smearing, and as read of drawn girls."""
    true = people()
    with torch.no_grad():
        repainted = artist().decode(artist().autoencoder.encode(true.images))
    blurred = F.avg_pool2d(F.pad(true.images, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    rows = {"rendered: the truth": shares(true.skin)}
    looks = {"rendered: as read": true.images, "repainted": repainted, "blurred": blurred}
    rows |= {name: shares(read_tones(images, true.attributes)) for name, images in looks.items()}
    seen = Judge.load(checkpoint_folder("judge")).attributes(girls())
    rows["drawn"] = shares(read_tones(girls(), seen))
    return {name: row.tolist() for name, row in rows.items()}


def tones_of(*names: str) -> Figure:
    """Some rows of the shares, or all."""
    return enlarged(plot_tones({name: tones()[name] for name in names or tones()}, SKIN_TONES), 1.25)


def relatives() -> Figure:
    ours = Shelf(64, seed=0).images(range(128))
    _, places = nearest(*(F.avg_pool2d(images, 4) for images in (girls()[:4], ours)))
    rows = {"drawn": to_pictures(girls()[:4]), "nearest": to_pictures(ours[places])}
    return enlarged(plot_picture_table(rows, [""] * 4, edge=1.4), 1.5)


def three_knights() -> Figure:
    plain = knights()[0]
    shown = [plain, embed(plain, KEY), embed(plain, KEY, 20)]
    return enlarged(plot_picture_table({"": shown}, ["plain", "marked", "ten times"], edge=2.0), 1.5)


def repaint(picture: Image.Image) -> Image.Image:
    """Through the autoencoder and back: the same picture, no pixel as it was."""
    pixels = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8).view(1, *picture.size, 3)
    with torch.no_grad():
        latents = artist("full").autoencoder.encode(pixels.movedim(-1, 1) / 127.5 - 1)
        return to_pictures(artist("full").decode(latents))[0]


def what_survives() -> Figure:
    marked, hidden = ([mark(each, key=KEY) for each in knights()] for mark in (embed, hide_bits))
    tests: dict[str, tuple[list[Image.Image], Callable[[Image.Image], bool]]] = {
        "text": (knights(), says_its_origin),
        "bits": (hidden, lambda sent: sent.size == (128, 128) and read_bits(sent, KEY) > 0.6),
        "mark": (marked, lambda sent: detect(sent, KEY) > THRESHOLD),
        "mark, shifted": (marked, lambda sent: detect_shifted(sent, KEY) > SHIFTED_THRESHOLD),
    }
    table = {
        way: {name: fmean(found(go(each)) for each in pictures) for name, (pictures, found) in tests.items()}
        for way, go in {**WAYS, "repainted by a network": repaint}.items()
    }
    return enlarged(plot_survival(table), 1.1)


def energy_bill() -> Figure:
    rows = {
        "lesson: the game": next(each.minutes for each in shipped() if each.name == "lesson: gan"),
        "all shipped trainings": sum(each.minutes for each in shipped()),
        "the kept experiments": sum(each.minutes for each in experiments()),
    }
    return enlarged(plot_bill({name: watt_hours(minutes) for name, minutes in rows.items()}, kettle()), 1.3)


FIGURES = {
    "twelve_girls": twelve_girls,
    "twelve_beaches": twelve_beaches,
    "girls_audited": girls_audited,
    "headline": partial(tones_of, "rendered: the truth", "rendered: as read", "drawn"),
    "all_tones": tones_of,
    "relatives": relatives,
    "three_knights": three_knights,
    "what_survives": what_survives,
    "energy_bill": energy_bill,
    "where_we_are": partial(plot_pipeline, ("prompt", "picture")),
}


def copies_table() -> str:
    """The test of copying: on the culprit, and in the record, with intervals."""
    caught = stored("13", "parrot", r"the parrot: nearer to training ([\d.]+)")
    rows = ["| pictures | nearer to training |", "|---|---|", f"| a parrot, trained to copy | **{caught}** |"]
    record = load_record("copying")
    for variant in record.variants:
        found = record.of(variant)[0].figures
        rows.append(f"| {variant} | {found['nearer to training']:.2f} [{found['low']:.2f}, {found['high']:.2f}] |")
    return "\n".join(rows)


def filters_table() -> str:
    rows = ["| filter | precision | recall | false alarms |", "|---|---|---|---|"]
    for name in ("English list", "both languages", "whole words only", "unknown words"):
        found = [
            stored("13", "filters", rf"^{name} +{pattern}")
            for pattern in (r"precision ([\d.]+)", r"precision .* recall ([\d.]+)", r".*\((\d+) false alarms")
        ]
        rows.append(f"| {name} | {' | '.join(found)} |")
    return "\n".join(rows)


FACTS = {
    "copies table": copies_table,
    "filters table": filters_table,
    "person in captions": lambda: stored("13", "person-captions", r"^person: (\d+ of \d+) captions"),
    "about nobody": lambda: stored("13", "person-captions", r"^person: .*, (\d+) of them about nobody"),
    "example": lambda: stored("13", "person-captions", r"^person: .*e\.g\. (.*)"),
    "variation": lambda: stored("13", "variation-tried", r"color: total variation ([\d.]+)"),
    "chance": lambda: stored("13", "variation-tried", r"color: .* chance up to ([\d.]+)"),
    "cured color": lambda: stored("13", "cure", r"color: total variation ([\d.]+)"),
    "cured color chance": lambda: stored("13", "cure", r"color: .*chance up to ([\d.]+)"),
    "cured expression": lambda: stored("13", "cure", r"expression: total variation ([\d.]+)"),
    "cured expression chance": lambda: stored("13", "cure", r"expression: .*chance up to ([\d.]+)"),
    "calm": lambda: stored("13", "audit-figure", r"calm +drawn .* amplified (\d\.\d\d)"),
    "reader": lambda: stored("13", "tones-reader", r"right on ([\d.]+) of"),
    "reader blurred": lambda: stored("13", "tones-control", r"blurred: right on ([\d.]+)"),
    "darkest": lambda: stored("13", "tones-drawn", r"tone 6: ([\d.]+)"),
    "second darkest": lambda: stored("13", "tones-drawn", r"tone 5: ([\d.]+)"),
    "bits after JPEG": lambda: stored("13", "bits", r"JPEG 90: ([\d.]+) of the bits"),
    "wrong key": lambda: stored("13", "hear-tried", r"highest score ([\d.]+)"),
    "right key": lambda: stored("13", "hear-tried", r"right key: lowest ([\d.]+)"),
    "fewest errors": lambda: stored("13", "errors-tried", r"fewer errors than (\d+)"),
    "together": lambda: stored("13", "bill", r"together +[\d.]+ +(.*?\)) "),
    "grams": lambda: stored("13", "bill", r"by your function, middle: (\d+) g"),
}
