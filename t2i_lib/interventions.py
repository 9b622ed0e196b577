"""Change one thing inside an artist and look what happens: hide a word from the places, or let two prompts quarrel.

An attention map tells where a layer takes from. Whether that matters only an experiment tells; here are three.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from t2i_lib.pipeline import TextToImage


@torch.no_grad()
def listen(
    artist: TextToImage, prompt: str, seeds: Sequence[int], hidden: Sequence[int] = ()
) -> tuple[Tensor, list[Tensor]]:
    """Draw, and keep what every reading layer looks at.

    Args:
        hidden: places in the prompt of tokens that the grid's places cannot read; the style still knows of them.

    Returns:
        latents: (B, C, h, w), one a seed.
        heard: for each reading layer, coarse ones first, its weights (B, heads, places, L).
    """
    features, pooled, mask = (part.expand(len(seeds), *part.shape[1:]) for part in artist.encode([prompt]))
    mask, heard = mask.clone(), []
    mask[:, list(hidden)] = False

    def keep(reader, given):
        places = given[0].flatten(2).transpose(1, 2) + reader.positions  # (B, P, C)
        heard.append(reader.attention(places, given[1], given[2], need_weights=True)[1])

    readers = [stage.read_words for stage in artist.generator.stages if stage.read_words is not None]
    hooks = [reader.register_forward_pre_hook(keep) for reader in readers]
    try:
        latents = artist.generate_from(features, pooled, mask, artist.sample_noise(list(seeds)))
    finally:
        for hook in hooks:
            hook.remove()
    return latents, heard


class WordEffects(NamedTuple):
    """What each token of a prompt weighs, and what it does."""

    tokens: list[str]
    weights: list[float]  # mean attention weight, over layers, heads, places and seeds
    effects: list[float]  # change of the latents when it is hidden, relative to the change by another noise


def word_effects(artist: TextToImage, prompt: str, seeds: Sequence[int]) -> WordEffects:
    """Hide one token after the other.

    Raises:
        ValueError: if there are not at least two seeds: without them there is no other noise to compare with.
    """
    if len(seeds) < 2:
        raise ValueError(f"comparing with another noise needs at least two seeds, not {list(seeds)}")
    ids, _ = artist.text_encoder.tokenize([prompt])
    tokens = artist.text_encoder.tokenizer.convert_ids_to_tokens(ids[0].tolist())
    whole, heard = listen(artist, prompt, seeds)
    weights = torch.stack([each.mean((0, 1, 2)) for each in heard]).mean(0)  # (L,)
    changed = [listen(artist, prompt, seeds, [place])[0] for place in range(len(tokens))]
    unit = _change(whole, whole.roll(1, 0))
    return WordEffects(tokens, weights.tolist(), [_change(each, whole) / unit for each in changed])


@torch.no_grad()
def draw_quarrel(artist: TextToImage, style: str, words: str, seeds: Sequence[int]) -> Tensor:
    """Draw with a style that heard one prompt and places that read another: images (B, 3, H, W) in [-1, 1]."""
    features, _, mask = artist.encode([words])
    _, pooled, _ = artist.encode([style])
    parts = (part.expand(len(seeds), *part.shape[1:]) for part in (features, pooled, mask))
    return artist.decode(artist.generate_from(*parts, artist.sample_noise(list(seeds))))


def _change(latents: Tensor, others: Tensor) -> float:
    return (latents - others).square().mean().sqrt().item()
