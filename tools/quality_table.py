"""Write what both READMEs show of the shipped artists: picture and quality table (`make lists`).

The picture is data/pictures/six_prompts.png, the sheet of `t2i demo`; the figures are the checkpoints' evaluation.json.

`t2i publish` measures an artist and leaves the figures beside it; no figure is ever typed by hand.
"""

import json
import re
from pathlib import Path

from t2i_lib.metrics import Estimate
from t2i_lib.recipes.publish import GOALS

ROOT = Path(__file__).resolve().parent.parent
ARTISTS = ("lesson", "full", "gpu")
FIGURES = {  # key in evaluation.json -> what README.md and README.zh-CN.md call it
    "prompt_accuracy": ("prompt accuracy, test", "提示语准确率（测试）"),
    "exact_match": ("exact match, test", "完全符合（测试）"),
    "unseen_prompt_accuracy": ("prompt accuracy, unseen combinations", "提示语准确率（没见过的组合）"),
    "zh_minus_en": ("Chinese minus English", "中文减英文"),
    "text_use_gap": ("text-use gap", "提示语的作用（与打乱提示语之差）"),
    "variety_ratio": ("variety ratio", "多样性之比"),
    "frechet_distance": ("Frechet distance, judge's features", "弗雷歇距离（裁判的特征）"),
    "frechet_floor": ("its floor: real against real", "它的下限：真图对真图"),
    "frechet_over_floor": ("distance over floor", "两者之比"),
    "judge_accuracy": ("the judge's own accuracy", "裁判自身的准确率"),
}
WORDS = {
    "README.md": ("measured, with 95 % interval", "goal", "No weights have been measured yet."),
    "README.zh-CN.md": ("实测（方括号内为 95 % 区间）", "目标", "自带的权重还没有测量。"),
}
PICTURE = "data/pictures/six_prompts.png"
ALT = {
    "README.md": "Six sentences, each drawn from its English and its Chinese wording",
    "README.zh-CN.md": "六句话，分别用中文和英文画出",
}
PICTURE_BEGIN, PICTURE_END = "<!-- picture: begin, written by `make lists` -->\n", "<!-- picture: end -->"
BEGIN, END = "<!-- quality: begin, written by `make lists` -->\n", "<!-- quality: end -->"


def table(readme: str, reports: dict[str, dict]) -> str:
    """The table of one README; reports: artist -> its evaluation.json."""
    measured, goal, nothing = WORDS[readme]
    if not reports:
        return nothing + "\n"
    heads = "".join(f" `{artist}` | {goal} |" for artist in reports)
    lines = [f"| {measured} |{heads}", "|---|" + "---|" * (2 * len(reports))]
    for key, names in FIGURES.items():
        cells = "".join(
            f" {Estimate(**report[key])} | {GOALS[artist].get(key, '')} |" for artist, report in reports.items()
        )
        lines.append(f"| {names[list(WORDS).index(readme)]} |{cells}")
    return "\n".join(lines) + "\n"


def shipped_reports() -> dict[str, dict]:
    """evaluation.json of every artist in data/checkpoints."""
    paths = {artist: ROOT / "data/checkpoints" / artist / "evaluation.json" for artist in ARTISTS}
    return {artist: json.loads(path.read_text("utf-8")) for artist, path in paths.items() if path.is_file()}


def between(text: str, begin: str, end: str, content: str) -> str:
    """The text with new content between two marks.

    >>> between("a <b> old <e> c", "<b>", "<e>", " new ")
    'a <b> new <e> c'
    """
    marked = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    assert marked.search(text), f"the marks {begin.strip()} ... {end} are gone"
    return marked.sub(lambda _: begin + content + end, text)


def with_shown(text: str, readme: str, reports: dict[str, dict]) -> str:
    """A README's text with its picture, if there is one, and its table put between their marks."""
    picture = f"![{ALT[readme]}]({PICTURE})\n" if (ROOT / PICTURE).is_file() else ""
    text = between(text, PICTURE_BEGIN, PICTURE_END, picture)
    return between(text, BEGIN, END, table(readme, reports))


def main() -> None:
    reports = shipped_reports()
    for readme in WORDS:
        text = (ROOT / readme).read_text(encoding="utf-8")
        (ROOT / readme).write_text(with_shown(text, readme, reports), encoding="utf-8")
    print(f"quality tables written from {', '.join(reports) or 'no measured artist'}")


if __name__ == "__main__":
    main()
