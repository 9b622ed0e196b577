"""The map of the course: fifteen lessons, and which part of the pipeline each of them opens."""

from dataclasses import dataclass

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from t2i_lib.plots.pipeline import BESIDE, STAGES
from t2i_lib.plots.style import INK, LIT, PALE


@dataclass(frozen=True)
class Stop:
    """One lesson on the map: its number, its name, and the stages that it is about."""

    number: str
    name: str
    stages: tuple[str, ...]


COURSE = (
    Stop("00", "first picture", tuple(STAGES)),
    Stop("01", "attention", ("text encoder", "generator")),
    Stop("02", "transformer", ("text encoder",)),
    Stop("03", "language models", ("prompt", "text encoder", "text features")),
    Stop("04", "captioned pictures", ("prompt", "picture")),
    Stop("05", "autoencoder and VAE", ("latents", "decoder", "picture")),
    Stop("06", "GAN", ("generator", "latents", BESIDE)),
    Stop("07", "conditional GAN", ("text features", "generator", BESIDE)),
    Stop("08", "text-to-image GAN", ("text features", "generator", "latents", BESIDE)),
    Stop("09", "training on a GPU", ("generator", BESIDE)),
    Stop("10", "evaluation", ("prompt", "picture")),
    Stop("11", "studio", ("prompt", "generator", "picture")),
    Stop("12", "beyond GANs", ("text features", "generator", "latents")),
    Stop("13", "responsible generation", ("prompt", "picture")),
    Stop("14", "your own data", (*STAGES, BESIDE)),
)


def plot_course_map(here: str = "") -> Figure:
    """One row a lesson, one column a stage; what the lesson opens is lit.

    Args:
        here: number of the lesson whose name is written in bold.
    """
    columns = [*STAGES, BESIDE]
    figure, axis = plt.subplots(figsize=(10, 5.2))
    for row, stop in enumerate(COURSE):
        for column, stage in enumerate(columns):
            lit = stage in stop.stages
            axis.scatter(column, row, s=190 if lit else 25, marker="s", color=LIT if lit else PALE)
        bold = "bold" if stop.number == here else "normal"
        axis.text(-4.1, row, f"{stop.number}  {stop.name}", va="center", color=INK, weight=bold)
    axis.set_xticks(range(len(columns)), [*STAGES.values(), BESIDE], fontsize=9)
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    axis.set(yticks=[], xlim=(-4.2, len(columns) - 0.5), ylim=(len(COURSE) - 0.4, -0.7))
    axis.spines[:].set_visible(False)
    return figure


def describe_course_map() -> str:
    """The same in words."""
    whole, most = set(STAGES), "all stages from the prompt to the picture"
    rows = []
    for stop in COURSE:
        named = most if whole <= set(stop.stages) else ", ".join(stop.stages)
        rest = f" and the {BESIDE}" if named == most and BESIDE in stop.stages else ""
        rows.append(f"{stop.number} {stop.name}: {named}{rest}")
    return "A table of fifteen lessons and the parts of the pipeline that each lights up. " + "; ".join(rows) + "."
