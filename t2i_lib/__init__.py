"""A sentence becomes a picture: language model -> text features -> generator -> latents -> decoder -> picture.

What the library offers at its top level is listed in `OFFERED` and loaded when it is first asked for (PEP 562), so
importing `t2i_lib` costs milliseconds and torch is loaded only by those who use it.

The three stages as one object:

    from t2i_lib import TextToImage
    artist = TextToImage.from_pretrained()
    picture = artist("a green hill at sunset with a rainbow", seed=7)

and one by one:

    from t2i_lib import encoder, generator, decoder, display_image
    features = encoder("a green hill at sunset with a rainbow")
    display_image(generator(features))
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

# Name -> the module of the library that defines it.
OFFERED = {
    "encoder": "article",
    "decoder": "article",
    "display_image": "article",
    "TextToImage": "pipeline",
    "Scene": "storybook.scene",
    "render": "storybook.render",
    "describe": "storybook.captions",
    "Caption": "storybook.captions",
    "attend": "attention",
    "MultiHeadAttention": "attention",
    "TextEncoder": "text_encoder",
    "Autoencoder": "autoencoder",
    "Generator": "generator",
    "Discriminator": "discriminator",
    "Judge": "judge",
    "pick_device": "runtime",
    "pick_precision": "runtime",
    "set_seed": "runtime",
}
__all__ = [*OFFERED, "generator"]


def __getattr__(name: str) -> Any:
    """Load an offered name on first use; afterwards it is an ordinary attribute."""
    if name == "generator":
        return import_module("t2i_lib.generator")
    if name not in OFFERED:
        raise AttributeError(f"t2i_lib offers no {name!r}; it offers {', '.join(sorted(__all__))}")
    value = getattr(import_module(f"t2i_lib.{OFFERED[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _CallableModule(ModuleType):
    """The module `t2i_lib.generator`, which can also be called as the second of the three stages."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return import_module("t2i_lib.article").generator(*args, **kwargs)


class _Library(ModuleType):
    """`t2i_lib` itself; notices when Python binds a freshly imported module to its name."""

    def __setattr__(self, name: str, value: Any) -> None:
        # `generator` is both a module and a stage. Python would let the one hide the other, whichever is
        # imported last; so the module is made callable, and both meanings are one object in every order.
        if name == "generator" and type(value) is ModuleType:
            value.__class__ = _CallableModule
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Library
