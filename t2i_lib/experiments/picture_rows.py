"""Rows of small pictures in one PNG file that knows what its rows are called: what experiments keep to show.

In: name -> pictures. Out: a file of at most 256 colours, and the same rows again.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, PngImagePlugin

from t2i_lib.checkpoints import atomic_path

_KEY = "rows"  # of the PNG's text that holds the names


def save_rows(path: str | Path, rows: Mapping[str, Sequence[Image.Image]]) -> None:
    """Write rows of pictures, whole or not at all.

    Raises:
        ValueError: if there is no picture, or not all rows are equally long and all pictures of one size.
    """
    sizes = {picture.size for row in rows.values() for picture in row}
    lengths = {len(row) for row in rows.values()}
    if len(sizes) != 1 or len(lengths) != 1:
        raise ValueError(f"rows need equally many pictures of one size, not {sorted(lengths)} of {sorted(sizes)}")
    (width, height), columns = sizes.pop(), lengths.pop()
    sheet = Image.new("RGB", (columns * width, len(rows) * height))
    for top, row in enumerate(rows.values()):
        for left, picture in enumerate(row):
            sheet.paste(picture, (left * width, top * height))
    few = sheet.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    about = PngImagePlugin.PngInfo()
    about.add_text(_KEY, json.dumps({"names": list(rows), "width": width}))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path, few.width * few.height) as partial:
        few.save(partial, "PNG", pnginfo=about, optimize=True)


def load_rows(path: str | Path) -> dict[str, list[Image.Image]]:
    """Read what `save_rows` wrote: name -> pictures.

    Raises:
        ValueError: if the file is missing or is none of `save_rows`.
    """
    try:
        with Image.open(path) as file:
            about, sheet = json.loads(file.info[_KEY]), file.convert("RGB")
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"{path} holds no rows of pictures: {error}; `t2i experiment` makes it anew") from error
    names, width = about["names"], about["width"]
    height = sheet.height // len(names)
    return {
        name: [sheet.crop((left, top, left + width, top + height)) for left in range(0, sheet.width, width)]
        for name, top in zip(names, range(0, sheet.height, height), strict=True)
    }
