"""From notes to points: what a student's code made of the cases is compared with the right results, where it never ran.

The notes come from a place that the student's code may have changed at will. So they are read as claims: a claim of a
right result is worth points, a claim to be right is not.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from t2i_lib.course.checks import Exercise, Tried, answers, changed, difference, judge
from t2i_lib.course.lesson import find_exercises
from tools.grading.exercises import checked_in, points
from tools.grading.plain import decode, encode, is_plain
from tools.grading.submissions import Submission
from tools.grading.walls import Run

PARTIAL = 0.5  # of an exercise's points, times the share of the cases that came out right
MOST_CODE = 20_000  # characters of a cell that a feedback file shows


@dataclass(frozen=True)
class Result:
    """One exercise of one student. `status` is "right", "partly", "wrong", "open" or "missing"."""

    exercise: str
    status: str
    points: float
    message: str
    code: str = ""  # the cell, as it was handed in


@dataclass(frozen=True)
class Graded:
    """One lesson of one student."""

    student: str
    lesson: str
    results: tuple[Result, ...]
    remarks: tuple[str, ...] = ()  # what happened to the notebook as a whole

    def as_json(self) -> dict:
        """For the file that the gradebook reads."""
        return asdict(self)


class Judge:
    """Knows the right results; they are computed once for all students."""

    def __init__(self) -> None:
        self._expected: dict[str, list] = {}

    def grade(self, submission: Submission, run: Run | None) -> Graded:
        """Judge a submission by the notes of its run; without a run everything is missing."""
        notes = read_notes(run.notes) if run else []
        cells = (
            []
            if submission.notebook is None
            else [each for each in submission.notebook.cells if each.cell_type == "code"]
        )
        code = {name: cell for cell in cells for name in checked_in(cell.source)}
        errors = {str(note["cell"]): str(note["error"])[:300] for note in notes if "cell" in note and "error" in note}
        last = {str(note["exercise"]): note for note in notes if note.get("lesson") == submission.lesson}
        results = []
        for name, exercise in find_exercises(submission.lesson).items():
            source = code[name].source[:MOST_CODE] if name in code else ""
            if name in last:
                results.append(self._result(submission.lesson, exercise, last[name], source))
            else:
                results.append(
                    Result(name, "missing", 0.0, _why_missing(submission, run, code.get(name), errors), source)
                )
        graded = {cell.get("id") for cell in code.values()}
        return Graded(
            submission.student,
            submission.lesson,
            tuple(results),
            tuple(_remarks(submission, run, notes, errors, graded)),
        )

    def _result(self, lesson: str, exercise: Exercise, note: dict, code: str) -> Result:
        if note.get("begun"):
            return Result(exercise.name, "wrong", 0.0, "The run was ended while your code was at work here.", code)
        key = f"{lesson}/{exercise.name}"
        if key not in self._expected:
            self._expected[key] = answers(exercise)
        try:
            return self._judge(exercise, note, self._expected[key], code)
        except Exception as error:  # a claim that nobody can read is not a right answer, and must stop nobody else's
            return Result(
                exercise.name, "wrong", 0.0, f"Your results could not be judged ({type(error).__name__}).", code
            )

    def _judge(self, exercise: Exercise, note: dict, expected: list, code: str) -> Result:
        tried = _tried(exercise, note)
        if not tried.trouble and not tried.untouched and len(tried.received) < len(expected):
            verdict_message, right = "Your code changes what it was given; others still need it. Make a copy.", False
        else:
            verdict = judge(exercise, tried, expected)
            if verdict.status == "open":
                return Result(exercise.name, "open", 0.0, "Not written yet.", code)
            verdict_message, right = verdict.message, verdict.right
        if right:
            return Result(exercise.name, "right", float(points(exercise)), verdict_message, code)
        agreed = _agreed(exercise, tried, expected)
        earned = round(PARTIAL * points(exercise) * agreed / len(expected), 1)
        if not agreed:
            return Result(exercise.name, "wrong", 0.0, verdict_message, code)
        message = f"{verdict_message}\n{agreed} of the {len(expected)} cases came out right."
        return Result(exercise.name, "partly", earned, message, code)


def read_notes(raw: bytes) -> list[dict]:
    """The lines of a report that are notes; others are left out."""
    notes = []
    for line in raw.splitlines():
        try:
            note = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(note, dict):
            notes.append(note)
    return [note for note in notes if isinstance(note.get("exercise", ""), str)]


def _tried(exercise: Exercise, note: dict) -> Tried:
    cases = exercise.cases or ((),)
    received = tuple(decode(each) for each in list(note["received"])[: len(cases)])
    arguments = tuple(_arguments(plain, case) for plain, case in zip(note["arguments"], cases, strict=False))
    return Tried(received, arguments, str(note["trouble"])[:1000], note["untouched"] is True)


def _arguments(plain: object, case: tuple) -> tuple:
    """A case as the attempt left it; what cannot arrive whole (a function, say) counts as unchanged."""
    left = decode(plain)
    if not isinstance(left, tuple) or len(left) != len(case):
        return ()  # not what it was: changed
    return tuple(
        ours if is_plain(ours) or is_plain(decode(encode(original))) else original
        for ours, original in zip(left, case, strict=True)
    )


def _agreed(exercise: Exercise, tried: Tried, expected: list) -> int:
    """In how many cases the result is right and what was given is unchanged."""
    cases = exercise.cases or ((),)
    return sum(
        difference(ours, right, exercise.tolerance) is None and not changed(left, case)
        for ours, right, left, case in zip(tried.received, expected, tried.arguments, cases, strict=False)
    )


def _why_missing(submission: Submission, run: Run | None, cell: dict | None, errors: dict[str, str]) -> str:
    if run is None:
        return submission.trouble
    if cell is None:
        return "The notebook has no cell any more that hands this exercise to lesson.check."
    if cell["id"] in errors:
        return f"The cell stopped before its check: {errors[cell['id']]}"
    return "The run ended before it came here; see above."


def _remarks(
    submission: Submission, run: Run | None, notes: list[dict], errors: dict[str, str], graded: Iterable[str]
) -> Iterable[str]:
    if run is None:
        yield submission.trouble
        return
    begun = [str(note["cell"]) for note in notes if "cell" in note and note.get("begun")]
    where = f" in the cell {begun[-1]!r}" if begun else ""
    if run.stopped:
        yield f"The run was ended{where}: {run.stopped}. What came before it counts."
    elif any(note.get("dead") for note in notes):
        yield f"The notebook's own program ended{where}. What came before it counts."
    elif not any(note.get("end") for note in notes):
        yield f"The run broke off{where}. What came before it counts."
    others = [f"{cell}: {error}" for cell, error in errors.items() if cell not in graded]
    if others:
        more = f", and {len(others) - 3} more" if len(others) > 3 else ""
        yield f"Cells that stopped, though nothing in them is graded: {'; '.join(others[:3])}{more}."
