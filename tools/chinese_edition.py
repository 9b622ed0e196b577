"""The Chinese edition: `notebooks/zh/NN_name.md` and the English notebook become `notebooks/zh/NN_name.ipynb`.

Code and outputs are the English notebook's own, so there is nothing to keep equal. What tools write into the English
text (costs, words of the lesson, links that open it) this one puts in in Chinese, and what the lesson says, too.

    python -m tools.chinese_edition                       # write the notebooks (`make lists` does it, too)
    python -m tools.chinese_edition --stale               # which passages were made from an older English text?
    python -m tools.chinese_edition --stamp 06 recap map  # these two were looked at and fit again
    python -m tools.chinese_edition --begin 02            # a new translation: the English text under its marks
"""

import argparse
import copy
import html
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from t2i_lib.costs import CARD
from t2i_lib.course.language import CHINESE as LANGUAGE
from t2i_lib.course.lesson import find_exercises
from t2i_lib.course.phrases import speak
from t2i_lib.course.quiz import load_quiz
from t2i_lib.notebooks import read, write
from tools import doors, glossary, translations
from tools.translations import Passage

LINK = re.compile(r"(\]\()([^)\s]+)(\))")
NOTE = (
    "> 本课有[英文版](../{name})，两版的代码相同。代码、代码里的注释、图中的文字和图下的说明是英文，"
    "要做什么、是什么意思，正文都用中文讲清楚了；"
    "练习的检查结果、提示和小测验是中文的（在 Colab 上要先运行一次 `%env T2I_LANGUAGE=zh`）。"
)
WORDS_LABEL = "**本课的术语：**"
DOORS = "在 [Binder]({}) 或 [Colab]({}) 中打开，或者[在网页上阅读]({})"
LONGEST_SAID = 5000  # letters of an output; an animation has many more
CARD_WORDS = {  # of the measured cost card, which changes at every measurement and so is not translated by hand
    "What running this notebook costs": "运行本课的开销",
    " (measured by `t2i costs`)": "（由 `t2i costs` 测得）",
    "| on | minutes | peak memory | disk | downloads |": "| 设备 | 分钟 | 内存峰值 | 磁盘 | 下载 |",
    "under ": "不到 ",
    "CPU cores": "个 CPU 核",
    " and ": "，另加 ",
    " of the GPU's": "显存",
    "| none |": "| 无 |",
}


def build(english: NotebookNode, translated: dict[str, Passage], name: str, names: set[str]) -> NotebookNode:
    """The Chinese notebook; a cell that is not translated yet stays English.

    Args:
        name: file name of the lesson, which is the same in both editions.
        names: file names of all lessons in Chinese; links to them stay within the Chinese edition.
    """
    chinese = copy.deepcopy(english)
    chinese.metadata["language"] = "zh-CN"
    for cell in chinese.cells:
        if cell.cell_type == "code":
            _put_outputs(cell, name[:2])
        elif cell.id == CARD:
            cell.source = _card(cell.source)
        else:
            text = translated[cell.id].text if cell.id in translated else translations.by_hand(cell.source)
            if translations.WORDS_LINE.search(cell.source):
                text = glossary.with_words(text, _words(name[:2]))
            if translations.DOORS_LINE.search(cell.source):
                text += "\n\n" + _doors(f"notebooks/zh/{name}")
            cell.source = _from_zh(text, names)
    if chinese.cells and chinese.cells[0].cell_type == "markdown":
        chinese.cells[0].source += "\n\n" + NOTE.format(name=name)
    return chinese


def _words(number: str) -> str:
    """The words of a lesson by their Chinese names, in the order of the English line, with links into the glossary."""
    taught = [term for term in glossary.load() if number in term.lessons]
    taught.sort(key=lambda term: term.lessons[0] != number)
    return WORDS_LABEL + "、".join(f"[{term.chinese}](../docs/glossary.md#{term.anchor})" for term in taught)


def _doors(path: str) -> str:
    """The links that open the Chinese lesson itself."""
    return DOORS.format(doors.binder_link(path), doors.colab_link(path), doors.site_link(path))


def _card(english: str) -> str:
    for words, chinese in CARD_WORDS.items():
        english = english.replace(words, chinese)
    return english


def _put_outputs(cell: NotebookNode, number: str) -> None:
    """What the lesson itself said, in Chinese, as it is where the Chinese notebook runs."""
    if "lesson." not in cell.source and "course.start(" not in cell.source:
        return
    for output in cell.outputs:
        data = output.get("data", {})
        if cell.source.strip() == "lesson.quiz()" and "text/plain" in data:
            data["text/plain"] = repr(load_quiz(number, language=LANGUAGE))
        if "text" in output:
            output.text = _said(output.text, number, escaped=False)
        for kind in data.keys() & {"text/plain", "text/html"}:
            data[kind] = _said(data[kind], number, escaped=kind == "text/html")


def _said(text: str, number: str, escaped: bool) -> str:
    """A lesson's words with titles of exercises and sentences of the library in Chinese."""
    if len(text) > LONGEST_SAID:
        return text
    chinese = find_exercises(number, LANGUAGE)
    for name, exercise in find_exercises(number).items():
        title = html.escape(exercise.title) if escaped else exercise.title
        text = text.replace(f"{title} (", f"{chinese[name].title} (")
    return speak(text, LANGUAGE, escaped)


def _from_zh(text: str, names: set[str]) -> str:
    """Links as they are written in the English notebook, seen from one folder deeper."""

    def move(link: re.Match) -> str:
        target = link[2]
        if not re.match(r"[a-z]+:|#", target):
            file = target.partition("#")[0]
            target = file if file in names else f"../{target}"  # headings are called otherwise in Chinese
        return link[1] + target + link[3]

    return LINK.sub(move, text)


def built() -> Iterator[tuple[Path, NotebookNode]]:
    """Each Chinese notebook, and where it lies."""
    names = {f"{path.stem}.ipynb" for path in translations.translations()}
    for path in translations.translations():
        name = f"{path.stem}.ipynb"
        yield (
            translations.CHINESE / name,
            build(read(translations.ENGLISH / name), translations.load(path), name, names),
        )


def as_text(notebook: NotebookNode) -> str:
    """A notebook's file."""
    return nbformat.writes(notebook) + "\n"


def report() -> int:
    """Print every passage that does not fit, with what changed; the number of them."""
    paths = translations.translations()
    found = [(path, trouble) for path in paths for trouble in translations.stale_lesson(path)]
    for path, trouble in found:
        print(trouble, translations.difference(path, trouble.cell), "", sep="\n")
    words = [trouble for path in paths for trouble in translations.stale_words(path.stem[:2])]
    print(*words, f"{len(found) + len(words)} to mend" if found or words else "all translations fit", sep="\n")
    return len(found) + len(words)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.chinese_edition", description=__doc__.split("\n")[0])
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--stale", action="store_true", help="name the passages that do not fit the English text")
    what.add_argument("--stamp", nargs="+", metavar=("LESSON", "CELL"), help="these passages fit again")
    what.add_argument("--begin", metavar="LESSON", help="begin the translation of a lesson")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.stale:
            return 1 if report() else 0
        if chosen.begin:
            path = translations.begin(chosen.begin).relative_to(translations.ROOT)
            print(f"{path} holds the English text; translate it passage by passage")
        elif chosen.stamp:
            lesson, *cells = chosen.stamp
            if not cells:
                raise ValueError(f"--stamp {lesson} names no cell; name those you have looked at, --stale lists them")
            translations.stamp(translations.find_translation(lesson), cells)
        else:
            for path, notebook in built():
                write(path, notebook)
                print(path.relative_to(translations.ROOT))
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
