"""The transformer: token ids in, one vector a token out, each knowing of all the tokens that it may look at.

One class covers the three families of language models; `TransformerConfig` names what sets them apart. It computes
from the weights of BERT, GPT-2 and T5 (its encoder) the same numbers as `transformers`;
transformer_weights.py translates them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2i_lib.attention import MultiHeadAttention

ACTIVATIONS = {
    "gelu": F.gelu,
    "gelu_tanh": lambda features: F.gelu(features, approximate="tanh"),  # an older, slightly different formula
    "relu": F.relu,
}


@dataclass(frozen=True)
class TransformerConfig:
    """Sizes, and the choices in which the families differ (BERT / GPT-2 / T5)."""

    vocab_size: int
    embed_dim: int = 192
    depth: int = 4
    num_heads: int = 4
    mlp_dim: int = 768
    context_length: int | None = 96  # rows of the table of positions; None: distances instead of positions (T5)
    head_dim: int | None = None  # None: embed_dim / num_heads
    causal: bool = False  # GPT-2: a token sees only earlier ones
    norm_first: bool = True  # BERT: False, it normalises after each sum instead of before each part
    norm_tokens: bool = False  # BERT: True, the embedded tokens are normalised before the first block
    scale_only: bool = False  # T5: True, norms without mean and linear maps without constants
    activation: str = "gelu"  # gelu / gelu_tanh / relu
    gated: bool = False  # newer T5: the inner features of the feed-forward network multiply a second set
    num_buckets: int = 32  # T5: how many distances are told apart
    max_distance: int = 128  # T5: from here on all distances are one
    norm_epsilon: float = 1e-5

    def __post_init__(self) -> None:
        if self.activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, but is {self.activation!r}")


class Transformer(nn.Module):
    """Embed the tokens, let block after block mix and digest them.

    >>> Transformer(TransformerConfig(vocab_size=11, depth=1))(torch.tensor([[1, 2, 3]])).shape
    torch.Size([1, 3, 192])
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.tokens = nn.Embedding(config.vocab_size, config.embed_dim)
        if config.context_length is None:
            self.distances = DistanceBias(config.num_buckets, config.max_distance, config.num_heads, config.causal)
        else:
            self.positions = nn.Embedding(config.context_length, config.embed_dim)
        self.token_norm = _norm(config) if config.norm_tokens else nn.Identity()
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.final_norm = _norm(config) if config.norm_first else nn.Identity()
        self.apply(_initialise)

    def forward(self, token_ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """Read tokens.

        Args:
            token_ids: (B, L) int64.
            mask: (B, L) bool, True = real token. None: all are.

        Returns:
            text_features: (B, L, D).

        Raises:
            ValueError: if there are more tokens than positions.
        """
        features, bias = self._embed(token_ids)  # (B, L, D), (1, heads, L, L) or None
        for block in self.blocks:
            features, _ = block(features, mask, bias)  # (B, L, D)
        return self.final_norm(features)  # (B, L, D)

    def attention_weights(self, token_ids: Tensor, mask: Tensor | None = None) -> Iterator[Tensor]:
        """Who looks at whom: (B, heads, L, L) for each block, from the first to the last."""
        features, bias = self._embed(token_ids)
        for block in self.blocks:
            features, weights = block(features, mask, bias, need_weights=True)
            yield weights

    def token_logits(self, text_features: Tensor) -> Tensor:
        """How well each token of the vocabulary fits each place, as GPT-2 asks it: (B, L, D) -> (B, L, vocab_size)."""
        return F.linear(text_features, self.tokens.weight)

    def _embed(self, token_ids: Tensor) -> tuple[Tensor, Tensor | None]:
        length, limit = token_ids.shape[1], self.config.context_length
        if limit is None:
            return self.token_norm(self.tokens(token_ids)), self.distances(length)
        if length > limit:
            raise ValueError(f"this transformer reads at most {limit} tokens, but received {length}; cut the prompt")
        places = torch.arange(length, device=token_ids.device)  # (L,)
        return self.token_norm(self.tokens(token_ids) + self.positions(places)), None


class Block(nn.Module):
    """Tokens look at each other (attention), then each thinks for itself (feed-forward); both are added to what was."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.norm_first, self.causal = config.norm_first, config.causal
        self.attention = MultiHeadAttention(
            config.embed_dim, config.num_heads, head_dim=config.head_dim, bias=not config.scale_only
        )
        self.attention_norm = _norm(config)
        self.feed_forward = FeedForward(config)
        self.feed_forward_norm = _norm(config)

    def forward(
        self, features: Tensor, mask: Tensor | None = None, bias: Tensor | None = None, need_weights: bool = False
    ) -> tuple[Tensor, Tensor | None]:
        """(B, L, D) -> (B, L, D), and the attention weights (B, heads, L, L) if asked for."""
        look = {"mask": mask, "causal": self.causal, "bias": bias, "need_weights": need_weights}
        if self.norm_first:
            mixed, weights = self.attention(self.attention_norm(features), **look)  # (B, L, D)
            features = features + mixed
            features = features + self.feed_forward(self.feed_forward_norm(features))
        else:
            mixed, weights = self.attention(features, **look)
            features = self.attention_norm(features + mixed)
            features = self.feed_forward_norm(features + self.feed_forward(features))
        return features, weights


class FeedForward(nn.Module):
    """Each token by itself: widen, bend, narrow again. (B, L, D) -> (B, L, D)."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        bias = not config.scale_only
        self.activation = ACTIVATIONS[config.activation]
        self.inner = nn.Linear(config.embed_dim, config.mlp_dim, bias=bias)
        self.gate = nn.Linear(config.embed_dim, config.mlp_dim, bias=bias) if config.gated else None
        self.outer = nn.Linear(config.mlp_dim, config.embed_dim, bias=bias)

    def forward(self, features: Tensor) -> Tensor:
        inner = self.activation(self.inner(features))  # (B, L, mlp_dim)
        if self.gate is not None:
            inner = inner * self.gate(features)
        return self.outer(inner)  # (B, L, D)


class DistanceBias(nn.Module):
    """T5 has no positions: what a token gives to another's score depends on how far apart they stand.

    Near distances have a number each, far ones share numbers in logarithmic steps.

    Source: Raffel et al. 2020, section 2.1, https://arxiv.org/abs/1910.10683
    """

    def __init__(self, num_buckets: int, max_distance: int, num_heads: int, causal: bool = False) -> None:
        super().__init__()
        self.max_distance, self.causal = max_distance, causal
        self.table = nn.Embedding(num_buckets, num_heads)

    def forward(self, length: int) -> Tensor:
        """What is added to the scores of `length` tokens: (1, heads, length, length)."""
        places = torch.arange(length, device=self.table.weight.device)
        ahead = places[None, :] - places[:, None]  # (L, L): how far the key stands behind the query
        numbers = distance_numbers(ahead, self.table.num_embeddings, self.max_distance, self.causal)
        return self.table(numbers).permute(2, 0, 1)[None]


def distance_numbers(ahead: Tensor, num_buckets: int, max_distance: int, causal: bool = False) -> Tensor:
    """The number, below num_buckets, of each distance; what lies ahead counts in the upper half (unless causal).

    >>> distance_numbers(torch.tensor([-200, -9, -8, -1, 0, 1, 7]), num_buckets=32, max_distance=128).tolist()
    [15, 8, 8, 1, 0, 17, 23]
    """
    if causal:
        offset, distance = 0, (-ahead).clamp(min=0)
    else:
        num_buckets //= 2
        offset, distance = num_buckets * (ahead > 0), ahead.abs()
    exact = num_buckets // 2
    # Equal steps of the logarithm from `exact` up to max_distance.
    share = (distance.clamp(min=1).float() / exact).log() / math.log(max_distance / exact)
    far = (exact + (share * (num_buckets - exact)).long()).clamp(max=num_buckets - 1)
    return offset + torch.where(distance < exact, distance, far)


def _norm(config: TransformerConfig) -> nn.Module:
    norm = nn.RMSNorm if config.scale_only else nn.LayerNorm
    return norm(config.embed_dim, eps=config.norm_epsilon)


def _initialise(module: nn.Module) -> None:
    """Small random weights (GPT-2's), so that every block starts close to handing its input on."""
    if isinstance(module, (nn.Linear, nn.Embedding)):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
