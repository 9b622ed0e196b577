"""What a text encoder understood: small probes read each attribute's value, or "not stated", off the pooled feature.

A probe is one linear map a attribute, trained on captions whose truth is known while the encoder stays as it is. If so
simple a reader finds an attribute, the feature holds it. `parse` shows users what the pictures will be steered by.
"""

from collections.abc import Iterable, Mapping, Sequence
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2i_lib.storybook.captions import Caption, choose_stated, describe
from t2i_lib.storybook.scene import ATTRIBUTES, sample_scene
from t2i_lib.text_encoder import TextEncoder

NOT_STATED = -1


class ConceptProbes(nn.Module):
    """One linear probe an attribute: pooled feature -> a logit for "not stated" and one for each value.

    Args:
        embed_dim: width D of the pooled features.
    """

    def __init__(self, embed_dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(embed_dim))
        self.register_buffer("scale", torch.ones(embed_dim))
        self.heads = nn.Linear(embed_dim, sum(_widths()))

    def forward(self, pooled_features: Tensor) -> dict[str, Tensor]:
        """(B, D) -> attribute -> (B, 1 + number of values) logits; column 0 means "not stated"."""
        logits = self.heads((pooled_features - self.mean) / self.scale)  # (B, sum of widths)
        return dict(zip(ATTRIBUTES, logits.split(_widths(), dim=-1), strict=True))

    def read(self, pooled_features: Tensor) -> tuple[Tensor, Tensor]:
        """The likeliest reading: (B, D) -> ids (B, 9) int64, `NOT_STATED` = -1; confidences (B, 9) in [0, 1]."""
        best = [logits.softmax(dim=-1).max(dim=-1) for logits in self(pooled_features).values()]
        return torch.stack([b.indices for b in best], 1) - 1, torch.stack([b.values for b in best], 1)

    @classmethod
    def of(cls, text_encoder: TextEncoder) -> "ConceptProbes":
        """The probes that were stored beside the encoder's weights.

        Raises:
            ValueError: if the encoder came without probes, or with probes of another world.
        """
        if text_encoder.probe_weights is None:
            raise ValueError("this text encoder came without probes.safetensors; make them with concepts.fit_probes")
        probes = cls(text_encoder.embed_dim)
        shapes = {name: tuple(tensor.shape) for name, tensor in text_encoder.probe_weights.items()}
        expected = {name: tuple(tensor.shape) for name, tensor in probes.state_dict().items()}
        if shapes != expected:
            raise ValueError(f"the probes should have tensors {expected}, but hold {shapes}; fit them anew")
        probes.load_state_dict(text_encoder.probe_weights)
        return probes.eval()


def parse(text_encoder: TextEncoder, prompt: str) -> dict[str, tuple[str, float]]:
    """What the encoder read in the prompt: attribute -> (value, confidence in [0, 1]), stated attributes only.

    Raises:
        ValueError: if the encoder came without probes.
    """
    device = next(text_encoder.parameters()).device
    with torch.no_grad():
        _, pooled_features, _ = text_encoder.encode([prompt])  # (1, D)
        ids, confidences = ConceptProbes.of(text_encoder).to(device).read(pooled_features)  # (1, 9), (1, 9)
    readings = zip(ATTRIBUTES.items(), ids[0].tolist(), confidences[0].tolist(), strict=True)
    return {name: (values[index], sure) for (name, values), index, sure in readings if index != NOT_STATED}


def stated_ids(statements: Iterable[Mapping[str, str]]) -> Tensor:
    """(N, 9) int64: each attribute's value by its index in `ATTRIBUTES`, `NOT_STATED` where nothing is said.

    >>> stated_ids([{"place": "seaside", "birds": "none"}]).tolist()
    [[1, -1, -1, -1, -1, -1, -1, -1, 0]]
    """
    return torch.tensor([[_index(stated, name) for name in ATTRIBUTES] for stated in statements])


def sample_captions(rng: Random, count: int, language: str | None = None, split: str = "train") -> list[Caption]:
    """Captions of scenes drawn by lot; language None means either."""
    captions = []
    for _ in range(count):
        scene = sample_scene(rng, split)
        captions.append(describe(choose_stated(scene, rng), rng, language))
    return captions


@torch.no_grad()
def pooled_features_of(text_encoder: TextEncoder, prompts: Sequence[str], batch_size: int = 256) -> Tensor:
    """(N, D) float on the CPU; prompts of similar length share a batch, which saves reading padding."""
    order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
    pooled = torch.empty(len(prompts), text_encoder.embed_dim)
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        pooled[chosen] = text_encoder.encode([prompts[index] for index in chosen])[1].float().cpu()
    return pooled


def fit_probes(
    text_encoder: TextEncoder, captions: Sequence[Caption], num_steps: int = 1500, seed: int = 0
) -> ConceptProbes:
    """Train probes on captions; the encoder is not changed, and carries the probes afterwards.

    Args:
        text_encoder: any text encoder.
        captions: some thousands, in both languages.
        num_steps: updates on batches of 512 captions.
        seed: decides the order of the captions.
    """
    features = pooled_features_of(text_encoder, [caption.prompt for caption in captions])  # (N, D)
    targets = stated_ids(caption.stated for caption in captions) + 1  # (N, 9), 0 = not stated
    rng = torch.Generator().manual_seed(seed)
    probes = ConceptProbes(text_encoder.embed_dim)
    probes.mean, probes.scale = features.mean(0), features.std(0).clamp(min=1e-6)
    nn.init.zeros_(probes.heads.weight)
    nn.init.zeros_(probes.heads.bias)
    optimizer = torch.optim.AdamW(probes.parameters(), lr=0.02, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, num_steps)
    for _ in range(num_steps):
        chosen = torch.randint(len(features), (min(512, len(features)),), generator=rng)
        loss = probe_loss(probes(features[chosen]), targets[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    text_encoder.probe_weights = {name: tensor.detach().clone() for name, tensor in probes.state_dict().items()}
    return probes.eval()


def probe_loss(logits: Mapping[str, Tensor], targets: Tensor) -> Tensor:
    """Sum over the attributes of the mean cross-entropy, in nats; targets (B, 9) with 0 = not stated."""
    losses = [F.cross_entropy(logits[name], target) for name, target in zip(ATTRIBUTES, targets.unbind(1), strict=True)]
    return torch.stack(losses).sum()


def probe_counts(
    text_encoder: TextEncoder, probes: ConceptProbes, captions: Sequence[Caption]
) -> dict[str, dict[str, tuple[int, int]]]:
    """How often the probes are right: attribute -> "stated" and "not stated" -> (right, all).

    "stated" counts captions that name the attribute, right if its value is found; "not stated" the others, right if
    nothing is read into them.
    """
    truth = stated_ids(caption.stated for caption in captions)  # (N, 9)
    with torch.no_grad():
        found, _ = probes.read(pooled_features_of(text_encoder, [caption.prompt for caption in captions]))  # (N, 9)
    right, stated = found == truth, truth != NOT_STATED
    return {
        name: {
            "stated": (int((right & stated)[:, i].sum()), int(stated[:, i].sum())),
            "not stated": (int((right & ~stated)[:, i].sum()), int((~stated)[:, i].sum())),
        }
        for i, name in enumerate(ATTRIBUTES)
    }


def retrieval_counts(first: Tensor, second: Tensor) -> tuple[int, int]:
    """How many rows of `first` (N, D) find their own partner as the nearest of `second` (N, D), by cosine; and N.

    >>> retrieval_counts(torch.eye(3), torch.eye(3)[[0, 2, 1]])
    (1, 3)
    """
    similarity = F.normalize(first, dim=-1) @ F.normalize(second, dim=-1).T  # (N, N)
    return int((similarity.argmax(dim=1) == torch.arange(len(first))).sum()), len(first)


def _widths() -> list[int]:
    return [1 + len(values) for values in ATTRIBUTES.values()]


def _index(stated: Mapping[str, str], name: str) -> int:
    return ATTRIBUTES[name].index(stated[name]) if name in stated else NOT_STATED
