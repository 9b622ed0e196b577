"""A prompt becomes a picture: text encoder, generator and decoder behind one call.

`TextToImage` is what the course calls an artist. It holds trained parts and knows nothing of training; every step
between the prompt and the picture can be looked at with `stages`.
"""

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import ModelHubMixin, snapshot_download
from PIL import Image
from torch import Tensor, nn

from t2i_lib.artist_files import (
    ArtistConfig,
    artist_folder,
    default_artist,
    find_artist,
    is_hub_id,
    load_parts,
    staged,
)
from t2i_lib.autoencoder import Autoencoder
from t2i_lib.checkpoints import save_json, save_weights
from t2i_lib.concepts import parse as read_concepts
from t2i_lib.datasets import images_to_pixels
from t2i_lib.prompts import clean_prompts, warn_if_cut
from t2i_lib.provenance import label
from t2i_lib.runtime import autocast, pick_device, pick_precision
from t2i_lib.stages import Stage, Stages
from t2i_lib.storybook.captions import unknown_words
from t2i_lib.text_encoder import TextEncoder
from t2i_lib.understanding import Understanding

LARGEST_SEED = 2**63 - 1
_HUB_OPTIONS = ("revision", "cache_dir", "force_download", "local_files_only", "token")
_ARTIST_FILES = ["*.json", "*.safetensors", "*.txt", "*.md", "*.model"]


class TextToImage(ModelHubMixin, library_name="t2i_lib", tags=["text-to-image"]):
    """Text encoder, generator and decoder, trained together: prompt in, picture out.

    >>> artist = TextToImage.from_pretrained()  # doctest: +SKIP
    >>> artist("a green hill at sunset with a rainbow", seed=7).size  # doctest: +SKIP
    (128, 128)
    """

    def __init__(
        self,
        text_encoder: TextEncoder,
        generator: nn.Module,  # or another way to draw: ways_to_draw.py
        autoencoder: Autoencoder,
        config: ArtistConfig | None = None,
        device: str = "auto",
        precision: str = "auto",
    ) -> None:
        self.config = config or ArtistConfig(generator.config, autoencoder.config)
        self.device = pick_device(device)
        self.precision = pick_precision(self.device, precision)
        self.text_encoder = text_encoder.to(self.device).eval()
        self.generator = generator.to(self.device).eval()
        self.autoencoder = autoencoder.to(self.device).eval()
        self.folder: Path | None = None  # where it was loaded from

    @classmethod
    def from_pretrained(
        cls, path_or_hub_id: str | Path | None = None, device: str = "auto", precision: str = "auto", **hub: Any
    ) -> "TextToImage":
        """Load an artist.

        Args:
            path_or_hub_id: a folder, the name of an artist that comes with the repository ("lesson", "flow"), a model
                of the Hugging Face hub (owner/model), or None for the repository's best.
            device: "auto", "cpu", "cuda", "cuda:1", "mps".
            precision: "auto", "fp32", "bf16", "fp16"; auto takes the fastest that the device does well.
            hub: what the hub's own mixin understands, such as `revision`, `token` or `local_files_only`.

        Raises:
            ValueError: if there is no such artist, or if a file of it is missing, broken or does not fit.
        """
        pick_precision(pick_device(device), precision)  # refuse what cannot work before anything is loaded
        place = default_artist() if path_or_hub_id is None else find_artist(path_or_hub_id)
        if place.exists() or not is_hub_id(str(path_or_hub_id)):
            return cls._from_folder(place, device, precision)
        try:
            return super().from_pretrained(str(path_or_hub_id), device=device, precision=precision, **hub)
        except OSError as error:  # the hub's errors: no connection, no such model, no right to read it
            reason = str(error).strip().splitlines()[0]
            raise ValueError(f"no folder {place}, and the hub did not deliver {path_or_hub_id}: {reason}") from error

    @classmethod
    def _from_folder(cls, folder: Path, device: str, precision: str) -> "TextToImage":
        artist = cls(*load_parts(folder), device=device, precision=precision)
        artist.folder = artist_folder(folder)
        return artist

    @classmethod
    def _from_pretrained(
        cls, *, model_id: str, device: str = "auto", precision: str = "auto", **download: Any
    ) -> "TextToImage":
        """Called by the hub's mixin: `download` holds revision, cache_dir, token and the like."""
        wanted = {name: value for name, value in download.items() if name in _HUB_OPTIONS}
        folder = Path(snapshot_download(model_id, allow_patterns=_ARTIST_FILES, **wanted))
        return cls._from_folder(folder, device, precision)

    def save_pretrained(self, save_directory: str | Path, **options: Any) -> str | None:
        """Save the artist to a folder (`push_to_hub=True` sends it to the hub too); if that fails, old files survive.

        Raises:
            OSError: if the folder cannot be written to or the disk is full.
        """
        push = options.pop("push_to_hub", False)
        with staged(Path(save_directory)) as staging:
            super().save_pretrained(staging)
        return self.push_to_hub(options.pop("repo_id", Path(save_directory).name), **options) if push else None

    def _save_pretrained(self, save_directory: Path) -> None:
        """Called by the hub's mixin."""
        self.text_encoder.save_pretrained(save_directory / "text_encoder")
        save_weights(save_directory / "generator.safetensors", self.generator.state_dict(), {})
        save_weights(save_directory / "autoencoder.safetensors", self.autoencoder.state_dict(), {})
        save_json(save_directory / "config.json", replace(self.config, parts_from="").as_dict())  # all parts are here
        (save_directory / "README.md").write_text(self._card(), encoding="utf-8")

    def _card(self) -> str:
        if self.folder is not None and (self.folder / "README.md").is_file():
            return (self.folder / "README.md").read_text(encoding="utf-8")
        return (
            "---\nlibrary_name: t2i_lib\npipeline_tag: text-to-image\nlanguage: [en, zh]\n---\n"
            f"# {self.config.name}\n\n"
            f"Draws {self.config.image_size}-pixel storybook pictures from English and Chinese prompts.\n\n"
            "    from t2i_lib import TextToImage\n"
            '    TextToImage.from_pretrained("this folder")("a green hill at sunset", seed=7)\n'
        )

    def __call__(
        self, prompt: str | list[str], seed: int | None = None, count: int = 1
    ) -> Image.Image | list[Image.Image]:
        """Draw.

        Args:
            prompt: one prompt, or several.
            seed: picks the picture: same prompt and seed, same picture. None takes one by lot; `picture.info` tells it.
            count: pictures a prompt, with seeds seed, seed + 1, ...

        Returns:
            one picture for one prompt and count 1, else a list, the pictures of the first prompt first.

        Raises:
            ValueError: as `ask` says.
        """
        prompts, seeds = self.ask(prompt, seed, count)
        pictures = label_all(to_pictures(self.draw(prompts, seeds)), prompts, seeds, self.config.name)
        return pictures[0] if isinstance(prompt, str) and count == 1 else pictures

    def ask(self, prompt: str | list[str], seed: int | None, count: int) -> tuple[list[str], list[int]]:
        """What a call asks for, picture by picture: prompts, checked, and their seeds.

        Raises:
            ValueError: if a prompt, the seed or the count makes no sense.
        """
        prompts = self._clean(prompt)
        if not isinstance(count, int) or count < 1:
            raise ValueError(f"count must be a whole number of at least 1, not {count!r}")
        first = secrets.randbelow(2**31) if seed is None else check_seed(seed)
        asked = [(each, check_seed(first + copy)) for each in prompts for copy in range(count)]
        return [each for each, _ in asked], [own_seed for _, own_seed in asked]

    def draw(self, prompts: list[str], seeds: list[int], batch_size: int = 64) -> Tensor:
        """Draw many pictures as numbers: images (B, 3, H, W) in [-1, 1] on the CPU, one a prompt and its seed.

        A picture's noise depends on its own seed only, so its neighbours in the batch do not matter (but for rounding:
        in bf16 a longer neighbour may move a pixel by one of 255 levels).
        """
        prompts = self._clean(prompts)
        if len(prompts) != len(seeds):
            raise ValueError(f"every prompt needs its seed, but {len(prompts)} prompts came with {len(seeds)} seeds")
        batches = []
        for start in range(0, len(prompts), batch_size):
            part = slice(start, start + batch_size)
            batches.append(self.decode(self.generate(prompts[part], seeds[part])))
        return torch.cat(batches)

    def _clean(self, prompts: str | list[str]) -> list[str]:
        return clean_prompts(prompts, self.text_encoder.context_length)

    @torch.no_grad()
    def generate(self, prompts: list[str], seeds: list[int]) -> Tensor:
        """Prompts and seeds -> latents (B, C, h, w), float32 on the artist's device."""
        return self.generate_from(*self.encode(prompts), self.sample_noise(seeds))

    @torch.no_grad()
    def encode(self, prompts: list[str]) -> tuple[Tensor, Tensor, Tensor]:
        """Prompts -> text_features (B, L, D), pooled_features (B, D), mask (B, L)."""
        encoded = self.text_encoder.encode(prompts)
        if encoded[2].shape[1] >= self.text_encoder.context_length:
            warn_if_cut(prompts, self.text_encoder.tokenizer, self.text_encoder.context_length)
        return encoded

    @torch.no_grad()
    def generate_from(self, text_features: Tensor, pooled_features: Tensor, mask: Tensor, noise: Tensor) -> Tensor:
        """Text features and noise (B, noise_dim) -> latents (B, C, h, w), float32."""
        with autocast(self.device, self.precision):
            return self.generator(noise, text_features, mask, pooled_features).float()

    @torch.no_grad()
    def decode(self, latents: Tensor) -> Tensor:
        """Latents (B, C, h, w) -> images (B, 3, H, W) in [-1, 1], float32 on the CPU."""
        with autocast(self.device, self.precision):
            return self.autoencoder.decode(latents.to(self.device)).float().clamp(-1, 1).cpu()

    def sample_noise(self, seeds: list[int]) -> Tensor:
        """(B, noise_dim) standard normal noise, each row from its own seed."""
        rows = [self.generator.sample_noise(1, torch.Generator().manual_seed(check_seed(seed))) for seed in seeds]
        return torch.cat(rows)

    def parse(self, prompt: str) -> Understanding:
        """What the text encoder understood: attribute -> (value, confidence), and the words that it does not know.

        Raises:
            ValueError: if the text encoder came without concept probes.
        """
        (prompt,) = self._clean(prompt)
        return Understanding(prompt, read_concepts(self.text_encoder, prompt), unknown_words(prompt))

    def stages(self, prompt: str, seed: int = 0) -> Stages:
        """Every intermediate between the prompt and its picture, named, in order, with its shape."""
        (prompt,) = self._clean(prompt)
        token_ids, _ = self.text_encoder.tokenize([prompt])
        text_features, pooled_features, mask = self.encode([prompt])
        noise = self.sample_noise([seed])
        latents = self.generate_from(text_features, pooled_features, mask, noise)
        (picture,) = to_pictures(self.decode(latents))
        label(picture, prompt, seed, self.config.name)
        return Stages(
            [
                Stage("tokens", token_ids, "(1, L) what the prompt is cut into, as places in the vocabulary"),
                Stage("features", text_features, "(1, L, D) one vector a token, its meaning in this sentence"),
                Stage("pooled", pooled_features, "(1, D) one vector for the whole prompt"),
                Stage("noise", noise, f"(1, noise_dim) by lot, from seed {seed}: what the prompt leaves open"),
                Stage("latents", latents, "(1, C, h, w) what the generator draws, the image features"),
                Stage("picture", picture, "(H, W, 3) what the decoder makes of the latents"),
            ]
        )


def check_seed(seed: int) -> int:
    """The seed itself.

    Raises:
        ValueError: if it is not a whole number between 0 and 2^63 - 1.
    """
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= LARGEST_SEED:
        raise ValueError(f"a seed is a whole number from 0 to {LARGEST_SEED}, not {seed!r}")
    return seed


def to_pictures(images: Tensor) -> list[Image.Image]:
    """Images (B, 3, H, W) in [-1, 1] -> Pillow pictures, 8 bits a channel.

    >>> to_pictures(torch.ones(1, 3, 2, 2))[0].getpixel((0, 0))
    (255, 255, 255)
    """
    return [Image.fromarray(pixels.cpu().numpy()) for pixels in images_to_pixels(images)]


def label_all(pictures: list[Image.Image], prompts: list[str], seeds: list[int], model: str) -> list[Image.Image]:
    """Each picture with its prompt, seed and model in its `info`."""
    for picture, prompt, seed in zip(pictures, prompts, seeds, strict=True):
        label(picture, prompt, seed, model)
    return pictures
