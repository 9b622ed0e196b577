"""What goes back: one page a student, and tables for whoever grades. Every text of a student's is escaped."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import jinja2

from t2i_lib.checkpoints import atomic_path
from t2i_lib.course.lesson import find_exercises, lessons
from tools.grading.exercises import points
from tools.grading.judge import Graded

SIGNS = {  # sign, word, and what one might do now
    "right": ("✓", "right", ""),
    "partly": ("◐", "right in part", "You are near."),
    "wrong": ("✗", "not yet", "This one is worth another look."),
    "open": ("○", "open", "Nothing is lost: it can still be done."),
    "missing": ("○", "nothing to grade", "Nothing is lost: it can still be done."),
}
EXERCISE_COLUMNS = ("student", "lesson", "exercise", "tier", "status", "points", "of", "message")


def number(value: float) -> str:
    """Points as one writes them.

    >>> number(5.0), number(2.5)
    ('5', '2.5')
    """
    return f"{value:.1f}".removesuffix(".0")


def page(student: str, graded: list[Graded], scores: list[dict[str, float]]) -> str:
    """A student's page.

    Args:
        scores: for each lesson the points by exercise, as they stand in the gradebook.
    """
    folder = Path(__file__).parent
    surroundings = jinja2.Environment(loader=jinja2.FileSystemLoader(folder), autoescape=True, trim_blocks=True)
    about = [_lesson(each, earned) for each, earned in zip(graded, scores, strict=True)]
    return surroundings.get_template("feedback.html.j2").render(
        student=student,
        lessons=about,
        total=number(sum(sum(earned.values()) for earned in scores)),
        most=sum(lesson["most"] for lesson in about),
    )


def tables(graded: list[Graded], scores: list[dict[str, float]]) -> tuple[str, str]:
    """Two CSV texts: a line for each exercise of each student, and a line a student with the points of each lesson."""
    lines, totals = [], {}
    for each, earned in zip(graded, scores, strict=True):
        exercises = find_exercises(each.lesson)
        for result in each.results:
            exercise = exercises[result.exercise]
            entry = (each.student, each.lesson, exercise.name, exercise.tier, result.status)
            lines.append((*entry, number(earned[exercise.name]), points(exercise), result.message))
        totals.setdefault(each.student, {})[each.lesson] = sum(earned.values())
    columns = sorted({each.lesson for each in graded})
    rows = [
        (student, *(number(of[lesson]) if lesson in of else "" for lesson in columns), number(sum(of.values())))
        for student, of in totals.items()
    ]
    most = [sum(map(points, find_exercises(lesson).values())) for lesson in columns]
    heading = ("student", *(f"lesson {lesson}, of {of}" for lesson, of in zip(columns, most, strict=True)), "all")
    return _csv([EXERCISE_COLUMNS, *lines]), _csv([heading, *rows])


def write_text(path: Path, text: str) -> None:
    """Write a text, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path, len(text)) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def _lesson(graded: Graded, earned: dict[str, float]) -> dict:
    exercises = find_exercises(graded.lesson)
    return {
        "number": graded.lesson,
        "name": lessons()[graded.lesson],
        "points": number(sum(earned.values())),
        "most": sum(map(points, exercises.values())),
        "remarks": graded.remarks,
        "exercises": [_exercise(exercises[each.exercise], each, earned[each.exercise]) for each in graded.results],
    }


def _exercise(exercise, result, earned: float) -> dict:
    sign, word, advice = SIGNS[result.status]
    changed = "\nWhoever teaches you changed these points by hand." if abs(earned - result.points) > 0.05 else ""
    return {
        "name": exercise.name,
        "title": exercise.title,
        "tier": exercise.tier,
        "status": result.status,
        "sign": sign,
        "word": word,
        "points": number(earned),
        "most": points(exercise),
        "message": result.message.split(" Ask for a hint: ")[0] + changed,
        "advice": advice,
        "code": result.code,
    }


def _csv(rows: Iterable[Iterable]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: object) -> object:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in tuple("=+-@\t\r") and len(cell) > 1 else cell
