"""Positions: how a transformer learns which token stands where. None, learned, sinusoidal or rotary.

Attention alone treats its tokens as a heap: whoever shuffles them gets the same vectors, shuffled. `use_positions`
gives one and the same `Transformer` one of four answers to that; the functions above it are the answers' formulas.
"""

import torch
from torch import Tensor, nn

from t2i_lib.transformer import Transformer

POSITIONS = ("none", "learned", "sinusoidal", "rotary")
LONGEST = 10_000.0  # the slowest pair of columns turns once in about 2 pi times as many places


def speeds(dim: int, longest: float = LONGEST) -> Tensor:
    """(dim / 2,) float: how far each pair of columns turns from one place to the next, in radians; 1 is the fastest.

    Raises:
        ValueError: if the columns cannot be paired.

    >>> speeds(4).tolist()
    [1.0, 0.01]
    """
    if dim < 2 or dim % 2:
        raise ValueError(f"positions turn pairs of columns, so the width must be even, but it is {dim}; choose another")
    return longest ** (-torch.arange(0, dim, 2).float() / dim)  # (dim / 2,)


def sinusoidal_positions(length: int, dim: int, longest: float = LONGEST) -> Tensor:
    """(length, dim) float in [-1, 1]: one row a place, sin and cos of the same angle side by side.

    Row p, columns 2i and 2i + 1: sin and cos of p * longest ** (-2i / dim).

    Source: Vaswani et al. 2017, section 3.5, https://arxiv.org/abs/1706.03762

    >>> sinusoidal_positions(2, 4)[0].tolist()
    [0.0, 1.0, 0.0, 1.0]
    """
    angles = torch.arange(length).float()[:, None] * speeds(dim, longest)  # (length, dim / 2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)  # (length, dim)


def rotate(features: Tensor, longest: float = LONGEST) -> Tensor:
    """Turn each pair of columns by an angle that grows with the place: place 0 stays, place p turns p times as far.

    The length of every vector stays, and so does the dot product of two vectors when both move on by the same distance.

    Args:
        features: (..., L, D) float, D even; columns 2i and 2i + 1 are a pair.

    Returns:
        turned: (..., L, D).

    Source: Su et al. 2021, eq. 15 and 34, https://arxiv.org/abs/2104.09864

    >>> rotate(torch.tensor([[1.0, 0.0], [1.0, 0.0]])).tolist()  # place 1 turns by 1 radian: cos 1, sin 1
    [[1.0, 0.0], [0.540, 0.841]]
    """
    length, dim = features.shape[-2:]
    angles = torch.arange(length, device=features.device)[:, None] * speeds(dim, longest).to(features.device)
    sin, cos = angles.sin(), angles.cos()  # (L, D / 2)
    even, odd = features[..., 0::2], features[..., 1::2]  # (..., L, D / 2)
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)  # (..., L, D)


class Rotary(nn.Module):
    """Turns what a query or key map gives, each head for itself: (B, L, heads * head_dim) -> the same shape."""

    def __init__(self, num_heads: int, longest: float = LONGEST) -> None:
        super().__init__()
        self.num_heads, self.longest = num_heads, longest

    def forward(self, features: Tensor) -> Tensor:
        heads = features.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)  # (B, heads, L, head_dim)
        return rotate(heads, self.longest).transpose(1, 2).flatten(2)  # (B, L, heads * head_dim)


def use_positions(transformer: Transformer, kind: str) -> Transformer:
    """Give a transformer with a table of positions one of the four kinds; returns the same object.

    "learned" leaves it as it is made. "none" and "rotary" hold the table at zero; "rotary" turns queries and keys in
    every block. "sinusoidal" fills the table with waves and holds it.

    Raises:
        ValueError: if there is no such kind, or the transformer knows distances (T5) instead of positions.
    """
    if kind not in POSITIONS:
        raise ValueError(f"positions must be one of {', '.join(POSITIONS)}, but are {kind!r}")
    if transformer.config.context_length is None:
        raise ValueError("this transformer adds distances to its scores and has no table of positions to replace")
    if kind == "learned":
        return transformer
    table = transformer.positions.weight.requires_grad_(False)  # (context_length, D)
    if kind == "sinusoidal":
        # As large as new token vectors are; otherwise the waves would drown the words at the start.
        waves = sinusoidal_positions(*table.shape)
        table.copy_(waves * transformer.tokens.weight.std().item() / waves.std())
    else:
        nn.init.zeros_(table)
    if kind == "rotary":
        for block in transformer.blocks:
            attention = block.attention
            attention.query = nn.Sequential(attention.query, Rotary(attention.num_heads))
            attention.key = nn.Sequential(attention.key, Rotary(attention.num_heads))
    return transformer
