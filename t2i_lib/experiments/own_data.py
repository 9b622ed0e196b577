"""What helps when there are few pictures? Sixteen zibbles and eighty emoji faces, one thing changed at a time."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from PIL import Image
from torch.utils.data import Dataset, Subset

from t2i_lib.captioned import CaptionedPicture
from t2i_lib.captioned_folder import CaptionedFolder
from t2i_lib.experiments.picture_rows import load_rows, save_rows
from t2i_lib.experiments.record import Outcome, Record, carry_out, record_file
from t2i_lib.forgetting import storybook_accuracy
from t2i_lib.judge import Judge
from t2i_lib.locations import RUNS, checkpoint_folder
from t2i_lib.openmoji import OpenMoji
from t2i_lib.pipeline import TextToImage, to_pictures
from t2i_lib.recipes import own
from t2i_lib.recipes.own_task import OwnTraining, choose_learning
from t2i_lib.run_folder import read_log
from t2i_lib.toys.creatures import CREATURES, HELD_OUT, captions, write_folder

NAME = "own_data"
START = "lesson"  # the artist that trainings begin with
STEPS = 300
LOOK_EVERY = 100  # steps
SHOWN = 8  # pictures of each variant that are kept to look at
FACES = 100  # emoji faces, of which every fifth is kept back
SMALL_PART = 1e-3  # learning rate where few numbers learn: they bear more, and need it
CURVES = ("caption recall", "recall, unseen", "copies", "distance", "overfitting")


@dataclass(frozen=True)
class Variant:
    """One training: on what, from what, how."""

    world: str = "zibbles"  # or "faces"
    settings: OwnTraining = OwnTraining(batch_size=8)
    from_scratch: bool = False


RECIPE = Variant()
FACE_RECIPE = Variant("faces", replace(RECIPE.settings, batch_size=16))
VARIANTS = {
    "recipe": RECIPE,
    "no augmentation": replace(RECIPE, settings=replace(RECIPE.settings, augmented="none")),
    "only real ones augmented": replace(RECIPE, settings=replace(RECIPE.settings, augmented="real")),
    "affine layers only": replace(
        RECIPE, settings=replace(RECIPE.settings, learns="affine", generator_rate=SMALL_PART)
    ),
    "low rank": replace(RECIPE, settings=replace(RECIPE.settings, learns="low rank", generator_rate=SMALL_PART)),
    "from scratch": replace(RECIPE, from_scratch=True),
    "faces: recipe": FACE_RECIPE,
    "faces: no augmentation": replace(FACE_RECIPE, settings=replace(FACE_RECIPE.settings, augmented="none")),
    "faces: from scratch": replace(FACE_RECIPE, from_scratch=True),
}


def run(seeds: Iterable[int], steps: int = STEPS, path: Path | None = None) -> Record:
    """Train every variant once for each seed; what the first one drew lies beside the record."""
    path = path or record_file(NAME)
    trainings = {name: partial(train_variant, name, steps=steps, sheet=path.with_suffix(".png")) for name in VARIANTS}
    return carry_out(NAME, trainings, list(seeds), path)


def train_variant(name: str, seed: int, steps: int, sheet: Path) -> Outcome:
    """One training with all that is measured of it; its pictures are added to the sheet."""
    variant, folder = VARIANTS[name], RUNS / "experiments" / f"{NAME}-{list(VARIANTS).index(name)}-{seed}"
    pictures, held_out, prompts = world(variant.world)
    report = own.run(
        pictures, checkpoint_folder(START), folder, variant.settings, held_out, variant.from_scratch,
        steps=steps, seed=seed, quiet=True, gauges_every=LOOK_EVERY,
    )  # fmt: skip
    artist = TextToImage.from_pretrained(folder)
    keep_row(sheet, name, to_pictures(artist.draw(prompts, [0] * len(prompts))))
    start = TextToImage.from_pretrained(checkpoint_folder(START), device="cpu")
    figures = {
        **report.gauges,
        "storybook": storybook_accuracy(artist, Judge.load(checkpoint_folder("judge"))).value,
        "numbers that learn": choose_learning(start.generator, variant.settings),
    }
    looks = [entry["gauges"] for entry in read_log(folder) if "gauges" in entry]
    curves = {figure: [round(each[figure], 4) for each in looks] for figure in CURVES}
    return Outcome({figure: round(value, 4) for figure, value in figures.items()}, curves)


@cache
def world(name: str) -> tuple[Dataset[CaptionedPicture], list[int], list[str]]:
    """Pictures, which of them are kept back, and prompts to look at: half of them unseen."""
    if name == "zibbles":
        held_out = [CREATURES.index(creature) for creature in HELD_OUT]
        seen = [each for each in CREATURES if each not in HELD_OUT][:: len(CREATURES) // (SHOWN - 1)]
        shown = [*HELD_OUT, *seen][:SHOWN]
        folder = CaptionedFolder(write_folder(RUNS / "experiments" / "zibbles", 64), 64)
        return folder, held_out, [captions(*each)[number % 2] for number, each in enumerate(shown)]
    emojis = OpenMoji(64, tones=False)
    places = [place for place, (_, said) in enumerate(emojis.items) if "face" in said[0].split()][:FACES]
    held_out, said = list(range(0, len(places), 5)), [emojis.items[place][1] for place in places]
    shown = [*held_out[: SHOWN // 2], *range(1, 5 * SHOWN, 10)][:SHOWN]
    return Subset(emojis, places), held_out, [said[place][0] for place in shown]


def keep_row(sheet: Path, name: str, pictures: list[Image.Image]) -> None:
    """Add a row of pictures to the sheet, unless it is there already."""
    rows = load_rows(sheet) if sheet.is_file() else {}
    save_rows(sheet, {**rows, name: rows.get(name, pictures)})
