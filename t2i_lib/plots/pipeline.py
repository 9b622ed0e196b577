"""The one diagram of the course: from the prompt to the picture, with a lesson's own stages lit."""

from collections.abc import Sequence

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from t2i_lib.plots.parts import draw_box
from t2i_lib.plots.style import INK

STAGES = {
    "prompt": "prompt",
    "text encoder": "text\nencoder",
    "text features": "text\nfeatures",
    "generator": "generator",
    "latents": "latents",
    "decoder": "decoder",
    "picture": "picture",
}
BOX = (1.1, 0.64)  # width, height
BESIDE = "discriminator"  # judges what the generator draws, in training only


def plot_pipeline(lit: Sequence[str] = ()) -> Figure:
    """The pipeline; the stages named in `lit` stand out.

    Raises:
        ValueError: if a name is no stage.
    """
    known = [*STAGES, BESIDE]
    unknown = [name for name in lit if name not in known]
    if unknown:
        raise ValueError(f"no such stage: {', '.join(unknown)}; there are {', '.join(known)}")
    figure, axes = plt.subplots(figsize=(10, 2.1))
    for place, (name, label) in enumerate(STAGES.items()):
        draw_box(axes, (1.45 * place, 0), BOX, label, name in lit)
        if place:
            axes.annotate(
                "", (1.45 * place - 0.6, 0), (1.45 * place - 0.85, 0), arrowprops={"arrowstyle": "->", "color": INK}
            )
    above = 1.45 * list(STAGES).index("latents")
    draw_box(axes, (above, 1.15), BOX, BESIDE, BESIDE in lit)
    axes.annotate("", (above, 0.78), (above, 0.37), arrowprops={"arrowstyle": "<->", "color": INK})
    axes.set(xlim=(-0.75, 1.45 * (len(STAGES) - 1) + 0.75), ylim=(-0.5, 1.6))
    axes.axis("off")
    return figure


def describe_pipeline(lit: Sequence[str] = ()) -> str:
    """The same in words."""
    way = ", ".join(STAGES)
    stage = "stage of this lesson is" if len(lit) == 1 else "stages of this lesson are"
    own = f" The {stage} {', '.join(lit)}." if lit else ""
    return f"The way from a sentence to a picture: {way}; the discriminator looks at the latents while training.{own}"
