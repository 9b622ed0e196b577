"""What may be asked: prompts are checked here, once, before any network sees them."""

import unicodedata
import warnings
from collections.abc import Callable
from typing import Any

MAX_CHARACTERS = 2000  # more is a pasted file, not a prompt


def clean_prompt(prompt: str, context_length: int | None = None) -> str:
    """The prompt with its white space tidied. `context_length` (tokens) only makes the message better.

    Raises:
        ValueError: if there is nothing to draw in it: no text at all, no letter or digit, control characters, or far
            too much of it.

    >>> clean_prompt("  a green\\n hill ")
    'a green hill'
    """
    if not isinstance(prompt, str):
        raise ValueError(f"a prompt is a text, not {type(prompt).__name__}: {prompt!r:.60}")
    tidy = " ".join(prompt.split())
    if not tidy:
        raise ValueError('the prompt is empty; say what to draw, for example "a green hill at sunset with a rainbow"')
    if len(tidy) > MAX_CHARACTERS:
        limit = f"{context_length} tokens" if context_length else f"{MAX_CHARACTERS} characters"
        raise ValueError(f"the prompt has {len(tidy)} characters, but the artist reads at most {limit}; shorten it")
    for place, character in enumerate(tidy):
        if unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn"):
            raise ValueError(
                f"the prompt holds an unprintable character (U+{ord(character):04X}, place {place}); remove it"
            )
    if not any(character.isalnum() for character in tidy):
        raise ValueError(f"the prompt {tidy[:40]!r} holds no words; describe the picture in English or Chinese")
    return tidy


def clean_prompts(prompts: str | list[str], context_length: int | None = None) -> list[str]:
    """One prompt or many, as a list of checked ones."""
    if isinstance(prompts, str):
        return [clean_prompt(prompts, context_length)]
    if not isinstance(prompts, list | tuple) or not prompts:
        raise ValueError(f"give one prompt or a list of at least one, not {prompts!r:.60}")
    return [clean_prompt(prompt, context_length) for prompt in prompts]


def warn_if_cut(prompts: list[str], tokenizer: Callable[..., Any], context_length: int) -> None:
    """Warn of each prompt whose end the text encoder does not read."""
    for prompt, token_ids in zip(prompts, tokenizer(prompts, verbose=False)["input_ids"], strict=True):
        if len(token_ids) > context_length:
            warnings.warn(
                f"the prompt has {len(token_ids)} tokens, only the first {context_length} are read: {prompt[:40]!r}...",
                stacklevel=2,
            )
