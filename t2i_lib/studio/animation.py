"""Art: a picture that breathes. Its noise goes once around a small circle, so the film ends where it began.

Formats: GIF and WebP run everywhere, PNG (animated) keeps every colour, MP4 needs the program ffmpeg.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from t2i_lib.checkpoints import atomic_path
from t2i_lib.pipeline import TextToImage, to_pictures
from t2i_lib.prompts import clean_prompt
from t2i_lib.provenance import label
from t2i_lib.studio.keeping import facts_of
from t2i_lib.studio.layers import draw_layer_by_layer, read
from t2i_lib.studio.noise_paths import lap

FORMATS = (".gif", ".webp", ".png", ".mp4")
BATCH = 16  # frames drawn at once


@dataclass(frozen=True)
class Film:
    """Frames that go around: after the last comes the first."""

    frames: tuple[Image.Image, ...]
    seconds: float  # of one round
    made: str


def draw_loop(
    artist: TextToImage, prompt: str, seed: int = 0, frames: int = 36, radius: float = 0.6, seconds: float = 4.0
) -> Film:
    """Draw a film of one prompt.

    Args:
        seed: of the picture in the middle of the circle, which itself is not in the film.
        frames: pictures a round.
        radius: how deeply it breathes: angle between the middle and each frame, radians.
        seconds: of one round.

    Raises:
        ValueError: if there is nothing to draw, fewer than three frames, or no time.
    """
    if seconds <= 0:
        raise ValueError(f"a film lasts some time, not {seconds} seconds")
    prompt = clean_prompt(prompt)
    noise = lap(artist.sample_noise([seed, seed + 1, seed + 2]), frames, radius)
    drawn = []
    for part in noise.split(BATCH):
        latents = draw_layer_by_layer(artist, part, [read(artist, prompt, [1.0] * len(part))])
        drawn += to_pictures(artist.decode(latents))
    for frame in drawn:
        label(frame, prompt, seed, artist.config.name)
    made = f"film: {frames} frames on a circle of {radius:.2f} rad, noise of seeds {seed} to {seed + 2}"
    return Film(tuple(drawn), seconds, made)


@dataclass(frozen=True)
class FilmCheck:
    """Steps between frames: mean absolute difference of pixels, in levels of 255."""

    steps: tuple[float, ...]  # the last one leads back to the first frame

    @property
    def jump(self) -> float:
        """The step back to the first frame, relative to the largest of the others; up to 1 nobody sees it."""
        return self.steps[-1] / max(max(self.steps[:-1]), 1e-8)

    @property
    def good(self) -> bool:
        """It moves, it does not flicker, and it closes."""
        return self.jump <= 1 and 0.2 < float(np.mean(self.steps)) < 12

    def __repr__(self) -> str:
        return (
            f"{'good' if self.good else 'NOT good'}: {np.mean(self.steps):.1f} levels of 255 a step on average, "
            f"{max(self.steps):.1f} at most, {self.steps[-1]:.1f} back to the first frame"
        )


def check_film(frames: Sequence[Image.Image]) -> FilmCheck:
    """Measure all steps around.

    Raises:
        ValueError: with fewer than three frames.
    """
    if len(frames) < 3:
        raise ValueError(f"a film that goes around has at least 3 frames, not {len(frames)}")
    pixels = np.stack([np.asarray(frame.convert("RGB"), dtype=float) for frame in frames])  # (F, H, W, 3)
    return FilmCheck(tuple(np.abs(np.roll(pixels, -1, axis=0) - pixels).mean((1, 2, 3)).tolist()))


def check_form(path: Path) -> None:
    """Refuse a film's file that could not be written: better before the frames are drawn than after.

    Raises:
        ValueError: as `save_film`.
    """
    form = path.suffix.lower()
    if form not in FORMATS:
        raise ValueError(f"a film is saved as {', '.join(FORMATS)}, not {path.name!r}")
    if form == ".mp4" and shutil.which("ffmpeg") is None:
        raise ValueError("MP4 needs the program ffmpeg (on Debian and Ubuntu: apt install ffmpeg); GIF and WebP do not")


def save_film(film: Film, path: Path, edge: int = 256) -> Path:
    """Write a film; the end of the name says in which format.

    Args:
        edge: pixels; frames are enlarged to it.

    Raises:
        ValueError: if the format is unknown, or MP4 is wanted where there is no ffmpeg.
        OSError: if it cannot be written.
    """
    check_form(path)
    form = path.suffix.lower()
    large = [frame.resize((edge, edge), Image.Resampling.LANCZOS).convert("RGB") for frame in film.frames]
    facts = facts_of(film.frames[0], film.made)
    with atomic_path(path) as partial:
        if form == ".mp4":
            _write_mp4(large, film.seconds, facts, partial)
        else:
            _write_pillow(large, film.seconds, facts, partial, form)
    return path


def _write_pillow(frames: list[Image.Image], seconds: float, facts: dict[str, str], path: Path, form: str) -> None:
    """All frames with one palette, where there is one: with a palette each, still areas would flicker."""
    name = {".gif": "GIF", ".webp": "WEBP", ".png": "PNG"}[form]
    options: dict = {"duration": round(1000 * seconds / len(frames)), "loop": 0}
    if form == ".gif":
        palette = _all_in_one(frames).quantize(256, method=Image.Quantize.MEDIANCUT)
        frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
        options["comment"] = json.dumps(facts, ensure_ascii=False).encode()[: 255 * 16]
    elif form == ".png":
        options["pnginfo"] = PngInfo()
        for key, value in facts.items():
            options["pnginfo"].add_itxt(key, value)
    else:
        options |= {"quality": 85, "xmp": json.dumps(facts, ensure_ascii=False).encode()}
    frames[0].save(path, name, save_all=True, append_images=frames[1:], **options)


def _all_in_one(frames: list[Image.Image]) -> Image.Image:
    """All frames, small, side by side: what a common palette is chosen from."""
    some = [frame.resize((64, 64)) for frame in frames]
    sheet = Image.new("RGB", (64 * len(some), 64))
    for place, frame in enumerate(some):
        sheet.paste(frame, (64 * place, 0))
    return sheet


def _write_mp4(frames: list[Image.Image], seconds: float, facts: dict[str, str], path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for place, frame in enumerate(frames):
            frame.save(Path(folder) / f"{place:04}.png")
        command = ["ffmpeg", "-y", "-loglevel", "error", "-framerate", str(len(frames) / seconds)]
        command += ["-i", str(Path(folder) / "%04d.png"), "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
        command += ["-metadata", f"comment={json.dumps(facts, ensure_ascii=False)}", "-f", "mp4", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"ffmpeg did not write the film: {done.stderr.strip()[-200:]}")
