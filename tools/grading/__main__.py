"""`python -m tools.grading copies`, `python -m tools.grading grade FOLDER`; also as `make copies` and `make grade`."""

import argparse
import json
import sys
import time
from pathlib import Path

from tools.grading.exercises import all_lessons, lesson_file
from tools.grading.walls import Limits, Run, check_walls, run_behind_walls


def arguments(words: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.grading", description="Student copies, and grading them.")
    commands = parser.add_subparsers(dest="command", required=True)
    copies = commands.add_parser("copies", help="copies of lessons to hand out")
    copies.add_argument("--out", type=Path, default=Path("copies"), help="folder for the copies")
    grade = commands.add_parser("grade", help="grade a folder of submissions")
    grade.add_argument("submissions", type=Path, help="a folder in which each student has a folder of their own")
    grade.add_argument("--out", type=Path, default=Path("grades"), help="folder for grades, feedback and gradebook")
    limits = Limits()
    grade.add_argument("--cell-seconds", type=float, default=limits.cell_seconds, help="limit for one cell")
    grade.add_argument("--seconds", type=float, default=limits.seconds, help="limit for one notebook")
    grade.add_argument("--memory", type=float, default=limits.memory / 2**30, help="limit for one notebook, in GB")
    grade.add_argument("--trusted", action="store_true", help="no walls: run code as if it were your own")
    for command in (copies, grade):
        command.add_argument(
            "--lessons", nargs="+", metavar="NN", help="lessons, such as 01 06; all of them if left out"
        )
    return parser.parse_args(words)


def copy(options: argparse.Namespace) -> None:
    """Write copies."""
    from tools.grading.copies import make_copies

    written = make_copies(options.lessons or all_lessons(), options.out)
    print(f"{len(written)} copies in {options.out}: {', '.join(path.name for path in written)}")


def grade(options: argparse.Namespace) -> None:
    """Run, judge, record, write what goes back."""
    import torch

    from tools.grading.gradebook import record, scores
    from tools.grading.judge import Judge
    from tools.grading.submissions import loose_files, read_submission, students_in

    torch.set_num_threads(1)  # as in the lessons
    students = students_in(options.submissions)
    for name in loose_files(options.submissions):
        print(f"{name} lies in no student's folder and is not graded", file=sys.stderr)
    lessons = {number: lesson_file(number).name for number in options.lessons or all_lessons()}
    limits = Limits(options.cell_seconds, options.seconds, int(options.memory * 2**30))
    if not options.trusted:
        check_walls()
    graded, notebooks, judge = [], {}, Judge()
    for number, name in lessons.items():
        handed_in = [read_submission(student, folder, number, name) for student, folder in students.items()]
        if options.lessons is None and all(each.trouble.startswith("No notebook") for each in handed_in):
            continue  # a lesson that nobody was asked for
        for each in handed_in:
            start = time.monotonic()
            run = None if each.notebook is None else run_notebook(each.notebook, limits, options.trusted)
            graded.append(judge.grade(each, run))
            notebooks[each.student, number] = each.notebook
            earned = sum(result.points for result in graded[-1].results)
            print(f"{each.student}, lesson {number}: {earned:g} points, {time.monotonic() - start:.0f} s", flush=True)
    if not graded:
        raise ValueError(
            f"nobody in {options.submissions} handed in a lesson; files are called like 01_attention.ipynb"
        )
    record(options.out / "course", graded, notebooks)
    write_out(options.out, graded, [scores(options.out / "course", each) for each in graded])


def run_notebook(notebook: dict, limits: Limits, trusted: bool) -> Run:
    """Run a student's notebook where it can do no harm."""
    command = [sys.executable, "-m", "tools.grading.inside", "/report", f"{limits.cell_seconds:g}"]
    return run_behind_walls(command, json.dumps(notebook).encode(), limits, trusted)


def write_out(out: Path, graded: list, earned: list[dict[str, float]]) -> None:
    """Feedback pages and tables."""
    from tools.grading.feedback import page, tables, write_text

    of_student: dict[str, list[int]] = {}
    for index, each in enumerate(graded):
        of_student.setdefault(each.student, []).append(index)
    for student, places in of_student.items():
        text = page(student, [graded[place] for place in places], [earned[place] for place in places])
        write_text(out / "feedback" / f"{student}.html", text)
    exercises, students = tables(graded, earned)
    write_text(out / "exercises.csv", exercises)
    write_text(out / "students.csv", students)
    print(f"{len(of_student)} students: {out / 'students.csv'}, {out / 'exercises.csv'}, {out / 'feedback'}")


def main(words: list[str]) -> int:
    """Do what the command line says; 2 where it asks for what cannot be done."""
    options = arguments(words)
    try:
        {"copies": copy, "grade": grade}[options.command](options)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
