"""The model card of an artist of one's own: what the hub shows beside the weights, and what others need to know.

A card is README.md: a header that programs read (between two lines of ---), then text for people. The header is
written and read by `huggingface_hub`, so that what is written here is what the hub understands.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard as HubCard
from huggingface_hub import ModelCardData

from t2i_lib.checkpoints import atomic_path

SHARE_ALIKE = ("cc-by-sa-4.0", "cc-by-sa-3.0", "gpl-3.0")  # what is made from it has to keep the licence


@dataclass(frozen=True)
class ModelCard:
    """What whoever trained the artist has to say; the figures are added by the training.

    Raises:
        ValueError: if the data has a share-alike licence that the model does not keep, or nobody is credited.
    """

    name: str = "an artist of my own"
    license: str = "other"  # of the weights; a name from the hub's list
    data_license: str = "other"  # of the pictures
    data: str = "pictures of my own"  # what was trained on, in a few words
    credit: str = ""  # who made the pictures, in the words that their licence asks for
    limits: str = "It was trained on few pictures and draws little else."

    def __post_init__(self) -> None:
        if self.data_license in SHARE_ALIKE and self.license != self.data_license:
            raise ValueError(
                f"the pictures are under {self.data_license}, which is passed on to what is made from them; "
                f"give the weights the same licence instead of {self.license!r}, or ask a lawyer what else is allowed"
            )
        if self.data_license.startswith("cc-by") and not self.credit:
            raise ValueError(f"{self.data_license} asks that the makers are named: fill in `credit`")


def header(card: ModelCard) -> dict[str, Any]:
    """What programs read."""
    return {
        "license": card.license,
        "library_name": "t2i_lib",
        "pipeline_tag": "text-to-image",
        "language": ["en", "zh"],
        "tags": ["text-to-image", "gan", "t2i_lib"],
    }


def card_text(card: ModelCard, figures: Mapping[str, float], facts: Mapping[str, Any]) -> str:
    """The whole README.md: header, how to draw, what it was trained on, measured figures, limits."""
    rows = "\n".join(f"| {name} | {value:.3f} |" for name, value in figures.items())
    told = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    credit = f"\n{card.credit}\n" if card.credit else ""
    return (
        f"---\n{ModelCardData(**header(card)).to_yaml()}\n---\n\n# {card.name}\n\n"
        "    from t2i_lib import TextToImage\n"
        '    TextToImage.from_pretrained("this folder, or owner/name on the hub")("a prompt", seed=7)\n\n'
        f"## What it was trained on\n\n{card.data} (licence: {card.data_license}).\n{credit}\n{told}\n\n"
        "It began with the storybook artist of t2i_lib, whose text encoder and autoencoder it keeps.\n\n"
        f"## Measured\n\n| figure | value |\n|---|---|\n{rows}\n\n"
        "Without a judge: `t2i_lib/few_pictures.py` says what each figure means.\n\n"
        f"## Where it falls short\n\n{card.limits}\n"
    )


def write_card(folder: Path, card: ModelCard, figures: Mapping[str, float], facts: Mapping[str, Any]) -> None:
    """Write README.md into an artist's folder."""
    with atomic_path(folder / "README.md") as temporary:
        temporary.write_text(card_text(card, figures, facts), encoding="utf-8")


def read_header(folder: str | Path) -> dict[str, Any]:
    """The header of a folder's README.md, read as the hub reads it.

    Raises:
        ValueError: if there is no card, or its header is not valid.
    """
    path = Path(folder) / "README.md"
    if not path.is_file():
        raise ValueError(f"{folder} has no README.md, so the hub would know nothing of it")
    return HubCard(path.read_text(encoding="utf-8")).data.to_dict()
