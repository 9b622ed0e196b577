"""An exercise and its check: a student's answer goes in, a verdict comes out that says what to think about next.

A typical mistake is kept as a wrong answer of its own, beside the right one. Whoever's answer behaves like it gets its
message, and a test can make every mistake and see that it is recognised. Nothing here ever raises at a student.
"""

import copy
import html
import math
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

TIERS = ("core", "stretch", "project")
_UNTOUCHED = (None, Ellipsis, NotImplemented)  # what a stub returns, or is


@dataclass(frozen=True)
class Misconception:
    """A typical wrong answer (a function that makes the mistake, or a value) and what to say to whoever gives it."""

    wrong: Any
    message: str


def call(attempt: Callable, *arguments: Any) -> Any:
    """How most attempts are tried: called."""
    return attempt(*arguments)


@dataclass(frozen=True)
class Exercise:
    """One exercise: what is right, what is typically wrong, three hints, and why the solution is as it is.

    `answer` is a function (tried on each of `cases`, tuples of arguments) or, without cases, a value. `probe` turns an
    attempt and a case into what is compared; exercises about classes build and run one there.
    """

    name: str
    title: str
    tier: str
    difficulty: int  # 1 to 3
    minutes: int
    why: str  # one sentence: what it is good for
    answer: Any
    misconceptions: tuple[Misconception, ...]
    hints: tuple[str, str, str]
    reasons: str  # shown with the solution
    cases: tuple[tuple, ...] = ()
    probe: Callable[..., Any] = call
    praise: str = ""
    tolerance: float = 1e-4

    def __post_init__(self) -> None:
        if self.tier not in TIERS or not 1 <= self.difficulty <= 3 or len(self.hints) != 3:
            raise ValueError(
                f"exercise {self.name!r} needs a tier of {', '.join(TIERS)}, a difficulty from 1 to 3 and three hints, "
                f"but has {self.tier!r}, {self.difficulty} and {len(self.hints)}"
            )


@dataclass(frozen=True)
class Verdict:
    """What the check found: `status` is "right", "wrong" or "open" (not attempted)."""

    exercise: Exercise
    status: str
    message: str

    @property
    def right(self) -> bool:
        """Whether the answer is right."""
        return self.status == "right"

    def __repr__(self) -> str:
        sign = {"right": "[right]", "wrong": "[not yet]", "open": "[open]"}[self.status]
        return f"{sign} {self.exercise.name}: {self.message}"

    def _repr_html_(self) -> str:
        # Colour, sign and word say the same, for whoever cannot see one of them.
        sign, word, colour = {
            "right": ("✓", "right", "#1a7f37"),
            "wrong": ("✗", "not yet", "#b35900"),
            "open": ("○", "open", "#57606a"),
        }[self.status]
        text = html.escape(self.message).replace("\n", "<br>")
        return (
            f'<div style="border-left:4px solid {colour};padding:.4em .8em;margin:.3em 0">'
            f"<b>{sign} {word}</b> · <code>{html.escape(self.exercise.name)}</code><br>{text}</div>"
        )


@dataclass(frozen=True)
class Tried:
    """What came of an attempt, case by case: nothing is judged yet, so that another process can be the judge."""

    received: tuple = ()  # results, one a case that was reached
    arguments: tuple[tuple, ...] = ()  # each such case as the attempt left it
    trouble: str = ""  # what stopped the attempt at the next case
    untouched: bool = False  # nothing is written there yet


def examine(exercise: Exercise, attempt: Any) -> Verdict:
    """Check an attempt: is it right, a known mistake, something else, or not written yet?"""
    return judge(exercise, try_out(exercise, attempt))


def try_out(exercise: Exercise, attempt: Any) -> Tried:
    """Give an attempt the exercise's cases, until one stops it."""
    if _is_untouched(attempt):
        return Tried(untouched=True)
    received, left = [], []
    for case in exercise.cases or ((),):
        arguments = copy.deepcopy(case)
        try:
            outcome = _outcome(exercise, attempt, arguments)
        except NotImplementedError:
            return Tried(tuple(received), tuple(left), untouched=True)
        except Exception as error:  # a student's code may raise anything; they get one line, not a traceback
            return Tried(tuple(received), tuple(left), trouble=_explain(error, attempt, case))
        if _is_untouched(outcome):
            return Tried(tuple(received), tuple(left), untouched=True)
        received.append(outcome)
        left.append(arguments)
        if changed(arguments, case):
            break  # the verdict is known
    return Tried(tuple(received), tuple(left))


def changed(arguments: tuple, case: tuple) -> bool:
    """Whether an attempt changed what it was given."""
    return difference(arguments, case, 0.0) is not None


def answers(exercise: Exercise) -> list:
    """The right results, one a case."""
    return [_outcome(exercise, exercise.answer, copy.deepcopy(case)) for case in exercise.cases or ((),)]


def judge(exercise: Exercise, tried: Tried, expected: list | None = None) -> Verdict:
    """The verdict on what came of an attempt.

    Args:
        expected: the right results, for whoever judges many and computed them before.
    """
    for arguments, case in zip(tried.arguments, exercise.cases or ((),), strict=False):
        if changed(arguments, case):
            return Verdict(exercise, "wrong", "Your code changes what it was given; others still need it. Make a copy.")
    if tried.untouched:
        return _open(exercise)
    if tried.trouble:
        return Verdict(exercise, "wrong", tried.trouble)
    return _judge(exercise, list(tried.received), answers(exercise) if expected is None else expected)


def difference(received: Any, expected: Any, tolerance: float = 1e-4) -> str | None:
    """The first thing in which two results differ, in words; None where they agree.

    >>> difference(torch.zeros(2, 3), torch.zeros(3, 2))
    'expected the shape (3, 2), received (2, 3)'
    >>> difference([1, 2.5], [1, 2])
    'at [1]: expected 2, received 2.5'
    """
    if isinstance(expected, Tensor | np.ndarray):
        return _array_difference(received, expected, tolerance)
    if isinstance(expected, Mapping):
        if not isinstance(received, Mapping) or set(received) != set(expected):
            return f"expected the keys {sorted(map(str, expected))}, received {_brief(received)}"
        return _first(received, expected, expected, tolerance)
    if isinstance(expected, Sequence) and not isinstance(expected, str):
        if isinstance(received, str) or not isinstance(received, Sequence) or len(received) != len(expected):
            return f"expected {len(expected)} things, received {_brief(received)}"
        return _first(received, expected, range(len(expected)), tolerance)
    if isinstance(expected, float | int) and not isinstance(expected, bool):
        return _number_difference(received, expected, tolerance)
    try:
        same = bool(received == expected)
    except (TypeError, ValueError, RuntimeError):
        same = False
    return None if same else f"expected {_brief(expected)}, received {_brief(received)}"


def _judge(exercise: Exercise, received: list, expected: list) -> Verdict:
    remarks = [difference(ours, right, exercise.tolerance) for ours, right in zip(received, expected, strict=True)]
    wrong = [index for index, remark in enumerate(remarks) if remark is not None]
    if not wrong:
        return Verdict(exercise, "right", f"{exercise.praise or 'All cases agree.'} Move on.")
    for misconception in exercise.misconceptions:
        if _behaves_like(exercise, misconception.wrong, received):
            return Verdict(exercise, "wrong", misconception.message)
    case = exercise.cases[wrong[0]] if exercise.cases else ()
    where = f"For the input {_brief(case)}: " if case else ""
    return Verdict(exercise, "wrong", f"{where}{remarks[wrong[0]]}. Ask for a hint: lesson.hint({exercise.name!r})")


def _behaves_like(exercise: Exercise, wrong: Any, received: list) -> bool:
    """Whether a known mistake gives just these results."""
    for case, ours in zip(exercise.cases or ((),), received, strict=True):
        try:
            theirs = _outcome(exercise, wrong, copy.deepcopy(case))
        except Exception:  # a mistake that raises is told by its own error
            return False
        if difference(ours, theirs, exercise.tolerance) is not None:
            return False
    return True


def _outcome(exercise: Exercise, attempt: Any, arguments: tuple) -> Any:
    torch.manual_seed(0)  # whoever draws by lot gets the same lots
    return exercise.probe(attempt, *arguments) if exercise.cases else attempt


def _open(exercise: Exercise) -> Verdict:
    what = f"{exercise.title} ({exercise.tier}, {exercise.minutes} min)"
    return Verdict(exercise, "open", f"{what}: not written yet; the lesson goes on with the library's version.")


def _is_untouched(value: Any) -> bool:
    return any(value is each for each in _UNTOUCHED)


def _explain(error: Exception, attempt: Any, case: tuple) -> str:
    """An error as one line: what, where in the student's code, on which input."""
    what = f"Your code stopped with {type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
    ours = getattr(getattr(attempt, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == ours]
    where = f"\nin the line: {frames[-1].line}" if frames and frames[-1].line else ""
    return f"{what}{where}" + (f"\nThe input was {_brief(case)}" if case else "")


def _array_difference(received: Any, expected: Tensor | np.ndarray, tolerance: float) -> str | None:
    if not isinstance(received, Tensor | np.ndarray | list | tuple | float | int):
        return f"expected a tensor of shape {tuple(expected.shape)}, received {_brief(received)}"
    try:
        ours = np.asarray(received.detach().cpu() if isinstance(received, Tensor) else received, dtype=np.float64)
    except (TypeError, ValueError):
        return f"expected a tensor of shape {tuple(expected.shape)}, received {_brief(received)}"
    theirs = np.asarray(expected.detach().cpu() if isinstance(expected, Tensor) else expected, dtype=np.float64)
    if ours.shape != theirs.shape:
        return f"expected the shape {theirs.shape}, received {ours.shape}"
    if np.allclose(ours, theirs, rtol=tolerance, atol=tolerance, equal_nan=True):
        return None
    if not np.isfinite(ours).all() and np.isfinite(theirs).all():
        return "some of your numbers are not finite (nan or inf)"
    worst = np.unravel_index(np.argmax(np.abs(ours - theirs)), ours.shape)
    place = f"at {[int(index) for index in worst]}: " if ours.ndim else ""
    return f"{place}expected {theirs[worst]:.4g}, received {ours[worst]:.4g}"


def _number_difference(received: Any, expected: float, tolerance: float) -> str | None:
    if isinstance(received, Tensor | np.ndarray | np.generic) and math.prod(received.shape) == 1:
        received = received.item()
    if isinstance(received, bool) or not isinstance(received, float | int):
        return f"expected the number {expected:.4g}, received {_brief(received)}"
    if math.isclose(received, expected, rel_tol=tolerance, abs_tol=tolerance):
        return None
    return f"expected {expected:.4g}, received {received:.4g}"


def _first(received: Any, expected: Any, places: Any, tolerance: float) -> str | None:
    for place in places:
        remark = difference(received[place], expected[place], tolerance)
        if remark is not None:
            return f"at [{place}]: {remark}"
    return None


def _brief(value: Any, longest: int = 80) -> str:
    """A value in few words: tensors by their shape."""
    if isinstance(value, Tensor | np.ndarray):
        return f"a tensor of shape {tuple(value.shape)}"
    if isinstance(value, tuple) and any(isinstance(each, Tensor | np.ndarray) for each in value):
        return "(" + ", ".join(_brief(each) for each in value) + ")"
    text = repr(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"
