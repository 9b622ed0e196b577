"""The lesson object, quiz, predictions and progress: what they say, what they keep, and that they never raise."""

import json
from collections import Counter

import pytest
import torch

from t2i_lib.course import start
from t2i_lib.course.lesson import Lesson, lessons
from t2i_lib.course.predictions import Prediction, compare
from t2i_lib.course.progress import Progress, overview, read_all
from t2i_lib.course.quiz import FOLDER, load_quiz, verdict

QUIZZES = sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("T2I_HOME", str(tmp_path / "home"))
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def lesson(monkeypatch) -> Lesson:
    from test_checks import DOUBLE

    lesson = Lesson("01")
    lesson.exercises = {"double": DOUBLE}
    return lesson


def test_start_sets_up_and_says_so(capsys):
    lesson = start("01", seed=3)
    assert torch.get_num_threads() == 1
    first = torch.rand(1)
    start("01", seed=3)
    assert torch.equal(first, torch.rand(1))
    assert "Lesson 01" in capsys.readouterr().out and lesson.seed == 3
    with pytest.raises(ValueError, match="there is no lesson"):
        start("99")


def test_check_returns_what_the_lesson_goes_on_with(lesson, capsys):
    def double(numbers):
        return numbers + numbers

    assert lesson.check(double) is double
    assert lesson.check(..., "double") is lesson.exercises["double"].answer
    assert "[right]" in (out := capsys.readouterr().out) and "[open]" in out
    assert lesson.progress.get("checks") == {"double": "right"}


def test_an_unknown_exercise_is_said_not_raised(lesson, capsys):
    def triple(numbers):
        return 3 * numbers

    assert lesson.check(triple) is triple
    lesson.hint("triple")
    lesson.solution("triple")
    assert capsys.readouterr().out.count("no exercise 'triple'") == 3


def test_hints_come_one_by_one_then_the_solution(lesson, capsys):
    for _ in range(4):
        lesson.hint("double")
    out = capsys.readouterr().out
    assert [out.count(f"Hint {number} of 3") for number in (1, 2, 3)] == [1, 1, 2]
    lesson.solution("double")
    out = capsys.readouterr().out
    assert "return 2 * numbers" in out and "two times" in out
    assert lesson.progress.summary().hints == 4


def test_predictions_are_kept_and_compared(lesson, capsys):
    lesson.predict("cost", "Twice as long costs", ["twice", "four times"])
    lesson.guess("cost", "a")
    lesson.compare("cost", "four times")
    lesson.compare("never asked", 3.0)
    out = capsys.readouterr().out
    assert 'You guessed "twice"; it is "four times".' in out and "You kept no guess; it is 3." in out


def test_a_senseless_guess_is_said_not_raised(lesson, capsys):
    lesson.guess("cost", 1)
    lesson.predict("cost", "How much", ["a lot", "little"])
    lesson.guess("cost", "z")
    lesson.predict("number", "How many")
    lesson.guess("number", "many")
    out = capsys.readouterr().out
    assert "run the cell with" in out and "not 'z'" in out and "not 'many'" in out
    assert lesson.progress.get("predictions") == {}


def test_numbers_count_as_right_within_a_tenth():
    assert "so it is" in compare(4.2, 4.0)
    assert "it is" in compare(5.0, 4.0) and "so it is" not in compare(5.0, 4.0)
    assert Prediction("x", "how many").accept("3") == 3.0


def test_progress_survives_a_broken_file(tmp_path, capsys):
    path = tmp_path / "progress.json"
    path.write_text("{ broken")
    progress = Progress("01", tmp_path)
    progress.put("checks", "double", "right")
    assert (tmp_path / "progress.unreadable.json").read_text() == "{ broken"
    assert progress.summary().right == 1
    assert [each.lesson for each in overview(tmp_path).lessons] == ["01"]
    assert "put aside" in capsys.readouterr().out


def test_the_overview_is_a_table_and_lines(tmp_path):
    assert "nothing yet" in repr(overview(tmp_path))
    Progress("01", tmp_path).put("checks", "softmax", "wrong")
    Progress("02", tmp_path).put("quiz", "1", {"answer": "a", "right": True})
    assert "01  exercises 0 of 1" in repr(overview(tmp_path))
    page = overview(tmp_path)._repr_html_()
    assert page.count("<tr>") == 3 and "<td>1 of 1</td>" in page


def test_two_notebooks_may_write(tmp_path):
    one, other = Progress("00", tmp_path), Progress("01", tmp_path)
    one.put("checks", "a", "right")
    other.put("checks", "b", "wrong")
    one.put("checks", "c", "right")
    assert set(read_all(tmp_path / "progress.json")) == {"00", "01"}
    assert one.summary().right == 2 and other.summary().tried == 1


def test_an_unwritable_home_costs_the_record_only(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    Progress("01", tmp_path / "file").put("checks", "a", "right")
    assert "set T2I_HOME" in capsys.readouterr().out


@pytest.mark.parametrize("number", lessons())
def test_every_lesson_has_a_quiz(number):
    assert 4 <= len(load_quiz(number).questions) <= 8


@pytest.mark.parametrize("number", QUIZZES)
def test_every_option_is_explained(number):
    for question in load_quiz(number).questions:
        assert 3 <= len(question.options) <= 5
        explanations = [option.because for option in question.options]
        assert all(len(text) >= 20 for text in explanations)
        assert len(set(explanations)) == len(explanations)


def test_right_answers_stand_in_all_places():
    """Over all quizzes no place of the right option is favoured, nor is the longest option."""
    questions = [question for number in QUIZZES for question in load_quiz(number).questions]
    places = Counter(question.right_letter for question in questions)
    assert len(questions) < 12 or max(places.values()) <= 0.4 * len(questions), places
    longest = sum(max(q.options, key=lambda option: len(option.text)).right for q in questions)
    assert len(questions) < 12 or longest <= 0.5 * len(questions), "the longest option is right too often"


def test_a_quiz_shows_questions_but_no_answers():
    for number in QUIZZES:
        quiz = load_quiz(number)
        shown = repr(quiz)
        assert all(question.text in shown for question in quiz.questions)
        assert not any(option.because in shown for question in quiz.questions for option in question.options)


def test_a_choice_says_what_either_way_costs_and_comes_back(lesson, capsys):
    assert lesson.choose(True, now="20 s", shipped="1 s") is True
    assert lesson.choose(False, now="20 s", shipped="1 s") is False
    marked = [line for line in capsys.readouterr().out.splitlines() if line.startswith("->")]
    assert marked == ["-> train here and now: 20 s", "-> load what was trained before: 1 s"]


def test_answers_are_kept(lesson, capsys):
    quiz = load_quiz("01")
    right = quiz.questions[0].right_letter
    lesson.answer(1, right)
    lesson.answer(99, "a")
    lesson.answer(1, "z")
    out = capsys.readouterr().out
    assert verdict(quiz.questions[0], right) in out and "not 99" in out and "not 'z'" in out
    assert lesson.progress.get("quiz")["1"] == {"answer": right, "right": True}


def test_a_broken_quiz_file_is_named(tmp_path):
    (tmp_path / "01.json").write_text(json.dumps([{"question": "?", "options": [{"text": "a"}]}]))
    with pytest.raises(ValueError, match="01.json"):
        load_quiz("01", tmp_path)


def test_widgets_call_what_the_notebook_calls(lesson, capsys):
    widgets = pytest.importorskip("ipywidgets")
    from t2i_lib.course import widgets as shells

    answered = []
    box = shells.quiz(load_quiz("01"), lambda number, letter: answered.append((number, letter)) or "said")
    box.children[1].children[1].value = "b"
    assert answered == [(2, "b")] and "said" in box.children[1].children[2].value
    kept = []
    asked = shells.prediction(Prediction("x", "?", ("one", "two")), kept.append)
    asked.children[1].value = "two"
    number = shells.prediction(Prediction("x", "?"), kept.append)
    number.children[1].children[0].value = 4.0
    number.children[1].children[1].click()
    assert kept == ["two", 4.0]
    assert isinstance(box, widgets.VBox)
    assert "Answer with" in box._repr_mimebundle_()["text/plain"]
