"""A walk from one picture to another, on several ways at once: through pixels, through latents, through a generator.

A way is a function from a share (0 = the first picture, 1 = the last) to an image. `walk` takes the steps and can be
tested; `LatentWalk` only shows them: with a slider where widgets run, elsewhere as a sheet with a row a way.
"""

import base64
import html
from collections.abc import Callable, Mapping
from typing import Any

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from t2i_lib.course.easel import as_png
from t2i_lib.gallery import FONT_SIZE, LINE, wrap
from t2i_lib.pipeline import to_pictures
from t2i_lib.widget_help import widget_help

Way = Callable[[float], Tensor]  # share in [0, 1] -> image (3, H, W) in [-1, 1]
STEPS = 7
_EDGE, _GAP, _NAMES = 80, 4, 110  # pixels: a picture of the sheet at most, between two, for the names of the ways
_LIVE_EDGE = 180  # pixels of a picture beside the slider


def straight(start: Tensor, end: Tensor, share: float) -> Tensor:
    """The point that lies `share` of the way from start to end, both of one shape.

    >>> straight(torch.tensor([0.0, 8.0]), torch.tensor([4.0, 0.0]), 0.25).tolist()
    [1.0, 6.0]
    """
    return (1 - share) * start + share * end


@torch.no_grad()
def through_latents(
    encode: Callable[[Tensor], Tensor], decode: Callable[[Tensor], Tensor], first: Tensor, last: Tensor
) -> Way:
    """The way straight through the latents of two pictures (C, H, W), decoded at every step."""
    start, end = encode(torch.stack([first, last]))

    @torch.no_grad()
    def way(share: float) -> Tensor:
        return decode(straight(start, end, share)[None])[0]

    return way


def through_pixels(first: Tensor, last: Tensor) -> Way:
    """The way that mixes the pixels of two pictures (C, H, W): a double exposure."""
    return lambda share: straight(first, last, share)


def walk(way: Way, steps: int = STEPS) -> Tensor:
    """Equal steps from the first picture to the last: (steps, 3, H, W).

    Raises:
        ValueError: with fewer than two steps, which lead nowhere.
    """
    if steps < 2:
        raise ValueError(f"a walk has a first and a last picture, so at least 2 steps, not {steps}")
    return torch.stack([way(step / (steps - 1)) for step in range(steps)])


class LatentWalk:
    """Shows a slider and, for each way, the picture where the slider stands.

    The sheet with all steps is there at once, so pages where no widgets run (GitHub, exported notebooks) show it.

    Args:
        ways: name -> way.
        about: what the walk leads from and to, in words.
        steps: pictures a row of the sheet.
    """

    def __init__(self, ways: Mapping[str, Way], about: str, steps: int = STEPS) -> None:
        self.ways, self.about, self.steps = dict(ways), about, steps
        self.sheet = draw_sheet({name: to_pictures(walk(way, steps)) for name, way in self.ways.items()})
        self.box = self._build()
        self.look(0.5)

    def look(self, share: float) -> dict[str, Image.Image]:
        """The picture of every way at one share: what the slider calls."""
        pictures = {name: to_pictures(way(share)[None])[0] for name, way in self.ways.items()}
        if self.box is not None:
            for name, picture in pictures.items():
                self.shown[name].value = as_html(picture, name, f"{name}, {share:.0%} of the way: {self.about}")
        return pictures

    def _build(self) -> Any:
        """The widgets, or None where ipywidgets is missing."""
        try:
            import ipywidgets as w
        except ImportError:
            return None
        self.slider = w.FloatSlider(
            value=0.5, min=0, max=1, step=0.05, description="Share", readout_format=".0%", layout={"width": "24em"}
        )
        self.slider.observe(lambda change: self.look(change["new"]), names="value")
        self.shown = {name: w.HTML() for name in self.ways}
        return w.VBox([self.slider, w.HBox(list(self.shown.values())), widget_help(w)])

    def __repr__(self) -> str:
        return f"[Share: 0 ... 1] {self.about}\nOne row a way: {', '.join(self.ways)}"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = dict(self.box._repr_mimebundle_(**options)) if self.box is not None else {}
        data["text/plain"] = repr(self)
        data["image/png"] = base64.b64encode(as_png(few_colours(self.sheet))).decode()
        alt = f"A walk in {self.steps} steps, one row a way ({', '.join(self.ways)}): "
        return data, {"image/png": {"alt": alt + self.about}}


def draw_sheet(rows: Mapping[str, list[Image.Image]]) -> Image.Image:
    """Rows of pictures on white, each with its name at the left."""
    columns = max(map(len, rows.values()))
    width = next(iter(rows.values()))[0].width
    edge = min(_EDGE, width * max(1, _EDGE // width))  # enlarged in whole steps, so that no pixel is blurred
    size = _NAMES + columns * (edge + _GAP), len(rows) * (edge + _GAP) - _GAP
    sheet = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT_SIZE)
    for row, (name, pictures) in enumerate(rows.items()):
        top = row * (edge + _GAP)
        lines = wrap(name, font, _NAMES - 10)
        for number, line in enumerate(lines):
            height = top + (edge - LINE * len(lines)) // 2 + LINE * number
            draw.text((0, height), line, fill="black", font=font)
        for column, picture in enumerate(pictures):
            sheet.paste(_fitted(picture, edge), (_NAMES + column * (edge + _GAP), top))
    return sheet


def _fitted(picture: Image.Image, edge: int) -> Image.Image:
    method = Image.Resampling.NEAREST if picture.width <= edge else Image.Resampling.BICUBIC
    return picture.resize((edge, edge), method)


def few_colours(picture: Image.Image) -> Image.Image:
    """At most 128 colours, which keeps notebooks light."""
    return picture.quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def as_html(picture: Image.Image, title: str, alt: str) -> str:
    """A picture with its title and its description as HTML, without a file."""
    data = base64.b64encode(as_png(picture)).decode()
    return (
        f'<div style="margin-right:8px">{html.escape(title)}<br>'
        f'<img src="data:image/png;base64,{data}" alt="{html.escape(alt, quote=True)}" width="{_LIVE_EDGE}"></div>'
    )
