"""Twenty pictures of a world that the storybook has never heard of: zibbles, five colours times four kinds.

Small enough to stand for a student's own drawings, and like those without a judge: only its maker knows the truth.
"""

import json
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw

COLORS = {"red": "红色", "yellow": "黄色", "green": "绿色", "blue": "蓝色", "purple": "紫色"}
KINDS = {"one eye": "一只眼睛", "two eyes": "两只眼睛", "three eyes": "三只眼睛", "horns": "一对角"}
_PAINTS = {"red": "#d6453d", "yellow": "#f0c040", "green": "#4f9d54", "blue": "#3f7fc4", "purple": "#8a5aa8"}
_EYES = {"one eye": 1, "two eyes": 2, "three eyes": 3, "horns": 2}
CREATURES = tuple((color, kind) for color in COLORS for kind in KINDS)
HELD_OUT = (("red", "horns"), ("yellow", "three eyes"), ("green", "two eyes"), ("blue", "one eye"))


def draw_creature(color: str, kind: str, size: int = 128, rng: Random | None = None) -> Image.Image:
    """One zibble on its meadow; `rng` moves it a little, None leaves it in the middle."""
    rng, edge = rng or Random(0), 4 * size
    picture = Image.new("RGB", (edge, edge), "#dfeaf2")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0.78 * edge, edge, edge), fill="#c9d8a8")
    x, y = (0.5 + rng.uniform(-0.06, 0.06)) * edge, (0.58 + rng.uniform(-0.03, 0.03)) * edge
    wide, high = (rng.uniform(0.27, 0.32) * edge for _ in range(2))
    if kind == "horns":
        for side in (-1, 1):
            foot, tip = x + side * 0.6 * wide, (x + side * 0.85 * wide, y - 1.45 * high)
            pen.polygon([(foot - 0.2 * wide, y - 0.6 * high), (foot + 0.2 * wide, y - 0.6 * high), tip], fill="#5b4636")
    pen.ellipse((x - wide, y - high, x + wide, y + high), fill=_PAINTS[color])
    count = _EYES[kind]
    for number in range(count):
        middle, ball = x + (number - (count - 1) / 2) * 0.6 * wide, 0.25 * wide
        for radius, paint in ((ball, "white"), (0.5 * ball, "#222222")):
            pen.ellipse(
                (middle - radius, y - 0.2 * high - radius, middle + radius, y - 0.2 * high + radius), fill=paint
            )
    return picture.resize((size, size), Image.Resampling.BOX)


def captions(color: str, kind: str) -> tuple[str, str]:
    """What is said of a zibble, in English and in Chinese.

    >>> captions("red", "three eyes")
    ('a red zibble with three eyes', '红色的团子，三只眼睛')
    """
    return f"a {color} zibble with {kind}", f"{COLORS[color]}的团子，{KINDS[kind]}"


def write_folder(folder: Path, size: int = 128, seed: int = 0) -> Path:
    """All twenty as a captioned folder: pictures, and metadata.jsonl with a line for each."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for color, kind in CREATURES:
        name = f"{color}_{kind.replace(' ', '_')}.png"
        draw_creature(color, kind, size, Random(f"{seed} {name}")).save(folder / name)
        english, chinese = captions(color, kind)
        row = {"file_name": name, "caption_en": english, "caption_zh": chinese}
        lines.append(json.dumps(row, ensure_ascii=False))
    (folder / "metadata.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
