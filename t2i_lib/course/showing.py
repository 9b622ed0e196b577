"""Put something before the reader's eyes: richly in a notebook, as text elsewhere."""

import html
import io
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from t2i_lib.runtime import in_notebook


def show(thing: Any) -> None:
    """Show an object as the notebook can, or print it."""
    if in_notebook():
        from IPython.display import display

        display(thing)
    else:
        print(repr(thing))


def show_figure(figure: Figure, alt: str) -> None:
    """Show a figure, with its description in the picture's metadata and as a sentence below it.

    Args:
        alt: what is to be seen, for whoever cannot see it.

    Raises:
        ValueError: without a description.
    """
    if not alt.strip():
        raise ValueError("a figure needs a description in words: show(figure, alt='...')")
    if in_notebook():
        from IPython.display import HTML, display

        display({"image/png": png(figure)}, raw=True, metadata={"image/png": {"alt": alt}})
        display(HTML(f"<p><em>In words:</em> {html.escape(alt)}</p>"))
    else:
        print(f"In words: {alt}")
    plt.close(figure)


def png(figure: Figure) -> bytes:
    """A figure as a PNG file of 128 colours, which keeps notebooks light; the same bytes each time."""
    drawn, file = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", bbox_inches="tight")
    few = Image.open(drawn).convert("RGB").quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(file, "PNG", optimize=True)
    return file.getvalue()
