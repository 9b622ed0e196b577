"""What there is to be graded: lessons, their exercises, and how many points each is worth."""

import ast
from pathlib import Path

from t2i_lib.course.checks import Exercise
from t2i_lib.course.lesson import find_exercises, lessons
from t2i_lib.locations import data_folder


def lesson_file(number: str) -> Path:
    """The course's own notebook of a lesson.

    Raises:
        ValueError: if there is no such lesson.
    """
    known = {path.name[:2]: path for path in (data_folder().parent / "notebooks").glob("[0-9][0-9]_*.ipynb")}
    if number not in known or number not in lessons():
        raise ValueError(f"there is no lesson {number!r}; there are {', '.join(sorted(known))}")
    return known[number]


def all_lessons() -> list[str]:
    """The numbers of all lessons that have exercises."""
    return [number for number in sorted(lessons()) if find_exercises(number)]


def points(exercise: Exercise) -> int:
    """What a right answer is worth: a point for each minute that stands in the exercise's heading."""
    return exercise.minutes


def checked_in(source: str) -> set[str]:
    """Names of the exercises that a cell hands to `lesson.check`; of a cell that is no Python, what it seems to.

    >>> sorted(checked_in("softmax = lesson.check(softmax)" + chr(10) + "lesson.check(4, 'legs')"))
    ['legs', 'softmax']
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pieces = source.split("lesson.check(")[1:]
        return {piece.split(")")[0].split(",")[-1].strip(" \"'") for piece in pieces}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_check(node.func)]
    return {name for call in calls for name in [_name(call)] if name}


def _is_check(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr == "check"


def _name(call: ast.Call) -> str:
    named = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "name")]
    if named and isinstance(named[0], ast.Constant):
        return str(named[0].value)
    return call.args[0].id if call.args and isinstance(call.args[0], ast.Name) else ""
