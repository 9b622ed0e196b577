"""A grammar that always knows what its sentences state: templates from a lexicon in, sentences out.

In a template, `{place.at}` is a phrase of the value that the place has, `{figure}` another rule, `(a|b)` is either of
two, `<sep|a|b>` a shuffled list of whatever in it is to be stated (`<, & and |a|b>`: another separator before the
last), and `[...]` vanishes when nothing in it is to be stated. A template that ends in ` @weather=rain,snow` is used
only beside these values. Every part can tell which attributes it would state; a template is used only where that is
exactly what shall be stated, so the truth of a sentence is known without reading it.
"""

import re
from collections.abc import Iterable, Mapping
from random import Random
from typing import Protocol

# "nobody" is the stated subject "none": in a sentence it is a remark about the place, not a figure in it.
REMARKS = {"nobody": "subject"}


class Part(Protocol):
    """Anything a template is made of. Sets of attributes are bits of an int, which makes them fast to compare."""

    total: int  # all attributes that it is able to state

    def covers(self, mask: int) -> int | None:
        """What it would state if `mask` is to be stated; None if it cannot be said then."""

    def say(self, mask: int, values: Mapping[str, str], rng: Random) -> str:
        """The words; only called when `covers` is not None."""


class Text:
    """Fixed words."""

    total = 0

    def __init__(self, text: str) -> None:
        self.text = text

    def covers(self, mask: int) -> int:
        return 0

    def say(self, mask: int, values: Mapping[str, str], rng: Random) -> str:
        return self.text


class Sequence:
    """Parts one after the other; an optional sequence is empty where it has nothing to state."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts
        self.optional = False
        self.condition: tuple[str, frozenset[str]] | None = None
        self.total = _union(part.total for part in parts)
        self._covers: dict[int, int | None] = {}

    def covers(self, mask: int) -> int | None:
        mask &= self.total
        if mask not in self._covers:
            covered = [part.covers(mask) for part in self.parts]
            unsayable = None in covered or (self.optional and not any(covered))
            self._covers[mask] = (0 if self.optional else None) if unsayable else _union(covered)
        return self._covers[mask]

    def say(self, mask: int, values: Mapping[str, str], rng: Random) -> str:
        if self.optional and not self.covers(mask):
            return ""
        return "".join([part.say(mask, values, rng) for part in self.parts])


class Shuffled:
    """The items that have something to state, in random order."""

    def __init__(self, separator: str, items: list[Sequence]) -> None:
        self.separator, _, self.last = separator.partition("&")
        self.items = items
        self.total = _union(item.total for item in items)

    def covers(self, mask: int) -> int | None:
        return _union(item.covers(mask) or 0 for item in self.items) or None  # an empty list cannot be said

    def say(self, mask: int, values: Mapping[str, str], rng: Random) -> str:
        said = [item.say(mask, values, rng) for item in self.items if item.covers(mask)]
        rng.shuffle(said)
        if len(said) == 1:
            return said[0]
        return self.separator.join(said[:-1]) + (self.last or self.separator) + said[-1]


class Choice:
    """One of several templates, by lot among those that state everything the others could."""

    def __init__(self, options: list[Sequence]) -> None:
        self.options = options
        self.total = _union(option.total for option in options)
        self._usable: dict[int, list[Sequence]] = {}

    def usable(self, mask: int) -> list[Sequence]:
        mask &= self.total
        if mask not in self._usable:
            self._usable[mask] = [option for option in self.options if option.covers(mask) == mask]
        return self._usable[mask]

    def covers(self, mask: int) -> int | None:
        return mask & self.total if self.usable(mask) else None

    def say(self, mask: int, values: Mapping[str, str], rng: Random) -> str:
        options = self.usable(mask)
        while True:  # ends: wherever a condition can fail there is an option without one (tested)
            option = options[int(rng.random() * len(options))]
            if option.condition is None or values.get(option.condition[0]) in option.condition[1]:
                return option.say(mask, values, rng)


class Phrase:
    """A phrase for the value that one attribute has."""

    def __init__(self, name: str, bit: int, choices: dict[str, Choice]) -> None:
        self.name, self.bit, self.choices = name, bit, choices
        self.total = bit | _union(choice.total for choice in choices.values())

    def covers(self, mask: int) -> int | None:
        covered = {choice.covers(mask) for choice in self.choices.values()}
        return None if None in covered or not mask & self.bit else self.bit | _union(covered)

    def say(self, mask: int, values: Mapping[str, str], rng: Random) -> str:
        return self.choices[values[self.name]].say(mask, values, rng)


class Grammar:
    """The rules and phrases of one lexicon, each built once."""

    def __init__(self, lexicon: Mapping, attributes: Iterable[str]) -> None:
        self.bits = {name: 1 << place for place, name in enumerate((*attributes, *REMARKS))}
        self._lexicon = lexicon
        self._parts: dict[str, Part] = {}
        self.sentences = self.part("caption")

    def say(self, values: Mapping[str, str], rng: Random) -> str:
        """A sentence that states exactly these attributes."""
        return self.sentences.say(sum(self.bits[name] for name in values), values, rng)

    def part(self, name: str) -> Part:
        """A rule ("figure") or the phrases of one kind for an attribute ("place.at")."""
        if name not in self._parts:
            attribute, _, kind = name.partition(".")
            self._parts[name] = self._phrase(attribute, kind) if kind else self._choice(self._lexicon["rules"][name])
        return self._parts[name]

    def _phrase(self, name: str, kind: str) -> Phrase:
        entries = self._lexicon["values"][REMARKS.get(name, name)]
        choices = {value: self._choice(kinds[kind]) for value, kinds in entries.items() if kind in kinds}
        return Phrase(name, self.bits[name], choices)

    def _choice(self, templates: list[str]) -> Choice:
        return Choice([self._template(template) for template in templates])

    def _template(self, template: str) -> Sequence:
        text, _, condition = template.partition(" @")
        sequence, rest = self._sequence(text)
        assert not rest, f"a bracket too many in the template {template!r}"
        if condition:
            name, _, values = condition.partition("=")
            sequence.condition = (name, frozenset(values.split(",")))
        return sequence

    def _sequence(self, text: str) -> tuple[Sequence, str]:
        parts: list[Part] = []
        while text and text[0] not in "|])>":
            part, text = self._one(text)
            parts.append(part)
        return Sequence(parts), text

    def _one(self, text: str) -> tuple[Part, str]:
        """The part at the start of the text, and what follows it."""
        if text[0] == "{":
            name, _, rest = text[1:].partition("}")
            return self.part(name), rest
        if text[0] == "[":
            optional, rest = self._sequence(text[1:])
            optional.optional = True
            return optional, rest[1:]
        if text[0] == "(":
            options, rest = self._options(text[1:])
            return Choice(options), rest
        if text[0] == "<":
            separator, _, rest = text[1:].partition("|")
            items, rest = self._options(rest)
            return Shuffled(separator, items), rest
        literal = re.match(r"[^{}\[\]()<>|]+", text).group()
        return Text(literal), text[len(literal) :]

    def _options(self, text: str) -> tuple[list[Sequence], str]:
        options = []
        while True:
            option, text = self._sequence(text)
            options.append(option)
            assert text, "a bracket is not closed in a template"
            mark, text = text[0], text[1:]
            if mark != "|":
                return options, text


def _union(masks: Iterable[int]) -> int:
    total = 0
    for mask in masks:
        total |= mask
    return total
