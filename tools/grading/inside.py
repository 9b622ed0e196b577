"""What runs behind the walls: a student's notebook, cell by cell, and a note of what each attempt made of its cases.

    python -m tools.grading.inside REPORT CELL_SECONDS < notebook.json

Nothing in here is trusted by whoever reads the notes. A student's code may patch all of it; what counts is whether the
results that it notes are right, and that is judged elsewhere, where that code never ran.
"""

import json
import os
import sys
from math import ceil
from typing import Any

REPORT = "T2I_GRADING_REPORT"  # the variable that names the pipe to which notes are written


def note(**what: Any) -> None:
    """Write one line of the report."""
    with open(os.environ[REPORT], "a", encoding="utf-8") as report:
        report.write(json.dumps(what) + "\n")


def listen() -> None:
    """Have `lesson.check` note what an attempt makes of its cases; the lesson goes on as it always does."""
    from t2i_lib.course.checks import Tried, judge, try_out
    from t2i_lib.course.lesson import Lesson
    from tools.grading.plain import encode

    handed_out = set()  # exercises whose solution the notebook goes on with

    def check(lesson: Lesson, attempt: Any, name: str | None = None) -> Any:
        exercise = lesson.exercises.get(name or getattr(attempt, "__name__", ""))
        if exercise is None:
            return attempt
        if attempt is exercise.answer and (callable(attempt) or exercise.name in handed_out):
            return attempt  # the library's own answer is nobody's attempt
        note(lesson=lesson.number, exercise=exercise.name, begun=True)
        try:
            tried = try_out(exercise, attempt)
        except KeyboardInterrupt:
            tried = Tried(trouble="Your code ran longer than the time limit and was stopped. Is there an endless loop?")
        except BaseException as error:  # SystemExit and its like are no Exception
            tried = Tried(trouble=f"Your code stopped with {type(error).__name__}.")
        note(
            lesson=lesson.number,
            exercise=exercise.name,
            received=[encode(each) for each in tried.received],
            arguments=[encode(each) for each in tried.arguments],
            trouble=tried.trouble,
            untouched=tried.untouched,
        )
        if not tried.trouble and judge(exercise, tried).right:
            return attempt
        handed_out.add(exercise.name)
        return exercise.answer

    Lesson.check = check


def run(notebook: dict, cell_seconds: float) -> None:
    """Run all cells, whatever stops in one of them; each that stopped is noted."""
    import nbformat
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpecManager
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    notebook = nbformat.from_dict(notebook)
    first = nbformat.v4.new_code_cell("from tools.grading.inside import listen\n\nlisten()\ndel listen", id="listen")
    notebook.cells.insert(0, first)
    client = NotebookClient(
        notebook,
        timeout=ceil(cell_seconds),  # nbclient takes whole seconds
        interrupt_on_timeout=True,
        allow_errors=True,
        record_timing=False,
        extra_arguments=["--IPKernelApp.log_level=40"],
    )
    # No folders to search: the kernel is this Python. No network in here, not even to oneself: sockets are files.
    specs = KernelSpecManager(kernel_dirs=[])
    client.km = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs, transport="ipc", ip="kernel")

    def executed(cell: Any, cell_index: int, execute_reply: dict) -> None:
        content = execute_reply["content"]
        if content["status"] != "ok":
            error = f"{content.get('ename', 'stopped')}: {content.get('evalue', '')}"[:300]
            note(cell=cell.get("id", ""), error=error)
        cell.outputs = []  # endless printing shall not fill the memory for longer than its cell

    client.on_cell_executed = executed
    client.on_cell_start = lambda cell, cell_index: note(cell=cell.get("id", ""), begun=True)
    try:
        client.execute()
    except DeadKernelError:
        note(dead=True)
    else:
        note(end=True)


if __name__ == "__main__":
    os.environ[REPORT] = sys.argv[1]
    run(json.load(sys.stdin), float(sys.argv[2]))
