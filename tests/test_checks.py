"""Checks: right answers pass, each known mistake gets its own message, nothing raises at a student."""

import numpy as np
import pytest
import torch

from t2i_lib.course.checks import Exercise, Misconception, difference, examine
from t2i_lib.course.lesson import find_exercises, lessons

ALL = [(number, exercise) for number in lessons() for exercise in find_exercises(number).values()]
MISTAKES = [(n, e, index) for n, e in ALL for index in range(len(e.misconceptions))]


def double(numbers):
    return 2 * numbers


DOUBLE = Exercise(
    name="double",
    title="Double",
    tier="core",
    difficulty=1,
    minutes=1,
    why="to test",
    answer=double,
    misconceptions=(
        Misconception(lambda numbers: numbers**2, "that is the square"),
        Misconception(lambda numbers: numbers.sum(), "one number a row, please"),
    ),
    hints=("a", "b", "c"),
    reasons="two times",
    cases=((torch.tensor([1.0, 3.0]),), (torch.tensor([5.0]),)),
)


@pytest.mark.parametrize("number, exercise", ALL, ids=lambda value: getattr(value, "name", value))
def test_the_right_answer_passes(number: str, exercise: Exercise):
    verdict = examine(exercise, exercise.answer)
    assert verdict.right, verdict


@pytest.mark.parametrize("number, exercise", ALL, ids=lambda value: getattr(value, "name", value))
def test_every_exercise_is_complete(number: str, exercise: Exercise):
    messages = [each.message for each in exercise.misconceptions]
    assert len(messages) >= 4, "at least four typical mistakes"
    assert len(set(messages)) == len(messages), "each with a message of its own"
    texts = [*exercise.hints, exercise.reasons, exercise.why, exercise.title, *messages]
    assert all(text.strip() for text in texts)
    assert len(set(exercise.hints)) == 3


@pytest.mark.parametrize("number, exercise, index", MISTAKES, ids=lambda value: getattr(value, "name", value))
def test_every_mistake_gets_its_own_message(number: str, exercise: Exercise, index: int):
    mistake = exercise.misconceptions[index]
    verdict = examine(exercise, mistake.wrong)
    assert verdict.status == "wrong"
    assert verdict.message == mistake.message


@pytest.mark.parametrize("number", lessons())
def test_every_lesson_has_exercises(number: str):
    exercises = list(find_exercises(number).values())
    assert len(exercises) >= 5
    assert {exercise.tier for exercise in exercises} >= {"core", "stretch"}


def test_a_stub_is_open_and_not_wrong():
    def stub(numbers): ...

    def raising(numbers):
        raise NotImplementedError

    for attempt in (stub, raising, None, ..., lambda numbers: NotImplemented):
        assert examine(DOUBLE, attempt).status == "open"


def test_an_error_becomes_one_line_with_its_place():
    def broken(numbers):
        return numbers @ torch.ones(7)

    verdict = examine(DOUBLE, broken)
    assert verdict.status == "wrong"
    assert "RuntimeError" in verdict.message and "numbers @ torch.ones(7)" in verdict.message
    assert "Traceback" not in verdict.message


def test_an_unknown_mistake_gets_expected_and_received():
    message = examine(DOUBLE, lambda numbers: 2 * numbers + 1).message
    assert "expected 2" in message and "received 3" in message and "lesson.hint('double')" in message


def test_changing_the_input_is_noticed():
    message = examine(DOUBLE, lambda numbers: numbers.mul_(2)).message
    assert "changes what it was given" in message


def test_values_are_checked_too():
    exercise = Exercise(
        "scale", "Scale", "stretch", 1, 1, "why", 8.0, (Misconception(64.0, "take the root"),), ("a", "b", "c"), "root"
    )
    assert examine(exercise, 8).right and examine(exercise, torch.tensor(8.0)).right
    assert examine(exercise, 64).message == "take the root"
    assert examine(exercise, "eight").status == "wrong"
    assert examine(exercise, ...).status == "open"


@pytest.mark.parametrize(
    "received, expected",
    [
        (torch.ones(2), torch.ones(3)),
        (torch.full((2,), float("nan")), torch.ones(2)),
        ("words", torch.ones(2)),
        (None, torch.ones(2)),
        ([1, 2], [1, 2, 3]),
        ({"a": 1}, {"b": 1}),
        (True, 1),
        ("left", "right"),
        (np.ones(2), "right"),
    ],
)
def test_differences_are_told_in_words(received, expected):
    assert difference(received, expected)


def test_what_agrees_has_no_difference():
    assert difference([torch.ones(2), 1.0, "a"], [np.ones(2), 1, "a"]) is None
    assert difference({"a": [True]}, {"a": [True]}) is None


def test_a_wrong_kind_of_exercise_is_refused():
    with pytest.raises(ValueError, match="tier"):
        Exercise("x", "X", "easy", 1, 1, "why", 1, (), ("a", "b", "c"), "r")
