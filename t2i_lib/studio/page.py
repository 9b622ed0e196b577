"""The studio as an interactive page: a thin shell of widgets around a `Session`; JupyterLab and Voila both show it.

Where no widgets run, it shows its first pictures and what was understood, as one picture with text.
"""

import base64
import html
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from t2i_lib.locations import OUTPUTS
from t2i_lib.pipeline import TextToImage
from t2i_lib.studio.keeping import MADE
from t2i_lib.studio.session import MOST_PICTURES, Answer, Session, Wish, open_picture
from t2i_lib.widget_help import widget_help

SHOWN_WIDTH = 168  # pixels of a picture on the page


class StudioPage:
    """Shows the fields of a wish, buttons to draw, walk and save, the pictures, what was understood, the history.

    Args:
        artist: who draws.
        wish: what stands in the fields at first; it is drawn at once.
        folder: where pictures are saved.
    """

    def __init__(self, artist: TextToImage, wish: Wish, folder: str | Path = OUTPUTS / "studio") -> None:
        self.session, self.folder = Session(artist), Path(folder)
        self.wish, self.said = wish, ""
        self.answer: Answer | None = None
        self.box = self._build()
        self._ask(wish)

    def draw(self) -> None:
        """Draw what the fields hold: what the button calls."""
        self._ask_fields(walk=False)

    def walk(self) -> None:
        """Walk from the first prompt to the second: what the button calls."""
        if self.box is not None and not self.towards.value.strip():
            self._say('Say under "Walk to" where the walk shall lead.')
        else:
            self._ask_fields(walk=True)

    def save(self) -> list[Path]:
        """Save the pictures shown; the status line tells where."""
        if self.answer is None:
            self._say("There is nothing to save yet.")
            return []
        try:
            paths = self.session.save(self.answer, self.folder)
        except OSError as error:
            self._say(f"Not saved: {error}")
            return []
        self._say(f"Saved in {self.folder.as_posix()}: {', '.join(path.name for path in paths)}")
        return paths

    def go_back(self, place: int) -> None:
        """Show an answer of the history again (0 = the newest) and put its wish into the fields."""
        self.answer = self.session.history[place]
        self.wish = self.answer.wish
        if self.box is not None:
            for name in ("prompt", "seed", "count", "variation"):
                getattr(self, name).value = getattr(self.wish, name)
            self.towards.value = self.wish.towards or self.towards.value
        self._say(f"Back to: {self.wish}.")
        self._show()

    def _ask_fields(self, walk: bool) -> None:
        """Ask for what the fields hold; meanwhile no button can be pressed."""
        if self.box is None:
            self._ask(self.wish)
            return
        for button in self.buttons:
            button.disabled = True
        self._say("Drawing ...")
        try:
            towards = self.towards.value if walk else ""
            wish = Wish(self.prompt.value, self.seed.value, self.count.value, round(self.variation.value, 2))
            self._ask(replace(wish, towards=towards))
        finally:
            for button in self.buttons:
                button.disabled = False

    def _ask(self, wish: Wish) -> None:
        try:
            self.answer = self.session.ask(wish)
        except Exception as error:  # whoever clicks a button wants a sentence, not a traceback
            self._say(f"Nothing drawn: {error}")
            return
        self.wish = self.answer.wish
        self._say(" ".join([f"Drawn: {self.wish}.", *(f"Note: {remark}." for remark in self.answer.remarks)]))
        self._show()
        if self.box is not None:
            self._list_history()

    def _build(self) -> Any:
        """The widgets, or None where ipywidgets is missing."""
        try:
            import ipywidgets as w
        except ImportError:
            return None
        wish, wide = self.wish, {"width": "95%"}
        self.prompt = w.Text(wish.prompt, description="Prompt", placeholder="English or 中文", layout=wide)
        self.towards = w.Text(wish.towards, description="Walk to", placeholder="a second prompt", layout=wide)
        self.seed = w.BoundedIntText(wish.seed, min=0, max=2**31 - 1, description="Seed", layout={"width": "14em"})
        self.count = w.IntSlider(wish.count, min=1, max=MOST_PICTURES, description="Count")
        self.variation = w.FloatSlider(wish.variation, min=0, max=1, step=0.05, description="Variation")
        self.past = w.Dropdown(description="History", layout=wide)
        self.buttons = [
            w.Button(description="Draw", button_style="primary", tooltip="Draw this prompt"),
            w.Button(description="Walk", tooltip="Walk from the first prompt to the second"),
            w.Button(description="Save", tooltip="Save these pictures, with all that it takes to draw them again"),
        ]
        for button, action in zip(self.buttons, (self.draw, self.walk, self.save), strict=True):
            button.on_click(lambda _, action=action: action())
        self.status, self.understood, self.shown = w.HTML(), w.HTML(), w.HTML()
        self.past.observe(self._chosen, names="value")
        fields = [self.prompt, w.HBox([self.seed, self.count, self.variation]), self.towards, w.HBox(self.buttons)]
        return w.VBox([*fields, self.status, self.understood, self.shown, self.past, widget_help(w)])

    def _list_history(self) -> None:
        self._listing = True  # filling the list is no choice of the visitor's
        names = [f"{place}. {answer.wish}" for place, answer in enumerate(self.session.history, start=1)]
        self.past.options = [(name, place) for place, name in enumerate(names)]
        self.past.value = 0
        self._listing = False

    def _chosen(self, change: dict[str, Any]) -> None:
        if not self._listing and change["new"] is not None:
            self.go_back(change["new"])

    def _say(self, text: str) -> None:
        self.said = text
        if self.box is not None:
            self.status.value = html.escape(text)

    def _show(self) -> None:
        if self.box is not None and self.answer is not None:
            self.understood.value = f"Understood:<pre>{html.escape(self.answer.understood)}</pre>"
            self.shown.value = pictures_as_html(self.answer)

    def __repr__(self) -> str:
        understood = f"\n{self.answer.understood}" if self.answer else ""
        return f"[Prompt] [Seed] [Count] [Variation] [Draw] [Walk] [Save] [History]\n{self.said}{understood}"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = dict(self.box._repr_mimebundle_(**options)) if self.box is not None else {}
        data["text/plain"], about = repr(self), {}
        if self.answer is not None:
            data["image/png"] = base64.b64encode(sheet_as_png(self.answer)).decode()
            about["image/png"] = {"alt": f"What the artist drew for: {self.answer.wish}"}
        return data, about


def pictures_as_html(answer: Answer) -> str:
    """All pictures of an answer, each with its description, in rows that wrap."""
    figures = []
    for file in answer.pictures:
        facts = open_picture(file).info
        below = f"seed {facts['seed']}" + (f", {facts[MADE]}" if MADE in facts else "")
        alt = html.escape(f"{facts['prompt']} ({below})", quote=True)
        data = base64.b64encode(file).decode()
        figures.append(
            f'<figure style="margin:0 6px 6px 0;width:{SHOWN_WIDTH}px"><img width="{SHOWN_WIDTH}" alt="{alt}" '
            f'src="data:image/png;base64,{data}"><figcaption style="line-height:1.2">{html.escape(below)}'
            "</figcaption></figure>"
        )
    return f'<div style="display:flex;flex-wrap:wrap">{"".join(figures)}</div>'


def sheet_as_png(answer: Answer) -> bytes:
    """The pictures of an answer side by side, in few colours: for pages where no widgets run."""
    pictures = [open_picture(file).convert("RGB") for file in answer.pictures]
    edge = pictures[0].width
    sheet = Image.new("RGB", (edge * len(pictures), edge))
    for place, picture in enumerate(pictures):
        sheet.paste(picture, (edge * place, 0))
    file = io.BytesIO()
    sheet.quantize(128, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()
