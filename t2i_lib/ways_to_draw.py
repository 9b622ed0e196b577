"""Three ways to draw behind one door: a GAN's generator, a flow, a writer of picture tokens.

In: a way's name, or a configuration. Out: the network. Each of them takes (noise, text_features, mask, pooled_features)
and gives latents (B, C, h, w); each makes its own noise with `sample_noise(count, rng)`.
"""

from typing import Any

from torch import nn

from t2i_lib.flow import FlowConfig, FlowGenerator
from t2i_lib.generator import Generator, GeneratorConfig
from t2i_lib.token_artist import TokenArtist, TokenArtistConfig

WayConfig = GeneratorConfig | FlowConfig | TokenArtistConfig
WAYS: dict[str, tuple[type[nn.Module], type]] = {
    "gan": (Generator, GeneratorConfig),
    "flow": (FlowGenerator, FlowConfig),
    "tokens": (TokenArtist, TokenArtistConfig),
}


def way_of(config: WayConfig) -> str:
    """The name of the way that a configuration describes.

    >>> way_of(FlowConfig())
    'flow'
    """
    return next(name for name, (_, described) in WAYS.items() if isinstance(config, described))


def configure(way: str, stored: dict[str, Any]) -> WayConfig:
    """The configuration of a way, as JSON holds it.

    Raises:
        KeyError: if there is no such way.
        TypeError: if a field is unknown.
    """
    return WAYS[way][1](**stored)


def build(config: WayConfig) -> nn.Module:
    """A new network of this configuration."""
    return WAYS[way_of(config)][0](config)
