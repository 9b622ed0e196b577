"""The tiny artist of lesson 07: a generator of tiny scenes that has played longer than a lesson lasts.

`python -m t2i_lib.toys.tiny_artist` trains it (some minutes) and stores it in data/lessons/07 with its diary.
"""

from dataclasses import asdict, replace
from pathlib import Path

import torch

from t2i_lib.checkpoints import load_into, load_metadata, load_weights, save_weights
from t2i_lib.locations import data_folder
from t2i_lib.toys.conditional_game import Diary, Gauges, Rules, play
from t2i_lib.toys.conditional_toy import ToyDiscriminator, ToyGenerator
from t2i_lib.toys.tiny_judge import train_judge
from t2i_lib.toys.tiny_scenes import draw_scenes

RULES = replace(Rules(), steps=8000, note_every=1000)
PICTURES = 200  # of every label
REMEDY = "`python -m t2i_lib.toys.tiny_artist` makes it anew, in some minutes"


def artist_file() -> Path:
    """Where the shipped artist lies in the repository."""
    return data_folder() / "lessons" / "07" / "tiny_artist.safetensors"


def save_artist(path: Path, generator: ToyGenerator, diary: Diary) -> None:
    """Keep a generator with its diary; half precision, so that it stays small."""
    state = {f"generator.{name}": tensor.half() for name, tensor in generator.state_dict().items()}
    about = {"steps": diary.steps, "gauges": [asdict(each) for each in diary.gauges]}
    save_weights(path, state | {"samples": torch.stack(diary.samples).half()}, about)


def load_artist(path: Path | None = None) -> tuple[ToyGenerator, Diary]:
    """The shipped artist, or that of a file, with its diary.

    Raises:
        ValueError: if the file is missing or damaged.
    """
    path = path or artist_file()
    state = {name: tensor.float() for name, tensor in load_weights(path, REMEDY).items()}
    about, samples = load_metadata(path, REMEDY), list(state.pop("samples"))
    generator = ToyGenerator()
    load_into(generator, {name.removeprefix("generator."): tensor for name, tensor in state.items()}, path)
    return generator.requires_grad_(False), Diary(about["steps"], [Gauges(**each) for each in about["gauges"]], samples)


def main(path: Path, rules: Rules = RULES, pictures: int = PICTURES) -> None:
    """Train an artist and keep it."""
    torch.set_num_threads(1)
    scenes = draw_scenes(pictures)
    torch.manual_seed(0)
    generator = ToyGenerator()
    diary = play(generator, ToyDiscriminator(), scenes, train_judge(scenes), rules)
    save_artist(path, generator, diary)
    print(f"{path}: {path.stat().st_size:,} bytes, {diary.gauges[-1]}")


if __name__ == "__main__":
    main(artist_file())
