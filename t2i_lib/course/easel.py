"""A small studio: a sentence, a seed, a button, a picture.

`try_to_draw` does the work and can be tested; `Easel` only shows it, live where widgets run and elsewhere as a picture
with its text.
"""

import base64
import html
import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image

from t2i_lib.understanding import warning_of_unknown
from t2i_lib.widget_help import widget_help

if TYPE_CHECKING:
    from t2i_lib.pipeline import TextToImage

SHOWN_WIDTH = 320  # pixels


@dataclass(frozen=True)
class Attempt:
    """What came of a wish: a picture, or None, and what there is to say about it."""

    picture: Image.Image | None
    said: str


def try_to_draw(artist: "TextToImage", prompt: str, seed: int) -> Attempt:
    """Draw, and say what one should know: which words were not understood, or why there is no picture. Never raises."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            picture = artist(prompt, seed=seed)
    except Exception as error:  # whoever clicks a button wants a sentence, not a traceback
        return Attempt(None, f"Nothing drawn: {error}")
    remarks = [str(each.message) for each in caught] + [warning_of_unknown(prompt)]
    drawn = f"Drawn: {picture.info['prompt']} (seed {picture.info['seed']})."
    return Attempt(picture, " ".join([drawn, *(f"Note: {remark}." for remark in remarks if remark)]))


class Easel:
    """Shows a field for the prompt, one for the seed, a button "Draw", a line of text and the picture.

    The first picture is there at once, so pages where no widgets run (GitHub, exported notebooks) show it, too.

    Args:
        artist: who draws.
        prompt, seed: what the fields hold at first.
    """

    def __init__(self, artist: "TextToImage", prompt: str, seed: int = 0) -> None:
        self.artist = artist
        self.wish = (prompt, seed)
        self.last = try_to_draw(artist, prompt, seed)
        self.box = self._build()
        self._show()

    def draw(self) -> Attempt:
        """Draw what the fields hold now: what the button calls."""
        if self.box is not None:
            self.wish = (self.prompt.value, self.seed.value)
            self.button.disabled = True
            self.status.value = "Drawing ..."
        try:
            self.last = try_to_draw(self.artist, *self.wish)
        finally:
            if self.box is not None:
                self.button.disabled = False
        self._show()
        return self.last

    def _build(self) -> Any:
        """The widgets, or None where ipywidgets is missing."""
        try:
            import ipywidgets as w
        except ImportError:
            return None
        prompt, seed = self.wish
        self.prompt = w.Text(
            value=prompt, description="Prompt", placeholder="English or Chinese", layout={"width": "95%"}
        )
        self.seed = w.BoundedIntText(value=seed, min=0, max=2**31 - 1, description="Seed", layout={"width": "12em"})
        self.button = w.Button(description="Draw", button_style="primary", tooltip="Draw this prompt with this seed")
        self.status = w.HTML()
        self.picture = w.HTML()  # not w.Image, which has no place for a description
        self.button.on_click(lambda _: self.draw())
        return w.VBox([self.prompt, w.HBox([self.seed, self.button]), self.status, self.picture, widget_help(w)])

    def _show(self) -> None:
        """Bring the last attempt into the widgets; after a failure the picture before it stays."""
        if self.box is None:
            return
        self.status.value = html.escape(self.last.said)
        if self.last.picture is not None:
            self.picture.value = as_html(self.last.picture)

    def __repr__(self) -> str:
        prompt, seed = self.wish
        return f"[Prompt: {prompt}] [Seed: {seed}] [Draw]\n{self.last.said}"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = dict(self.box._repr_mimebundle_(**options)) if self.box is not None else {}
        data["text/plain"], about = repr(self), {}
        if self.last.picture is not None:
            data["image/png"] = base64.b64encode(as_png(self.last.picture)).decode()
            about["image/png"] = {"alt": describe(self.last.picture), "width": SHOWN_WIDTH}
        return data, about


def describe(picture: Image.Image) -> str:
    """What a drawn picture shall show, for whoever cannot see it."""
    return f"What the artist drew for the prompt: {picture.info['prompt']}"


def as_html(picture: Image.Image) -> str:
    """A picture with its description as one HTML element, without a file."""
    data, alt = base64.b64encode(as_png(picture)).decode(), html.escape(describe(picture), quote=True)
    return f'<img src="data:image/png;base64,{data}" alt="{alt}" width="{SHOWN_WIDTH}">'


def as_png(picture: Image.Image) -> bytes:
    """A picture as a PNG file, with what it was drawn from inside."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
