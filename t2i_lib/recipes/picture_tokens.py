"""Find the alphabets of picture words: k-means on training latents, letter by letter. A minute, and no gradient."""

from dataclasses import asdict
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from t2i_lib.autoencoder import Autoencoder
from t2i_lib.checkpoints import load_into, load_json, load_weights, save_json, save_weights
from t2i_lib.datasets import images_to_pixels
from t2i_lib.judge import Judge
from t2i_lib.locations import RUNS
from t2i_lib.metrics import accuracy_per_attribute
from t2i_lib.picture_tokens import PictureTokens, PictureTokensConfig
from t2i_lib.presets import Preset, find_preset
from t2i_lib.recipes.autoencoder import find_judge
from t2i_lib.recipes.latents import LatentPairs
from t2i_lib.recipes.parts import find_parts, keep_parts, latent_pairs
from t2i_lib.recipes.pictures import draw_grid

REMEDY = "`t2i train tokens` makes one"
FITTED_PAIRS, MEASURED_PAIRS = 1_500, 100


def read_back(
    tokens: PictureTokens, held_out: LatentPairs, autoencoder: Autoencoder, judge: Judge | None, letters: int
) -> dict[str, float]:
    """What is lost by words of so many letters, and how well the judge still reads pictures that went through them."""
    latents, truth = held_out.without_captions(torch.arange(min(MEASURED_PAIRS, len(held_out))))
    rebuilt = tokens.decode(tokens.encode(latents, letters))
    figures = {"letters": letters, "lost": (rebuilt - latents).square().mean().item()}
    if judge is not None:
        found = torch.cat([judge.attributes(autoencoder.decode(part)) for part in rebuilt.split(100)])
        shares = {name: share.value for name, share in accuracy_per_attribute(found, truth).items()}
        figures |= {"judge's accuracy": sum(shares.values()) / len(shares), **shares}
    return figures


def sheet(tokens: PictureTokens, latents: Tensor, autoencoder: Autoencoder) -> Image.Image:
    """Pictures, and below each what comes back from its words."""
    both = torch.cat([latents, tokens.decode(tokens.encode(latents))])
    return draw_grid(images_to_pixels(autoencoder.decode(both)), columns=len(latents))


def load_tokens(folder: Path) -> PictureTokens:
    """Read the quantiser that `run` left in a folder.

    Raises:
        ValueError: if a file is missing, broken or does not fit.
    """
    tokens = PictureTokens(PictureTokensConfig(**load_json(folder / "tokens.json", REMEDY)))
    path = folder / "tokens.safetensors"
    load_into(tokens, load_weights(path, REMEDY), path)
    return tokens.eval()


@torch.no_grad()
def run(
    preset: str | Preset = "lesson",
    folder: str | Path | None = None,
    device: str = "auto",
    seed: int = 0,
    restart: bool = False,
) -> list[dict[str, float]]:
    """Fit the quantiser of a preset; tokens.safetensors in `folder` is what the writer takes.

    Returns:
        for words of 1, 2, 4 and all letters, what `read_back` measures; report.json holds the same.
    """
    sizes = preset if isinstance(preset, Preset) else find_preset(preset)
    folder = Path(folder or RUNS / f"tokens-{sizes.name}")
    text_encoder, autoencoder = find_parts(sizes, folder, device, restart=restart)
    pairs, held_out = latent_pairs(sizes, autoencoder, text_encoder)
    keep_parts(folder, text_encoder, autoencoder, device, restart)
    tokens = PictureTokens(sizes.writer.tokens)
    latents, _ = pairs.without_captions(torch.arange(min(FITTED_PAIRS, len(pairs))))
    tokens.fit(latents, torch.Generator().manual_seed(seed))
    save_json(folder / "tokens.json", asdict(tokens.config))
    save_weights(folder / "tokens.safetensors", tokens.state_dict())
    judge, autoencoder = find_judge("judge"), autoencoder.cpu()
    most = tokens.config.letters
    lengths = [letters for letters in (1, 2, 4) if letters < most] + [most]
    report = [read_back(tokens, held_out, autoencoder, judge, letters) for letters in lengths]
    save_json(folder / "report.json", report)
    sheet(tokens, held_out.without_captions(torch.arange(4))[0], autoencoder).save(folder / "sheet.png")
    for row in report:
        print("  ".join(f"{name} {value:.3f}" for name, value in row.items()), flush=True)
    return report
