"""Write what drawing again is worth into both READMEs and into the model cards (`make lists`).

The figures are evaluation-sketches.json beside each checkpoint, written by `t2i evaluate full --sketches 4 --json`.
"""

import json
from pathlib import Path

from t2i_lib.metrics import Estimate
from tools.quality_table import FIGURES, ROOT, between

ARTISTS = ("lesson", "full")
SHOWN = (
    "prompt_accuracy",
    "exact_match",
    "unseen_prompt_accuracy",
    "zh_minus_en",
    "variety_ratio",
    "frechet_over_floor",
)
HEADS = {"README.md": ("first picture", "up to 4 sketches"), "README.zh-CN.md": ("第一张", "最多画 4 次")}
WORST = {
    "README.md": "the article's prompts: the one that fails most often, of 10 pictures",
    "README.zh-CN.md": "文章的六句提示语：最差的一句，10 张中符合的张数",
}
BEGIN, END = "<!-- sketches: begin, written by `make lists` -->\n", "<!-- sketches: end -->"


def table(readme: str, reports: dict[str, tuple[dict, dict]]) -> str:
    """Rows of figures, two columns an artist; reports: artist -> its report without and with drawing again."""
    if not reports:
        return ""
    columns = [f"`{artist}`, {head}" for artist in reports for head in HEADS[readme]]
    lines = [f"| | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"]
    for key in SHOWN:
        cells = [str(Estimate(**report[key])) for both in reports.values() for report in both]
        lines.append(f"| {FIGURES[key][list(HEADS).index(readme)]} | {' | '.join(cells)} |")
    worst = [str(min(e["found"] for e in report["article_prompts"])) for both in reports.values() for report in both]
    lines.append(f"| {WORST[readme]} | {' | '.join(worst)} |")
    return "\n".join(lines) + "\n"


def measured() -> dict[str, tuple[dict, dict]]:
    """Of every artist that was measured both ways: its two reports."""
    folders = {artist: ROOT / "data/checkpoints" / artist for artist in ARTISTS}
    names = ("evaluation.json", "evaluation-sketches.json")
    return {
        artist: tuple(json.loads((folder / name).read_text(encoding="utf-8")) for name in names)
        for artist, folder in folders.items()
        if (folder / names[1]).is_file()
    }


def main() -> None:
    reports = measured()
    pages: dict[Path, str] = {ROOT / readme: table(readme, reports) for readme in HEADS}
    for artist, both in reports.items():
        pages[ROOT / "data/checkpoints" / artist / "README.md"] = table("README.md", {artist: both})
    for path, content in pages.items():
        path.write_text(between(path.read_text(encoding="utf-8"), BEGIN, END, content), encoding="utf-8")
    print(f"what drawing again is worth: {', '.join(reports) or 'not measured'}")


if __name__ == "__main__":
    main()
