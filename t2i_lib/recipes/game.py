"""What the adversarial game consists of: captions as the networks read them, wrong ones, and how blame is passed on.

In: read prompts, latents, networks. Out: wrong captions, logits, gradients turned around. Which of it counts when, and
how much, is up to `gan_task.py`.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from t2i_lib.discriminator import Discriminator, stack_pairs
from t2i_lib.recipes.latents import LatentBatch, fits
from t2i_lib.text_encoder import TextEncoder


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


def mix_wrong(right: Text, counterfactual: Text, batch: LatentBatch) -> Text:
    """Wrong captions: every other one a neighbour's (where that is really wrong), the rest counterfactual."""
    length = max(right.mask.shape[1], counterfactual.mask.shape[1])
    neighbour = Text(*(tensor.roll(1, 0) for tensor in right.padded(length)))
    happens_to_fit = fits(batch.stated.roll(1, 0), batch.attributes[:, 0]).diagonal()
    even = torch.arange(len(batch.stated), device=batch.stated.device) % 2 == 0
    take = even & ~happens_to_fit
    return Text(
        *(
            torch.where(take.view(-1, *[1] * (ours.ndim - 1)), ours, theirs)
            for ours, theirs in zip(neighbour, counterfactual.padded(length), strict=True)
        )
    )


def previous_captions(batch: LatentBatch, count: int = 3) -> tuple[Tensor, Tensor]:
    """For each of the 2B pictures, the `count` captions before its own (fewer in a small batch), going round.

    Returns:
        places: (2B, K) int64, where in the batch those captions stand.
        fitting: (2B, K) bool, True where one happens to be true of the picture as well.
    """
    captions, device = len(batch.stated), batch.stated.device
    back = torch.arange(1, min(count + 1, captions), device=device)
    own = torch.arange(captions, device=device).repeat_interleave(2)
    places = (own[:, None] - back) % captions
    return places, fits(batch.stated, batch.attributes.flatten(0, 1)).gather(1, places)


def score_pairs(
    discriminator: Discriminator, real: Tensor, drawn: Tensor, right: Text, wrong: Text
) -> tuple[Tensor, Tensor, Tensor]:
    """Logits (B,) of real pairs, drawn pairs, and real pairs with the wrong caption, from a single look.

    Args:
        real: (B, 2C, h, w), both pictures of a caption stacked.
        drawn: (2B, C, h, w), pictures 2i and 2i + 1 of caption i.
    """
    count = len(real)
    regions, vectors = discriminator.look(torch.cat([real, stack_pairs(drawn)]))
    real_logits = discriminator.match(regions[:count], vectors[:count], *right)
    fake_logits = discriminator.match(regions[count:], vectors[count:], *right)
    wrong_logits = discriminator.match(regions[:count], vectors[:count], *wrong)
    return real_logits.float(), fake_logits.float(), wrong_logits.float()


def turn_around(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """What turns the discriminator's gradient with respect to drawn pictures into the generator's, (B,).

    The discriminator minimises softplus(fake - real), the generator softplus(real - fake). By the chain rule both
    gradients run through the same derivative of `fake` and differ by one factor a pair, -sigmoid(d) / sigmoid(-d)
    with d = real - fake, which is -exp(d). So one backward pass does for both.

    >>> turn_around(torch.tensor([1.0]), torch.tensor([1.0])).tolist()  # undecided: equal and opposite
    [-1.0]
    """
    return -(real_logits - fake_logits).detach().clamp(max=20).exp()


def picture_norm(slope: Tensor) -> Tensor:
    """Mean length of the gradient that a picture receives, times their number: so it does not depend on the batch.

    >>> picture_norm(torch.tensor([[3.0, 4.0], [0.0, 1.0]])).item()  # lengths 5 and 1
    6.0
    """
    return slope.flatten(1).norm(dim=1).mean() * len(slope)
