"""The Chinese lessons fit the English ones: same code, no passage missing, stale or half translated."""

import copy
import json
import re
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from t2i_lib.checkpoints import load_json
from t2i_lib.course import phrases, widgets
from t2i_lib.course.checks import examine
from t2i_lib.course.language import spoken_language
from t2i_lib.course.lesson import Lesson, find_exercises
from t2i_lib.course.phrases import Spoken, speak
from t2i_lib.course.predictions import Prediction
from t2i_lib.course.quiz import FOLDER, load_quiz
from t2i_lib.course.translated import sentences
from t2i_lib.notebooks import read, write
from tools import chinese_edition as edition
from tools import doors, glossary, notebook_rules, translations
from tools import translation_rules as rules

TRANSLATIONS = translations.translations()
QUIZZES = sorted(path.stem for path in (FOLDER / "zh").glob("*.json"))
WORDS = ("title", "misconceptions", "hints", "reasons", "praise")
each_lesson = pytest.mark.parametrize("path", TRANSLATIONS, ids=lambda path: path.stem)


@pytest.fixture(scope="module")
def built() -> dict[str, NotebookNode]:
    return {path.stem: notebook for path, notebook in edition.built()}


@each_lesson
def test_no_passage_is_stale_or_missing(path: Path):
    found = translations.stale_lesson(path)
    assert not found, "\n".join(map(str, [*found, "`python -m tools.chinese_edition --stale` shows what has changed"]))


@each_lesson
def test_passages_have_the_form_of_the_english_ones(path: Path):
    english = translations.to_translate(read(translations.ENGLISH / f"{path.stem}.ipynb"))
    found = [
        f"lesson {path.stem[:2]}, cell {cell}: {said}"
        for cell, passage in translations.load(path).items()
        for said in rules.problems(english.get(cell, ""), passage.text)
    ]
    assert not found, "\n".join(found)


@each_lesson
def test_notebook_is_as_it_would_be_written_now(path: Path, built):
    committed = path.with_suffix(".ipynb")
    assert committed.is_file(), f"`python -m tools.chinese_edition` writes {committed.name}"
    same = committed.read_text(encoding="utf-8") == edition.as_text(built[path.stem])
    assert same, f"{committed.name} is older than what it is made of: `python -m tools.chinese_edition` writes it anew"


@each_lesson
def test_code_and_pictures_are_the_english_ones(path: Path):
    ours, theirs = read(path.with_suffix(".ipynb")), read(translations.ENGLISH / f"{path.stem}.ipynb")
    assert [cell.id for cell in ours.cells] == [cell.id for cell in theirs.cells]
    for mine, yours in zip(ours.cells, theirs.cells, strict=True):
        assert mine.metadata == yours.metadata
        if mine.cell_type == "code":
            assert mine.source == yours.source
            assert list(map(pictures, mine.outputs)) == list(map(pictures, yours.outputs))
            assert mine.outputs == yours.outputs or "lesson." in mine.source or "course.start(" in mine.source


def pictures(output: NotebookNode) -> dict[str, str]:
    return {kind: each for kind, each in output.get("data", {}).items() if kind.startswith("image/")}


@each_lesson
def test_links_lead_somewhere(path: Path):
    notebook = path.with_suffix(".ipynb")
    assert not list(notebook_rules.has_living_links(notebook_rules.Lesson(notebook, read(notebook))))


def test_chinese_notebooks_are_not_run_a_second_time():
    """Code and pictures are the English ones; `pytest --nbval notebooks` would else go into the folder."""
    spec = spec_from_file_location("notebooks_conftest", translations.ENGLISH / "conftest.py")
    conftest = module_from_spec(spec)
    spec.loader.exec_module(conftest)
    assert "zh" in conftest.collect_ignore


def test_every_notebook_has_its_translation():
    assert {path.stem for path in translations.CHINESE.glob("*.ipynb")} == {path.stem for path in TRANSLATIONS}


@each_lesson
def test_words_of_exercises_and_quiz_are_not_stale(path: Path):
    found = translations.stale_words(path.stem[:2])
    where = "mend t2i_lib/course/exercises/zh or t2i_lib/course/quizzes/zh, then put the new source there"
    assert not found, "\n".join([*map(str, found), where])


def test_changed_words_are_named(monkeypatch):
    exercises = find_exercises("01")
    changed = {**exercises, "lookup": replace(exercises["lookup"], praise="Well done.")}
    monkeypatch.setattr(translations, "find_exercises", lambda number: changed)
    quiz = load_quiz("01")
    other = (quiz.questions[0], replace(quiz.questions[1], text="Another one?"), *quiz.questions[2:])
    monkeypatch.setattr(translations, "load_quiz", lambda number: replace(quiz, questions=other))
    assert [trouble.cell for trouble in translations.stale_words("01")] == ["lookup", "question 2"]


@pytest.mark.parametrize("number", QUIZZES)
def test_quiz_says_the_same_in_both_languages(number: str):
    english, chinese = load_quiz(number), load_quiz(number, language="zh")
    assert chinese.language == "zh"
    assert [q.right_letter for q in chinese.questions] == [q.right_letter for q in english.questions]
    for ours, theirs in zip(chinese.questions, english.questions, strict=True):
        pairs = [(theirs.text, ours.text)]
        for mine, yours in zip(ours.options, theirs.options, strict=True):
            assert mine.right == yours.right, ours.text
            pairs += [(yours.text, mine.text), (yours.because, mine.because)]
        assert not [said for pair in pairs for said in rules.problems(*pair)], ours.text


@each_lesson
def test_exercises_say_the_same_in_both_languages(path: Path):
    english, chinese = (find_exercises(path.stem[:2], language) for language in ("en", "zh"))
    assert list(english) == list(chinese)
    for name, exercise in english.items():
        ours, theirs = sentences(chinese[name]), sentences(exercise)
        assert ours != theirs
        found = [said for pair in zip(theirs, ours, strict=True) for said in rules.problems(*pair)]
        assert not found, f"{name}: {found}"
        same = replace(chinese[name], **{key: getattr(exercise, key) for key in WORDS})
        assert same == exercise  # answer, cases, mistakes' code: only the words are others


def test_a_lesson_speaks_chinese_in_a_chinese_notebook(tmp_path, monkeypatch, capsys):
    """Everything a student sees of exercise 1.1 and of a guess, with hardly a word of English left."""
    (tmp_path / "zh").mkdir()
    monkeypatch.chdir(tmp_path / "zh")
    monkeypatch.setenv("T2I_HOME", str(tmp_path))
    monkeypatch.delenv("T2I_LANGUAGE", raising=False)
    lesson = Lesson("01")
    wrong = (lambda scores: None, lambda scores: scores.softmax(0), lambda scores: scores, lambda scores: scores[0])
    for attempt in (*wrong, lambda scores: 1 / 0, lambda scores: "x", lambda scores: scores.softmax(-1)):
        lesson.check(attempt, "softmax")
    for _ in range(3):
        lesson.hint("softmax")
    lesson.hint("nothing")
    lesson.guess("nothing", 1)
    lesson.compare("nothing", 7.942)
    lesson.answer(1, "a")
    lesson.answer(1, "z")
    lesson.done()
    told = capsys.readouterr().out.splitlines()
    assert len(told) > 15 and "你没有留下猜测；答案是 7.942。" in told
    assert [line for line in told if line and not rules.CHINESE.search(line)] == []
    assert "[还不对] softmax: 你的每一列之和为 1" in "\n".join(told)
    verdict = Spoken(examine(lesson.exercises["softmax"], lambda scores: None), "zh")
    assert "○ 未做" in verdict._repr_html_() and "library" not in verdict._repr_html_()
    assert speak("You kept no guess; it is 11.", "en") == "You kept no guess; it is 11."
    assert speak("kept", "zh") == "记下了" and speak("it kept, well", "zh") == "it kept, well"
    question, guess, _ = widgets.prediction(Prediction("a", "How many?"), print, lesson._say).children[:3]
    assert "先猜一猜" in question.value and guess.children[1].description == "留下"


def test_every_phrase_is_one_that_the_library_says():
    """A sentence that was changed in the library would otherwise be heard in English, and nobody would notice."""
    code = "".join(path.read_text(encoding="utf-8") for path in (translations.ROOT / "t2i_lib/course").glob("*.py"))
    for template in load_json(phrases.FOLDER / "phrases_zh.json"):
        for literal in re.split(r"\{\w+\}", template):
            words = re.findall(r"[a-z]{3,}(?: [a-z]{2,})*", literal)
            assert all(word in code for word in words), template


def small() -> NotebookNode:
    quiz = new_code_cell("lesson.quiz()", id="quiz", outputs=[new_output("display_data", {"text/plain": "1. English"})])
    return new_notebook(
        cells=[
            new_markdown_cell("# 00 Small", id="title"),
            new_markdown_cell("**What running this notebook costs** (measured by `t2i costs`)", id="cost-card"),
            new_code_cell("1 + 1", id="sum", execution_count=1, metadata={"tags": ["x"]}),
            new_markdown_cell("See [one](01_one.ipynb), [two](02_two.ipynb), [notes](../docs/notes.md).", id="links"),
            quiz,
        ]
    )


def translation(notebook: NotebookNode, **changed: str) -> str:
    texts = {
        "title": "# 00 小",
        "links": "见[一](01_one.ipynb#A)、[二](02_two.ipynb)、[笔记](../docs/notes.md)。",
    } | changed
    return "\n".join(
        f"<!-- cell: {cell} | source: {translations.digest(source)} -->\n{texts[cell]}\n"
        for cell, source in translations.to_translate(notebook).items()
    )


def test_small_notebook_is_built():
    english = small()
    before = copy.deepcopy(english)
    ours = edition.build(english, translations.passages(translation(english)), "00_small.ipynb", {"01_one.ipynb"})
    assert english == before
    title, card, code, links, quiz = ours.cells
    assert title.source.startswith("# 00 小\n\n> 本课有[英文版](../00_small.ipynb)")
    assert card.source == "**运行本课的开销**（由 `t2i costs` 测得）"
    assert code == english.cells[2] and ours.metadata["language"] == "zh-CN"
    assert links.source == "见[一](01_one.ipynb)、[二](../02_two.ipynb)、[笔记](../../docs/notes.md)。"
    assert quiz.outputs[0].data["text/plain"] == repr(load_quiz("00", language="zh"))


def test_the_words_of_a_lesson_are_put_in_in_chinese():
    recap = "## Recap\n\n- one\n\nmore"
    line = glossary.words_line(glossary.load(), "01")
    english = new_notebook(cells=[new_markdown_cell(glossary.with_words(recap, line), id="recap")])
    assert translations.to_translate(english) == {"recap": recap}
    translated = {"recap": translations.Passage(translations.digest(recap), "## 回顾\n\n- 一\n\n还有")}
    assert translations.troubles(english, translated, "01") == []
    text = edition.build(english, translated, "01_a.ipynb", set()).cells[0].source
    assert text.startswith("## 回顾\n\n- 一\n\n**本课的术语：**[注意力](../../docs/glossary.md#attention)、")
    assert text.count("](../../docs/glossary.md#") == line.count("](../docs/glossary.md#")


def test_the_doors_open_the_chinese_lesson():
    door = doors.header_line("notebooks/01_a.ipynb")
    english = new_notebook(cells=[new_markdown_cell(f"# Title\n\nText.\n\n{door}", id="title")])
    assert translations.to_translate(english) == {"title": "# Title\n\nText."}
    text = edition.build(english, {}, "01_a.ipynb", set()).cells[0].source
    assert doors.colab_link("notebooks/zh/01_a.ipynb") in text and door not in text


def test_every_kind_of_trouble_is_named():
    english = small()
    fits = translations.passages(translation(english))
    assert translations.troubles(english, fits, "00") == []
    english.cells[3].source += " More."
    (stale,) = translations.troubles(english, fits, "00")
    assert "lesson 00, cell links" in str(stale) and "--stamp 00 links" in str(stale)
    (missing,) = translations.troubles(small(), {"title": fits["title"]}, "00")
    assert "not translated" in missing.what and translations.digest(small().cells[3].source) in missing.what
    (left,) = translations.troubles(small(), {**fits, "gone": fits["links"]}, "00")
    assert "take the passage out" in left.what
    (order,) = translations.troubles(small(), dict(reversed(fits.items())), "00")
    assert "another order" in order.what


@pytest.mark.parametrize(
    "text, said",
    [
        ("Hello\n<!-- cell: a | source: 0123456789ab -->\n", "'Hello'"),
        ("<!-- cell: a | source: 0123 -->\nx\n", "source: 0123 -->"),
        ("<!-- cell: a | source: 0123456789ab -->\nx\n" * 2, "twice"),
    ],
)
def test_a_broken_translation_is_refused(text: str, said: str):
    with pytest.raises(ValueError, match=said):
        translations.passages(text)


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Path:
    """A small course of one lesson, translated."""
    (tmp_path / "zh").mkdir()
    for name, path in {"ROOT": tmp_path, "ENGLISH": tmp_path, "CHINESE": tmp_path / "zh"}.items():
        monkeypatch.setattr(translations, name, path)
    write(tmp_path / "00_small.ipynb", small())
    (tmp_path / "zh/00_small.md").write_text(translation(small()), encoding="utf-8")
    return tmp_path


def test_command_reports_stamps_and_writes(workplace: Path, capsys):
    (workplace / "zh/00_small.md").write_text(translation(small()).replace("source: ", "source: 000000000000", 1))
    assert edition.main([]) == 2  # a mark of 24 digits
    assert "12 hex digits" in capsys.readouterr().err
    changed = small()
    changed.cells[0].source = "# 00 Smaller"
    (workplace / "zh/00_small.md").write_text(translation(changed), encoding="utf-8")
    assert edition.main(["--stale"]) == 1
    told = capsys.readouterr().out
    assert "lesson 00, cell title" in told and "# 00 Small\n" in told and "1 to mend" in told
    assert edition.main(["--stamp", "00", "title"]) == 0 and edition.main(["--stale"]) == 0
    assert edition.main([]) == 0
    assert read(workplace / "zh/00_small.ipynb").cells[0].source.startswith("# 00 小")


def test_command_says_what_is_wrong_with_its_arguments(workplace: Path, capsys):
    for arguments, said in [
        (["--stamp", "07", "title"], "not translated"),
        (["--stamp", "00"], "names no cell"),
        (["--stamp", "00", "titel"], "no passage titel"),
        (["--begin", "00"], "has a translation"),
        (["--begin", "77"], "no lesson '77'"),
    ]:
        assert edition.main(arguments) == 2
        assert said in capsys.readouterr().err


def test_a_translation_is_begun_with_the_english_text(workplace: Path):
    (workplace / "zh/00_small.md").unlink()
    assert edition.main(["--begin", "00"]) == 0
    assert translations.stale_lesson(workplace / "zh/00_small.md") == []


SLIPS = {
    rules.has_same_headings: ("## Words\n\n### More", "## 词语"),
    rules.has_same_links: ("[here](a.md)", "[这里](b.md)"),
    rules.has_same_formulas: ("The root $\\sqrt{D}$", "根 $\\sqrt{d}$"),
    rules.has_all_code_spans: ("call `attend`", "调用 `attned`"),
    rules.has_same_code_blocks: ("```python\nx = 1\n```", "```python\nx = 2\n```"),
    rules.has_same_tables_and_lists: ("| a | b |\n|---|---|\n| c | d |", "| 甲 |\n|---|\n| 乙 |"),
    rules.is_translated: (
        "It stands still, then jumps.",
        "It stands still, then jumps, 停住。 It stands still, then jumps.",
    ),
    rules.has_chinese_typography: ("One, two", "一, 二"),
    rules.has_emphasis_that_works: ("**Good.** We go on.", "**好。**继续。"),
}


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_a_translators_slip_is_found(rule):
    assert list(rule(*SLIPS[rule]))
    for said in rules.problems(SLIPS[rule][0], SLIPS[rule][1]):
        assert said


def test_a_good_translation_has_no_slips():
    english = (
        "## A word\n\n**Look.** *A red cat* ([one](a.ipynb)) has `L` tokens, $L = 5$.\n\n| a | `b|c` |\n|---|---|\n"
    )
    chinese = (
        "## 一个词\n\n**看。** *A red cat*（[一](a.ipynb)）有 `L` 个**词元**，$L = 5$。\n\n| 甲 | `b|c` |\n|---|---|\n"
    )
    assert rules.problems(english, chinese) == []
    assert rules.problems("```mermaid\nA[prompt] --> B\n```", "```mermaid\nA[提示语] --> B\n```") == []
    assert "no space" in rules.problems("4 heads", "有4个头")[0]
    assert "list items" in rules.problems("- a\n- b", "- 甲")[0]


def test_the_folder_says_the_language(tmp_path, monkeypatch):
    monkeypatch.delenv("T2I_LANGUAGE", raising=False)
    (tmp_path / "zh").mkdir()
    monkeypatch.chdir(tmp_path)
    assert spoken_language() == "en"
    monkeypatch.chdir(tmp_path / "zh")
    assert spoken_language() == "zh"
    monkeypatch.setenv("T2I_LANGUAGE", "en")
    assert spoken_language() == "en"


def test_a_quiz_that_is_not_translated_is_asked_in_english(tmp_path):
    (tmp_path / "05.json").write_text(json.dumps([]), encoding="utf-8")
    assert load_quiz("05", tmp_path, "zh").language == "en"
