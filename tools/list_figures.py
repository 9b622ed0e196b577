"""Write the table of measured figures into both READMEs, from the evaluation.json of each checkpoint."""

from pathlib import Path

from t2i_lib.checkpoints import atomic_path, load_json
from t2i_lib.metrics import Estimate
from t2i_lib.recipes.publish import GOALS

ROOT = Path(__file__).resolve().parent.parent
CHECKPOINTS = ("lesson", "full", "gpu")
ROWS = {
    "prompt_accuracy": ("prompt accuracy, test", "提示词准确率（测试）"),
    "exact_match": ("exact match, test", "完全符合（测试）"),
    "unseen_prompt_accuracy": ("prompt accuracy, unseen combinations", "提示词准确率（训练中未出现的组合）"),
    "zh_minus_en": ("Chinese minus English", "中文减英文"),
    "variety_ratio": ("variety ratio", "多样性比"),
    "frechet_ratio": ("Frechet distance / its floor", "弗雷歇距离 / 下限"),
    "judge_accuracy": ("judge's own accuracy", "评判网络自身准确率"),
}


def table(language: int, reports: dict[str, dict]) -> str:
    """A Markdown table; `language` 0 is English, 1 Chinese."""
    goal = ("goal", "目标")[language]
    heads = [head for name in reports for head in (name, goal)]
    lines = ["| | " + " | ".join(heads) + " |", "|---" * (1 + len(heads)) + "|"]
    for key, texts in ROWS.items():
        cells = [cell for name, report in reports.items() for cell in (str(Estimate(**report[key])), _goal(name, key))]
        lines.append(f"| {texts[language]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _goal(name: str, key: str) -> str:
    return GOALS[name].get(key, "")


def main() -> None:
    """Replace what stands between the quality marks."""
    folders = {name: ROOT / "data" / "checkpoints" / name / "evaluation.json" for name in CHECKPOINTS}
    reports = {name: load_json(path) for name, path in folders.items() if path.is_file()}
    for language, name in enumerate(("README.md", "README.zh-CN.md")):
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        before, rest = text.split("<!-- quality: begin -->\n")
        after = rest.split("<!-- quality: end -->")[1]
        with atomic_path(path) as temporary:
            marked = f"<!-- quality: begin -->\n{table(language, reports)}\n<!-- quality: end -->"
            temporary.write_text(before + marked + after, encoding="utf-8")


if __name__ == "__main__":
    main()
