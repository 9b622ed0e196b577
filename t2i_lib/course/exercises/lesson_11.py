"""Exercises of lesson 11: arcs through noise, seams, rings, transparency, shelves, contrast, laps."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from t2i_lib.course.checks import Exercise, Misconception


def _drawn(*shape: int, seed: int = 0) -> Tensor:
    """Numbers between -2 and 2 in steps of a tenth, always the same ones."""
    return torch.randint(-20, 21, shape, generator=torch.Generator().manual_seed(seed)) / 10


# 11.1 ---------------------------------------------------------------------------------------------------------------


def slerp(start: Tensor, end: Tensor, share: float) -> Tensor:
    """The point that lies `share` of the way along the arc from start (N,) to end (N,)."""
    first, last = start / start.norm(), end / end.norm()
    angle = torch.acos((first * last).sum())
    direction = (torch.sin((1 - share) * angle) * first + torch.sin(share * angle) * last) / torch.sin(angle)
    return direction * ((1 - share) * start.norm() + share * end.norm())


def _line(start: Tensor, end: Tensor, share: float) -> Tensor:
    return (1 - share) * start + share * end


def _length(start: Tensor, end: Tensor, share: float) -> Tensor:
    return (1 - share) * start.norm() + share * end.norm()


def _stretched_line(start: Tensor, end: Tensor, share: float) -> Tensor:
    mix = _line(start / start.norm(), end / end.norm(), share)
    return mix / mix.norm() * _length(start, end, share)


def _lengths_left_in(start: Tensor, end: Tensor, share: float) -> Tensor:
    angle = torch.acos((start * end).sum() / start.norm() / end.norm())
    return (torch.sin((1 - share) * angle) * start + torch.sin(share * angle) * end) / torch.sin(angle)


def _not_divided(start: Tensor, end: Tensor, share: float) -> Tensor:
    first, last = start / start.norm(), end / end.norm()
    angle = torch.acos((first * last).sum())
    direction = torch.sin((1 - share) * angle) * first + torch.sin(share * angle) * last
    return direction * _length(start, end, share)


SLERP = Exercise(
    name="slerp",
    title="Along the arc",
    tier="core",
    difficulty=2,
    minutes=8,
    why="The variation slider, the film and the panorama all walk through noise; this is the step they take.",
    answer=slerp,
    cases=(
        (torch.tensor([2.0, 0.0]), torch.tensor([0.0, 4.0]), 0.5),
        (torch.tensor([3.0, 0.0, 0.0]), torch.tensor([0.0, 0.0, 3.0]), 0.25),
        (_drawn(7, seed=1), 2 * _drawn(7, seed=2), 0.3),
        (_drawn(7, seed=1), _drawn(7, seed=2), 0.0),
    ),
    misconceptions=(
        Misconception(
            _line,
            "This is the straight line. It runs through the inside of the sphere, where vectors are too short. Take "
            "the weights sin((1 - share) angle) / sin(angle) and sin(share angle) / sin(angle) instead.",
        ),
        Misconception(
            _stretched_line,
            "The straight line, stretched back to the right length. It lies on the arc, but its steps are unequal: "
            "quick in the middle, slow at the ends. The sines make them equal.",
        ),
        Misconception(
            lambda start, end, share: slerp(start / start.norm(), end / end.norm(), share),
            "The direction is right, and its length is 1. Noise of 64 numbers has a length of about 8: multiply by the "
            "length, which goes evenly from that of `start` to that of `end`.",
        ),
        Misconception(
            _lengths_left_in,
            "The weights are right, but you mix the vectors with their own lengths. That is the arc only if both are "
            "equally long. Mix the directions (each divided by its length), then multiply by the length.",
        ),
        Misconception(
            lambda start, end, share: slerp(end, start, share),
            "You walk backwards: share 0 shall give `start`, share 1 `end`.",
        ),
        Misconception(
            _not_divided,
            "The division by sin(angle) is missing. Try share 0: you weigh `start` with sin(angle), not with 1.",
        ),
    ),
    hints=(
        "Three things: the two directions (of length 1), the angle between them, and the length at this share.",
        "angle = torch.acos((first * last).sum()), where first = start / start.norm() and last = end / end.norm().",
        "(sin((1 - share) * angle) * first + sin(share * angle) * last) / sin(angle), all with torch.sin, times "
        "(1 - share) * start.norm() + share * end.norm().",
    ),
    reasons=(
        "On a circle, a point at the angle a from `first` towards `last` is a mixture whose weights are sines; with "
        "them equal shares are equal angles. The length is walked separately, because noise differs in it, too."
    ),
    praise="Equal steps, and never shorter than noise should be.",
)


# 11.2 ---------------------------------------------------------------------------------------------------------------


def seam(strip: Tensor) -> float:
    """The mean step from the last column of a strip (H, W) to its first, divided by the mean step inside."""
    inside = (strip[:, 1:] - strip[:, :-1]).abs().mean()
    return ((strip[:, 0] - strip[:, -1]).abs().mean() / inside).item()


def _all_steps(strip: Tensor) -> Tensor:
    return (strip - strip.roll(1, dims=1)).abs()  # the first column of steps leads over the seam


SEAM = Exercise(
    name="seam",
    title="Can anybody find the seam?",
    tier="core",
    difficulty=1,
    minutes=5,
    why="A panorama is good if nobody can tell where it was cut; this number tells.",
    answer=seam,
    cases=(
        (torch.tensor([[0.0, 1.0, 2.0, 3.0], [5.0, 4.0, 2.0, 1.0]]),),
        (_drawn(3, 7, seed=3),),
        (_drawn(5, 4, seed=4).cumsum(1),),
    ),
    misconceptions=(
        Misconception(
            lambda strip: (_all_steps(strip)[:, 0].mean() / _all_steps(strip).mean()).item(),
            "You compare with all steps, the one over the seam among them. A bad seam then makes its own measure "
            "look better. Compare with the steps *inside*.",
        ),
        Misconception(
            lambda strip: ((strip[0] - strip[-1]).abs().mean() / (strip[1:] - strip[:-1]).abs().mean()).item(),
            "You compare the last *row* with the first. The strip closes sideways: columns are the second axis.",
        ),
        Misconception(
            lambda strip: (
                (strip[:, 0] - strip[:, -1]).mean().abs() / (strip[:, 1:] - strip[:, :-1]).mean().abs()
            ).item(),
            "You average first and take the absolute value afterwards, so steps up and steps down cancel. First "
            ".abs(), then .mean().",
        ),
        Misconception(
            lambda strip: (1 / torch.tensor(seam(strip))).item(),
            "Upside down: divide the step over the seam by the steps inside, so that a bad seam gives a large number.",
        ),
        Misconception(
            lambda strip: (_all_steps(strip)[:, 0].sum() / _all_steps(strip)[:, 1:].sum()).item(),
            "You compare sums. There is one step over the seam and there are W - 1 inside; compare means.",
        ),
        Misconception(
            lambda strip: (_all_steps(strip)[:, 0].mean() / _all_steps(strip)[:, 1:].max()).item(),
            "You compare with the largest step inside. One sharp edge anywhere would excuse every seam.",
        ),
    ),
    hints=(
        "Steps inside: each column minus the one before it. `strip[:, 1:]` and `strip[:, :-1]` lie so.",
        "Mean absolute differences, (a - b).abs().mean(): once inside, once between column 0 and column -1.",
        "((strip[:, 0] - strip[:, -1]).abs().mean() / (strip[:, 1:] - strip[:, :-1]).abs().mean()).item()",
    ),
    reasons=(
        "Neighbouring columns differ, so the step over the seam cannot be 0; it should be like the others. "
        "1 means that the seam is one step among many."
    ),
    praise="1 is a strip that does not know where it was cut.",
)


# 11.3 ---------------------------------------------------------------------------------------------------------------


def join_ring(views: Tensor, stride: int) -> Tensor:
    """Views (V, width), each `stride` columns further, faded into one ring of V x stride columns."""
    count, width = views.shape
    weights = torch.sin(math.pi * (torch.arange(width) + 0.5) / width) ** 2  # (width,)
    ring, total = torch.zeros(count * stride), torch.zeros(count * stride)
    for place, view in enumerate(views):
        columns = (place * stride + torch.arange(width)) % (count * stride)
        ring[columns] += weights * view
        total[columns] += weights
    return ring / total


def _join(views: Tensor, stride: int, flat: bool = False, divide: bool = True, back: bool = False) -> Tensor:
    count, width = views.shape
    weights = torch.sin(math.pi * (torch.arange(width) + 0.5) / width) ** 2
    weights = torch.ones(width) if flat else weights
    ring, total = torch.zeros(count * stride), torch.zeros(count * stride)
    for place, view in enumerate(views):
        columns = ((-place if back else place) * stride + torch.arange(width)) % (count * stride)
        ring[columns] += weights * view
        total[columns] += weights
    return ring / total if divide else ring


def _not_around(views: Tensor, stride: int) -> Tensor:
    count, width = views.shape
    weights = torch.sin(math.pi * (torch.arange(width) + 0.5) / width) ** 2
    ring, total = torch.zeros(count * stride), torch.zeros(count * stride)
    for place, view in enumerate(views):
        end = min(place * stride + width, count * stride)
        ring[place * stride : end] += (weights * view)[: end - place * stride]
        total[place * stride : end] += weights[: end - place * stride]
    return ring / total


def _last_wins(views: Tensor, stride: int) -> Tensor:
    count, width = views.shape
    ring = torch.zeros(count * stride)
    for place, view in enumerate(views):
        ring[(place * stride + torch.arange(width)) % (count * stride)] = view
    return ring


RING = Exercise(
    name="join_ring",
    title="Views become a ring",
    tier="project",
    difficulty=3,
    minutes=12,
    why="Between all layers of the generator, this is what turns eight pictures into one landscape.",
    answer=join_ring,
    cases=((_drawn(4, 6, seed=7), 3), (_drawn(3, 4, seed=8), 2), (_drawn(5, 6, seed=9), 2)),
    misconceptions=(
        Misconception(
            _not_around,
            "The last views are cut off at the end of the ring instead of reaching over it into the first columns. "
            "Take the column numbers `% (V * stride)`.",
        ),
        Misconception(
            lambda views, stride: _join(views, stride, flat=True),
            "All columns of a view count alike. Then each view begins and ends with a step, and the ring shows where. "
            "Weigh with sin^2: 1 in the middle, next to nothing at the edges.",
        ),
        Misconception(
            lambda views, stride: _join(views, stride, divide=False),
            "The weights of the views that meet in a column need not have the sum 1. Add them up, too, and divide.",
        ),
        Misconception(
            lambda views, stride: _join(views, stride, back=True),
            "Your ring runs backwards: view 1 begins `stride` columns *after* view 0.",
        ),
        Misconception(
            _last_wins,
            "The last view that touches a column wins, and the others are lost. Add them up, each with its weight.",
        ),
    ),
    hints=(
        "Two rows of zeros, V * stride long: for the weighted sum, and for the sum of the weights.",
        "For view number `place`: columns = (place * stride + torch.arange(width)) % (V * stride).",
        "weights = torch.sin(math.pi * (torch.arange(width) + 0.5) / width) ** 2; ring[columns] += weights * view; "
        "total[columns] += weights; at the end ring / total.",
    ),
    reasons=(
        "A column that several views reach is their mean, weighted by how far it lies from their edges: so no view "
        "begins or ends with a step. If all views say the same, the ring says it, too, because weights are divided out."
    ),
    praise="The ring has no first view any more.",
)


# 11.4 ---------------------------------------------------------------------------------------------------------------


def over(figure: Tensor, alpha: Tensor, ground: Tensor) -> Tensor:
    """Lay a figure (H, W, 3) with transparency alpha (H, W) over a ground (H, W, 3)."""
    share = alpha[:, :, None]  # (H, W, 1): the same for red, green and blue
    return share * figure + (1 - share) * ground


_ALPHA = torch.tensor([[0.0, 0.25, 0.5], [1.0, 0.75, 0.6]])
_FIGURE, _GROUND = 1 + _drawn(2, 3, 3, seed=5).abs(), _drawn(2, 3, 3, seed=6).abs()

OVER = Exercise(
    name="over",
    title="A figure over a ground",
    tier="core",
    difficulty=1,
    minutes=4,
    why="This line lays every sprite onto its background, and it made the data that our matte learnt from.",
    answer=over,
    cases=((_FIGURE, _ALPHA, _GROUND), (_FIGURE[:, :2], torch.tensor([[0.1, 1.0], [0.9, 0.0]]), _GROUND[:, :2])),
    misconceptions=(
        Misconception(
            lambda figure, alpha, ground: over(ground, alpha, figure),
            "Just the other way round: where alpha is 1, the *figure* is seen.",
        ),
        Misconception(
            lambda figure, alpha, ground: alpha[:, :, None] * figure + ground,
            "The ground shines through at full strength, even where the figure is opaque. It gets what the figure "
            "leaves over: 1 - alpha.",
        ),
        Misconception(
            lambda figure, alpha, ground: figure + (1 - alpha[:, :, None]) * ground,
            "The figure counts fully, even where it is half transparent. (In some files colours were multiplied "
            "by alpha beforehand; for those your line is right; ours were not.)",
        ),
        Misconception(
            lambda figure, alpha, ground: torch.where(alpha[:, :, None] > 0.5, figure, ground),
            "You decide for one or the other. That is scissors: edges become stairs. At alpha 0.25 a quarter of the "
            "figure and three quarters of the ground are seen.",
        ),
        Misconception(
            lambda figure, alpha, ground: (figure + ground) / 2,
            "You mix half and half everywhere; alpha has its own share for every pixel.",
        ),
    ),
    hints=(
        "One pixel first: alpha 0.25 means a quarter of the figure, and what of the ground?",
        "alpha is (H, W), colours are (H, W, 3). alpha[:, :, None] is (H, W, 1), which stretches over the colours.",
        "share = alpha[:, :, None]; share * figure + (1 - share) * ground",
    ),
    reasons=(
        "The two shares have the sum 1, so a figure over a ground of its own colour cannot be seen, and a wholly "
        "transparent one leaves the ground as it was."
    ),
    praise="Shares with the sum 1: nothing becomes brighter than it is.",
)


# 11.5 ---------------------------------------------------------------------------------------------------------------


def shelves(sizes: Sequence[tuple[int, int]], width: int) -> list[tuple[int, int]]:
    """Where each rectangle (width, height) goes, in the given order: (left, top) of each; a shelf holds `width`."""
    places, left, top, height = [], 0, 0, 0
    for wide, high in sizes:
        if left + wide > width:
            left, top, height = 0, top + height, 0
        places.append((left, top))
        left, height = left + wide, max(height, high)
    return places


def _shelves(sizes, width, full=lambda left, wide, width: left + wide > width, keep=max, fresh=0):
    places, left, top, height = [], 0, 0, 0
    for wide, high in sizes:
        if full(left, wide, width):
            left, top, height = 0, top + height, (0 if fresh == 0 else height)
        places.append((left, top))
        left, height = left + wide, keep(height, high)
    return places


_SIZES = [(5, 2), (4, 6), (1, 3), (7, 4), (3, 1), (2, 5), (9, 3), (4, 4)]

SHELVES = Exercise(
    name="shelves",
    title="Many sprites on one sheet",
    tier="stretch",
    difficulty=2,
    minutes=10,
    why="Games load one sheet with a list of places, not forty files.",
    answer=shelves,
    cases=((_SIZES, 10), ([(3, 3), (3, 5), (3, 2)], 6), ([(10, 1), (10, 2), (1, 1)], 10)),
    misconceptions=(
        Misconception(
            lambda sizes, width: _shelves(sizes, width, keep=lambda height, high: high),
            "Your shelf is as high as its *last* rectangle; a higher one before it reaches into the next shelf. Keep "
            "the largest: max(height, high).",
        ),
        Misconception(
            lambda sizes, width: _shelves(sizes, width, full=lambda left, wide, width: left + wide >= width),
            "A rectangle that fits exactly gets a shelf of its own. It fits if left + wide <= width.",
        ),
        Misconception(
            lambda sizes, width: _shelves(sizes, width, full=lambda left, wide, width: left >= width),
            "You look whether the shelf is full *before* the next rectangle, which may then reach over its end. Ask "
            "whether left + wide is still within the width.",
        ),
        Misconception(
            lambda sizes, width: _shelves(sizes, width, fresh=1),
            "A new shelf begins with the height of the one before. Set it back to 0, or every shelf is as high as the "
            "highest so far.",
        ),
        Misconception(
            lambda sizes, width: [
                (left, 0) for left in [sum(wide for wide, _ in sizes[:k]) for k in range(len(sizes))]
            ],
            "All on one shelf: the sheet's width is not used.",
        ),
        Misconception(
            lambda sizes, width: [(top, left) for left, top in shelves(sizes, width)],
            "The two numbers of each place are exchanged: (left, top).",
        ),
    ),
    hints=(
        "Remember three numbers: where the next one would stand (left), where the shelf lies (top), how high it is.",
        "If left + wide > width: left = 0, top = top + height, height = 0. Then put the rectangle down.",
        "After putting one down: left = left + wide, height = max(height, high).",
    ),
    reasons=(
        "Shelves waste what is above the lower rectangles; sorted by height, as the library does it, they waste "
        "little. To pack as tightly as possible is a hard problem, and for forty sprites nobody needs it."
    ),
    praise="Nothing overlaps, nothing is lost.",
)


# 11.6 ---------------------------------------------------------------------------------------------------------------

_EYE = (0.2126, 0.7152, 0.0722)


def contrast(first: Sequence[int], second: Sequence[int]) -> float:
    """The contrast ratio of two colours (red, green, blue), 0 to 255: from 1 to 21."""

    def luminance(color: Sequence[int]) -> float:
        light = [(channel / 255) ** 2.2 for channel in color]
        return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]

    bright, dark = max(luminance(first), luminance(second)), min(luminance(first), luminance(second))
    return (bright + 0.05) / (dark + 0.05)


def _ratio(first, second, power: float = 2.2, weights: Sequence[float] = _EYE, veil: float = 0.05) -> float:
    lights = [sum(w * (c / 255) ** power for w, c in zip(weights, color, strict=True)) for color in (first, second)]
    return (max(lights) + veil) / max(min(lights) + veil, 1e-6)


def _in_order(first, second) -> float:
    lights = [sum(w * (c / 255) ** 2.2 for w, c in zip(_EYE, color, strict=True)) for color in (first, second)]
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def _difference(first, second) -> float:
    lights = [sum(w * (c / 255) ** 2.2 for w, c in zip(_EYE, color, strict=True)) for color in (first, second)]
    return abs(lights[0] - lights[1])


def _full_scale(first, second) -> float:
    lights = [sum(w * c**2.2 for w, c in zip(_EYE, color, strict=True)) for color in (first, second)]
    return (max(lights) + 0.05) / (min(lights) + 0.05)


CONTRAST = Exercise(
    name="contrast",
    title="Can it be read?",
    tier="core",
    difficulty=2,
    minutes=8,
    why="A headline that half of the readers cannot read is no headline; 4.5 is what the web's standard asks for.",
    answer=contrast,
    cases=(
        ((0, 0, 0), (255, 255, 255)),
        ((118, 118, 118), (255, 255, 255)),
        ((255, 0, 0), (0, 0, 255)),
        ((20, 120, 60), (250, 210, 90)),
    ),
    misconceptions=(
        Misconception(
            lambda first, second: _ratio(first, second, power=1.0),
            "You use the numbers as they stand in the picture. They are not amounts of light: 128 is half of 255, but "
            "sends out only about a fifth of the light. Divide by 255 and raise to the power 2.2 first.",
        ),
        Misconception(
            lambda first, second: _ratio(first, second, weights=(1 / 3,) * 3),
            "You count red, green and blue alike. The eye does not: green looks ten times as bright as blue. The "
            "weights are 0.2126, 0.7152, 0.0722.",
        ),
        Misconception(
            lambda first, second: _ratio(first, second, veil=0.0),
            "The two 0.05 are missing. They stand for the light of the room that lies on the darkest screen, too, and "
            "keep black from being infinitely dark.",
        ),
        Misconception(
            _in_order,
            "It depends on the order of your colours and may fall below 1. The brighter one belongs above the line, "
            "whichever argument it is.",
        ),
        Misconception(_difference, "You subtract. A ratio is asked for: (brighter + 0.05) / (darker + 0.05)."),
        Misconception(_full_scale, "Divide the channels by 255 first: light goes from 0 to 1."),
    ),
    hints=(
        "Two steps: from a colour to how bright it looks (luminance), from two luminances to the ratio.",
        "luminance = 0.2126 r + 0.7152 g + 0.0722 b, where r, g, b are (channel / 255) ** 2.2.",
        "bright = max(first, second), dark = min(first, second) of the luminances; (bright + 0.05) / (dark + 0.05).",
    ),
    reasons=(
        "Screens spend their 256 steps where the eye needs them, in the dark, so the numbers must be unrolled before "
        "light is compared. Eyes hear ratios, not differences, and the room's own light limits how dark black is."
    ),
    praise="21 for black on white, about 4.5 for the palest grey that may carry words.",
    tolerance=1e-3,
)


# 11.7 ---------------------------------------------------------------------------------------------------------------


def around(middle: Tensor, right: Tensor, up: Tensor, steps: int, radius: float) -> Tensor:
    """Points (steps, N) once around a circle on the unit sphere; after the last one comes the first again."""
    angles = 2 * math.pi * torch.arange(steps) / steps  # (steps,)
    circle = torch.cos(angles)[:, None] * right + torch.sin(angles)[:, None] * up  # (steps, N)
    return math.cos(radius) * middle + math.sin(radius) * circle


def _circle(angles: Tensor, right: Tensor, up: Tensor) -> Tensor:
    return torch.cos(angles)[:, None] * right + torch.sin(angles)[:, None] * up


def _turn(steps: int) -> Tensor:
    return 2 * math.pi * torch.arange(steps) / steps


AROUND = Exercise(
    name="around",
    title="A walk that comes home",
    tier="stretch",
    difficulty=2,
    minutes=7,
    why="A film that loops and a landscape that closes need noise that comes back to where it began.",
    answer=around,
    cases=((*torch.eye(3), 4, 0.5), (*torch.eye(5)[1:4], 7, 1.2)),
    misconceptions=(
        Misconception(
            lambda middle, right, up, steps, radius: (
                math.cos(radius) * middle + math.sin(radius) * _circle(torch.linspace(0, 2 * math.pi, steps), right, up)
            ),
            "Your last point is the first one again, so the film stands still for a frame at every turn. Divide the "
            "circle by `steps`, not by steps - 1: the first point closes it.",
        ),
        Misconception(
            lambda middle, right, up, steps, radius: middle + math.sin(radius) * _circle(_turn(steps), right, up),
            "The middle keeps its full length, so your points lie outside of the sphere. It gets cos(radius).",
        ),
        Misconception(
            lambda middle, right, up, steps, radius: math.cos(radius) * middle + _circle(_turn(steps), right, up),
            "The circle has radius 1, whatever was asked. It gets sin(radius).",
        ),
        Misconception(
            lambda middle, right, up, steps, radius: (
                math.cos(radius) * middle + math.sin(radius) * torch.cos(_turn(steps))[:, None] * right
            ),
            "You swing to the right and back: up is not used. There and back is no lap; at its ends it stands still.",
        ),
        Misconception(
            lambda middle, right, up, steps, radius: (
                math.cos(radius) * middle + math.sin(radius) * _circle(360 * torch.arange(steps) / steps, right, up)
            ),
            "These are degrees; torch.cos and torch.sin take radians. Once around is 2 * math.pi.",
        ),
        Misconception(
            lambda middle, right, up, steps, radius: (
                math.cos(radius) * middle + math.sin(radius) * _circle(_turn(steps) / 2, right, up)
            ),
            "Half a turn: from the last point to the first it is a long way. Once around is 2 * math.pi.",
        ),
    ),
    hints=(
        "`steps` angles from 0 on, in equal steps, the first step that is left out would close the circle.",
        "angles = 2 * math.pi * torch.arange(steps) / steps; the point on the circle is cos right + sin up.",
        "math.cos(radius) * middle + math.sin(radius) * circle, where circle (steps, N) needs angles[:, None].",
    ),
    reasons=(
        "right and up stand at right angles to the middle, so cos^2 + sin^2 = 1 keeps each point on the sphere, at the "
        "angle `radius` from the middle. Equal angles are equal steps, the one that leads home among them."
    ),
    praise="It comes home, and nobody hears the click.",
)


EXERCISES = (SLERP, SEAM, RING, OVER, SHELVES, CONTRAST, AROUND)
