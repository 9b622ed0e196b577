"""Filters that refuse prompts, and how often they are wrong: a list of words, and the closed world of the storybook.

A filter is a function from a prompt to True (refuse) or False. It sees the words and nothing else; what a picture is
for is not among them.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from t2i_lib.metrics import Estimate, share
from t2i_lib.storybook.captions import unknown_words

# A naive list, as it stands in many a program: written in an afternoon, in the language of whoever wrote it.
WORDS_EN = ("kill", "shoot", "blood", "attack", "fake", "naked", "bomb", "hate")
WORDS_ZH = ("杀", "血", "攻", "假", "裸", "炸", "恨")


def refuses_words(prompt: str, words: Iterable[str] = WORDS_EN) -> bool:
    """Whether one of the words stands in the prompt, anywhere, also inside other words.

    >>> refuses_words("a killer whale"), refuses_words("a f4ke photo")
    (True, False)
    """
    lower = prompt.lower()
    return any(word in lower for word in words)


def refuses_whole_words(prompt: str, words: Iterable[str] = WORDS_EN) -> bool:
    """Whether one of the words stands in the prompt as a word of its own.

    >>> refuses_whole_words("a killer whale"), refuses_whole_words("a fake photo")
    (False, True)
    """
    return bool(set(re.findall(r"[a-z']+", prompt.lower())) & set(words))


def refuses_unknown(prompt: str) -> bool:
    """Whether the prompt holds a word that the storybook does not know: what this artist cannot draw anyway.

    >>> refuses_unknown("a girl by the sea"), refuses_unknown("a dragon by the sea")
    (False, True)
    """
    return bool(unknown_words(prompt))


@dataclass(frozen=True)
class Trial:
    """What a filter did: counts of requests."""

    caught: int  # bad and refused
    missed: int  # bad and let pass
    false_alarms: int  # good and refused
    passed: int  # good and let pass

    @property
    def precision(self) -> Estimate:
        """Of what was refused, the share that was bad.

        Raises:
            ValueError: if nothing was refused.
        """
        return share(self.caught, self.caught + self.false_alarms)

    @property
    def recall(self) -> Estimate:
        """Of what was bad, the share that was refused."""
        return share(self.caught, self.caught + self.missed)

    def __repr__(self) -> str:
        return (
            f"caught {self.caught}, missed {self.missed}, false alarms {self.false_alarms}, passed {self.passed}; "
            f"recall {self.recall}" + (f", precision {self.precision}" if self.caught + self.false_alarms else "")
        )


def trial(refused: Sequence[bool], bad: Sequence[bool]) -> Trial:
    """Count what a filter did.

    >>> trial([True, True, False], [True, False, True])
    caught 1, missed 1, false alarms 1, passed 0; recall 0.500 [0.095, 0.905], precision 0.500 [0.095, 0.905]
    """
    pairs = list(zip(refused, bad, strict=True))
    counts = [sum(pair == kind for pair in pairs) for kind in ((True, True), (False, True), (True, False))]
    return Trial(*counts, len(pairs) - sum(counts))


def fewest_errors(prompts: Sequence[str], bad: Sequence[bool]) -> int:
    """The errors that every filter of words makes at least: it must treat equal prompts alike, whatever they are for.

    >>> fewest_errors(["a cat", "a cat", "a dog"], [True, False, False])
    1
    """
    errors = 0
    for prompt in dict.fromkeys(prompts):
        labels = [label for text, label in zip(prompts, bad, strict=True) if text == prompt]
        errors += min(labels.count(True), labels.count(False))
    return errors
