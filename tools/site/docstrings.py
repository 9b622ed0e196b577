"""The library's docstrings, which are written for people, as Sphinx reads them (reStructuredText).

Each function changes the lines of one docstring in place.
"""

import re
from collections.abc import Iterator
from itertools import takewhile

NAMED = re.compile(r"    (\w+(?:, \w+)*): +(.*)")  # a name and what it is, below "Returns:"
BAR = re.compile(r"(?<!\w)\|(?=\S)")  # in |x - y| it would begin a substitution


def for_sphinx(lines: list[str]) -> None:
    """All that is needed before napoleon turns "Args:" and "Raises:" into lists."""
    mark_code(lines)
    list_what_returns(lines)
    for number in prose(lines):
        lines[number] = as_words(lines[number])


def mark_code(lines: list[str]) -> None:
    """Lines set in after a colon and an empty line are code.

    >>> lines = ["As one object:", "", "    draw()"]
    >>> mark_code(lines)
    >>> lines[0]
    'As one object::'
    """
    for number, line in enumerate(lines[:-2]):
        if line.endswith(":") and not line.endswith("::") and not lines[number + 1]:
            if lines[number + 2].startswith(" " * (len(line) - len(line.lstrip()) + 4)):
                lines[number] = f"{line}:"


def list_what_returns(lines: list[str]) -> None:
    """What comes out as a list of names; napoleon would take the first name for a type.

    >>> lines = ["Returns:", "    mixed: (B, Q, V) float.", "    weights: (B, Q, K) float;", "        sums to 1."]
    >>> list_what_returns(lines)
    >>> print(*lines, sep="|")
    :returns:|    * **mixed** -- (B, Q, V) float.|    * **weights** -- (B, Q, K) float;|      sums to 1.|
    """
    if "Returns:" not in lines:
        return
    start = lines.index("Returns:")
    block = list(takewhile(lambda line: line.startswith("    "), lines[start + 1 :]))
    items = [line for line in block if not line.startswith("     ")]
    if all(NAMED.match(line) for line in items):
        told = [NAMED.sub(r"    * **\1** -- \2", line) if line in items else f"      {line.strip()}" for line in block]
    else:
        told = [f"    {line.strip()}" for line in block]
    lines[start : start + 1 + len(block)] = [":returns:", *told, ""]


def prose(lines: list[str]) -> Iterator[int]:
    """Numbers of the lines that are neither an example nor code."""
    example, code = False, 0  # code: how far the lines after "::" are set in at least
    for number, line in enumerate(lines):
        inset = len(line) - len(line.lstrip())
        example = bool(line) and (example or line.lstrip().startswith(">>>"))
        code = code if code and (not line or inset >= code) else 0
        if not example and not code:
            yield number
            code = inset + 4 if line.endswith("::") else 0


def as_words(line: str) -> str:
    r"""A line in which bars are bars, and code may be followed by a letter.

    >>> print(as_words("|x - y| of `Estimate`s, `a|b`"))
    \|x - y| of `Estimate`\ s, `a|b`
    """
    parts = line.split("`")
    parts[0::2] = [BAR.sub(r"\|", part) for part in parts[0::2]]
    if len(parts) % 2:  # all code ends on this line
        parts[2::2] = [rf"\ {part}" if part[:1].isalnum() else part for part in parts[2::2]]
    return "`".join(parts)
