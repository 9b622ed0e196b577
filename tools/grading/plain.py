"""What an attempt made, as plain JSON: numbers, words, tables of numbers and nothing that could run.

Results of a stranger's code reach the judge through this door alone. Numbers arrive as they were, to the last bit;
whatever is not plain arrives as its name, which no right answer equals.
"""

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

DTYPES = (
    *("bool", "uint8", "int8", "int16", "int32", "int64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)
MOST_BYTES = 4_000_000  # of one table; right answers have a few thousand


@dataclass(frozen=True, eq=False)  # equal to nothing but itself
class Foreign:
    """Something that is not plain; only what it was called arrives."""

    text: str

    def __repr__(self) -> str:
        return self.text


def encode(value: Any) -> Any:
    """A result as plain JSON.

    >>> encode((1, [2.5, "three"]))
    {'tuple': [1, {'list': [2.5, 'three']}]}
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return float(value) if isinstance(value, float) else int(value)
    if isinstance(value, Tensor):
        return _encode_tensor(value)
    if isinstance(value, np.ndarray | np.generic):
        return _encode_array(np.asarray(value), "array" if isinstance(value, np.ndarray) else "number")
    if isinstance(value, Mapping):
        return {"dict": [[encode(key), encode(each)] for key, each in value.items()]}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return {"tuple" if isinstance(value, tuple) else "list": [encode(each) for each in value]}
    return {"foreign": repr(value)[:80]}


def decode(plain: Any) -> Any:
    """The result again. What does not follow the rules comes back as `Foreign`; nothing raises."""
    try:
        return _decode(plain)
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError, OverflowError):
        return Foreign("something that is not a result")


def is_plain(value: Any) -> bool:
    """Whether a decoded value arrived whole."""
    if isinstance(value, list | tuple):
        return all(is_plain(each) for each in value)
    if isinstance(value, dict):
        return all(is_plain(each) for pair in value.items() for each in pair)
    return not isinstance(value, Foreign)


def _encode_tensor(tensor: Tensor) -> dict:
    tensor = tensor.detach().cpu()
    if tensor.layout != torch.strided or tensor.is_quantized:
        return {"foreign": f"a tensor that is {tensor.layout}"}
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()  # numpy has no such numbers; each of them is a float, too
    return _encode_array(tensor.resolve_conj().resolve_neg().numpy(), "tensor")


def _encode_array(array: np.ndarray, kind: str) -> dict:
    if array.dtype.name not in DTYPES or array.nbytes > MOST_BYTES:
        return {"foreign": f"a table of {array.nbytes} bytes of {array.dtype.name}"}
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {kind: array.dtype.name, "shape": list(array.shape), "data": data}


def _decode(plain: Any) -> Any:
    if plain is None or isinstance(plain, bool | str | int | float):
        return plain
    if isinstance(plain, dict) and len(plain) == 1:
        ((kind, content),) = plain.items()
        if kind == "foreign":
            return Foreign(str(content)[:80])
        if kind == "dict":
            return {_decode(key): _decode(each) for key, each in content}
        return {"list": list, "tuple": tuple}[kind](_decode(each) for each in content)
    for kind in ("tensor", "array", "number"):
        if kind in plain:
            array = _decode_array(plain[kind], plain["shape"], plain["data"])
            return {"tensor": torch.from_numpy, "array": np.asarray, "number": lambda one: one[()]}[kind](array)
    raise ValueError("no such kind")


def _decode_array(dtype: str, shape: list[int], data: str) -> np.ndarray:
    if dtype not in DTYPES or len(data) > 2 * MOST_BYTES or any(type(size) is not int or size < 0 for size in shape):
        raise ValueError("not a table")
    raw = base64.b64decode(data, validate=True)
    if math.prod(shape) * np.dtype(dtype).itemsize != len(raw):
        raise ValueError("the table's shape does not fit its numbers")
    return np.frombuffer(raw, dtype=dtype).reshape(shape).copy()
