"""The gradebook: nbgrader keeps lessons, exercises, submissions and points, and whatever an instructor changes by hand.

One step of nbgrader's is replaced. It would run a student's cells and the graded cells in one process, in which the
former can rewrite the latter; here the graded cells get the output that the judge decided on, and nothing is run.
"""

import json
import logging
import os
import sys
import warnings
from pathlib import Path

from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.preprocessors import LimitOutput, NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import is_grade
from traitlets import Unicode
from traitlets.config import Config

from t2i_lib.checkpoints import load_json, save_json
from t2i_lib.course.checks import Exercise
from t2i_lib.course.lesson import find_exercises
from t2i_lib.notebooks import write
from tools.grading.copies import student_copy
from tools.grading.exercises import checked_in, lesson_file, points
from tools.grading.judge import Graded


class Judged(NbGraderPreprocessor):
    """Gives each graded cell the judge's message and points as its output; SaveAutoGrades reads the latter."""

    results = Unicode(help="folder of results, <student>/<assignment>.json").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: ResourcesDict) -> tuple[NotebookNode, ResourcesDict]:
        """Fill in the graded cells."""
        about = resources["nbgrader"]
        graded = load_json(Path(self.results) / about["student"] / f"{about['assignment']}.json")
        judged = {each["exercise"]: each for each in graded["results"]}
        for cell in nb.cells:
            if is_grade(cell):
                result = judged[cell.metadata.nbgrader["grade_id"]]
                said = {"text/plain": f"{result['status']}: {result['message']}"}
                earned = {"text/plain": str(float(result["points"]))}
                cell.outputs = [
                    new_output("display_data", data=said),
                    new_output("execute_result", data=earned, execution_count=1),
                ]
        return nb, resources


def record(course: Path, graded: list[Graded], notebooks: dict[tuple[str, str], NotebookNode | None]) -> None:
    """Enter what was judged into the gradebook of a course folder.

    Args:
        notebooks: (student, lesson) -> what was handed in, to be kept beside the points; None where nothing was.

    Raises:
        ValueError: if nbgrader does not do its part.
    """
    course.mkdir(parents=True, exist_ok=True)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic
    api = _api(course)
    for lesson in sorted({each.lesson for each in graded}):
        name = lesson_file(lesson).stem
        write_under(course / "source" / name / f"{name}.ipynb", with_graded_cells(student_copy(lesson), lesson))
        _demand(api.generate_assignment(name, force=True, create=True), f"lesson {lesson}")
        for each in (each for each in graded if each.lesson == lesson):
            handed_in = notebooks[each.student, lesson] or student_copy(lesson)
            path = course / "submitted" / each.student / name / f"{name}.ipynb"
            write_under(path, with_graded_cells(handed_in, lesson))
            (course / "results" / each.student).mkdir(parents=True, exist_ok=True)
            save_json(course / "results" / each.student / f"{name}.json", each.as_json())
            _demand(api.autograde(name, each.student, force=True, create=True), f"{each.student}, lesson {lesson}")


def scores(course: Path, graded: Graded) -> dict[str, float]:
    """Points by exercise as they stand in the gradebook, with what an instructor changed there."""
    name = lesson_file(graded.lesson).stem
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        notebook = gradebook.find_submission_notebook(name, name, graded.student)
        return {grade.name: grade.score for grade in notebook.grades}


def with_graded_cells(notebook: NotebookNode, lesson: str) -> NotebookNode:
    """A notebook with exactly one graded cell an exercise: after the last cell that hands it in, else at the end."""
    cells = list(notebook.cells)
    for name, exercise in find_exercises(lesson).items():
        places = [
            index for index, cell in enumerate(cells) if cell.cell_type == "code" and name in checked_in(cell.source)
        ]
        cells.insert(places[-1] + 1 if places else len(cells), _graded_cell(exercise))
    return NotebookNode({**notebook, "cells": cells})


def write_under(path: Path, notebook: NotebookNode) -> None:
    """Write a notebook and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, notebook)


def _graded_cell(exercise: Exercise) -> NotebookNode:
    about = {
        "schema_version": 3,
        "grade_id": exercise.name,
        "grade": True,
        "locked": True,
        "solution": False,
        "task": False,
        "points": points(exercise),
        "cell_type": "code",
    }
    text = f"# {exercise.title}: {points(exercise)} points. The grading run fills in the output of this cell."
    return new_code_cell(text, id=f"graded-{exercise.name}"[:64], metadata={"nbgrader": about})


def _api(course: Path) -> NbGraderAPI:
    config = Config()
    config.CourseDirectory.root = str(course.resolve())
    config.CourseDirectory.db_url = f"sqlite:///{course.resolve() / 'gradebook.db'}"
    config.Exchange.root = str(course.resolve())  # not used; its default is a folder of the system's
    config.NbGrader.logfile = ""  # nothing is written into the folder that one happens to work in
    config.Autograde.autograde_preprocessors = [Judged, LimitOutput, SaveAutoGrades]
    config.Judged.results = str((course / "results").resolve())
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="Object of type <Submitted", module="nbgrader")  # of its own making
    return NbGraderAPI(config=config)


def _demand(answer: dict, what: str) -> None:
    if not answer["success"]:
        raise ValueError(f"nbgrader stopped at {what}: {answer.get('error') or json.dumps(answer)[-500:]}")
