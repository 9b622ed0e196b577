"""Many pictures on one sheet with their prompts below, and the same as a page for the browser."""

import html
import os
import sys
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from t2i_lib.checkpoints import atomic_path

MARGIN, FONT_SIZE, LINE = 12, 14, 18  # pixels
# File names of fonts with Chinese characters, as they come with Linux distributions, macOS and Windows.
CHINESE_FONTS = (
    "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf", "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc", "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf", "DroidSansFallback.ttf", "uming.ttc",
    "PingFang.ttc", "Hiragino Sans GB.ttc", "STHeiti Light.ttc", "Arial Unicode.ttf", "msyh.ttc", "simhei.ttf",
    "simsun.ttc",
)  # fmt: skip


@dataclass(frozen=True)
class Exhibit:
    """A picture with the text below it; `plain_text` stands in where no font can write `text`."""

    picture: Image.Image
    text: str
    plain_text: str = ""
    file: str = ""  # name of the picture's own file, for the page


@cache
def chinese_font() -> ImageFont.FreeTypeFont | None:
    """A font of this machine that can write Chinese, or None."""
    for name in CHINESE_FONTS:
        try:
            return ImageFont.truetype(name, FONT_SIZE)
        except OSError:
            continue
    return None


def contact_sheet(exhibits: Sequence[Exhibit], columns: int, edge: int = 256) -> Image.Image:
    """All pictures in rows on white, each `edge` pixels wide, its text in up to four lines below.

    Raises:
        ValueError: if there is nothing to show.
    """
    if not exhibits:
        raise ValueError("a contact sheet needs at least one picture")
    rows = -(-len(exhibits) // columns)
    cell_height = edge + 4 * LINE + MARGIN
    width = columns * (edge + MARGIN) + MARGIN
    sheet = Image.new("RGB", (min(columns, len(exhibits)) * (width - MARGIN) // columns + MARGIN,
                              rows * cell_height + MARGIN), "white")  # fmt: skip
    draw = ImageDraw.Draw(sheet)
    for place, exhibit in enumerate(exhibits):
        left = MARGIN + (place % columns) * (edge + MARGIN)
        top = MARGIN + (place // columns) * cell_height
        sheet.paste(exhibit.picture.convert("RGB").resize((edge, edge), Image.Resampling.LANCZOS), (left, top))
        _write(draw, exhibit, (left, top + edge + 4), edge)
    return sheet


def _write(draw: ImageDraw.ImageDraw, exhibit: Exhibit, corner: tuple[int, int], width: int) -> None:
    text, font = exhibit.text, ImageFont.load_default(FONT_SIZE)
    if not text.isascii():
        font = chinese_font() or font
        text = text if chinese_font() else f"{exhibit.plain_text} {exhibit.file and f'[{exhibit.file}]'}"
    for number, line in enumerate(wrap(text, font, width)[:4]):
        draw.text((corner[0], corner[1] + number * LINE), line, fill="black", font=font)


def wrap(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Break a text into lines of at most `width` pixels: between words, or between any two Chinese characters.

    >>> wrap("a hill a hill", ImageFont.load_default(14), 50)
    ['a hill a', 'hill']
    """
    pieces = [piece + " " for piece in text.split(" ")] if text.isascii() else list(text)
    lines = [""]
    for piece in pieces:
        if lines[-1] and font.getlength((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]


def index_page(title: str, exhibits: Sequence[Exhibit], folder: Path) -> Path:
    """Write `index.html` beside the pictures' files: every picture with its text, no scripts, nothing from afar."""
    figures = "\n".join(
        f'<figure><img src="{html.escape(exhibit.file)}" alt="{html.escape(exhibit.text)}">'
        f"<figcaption>{html.escape(exhibit.text)}</figcaption></figure>"
        for exhibit in exhibits
    )
    page = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>
<style>
body {{ font-family: sans-serif; margin: 2rem; background: white; color: #222 }}
main {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(256px, 1fr)); gap: 1.5rem }}
figure {{ margin: 0 }}
img {{ width: 100%; border-radius: 6px }}
</style></head>
<body><h1>{html.escape(title)}</h1>
<p>Every picture was drawn by the model from the prompt below it.</p>
<main>
{figures}
</main></body></html>
"""
    path = folder / "index.html"
    with atomic_path(path, len(page)) as partial:
        partial.write_text(page, encoding="utf-8")
    return path


def open_in_browser(page: Path) -> bool:
    """Show a page if somebody sits at a screen; on servers and in continuous integration nothing happens."""
    screen = sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not screen or os.environ.get("CI") or not sys.stdout.isatty():
        return False
    try:
        return webbrowser.open(page.resolve().as_uri())
    except (OSError, webbrowser.Error):
        return False
