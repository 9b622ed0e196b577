"""Weights and their settings on disk: safetensors and JSON, never pickle, never half a file.

In: dictionaries of tensors, JSON values, nested states such as an optimizer's. Out: files that are either whole or
not there, and errors that say what to do. Everything comes back bit for bit.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

_PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")  # torch.save: zip, older: bare
_TREE = "tree"  # metadata key under which save_tree keeps everything that is not a tensor


def save_weights(path: str | Path, state: Mapping[str, Tensor], metadata: Mapping[str, Any] | None = None) -> None:
    """Write tensors (and small JSON values beside them) as one safetensors file, whole or not at all.

    Raises:
        OSError: if the folder cannot be written, or the disk is full; an older file at `path` survives.
    """
    tensors = _separate(state)
    texts = {key: json.dumps(value, ensure_ascii=False) for key, value in (metadata or {}).items()}
    size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    with atomic_path(path, size) as temporary:
        save_file(tensors, temporary, metadata=texts)


def load_weights(path: str | Path, remedy: str = "") -> dict[str, Tensor]:
    """Read the tensors of a safetensors file, on the CPU. `remedy` says what makes the file if it is missing.

    Raises:
        ValueError: if the file is missing, truncated, damaged, or not safetensors (pickled files are refused).
    """
    with _opened(path, remedy) as file:
        return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)


def load_metadata(path: str | Path, remedy: str = "") -> dict[str, Any]:
    """The JSON values that `save_weights` put beside the tensors; errors as in `load_weights`."""
    with _opened(path, remedy) as file:
        return {key: _parse(text, path) for key, text in (file.metadata() or {}).items() if key != "format"}


def load_into(module: nn.Module, state: Mapping[str, Tensor], source: str | Path = "the checkpoint") -> None:
    """Copy the tensors into the module; it stays untouched unless every name and shape fits.

    Raises:
        ValueError: naming the first tensor that is missing, unexpected or of another shape.
    """
    wanted = module.state_dict()
    what = f"{source} does not fit {type(module).__name__}"
    remedy = "load it with the config that it was saved with"
    for name, tensor in wanted.items():
        if name not in state:
            raise ValueError(f"{what}: tensor {name!r} {tuple(tensor.shape)} is missing; {remedy}")
        if state[name].shape != tensor.shape:
            shapes = f"{tuple(state[name].shape)}, expected {tuple(tensor.shape)}"
            raise ValueError(f"{what}: tensor {name!r} has shape {shapes}; {remedy}")
    for name in state:
        if name not in wanted:
            raise ValueError(f"{what}: tensor {name!r} {tuple(state[name].shape)} is unexpected; {remedy}")
    module.load_state_dict(state)


def save_json(path: str | Path, value: Any) -> None:
    """Write a JSON value, whole or not at all; errors as in `save_weights`."""
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    with atomic_path(path, len(text)) as temporary:
        temporary.write_text(text, encoding="utf-8")


def load_json(path: str | Path, remedy: str = "") -> Any:
    """Read a JSON value.

    Raises:
        ValueError: if the file is missing or is not JSON in UTF-8.
    """
    try:
        return _parse(_existing(path, remedy).read_text(encoding="utf-8"), path)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a UTF-8 text file ({error.reason}); JSON is expected") from error


def save_tree(path: str | Path, tree: Any) -> None:
    """Write nested dicts, lists and tuples of tensors and JSON values as one file; errors as in `save_weights`."""
    tensors, plain = flatten(tree)
    save_weights(path, tensors, {_TREE: plain})


def load_tree(path: str | Path, remedy: str = "") -> Any:
    """Read what `save_tree` wrote, bit for bit, with the same kinds of containers and keys."""
    metadata = load_metadata(path, remedy)
    if _TREE not in metadata:
        raise ValueError(f"{path} holds weights only, not a training state; load it with load_weights")
    return unflatten(load_weights(path, remedy), metadata[_TREE])


def flatten(tree: Any) -> tuple[dict[str, Tensor], Any]:
    """Take the tensors out of nested containers: tensors by path, and the rest as JSON that says where they go.

    >>> import torch
    >>> flatten({"step": 3, "moments": (torch.zeros(2),)})[1]
    {'step': 3, 'moments': {'__tuple__': [{'__tensor__': 'moments.0'}]}}
    """
    tensors: dict[str, Tensor] = {}
    return tensors, _take(tree, "", tensors)


def unflatten(tensors: Mapping[str, Tensor], plain: Any) -> Any:
    """The inverse of `flatten`."""
    if isinstance(plain, list):
        return [unflatten(tensors, value) for value in plain]
    if not isinstance(plain, dict):
        return plain
    if "__tensor__" in plain:
        return tensors[plain["__tensor__"]]
    if "__tuple__" in plain:
        return tuple(unflatten(tensors, value) for value in plain["__tuple__"])
    if "__pairs__" in plain:
        return {key: unflatten(tensors, value) for key, value in plain["__pairs__"]}
    return {key: unflatten(tensors, value) for key, value in plain.items()}


def _take(value: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        tensors[path or "value"] = value
        return {"__tensor__": path or "value"}
    if isinstance(value, (list, tuple)):
        items = [_take(item, f"{path}.{index}".lstrip("."), tensors) for index, item in enumerate(value)]
        return {"__tuple__": items} if isinstance(value, tuple) else items
    if isinstance(value, dict):
        pairs = [(key, _take(item, f"{path}.{key}".lstrip("."), tensors)) for key, item in value.items()]
        # JSON turns every key into a string, and an optimizer numbers its parameters.
        return dict(pairs) if all(isinstance(key, str) for key in value) else {"__pairs__": pairs}
    if value is None or isinstance(value, (str, int, float)):
        return value
    raise ValueError(f"a state holds tensors, numbers, strings and containers of them; {path} is a {type(value)}")


@contextmanager
def atomic_path(path: str | Path, size: int = 0) -> Iterator[Path]:
    """A temporary name beside `path` to write to; it takes `path`'s place only when the block ends without error.

    Args:
        path: the file that shall exist afterwards; its folder is made.
        size: bytes about to be written, for the message when the disk is full.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        temporary.touch()
        mode = temporary.stat().st_mode  # safetensors would let the owner alone read what it writes
        yield temporary
        temporary.chmod(mode)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())  # the name must not point to data that is still on its way to the disk
        os.replace(temporary, path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if _is_full(error):
            free = shutil.disk_usage(path.parent).free
            message = f"the disk is full: {path} needs {size / 1e6:.1f} MB, {free / 1e6:.1f} MB are free; "
            message += "free some space and go on (what was saved before is whole)"
            raise OSError(errno.ENOSPC, message) from error
        raise


def _is_full(error: BaseException) -> bool:
    # safetensors reports the system's error in words only.
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or (
        isinstance(error, SafetensorError) and any(words in str(error) for words in ("os error 28", "os error 122"))
    )


def _separate(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """CPU copies in plain order, no two in the same memory (tied weights), as the format demands."""
    tensors, seen = {}, set()
    for name, tensor in state.items():
        tensor = tensor.detach().cpu().contiguous()
        if tensor.untyped_storage().data_ptr() in seen:
            tensor = tensor.clone()
        seen.add(tensor.untyped_storage().data_ptr())
        tensors[name] = tensor
    return tensors


def _existing(path: str | Path, remedy: str) -> Path:
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"there is no file {path}" + (f"; {remedy}" if remedy else ""))
    return path


@contextmanager
def _opened(path: str | Path, remedy: str) -> Iterator[Any]:
    path = _existing(path, remedy)
    try:
        with safe_open(str(path), framework="pt", device="cpu") as file:
            yield file
    except SafetensorError as error:
        raise ValueError(_why_unreadable(path, error, remedy)) from error


def _why_unreadable(path: Path, error: SafetensorError, remedy: str) -> str:
    # Asked only after safetensors has failed: a sound file may begin with the same bytes as a pickled one.
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(_PICKLE_STARTS):
        return (
            f"{path} is a pickled file, and loading one can run any program hidden in it; "
            "convert it to safetensors where it comes from"
        )
    if start == b"version ":
        return f"{path} is a Git LFS pointer, not the weights themselves; run `git lfs pull`"
    damage = f"{path} ({path.stat().st_size} bytes) is truncated or no safetensors file ({error})"
    return f"{damage}; {remedy or 'copy or download it again'}"


def _parse(text: str, path: str | Path) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} holds no valid JSON: {error}; restore it, or write it anew") from error
