"""Captioned pictures from the Hugging Face hub, through the package `datasets`; a local folder works the same way."""

from collections.abc import Sequence
from typing import Any

from torch.utils.data import Dataset

from t2i_lib.captioned import CaptionedPicture, collect_captions, find_caption_columns, square_pixels


class HubPictures(Dataset[CaptionedPicture]):
    """A table of the package `datasets` with a column of pictures and one or more of captions.

    Args:
        table: what `datasets.load_dataset(..., split=...)` returns.
        size: width that pictures are brought to, pixels.
        image_column: column of the pictures; None takes the first that holds some.
        caption_columns: as in `CaptionedFolder`.

    Raises:
        ValueError: if a column is missing.
    """

    def __init__(
        self, table: Any, size: int = 128, image_column: str | None = None, caption_columns: Sequence[str] | None = None
    ) -> None:
        names = list(table.column_names)
        pictured = [name for name in names if type(table.features[name]).__name__ == "Image"]
        if image_column is None and not pictured:
            raise ValueError(f"the table has no column of pictures; its columns are {', '.join(names)}")
        self.image_column = image_column or pictured[0]
        if self.image_column not in names:
            raise ValueError(f"the table has no column {image_column!r}; its columns are {', '.join(names)}")
        self.caption_columns = find_caption_columns(names, "the table", caption_columns)
        self.table, self.size = table, size

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> CaptionedPicture:
        row = self.table[index]
        pixels = square_pixels(row[self.image_column], self.size)
        return CaptionedPicture(pixels, collect_captions(row, self.caption_columns))


def load_from_hub(
    name: str, split: str = "train", size: int = 128, caption_columns: Sequence[str] | None = None, **options: Any
) -> HubPictures:
    """Load a data set of the hub by name (owner/name), or a local folder of the same form.

    Args:
        options: further arguments of `datasets.load_dataset`, such as `revision` or `data_dir`.

    Raises:
        ValueError: if the package `datasets` is missing, or the data set cannot be loaded.
    """
    try:
        from datasets import load_dataset
    except ImportError as error:
        raise ValueError("data sets of the hub need a package: pip install datasets") from error
    try:
        table = load_dataset(name, split=split, **options)
    except (OSError, ValueError) as error:  # no network, no such data set, no such split
        reason = str(error).strip().splitlines()[0]
        raise ValueError(f"cannot load the data set {name!r}, split {split!r}: {reason}") from error
    return HubPictures(table, size, caption_columns=caption_columns)
