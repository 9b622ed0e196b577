"""What lessons say at run time, in Chinese: sentences of the library are exchanged one by one as they are said.

`phrases_zh.json` holds them: English template -> Chinese template. What stands in braces is taken over as it is.
"""

import html
import re
from functools import cache
from pathlib import Path
from typing import Any

from t2i_lib.checkpoints import load_json
from t2i_lib.course.language import ENGLISH

FOLDER = Path(__file__).parent


def speak(text: str, language: str, escaped: bool = False) -> str:
    """A text with every known sentence in the language.

    Args:
        escaped: whether the text is HTML, in which an apostrophe is &#x27;.

    >>> speak("You kept no guess; it is 11.", "zh")
    '你没有留下猜测；答案是 11。'
    """
    if language != ENGLISH:
        for pattern, spoken in _phrases(language, escaped):
            text = pattern.sub(spoken, text)
    return text


@cache
def _phrases(language: str, escaped: bool) -> list[tuple[re.Pattern, str]]:
    """Templates as patterns, and what takes the place of what they match."""
    templates = load_json(FOLDER / f"phrases_{language}.json", "it belongs to the library")
    return [(_pattern(html.escape(english) if escaped else english), _spoken(c)) for english, c in templates.items()]


def _pattern(template: str) -> re.Pattern:
    if " " not in template:  # a single word, such as on a button, is meant only where it stands alone
        return re.compile(rf"\A{re.escape(template)}\Z")
    literals, names = re.split(r"\{\w+\}", template), re.findall(r"\{(\w+)\}", template)
    # A full stop at the end is one only if nothing follows: that of 7.942 is none.
    groups = [*(f"(?P<{name}>.+?)" for name in names), r"(?![^\s<])" if template.endswith(".") else ""]
    return re.compile("".join(re.escape(literal) + group for literal, group in zip(literals, groups, strict=True)))


def _spoken(template: str) -> str:
    return re.sub(r"\{(\w+)\}", r"\\g<\1>", template.replace("\\", "\\\\"))


class Spoken:
    """Something that shows itself as text and as HTML, in another language."""

    def __init__(self, thing: Any, language: str) -> None:
        self.thing, self.language = thing, language

    def __repr__(self) -> str:
        return speak(repr(self.thing), self.language)

    def _repr_html_(self) -> str:
        return speak(self.thing._repr_html_(), self.language, escaped=True)
