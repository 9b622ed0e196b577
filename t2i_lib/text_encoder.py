"""The text encoder: prompts go in, one vector a token and one vector a prompt come out.

`TextEncoder` puts the same door before three families of language models. BERT reads in both directions, GPT from left
to right, T5 with the encoder half of an encoder-decoder; the picture networks behind the door cannot tell them apart.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from t2i_lib.checkpoints import load_metadata, load_weights, save_weights
from t2i_lib.light_reader import can_read, copy_model_files, load_light
from t2i_lib.transformer import Transformer

FAMILIES = ("bert", "gpt", "t5")
PROBES = "probes.safetensors"
MAX_CONTEXT_LENGTH = 512  # some tokenizers call their limit 10**30; no prompt needs more than this
_GPT_LIKE = {"gpt2", "gpt_neo", "gpt_neox", "gptj", "opt", "bloom", "llama", "mistral", "qwen2", "qwen3", "gemma"}
_T5_LIKE = {"t5", "mt5", "umt5", "longt5", "switch_transformers"}


class TextEncoder(nn.Module):
    """A language model that turns prompts into features; usually made by `TextEncoder.from_pretrained(folder)`.

    Attributes:
        family: "bert", "gpt" or "t5".
        embed_dim: width D of the features.
        context_length: the most tokens it reads; longer prompts are cut.
        probe_weights: tensors of the `ConceptProbes` that were trained for it, if there are any.
    """

    def __init__(self, model: nn.Module, tokenizer: Any, family: str) -> None:
        super().__init__()
        if family not in FAMILIES:
            raise ValueError(f"family must be one of {', '.join(FAMILIES)}, but is {family!r}")
        self.model = model
        self.tokenizer = tokenizer
        self.family = family
        self.embed_dim: int = model.config.embed_dim if self.is_light else model.config.hidden_size
        self.context_length = _context_length(model.config, tokenizer, self.is_light)
        self.probe_weights: dict[str, Tensor] | None = None

    @property
    def is_light(self) -> bool:
        """Whether our own transformer reads, not one of `transformers`."""
        return isinstance(self.model, Transformer)

    @classmethod
    def from_pretrained(
        cls, folder_or_hub_id: str | Path, trainable: bool = False, light: bool = False
    ) -> "TextEncoder":
        """Load a language model with its tokenizer, in float32 and evaluation mode.

        Args:
            folder_or_hub_id: a folder in Hugging Face format, or the name of a model on the hub.
            trainable: whether the weights keep gradients; frozen by default.
            light: read by our own transformer where it can, which spares the import of `transformers`.

        Raises:
            ValueError: if there is no such folder or model, it lacks a file, or its weights exist as pickle only.
        """
        name = str(folder_or_hub_id)
        local = _check_source(name)
        folder = Path(name).expanduser()
        if light and can_read(folder):
            text_encoder = cls(*load_light(folder))
        else:
            text_encoder = cls(*_load_through_transformers(name, local))
        if (folder / PROBES).is_file():
            text_encoder.probe_weights = load_weights(folder / PROBES)
        return text_encoder.eval().requires_grad_(trainable)

    def save_pretrained(self, folder: str | Path) -> None:
        """Write config, weights, tokenizer and probes in Hugging Face format, each file whole or not at all."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as waiting:
            if self.is_light:
                copy_model_files(self.tokenizer.folder, Path(waiting))
            else:
                self.model.save_pretrained(waiting)
                self.tokenizer.save_pretrained(waiting)
            if self.probe_weights is not None:
                save_weights(Path(waiting) / PROBES, self.probe_weights)
            mode = (Path(waiting) / "config.json").stat().st_mode
            for path in sorted(Path(waiting).iterdir()):
                path.chmod(mode)  # safetensors would let the owner alone read what it writes
                os.replace(path, folder / path.name)

    def tokenize(self, prompts: list[str]) -> tuple[Tensor, Tensor]:
        """Cut prompts into tokens, padded on the right to the longest one.

        Returns:
            token_ids: (B, L) int64.
            mask: (B, L) bool, True = real token; every prompt has at least one, even an empty one.

        Raises:
            ValueError: if a single string is given instead of a list, or the list is empty.
        """
        if isinstance(prompts, str) or not prompts:
            raise ValueError(f"tokenize needs a list with at least one prompt, but received {prompts!r}")
        cut = self.tokenizer(list(prompts), truncation=True, max_length=self.context_length)["input_ids"]
        # GPT-2's tokenizer makes no token of an empty prompt; one that says nothing stands in for it.
        blank = self.tokenizer.pad_token_id or 0
        rows = [tokens or [blank] for tokens in cut]
        length = max(map(len, rows))
        token_ids = torch.tensor([tokens + [blank] * (length - len(tokens)) for tokens in rows])  # (B, L)
        mask = torch.tensor([[n < len(tokens) for n in range(length)] for tokens in rows])  # (B, L)
        return token_ids, mask

    def forward(self, token_ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Read tokens.

        Args:
            token_ids: (B, L) int64.
            mask: (B, L) bool, True = real token.

        Returns:
            text_features: (B, L, D), zero where there is no real token.
            pooled_features: (B, D), their mean over the real tokens. It serves GPT as well: its last token alone has
                seen the whole prompt, but was trained to foretell the next word, not to remember all earlier ones.
        """
        if self.is_light:
            text_features = self.model(token_ids, mask)  # (B, L, D)
        else:
            text_features = self.model(input_ids=token_ids, attention_mask=mask.long()).last_hidden_state  # (B, L, D)
        return pool(text_features, mask)

    def encode(self, prompts: list[str]) -> tuple[Tensor, Tensor, Tensor]:
        """Tokenize and read: text_features (B, L, D), pooled_features (B, D), mask (B, L)."""
        device = next(self.parameters()).device
        token_ids, mask = (tensor.to(device) for tensor in self.tokenize(prompts))  # (B, L), (B, L)
        text_features, pooled_features = self(token_ids, mask)  # (B, L, D), (B, D)
        return text_features, pooled_features, mask


def pool(text_features: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Silence padding and take the mean over real tokens: (B, L, D), (B, L) -> (B, L, D), (B, D).

    >>> features = torch.tensor([[[2.0], [4.0], [100.0]]])
    >>> pool(features, torch.tensor([[True, True, False]]))[1].tolist()
    [[3.0]]
    """
    text_features = text_features * mask[..., None]  # (B, L, D)
    return text_features, text_features.sum(dim=1) / mask.sum(dim=1, keepdim=True).clamp(min=1)


def family_of(config) -> str:
    """Which family a `transformers` config belongs to: "bert", "gpt" or "t5"."""
    if config.model_type in _T5_LIKE or config.is_encoder_decoder:
        return "t5"
    return "gpt" if config.model_type in _GPT_LIKE or getattr(config, "is_decoder", False) else "bert"


def _load_through_transformers(name: str, local: bool) -> tuple[nn.Module, Any, str]:
    # Importing transformers takes longer than drawing a picture, so it waits until a model is really asked for.
    from transformers import AutoConfig, AutoModel, AutoModelForTextEncoding, AutoTokenizer

    try:
        config = AutoConfig.from_pretrained(name, local_files_only=local)
        door = AutoModelForTextEncoding if config.model_type in _T5_LIKE else AutoModel
        with _quiet():
            model = door.from_pretrained(
                name,
                config=config,
                local_files_only=local,
                use_safetensors=True,
                dtype=torch.float32,
                **_without_head(door, config),
            )
            tokenizer = AutoTokenizer.from_pretrained(name, local_files_only=local)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"cannot load a text encoder from {name!r}: {_first_line(error)}") from error
    if config.is_encoder_decoder and door is AutoModel:
        model = model.get_encoder()
    return model, tokenizer, family_of(config)


def _check_source(name: str) -> bool:
    """Whether the model is to be taken from this machine only; ValueError if it cannot be there."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        _check_folder(folder)
        return True
    if folder.exists() or not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name) or name.startswith("."):
        raise ValueError(f"there is no folder {name!r}, and it is not the name of a hub model either; check the path")
    return os.environ.get("HF_HUB_OFFLINE", "0").upper() in ("1", "TRUE", "YES", "ON")


def _check_folder(folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise ValueError(f"a text encoder's folder holds a config.json, but {folder} has none; is it the right folder?")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{folder / 'config.json'} is not readable JSON ({error}); fetch or train it again") from error
    if not isinstance(config, dict) or "model_type" not in config:
        raise ValueError(f"{folder / 'config.json'} names no model_type, so it describes no language model")
    if not any(folder.glob("model*.safetensors")):
        pickled = ", ".join(path.name for path in sorted(folder.glob("*.bin")))
        found = f"only pickled ones ({pickled}), which could run foreign code when loaded" if pickled else "none"
        raise ValueError(f"weights must be model*.safetensors, but {folder} has {found}; convert or train it again")
    for path in sorted(folder.glob("model*.safetensors")):
        load_metadata(path)  # says in plain words what is wrong with a broken file, as transformers does not


def _context_length(config, tokenizer, light: bool) -> int:
    name = "context_length" if light else "max_position_embeddings"
    positions = getattr(config, name, None) or MAX_CONTEXT_LENGTH  # T5 has no table of positions
    return min(positions, tokenizer.model_max_length, MAX_CONTEXT_LENGTH)


def _without_head(door, config) -> dict[str, bool]:
    """BERT-like classes bring a layer on top of [CLS] that nobody needs here and few checkpoints hold."""
    model_class = door._model_mapping[type(config)]
    return {"add_pooling_layer": False} if "add_pooling_layer" in signature(model_class.__init__).parameters else {}


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bar and no report about layers that were left out on purpose."""
    from transformers.utils import logging

    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
