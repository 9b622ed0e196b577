"""The judge: a classifier that reads the nine attributes off a picture, and so tells whether a prompt was obeyed.

It is trained on rendered pictures only, never on generated ones, and no generator is ever trained against it: an
examiner who does not teach. Its inner features also measure how far drawn pictures are from real ones.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2i_lib.blocks import DownBlock, Fold, ResidualBlock, activate, convolution
from t2i_lib.checkpoints import load_into, load_json, load_weights, save_json, save_weights
from t2i_lib.storybook.scene import ATTRIBUTES

REMEDY = "`t2i train judge` makes one"


@dataclass(frozen=True)
class JudgeConfig:
    """Sizes of the judge. Pictures of any other size are averaged to `image_size` first."""

    image_size: int = 64  # pixels
    widths: tuple[int, int, int] = (64, 96, 192)  # channels at 1/2, 1/4 and 1/8 of the picture's width
    feature_dim: int = 256
    peaks: bool = True  # also hand on each channel's strongest response, wherever it is

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", tuple(self.widths))  # JSON gives a list
        if self.image_size % 32:
            raise ValueError(
                f"image_size must be a multiple of 32 (three halvings and a 4x4 grid), not {self.image_size}"
            )


class Judge(nn.Module):
    """(B, 3, H, W) in [-1, 1] -> logits for every attribute.

    The last grid is averaged to 4x4 places, not to one: left and right are attributes too. Beside them stand the peaks:
    a smile is three pixels wide, and need not be learnt anew for every place where a face may be.

    >>> judge = Judge(JudgeConfig(image_size=32, widths=(2, 3, 5), feature_dim=7))
    >>> judge(torch.zeros(1, 3, 32, 32))["position"].shape
    torch.Size([1, 3])
    """

    def __init__(self, config: JudgeConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or JudgeConfig()
        fine, middle, coarse = config.widths
        self.trunk = nn.Sequential(
            Fold(3, fine, patch=2),
            DownBlock(fine, middle),
            ResidualBlock(middle),
            DownBlock(middle, coarse),
            ResidualBlock(coarse),
        )
        self.squeeze = convolution(coarse, coarse // 2, kernel=1)
        inputs = 16 * (coarse // 2) + (coarse if config.peaks else 0)
        self.to_features = nn.Linear(inputs, config.feature_dim)
        self.heads = nn.ModuleDict(
            {name: nn.Linear(config.feature_dim, len(values)) for name, values in ATTRIBUTES.items()}
        )

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """(B, 3, H, W) -> attribute -> logits (B, number of values)."""
        return self.read(self.features(images))

    def features(self, images: Tensor) -> Tensor:
        """What the judge sees in the pictures before it decides: (B, 3, H, W) -> (B, feature_dim)."""
        if images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(f"images must be (B, 3, H, W) in [-1, 1], but have shape {tuple(images.shape)}")
        # fmt: off
        images = resize(images, self.config.image_size)                  # (B, 3, 64, 64)
        grid = activate(self.trunk(images))                              # (B, C, 8, 8)
        places = F.adaptive_avg_pool2d(activate(self.squeeze(grid)), 4)  # (B, C/2, 4, 4)
        seen = places.flatten(1)                                         # (B, 8 C)
        if self.config.peaks:
            seen = torch.cat([seen, grid.amax((2, 3))], dim=1)           # (B, 9 C)
        return activate(self.to_features(seen))                          # (B, feature_dim)
        # fmt: on

    def read(self, features: Tensor) -> dict[str, Tensor]:
        """The decisions from the features: (B, feature_dim) -> attribute -> logits."""
        return {name: head(features) for name, head in self.heads.items()}

    @torch.no_grad()
    def attributes(self, images: Tensor) -> Tensor:
        """The likeliest value of each attribute, (B, 3, H, W) -> (B, 9) int64.

        Colour, expression, holding and position get an answer even where the judge sees no subject; a metric asks
        only for what the prompt states.
        """
        return self.decide(self.features(images))

    def decide(self, features: Tensor) -> Tensor:
        """The likeliest values, read off the features: (B, feature_dim) -> (B, 9) int64."""
        return torch.stack([logits.float().argmax(1) for logits in self.read(features).values()], dim=1)

    def save(self, folder: str | Path) -> None:
        """Write judge.safetensors and config.json."""
        save_weights(Path(folder) / "judge.safetensors", self.state_dict())
        save_json(Path(folder) / "config.json", asdict(self.config))

    @classmethod
    def load(cls, folder: str | Path) -> "Judge":
        """Read what `save` wrote; the judge comes back ready to use, without gradients.

        Raises:
            ValueError: if a file is missing, broken or does not fit.
        """
        folder = Path(folder)
        try:
            config = JudgeConfig(**load_json(folder / "config.json", REMEDY))
        except TypeError as error:
            raise ValueError(f"{folder / 'config.json'} does not describe a judge ({error}); {REMEDY}") from error
        judge = cls(config)
        path = folder / "judge.safetensors"
        load_into(judge, load_weights(path, REMEDY), path)
        return judge.eval().requires_grad_(False)


def resize(images: Tensor, size: int) -> Tensor:
    """Average (or, from below, repeat) pixels to `size`: (B, 3, H, W) -> (B, 3, size, size)."""
    return images if images.shape[-2:] == (size, size) else F.interpolate(images, (size, size), mode="area")


def attribute_loss(logits: dict[str, Tensor], attributes: Tensor) -> Tensor:
    """Mean over the attributes of the cross-entropy, each over the pictures where the attribute applies.

    Args:
        logits: attribute -> (B, number of values).
        attributes: (B, 9) int64, -1 = does not apply.

    Returns:
        loss: float >= 0; ln(number of values), averaged over the attributes, for a judge that guesses.
    """
    losses = []
    for column, name in enumerate(ATTRIBUTES):
        truth = attributes[:, column]
        total = F.cross_entropy(logits[name].float(), truth, ignore_index=-1, reduction="sum")
        losses.append(total / (truth >= 0).sum().clamp(min=1))
    return torch.stack(losses).mean()


def shift(images: Tensor, rng: torch.Generator, most: int = 2) -> Tensor:
    """Move the whole batch by up to `most` pixels in both directions, repeating the edge.

    The one augmentation that changes no attribute: flips would exchange left and right, tints would change colours.
    """
    height, width = images.shape[-2:]
    down, right = torch.randint(0, 2 * most + 1, (2,), generator=rng).tolist()
    padded = F.pad(images, (most,) * 4, mode="replicate")
    return padded[..., down : down + height, right : right + width]
