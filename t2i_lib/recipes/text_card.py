"""How well a text encoder reads: figures on captions it never saw, and the model card that states them."""

import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from t2i_lib.checkpoints import atomic_path, load_json, save_json
from t2i_lib.concepts import ConceptProbes, pooled_features_of, probe_counts, retrieval_counts, sample_captions
from t2i_lib.metrics import Estimate, share
from t2i_lib.storybook.captions import choose_stated, describe
from t2i_lib.storybook.scene import ATTRIBUTES, sample_scene
from t2i_lib.tasks import TrainingReport
from t2i_lib.text_encoder import TextEncoder

LANGUAGES = ("en", "zh")
SPLITS = ("test", "unseen")


@dataclass(frozen=True)
class ReadingFigures:
    """What was measured; the keys of `stated` and `silent` are split, language, attribute ("mean" for all)."""

    stated: dict[str, dict[str, dict[str, Estimate]]]  # of captions that state it: value found
    silent: dict[str, dict[str, dict[str, Estimate]]]  # of captions that do not: nothing read into them
    retrieval: dict[str, Estimate]  # "zh finds en", "en finds zh"


def measure(text_encoder: TextEncoder, probes: ConceptProbes, count: int) -> ReadingFigures:
    """Read `count` captions of each language and split with the probes, and match captions across languages."""
    stated: dict[str, dict[str, dict[str, Estimate]]] = {}
    silent: dict[str, dict[str, dict[str, Estimate]]] = {}
    for split in SPLITS:
        stated[split], silent[split] = {}, {}
        for language in LANGUAGES:
            captions = sample_captions(Random(f"reading/{split}/{language}"), count, language, split)
            counts = probe_counts(text_encoder, probes, captions)
            stated[split][language] = _shares(counts, "stated")
            silent[split][language] = _shares(counts, "not stated")
    return ReadingFigures(stated, silent, _retrieval(text_encoder, count // 2))


def _shares(counts: Mapping[str, Mapping[str, tuple[int, int]]], kind: str) -> dict[str, Estimate]:
    pairs = {name: counts[name][kind] for name in ATTRIBUTES}
    pairs["mean"] = (sum(right for right, _ in pairs.values()), sum(total for _, total in pairs.values()))
    return {name: share(*pair) for name, pair in pairs.items() if pair[1]}


def _retrieval(text_encoder: TextEncoder, pairs: int) -> dict[str, Estimate]:
    """Among captions of different statements, how often the nearest one of the other language is the translation."""
    rng, statements = Random("reading/retrieval"), {}
    while len(statements) < pairs:
        stated = choose_stated(sample_scene(rng, "test"), rng)
        statements[json.dumps(stated, sort_keys=True)] = stated
    english, chinese = (
        pooled_features_of(text_encoder, [describe(stated, rng, language).prompt for stated in statements.values()])
        for language in LANGUAGES
    )
    return {
        "zh finds en": share(*retrieval_counts(chinese, english)),
        "en finds zh": share(*retrieval_counts(english, chinese)),
    }


def write_card(folder: Path, settings: Mapping[str, Any], figures: ReadingFigures, report: TrainingReport) -> None:
    """Write README.md (for people) and figures.json (for programs) beside the weights."""
    table = [
        f"| {name} | {len(ATTRIBUTES.get(name, ())) or ''} | "
        + " | ".join(str(figures.stated[split][language].get(name, "-")) for split in SPLITS for language in LANGUAGES)
        + f" | {figures.silent['test']['en'].get(name, '-')} | {figures.silent['test']['zh'].get(name, '-')} |"
        for name in (*ATTRIBUTES, "mean")
    ]
    config = load_json(folder / "config.json")
    size = (folder / "model.safetensors").stat().st_size
    text = _CARD.format(
        **settings,
        how=_HOW[settings["family"]],
        parameters=size / 2e6,
        megabytes=size / 1e6,
        vocabulary=config["vocab_size"],
        minutes=report.seconds / 60,
        speed=report.samples_per_second,
        hardware=_hardware(),
        command=" ".join(["t2i", *sys.argv[1:]]),
        commit=_commit(),
        count=settings["held_out_captions"],
        pairs=settings["held_out_captions"] // 2,
        there=figures.retrieval["zh finds en"],
        back=figures.retrieval["en finds zh"],
        table="\n".join(table),
    )
    with atomic_path(folder / "README.md") as temporary:
        temporary.write_text(text, encoding="utf-8")
    save_json(folder / "figures.json", _plain(figures))


def _plain(figures: ReadingFigures) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        return value.as_dict() if isinstance(value, Estimate) else {key: plain(item) for key, item in value.items()}

    return {name: plain(getattr(figures, name)) for name in ("stated", "silent", "retrieval")}


def _hardware() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    import torch

    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return f"{name}, {torch.get_num_threads()} threads{gpu}"


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return found.stdout.strip()


_HOW = {
    "bert": "Reads in both directions; its exercise was to fill in masked tokens.",
    "gpt": "Reads from left to right; its exercise was to foretell the next token.",
    "t5": "The encoder half of an encoder-decoder; its exercise was to restore missing spans.",
}

_CARD = """---
license: mit
library_name: transformers
language: [en, zh]
pipeline_tag: feature-extraction
---
# Text encoder, {family} family

Turns an English or Chinese prompt about the storybook world into one vector a token and one a prompt (their mean).
{how} {parameters:.1f} million parameters, vocabulary {vocabulary}, {megabytes:.1f} MB (float16; computed in float32).

    from t2i_lib import TextEncoder
    text_features, pooled_features, mask = TextEncoder.from_pretrained("data/checkpoints/text-{family}").encode(["..."])

## How it was made

    {command}

From scratch, on captions of the training split that were made up as they were needed: {num_steps} steps of
{batch_statements} statements, each in both languages ({minutes:.1f} minutes, {speed:.0f} captions/s; seed {seed},
commit {commit}; {hardware}). Beside its exercise it learned to give the Chinese and the English caption of one
statement the same feature, another one to every caption that differs from it in a single attribute, and to keep each
attribute where a linear probe finds it.

## How well it reads

Linear probes (`probes.safetensors`, fitted on {probe_captions} further captions) read each attribute off the pooled
feature. Columns 3 to 6: of the captions that state it, the share where the right value is found; test split, then
combinations that training never saw. Last two: of the test captions that do not state it, the share where nothing is
read into them. {count} captions a language and split, Wilson's 95 % intervals; "mean" is over all statements.

| attribute | values | test, en | test, zh | unseen, en | unseen, zh | silent, en | silent, zh |
|---|---|---|---|---|---|---|---|
{table}

Among {pairs} different statements a Chinese caption's nearest English caption is its translation in {there} of the
cases, an English one's nearest Chinese caption in {back}.

## Limits

It knows the words of the storybook grammar only (`storybook.captions.unknown_words` lists the others).
"""
