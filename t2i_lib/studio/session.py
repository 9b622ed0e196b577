"""A sitting in the studio, without a single widget: wishes go in, pictures come out, nothing is forgotten too soon.

A `Wish` is all that decides the pictures, so a wish taken from the history draws them again, to the last pixel.
"""

import io
import time
import warnings
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from t2i_lib.pipeline import TextToImage, check_seed, to_pictures
from t2i_lib.prompts import clean_prompt
from t2i_lib.provenance import file_stem, label
from t2i_lib.studio.keeping import keep, to_png
from t2i_lib.studio.layers import draw_layer_by_layer, read
from t2i_lib.studio.noise_paths import slerp
from t2i_lib.understanding import warning_of_unknown

MOST_PICTURES = 16  # of one wish
REMEMBERED = 40  # answers; older ones are forgotten, so that a long sitting does not fill the memory


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    Raises:
        ValueError: if seed, count or variation make no sense.
    """

    prompt: str
    seed: int = 0
    count: int = 4
    variation: float = 1.0  # 0: all pictures are one; 1: as different as seeds seed, seed + 1, ... make them
    towards: str = ""  # a second prompt: the pictures walk to it, all from the noise of `seed`

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if not isinstance(self.count, int) or not 1 <= self.count <= MOST_PICTURES:
            raise ValueError(f"count is a whole number from 1 to {MOST_PICTURES}, not {self.count!r}")
        if not 0 <= self.variation <= 1:
            raise ValueError(f"variation lies between 0 (all alike) and 1 (as for other seeds), not {self.variation!r}")

    @property
    def is_walk(self) -> bool:
        """Whether the pictures lead from one prompt to another."""
        return bool(self.towards)

    def __str__(self) -> str:
        way = f" -> {self.towards}" if self.is_walk else ""
        varied = f", variation {self.variation:.2f}" if self.variation < 1 and not self.is_walk else ""
        return f"{self.prompt}{way} (seed {self.seed}, {self.count}{varied})"


@dataclass(frozen=True)
class Answer:
    """What came of a wish."""

    wish: Wish
    pictures: tuple[bytes, ...]  # PNG files with everything inside that it takes to draw them again
    understood: str  # what the text encoder read, attribute by attribute
    remarks: tuple[str, ...]  # what one should know: unknown words, a prompt that was cut
    seconds: float  # from the wish to the pictures


class Session:
    """One artist at work for one visitor.

    Args:
        artist: who draws.
        remembered: how many answers are kept.
    """

    def __init__(self, artist: TextToImage, remembered: int = REMEMBERED) -> None:
        self.artist = artist
        self._answers: deque[Answer] = deque(maxlen=remembered)

    @property
    def history(self) -> list[Answer]:
        """The answers, the newest first."""
        return list(reversed(self._answers))

    def ask(self, wish: Wish) -> Answer:
        """Draw, remember, and say what was understood.

        Raises:
            ValueError: if there is nothing to draw in the prompt.
        """
        begin = time.perf_counter()
        wish = replace(wish, prompt=self._tidy(wish.prompt), towards=wish.towards and self._tidy(wish.towards))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            latents, seeds, made = _walk(self.artist, wish) if wish.is_walk else _vary(self.artist, wish)
            pictures = to_pictures(self.artist.decode(latents))
        for picture, seed in zip(pictures, seeds, strict=True):
            label(picture, wish.prompt, seed, self.artist.config.name)
        files = tuple(to_png(picture, how) for picture, how in zip(pictures, made, strict=True))
        prompts = [wish.prompt, wish.towards] if wish.is_walk else [wish.prompt]
        remarks = [str(each.message) for each in caught] + [warning_of_unknown(prompt) for prompt in prompts]
        understood = "\n  then\n".join(_understood(self.artist, prompt) for prompt in prompts)
        answer = Answer(wish, files, understood, tuple(filter(None, remarks)), time.perf_counter() - begin)
        self._answers.append(answer)
        return answer

    def save(self, answer: Answer, folder: Path) -> list[Path]:
        """Write the pictures of an answer into a folder; their names say what they show.

        Raises:
            OSError: if the folder cannot be written to.
        """
        wish, stem = answer.wish, file_stem(answer.wish.prompt, answer.wish.seed)
        if wish.is_walk:
            stem += f"-to-{file_stem(wish.towards, wish.seed)}-in-{len(answer.pictures)}"
        elif wish.variation < 1:
            stem += f"-varied-{round(100 * wish.variation):02}"
        return [keep(file, folder / f"{stem}-{place}.png") for place, file in enumerate(answer.pictures, start=1)]

    def _tidy(self, prompt: str) -> str:
        return clean_prompt(prompt, self.artist.text_encoder.context_length)


def _vary(artist: TextToImage, wish: Wish) -> tuple[Tensor, list[int], list[str]]:
    """Latents around one seed; the seeds they shall be labelled with; what the seed does not say."""
    seeds = [wish.seed + place for place in range(wish.count)]
    noise = artist.sample_noise(seeds)
    if wish.variation < 1:
        noise = slerp(noise[:1].expand_as(noise), noise, wish.variation)
    latents = draw_layer_by_layer(artist, noise, [read(artist, wish.prompt, [1.0] * wish.count)])
    if wish.variation == 1:
        return latents, seeds, [""] * wish.count
    share = f"{wish.variation:.0%} of the arc from the noise of seed {wish.seed} to that of seed"
    return latents, [wish.seed] * wish.count, ["", *(f"{share} {seed}" for seed in seeds[1:])]


def _walk(artist: TextToImage, wish: Wish) -> tuple[Tensor, list[int], list[str]]:
    """Latents from one prompt to the other, from one noise: each layer listens less to one, more to the other."""
    shares = torch.linspace(0, 1, wish.count).tolist()
    noise = artist.sample_noise([wish.seed]).expand(wish.count, -1)
    readings = [
        read(artist, wish.prompt, [1 - share for share in shares]),
        read(artist, wish.towards, shares),
    ]
    made = [f"{share:.0%} of the way to: {wish.towards}" if share else "" for share in shares]
    return draw_layer_by_layer(artist, noise, readings), [wish.seed] * wish.count, made


def _understood(artist: TextToImage, prompt: str) -> str:
    try:
        return repr(artist.parse(prompt))
    except ValueError as error:  # an artist whose text encoder came without probes
        return f"(not known: {error})"


def open_picture(file: bytes) -> Image.Image:
    """A picture of an answer, as Pillow has it, its facts in `info`."""
    picture = Image.open(io.BytesIO(file))
    picture.load()
    return picture
