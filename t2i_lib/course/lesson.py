"""The one object that a notebook talks to: set-up, checks, hints, predictions, quiz, figures, progress."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, util
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure

from t2i_lib import plots
from t2i_lib.course import exercises, predictions, showing, widgets
from t2i_lib.course.checks import Exercise, examine
from t2i_lib.course.language import ENGLISH, spoken_language
from t2i_lib.course.phrases import Spoken, speak
from t2i_lib.course.predictions import Prediction
from t2i_lib.course.progress import Progress, home
from t2i_lib.course.quiz import load_quiz, verdict
from t2i_lib.course.translated import translated
from t2i_lib.plots.course_map import COURSE
from t2i_lib.runtime import pick_device, set_seed


def find_exercises(number: str, language: str = ENGLISH) -> dict[str, Exercise]:
    """The exercises of a lesson by name, in order; {} where it has none. In English where the language has no words."""
    name = f"t2i_lib.course.exercises.lesson_{number}"
    if util.find_spec(name) is None:
        return {}
    return translated({exercise.name: exercise for exercise in import_module(name).EXERCISES}, number, language)


def lessons() -> dict[str, str]:
    """Number -> name of each lesson of the course that is there already."""
    known = {path.stem.removeprefix("lesson_") for path in Path(exercises.__file__).parent.glob("lesson_*.py")}
    return {stop.number: stop.name for stop in COURSE if stop.number in known}


def start(number: str, seed: int = 0) -> "Lesson":
    """Set a lesson up: seed, one thread (figures do not depend on what else runs), device, the look of figures.

    Args:
        number: "00", "01", ...

    Raises:
        ValueError: if there is no such lesson.
    """
    if number not in lessons():
        raise ValueError(f"there is no lesson {number!r}; there are {', '.join(lessons())}")
    set_seed(seed)
    torch.set_num_threads(1)
    plots.use_style()
    lesson = Lesson(number, str(pick_device("auto")), seed)
    lesson._tell(
        f"Lesson {number}, {lessons()[number]}: device {lesson.device}, seed {seed}, progress kept in {home()}"
    )
    return lesson


@dataclass
class Lesson:
    """One lesson at work in a notebook; no method raises at a student, each says what is wrong instead."""

    number: str
    device: str = "cpu"
    seed: int = 0

    def __post_init__(self) -> None:
        self.language = spoken_language()
        self.exercises = find_exercises(self.number, self.language)
        self.progress = Progress(self.number)
        self._asked: dict[str, Prediction] = {}

    def check(self, attempt: Any, name: str | None = None) -> Any:
        """Check an attempt and show the verdict.

        Args:
            attempt: a function or class named like the exercise, or any value if `name` says which exercise it answers.

        Returns:
            what the lesson goes on with: the attempt where it is right, else the library's answer.
        """
        exercise = self._exercise(name or getattr(attempt, "__name__", ""))
        if exercise is None:
            return attempt
        found = examine(exercise, attempt)
        if found.status != "open":
            self.progress.put("checks", exercise.name, found.status)
        showing.show(found if self.language == ENGLISH else Spoken(found, self.language))
        return attempt if found.right else exercise.answer

    def hint(self, name: str) -> None:
        """Show the next of an exercise's three hints."""
        exercise = self._exercise(name)
        if exercise is not None:
            read = min(self.progress.get("hints").get(name, 0), len(exercise.hints) - 1)
            self.progress.put("hints", name, read + 1)
            more = "" if read == 2 else " (call again for the next one)"
            self._tell(f"Hint {read + 1} of 3{more}: {exercise.hints[read]}")
            if read == 2:
                self._tell(f"After that there is lesson.solution({name!r}).")

    def solution(self, name: str) -> None:
        """Show an exercise's solution and its reasons."""
        exercise = self._exercise(name)
        if exercise is not None:
            self.progress.put("hints", name, 4)
            print(source(exercise.answer) if callable(exercise.answer) else f"{name} = {exercise.answer!r}")
            self._tell(exercise.reasons)

    def predict(self, name: str, question: str, options: list[str] | tuple[str, ...] = ()) -> None:
        """Ask for a guess before the cell that answers it: one of `options`, or a number."""
        prediction = Prediction(name, question, tuple(options))
        self._asked[name] = prediction
        showing.show(widgets.prediction(prediction, lambda guess: self.guess(name, guess), self._say))

    def guess(self, name: str, guess: Any) -> None:
        """Keep a guess; what the widget calls, and whoever has no widgets."""
        if name not in self._asked:
            self._tell(
                f"nothing named {name!r} was asked so far; run the cell with lesson.predict({name!r}, ...) first"
            )
            return
        try:
            kept = self._asked[name].accept(guess)
        except ValueError as error:
            self._tell(str(error))
            return
        self.progress.put("predictions", name, kept)
        self._tell(f"kept: {kept}")

    def compare(self, name: str, outcome: str | float) -> None:
        """Put the kept guess beside what came out."""
        self._tell(predictions.compare(self.progress.get("predictions").get(name), outcome))

    def quiz(self) -> None:
        """Show the lesson's quiz."""
        showing.show(widgets.quiz(load_quiz(self.number, language=self.language), self._take))

    def answer(self, number: int, letter: str) -> None:
        """Answer question `number` of the quiz with a letter; for whoever has no widgets."""
        try:
            self._tell(self._take(number, letter))
        except ValueError as error:
            self._tell(str(error))

    def show(self, figure: Figure, alt: str) -> None:
        """Show a figure and, in words, what is to be seen in it."""
        showing.show_figure(figure, alt)

    def pipeline(self, *lit: str) -> None:
        """The one diagram of the course, with this lesson's stages lit."""
        self.show(plots.plot_pipeline(lit), plots.describe_pipeline(lit))

    def choose(self, live: bool, now: str, shipped: str) -> bool:
        """Say what a choice between training live and loading what was trained before costs; returns the choice.

        Args:
            live: the notebook's visible switch.
            now, shipped: what either costs, in words.
        """
        mark = {True: "-> ", False: "   "}
        self._tell(f"{mark[live]}train here and now: {now}\n{mark[not live]}load what was trained before: {shipped}")
        return live

    def done(self) -> None:
        """What of this lesson is done."""
        summary, quiz = self.progress.summary(), load_quiz(self.number)
        self._tell(
            f"Lesson {self.number}: {summary.right} of {len(self.exercises)} exercises right, "
            f"{summary.quiz_right} of {len(quiz.questions)} questions right. `t2i progress` shows all lessons."
        )

    def _tell(self, text: str) -> None:
        """Print a text in the lesson's language."""
        print(self._say(text))

    def _say(self, text: str) -> str:
        """A text in the lesson's language."""
        return speak(text, self.language)

    def _take(self, number: int, letter: str) -> str:
        quiz = load_quiz(self.number, language=self.language)
        question = quiz.question(number)
        said = verdict(question, letter, quiz.language)
        self.progress.put("quiz", str(number), {"answer": letter, "right": question.option(letter).right})
        return said

    def _exercise(self, name: str) -> Exercise | None:
        if name not in self.exercises:
            self._tell(f"lesson {self.number} has no exercise {name!r}; it has {', '.join(self.exercises) or 'none'}")
        return self.exercises.get(name)


def source(function: Callable) -> str:
    """A function's or class's source without the indentation of where it stands."""
    return inspect.cleandoc("\n" + inspect.getsource(function))
