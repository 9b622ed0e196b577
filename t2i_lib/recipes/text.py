"""Pretraining a text encoder: captions in two languages in, a checkpoint with probes and a card with figures out.

Every batch holds statements in pairs that differ in one attribute, each said once in Chinese and once in English: the
encoder learns to tell the pairs apart and the languages not, and to keep each attribute where a linear probe finds it,
whatever the others are. Beside that it learns its family's own exercise.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn
from transformers import PreTrainedTokenizerFast

from t2i_lib.checkpoints import load_into, load_weights
from t2i_lib.concepts import (
    ConceptProbes,
    fit_probes,
    pooled_features_of,
    probe_loss,
    retrieval_counts,
    sample_captions,
    stated_ids,
)
from t2i_lib.locations import RUNS, checkpoint_folder
from t2i_lib.pretraining import (
    EMBED_DIM,
    IGNORED,
    build_model,
    build_tokenizer,
    choose_spans,
    contrastive_loss,
    corrupt_spans,
    mask_tokens,
    next_token_labels,
    reading_half,
    to_text_encoder,
)
from t2i_lib.recipes.text_card import measure, write_card
from t2i_lib.runtime import mix_seed
from t2i_lib.storybook.captions import choose_stated, counterfactual, describe
from t2i_lib.storybook.scene import sample_scene
from t2i_lib.tasks import Plan, TrainingReport
from t2i_lib.text_encoder import TextEncoder, pool
from t2i_lib.training import train
from t2i_lib.updates import Updater

NUM_CHUNKS = 4  # parts of a batch that are padded separately; the family's exercise takes as much as one of them
# BERT normalises after each sum, which makes it touchier than the others.
LEARNING_RATES = {"bert": 1e-3, "gpt": 2e-3, "t5": 2e-3}


@dataclass(frozen=True)
class TextSettings:
    """What a text encoder learns from, and for how long."""

    family: str = "bert"
    tokenizer_captions: int = 10_000
    batch_statements: int = 64  # each said in both languages; half of them counterfactuals of the other half
    num_steps: int = 2000
    learning_rate: float | None = None  # None: the family's own
    weight_decay: float = 0.01
    contrast_weight: float = 1.0
    concept_weight: float = 0.5
    probe_captions: int = 10_000
    probe_steps: int = 1500
    gauge_pairs: int = 256
    held_out_captions: int = 1000  # of each language, for the card
    seed: int = 0


class TextTask:
    """The training loop's view of a language model: its family's exercise, and the two languages drawn together.

    Args:
        settings: sizes and lengths.
        tokenizer: made by `open_tokenizer`.
    """

    averaged = ()

    def __init__(self, settings: TextSettings, tokenizer: PreTrainedTokenizerFast) -> None:
        torch.manual_seed(mix_seed("text", settings.seed))
        model = build_model(settings.family, tokenizer)
        self.settings, self.tokenizer = settings, tokenizer
        self.name = f"text-{settings.family}"
        # How long it trains may be changed when it goes on, what it learns from not.
        self.config: Mapping[str, Any] = {k: v for k, v in asdict(settings).items() if k != "num_steps"}
        self.batch_size = 2 * settings.batch_statements  # captions
        self.modules: dict[str, nn.Module] = {"model": model, "probes": ConceptProbes(EMBED_DIM)}
        weights = [*model.parameters(), *self.modules["probes"].parameters()]
        rate = settings.learning_rate or LEARNING_RATES[settings.family]
        optimizer = torch.optim.AdamW(weights, rate, betas=(0.9, 0.98), weight_decay=settings.weight_decay)
        self.optimizers: dict[str, torch.optim.Optimizer] = {"model": optimizer}

    def batch_at(self, index: int) -> dict[str, Tensor]:
        """Captions, first all statements in Chinese, then all in English, tokenized; and the family's exercise.

        "chunks" holds them sorted by length, token ids and masks (2 * batch_statements / 4, L), which halves the
        padding; row `order[n]` of the chunks is caption n.
        """
        rng = Random(mix_seed("text batch", self.settings.seed, index))
        statements = draw_statements(rng, self.settings.batch_statements)
        prompts = [describe(stated, rng, language).prompt for language in ("zh", "en") for stated in statements]
        lengths = torch.tensor([len(tokens) for tokens in self.tokenizer(prompts)["input_ids"]])
        by_length = lengths.argsort()  # (2N,)
        chunks = [self._tokenize([prompts[n] for n in part]) for part in by_length.tensor_split(NUM_CHUNKS)]
        same = torch.tensor([[first == second for second in statements] for first in statements])
        stated = stated_ids(statements).repeat(2, 1)  # (2N, 9)
        batch = {"chunks": chunks, "order": by_length.argsort(), "same": same, "stated": stated}
        return batch | self._exercise(prompts[rng.randrange(NUM_CHUNKS) :: NUM_CHUNKS], rng)

    def train_step(self, batch: dict[str, Tensor], step: int, update: Updater) -> dict[str, float | Tensor]:
        """One step down the sum of the three losses."""
        with update.autocast():
            pooled = torch.cat([self._read(*chunk)[1] for chunk in batch["chunks"]])[batch["order"]]  # (2N, D)
            logits = self._answer(batch)  # (2N / 4, L, vocab_size)
        language = F.cross_entropy(logits.float().flatten(0, 1), batch["labels"].flatten(), ignore_index=IGNORED)
        contrast = contrastive_loss(*pooled.chunk(2), batch["same"])
        concepts = probe_loss(self.modules["probes"](pooled.float()), batch["stated"] + 1)
        loss = language + self.settings.contrast_weight * contrast + self.settings.concept_weight * concepts
        norm = update("model", loss, clip=1.0)
        return {"loss": loss, "language": language, "contrast": contrast, "concepts": concepts, "norm": norm}

    def gauges(self, modules: dict[str, nn.Module], step: int) -> dict[str, float]:
        """How often a Chinese caption finds its English partner among others, and the other way round."""
        text_encoder = to_text_encoder(self.settings.family, modules["model"], self.tokenizer).eval()
        rng = Random("text gauges")
        statements = [choose_stated(sample_scene(rng, "validation"), rng) for _ in range(self.settings.gauge_pairs)]
        chinese, english = (
            pooled_features_of(text_encoder, [describe(stated, rng, language).prompt for stated in statements])
            for language in ("zh", "en")
        )
        there, back = retrieval_counts(chinese, english), retrieval_counts(english, chinese)
        return {"zh_finds_en": there[0] / there[1], "en_finds_zh": back[0] / back[1]}

    def sample_grid(self, modules: dict[str, nn.Module], step: int) -> Image.Image | None:
        """Nothing to look at: a text encoder draws no pictures."""
        return None

    def _tokenize(self, prompts: list[str]) -> tuple[Tensor, Tensor]:
        batch = self.tokenizer(prompts, padding=True, truncation=True, return_tensors="pt")
        return batch["input_ids"], batch["attention_mask"].bool()

    def _read(self, token_ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        reader = reading_half(self.settings.family, self.modules["model"])
        return pool(reader(input_ids=token_ids, attention_mask=mask.long()).last_hidden_state, mask)

    def _answer(self, batch: dict[str, Tensor]) -> Tensor:
        """The model's logits on its exercise."""
        known = {"decoder_input_ids": batch["decoder_inputs"]} if self.settings.family == "t5" else {}
        return self.modules["model"](batch["inputs"], attention_mask=batch["inputs_mask"].long(), **known).logits

    def _exercise(self, prompts: list[str], rng: Random) -> dict[str, Tensor]:
        """What the family practises on: inputs with their mask, and the labels to be found."""
        token_ids, mask = self._tokenize(prompts)
        if self.settings.family == "t5":
            return self._restore_spans(token_ids, mask, rng)
        if self.settings.family == "gpt":
            inputs, labels = token_ids, next_token_labels(token_ids, mask)
        else:
            special = torch.tensor(self.tokenizer.all_special_ids)
            draws = torch.Generator().manual_seed(rng.getrandbits(62))
            hideable, hidden = mask & ~torch.isin(token_ids, special), self.tokenizer.mask_token_id
            inputs, labels = mask_tokens(token_ids, hideable, hidden, len(self.tokenizer), draws)
        return {"inputs": inputs, "inputs_mask": mask, "labels": labels}

    def _restore_spans(self, token_ids: Tensor, mask: Tensor, rng: Random) -> dict[str, Tensor]:
        end, blank = self.tokenizer.eos_token_id, self.tokenizer.pad_token_id
        sentinels = [i for i in self.tokenizer.all_special_ids if i not in (end, blank, self.tokenizer.unk_token_id)]
        pairs = []
        for row, real in zip(token_ids, mask, strict=True):
            tokens = row[real].tolist()[:-1]  # without the end mark
            pairs.append(corrupt_spans(tokens, choose_spans(len(tokens), rng), sorted(sentinels), end))
        inputs, targets = (_padded(list(sequences), blank) for sequences in zip(*pairs, strict=True))
        decoder_inputs = torch.cat([torch.full_like(targets[:, :1], blank), targets[:, :-1]], dim=1)
        labels = targets.masked_fill(targets == blank, IGNORED)
        return {"inputs": inputs, "inputs_mask": inputs != blank, "decoder_inputs": decoder_inputs, "labels": labels}


def draw_statements(rng: Random, count: int) -> list[dict[str, str]]:
    """Statements of training scenes, each followed by itself with one attribute changed; `count` in all."""
    statements: list[dict[str, str]] = []
    while len(statements) < count:
        stated = choose_stated(sample_scene(rng), rng)
        statements += [stated, counterfactual(stated, rng)[0]]
    return statements[:count]


def open_tokenizer(folder: Path, settings: TextSettings, restart: bool = False) -> PreTrainedTokenizerFast:
    """The run's tokenizer; trained on captions and kept in the run's folder the first time, or when restarting."""
    if restart:
        shutil.rmtree(folder, ignore_errors=True)
    if (folder / "tokenizer.json").is_file():
        return PreTrainedTokenizerFast.from_pretrained(folder)
    captions = sample_captions(Random(mix_seed("tokenizer", settings.seed)), settings.tokenizer_captions)
    tokenizer = build_tokenizer(settings.family, (caption.prompt for caption in captions))
    staging = folder.with_name(f".{folder.name}.new")  # a tokenizer is several files: they appear together
    tokenizer.save_pretrained(staging)
    shutil.rmtree(folder, ignore_errors=True)
    staging.rename(folder)
    return tokenizer


def run(
    family: str = "bert",
    folder: str | Path | None = None,
    checkpoint: str | Path | None = None,
    minutes: float | None = None,
    steps: int | None = None,
    device: str = "auto",
    precision: str = "auto",
    seed: int = 0,
    restart: bool = False,
    settings: TextSettings | None = None,
) -> TrainingReport:
    """Pretrain a text encoder, or go on where an earlier call stopped; when it is finished, publish it.

    Args:
        family: "bert", "gpt" or "t5".
        folder: the training run's own folder; runs/text-<family> if None.
        checkpoint: where the finished encoder goes; data/checkpoints/text-<family> if None.
        settings: everything else; `family`, `steps` and `seed` win over it.

    Raises:
        ValueError, TrainingDiverged, TrainingInterrupted, OSError: as `training.train`.
    """
    chosen = asdict(settings or TextSettings()) | {"family": family, "seed": seed}
    settings = TextSettings(**chosen | ({"num_steps": steps} if steps else {}))
    folder = Path(folder or RUNS / f"text-{family}")
    task = TextTask(settings, open_tokenizer(folder / "tokenizer", settings, restart))
    plan = Plan(settings.num_steps, seed, warmup_steps=min(100, settings.num_steps // 10), device=device,
                precision=precision, minutes=minutes, gauges_every=250)  # fmt: skip
    report = train(task, folder, plan, restart=restart)
    if report.finished and os.environ.get("RANK", "0") == "0":  # one of several processes writes
        publish(report, Path(checkpoint or checkpoint_folder(f"text-{family}")), settings)
    return report


def publish(report: TrainingReport, checkpoint: Path, settings: TextSettings) -> TextEncoder:
    """Save a finished run's encoder with its probes and a card that states how well it reads."""
    tokenizer = open_tokenizer(report.folder / "tokenizer", settings)
    model = build_model(settings.family, tokenizer)
    path = report.folder / "state" / "model.safetensors"
    load_into(model, load_weights(path), path)
    # Half precision halves the download; rounded here already, so that the card speaks of what is shipped.
    text_encoder = to_text_encoder(settings.family, model.half().float(), tokenizer).eval().requires_grad_(False)
    captions = sample_captions(Random(mix_seed("probes", settings.seed)), settings.probe_captions)
    probes = fit_probes(text_encoder, captions, settings.probe_steps, settings.seed)
    figures = measure(text_encoder, probes, settings.held_out_captions)
    text_encoder.half().save_pretrained(checkpoint)
    write_card(checkpoint, asdict(settings), figures, report)
    return text_encoder.float()


def _padded(sequences: list[list[int]], blank: int) -> Tensor:
    """Lists of token ids as one tensor (B, L), filled up with `blank`."""
    length = max(map(len, sequences))
    return torch.tensor([tokens + [blank] * (length - len(tokens)) for tokens in sequences])
