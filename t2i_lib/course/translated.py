"""Exercises with Chinese words: what is right, wrong and tried is the same, only the sentences are others.

`exercises/zh/NN.json` holds them, exercise by exercise, each with a hash of the English sentences it was made from.
"""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from t2i_lib.checkpoints import load_json
from t2i_lib.course.checks import Exercise, Misconception

FOLDER = Path(__file__).parent / "exercises"


def translated(exercises: dict[str, Exercise], number: str, language: str) -> dict[str, Exercise]:
    """The exercises of a lesson in a language; those that have no words in it stay as they are."""
    words = load_words(number, language)
    return {name: _with_words(each, words[name]) if name in words else each for name, each in exercises.items()}


def load_words(number: str, language: str) -> dict[str, dict[str, Any]]:
    """Name of an exercise -> source, title, mistakes, hints, reasons, praise; {} where a lesson has none."""
    path = FOLDER / language / f"{number}.json"
    return load_json(path) if path.is_file() else {}


def sentences(exercise: Exercise) -> list[str]:
    """All that an exercise says, in one order: title, mistakes, hints, reasons, praise."""
    mistakes = [each.message for each in exercise.misconceptions]
    return [exercise.title, *mistakes, *exercise.hints, exercise.reasons, exercise.praise]


def digest(exercise: Exercise) -> str:
    """The first twelve digits of the sha256 of its sentences; another one means: look at the translation again."""
    return hashlib.sha256("\n".join(sentences(exercise)).encode("utf-8")).hexdigest()[:12]


def _with_words(exercise: Exercise, words: dict[str, Any]) -> Exercise:
    pairs = zip(exercise.misconceptions, words["mistakes"], strict=True)
    return replace(
        exercise,
        title=words["title"],
        misconceptions=tuple(Misconception(known.wrong, said) for known, said in pairs),
        hints=tuple(words["hints"]),
        reasons=words["reasons"],
        praise=words["praise"],
    )
