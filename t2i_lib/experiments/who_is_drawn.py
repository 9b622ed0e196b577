"""Who is drawn for prompts that leave almost everything open? Many pictures of each, as the judge sees them."""

from collections.abc import Iterable
from functools import partial

import torch

from t2i_lib.audit import Audit, data_shares
from t2i_lib.experiments.record import Outcome, Record, carry_out
from t2i_lib.judge import Judge
from t2i_lib.locations import checkpoint_folder
from t2i_lib.pipeline import TextToImage
from t2i_lib.storybook.scene import ATTRIBUTES

PICTURES = 256
# What is typed in both languages, and what it states of the nine attributes.
PROMPTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "girl": ("a girl", "一个女孩", {"subject": "girl"}),
    "knight": ("a knight", "一位骑士", {"subject": "knight"}),
    "person": ("a person by the sea", "海边有一个人", {"place": "seaside"}),
}
LOOKED_AT = ("place", "time", "weather", "subject", "color", "expression")


def look(prompt: str, seed: int) -> Outcome:
    """Draw a prompt many times: how often each value is seen, attribute by attribute."""
    artist = TextToImage.from_pretrained(checkpoint_folder("lesson"), device="cpu", precision="fp32")
    judge = Judge.load(checkpoint_folder("judge"))
    seeds = range(seed * PICTURES, (seed + 1) * PICTURES)
    found = judge.attributes(artist.draw([prompt] * PICTURES, list(seeds)))  # (N, 9)
    columns = zip(ATTRIBUTES.items(), found.unbind(1), strict=True)
    counts = {name: torch.bincount(seen, minlength=len(values)).tolist() for (name, values), seen in columns}
    return Outcome({"pictures": float(PICTURES)}, {name: counts[name] for name in LOOKED_AT})


def run(seeds: Iterable[int]) -> Record:
    """Look at each prompt in both languages."""
    looks = {
        f"{name}, {language}": partial(look, prompt)
        for name, (*prompts, _) in PROMPTS.items()
        for language, prompt in zip(("en", "zh"), prompts, strict=True)
    }
    return carry_out("who_is_drawn", looks, list(seeds))


def audit_of(record: Record, name: str, attribute: str, language: str = "en") -> Audit:
    """All kept pictures of a prompt in one language beside the data; the other language had the same noise."""
    runs = record.of(f"{name}, {language}")
    counts = torch.tensor([run.curves[attribute] for run in runs]).sum(0)
    return Audit(attribute, counts, data_shares(attribute, PROMPTS[name][2]))
