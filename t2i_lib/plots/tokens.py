"""What a sentence costs: how many pieces each way of cutting makes of it, in each language."""

from collections.abc import Mapping

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from t2i_lib.plots.style import LIT, PALE

_COLOURS = (LIT, "#d98200")  # blue and orange also differ in lightness


def plot_token_costs(costs: Mapping[str, Mapping[str, float]], unit: str = "pieces") -> Figure:
    """One group of bars a way of cutting, one bar a language; the number stands at the bar's end.

    Args:
        costs: way of cutting -> language -> number of pieces. Every way names the same languages, two at most.
        unit: what is counted.

    Raises:
        ValueError: if there is nothing to draw, or the ways name different languages.
    """
    languages = [tuple(each) for each in costs.values()]
    if not languages or len(set(languages)) > 1 or not 1 <= len(languages[0]) <= len(_COLOURS):
        raise ValueError(f"every way of cutting needs the same one or two languages, but they have {languages}")
    figure, axes = plt.subplots(figsize=(7.5, 0.55 * len(costs) + 1.0))
    thick = 0.8 / len(languages[0])
    for place, language in enumerate(languages[0]):
        heights = [row + thick * (place - (len(languages[0]) - 1) / 2) for row in range(len(costs))]
        numbers = [each[language] for each in costs.values()]
        bars = axes.barh(heights, numbers, thick, color=_COLOURS[place], edgecolor=PALE, label=language)
        axes.bar_label(bars, [f"{number:.3g}" for number in numbers], padding=3, fontsize=9)
    axes.set_yticks(range(len(costs)), list(costs))
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.legend(frameon=False, loc="lower right")
    return figure
