"""What is wrong with a captioned folder, found out before minutes are spent on training with it.

In: a folder, and the text encoder that shall read its captions. Out: a report in words; it changes nothing.
"""

import os
import warnings
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image

from t2i_lib.captioned_folder import CaptionedFolder, Skipped
from t2i_lib.datasets import pixels_to_images
from t2i_lib.picture_groups import fingerprint, near_groups
from t2i_lib.storybook.captions import unknown_words
from t2i_lib.text_encoder import TextEncoder

FEW = 100  # pictures; below this a discriminator learns them by heart within minutes


@dataclass(frozen=True)
class FolderReport:
    """What was found; printed, it says so in words."""

    pictures: int
    captions: int
    skipped: list[Skipped]
    small: list[str]  # pictures that have to be blown up
    alike: list[list[str]]  # near-duplicates, as groups of file names
    same_caption: dict[str, int]  # caption -> number of pictures, where it is more than one
    read_alike: list[list[str]]  # different captions that the text encoder cannot tell apart
    unknown: dict[str, int]  # words outside the storybook -> in how many captions

    def __repr__(self) -> str:
        lines = [f"{self.pictures} pictures with {self.captions} captions can be used"]
        if self.pictures < FEW:
            lines.append(f"few: with fewer than {FEW} pictures, train on from an artist, and augment")
        lines += [f"left out: {each.file_name} ({each.reason})" for each in self.skipped[:5]]
        lines += _told("too small, will be blown up", self.small)
        lines += _told("nearly the same picture", [" = ".join(group) for group in self.alike])
        lines += _told("one caption for several pictures", [f"{text} ({n}x)" for text, n in self.same_caption.items()])
        lines += _told("different, but read alike", [" = ".join(group) for group in self.read_alike])
        lines += _told("words outside the storybook", [f"{word} ({n}x)" for word, n in self.unknown.items()], 12)
        return "\n".join(lines)


def check_folder(folder: str | os.PathLike, text_encoder: TextEncoder | None = None, size: int = 64) -> FolderReport:
    """Look a captioned folder over.

    Args:
        folder: holds pictures and metadata.jsonl or metadata.csv.
        text_encoder: who shall read the captions; without it nobody says which are read alike.
        size: width that training brings pictures to, pixels.

    Raises:
        ValueError: if nothing in it can be used, as `CaptionedFolder` does.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # what is left out stands in the report
        pictures = CaptionedFolder(folder, size)
    names = [path.relative_to(Path(folder)).as_posix() for path, _ in pictures.items]
    captions = [caption for _, captions in pictures.items for caption in captions]
    said = Counter(caption for _, captions in pictures.items for caption in set(captions))
    images = pixels_to_images(torch.stack([pictures[index].pixels for index in range(len(pictures))]))
    groups = near_groups(fingerprint(images))
    return FolderReport(
        len(pictures),
        len(captions),
        pictures.skipped,
        [name for name, (path, _) in zip(names, pictures.items, strict=True) if _edge(path) < size],
        [[names[index] for index in group] for group in groups if len(group) > 1],
        {caption: count for caption, count in said.items() if count > 1},
        [] if text_encoder is None else read_alike(text_encoder, captions),
        dict(Counter(word for caption in captions for word in unknown_words(caption)).most_common()),
    )


def read_alike(text_encoder: TextEncoder, captions: Sequence[str]) -> list[list[str]]:
    """Groups of different captions that become the same tokens: to the networks they are one caption.

    It happens where a tokenizer has no sign for a character and writes [UNK] for each that it does not know.
    """
    groups: dict[tuple[int, ...], list[str]] = defaultdict(list)
    distinct = list(dict.fromkeys(captions))
    token_ids, mask = text_encoder.tokenize(distinct)
    for caption, tokens, real in zip(distinct, token_ids, mask, strict=True):
        groups[tuple(tokens[real].tolist())].append(caption)
    return sorted((group for group in groups.values() if len(group) > 1), key=len, reverse=True)


def _edge(path: Path) -> int:
    with Image.open(path) as picture:
        return min(picture.size)


def _told(what: str, found: Sequence[str], most: int = 5) -> list[str]:
    if not found:
        return []
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return [f"{what}: {', '.join(found[:most])}{more}"]
