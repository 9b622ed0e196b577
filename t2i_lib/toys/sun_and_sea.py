"""A world of two things and four colours: a sun over a sea, said in English and in Chinese, 8 pixels wide.

The smallest world in which a sentence has to be read as a sentence: "a red sun over a blue sea" and "a blue sun over a
red sea" are the same words. What a sentence leaves open is drawn by lot: where the sun stands, how large it is, how
high the sea reaches, how bright the day is.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

COLORS = ("red", "yellow", "green", "blue")
CHINESE_COLORS = ("红色", "黄色", "绿色", "蓝色")
PAINT = torch.tensor([[0.85, 0.15, 0.15], [0.98, 0.82, 0.15], [0.15, 0.6, 0.25], [0.15, 0.35, 0.85]])  # (4, 3), RGB
PAIRS = tuple((sun, sea) for sun in range(4) for sea in range(4) if sun != sea)  # colours of sun and sea, all twelve
PATTERNS = {
    "en": ("a {sun} sun over a {sea} sea", "a {sea} sea under a {sun} sun", "a {sun} sun, a {sea} sea"),
    "zh": ("{sun}的太阳，{sea}的大海", "{sea}的大海上有{sun}的太阳", "{sun}的太阳下是{sea}的大海"),
}
NOBODY = -1  # where no colour can be made out
EDGE = 8  # pixels
_SKY = 0.88  # grey level of a middling day


def say(pair: Sequence[int], language: str, pattern: int = 0) -> str:
    """A sentence that states both colours.

    >>> say((0, 3), "en"), say((0, 3), "zh", 1)
    ('a red sun over a blue sea', '蓝色的大海上有红色的太阳')
    """
    names = COLORS if language == "en" else CHINESE_COLORS
    sun, sea = (names[int(color)] for color in pair)
    return PATTERNS[language][pattern].format(sun=sun, sea=sea)


def draw_pairs(pairs: Tensor, rng: torch.Generator) -> Tensor:
    """Pictures of suns over seas.

    Args:
        pairs: (B, 2) int64, colours of sun and sea.
        rng: draws everything else.

    Returns:
        images: (B, 3, 8, 8) in [-1, 1].
    """
    lots = torch.rand(6, len(pairs), 1, 1, generator=rng)
    across, up = torch.meshgrid(torch.arange(EDGE) + 0.5, torch.arange(EDGE) + 0.5, indexing="xy")  # (8, 8) each
    distance = ((across - (2 + 4 * lots[0])) ** 2 + (up - (2 + 0.7 * lots[1])) ** 2).sqrt()
    in_sun = (1.6 + 0.5 * lots[2] - distance + 0.5).clamp(0, 1)[:, None]  # (B, 1, 8, 8), soft at the rim
    in_sea = (up - (5 + lots[3]) + 0.5).clamp(0, 1)[:, None]
    paint = PAINT[pairs] + 0.08 * (lots[4] - 0.5)  # (B, 2, 3): this day's hues
    sky = (_SKY + 0.08 * lots[5] + 0.008 * up)[:, None].expand(-1, 3, -1, -1)
    picture = sky + in_sun * (paint[:, 0, :, None, None] - sky)
    picture = picture + in_sea * (paint[:, 1, :, None, None] - picture)
    return 2 * picture.clamp(0, 1) - 1


def colors_found(images: Tensor) -> Tensor:
    """What colour sun and sea have in pictures: (B, 3, 8, 8) -> (B, 2) int64, -1 where none can be made out.

    A judge that needs no training: every pixel is called by the nearest paint, the sky's grey included; the sun's
    colour is the commonest of the upper half, the sea's that of the two lowest rows.
    """
    levels = torch.cat([PAINT, torch.full((1, 3), _SKY + 0.05)])  # (5, 3)
    pixels = ((images + 1) / 2).movedim(1, -1)  # (B, 8, 8, 3)
    names = (pixels[..., None, :] - levels).square().sum(-1).argmin(-1)  # (B, 8, 8), 4 = sky
    return torch.stack([_commonest(names[:, :4], least=3), _commonest(names[:, -2:], least=9)], dim=1)


def _commonest(names: Tensor, least: int) -> Tensor:
    counts = torch.stack([(names == color).flatten(1).sum(1) for color in range(len(COLORS))], dim=1)  # (B, 4)
    most, color = counts.max(dim=1)
    return torch.where(most >= least, color, NOBODY)
