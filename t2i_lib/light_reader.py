"""Reading with our own transformer alone: the same features as by `transformers`, ready three seconds sooner.

Importing `transformers` takes longer than drawing a picture. A model folder of the BERT, GPT-2 or T5 kind needs only
its weights (transformer_weights.py) and its tokenizer.json, which the small library `tokenizers` runs.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from t2i_lib.checkpoints import load_json
from t2i_lib.transformer import Transformer
from t2i_lib.transformer_weights import FAMILY_OF_TYPE, load_transformer

_KEPT = (".json", ".safetensors", ".txt", ".model")


class LightTokenizer:
    """A tokenizer.json with as much of `transformers`' tokenizers' manners as `TextEncoder` asks for.

    Raises:
        ValueError: if the folder has no tokenizer.json, or a broken one.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        path = folder / "tokenizer.json"
        try:
            self._tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
        except Exception as error:  # `tokenizers` raises bare Exceptions
            raise ValueError(f"{path} is no tokenizer ({error}); fetch or train the model again") from error
        settings = load_json(folder / "tokenizer_config.json") if (folder / "tokenizer_config.json").is_file() else {}
        self._tokenizer.no_padding()  # a file may bring settings of its own
        self.model_max_length = int(settings.get("model_max_length") or 10**30)
        self.pad_token_id = self._id_of(settings.get("pad_token"))
        self.folder = folder

    def __call__(
        self, prompts: Sequence[str], truncation: bool = False, max_length: int | None = None, verbose: bool = True
    ) -> dict[str, list[list[int]]]:
        """Prompts -> {"input_ids": a list of token ids for each}; `verbose` is there for likeness only."""
        if truncation and max_length is not None:
            self._tokenizer.enable_truncation(max_length)
        else:
            self._tokenizer.no_truncation()
        return {"input_ids": [encoding.ids for encoding in self._tokenizer.encode_batch(list(prompts))]}

    def convert_ids_to_tokens(self, token_ids: Sequence[int]) -> list[str]:
        """The tokens as text."""
        return [self._tokenizer.id_to_token(int(token_id)) for token_id in token_ids]

    def _id_of(self, token: str | dict | None) -> int:
        text = token["content"] if isinstance(token, dict) else token
        found = self._tokenizer.token_to_id(text) if text else None
        return 0 if found is None else found  # any will do: the mask hides it


def can_read(folder: Path) -> bool:
    """Whether the folder holds a model of a kind that our own transformer computes, and its tokenizer.json."""
    files = [folder / name for name in ("config.json", "model.safetensors", "tokenizer.json")]
    return all(path.is_file() for path in files) and load_json(files[0]).get("model_type") in FAMILY_OF_TYPE


def load_light(folder: Path) -> tuple[Transformer, LightTokenizer, str]:
    """The model of a folder, its tokenizer, and its family ("bert", "gpt" or "t5").

    Raises:
        ValueError: if a file is missing or broken, or the model has something that our transformer lacks.
    """
    family = FAMILY_OF_TYPE[load_json(folder / "config.json")["model_type"]]
    return load_transformer(folder), LightTokenizer(folder), family


def copy_model_files(source: Path, folder: Path) -> None:
    """Copy a model's files as they are: what was loaded light is saved by copying."""
    for path in sorted(source.iterdir()):
        if path.is_file() and path.suffix in _KEPT and not path.name.startswith("."):
            shutil.copyfile(path, folder / path.name)
