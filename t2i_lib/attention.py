"""Attention: each query looks at every key and takes a weighted mean of the values.

One definition serves the whole project. In the language models tokens attend to tokens; in the picture networks every
place of the picture attends to the words of the prompt. Queries go in, a mixture of values of the same shape comes out.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def attend(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, bias: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Mix the values by how well each query matches each key: softmax(q k^T / sqrt(D)) v.

    Args:
        query: (B, Q, D) float, what each position looks for. Further leading axes, such as heads, are welcome.
        key: (B, K, D) float, what each position offers.
        value: (B, K, V) float, what each position hands over.
        mask: (B, K) bool, True = real token, False = padding; or (B, Q, K), one row a query. None keeps every key.
        bias: (B, Q, K) float, added to the scores before the softmax (T5 tells distances this way).

    Returns:
        mixed: (B, Q, V) float.
        weights: (B, Q, K) float in [0, 1]; every row sums to 1, except that a query with no key left gets zeros.

    Raises:
        ValueError: if query and key differ in width, key and value in length, or the mask fits neither form.

    Source: Vaswani et al. 2017, eq. 1, https://arxiv.org/abs/1706.03762

    >>> same = torch.zeros(1, 2, 4)  # every key matches equally well
    >>> attend(same, same, same)[1].tolist()
    [[[0.5, 0.5], [0.5, 0.5]]]
    """
    _check_shapes(query, key, value, mask)
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])  # (B, Q, K)
    if bias is not None:
        scores = scores + bias
    if mask is None:
        weights = scores.softmax(dim=-1)  # (B, Q, K)
    else:
        mask = _for_each_query(mask, scores)  # (B, 1 or Q, K)
        # The smallest finite number instead of -inf: a row without any key stays free of NaN, also in its gradient.
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
        weights = scores.softmax(dim=-1).masked_fill(~mask, 0.0)  # (B, Q, K)
    mixed = weights.to(value.dtype) @ value  # (B, Q, V)
    return mixed, weights


def causal_mask(length: int, device: torch.device | str | None = None) -> Tensor:
    """(length, length) bool, row q True up to column q: a position sees itself and what came before it.

    >>> causal_mask(3).int().tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()


class MultiHeadAttention(nn.Module):
    """Several attentions side by side, each in its own narrow slice of the features.

    Self-attention: `attention(tokens, mask=mask)`. Cross-attention: `attention(places, context=words, mask=mask)`;
    the mask always speaks of what is looked at (the context, or the queries themselves when there is none).

    Args:
        embed_dim: width of the queries and of the result.
        num_heads: number of attentions; must divide embed_dim unless head_dim is given.
        context_dim: width of the context; None means embed_dim.
        head_dim: width of one head; None means embed_dim / num_heads.
        bias: whether the four linear maps add a constant (T5's do not).

    Raises:
        ValueError: if embed_dim cannot be divided into num_heads heads.

    Source: Vaswani et al. 2017, section 3.2.2, https://arxiv.org/abs/1706.03762
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        context_dim: int | None = None,
        head_dim: int | None = None,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_heads < 1 or (head_dim is None and embed_dim % num_heads):
            raise ValueError(
                f"embed_dim must be a multiple of num_heads, but {embed_dim} cannot be divided by {num_heads}; "
                "choose another number of heads, or give head_dim"
            )
        self.num_heads = num_heads
        inner_dim = num_heads * (head_dim or embed_dim // num_heads)
        self.query = nn.Linear(embed_dim, inner_dim, bias=bias)
        self.key = nn.Linear(context_dim or embed_dim, inner_dim, bias=bias)
        self.value = nn.Linear(context_dim or embed_dim, inner_dim, bias=bias)
        self.output = nn.Linear(inner_dim, embed_dim, bias=bias)

    def forward(
        self,
        queries: Tensor,
        context: Tensor | None = None,
        mask: Tensor | None = None,
        causal: bool = False,
        bias: Tensor | None = None,
        need_weights: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Let every query look at the context, or at the other queries.

        Args:
            queries: (B, Q, embed_dim).
            context: (B, K, context_dim); None for self-attention.
            mask: (B, K) bool, True = real token. None keeps every key.
            causal: whether a position sees only itself and earlier ones (self-attention only).
            bias: (1 or B, heads, Q, K), added to the scores.
            need_weights: whether to return the weights; without them, and without gradients, a faster kernel serves.

        Returns:
            mixed: (B, Q, embed_dim).
            weights: (B, heads, Q, K), or None if not asked for.

        Raises:
            ValueError: if causal is asked for together with a context.
        """
        if causal and context is not None:
            raise ValueError("causal attention needs one sequence, but a context was given; leave out one of the two")
        context = queries if context is None else context
        query = self._split(self.query(queries))  # (B, heads, Q, head_dim)
        key = self._split(self.key(context))  # (B, heads, K, head_dim)
        value = self._split(self.value(context))  # (B, heads, K, head_dim)
        mask = _join_masks(mask, causal, queries)  # (B or 1, 1, 1 or Q, K)
        # torch's fused kernel has no second derivative on the CPU, and the gradient penalty needs one.
        if need_weights or torch.is_grad_enabled():
            mixed, weights = attend(query, key, value, mask, bias)  # (B, heads, Q, head_dim)
        else:
            mixed, weights = _attend_fast(query, key, value, mask, bias), None
        mixed = mixed.transpose(1, 2).flatten(2)  # (B, Q, heads * head_dim)
        return self.output(mixed), weights if need_weights else None

    def _split(self, features: Tensor) -> Tensor:
        """(B, L, heads * head_dim) -> (B, heads, L, head_dim)."""
        return features.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)


def _attend_fast(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, bias: Tensor | None) -> Tensor:
    """`attend` without the weights, by torch's fused kernel."""
    if bias is None:
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    if mask is not None:
        bias = bias.masked_fill(~mask, -math.inf)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=bias.to(query.dtype))


def _join_masks(mask: Tensor | None, causal: bool, queries: Tensor) -> Tensor | None:
    """Padding mask (B, K) and causal mask (Q, Q) as one mask that broadcasts over (B, heads, Q, K)."""
    joined = None if mask is None else mask[:, None, None, :]  # (B, 1, 1, K)
    if not causal:
        return joined
    earlier = causal_mask(queries.shape[1], queries.device)[None, None]  # (1, 1, Q, K)
    return earlier if joined is None else earlier & joined


def _for_each_query(mask: Tensor, scores: Tensor) -> Tensor:
    return mask if mask.dim() == scores.dim() else mask.unsqueeze(-2)


def _check_shapes(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> None:
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(
            f"query and key are compared by a dot product, so their widths must agree, but they are "
            f"{query.shape[-1]} and {key.shape[-1]} (shapes {tuple(query.shape)}, {tuple(key.shape)}); "
            "project one of them first"
        )
    if key.shape[-2] != value.shape[-2]:
        raise ValueError(
            f"every key needs one value, but there are {key.shape[-2]} keys and {value.shape[-2]} values "
            f"(shapes {tuple(key.shape)}, {tuple(value.shape)})"
        )
    if mask is not None and (mask.dtype != torch.bool or mask.shape[-1] != key.shape[-2]):
        raise ValueError(
            f"mask must be bool with one entry a key, (B, {key.shape[-2]}), True = real token, "
            f"but it is {mask.dtype} of shape {tuple(mask.shape)}; for a 0/1 mask call mask.bool()"
        )
