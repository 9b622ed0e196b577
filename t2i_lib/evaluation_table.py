"""The evaluation report as a table for people."""

from typing import Any

from t2i_lib.metrics import Estimate

_LINES = {
    "judge_accuracy": "judge's own accuracy on rendered pictures",
    "text_use_gap": "text-use gap: right minus exchanged prompts",
    "zh_minus_en": "Chinese minus English prompt accuracy",
    "variety_ratio": "variety ratio: drawn over rendered",
    "frechet_distance": "Frechet distance, judge's features",
    "frechet_floor": "    its floor: real against real",
    "frechet_over_floor": "    distance over floor",
    "random_frechet_distance": "Frechet distance, random network's features",
    "random_frechet_floor": "    its floor: real against real",
}


def as_table(report: dict[str, Any]) -> str:
    """The report of `evaluate` in lines; numbers in brackets are 95 % intervals."""
    parts = [_rows(report["rows"]), _figures(report), _attributes(report), _weakest(report), _article(report)]
    return "\n\n".join(parts)


def _rows(rows: dict[str, Any]) -> str:
    heads = [("test", "prompt_accuracy"), ("test", "exact_match"), ("unseen", "prompt_accuracy"),
             ("unseen", "exact_match")]  # fmt: skip
    lines = [f"{'':26}{'test combinations':<46}unseen combinations"]
    lines.append(f"{'':26}" + "".join(f"{name.replace('_', ' '):<23}" for _, name in heads))
    for row, splits in rows.items():
        lines.append(f"{row:<26}" + "".join(f"{splits[split][name]!s:<23}" for split, name in heads))
    return "\n".join(line.rstrip() for line in lines)


def _figures(report: dict[str, Any]) -> str:
    return "\n".join(f"{text:<46}{_number(report[name])}" for name, text in _LINES.items())


def _attributes(report: dict[str, Any]) -> str:
    lines = [f"{'attribute':<12}{'found in drawn pictures':<26}judge on rendered ones"]
    judged = report["judge_per_attribute"]
    for name, estimate in report["per_attribute"].items():
        lines.append(f"{name:<12}{estimate!s:<26}{judged.get(name, '')}")
    return "\n".join(lines)


def _weakest(report: dict[str, Any], count: int = 8) -> str:
    values = [(estimate, f"{name} {value}") for name, recalls in report["per_value"].items()
              for value, estimate in recalls.items()]  # fmt: skip
    weakest = sorted(values, key=lambda pair: pair[0].value)[:count]
    return "\n".join(["least often found", *(f"{name:<22}{estimate}" for estimate, name in weakest)])


def _article(report: dict[str, Any]) -> str:
    lines = ["the article's prompts: pictures with everything stated"]
    for entry in report["article_prompts"]:
        missed = ", ".join(f"{name} missed {count}x" for name, count in entry["missed"].items())
        lines.append(f"{entry['found']:>3}/{entry['of']}  {entry['prompt']}" + (f"  ({missed})" if missed else ""))
    return "\n".join(lines)


def _number(estimate: Estimate) -> str:
    """Distances may be large or small: three figures that mean something, whichever they are.

    >>> _number(Estimate(0.01234, 0.01, 0.02))
    '0.0123 [0.01, 0.02]'
    """
    return f"{estimate.value:.3g} [{estimate.low:.3g}, {estimate.high:.3g}]"
