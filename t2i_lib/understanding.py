"""What was understood of a prompt: which attributes it states, how sure that is, and which words mean nothing here."""

import re
from dataclasses import dataclass

from t2i_lib.storybook.captions import unknown_words


@dataclass(frozen=True)
class Understanding:
    """The reading of one prompt; `attributes` maps each stated attribute to its value and a confidence in [0, 1].

    >>> Understanding("a grn hill", {"place": ("hill", 0.98)}, ["grn"])
    place       hill         98 %
    unknown     grn
    """

    prompt: str
    attributes: dict[str, tuple[str, float]]
    unknown_words: list[str]

    def __repr__(self) -> str:
        found = self.attributes.items()
        lines = [f"{name:<12}{value:<12}{100 * sure:3.0f} %" for name, (value, sure) in found]
        lines += [f"{'unknown':<12}{', '.join(self.unknown_words)}"] if self.unknown_words else []
        return "\n".join(lines or ["nothing that the storybook knows"])


def warning_of_unknown(prompt: str) -> str:
    """One sentence about the words of a prompt that the storybook does not know; empty if it knows them all."""
    unknown = unknown_words(prompt)
    if not unknown:
        return ""
    said = ", ".join(unknown[:12]) + (", ..." if len(unknown) > 12 else "")
    if knows_nothing(prompt, unknown):
        return f"no word of this prompt is known ({said}), so the picture shows anything; try English or Chinese"
    return f"not in the storybook's world, so not drawn: {said}"


def knows_nothing(prompt: str, unknown: list[str]) -> bool:
    """Whether nothing but the unknown words stands in the prompt.

    >>> knows_nothing("ein Haus", ["ein", "haus"]), knows_nothing("ein hill", ["ein"])
    (True, False)
    """
    rest = prompt.lower()
    for word in sorted(unknown, key=len, reverse=True):
        rest = rest.replace(word.lower(), " ")
    return re.search(r"\w", rest) is None
