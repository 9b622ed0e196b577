"""Copies for students, and grading: a good, a partial, a broken and a hostile submission through the whole cycle."""

import csv
import inspect
import io
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("nbgrader", reason="nbgrader is missing: grading is not tested; pip install -e .[grading]")

from t2i_lib.course.checks import try_out
from t2i_lib.course.lesson import find_exercises
from t2i_lib.notebooks import read
from tools.grading.__main__ import main
from tools.grading.copies import make_copies, student_copy
from tools.grading.exercises import all_lessons, checked_in, lesson_file, points
from tools.grading.gradebook import scores, with_graded_cells
from tools.grading.judge import Graded, Judge, read_notes
from tools.grading.plain import Foreign, decode, encode
from tools.grading.submissions import Submission, read_submission, students_in
from tools.grading.walls import Limits, Run, check_walls, run_behind_walls

LESSON = "01"
NAME = "01_attention.ipynb"

SOFTMAX_THAT_OVERFLOWS = """\
def softmax(scores):
    return scores.exp() / scores.exp().sum(dim=-1, keepdim=True)


softmax = lesson.check(softmax)
"""
HOSTILE = """\
import os, shutil, signal, sys, t2i_lib.course.checks, t2i_lib.course.lesson, tools.grading.inside, tools.grading.plain

for place in ({outside!r}, {other!r}, os.getcwd(), "/report", "/work", "/usr", "/root", "/home"):
    shutil.rmtree(place, ignore_errors=True)
    try:
        open(place, "w").write("mine")
    except OSError:
        pass
praise = lambda *given, **named: t2i_lib.course.checks.Verdict(given[0], "right", "praised")
t2i_lib.course.checks.judge = t2i_lib.course.checks.examine = praise
t2i_lib.course.checks.difference = lambda *given: None
for name in {names!r}:
    for claim in (
        dict(status="right", points=999, message="full points"),
        dict(received=[True, True, True], arguments=[], trouble="", untouched=False, right=True, verdict="right"),
        dict(received=[{{"tensor": "object", "shape": [-1], "data": "x"}}] * 3, arguments=7, trouble=0, untouched=0),
    ):
        tools.grading.inside.note(lesson="01", exercise=name, **claim)
"""
ENDLESS = """\
def hide_future(scores):
    while True:
        pass


hide_future = lesson.check(hide_future)
"""
KILLING = """\
import os, signal, subprocess, sys

for _ in range(400):
    try:
        subprocess.Popen(["sleep", "600"])
    except OSError:
        break
for pid in (1, os.getppid()):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
os.kill(0, signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def walls():
    try:
        check_walls()
    except ValueError as error:
        pytest.skip(f"no walls on this system, grading is not tested as a whole: {error}")


def answer(lesson, name):
    """The right answer as a student would have written it into the cell of the exercise."""
    exercise = find_exercises(lesson)[name]
    if not callable(exercise.answer):
        return f"{name} = {exercise.answer!r}\n\n{name} = lesson.check({name}, {name!r})\n"
    return f"from torch import Tensor\n\n\n{inspect.getsource(exercise.answer)}\n\n{name} = lesson.check({name})\n"


def solved(lesson, cells, names):
    """Write the right answers into a copy's cells; what they need from the exercises' module comes first."""
    module = f"t2i_lib.course.exercises.lesson_{lesson}"
    borrowed = (
        f"import {module} as _own\n\nglobals().update({{k: v for k, v in vars(_own).items() if k[:2] != '__'}})\n"
    )
    for cell in cells:
        for name in checked_in(cell["source"]) & set(names):
            cell["source"] = borrowed + answer(lesson, name)
    return cells


def short(lesson):
    """A copy's set-up and exercises, all else deleted, as some students do."""
    notebook = student_copy(lesson)
    kept = [c for c in notebook.cells if "course.start(" in c.source or c.cell_type == "code" and checked_in(c.source)]
    return [{"cell_type": "code", "id": c.id, "source": c.source, "metadata": {}, "outputs": []} for c in kept]


def hand_in(folder, student, cells, name=NAME):
    (folder / student).mkdir(parents=True, exist_ok=True)
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (folder / student / name).write_text(json.dumps(content), encoding="utf-8")


def rows(path):
    with path.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


@pytest.fixture(scope="module")
def cycle(walls, tmp_path_factory):
    """Hand in, grade, come back with what was written and how long it took."""
    place = tmp_path_factory.mktemp("class")
    work, names = place / "handed in", list(find_exercises(LESSON))
    outside = place / "instructor.txt"
    outside.write_text("mine")
    hand_in(work, "good", solved(LESSON, short(LESSON), names))

    partial = [cell for cell in short(LESSON) if "split_heads" not in cell["source"]]
    syntax = "def attend_by_hand(query key):\n    return\n\n\nattend_by_hand = lesson.check(attend_by_hand)\n"
    source = {"softmax": SOFTMAX_THAT_OVERFLOWS, "lookup": answer(LESSON, "lookup"), "attend_by_hand": syntax}
    for cell in partial:
        for name in checked_in(cell["source"]) & set(source):
            cell["source"] = source[name]
    partial.append({**partial[1], "id": partial[1]["id"], "source": "softmax = lesson.check(softmax)"})  # a doubled id
    hand_in(work, "部分", partial, "01_attention (1).ipynb")

    (work / "broken").mkdir()
    (work / "broken" / NAME).write_text('{"cells": [{"cell_type": "code", ')

    hostile = short(LESSON)
    hostile[1]["source"] = answer(LESSON, "softmax")  # one honest answer before the war begins
    war = HOSTILE.format(outside=str(outside), other=str(work / "good" / NAME), names=names[1:])
    spying = f"print(open({str(work / 'good' / NAME)!r}).read())"
    hostile[2:2] = [{**hostile[1], "id": "spy", "source": spying}, {**hostile[1], "id": "war", "source": war}]
    future = next(cell for cell in hostile if "hide_future" in cell["source"])
    future["source"] = ENDLESS
    hostile.insert(hostile.index(future) + 1, {**hostile[1], "id": "kill", "source": KILLING})
    hand_in(work, "hostile", hostile)
    (work / "linked").mkdir()
    (work / "linked" / NAME).symlink_to(work / "good" / NAME)

    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    start = time.monotonic()
    imports = "import nbclient, t2i_lib.course.lesson, t2i_lib.pipeline"
    run_behind_walls([sys.executable, "-c", imports], b"", Limits())
    patience = max(10.0, 4 * (time.monotonic() - start))  # a busy machine is given more time
    out = place / "grades"
    start = time.monotonic()
    code = main(["grade", str(work), "--out", str(out), f"--cell-seconds={patience}", f"--seconds={9 * patience}"])
    return {"code": code, "out": out, "before": before, "patience": patience, "seconds": time.monotonic() - start}


def of(cycle, student):
    return {row["exercise"]: row for row in rows(cycle["out"] / "exercises.csv") if row["student"] == student}


def feedback(cycle, student):
    return (cycle["out"] / "feedback" / f"{student}.html").read_text(encoding="utf-8")


def test_the_whole_class_is_graded_in_time_and_nothing_outside_is_changed(cycle):
    assert cycle["code"] == 0 and cycle["seconds"] < 20 * cycle["patience"]
    assert all(path.read_bytes() == content for path, content in cycle["before"].items())
    totals = {row["student"]: row["all"] for row in rows(cycle["out"] / "students.csv")}
    assert set(totals) == {"good", "部分", "broken", "hostile", "linked"}


def test_right_answers_get_full_points(cycle):
    most = sum(map(points, find_exercises(LESSON).values()))
    assert {row["status"] for row in of(cycle, "good").values()} == {"right"}
    (row,) = (row for row in rows(cycle["out"] / "students.csv") if row["student"] == "good")
    assert float(row["all"]) == most == float(row[f"lesson 01, of {most}"])
    assert f"{most} of {most} points" in feedback(cycle, "good")


def test_partial_credit_is_half_the_share_of_the_cases_and_the_checks_own_message_is_told(cycle):
    graded = of(cycle, "部分")
    assert (graded["softmax"]["status"], graded["softmax"]["points"]) == ("partly", "1.7")  # 5 x 0.5 x 2/3
    assert (graded["lookup"]["status"], graded["lookup"]["points"]) == ("right", "5")
    untouched = set(graded) - {"softmax", "lookup", "attend_by_hand", "split_heads"}
    assert {graded[name]["status"] for name in untouched} == {"open"}
    text = feedback(cycle, "部分")
    assert "exp(1000) is too large for a float" in text and "2 of the 3 cases came out right" in text
    assert "6.7 of 50 points" in text


def test_a_broken_file_gets_no_points_and_is_told_why(cycle):
    assert {row["points"] for row in of(cycle, "broken").values()} == {"0"}
    assert "is not a notebook: the file is damaged" in feedback(cycle, "broken")
    assert "is a link" in feedback(cycle, "linked")


def test_a_syntax_error_and_a_deleted_cell_cost_only_their_own_exercise(cycle):
    graded = of(cycle, "部分")
    assert graded["attend_by_hand"]["status"] == "missing" and "SyntaxError" in graded["attend_by_hand"]["message"]
    assert graded["split_heads"]["status"] == "missing" and "no cell any more" in graded["split_heads"]["message"]


def test_a_hostile_submission_gains_nothing_and_keeps_what_it_earned(cycle):
    graded = of(cycle, "hostile")
    assert graded["softmax"]["status"] == "right"
    assert {row["points"] for name, row in graded.items() if name != "softmax"} == {"0"}
    assert "endless loop" in graded["hide_future"]["message"]
    assert "program ended" in feedback(cycle, "hostile") and "FileNotFoundError" in feedback(cycle, "hostile")


def test_points_that_an_instructor_changes_stand_in_the_gradebook(cycle):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{cycle['out'] / 'course' / 'gradebook.db'}") as gradebook:
        submission = gradebook.find_submission("01_attention", "部分")
        assert (round(submission.score, 1), submission.max_score) == (6.7, 50)
        grade = gradebook.find_grade("split_heads", "01_attention", "01_attention", "部分")
        grade.manual_score = 4.5
        gradebook.db.commit()
    assert scores(cycle["out"] / "course", Graded("部分", LESSON, ()))["split_heads"] == 4.5


def test_every_lesson_has_a_copy_with_stubs_alone(tmp_path):
    assert len(all_lessons()) == 15
    make_copies(all_lessons(), tmp_path)
    for number in all_lessons():
        copy = read(tmp_path / lesson_file(number).name)
        code = [cell for cell in copy.cells if cell.cell_type == "code"]
        assert not any(cell.outputs or cell.execution_count for cell in code)
        handed = [name for cell in code for name in checked_in(cell.source)]
        assert sorted(handed) == sorted(find_exercises(number)), number
        for name, exercise in find_exercises(number).items():
            (cell,) = (cell for cell in code if name in checked_in(cell.source))
            if callable(exercise.answer):
                *_, last = [line for line in inspect.getsource(exercise.answer).splitlines() if line.strip()]
                assert last.strip() not in cell.source, f"{number} {name} holds its solution"


def test_copies_never_overwrite_work(tmp_path, capsys):
    assert main(["copies", "--lessons", LESSON, "--out", str(tmp_path)]) == 0
    assert main(["copies", "--lessons", LESSON, "--out", str(tmp_path)]) == 0  # the same again is no harm
    (tmp_path / NAME).write_text((tmp_path / NAME).read_text().replace("...", "return 1", 1))
    assert main(["copies", "--lessons", LESSON, "--out", str(tmp_path)]) == 2
    assert "perhaps somebody's work" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["copies", "--lessons", "77"], "there is no lesson '77'"),
        (["grade", "nowhere"], "there is no folder nowhere"),
        (["grade", "."], "no student has a folder"),
    ],
)
def test_bad_input_gets_one_line(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_behind_the_walls_there_is_no_network_no_outside_and_no_right(walls, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("marks")
    (tmp_path / "secret").chmod(0o666)
    script = (
        f"cat {secret} || echo hidden; touch {Path(torch.__file__)} || echo readonly; ls /proc | grep -c '^[0-9]';"
        "(echo > /dev/tcp/127.0.0.1/9) 2>/dev/null || echo unconnected; ls /sys/class/net 2>/dev/null;"
        "grep CapEff /proc/self/status; mount -t tmpfs none /tmp || echo powerless; sleep 999 &"
    )
    run = run_behind_walls(["/bin/sh", "-c", f"exec > /report 2>/dev/null; {script}"], b"", Limits(seconds=20))
    said = run.notes.decode()
    for word in ("hidden", "readonly", "unconnected", "powerless", "CapEff:\t0000000000000000"):
        assert word in said, said
    assert "marks" not in said and not run.stopped


def test_what_takes_too_long_or_too_much_is_ended(walls):
    start = time.monotonic()
    assert "longer than 2 s" in run_behind_walls(["sleep", "60"], b"", Limits(seconds=2)).stopped
    hungry = "x = []\nwhile True: x.append(bytearray(10_000_000))"
    run = run_behind_walls(["python3", "-c", hungry], b"", Limits(seconds=20, memory=200 << 20))
    assert "MB of memory" in run.stopped and time.monotonic() - start < 15
    flood = run_behind_walls(["/bin/sh", "-c", "yes > /report"], b"", Limits(seconds=20))
    assert "more than anybody can read" in flood.stopped


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        7,
        2.5,
        "sunset",
        (1, [2.0, "x"]),
        {"a": (None, "b"), 3: []},
        torch.arange(6).view(2, 3),
        torch.zeros(0, 2),
        torch.tensor(1.5),
        np.float32(2.5),
        np.ones((2, 2), np.uint8),
    ],
)
def test_plain_results_arrive_as_they_were(value):
    arrived = decode(json.loads(json.dumps(encode(value))))
    assert type(arrived) is type(value)
    if isinstance(value, torch.Tensor):
        assert torch.equal(arrived, value)
    else:
        assert np.array_equal(arrived, value) if isinstance(value, np.ndarray) else arrived == value


@pytest.mark.parametrize(
    "claim",
    [
        {"tensor": "object", "shape": [1], "data": ""},
        {"tensor": "float32", "shape": [10**12], "data": "AAAA"},
        {"array": "float32", "shape": "1", "data": 5},
        {"dict": [[{"list": []}, 1]]},
        {"run": "os.system"},
        [1],
        {"tuple": 5},
    ],
)
def test_what_breaks_the_rules_arrives_as_nothing_anyone_asked_for(claim):
    assert isinstance(decode(claim), Foreign)


def test_what_is_not_plain_arrives_by_name():
    assert repr(decode(encode({1, 2}))) == "{1, 2}"
    assert decode(encode(object())) != decode(encode(object()))


def judged(lesson, name, **note):
    line = {"lesson": lesson, "exercise": name, "arguments": [], "trouble": "", "untouched": False, **note}
    graded = Judge().grade(Submission("anna", lesson), Run(json.dumps(line).encode(), "", ""))
    return next(result for result in graded.results if result.exercise == name)


@pytest.mark.parametrize("lesson", all_lessons())
def test_the_right_answers_of_every_lesson_get_full_points(lesson):
    exercises = {n: e for n, e in find_exercises(lesson).items() if n != "play_round"}  # which trains for seconds
    notes = []
    for name, exercise in exercises.items():
        attempt = exercise.answer
        if callable(attempt):  # anew from its source: the library's own object is nobody's attempt
            space = dict(vars(sys.modules[attempt.__module__]))
            exec(compile(inspect.getsource(attempt), "<student>", "exec"), space)
            attempt = space[attempt.__name__]
        tried = try_out(exercise, attempt)
        received, arguments = ([encode(each) for each in some] for some in (tried.received, tried.arguments))
        note = {"lesson": lesson, "exercise": name, "received": received, "arguments": arguments}
        notes.append(json.dumps({**note, "trouble": tried.trouble, "untouched": tried.untouched}))
    graded = Judge().grade(Submission("anna", lesson), Run("\n".join(notes).encode(), "", ""))
    points_of = {each.exercise: (each.points, each.message) for each in graded.results if each.exercise in exercises}
    assert {name: of[0] for name, of in points_of.items()} == {n: points(e) for n, e in exercises.items()}, points_of


def test_an_attempt_that_changes_what_it_was_given_is_not_right():
    exercise = find_exercises(LESSON)["softmax"]
    received = [encode(case[0].softmax(dim=-1)) for case in exercise.cases]
    kept = [encode(case) for case in exercise.cases]
    assert judged(LESSON, "softmax", received=received, arguments=kept).status == "right"
    spoiled = [encode((case[0] + 1,)) for case in exercise.cases]
    for arguments in (spoiled, [7, 7, 7]):
        result = judged(LESSON, "softmax", received=received, arguments=arguments)
        assert (result.points, result.message[:17]) == (0, "Your code changes")
    assert judged(LESSON, "softmax", received=received[:1], arguments=kept[:1]).status == "partly"


def test_lines_that_are_no_notes_are_left_out():
    assert read_notes(b'{"exercise": 5}\n{"end": true}\nnonsense\n' + b"[" * 100_000 + b"\n[1]\n") == [{"end": True}]


def test_each_exercise_is_graded_in_exactly_one_cell_whatever_a_student_did_to_the_notebook(tmp_path):
    cells = short(LESSON)
    cells = [cells[0], cells[1], cells[1], cells[3]]  # doubled and removed
    cells[3]["metadata"] = {"nbgrader": {"grade": True, "grade_id": "softmax", "points": 999}}
    hand_in(tmp_path, "anna", cells)
    submission = read_submission("anna", students_in(tmp_path)["anna"], LESSON, NAME)
    notebook = with_graded_cells(submission.notebook, LESSON)
    about = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert {each.grade_id: each.points for each in about} == {n: points(e) for n, e in find_exercises(LESSON).items()}
    assert len(about) == len(find_exercises(LESSON)) and len({cell.id for cell in notebook.cells}) == len(
        notebook.cells
    )


@pytest.mark.parametrize("content", ["[1]", '{"nbformat": 3, "worksheets": []}', "", "\0\0", '{"nbformat": 4}'])
def test_a_file_that_is_no_notebook_is_told_so(content, tmp_path):
    (tmp_path / "anna").mkdir()
    (tmp_path / "anna" / NAME).write_text(content)
    trouble = read_submission("anna", tmp_path / "anna", LESSON, NAME).trouble
    assert "is not a notebook" in trouble and NAME in trouble


def test_odd_cells_of_a_notebook_are_read_without_harm(tmp_path):
    hand_in(tmp_path, "anna", [5, {}, {"cell_type": "code", "source": ["a", 3], "id": ["x"]}, {"id": "a b"}])
    assert len(read_submission("anna", tmp_path / "anna", LESSON, NAME).notebook.cells) == 4
    os.mkfifo(tmp_path / "anna" / "02_transformer.ipynb")
    assert "not a file" in read_submission("anna", tmp_path / "anna", "02", "02_transformer.ipynb").trouble


def test_tables_hold_no_formulas_and_pages_no_markup_of_a_students(tmp_path):
    from tools.grading.feedback import page, tables
    from tools.grading.judge import Result

    evil = "=HYPERLINK(1)<script>alert(1)</script>"
    results = tuple(Result(name, "wrong", 0.0, evil, evil) for name in find_exercises(LESSON))
    graded, earned = [Graded("=anna", LESSON, results, (evil,))], [dict.fromkeys(find_exercises(LESSON), 0.0)]
    assert "<script>" not in page("<script>", graded, earned) and "by hand" not in page("a", graded, earned)
    assert "changed these points by hand" in page("a", graded, [earned[0] | {"softmax": 1.0}])
    assert all(
        not cell.startswith("=")
        for text in tables(graded, earned)
        for row in csv.reader(io.StringIO(text, newline=""))
        for cell in row
    )
    assert "'=anna" in tables(graded, earned)[1]
