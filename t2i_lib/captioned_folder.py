"""A folder of pictures with their captions in a table: the `imagefolder` convention of Hugging Face datasets.

The folder holds pictures and metadata.jsonl or metadata.csv, with a column file_name and one or more with captions.
Broken entries are left out, counted and named: one bad file must not end a training hours after it began.
"""

import csv
import json
import os
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from torch.utils.data import Dataset

from t2i_lib.captioned import CaptionedPicture, collect_captions, find_caption_columns, square_pixels

TABLES = ("metadata.jsonl", "metadata.csv")


class Skipped(NamedTuple):
    """An entry that was left out, and why."""

    file_name: str
    reason: str


class CaptionedFolder(Dataset[CaptionedPicture]):
    """Pictures of a folder with their captions; each picture is opened once at the start to see whether it can be.

    Args:
        folder: holds metadata.jsonl or metadata.csv, and the pictures in it or below.
        size: width that pictures are brought to, pixels.
        caption_columns: columns that hold captions; None takes those called caption, text or prompt, also with an
            ending such as caption_zh.

    Attributes:
        skipped: what was left out and why; a warning says how many.

    Raises:
        ValueError: if the table is missing, is not UTF-8, lacks a column, or if no entry of it can be used.
    """

    def __init__(
        self, folder: str | os.PathLike, size: int = 128, caption_columns: Sequence[str] | None = None
    ) -> None:
        self.folder, self.size = Path(folder), size
        self.items: list[tuple[Path, list[str]]] = []
        self.skipped: list[Skipped] = []
        table = _find_table(self.folder)
        columns: list[str] | None = None
        for row in _read_table(table):
            if columns is None:
                columns = _check_columns(row, table, caption_columns)
            self._add(row, columns)
        self._report(table)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> CaptionedPicture:
        path, captions = self.items[index]
        with Image.open(path) as picture:
            return CaptionedPicture(square_pixels(picture, self.size), captions)

    def _add(self, row: dict, columns: list[str]) -> None:
        name, captions = row.get("file_name"), collect_captions(row, columns)
        reason = _trouble(self.folder, name) or ("" if captions else "no caption")
        if reason:
            self.skipped.append(Skipped(str(name), reason))
        else:
            self.items.append((self.folder / name, captions))

    def _report(self, table: Path) -> None:
        if not self.skipped and self.items:
            return
        total = len(self.items) + len(self.skipped)
        named = ", ".join(f"{name} ({reason})" for name, reason in self.skipped[:3])
        named += f" and {len(self.skipped) - 3} more, see .skipped" if len(self.skipped) > 3 else ""
        if not self.items:
            raise ValueError(f"{table} leads to no usable picture: {named or 'it has no entries'}")
        warnings.warn(f"{len(self.skipped)} of {total} pictures of {table} are left out: {named}", stacklevel=3)


def _find_table(folder: Path) -> Path:
    for name in TABLES:
        if (folder / name).is_file():
            return folder / name
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    raise ValueError(
        f"{folder} holds neither {' nor '.join(TABLES)}; write one with a line for each picture, for example "
        '{"file_name": "cat.png", "caption": "a cat on a hill"}'
    )


def _read_table(table: Path) -> Iterator[dict]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:  # spreadsheets begin a file with a mark
            if table.suffix == ".csv":
                yield from csv.DictReader(file)
            else:
                yield from _json_lines(file, table)
    except UnicodeDecodeError as error:
        found = f"byte 0x{error.object[error.start]:02x} at place {error.start}"
        raise ValueError(
            f"{table} is not UTF-8 text ({found}); save it as UTF-8, for example by `iconv -f GB18030 -t UTF-8`"
        ) from error
    except csv.Error as error:
        raise ValueError(f"{table} is no CSV table: {error}") from error


def _json_lines(file: Iterator[str], table: Path) -> Iterator[dict]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"{table}, line {number}: no valid JSON ({error})") from error
        if not isinstance(row, dict):
            raise ValueError(
                f'{table}, line {number}: expected an object such as {{"file_name": ...}}, got {row!r:.40}'
            )
        yield row


def _check_columns(row: dict, table: Path, wanted: Sequence[str] | None) -> list[str]:
    columns = [str(name) for name in row]
    if "file_name" not in columns:
        raise ValueError(f"{table} has no column file_name; its columns are {', '.join(columns)}")
    return find_caption_columns(columns, str(table), wanted)


def _trouble(folder: Path, name: object) -> str:
    """Why a picture cannot be used; "" if it can."""
    if not isinstance(name, str) or not name:
        return "no file name"
    if not (folder / name).resolve().is_relative_to(folder.resolve()):
        return "outside the folder"
    if not (folder / name).is_file():
        return "missing"
    try:
        with Image.open(folder / name) as picture:
            picture.draft("RGB", (64, 64))  # lets a JPEG be read at an eighth of its size
            picture.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:  # Pillow's words for "broken"
        return f"broken: {str(error).splitlines()[0][:60] if str(error) else type(error).__name__}"
    return ""
