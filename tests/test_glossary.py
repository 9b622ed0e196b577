"""The glossary is whole, the lessons link to it, and every word that a Chinese summary explains is in it."""

import json
import re
from functools import cache
from pathlib import Path

import pytest

from tools import glossary
from tools.glossary import NOTEBOOKS, PAGE, ROOT, by_sound, lesson_names, letter_of, load, page, update_notebook
from tools.notebook_rules import Lesson, is_small
from tools.notebook_rules import read as read_notebook

TERMS = load()
LESSONS = lesson_names()
LEAST_WORDS = 8  # a lesson
HAN = re.compile(r"[\u4e00-\u9fff]")
# In bold in a summary, and no words of the course: sentences and what is only stressed.
STRESSED = {
    "真实图片配错误标签",
    "两张图片",
    "圆弧",
    "图像词元语言模型",
    "所有经过此处的路的平均速度",
    "偶然",
    "真正的抄袭者",
    "用途",
}


def markdown(name: str) -> dict[str, str]:
    """Cell id -> text of a notebook's Markdown cells."""
    cells = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]
    return {cell["id"]: "".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"}


def chinese_summary(name: str) -> str:
    return next(text for text in reversed(markdown(name).values()) if "## 中文小结" in text)


def explained(summary: str) -> list[str]:
    """The words of a summary: its table's first column, and what stands in bold within its paragraphs."""
    rows = re.findall(r"^\|([^|]+)\|", summary, re.M)[2:]
    table = [word.strip() for row in rows for word in re.split(r"[、/]", row)]
    inside = re.sub(r"^\*\*[^*\n]+\*\*", "", summary, flags=re.M)  # at the beginning it is a paragraph's heading
    bold = [word.partition("（")[0] for word in re.findall(r"\*\*([^*\n]+)\*\*", inside)]
    return table + [word for word in bold if not word.endswith("。")]


@cache
def heading_anchors() -> frozenset[str]:
    headings = re.findall(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), re.M)
    return frozenset(map(glossary.slug, headings))


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.anchor)
def test_each_word_is_explained_in_both_languages(term: glossary.Term):
    assert len(term.english.split()) >= 8 and term.english.endswith((".", "?")) and not HAN.search(term.english)
    assert len(HAN.findall(term.in_chinese)) >= 10 and term.in_chinese.endswith(("。", "？"))
    assert not re.search(r"[\u4e00-\u9fff][,;:?]", term.in_chinese), "Chinese has its own, wide punctuation"
    assert not re.search(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]", term.in_chinese), "a space between"
    assert set(term.lessons) <= LESSONS.keys()
    assert term.see and set(term.see) <= {other.name for other in TERMS} - {term.name}


def test_no_word_and_no_anchor_comes_twice():
    for names in ([term.anchor for term in TERMS], [term.chinese for term in TERMS]):
        assert {name for name in names if names.count(name) > 1} == set()


def test_what_is_said_to_be_in_the_library_is_there():
    for term in filter(lambda term: term.code, TERMS):
        *place, name = term.code.split(".")
        module = ROOT.joinpath(*place).with_suffix(".py")
        assert module.exists() and re.search(rf"^(?:def|class) {name}\b", module.read_text(encoding="utf-8"), re.M), (
            f"{term.name}: there is no {term.code}"
        )


def test_the_page_is_the_one_that_the_file_makes():
    assert PAGE.read_text(encoding="utf-8") == page(TERMS), "run `make lists`"


def test_every_link_of_the_page_leads_somewhere():
    text = PAGE.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) > 4 * len(TERMS)
    for link in links:
        there = link[1:] in heading_anchors() if link.startswith("#") else (PAGE.parent / link).exists()
        assert there, f"the glossary links to {link}"


@pytest.mark.parametrize("lesson", LESSONS)
def test_lesson_links_its_words(lesson: str):
    recap = markdown(LESSONS[lesson])[glossary.RECAP]
    assert glossary.words_line(TERMS, lesson) in recap.splitlines(), "run `make lists`"
    linked = re.findall(r"\]\(\.\./docs/glossary\.md#([^)]+)\)", recap)
    assert len(linked) >= LEAST_WORDS and set(linked) <= heading_anchors()


@pytest.mark.parametrize("lesson", LESSONS)
def test_words_of_the_chinese_summary_are_in_the_glossary(lesson: str):
    known = {name for term in TERMS for name in (term.chinese, *term.chinese_also)} | STRESSED
    words = explained(chinese_summary(LESSONS[lesson]))
    assert len(words) >= 5
    missing = [word for word in words if word.partition("（")[0] not in known and "=" not in word]
    assert missing == [], f"lesson {lesson} explains them in Chinese; put them into docs/glossary.toml"


def test_a_notebook_changes_in_its_recap_alone(tmp_path: Path):
    name = LESSONS["01"]
    before = (NOTEBOOKS / name).read_text(encoding="utf-8")
    (tmp_path / name).write_text(before, encoding="utf-8")
    assert not update_notebook(tmp_path / name, glossary.words_line(TERMS, "01"))
    assert update_notebook(tmp_path / name, f"{glossary.LABEL} [new](../docs/glossary.md#query)")
    after = (tmp_path / name).read_text(encoding="utf-8")
    changed = [pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]]
    assert len(changed) == 1 and "[new]" in changed[0][1]
    assert "words" not in " ".join(is_small(Lesson(tmp_path / name, read_notebook(tmp_path / name))))


def test_a_notebook_of_another_layout_is_left_alone(tmp_path: Path):
    path = tmp_path / "01_small.ipynb"
    path.write_text('{"cells": [{"id": "recap", "cell_type": "markdown", "source": ["a"]}]}', encoding="utf-8")
    with pytest.raises(ValueError, match="not laid out"):
        update_notebook(path, "words")
    path.write_text(glossary.as_file({"cells": []}), encoding="utf-8")
    with pytest.raises(ValueError, match="no cell with the id 'recap'"):
        update_notebook(path, "words")


def test_a_word_that_lacks_something_is_named(tmp_path: Path):
    path = tmp_path / "words.toml"
    path.write_text('[wave]\nchinese = "波"\nenglish = "It comes."\nlesson = "01"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="'wave' lacks in_chinese, lessons; not known is lesson"):
        load(path)


def test_chinese_words_are_sorted_by_their_sounds():
    assert sorted(["种子", "注意力", "掩码", "softmax", "词元"], key=by_sound) == [
        "softmax",
        "词元",
        "掩码",
        "种子",
        "注意力",
    ]
    assert [letter_of(word) for word in ("词元", "自回归", "L1")] == ["C", "Z", "L"]
    with pytest.raises(ValueError, match="rare character"):
        letter_of("熵")
