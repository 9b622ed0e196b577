"""Sentences about a scene, in English and Chinese, that state a part of it and nothing else; and the words they use.

All phrases and sentence patterns are data: lexicon_en.json and lexicon_zh.json, read by `grammar.Grammar`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random

from t2i_lib.storybook.grammar import Grammar
from t2i_lib.storybook.scene import (
    ATTRIBUTES,
    NEEDS_SUBJECT,
    PEOPLE,
    UNSEEN_PLACE_WEATHERS,
    UNSEEN_SUBJECT_COLORS,
    Scene,
    allowed_values,
)

LANGUAGES = ("en", "zh")
# How talkative captions are: chance of each density, at which every attribute is stated with that chance.
_DENSITIES, _DENSITY_WEIGHTS = (0.12, 0.35, 0.5, 0.7, 1.0), (8, 36, 36, 14, 6)
_NONE_CHANCE = 0.05  # "no birds", "nobody", "empty-handed": true, but rarely worth saying


@dataclass(frozen=True)
class Caption:
    """A sentence, its language ("en" or "zh") and exactly what it states (attribute -> value)."""

    prompt: str
    language: str
    stated: dict[str, str]


def choose_stated(scene: Scene, rng: Random) -> dict[str, str]:
    """Which attributes a caption of this scene will state: the subject always, the others by chance, at least one.

    >>> choose_stated(Scene("hill", subject="cat", color="red", holding="none", position="left"), Random(1))["subject"]
    'cat'
    """
    density = rng.choices(_DENSITIES, _DENSITY_WEIGHTS)[0]
    truth = {name: value for name, value in scene.as_dict().items() if value is not None}
    chosen = {}
    for name, value in truth.items():
        chance = _NONE_CHANCE if value == "none" else density
        if name == "holding" and value == "none" and scene.subject not in PEOPLE:
            chance = 0.0  # nobody says of a cat that it holds nothing
        if rng.random() < chance or (name == "subject" and value != "none"):
            chosen[name] = value
    if set(chosen) <= {"subject", "holding"} and chosen.get("holding") == "sword" or not chosen:
        name = rng.choice(("place", "time", "weather"))  # knight and sword imply each other: no counterfactual of both
        chosen[name] = truth[name]
    return chosen


def describe(stated: Mapping[str, str], rng: Random, language: str | None = None) -> Caption:
    """A sentence that states exactly these attributes.

    Args:
        stated: attribute -> value; colour, expression, holding and position only together with a subject.
        rng: source of randomness: pattern, order, words, capitals and punctuation.
        language: "en", "zh", or None for either by lot.

    Raises:
        ValueError: if nothing is stated, if an attribute or value is unknown, or if they exclude each other.
    """
    if language is None:
        language = "en" if rng.random() < 0.5 else "zh"
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)} or None, but is {language!r}")
    values = {name: stated[name] for name in ATTRIBUTES if name in stated}
    _check_stated(stated, values)
    words = dict(values)
    if words.get("subject") == "none":
        words["nobody"] = words.pop("subject")
    prompt = _grammar(language).say(words, rng)
    finish = _finish_english if language == "en" else _finish_chinese
    return Caption(finish(prompt, rng), language, values)


def counterfactual(stated: Mapping[str, str], rng: Random) -> tuple[dict[str, str], str]:
    """The same statement with exactly one attribute changed to another possible value, and that attribute's name.

    A change never creates a held-out pair that was not there: "a purple girl" stays unheard of in training.

    Raises:
        ValueError: if no stated attribute can be changed.
    """
    names = list(stated)
    rng.shuffle(names)
    for name in names:
        others = {key: value for key, value in stated.items() if key != name}
        values = [value for value in allowed_values(name, others) if value not in (None, stated[name])]
        values = [value for value in values if _is_sayable({**others, name: value}, stated)]
        if values:
            changed = {**stated, name: rng.choice(values)}
            return changed, name
    raise ValueError(f"nothing can be changed in {dict(stated)}; state at least one attribute that has another value")


def _is_sayable(changed: Mapping[str, str], before: Mapping[str, str]) -> bool:
    if changed.get("holding") == "none" and changed.get("subject") not in PEOPLE:
        return False
    return _holds_unseen(before) or not _holds_unseen(changed)


def _holds_unseen(stated: Mapping[str, str]) -> bool:
    figure, scenery = (stated.get("subject"), stated.get("color")), (stated.get("place"), stated.get("weather"))
    return figure in UNSEEN_SUBJECT_COLORS or scenery in UNSEEN_PLACE_WEATHERS


def _check_stated(stated: Mapping[str, str], values: Mapping[str, str]) -> None:
    if not stated:
        raise ValueError("a caption must state something, but nothing is stated; give at least one attribute")
    if len(values) < len(stated):
        unknown = next(name for name in stated if name not in ATTRIBUTES)
        raise ValueError(f"unknown attribute {unknown!r}; the world has {', '.join(ATTRIBUTES)}")
    if "subject" not in values and any(name in values for name in NEEDS_SUBJECT):
        raise ValueError(f"{', '.join(NEEDS_SUBJECT)} need a subject, but {dict(values)} has none; state it too")
    for name, value in values.items():
        allowed = allowed_values(name, {key: other for key, other in values.items() if key != name})
        if value not in allowed:
            raise ValueError(f"{name} must be one of {allowed} here, but is {value!r}")


@cache
def _lexicon(language: str) -> dict:
    name = f"lexicon_{language}.json"
    return json.loads(files("t2i_lib.storybook").joinpath(name).read_text(encoding="utf-8"))


@cache
def _grammar(language: str) -> Grammar:
    return Grammar(_lexicon(language), ATTRIBUTES)


_BEFORE_VOWEL = re.compile(r"\b([Aa]) (?=[aeiou])")
_SENTENCE_START = re.compile(r"\. [a-z]")


def _finish_english(text: str, rng: Random) -> str:
    """Articles, capitals and the full stop, in one of the ways in which people type."""
    text = _BEFORE_VOWEL.sub(r"\1n ", text)
    style = rng.random()
    if style < 0.55:
        text = text[0].upper() + _SENTENCE_START.sub(lambda found: found.group().upper(), text)[1:]
    else:
        text = text.replace(". ", ", ")
    return text + "." if style < 0.38 or style > 0.94 else text


def _finish_chinese(text: str, rng: Random) -> str:
    """The full stop, and now and then Western commas or blanks instead of Chinese ones."""
    style = rng.random()
    if style < 0.4:
        return text + "。"
    if style > 0.85:
        text = text.replace("。", "，").replace("，", ", " if style > 0.93 else ",")
        return text.replace("、", ",")
    return text


def known_words(language: str) -> set[str]:
    """Every word (English) or fixed piece of a phrase (Chinese) of the lexicon, lower case."""
    return set(_known(language))


def unknown_words(prompt: str) -> list[str]:
    """What the prompt says outside both lexica, in order, each once; punctuation is never reported.

    English is read word by word (case, plural and possessive do not matter), Chinese is cut into known pieces. Words
    that only say that nobody is there, as in "no people", mean nothing without the "no".

    >>> unknown_words("A red dragon by the sea, 恐龙在海边")
    ['dragon', '恐龙']
    >>> unknown_words("no people on a hill"), unknown_words("two people on a hill")
    ([], ['two', 'people'])
    """
    unknown = []
    for run in _RUNS.findall(_nobody().sub(" ", prompt)):
        unknown += _unknown_chinese(run) if _CHINESE.match(run) else _unknown_other(run)
    return list(dict.fromkeys(unknown))


_HAN = r"\u3400-\u9fff\U00020000-\U0003ffff"
_CHINESE = re.compile(f"[{_HAN}]")
_RUNS = re.compile(  # Chinese; words of any other script, with "girl's" as one; emoji and the like
    rf"[{_HAN}]+|[^\W_{_HAN}]+(?:['’][^\W_{_HAN}]+)?|[\u2190-\u2bff\U0001f000-\U0001faff]"
)
_SLOT = re.compile(r"\{[^}]*\}| @.*|<[^|]*\|")
_LONGEST = 6  # characters of a Chinese piece that are looked up at once


def _strings(node) -> list[str]:
    if isinstance(node, str):
        return [node]
    return [text for child in (node.values() if isinstance(node, dict) else node) for text in _strings(child)]


@cache
def _nobody() -> re.Pattern[str]:
    """The ways to say that nobody is there, in both languages: the lexicon's alternatives are written as a regex's."""
    texts = {language: _strings(_lexicon(language)["values"]["subject"]["none"]) for language in LANGUAGES}
    longest_first = {language: sorted(said, key=len, reverse=True) for language, said in texts.items()}
    return re.compile(rf"\b(?:{'|'.join(longest_first['en'])})\b|{'|'.join(longest_first['zh'])}", re.I)


@cache
def _known(language: str, nobody: bool = True) -> frozenset[str]:
    """English: single words. Chinese: whole pieces, and every part of a piece that has at least two characters.

    Args:
        nobody: with the words for "nobody is there".
    """
    texts = _strings(_lexicon(language))
    if not nobody:
        left_out = set(_strings(_lexicon(language)["values"]["subject"]["none"]))
        texts = [text for text in texts if text not in left_out]
    pieces = re.split(r"[^\w'-]+", " | ".join(_SLOT.sub("|", text) for text in texts).lower())
    if language == "en":
        return frozenset(word for piece in pieces for word in re.split(r"[-']", piece) if word)
    ends = range(2, _LONGEST + 1)
    parts = {piece[i : i + n] for piece in pieces for i in range(len(piece)) for n in ends if i + n <= len(piece)}
    return frozenset(parts | set(pieces) - {""})


def _unknown_chinese(run: str) -> list[str]:
    """What is left over when the run is cut into known pieces so that as few characters as possible are left over."""
    known = _known("zh", nobody=False)
    best = [(0, 0)]  # best[end]: (characters left over, length of the piece that ends there; 0 = a left-over character)
    for end in range(1, len(run) + 1):
        pieces = [(best[end - n][0], n) for n in range(1, min(_LONGEST, end) + 1) if run[end - n : end] in known]
        best.append(min([(best[end - 1][0] + 1, 0), *pieces], key=lambda cut: (cut[0], -cut[1])))
    end, left_over = len(run), ""
    while end:
        length = best[end][1]
        left_over = (" " if length else run[end - 1]) + left_over
        end -= length or 1
    return left_over.split()


def _unknown_other(word: str) -> list[str]:
    known = _known("en", nobody=False)
    stem = re.sub(r"['’](s|t|re|ve|m|ll|d)?$", "", word.lower())
    candidates = {stem, stem.removesuffix("s"), stem.removesuffix("es"), stem + "s"}
    return [] if candidates & known else [word]
