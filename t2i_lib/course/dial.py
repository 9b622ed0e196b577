"""A dial to turn: one picture of a row at a time, by a slider where widgets run, elsewhere the one it stands at."""

import base64
import html
import io
from collections.abc import Sequence
from typing import Any

from PIL import Image

from t2i_lib.widget_help import widget_help

SHOWN_WIDTH = 256  # pixels


class Dial:
    """Shows a slider and the picture that it points at.

    Args:
        pictures: one a position; drawn beforehand, so that turning needs no network.
        names: what each position is called.
        about: what the pictures show, for whoever cannot see them.
        at: the position at first.

    Raises:
        ValueError: if there is no picture, or the names are not as many.
    """

    def __init__(self, pictures: Sequence[Image.Image], names: Sequence[str], about: str, at: int = 0) -> None:
        if not pictures or len(pictures) != len(names):
            raise ValueError(f"a dial needs a name for each picture, but has {len(pictures)} and {len(names)}")
        self.pictures, self.names, self.about, self.at = list(pictures), list(names), about, at
        self.box = self._build()

    def turn(self, at: int) -> None:
        """Point at another position: what the slider calls."""
        self.at = at
        if self.box is not None:
            self.picture.value = self._as_html()

    @property
    def said(self) -> str:
        """The picture it points at, in words."""
        return f"{self.about}: {self.names[self.at]}"

    def _build(self) -> Any:
        """The widgets, or None where ipywidgets is missing."""
        try:
            import ipywidgets as w
        except ImportError:
            return None
        positions = [(name, place) for place, name in enumerate(self.names)]
        self.slider = w.SelectionSlider(
            options=positions, value=self.at, description="Dial", layout={"width": f"{SHOWN_WIDTH + 160}px"}
        )
        self.picture = w.HTML(self._as_html())  # not w.Image, which has no place for a description
        self.slider.observe(lambda change: self.turn(change["new"]), names="value")
        return w.VBox([self.slider, self.picture, widget_help(w)])

    def _as_html(self) -> str:
        alt = html.escape(self.said, quote=True)
        return f'<img src="data:image/png;base64,{self._as_base64()}" alt="{alt}" width="{SHOWN_WIDTH}">'

    def _as_base64(self) -> str:
        """The picture, enlarged in whole steps so that no browser blurs its pixels, as a PNG file in base64."""
        picture, file = self.pictures[self.at], io.BytesIO()
        times = max(1, SHOWN_WIDTH // picture.width)
        size = (picture.width * times, picture.height * times)
        picture.resize(size, Image.Resampling.NEAREST).save(file, "PNG", optimize=True)
        return base64.b64encode(file.getvalue()).decode()

    def __repr__(self) -> str:
        return f"[Dial: {' | '.join(self.names)}]\n{self.said}"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = dict(self.box._repr_mimebundle_(**options)) if self.box is not None else {}
        data |= {"text/plain": repr(self), "image/png": self._as_base64()}
        return data, {"image/png": {"alt": self.said, "width": SHOWN_WIDTH}}
