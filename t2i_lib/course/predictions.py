"""Predict, run, explain: a guess is asked for before a cell, kept, and compared with what came out.

A guess that was wrong is what one remembers best, so it must be made before the answer is seen.
"""

from dataclasses import dataclass
from typing import Any

from t2i_lib.course.quiz import LETTERS


@dataclass(frozen=True)
class Prediction:
    """A question that the next cell answers: one of `options`, or a number where there are none."""

    name: str
    question: str
    options: tuple[str, ...] = ()

    def __repr__(self) -> str:
        lines = [f"Before you run on: {self.question}"]
        lines += [f"   {letter}) {option}" for letter, option in zip(LETTERS, self.options, strict=False)]
        guess = '"a"' if self.options else "a number"
        return "\n".join([*lines, f"Keep your guess: lesson.guess({self.name!r}, {guess})"])

    def accept(self, guess: Any) -> str | float:
        """A guess in the form in which it is kept: the option's text, or a number.

        Raises:
            ValueError: if it is neither.
        """
        if self.options:
            letters = LETTERS[: len(self.options)]
            if guess in self.options:
                return guess
            if isinstance(guess, str) and guess.strip().lower() in tuple(letters):
                return self.options[letters.index(guess.strip().lower())]
            raise ValueError(f"choose one of the letters {', '.join(letters)}, not {guess!r}")
        try:
            return float(guess)
        except (TypeError, ValueError):
            raise ValueError(f"guess a number, not {guess!r}") from None


def compare(guess: str | float | None, outcome: str | float) -> str:
    """A kept guess beside what came out, in words.

    >>> compare(2.0, 4.0)
    'You guessed 2; it is 4.'
    >>> compare("twice", "twice")
    'You guessed "twice", and so it is.'
    """
    said = _words(outcome)
    if guess is None:
        return f"You kept no guess; it is {said}."
    same = guess == outcome
    if isinstance(guess, float) and isinstance(outcome, float | int):
        same = abs(guess - outcome) <= 0.1 * abs(outcome)
    if same:
        return f"You guessed {_words(guess)}, and so it is."
    return f"You guessed {_words(guess)}; it is {said}."


def _words(value: str | float) -> str:
    return f'"{value}"' if isinstance(value, str) else f"{value:.4g}"
