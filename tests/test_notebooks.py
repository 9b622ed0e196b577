"""Every lesson keeps the rules of tools/notebook_rules.py; and each rule finds what it is there for."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from t2i_lib import costs
from tools import doors
from tools import notebook_rules as rules
from tools.notebook_rules import Lesson

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))
FILLER = "Attention mixes the values by how well each query matches each key. " * 5  # 60 words
HEADER = {
    "title": f"# Attention\n\nA lesson.\n\n{doors.header_line('notebooks/99_good.ipynb')}",
    "objectives": "## What you will be able to do\n\nMix values.",
    "prerequisites": "## Prerequisites\n\nNone; see [itself](99_good.ipynb#Recap).",
    "times": "## Times\n\nAn hour.",
    "cost-card": "",
}
FOOTER = {
    "recap": "## Recap\n\n![two bars](bars.png)",
    "chinese-summary": "## 本课小结\n\n" + "注意力按相似程度混合数值。" * 10,
}


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_lesson_keeps_the_rule(path: Path, rule: Callable):
    assert list(rule(Lesson(path, costs.read(path)))) == []


def good_notebook() -> NotebookNode:
    """A notebook that keeps every rule, as if it had just been run and measured."""
    code = ['from t2i_lib import course\nlesson = course.start("99")', 'lesson.predict("sum", "How much?")']
    code += [f"lesson.check(exercise_{number})" for number in range(5)] + ["lesson.show(figure, 'bars')"]
    code += ["lesson.quiz()"]
    texts = [new_markdown_cell(source, id=name) for name, source in HEADER.items()]
    lessons = []
    for number in range(34):
        lessons.append(
            new_markdown_cell(f"{'## Step' if number else '## First'} {number}\n\n{FILLER}", id=f"step-{number}")
        )
    cells = [new_code_cell(source, id=f"code-{number}") for number, source in enumerate(code)]
    colab = new_code_cell(doors.colab_source(), id=costs.DOOR)
    for count, cell in enumerate([colab, *cells], start=1):
        cell.execution_count = count
        cell.outputs = [new_output("stream", name="stdout", text="42, kept in ~/.t2i\n")]
    cells[7].outputs = [new_output("display_data", {"image/png": "aGk="}, metadata={"image/png": {"alt": "bars"}})]
    notebook = new_notebook(
        cells=[*texts, colab, *lessons, *cells, *(new_markdown_cell(text, id=name) for name, text in FOOTER.items())],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}, "language_info": {"name": "python"}},
    )
    costs.put_card(notebook, costs.Cost("2 CPU cores", 0.5, 10**9, 0, 0))
    return notebook


@pytest.fixture
def lesson(tmp_path: Path) -> Lesson:
    notebook = good_notebook()
    (tmp_path / "bars.png").touch()
    nbformat.write(notebook, tmp_path / "99_good.ipynb")
    return Lesson(tmp_path / "99_good.ipynb", notebook)


def cell(lesson: Lesson, name: str) -> NotebookNode:
    return next(each for each in lesson.notebook.cells if each.id == name)


def drop(lesson: Lesson, name: str) -> None:
    lesson.notebook.cells.remove(cell(lesson, name))


def change(name: str, **fields) -> Callable[[Lesson], None]:
    """A fault: other content for one cell."""
    return lambda lesson: cell(lesson, name).update(fields)


def grow_file(lesson: Lesson) -> None:
    lesson.path.write_text(" " * (rules.MOST_BYTES + 1))


def output(text: str, **fields) -> list[NotebookNode]:
    return [new_output("stream", text=text, **{"name": "stdout", **fields})]


ERROR = [new_output("error", ename="NameError", evalue="figure", traceback=[])]
NO_ALT = [new_output("display_data", {"image/png": "aGk="})]

FAULTS: list[tuple[Callable, Callable[[Lesson], object], str]] = [  # rule, fault, what is said of it
    (rules.is_run_in_order, change("code-3", execution_count=None), "cell code-3: execution count None, not 5"),
    (rules.is_run_in_order, change("code-3", execution_count=9), "cell code-3: execution count 9, not 5"),
    (rules.is_run_in_order, change("code-3", source=" "), "cell code-3: is empty"),
    (rules.is_run_in_order, lambda it: [each.update(outputs=[]) for each in it.code], "no cell has an output"),
    (rules.has_no_errors, change("code-3", outputs=ERROR), "cell code-3: stored error NameError: figure"),
    (rules.has_no_errors, change("code-3", outputs=output("slow", name="stderr")), "stored warning: slow"),
    (rules.names_no_machine, change("code-3", outputs=output("in /home/ann/t2i/x.png")), "'/home/ann/t2i/x.png'"),
    (rules.names_no_machine, change("code-3", source="open('/tmp/a')"), "'/tmp/a'"),
    (rules.names_no_machine, change("code-3", outputs=output("<Net at 0x7f12ab34cd56>")), "at 0x7f12ab34cd56"),
    (rules.has_clean_metadata, lambda it: it.notebook.metadata.update(widgets={}), "metadata 'widgets'"),
    (rules.has_clean_metadata, lambda it: it.notebook.metadata.pop("kernelspec"), "kernel is not python3"),
    (rules.has_clean_metadata, lambda it: it.notebook.update(nbformat_minor=4), "format 4.4, not 4.5"),
    (rules.has_clean_metadata, change("code-3", metadata={"collapsed": True}), "cell code-3: metadata 'collapsed'"),
    (rules.has_clean_metadata, change("code-3", source="# NBVAL_SKIP\n1"), "use a tag"),
    (rules.is_small, grow_file, "500,001 bytes, more than 500,000"),
    (rules.is_small, lambda it: it.notebook.cells.extend(it.code * 3), "77 cells, not 40 to 70"),
    (rules.is_small, change("step-1", source="word " * 2000), "words, not 2000 to 3500"),
    (rules.is_small, lambda it: [drop(it, f"step-{number}") for number in range(5)], "words, not 2000 to 3500"),
    (rules.has_short_code, change("code-3", source="a = 1\n" * 31), "cell code-3: 31 lines, more than 30"),
    (rules.has_short_code, lambda it: [each.update(source="a\n" * 40) for each in it.code], "360 lines of code"),
    (rules.has_described_pictures, change("code-7", outputs=NO_ALT), "cell code-7: a picture without alt text"),
    (rules.has_described_pictures, change("recap", source="![](bars.png)"), "cell recap: a picture without alt text"),
    (rules.has_described_pictures, change("recap", source='<img src="bars.png">'), "a picture without alt text"),
    (rules.has_described_pictures, change("recap", source="![bars](https://a.org/b.png)"), "from the network"),
    (rules.has_all_parts, lambda it: drop(it, "objectives"), "no objectives"),
    (rules.has_all_parts, lambda it: drop(it, "prerequisites"), "no prerequisites"),
    (rules.has_all_parts, lambda it: drop(it, "times"), "no times"),
    (rules.has_all_parts, lambda it: drop(it, "title"), "does not begin with the title"),
    (rules.has_all_parts, lambda it: drop(it, "recap"), "no recap"),
    (rules.has_all_parts, lambda it: drop(it, "chinese-summary"), "no chinese summary"),
    (rules.has_all_parts, change("chinese-summary", source="## 小结\n\n注意力"), "has 5 signs, fewer than 100"),
    (rules.has_all_parts, change("code-0", source="lesson = 1"), "no setup: nothing calls course.start"),
    (rules.has_all_parts, change("code-1", source="# lesson.predict('sum')"), "no predictions"),
    (rules.has_all_parts, change("code-8", source="1"), "no quiz: nothing calls lesson.quiz"),
    (rules.has_all_parts, change("code-4", source="1"), "4 checked exercises, fewer than 5"),
    (rules.has_all_parts, change("code-4", source="lesson.check(exercise_0)"), "4 checked exercises, fewer than 5"),
    (rules.has_set_up_cell, change("code-3", source='course.start("99")'), "2 cells call course.start"),
    (rules.has_set_up_cell, change("code-0", source='course.start("99")' + "\n1" * 10), "more than 10 lines"),
    (rules.has_set_up_cell, change("code-0", source='course.start("98")'), "starts lesson 98, but the file is 99_good"),
    (rules.has_set_up_cell, lambda it: it.notebook.cells.append(it.notebook.cells.pop(40)), "first code cell"),
    (rules.has_its_doors, change("title", source="# Attention"), "lacks its links to Binder, Colab and the site"),
    (rules.has_its_doors, change("title", source=doors.header_line("notebooks/98_other.ipynb")), "lacks its links"),
    (rules.has_its_doors, change("colab", source="!pip install t2i-course"), "not the one that fetches the course"),
    (rules.has_its_doors, lambda it: drop(it, "colab"), "not the one that fetches the course"),
    (rules.has_headings_in_order, change("step-3", source="#### Deep"), "'Deep' has level 4, after level 2"),
    (rules.has_headings_in_order, change("step-3", source="# Again"), "'Again' is a second title"),
    (rules.has_living_links, change("recap", source="[next](98_gone.ipynb)"), "98_gone.ipynb, which does not exist"),
    (rules.has_living_links, change("recap", source="[up](#Gone)"), "99_good.ipynb has no such heading"),
    (rules.has_living_links, change("recap", source="[up](99_good.ipynb#Gone)"), "link to #Gone"),
    (rules.has_readable_ids, change("step-3", id="a1b2c3d4"), "'a1b2c3d4' says nothing"),
    (rules.has_readable_ids, change("step-3", id="Step 3"), "'Step 3' says nothing"),
    (rules.has_readable_ids, change("step-3", id="step-4"), "'step-4' is used twice"),
    (rules.has_true_cost_card, lambda it: drop(it, "cost-card"), "no cost card"),
    (rules.has_true_cost_card, change("code-3", source="2"), "stale: run `t2i costs"),
    (rules.has_true_cost_card, change("cost-card", source="cheap"), "edited by hand"),
    (rules.has_true_cost_card, lambda it: it.notebook.cells.append(it.notebook.cells.pop(4)), "below the first code"),
]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_rule_is_content_with_a_good_notebook(rule: Callable, lesson: Lesson):
    assert list(rule(lesson)) == []


@pytest.mark.parametrize("rule, fault, said", FAULTS, ids=lambda value: value if isinstance(value, str) else None)
def test_rule_finds_the_fault(rule: Callable, fault: Callable, said: str, lesson: Lesson):
    fault(lesson)
    problems = list(rule(lesson))
    assert any(said in problem for problem in problems), problems


def test_every_rule_has_a_fault_that_it_finds():
    assert {rule for rule, _, _ in FAULTS} == set(rules.RULES)


def test_parts_may_be_named_in_bold_or_by_a_table(lesson: Lesson):
    cell(lesson, "objectives").source = "| You will be able to | shown by |\n|---|---|\n| mix values | a check |"
    cell(lesson, "prerequisites").source = "**What you need:** little."
    cell(lesson, "times").source = "**Time:** an hour."
    assert list(rules.has_all_parts(lesson)) == []


def test_an_error_shown_on_purpose_is_none(lesson: Lesson):
    cell(lesson, "code-3").update(outputs=ERROR, metadata={"tags": ["raises-exception"]})
    assert list(rules.has_no_errors(lesson)) == []


def test_code_in_text_is_neither_heading_nor_link(lesson: Lesson):
    cell(lesson, "step-3").source = "```python\n# comment\nrows[0](missing.ipynb)\n```"
    assert list(rules.has_headings_in_order(lesson)) == list(rules.has_living_links(lesson)) == []


def test_command_tells_every_problem(lesson: Lesson, capsys):
    assert rules.main([str(lesson.path)]) == 0
    cell(lesson, "code-3").update(source="2", execution_count=None)
    nbformat.write(lesson.notebook, lesson.path)
    assert rules.main([str(lesson.path)]) == 1
    told = capsys.readouterr().out
    assert "execution count None" in told and "cost card is stale" in told
