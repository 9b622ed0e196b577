"""Copies of lessons for students: stubs where solutions go, no stored outputs that give an answer away, and the points.

The exercises of the committed lessons are stubs already. What a stored output tells (the answer to a prediction) goes.
"""

from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from t2i_lib.course.lesson import find_exercises
from t2i_lib.notebooks import read, write
from tools.grading.exercises import lesson_file, points

NOTE = """\
## Your copy, to work in and to hand in

1. Run the cells from top to bottom, and write your answers where a function has only `...` in it. The check below \
each tells you at once whether it is right; try as often as you like, and ask for hints. Hints cost nothing.
2. Keep the line `{example} = lesson.check({example})` as it is: what that line is given is what is graded. The last \
attempt counts.
3. Before you hand in: *Kernel, Restart Kernel and Run All Cells*. It is run anew when it is graded, so what works \
only in the order in which you happened to click does not count. Then save (Ctrl+S).
4. Hand in this one file, under its name, `{name}`. Outputs and your record of progress are not needed.

| exercise | tier | points |
|---|---|---|
{rows}

A right answer gets all points. One that is right in some of the cases that are tried gets half of their share. An \
exercise you leave open costs only its own points: the lesson goes on with the library's version.
"""


def student_copy(number: str) -> NotebookNode:
    """A lesson as it is handed out.

    Raises:
        ValueError: if there is no such lesson.
    """
    path = lesson_file(number)
    notebook = read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    exercises = find_exercises(number)
    rows = "\n".join(f"| {each.title} (`{name}`) | {each.tier} | {points(each)} |" for name, each in exercises.items())
    note = NOTE.format(example=_example(number), name=path.name, rows=rows)
    first = next(index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells.insert(first, new_markdown_cell(note.rstrip(), id="hand-in"))
    return notebook


def make_copies(numbers: list[str], out: Path) -> list[Path]:
    """Write copies of lessons into a folder.

    Raises:
        ValueError: if there is no such lesson, or a file of that name that is not the same copy: it may be someone's
            work, so nothing at all is written then.
    """
    copies = {out / lesson_file(number).name: student_copy(number) for number in numbers}
    for path, copy in copies.items():
        if path.exists() and read(path) != copy:
            raise ValueError(
                f"{path} is there already and is not this copy, perhaps somebody's work; name another folder"
            )
    out.mkdir(parents=True, exist_ok=True)
    for path, copy in copies.items():
        write(path, copy)
    return list(copies)


def _example(number: str) -> str:
    return next(name for name, each in find_exercises(number).items() if callable(each.answer))
