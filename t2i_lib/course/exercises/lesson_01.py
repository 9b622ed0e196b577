"""Exercises of lesson 01: attention, from a dictionary that answers with a mixture to places that read words."""

import math

import torch
from torch import Tensor

from t2i_lib.attention import MultiHeadAttention, attend
from t2i_lib.course.checks import Exercise, Misconception


def _drawn(*shape: int, seed: int = 0) -> Tensor:
    """Numbers between -2 and 2 in steps of a tenth, always the same ones."""
    return torch.randint(-20, 21, shape, generator=torch.Generator().manual_seed(seed)) / 10


# 1.1 ----------------------------------------------------------------------------------------------------------------


def softmax(scores: Tensor) -> Tensor:
    """Scores (..., K) of any size become weights (..., K): positive, and each row sums to 1."""
    largest = scores.max(dim=-1, keepdim=True).values  # (..., 1): exp(1000) is too large for any float
    raised = (scores - largest).exp()  # (..., K), each in (0, 1]
    return raised / raised.sum(dim=-1, keepdim=True)  # (..., K)


def _raised(scores: Tensor, **axis) -> Tensor:
    return scores.exp() / scores.exp().sum(**axis)


SOFTMAX = Exercise(
    name="softmax",
    title="Scores become shares",
    tier="core",
    difficulty=1,
    minutes=5,
    why="Every attention in every language model ends with this function.",
    answer=softmax,
    cases=((_drawn(3, 4),), (_drawn(2, 3, 5, seed=1),), (torch.tensor([[1000.0, 999.0, 0.0]]),)),
    misconceptions=(
        Misconception(
            lambda scores: _raised(scores, dim=-1, keepdim=True),
            "Small scores come out right, but [1000, 999, 0] gives nan: exp(1000) is too large for a float, and inf / "
            "inf is nan. Adding one constant to a whole row changes no share, so subtract the row's largest score "
            "before you take exp.",
        ),
        Misconception(
            lambda scores: scores.softmax(dim=0),
            "Your columns sum to 1, but each row is one query and must sum to 1. In a table (..., K) the keys lie on "
            "the last axis: dim=-1, for the maximum and for the sum.",
        ),
        Misconception(
            lambda scores: _raised(scores, dim=0, keepdim=True),
            "Two things: your columns sum to 1 instead of your rows (the keys lie on the last axis, dim=-1), and "
            "exp(1000) overflows (subtract the row's largest score first).",
        ),
        Misconception(
            lambda scores: _raised(scores),
            "All weights of the whole table sum to 1 together, so two queries take shares from each other. Sum over "
            "the last axis only, and keep that axis: sum(dim=-1, keepdim=True).",
        ),
        Misconception(
            lambda scores: scores / scores.sum(dim=-1, keepdim=True),
            "Your rows sum to 1, but some shares are negative: dividing by the sum works for positive numbers only. "
            "exp makes every score positive first, and keeps their order.",
        ),
        Misconception(
            lambda scores: scores.sigmoid(),
            "Each of your weights looks at its own score only (that is the sigmoid), so a row does not sum to 1. In a "
            "softmax the keys compete: what one gains the others lose. Divide by the row's sum.",
        ),
        Misconception(
            lambda scores: scores.exp(),
            "All positive, as it should be, but a row does not sum to 1 yet. Divide each row by its sum (and mind the "
            "row [1000, 999, 0], whose exp overflows).",
        ),
        Misconception(
            lambda scores: (scores == scores.max(dim=-1, keepdim=True).values).float(),
            "You give everything to the best key: that is the hard lookup. Softmax lets the others keep a share, "
            "e^score of each, divided by the row's sum.",
        ),
    ),
    hints=(
        "Two steps: make every number positive without changing the order, then divide by the row's sum.",
        "exp does the first step. Which axis is a row's? Sum over dim=-1 with keepdim=True, so that the division fits.",
        "Before exp, subtract scores.max(dim=-1, keepdim=True).values; then raised / raised.sum(dim=-1, keepdim=True).",
    ),
    reasons=(
        "exp turns differences into ratios: a score that is larger by 1 gets 2.72 times the share, wherever the two "
        "stand. So a constant added to a whole row cancels, and we may choose it such that nothing overflows."
    ),
    praise="Rows sum to 1, and even a score of 1000 is no problem.",
)


# 1.2 ----------------------------------------------------------------------------------------------------------------


def lookup(query: Tensor, keys: Tensor, values: Tensor, sharpness: float) -> Tensor:
    """Ask a dictionary (keys (K, D), values (K, V)) with a query (D,); the answer (V,) is a mixture of its values."""
    scores = keys @ query  # (K,): how well each key matches
    weights = (sharpness * scores).softmax(dim=-1)  # (K,): shares that sum to 1
    return weights @ values  # (V,)


KITTEN = torch.tensor([1.0, 0, 0, 1])
ANIMALS = torch.tensor([[2.0, 0, 0, 0], [0, 2, 0, 1], [0, 0, 2, 1]])
LEGS = torch.tensor([[4.0, 0], [0, 1], [2, 0]])


def _squared_distances(query: Tensor, keys: Tensor) -> Tensor:
    return ((keys - query) ** 2).sum(dim=-1)


LOOKUP = Exercise(
    name="lookup",
    title="A dictionary that answers with a mixture",
    tier="core",
    difficulty=1,
    minutes=5,
    why="Attention is this lookup, made for many queries at once.",
    answer=lookup,
    cases=(
        (KITTEN, ANIMALS, LEGS, 1.0),
        (_drawn(5, seed=2), _drawn(7, 5, seed=3), _drawn(7, 3, seed=4), 0.5),
        (_drawn(5, seed=2), _drawn(7, 5, seed=3), _drawn(7, 3, seed=4), 3.0),
    ),
    misconceptions=(
        Misconception(
            lambda query, keys, values, sharpness: values[(keys @ query).argmax()],
            "You return the value of the best key alone: the hard lookup, from which nothing can be learned, because "
            "its answer does not move when the query moves a little. Weight all values by the softmax of the scores.",
        ),
        Misconception(
            lambda query, keys, values, sharpness: values.mean(dim=0),
            "Every key gets the same share, whatever the query. The scores must come in: keys @ query gives one "
            "number a key.",
        ),
        Misconception(
            lambda query, keys, values, sharpness: (keys @ query).softmax(dim=-1) @ values,
            "Right for sharpness 1, but sharpness changes nothing in yours. Multiply the scores by it before the "
            "softmax.",
        ),
        Misconception(
            lambda query, keys, values, sharpness: sharpness * (keys @ query).softmax(dim=-1) @ values,
            "Right for sharpness 1; otherwise your weights sum to the sharpness instead of 1, so the whole answer "
            "grows. Sharpness belongs on the scores, before the softmax.",
        ),
        Misconception(
            lambda query, keys, values, sharpness: (keys @ query / sharpness).softmax(dim=-1) @ values,
            "Right for sharpness 1, but a greater sharpness makes your answer softer: you divide by it. That number "
            "is called temperature; sharpness is its inverse, so multiply.",
        ),
        Misconception(
            lambda query, keys, values, sharpness: (sharpness * (keys @ query)) @ values,
            "The scores went in as they are, without the softmax, so the shares do not sum to 1 and may be negative. "
            "For the kitten that makes 10 legs.",
        ),
        Misconception(
            lambda query, keys, values, sharpness: (sharpness * (keys @ query)).softmax(dim=-1) @ keys,
            "You mix the keys. Keys are only for finding; what is handed over is the values.",
        ),
        Misconception(
            lambda query, keys, values, sharpness: (sharpness * (keys @ query)).softmax(dim=-1),
            "These are the weights, one a key, and they are right. One step is missing: mix the values with them, "
            "weights @ values.",
        ),
        Misconception(
            lambda query, keys, values, sharpness: (
                (-sharpness * _squared_distances(query, keys)).softmax(dim=-1) @ values
            ),
            "You score by distance, which is a sensible lookup too, but attention scores by the dot product: "
            "keys @ query. It is one matrix product for any number of queries.",
        ),
    ),
    hints=(
        "Three lines: one score a key, one share a key, one mixture.",
        "keys (K, D) @ query (D,) gives (K,). Sharpen, then softmax. Which product of (K,) and (K, V) gives (V,)?",
        "weights = (sharpness * (keys @ query)).softmax(dim=-1), and the answer is weights @ values.",
    ),
    reasons=(
        "The dot product asks how far query and key agree; softmax shares out 100 % among the keys; the product with "
        "the values mixes what they hold. With sharpness 0 all keys count the same, with a large one only the best."
    ),
    praise="Soft, sharp and anything between.",
)


# 1.3 ----------------------------------------------------------------------------------------------------------------


def attend_by_hand(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """softmax(q k^T / sqrt(D)) v for queries (B, Q, D), keys (B, K, D) and values (B, K, V)."""
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])  # (B, Q, K)
    weights = scores.softmax(dim=-1)  # (B, Q, K), each row sums to 1
    return weights @ value, weights  # (B, Q, V), (B, Q, K)


def _attend(query: Tensor, key: Tensor, value: Tensor, factor: float, dim: int = -1) -> tuple[Tensor, Tensor]:
    weights = (factor * query @ key.transpose(-2, -1)).softmax(dim=dim)
    return weights @ value, weights


def _divided_too_late(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    weights = (query @ key.transpose(-2, -1)).softmax(dim=-1) / math.sqrt(query.shape[-1])
    return weights @ value, weights


def _scores_returned(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    return attend_by_hand(query, key, value)[0], query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])


ATTEND = Exercise(
    name="attend_by_hand",
    title="Attention",
    tier="core",
    difficulty=2,
    minutes=7,
    why="This one line is what the transformer, the text encoder and the picture generator share.",
    answer=attend_by_hand,
    cases=(
        (_drawn(1, 3, 4, seed=5), _drawn(1, 3, 4, seed=6), _drawn(1, 3, 4, seed=7)),
        (_drawn(2, 3, 7, seed=8), _drawn(2, 5, 7, seed=9), _drawn(2, 5, 11, seed=10)),
    ),
    misconceptions=(
        Misconception(
            lambda q, k, v: _attend(q, k, v, 1.0),
            "The scores are not divided by sqrt(D), so your weights are too sharp. D is the width of a query: "
            "query.shape[-1].",
        ),
        Misconception(
            lambda q, k, v: _attend(q, k, v, 1 / q.shape[-1]),
            "You divide by D, and the weights come out too even. It is the square root: a sum of D independent "
            "products spreads like sqrt(D), not like D.",
        ),
        Misconception(
            lambda q, k, v: _attend(q, k, v, q.shape[-1] ** 0.5),
            "You multiply by sqrt(D), which makes the weights sharper still. Divide.",
        ),
        Misconception(
            lambda q, k, v: _attend(q, k, v, k.shape[-2] ** -0.5),
            "You divide by the root of the number of keys. What makes scores large is the width D over which a dot "
            "product sums: query.shape[-1].",
        ),
        Misconception(
            lambda q, k, v: _attend(q, k, v, q.shape[-1] ** -0.5, dim=-2),
            "Softmax runs over the wrong axis: your columns sum to 1, so the queries compete for a key. Each query "
            "shares out its own 100 % among the keys: the last axis of (B, Q, K), dim=-1.",
        ),
        Misconception(
            _divided_too_late,
            "You divide by sqrt(D) after the softmax: the rows no longer sum to 1, and the weights are as sharp as "
            "before. The division belongs on the scores.",
        ),
        Misconception(
            lambda q, k, v: (attend_by_hand(q, k, k)[0], attend_by_hand(q, k, k)[1]),
            "The weights are right, but you mix the keys. Keys are for finding; the values are what is handed over.",
        ),
        Misconception(
            lambda q, k, v: attend_by_hand(q, k, v)[::-1],
            "Both results are right, in the other order: first the mixture (B, Q, V), then the weights (B, Q, K).",
        ),
        Misconception(
            lambda q, k, v: attend_by_hand(q, k, v)[0],
            "The mixture is right. Return the weights with it, `return mixed, weights`: we want to see who looks at "
            "whom.",
        ),
        Misconception(
            _scores_returned,
            "The mixture is right, but what you return beside it are the scores before the softmax. Return the "
            "weights, whose rows sum to 1.",
        ),
    ),
    hints=(
        "It is the lookup from before with three changes: many queries at once, a batch, and 1 / sqrt(D) as sharpness.",
        "All scores at once: (B, Q, D) @ (B, D, K). Turn the last two axes of key with key.transpose(-2, -1).",
        "scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5; weights = scores.softmax(dim=-1); then "
        "weights @ value.",
    ),
    reasons=(
        "`@` multiplies matrices over the last two axes and carries all leading axes along, so the same line serves "
        "one prompt, a batch, and later a batch of heads."
    ),
    praise="One line of mathematics, three lines of code.",
)


# 1.4 ----------------------------------------------------------------------------------------------------------------


def softmax_slopes(weights: Tensor) -> Tensor:
    """How much weight i rises when score j rises a little: w_i * (1 if i == j else 0) - w_i * w_j, as (K, K)."""
    return torch.diag(weights) - weights[:, None] * weights[None, :]  # (K, K)


SLOPES = Exercise(
    name="softmax_slopes",
    title="How steep is the softmax?",
    tier="stretch",
    difficulty=2,
    minutes=7,
    why="A network learns through these slopes; where they are zero it learns nothing.",
    answer=softmax_slopes,
    cases=(
        (torch.tensor([0.5, 0.5]),),
        (torch.tensor([0.7, 0.2, 0.1]),),
        (torch.tensor([0.1, 0.15, 0.2, 0.25, 0.3]),),
    ),
    misconceptions=(
        Misconception(
            lambda weights: weights * (1 - weights),
            "These are the right slopes of each weight by its own score. But a weight also falls when another score "
            "rises: the answer is a table (K, K), and yours is its diagonal.",
        ),
        Misconception(
            lambda weights: torch.diag(weights * (1 - weights)),
            "The diagonal is right, but beside it you have zeros, as if the keys did not compete. Raise score j, and "
            "every other weight i loses w_i * w_j.",
        ),
        Misconception(
            lambda weights: -weights[:, None] * weights[None, :],
            "Beside the diagonal all is right. On the diagonal a weight rises with its own score: add w_i there.",
        ),
        Misconception(
            lambda weights: torch.diag(weights) + weights[:, None] * weights[None, :],
            "A sign is wrong: with yours all weights rise when one score rises, but they always sum to 1. Each column "
            "of the table must sum to 0.",
        ),
        Misconception(
            lambda weights: weights[:, None] * weights[None, :] - torch.diag(weights),
            "All signs are turned round: with yours a weight falls when its own score rises.",
        ),
        Misconception(
            lambda weights: torch.eye(len(weights)) - weights[:, None] * weights[None, :],
            "On the diagonal you have 1 - w_i * w_i instead of w_i - w_i * w_i: torch.diag(weights), not torch.eye.",
        ),
    ),
    hints=(
        "Two cases. i == j: w_i * (1 - w_i). i != j: -w_i * w_j. Write both as one formula.",
        "The part -w_i * w_j is there in both cases: weights[:, None] * weights[None, :] makes all products at once.",
        "What is left, w_i on the diagonal only, is torch.diag(weights).",
    ),
    reasons=(
        "If one weight is 1 and the others are 0, every entry of the table is 0: a softmax that has made up its mind "
        "passes no gradient. That is why scores must not be allowed to grow with D."
    ),
    praise="Each column sums to 0: what one key gains the others lose.",
)


# 1.5 ----------------------------------------------------------------------------------------------------------------


def hide_padding(scores: Tensor, mask: Tensor) -> Tensor:
    """Weights (B, L, L) from scores (B, L, L), with no share for padding; mask (B, L), True = real token."""
    hidden = scores.masked_fill(~mask[:, None, :], -torch.inf)  # (B, L, L): the same columns for every query
    return hidden.softmax(dim=-1)  # (B, L, L): exp(-inf) is 0


_SCORES = _drawn(2, 5, 5, seed=11)
_SCORES[1, :, 4] = 9.0  # a padding token that would attract everybody
_MASK = torch.tensor([[True, True, True, False, False], [True, True, True, True, False]])

PADDING = Exercise(
    name="hide_padding",
    title="Padding gets nothing",
    tier="core",
    difficulty=2,
    minutes=6,
    why="Without it a prompt's picture would depend on how long its neighbours in the batch are.",
    answer=hide_padding,
    cases=((_SCORES, _MASK), (_drawn(3, 4, 4, seed=12), torch.tensor([[True] * 4, [True] + [False] * 3, [True] * 4]))),
    misconceptions=(
        Misconception(
            lambda scores, mask: scores.softmax(dim=-1),
            "The mask is not used: padding still gets weight.",
        ),
        Misconception(
            lambda scores, mask: hide_padding(scores, ~mask),
            "The mask is turned round: you hide the real tokens and keep the padding. True means real, so fill where "
            "~mask.",
        ),
        Misconception(
            lambda scores, mask: (scores * mask[:, None, :]).softmax(dim=-1),
            "You set the scores of padding to 0, but 0 is a score like any other: e^0 = 1, so padding still gets a "
            "share. The score whose exp is 0 is -inf.",
        ),
        Misconception(
            lambda scores, mask: scores.softmax(dim=-1) * mask[:, None, :],
            "Padding gets nothing now, but what it had is lost, and the rows no longer sum to 1. Hide the scores "
            "before the softmax, or divide by the row's sum once more.",
        ),
        Misconception(
            lambda scores, mask: (scores - 10.0 * ~mask[:, None, :]).softmax(dim=-1),
            "Ten less is little when a padding token has a high score: some weight leaks. Use -inf, then it is "
            "exactly 0.",
        ),
        Misconception(
            lambda scores, mask: scores.masked_fill(~mask[:, :, None], -torch.inf).softmax(dim=-1),
            "You hide rows: queries that are padding, whose softmax over nothing is nan. What must be hidden are the "
            "columns, the keys: mask[:, None, :].",
        ),
        Misconception(
            lambda scores, mask: scores.masked_fill(~mask[:, :, None], -1e9).softmax(dim=-1),
            "You hide rows: queries that are padding now look everywhere alike, and real queries still see padding. "
            "Hide the columns, the keys: mask[:, None, :].",
        ),
        Misconception(
            lambda scores, mask: scores.masked_fill(~mask[0], -torch.inf).softmax(dim=-1),
            "All prompts of the batch get the mask of the first one. Each has its own: mask[:, None, :] is (B, 1, L) "
            "and fits (B, L, L).",
        ),
    ),
    hints=(
        "A share of exactly 0 after the softmax: which score does that need before it?",
        "scores.masked_fill(where, -torch.inf) fills where the condition is True. The mask is True where a token is "
        "real.",
        "The mask (B, L) must lie along the keys, the last axis of (B, L, L): ~mask[:, None, :]. Then softmax.",
    ),
    reasons=(
        "Hiding before the softmax lets the remaining keys share 100 % among them. The library takes the smallest "
        "finite number instead of -inf, so that a query without any key gives zeros and not nan."
    ),
    praise="Padding has exactly 0, and every row still sums to 1.",
)


# 1.6 ----------------------------------------------------------------------------------------------------------------


def hide_future(scores: Tensor) -> Tensor:
    """Weights (B, L, L) from scores (B, L, L): token q shares out among the tokens 0 to q only."""
    length = scores.shape[-1]
    allowed = torch.ones(length, length, dtype=torch.bool).tril()  # (L, L): row q is True up to column q
    return scores.masked_fill(~allowed, -torch.inf).softmax(dim=-1)  # (B, L, L)


def _seen(scores: Tensor, allowed: Tensor, low: float = -torch.inf) -> Tensor:
    return scores.masked_fill(~allowed, low).softmax(dim=-1)


def _ones(scores: Tensor) -> Tensor:
    return torch.ones(scores.shape[-2:], dtype=torch.bool)


FUTURE = Exercise(
    name="hide_future",
    title="No look into the future",
    tier="core",
    difficulty=2,
    minutes=5,
    why="GPT learns to foretell the next word; if it could see that word, it would learn to copy.",
    answer=hide_future,
    cases=((_drawn(2, 5, 5, seed=13),), (_drawn(1, 3, 3, seed=14),)),
    misconceptions=(
        Misconception(
            lambda scores: scores.softmax(dim=-1),
            "Nothing is hidden yet: the first token looks at the last one.",
        ),
        Misconception(
            lambda scores: _seen(scores, _ones(scores).triu()),
            "It is turned round: your tokens see the future and not the past. Row q (who looks) may have weight in "
            "the columns 0 to q: the lower triangle, tril.",
        ),
        Misconception(
            lambda scores: _seen(scores, _ones(scores).tril(-1)),
            "A token does not see itself in yours, and the first one sees nothing at all, so its row is nan. The "
            "diagonal belongs to what is allowed.",
        ),
        Misconception(
            lambda scores: _seen(scores, _ones(scores).tril(-1), low=-1e9),
            "A token does not see itself in yours; the first one, left with nothing, looks everywhere alike, so into "
            "the future too. The diagonal belongs to what is allowed.",
        ),
        Misconception(
            lambda scores: _seen(scores, _ones(scores).tril(1)),
            "Each token sees one token too far: the very next one, which is what it should foretell. The lower "
            "triangle ends at the diagonal: tril().",
        ),
        Misconception(
            lambda scores: scores.softmax(dim=-1).tril(),
            "The future has no weight any more, but the rows no longer sum to 1. Hide the scores before the softmax.",
        ),
        Misconception(
            lambda scores: scores.tril().softmax(dim=-1),
            "tril puts zeros into the scores, but 0 is a score like any other: e^0 = 1. Fill with -inf: "
            "masked_fill(~allowed, -torch.inf).",
        ),
    ),
    hints=(
        "Which cells of the table (who looks, whom it looks at) may keep a score? Draw it for three tokens.",
        "torch.ones(L, L, dtype=torch.bool).tril() is True on and below the diagonal.",
        "scores.masked_fill(~allowed, -torch.inf).softmax(dim=-1).",
    ),
    reasons=(
        "One table serves the whole batch. The first token always sees itself alone, so its weight on itself is 1: a "
        "quick way to see whether a mask is causal."
    ),
    praise="The first token sees itself alone, the last one sees all.",
)


# 1.7 ----------------------------------------------------------------------------------------------------------------


def split_heads(features: Tensor, num_heads: int) -> Tensor:
    """(B, L, D) -> (B, heads, L, D / heads): head 0 gets the first D / heads features of every token, and so on."""
    slices = features.unflatten(-1, (num_heads, -1))  # (B, L, heads, head_dim)
    return slices.transpose(1, 2)  # (B, heads, L, head_dim)


def _counted(*shape: int) -> Tensor:
    return torch.arange(math.prod(shape), dtype=torch.float32).reshape(shape)


HEADS = Exercise(
    name="split_heads",
    title="Split into heads",
    tier="core",
    difficulty=2,
    minutes=5,
    why="A silent bug of attention code hides here: the shape is right and the numbers are not.",
    answer=split_heads,
    cases=((_counted(2, 5, 6), 3), (_counted(1, 3, 8), 2)),
    misconceptions=(
        Misconception(
            lambda features, heads: features.reshape(len(features), heads, features.shape[1], -1),
            "The shape is right, the numbers are not: reshape only cuts the row of numbers anew, so your heads mix "
            "features of different tokens. First split the last axis, (B, L, heads, head_dim), then swap two axes.",
        ),
        Misconception(
            lambda features, heads: features.unflatten(-1, (heads, -1)),
            "Split rightly, but the axes stand as (B, L, heads, head_dim). Attention works on the last two axes, "
            "which must be (L, head_dim): swap axes 1 and 2.",
        ),
        Misconception(
            lambda features, heads: features.unflatten(-1, (-1, heads)).permute(0, 3, 1, 2),
            "Your head 0 takes every so-many-th feature. It should take the first D / heads neighbours: "
            "unflatten(-1, (num_heads, -1)), the number of heads first.",
        ),
        Misconception(
            lambda features, heads: features.unflatten(-1, (heads, -1)).permute(0, 2, 3, 1),
            "The last two axes are swapped: yours is (B, heads, head_dim, L), wanted is (B, heads, L, head_dim).",
        ),
        Misconception(
            lambda features, heads: features.unflatten(-1, (heads, -1)).permute(2, 0, 1, 3),
            "The heads stand before the batch. Wanted is (B, heads, L, head_dim), so that a mask (B, 1, 1, L) fits.",
        ),
    ),
    hints=(
        "Two moves: the last axis becomes two, then axes change places. No number may leave its token.",
        "features.unflatten(-1, (num_heads, -1)) gives (B, L, heads, head_dim).",
        "Then .transpose(1, 2). A reshape straight to (B, heads, L, head_dim) has the right shape and wrong numbers.",
    ),
    reasons=(
        "A tensor is one long row of numbers, and reshape never moves any. Whenever the order of axes changes, "
        "transpose or permute must be there."
    ),
    praise="Every number stayed with its token.",
)


# 1.8 ----------------------------------------------------------------------------------------------------------------


def read_words(places: Tensor, words: Tensor, mask: Tensor, layer: MultiHeadAttention) -> tuple[Tensor, Tensor]:
    """Places (B, P, C) read words (B, L, D) through a layer's four linear maps; mask (B, L), True = real word."""
    query = split_heads(layer.query(places), layer.num_heads)  # (B, heads, P, head_dim)
    key = split_heads(layer.key(words), layer.num_heads)  # (B, heads, L, head_dim)
    value = split_heads(layer.value(words), layer.num_heads)  # (B, heads, L, head_dim)
    mixed, weights = attend(query, key, value, mask[:, None, None, :])  # (B, heads, P, head_dim), (B, heads, P, L)
    joined = mixed.transpose(1, 2).flatten(2)  # (B, P, heads * head_dim): the heads side by side again
    return layer.output(joined), weights  # (B, P, C), (B, heads, P, L)


@torch.no_grad()
def _through_a_layer(attempt, places: Tensor, words: Tensor, mask: Tensor):
    """How an attempt is tried: with a layer of 3 heads, the same one each time."""
    return attempt(places, words, mask, MultiHeadAttention(12, 3))


def _parts(places: Tensor, words: Tensor, layer: MultiHeadAttention) -> tuple[Tensor, Tensor, Tensor]:
    return tuple(
        split_heads(features, layer.num_heads)
        for features in (layer.query(places), layer.key(words), layer.value(words))
    )


def _joined(mixed: Tensor) -> Tensor:
    return mixed.transpose(1, 2).flatten(2)


def _roles_swapped(places, words, mask, layer):
    mixed, weights = attend(*_parts(words, places, layer))
    return layer.output(_joined(mixed)), weights


def _words_ignored(places, words, mask, layer):
    mixed, weights = attend(*_parts(places, places, layer))
    return layer.output(_joined(mixed)), weights


def _mask_ignored(places, words, mask, layer):
    return read_words(places, words, torch.ones_like(mask), layer)


def _heads_shuffled(places, words, mask, layer):
    mixed, weights = attend(*_parts(places, words, layer), mask[:, None, None, :])
    return layer.output(mixed.reshape(places.shape)), weights


def _output_forgotten(places, words, mask, layer):
    mixed, weights = attend(*_parts(places, words, layer), mask[:, None, None, :])
    return _joined(mixed), weights


def _scaled_by_full_width(places, words, mask, layer):
    query, key, value = _parts(places, words, layer)
    mixed, weights = attend(query / math.sqrt(layer.num_heads), key, value, mask[:, None, None, :])
    return layer.output(_joined(mixed)), weights


def _one_head(places, words, mask, layer):
    mixed, weights = attend(layer.query(places), layer.key(words), layer.value(words), mask)
    return layer.output(mixed), weights


def _raw_values(places, words, mask, layer):
    query, key, _ = _parts(places, words, layer)
    mixed, weights = attend(query, key, split_heads(words, layer.num_heads), mask[:, None, None, :])
    return layer.output(_joined(mixed)), weights


READ = Exercise(
    name="read_words",
    title="Places read words",
    tier="project",
    difficulty=3,
    minutes=10,
    why="This is how a prompt reaches a picture: multi-head cross-attention, as the generator computes it.",
    answer=read_words,
    probe=_through_a_layer,
    cases=(
        (_drawn(2, 9, 12, seed=15), _drawn(2, 5, 12, seed=16), _MASK),
        (_drawn(1, 4, 12, seed=17), _drawn(1, 7, 12, seed=18), torch.tensor([[True] * 6 + [False]])),
    ),
    misconceptions=(
        Misconception(
            _roles_swapped,
            "Here the words ask and the places answer: one row a word came out. Places need to know what to draw, so "
            "the queries come from the places, keys and values from the words.",
        ),
        Misconception(
            _words_ignored,
            "Your places look at each other (self-attention), and no word is read. Make keys and values from the "
            "words.",
        ),
        Misconception(
            _mask_ignored,
            "The mask is not used: places read padding. attend takes it as fourth argument; with heads its shape must "
            "be (B, 1, 1, L): mask[:, None, None, :].",
        ),
        Misconception(
            _heads_shuffled,
            "The weights are right, but the heads are glued together wrongly: (B, heads, P, head_dim) was reshaped "
            "straight to (B, P, C), which mixes places. First transpose(1, 2), then flatten(2).",
        ),
        Misconception(
            _output_forgotten,
            "All is right up to the last step: layer.output, which lets the heads' findings act together.",
        ),
        Misconception(
            _scaled_by_full_width,
            "Each head is head_dim wide, and that is the D of its sqrt(D); you divided by the root of the full width. "
            "(attend does the division by itself.)",
        ),
        Misconception(
            _one_head,
            "This is attention with one wide head: the weights are (B, P, L). Split query, key and value with "
            "split_heads before attend.",
        ),
        Misconception(
            _raw_values,
            "The weights are right, but the words' features went in as values unchanged. What is handed over is "
            "layer.value(words).",
        ),
    ),
    hints=(
        "Who asks? That side goes through layer.query. Who answers? That side goes through layer.key and layer.value.",
        "Split all three with split_heads(..., layer.num_heads), then attend(query, key, value, "
        "mask[:, None, None, :]).",
        "Undo the split: mixed.transpose(1, 2).flatten(2), then layer.output(...). Return it with the weights.",
    ),
    reasons=(
        "Self-attention and cross-attention differ in one thing only: where keys and values come from. The mask "
        "(B, 1, 1, L) stretches over all heads and all places."
    ),
    praise="A prompt can steer a picture now.",
)


EXERCISES = [SOFTMAX, LOOKUP, ATTEND, SLOPES, PADDING, FUTURE, HEADS, READ]
