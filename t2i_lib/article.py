"""The article's listing, as printed: four words that take a prompt to a picture on the screen.

    from t2i_lib import encoder, generator, decoder, display_image
    features = encoder("一座美丽的山丘，夕阳西下，天空中有彩虹")
    image = generator(features)
    display_image(image)               # or, with the third stage in sight: display_image(decoder(image))

Each word is a thin handle on the artist that comes with the repository; `TextToImage` is the same as an object.
"""

import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image
from torch import Tensor

from t2i_lib.locations import OUTPUTS
from t2i_lib.pipeline import TextToImage, to_pictures
from t2i_lib.prompts import clean_prompts
from t2i_lib.provenance import file_stem, label, save_picture
from t2i_lib.runtime import in_notebook


@dataclass(frozen=True, eq=False)
class TextFeatures:
    """What the text encoder makes of prompts."""

    prompts: list[str]
    text_features: Tensor  # (B, L, D), one vector a token
    pooled_features: Tensor  # (B, D), one vector a prompt
    mask: Tensor  # (B, L), True = real token

    def __repr__(self) -> str:
        return f"TextFeatures{tuple(self.text_features.shape)} of {self.prompts}"


@dataclass(frozen=True, eq=False)
class ImageFeatures:
    """What the generator draws: latents, and what they were drawn from."""

    latents: Tensor  # (B, C, h, w)
    prompts: list[str]
    seeds: list[int]

    def __repr__(self) -> str:
        return f"ImageFeatures{tuple(self.latents.shape)} of {self.prompts}, seeds {self.seeds}"


@cache
def article_artist() -> TextToImage:
    """The artist behind the four words, loaded when the first of them is used."""
    return TextToImage.from_pretrained()


def encoder(prompt: str | list[str]) -> TextFeatures:
    """Stage one, text understanding: prompt(s) -> text features."""
    prompts = clean_prompts(prompt)
    return TextFeatures(prompts, *article_artist().encode(prompts))


def generator(features: TextFeatures, seed: int | None = None) -> ImageFeatures:
    """Stage two, generation: text features + noise -> image features; without a seed each call draws anew.

    Raises:
        ValueError: if it is given anything but what `encoder` returns.
    """
    if not isinstance(features, TextFeatures):
        raise ValueError(f"generator() takes what encoder() returns, not {type(features).__name__}; call encoder first")
    artist = article_artist()
    first = secrets.randbelow(2**31) if seed is None else seed
    seeds = [first + place for place in range(len(features.prompts))]
    noise = artist.sample_noise(seeds)
    latents = artist.generate_from(features.text_features, features.pooled_features, features.mask, noise)
    return ImageFeatures(latents, features.prompts, seeds)


def decoder(image: ImageFeatures | Tensor) -> Image.Image | list[Image.Image]:
    """Stage three, decoding: image features (or bare latents, (B, C, h, w)) -> one picture, or a list if B > 1."""
    if not isinstance(image, ImageFeatures | Tensor):
        raise ValueError(f"decoder() takes what generator() returns, not {type(image).__name__}")
    artist = article_artist()
    pictures = to_pictures(artist.decode(image.latents if isinstance(image, ImageFeatures) else image))
    if isinstance(image, ImageFeatures):
        for picture, prompt, seed in zip(pictures, image.prompts, image.seeds, strict=True):
            label(picture, prompt, seed, artist.config.name)
    return pictures[0] if len(pictures) == 1 else pictures


def display_image(image: ImageFeatures | Tensor | Image.Image | list[Image.Image]) -> None:
    """Show pictures: inside a notebook below the cell, elsewhere as files in outputs/, whose names are printed."""
    pictures = image if isinstance(image, Image.Image | list) else decoder(image)
    for picture in [pictures] if isinstance(pictures, Image.Image) else pictures:
        if in_notebook():
            from IPython.display import display

            alt = f"The picture that was drawn for: {picture.info.get('prompt', 'a prompt that it does not tell')}"
            display(picture, metadata={"image/png": {"alt": alt}})
        else:
            print(save_picture(picture, _free_name(picture)))


def _free_name(picture: Image.Image) -> Path:
    """Pictures that know their prompt and seed are named after them; others are numbered."""
    if "prompt" in picture.info:
        return OUTPUTS / f"{file_stem(picture.info['prompt'], picture.info['seed'])}.png"
    number = 1
    while (OUTPUTS / f"picture-{number}.png").exists():
        number += 1
    return OUTPUTS / f"picture-{number}.png"
