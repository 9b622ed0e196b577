"""Draw with a prompt and without one, and go further in the direction in which the two differ: guidance.

In: what the text encoder read, or a network's two answers. Out: the same prompts with some silenced, or one answer. A
network can be asked both ways if it heard no prompt now and then while it was trained.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

Read = tuple[Tensor, Tensor, Tensor]  # text_features (B, L, D), mask (B, L) bool, pooled_features (B, D)


def guide(with_prompt: Tensor, without: Tensor, guidance: float) -> Tensor:
    """without + guidance * (with_prompt - without): 0 ignores the prompt, 1 is the plain answer, more exaggerates it.

    Source: Ho & Salimans 2022, eq. 6 (their w is our guidance - 1), https://arxiv.org/abs/2207.12598

    >>> guide(torch.tensor(3.0), torch.tensor(1.0), 2.0).item()
    5.0
    """
    return torch.lerp(without, with_prompt, guidance)


def silence(text: Read, nothing: Tensor, silenced: Tensor) -> Read:
    """Put the empty prompt in place of some.

    Args:
        text: prompts as they were read.
        nothing: (D,), the pooled features of the empty prompt. They stand for its only token too.
        silenced: (B,) bool, which prompts go unheard.
    """
    text_features, mask, pooled_features = text
    only_token = F.pad(nothing[None], (0, 0, 0, mask.shape[1] - 1))  # (L, D)
    first = torch.arange(mask.shape[1], device=mask.device) == 0  # (L,)
    return (
        torch.where(silenced[:, None, None], only_token, text_features),
        torch.where(silenced[:, None], first, mask),
        torch.where(silenced[:, None], nothing, pooled_features),
    )


def both_ways(text: Read, nothing: Tensor) -> Read:
    """All prompts, and behind them as many empty ones: two answers from one pass. (B, ...) -> (2B, ...)."""
    silenced = torch.ones(len(text[1]), dtype=torch.bool, device=text[1].device)
    unheard = silence(text, nothing, silenced)
    return tuple(torch.cat(parts) for parts in zip(text, unheard, strict=True))
