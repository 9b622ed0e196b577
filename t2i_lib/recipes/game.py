"""What the adversarial game consists of: captions as the networks read them, wrong ones, and what is asked of pictures.

In: read prompts, latents, networks. Out: wrong captions, logits. Which of it counts how much is up to `gan_task.py`.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Adam

from t2i_lib.discriminator import Discriminator, stack_pairs
from t2i_lib.recipes.latents import LatentBatch, fits
from t2i_lib.storybook.scene import ATTRIBUTES
from t2i_lib.text_encoder import TextEncoder

WRONG_CAPTIONS = ("mixed", "neighbours", "counterfactual")


class Text(NamedTuple):
    """Prompts as the picture networks read them."""

    text_features: Tensor  # (B, L, D)
    mask: Tensor  # (B, L) bool
    pooled_features: Tensor  # (B, D)

    def twice(self) -> "Text":
        """Every prompt two times in a row: one for each picture of a pair."""
        return Text(*(tensor.repeat_interleave(2, dim=0) for tensor in self))

    def padded(self, length: int) -> "Text":
        """The same prompts with padding up to `length` tokens."""
        missing = length - self.mask.shape[1]
        features = nn.functional.pad(self.text_features, (0, 0, 0, missing))
        return Text(features, nn.functional.pad(self.mask, (0, missing)), self.pooled_features)


def read(text_encoder: TextEncoder, token_ids: Tensor, mask: Tensor) -> Text:
    """What the frozen text encoder makes of tokens (B, L), on their device: of several processes each has its own."""
    with torch.no_grad():
        text_features, pooled_features = text_encoder.to(token_ids.device)(token_ids, mask)
    return Text(text_features, mask, pooled_features)


def mix_wrong(right: Text, counterfactual: Text, batch: LatentBatch, kind: str = "mixed") -> Text:
    """Wrong captions: every other one a neighbour's (where that is really wrong), the rest counterfactual.

    Args:
        kind: "mixed" as said; "neighbours": a neighbour's wherever that is wrong; "counterfactual": no neighbour's.

    Raises:
        ValueError: if the kind is unknown.
    """
    if kind not in WRONG_CAPTIONS:
        raise ValueError(f"wrong_captions is one of {', '.join(WRONG_CAPTIONS)}; received {kind!r}")
    length = max(right.mask.shape[1], counterfactual.mask.shape[1])
    neighbour = Text(*(tensor.roll(1, 0) for tensor in right.padded(length)))
    happens_to_fit = fits(batch.stated.roll(1, 0), batch.attributes[:, 0]).diagonal()
    order = torch.arange(len(batch.stated), device=batch.stated.device)
    turn = {"mixed": order % 2 == 0, "neighbours": order >= 0, "counterfactual": order < 0}[kind]
    take = turn & ~happens_to_fit
    return Text(
        *(
            torch.where(take.view(-1, *[1] * (ours.ndim - 1)), ours, theirs)
            for ours, theirs in zip(neighbour, counterfactual.padded(length), strict=True)
        )
    )


def asked_of(batch: LatentBatch) -> Tensor:
    """What pictures of the batch's captions have to show: (2B, 9) int64, -1 = free.

    That is what a caption states, and the subject: a caption names it wherever there is one, so silence means nobody.
    """
    subject = list(ATTRIBUTES).index("subject")
    asked = batch.stated.clone()
    asked[:, subject] = batch.attributes[:, 0, subject]
    return asked.repeat_interleave(2, dim=0)


def stack_views(views: Sequence[Tensor]) -> list[Tensor]:
    """Every view of pictures 2i and 2i + 1 on top of each other, as the discriminator looks at them."""
    return [stack_pairs(view).contiguous(memory_format=torch.channels_last) for view in views]


def score_pairs(
    discriminator: Discriminator, real: Sequence[Tensor], drawn: Sequence[Tensor], right: Text, wrong: Text
) -> tuple[Tensor, Tensor, Tensor]:
    """Logits (B, views) of real pairs, drawn pairs, and real pairs with the wrong caption.

    Args:
        real, drawn: views of pairs, (B, 2Ci, hi, wi) each.
    """
    seen = discriminator.look(real)
    real_logits = discriminator.match(real, seen, *right)
    wrong_logits = discriminator.match(real, seen, *wrong)
    fake_logits = discriminator(drawn, *right)
    return real_logits.float(), fake_logits.float(), wrong_logits.float()


def adam(module: nn.Module, rate: float) -> Adam:
    """A player's optimizer, for those of its weights that learn; without momentum, for the opponent moves too."""
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    return Adam(trained, rate, betas=(0.0, 0.99), fused=True)
