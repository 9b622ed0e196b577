"""Games: a cast of figures with transparent ground, each in several poses, and backgrounds for them to walk on.

All pictures of one figure come from the same noise, and their prompts differ in one thing: so it stays the same figure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from PIL import Image

from t2i_lib.judge import Judge
from t2i_lib.pipeline import TextToImage
from t2i_lib.provenance import label
from t2i_lib.storybook.captions import describe
from t2i_lib.storybook.scene import PEOPLE
from t2i_lib.studio.atlas import Sprite, trim
from t2i_lib.studio.judging import as_images, shares_found
from t2i_lib.studio.matting import Matte, clean, cut_out

GROUND = {"place": "snowfield", "time": "day", "weather": "clear"}  # plain and bright: figures stand out
CAST = (("girl", "red"), ("boy", "blue"), ("model", "green"), ("knight", "black"), ("cat", "orange"), ("dog", "white"))
POSES = ("none", "umbrella", "balloon", "flowers")  # what people hold; others have one pose
SCENERY = (("hill", "day"), ("forest", "day"), ("castle", "night"), ("seaside", "sunset"))


@dataclass(frozen=True)
class SpriteSet:
    """Figures by name, backgrounds by name, and what each figure's prompt stated."""

    sprites: dict[str, Sprite]
    backgrounds: dict[str, Image.Image]
    stated: dict[str, dict[str, str]]
    prompts: dict[str, str]


def wishes(cast: Sequence[tuple[str, str]] = CAST) -> dict[str, dict[str, str]]:
    """Name -> what its picture shall show.

    >>> list(wishes([("girl", "red"), ("cat", "orange")]))
    ['girl-red', 'girl-red-umbrella', 'girl-red-balloon', 'girl-red-flowers', 'cat-orange']
    """
    found = {}
    for subject, color in cast:
        figure = GROUND | {"subject": subject, "color": color, "position": "center", "birds": "none"}
        if subject not in PEOPLE:
            found[f"{subject}-{color}"] = figure
            continue
        for pose in POSES:
            name = f"{subject}-{color}" + (f"-{pose}" if pose != "none" else "")
            found[name] = figure | {"expression": "smiling", "holding": pose}
    return found


def draw_sprites(artist: TextToImage, matte: Matte, seed: int = 0, cast: Sequence[tuple[str, str]] = CAST) -> SpriteSet:
    """Draw, cut out and trim all figures, and draw the backgrounds.

    Args:
        seed: of all pictures.
        cast: subject and colour of each figure.
    """
    stated = wishes(cast)
    prompts = {name: describe(wish, Random(1), "en").prompt for name, wish in stated.items()}
    pictures = artist(list(prompts.values()), seed)
    alphas = matte.alpha(as_images(pictures)).numpy()
    sprites = {}
    for name, picture, alpha in zip(prompts, pictures, alphas, strict=True):
        cut = cut_out(picture, clean(alpha))
        if cut.getchannel("A").getbbox() is not None:  # a figure that was not drawn is left out, and the check says so
            sprites[name] = trim(cut)
    return SpriteSet(sprites, draw_scenery(artist, seed), stated, prompts)


def draw_scenery(artist: TextToImage, seed: int) -> dict[str, Image.Image]:
    """Places with nobody in them, by name."""
    prompts = {
        f"{place}-{time}": describe(
            {"place": place, "time": time, "weather": "clear", "subject": "none", "birds": "none"}, Random(1), "en"
        ).prompt
        for place, time in SCENERY
    }
    return dict(zip(prompts, artist(list(prompts.values()), seed), strict=True))


def place_on(sprite: Sprite, ground: Image.Image) -> Image.Image:
    """A figure where it stood, on another ground of the same size."""
    scene = ground.convert("RGBA")
    scene.alpha_composite(sprite.picture, sprite.place)
    return scene.convert("RGB")


@dataclass(frozen=True)
class SpriteCheck:
    """What the check measured over the whole set."""

    subject_found: float  # share of the figures that the judge recognises on every background
    color_found: float
    opacity: tuple[float, float]  # smallest and largest share of a source picture that is figure
    soft_edge: float  # half transparent pixels, as a share of all that are not transparent
    missing: int  # figures that were not drawn or could not be cut out

    @property
    def good(self) -> bool:
        """The figures are there, are what they shall be, and have clean edges."""
        sizes = 0.02 <= self.opacity[0] and self.opacity[1] <= 0.5
        return (
            self.missing == 0 and sizes and self.soft_edge <= 0.35 and min(self.subject_found, self.color_found) >= 0.6
        )

    def __repr__(self) -> str:
        return (
            f"{'good' if self.good else 'NOT good'}: on other grounds the judge finds {self.subject_found:.0%} of the "
            f"subjects and {self.color_found:.0%} of the colours; figures cover {self.opacity[0]:.0%} to "
            f"{self.opacity[1]:.0%} of a picture, {self.soft_edge:.0%} of their pixels are half transparent, "
            f"{self.missing} missing"
        )


def check_sprites(sprites: SpriteSet, judge: Judge) -> SpriteCheck:
    """Lay every figure on every background and ask the judge; measure size and edges.

    Raises:
        ValueError: if there is no figure or no background.
    """
    if not sprites.sprites or not sprites.backgrounds:
        raise ValueError("a set to be checked needs at least one figure and one background")
    found = [
        _found(sprite, sprites.backgrounds, sprites.stated[name], judge) for name, sprite in sprites.sprites.items()
    ]
    shares = [opaque_share(sprite) for sprite in sprites.sprites.values()]
    alphas = (
        np.concatenate([np.asarray(each.picture.getchannel("A")).ravel() for each in sprites.sprites.values()]) / 255
    )
    soft = ((alphas > 0.1) & (alphas < 0.9)).sum() / max(1, (alphas > 0.1).sum())
    return SpriteCheck(
        float(np.mean([each["subject"] for each in found])),
        float(np.mean([each["color"] for each in found])),
        (min(shares), max(shares)),
        float(soft),
        len(sprites.stated) - len(sprites.sprites),
    )


def _found(
    sprite: Sprite, backgrounds: Mapping[str, Image.Image], stated: Mapping[str, str], judge: Judge
) -> dict[str, float]:
    images = as_images([place_on(sprite, ground) for ground in backgrounds.values()])
    with torch.no_grad():
        return shares_found(judge, images, {name: stated[name] for name in ("subject", "color")})


def opaque_share(sprite: Sprite) -> float:
    """How much of the source picture the figure covers."""
    return float(np.asarray(sprite.picture.getchannel("A")).sum()) / 255 / (sprite.source[0] * sprite.source[1])


def label_atlas(atlas: Image.Image, sprites: SpriteSet, seed: int, model: str) -> Image.Image:
    """Note in the sheet what its figures were drawn from."""
    return label(atlas, " | ".join(sprites.prompts.values()), seed, model)
