"""Exercises of lesson 13: who is drawn, who is copied, what a picture says of itself, and what it costs."""

import io
from collections.abc import Callable, Sequence

import torch
from PIL import Image, ImageChops
from torch import Tensor

from t2i_lib.course.checks import Exercise, Misconception
from t2i_lib.provenance import label

# 13.1 ---------------------------------------------------------------------------------------------------------------


def total_variation(counts: Tensor, expected: Tensor) -> float:
    """How far counted pictures are from the data: the part that would have to move, 0 to 1.

    Args:
        counts: (V,) int64, pictures that show each value.
        expected: (V,) shares in the data, sum 1.
    """
    drawn = counts / counts.sum()  # (V,), sum 1
    return 0.5 * (drawn - expected).abs().sum().item()


VARIATION = Exercise(
    name="total_variation",
    title="How far from the data?",
    tier="core",
    difficulty=1,
    minutes=5,
    why="One number for a whole row of shares, and one that can be said in words: the part that would have to move.",
    answer=total_variation,
    cases=(
        (torch.tensor([6, 2, 2]), torch.tensor([0.3, 0.3, 0.4])),
        (torch.tensor([0, 5, 15, 20]), torch.tensor([0.25, 0.25, 0.25, 0.25])),
        (torch.tensor([1, 1]), torch.tensor([0.5, 0.5])),
    ),
    misconceptions=(
        Misconception(
            lambda counts, expected: (counts / counts.sum() - expected).abs().sum().item(),
            "Twice too large: whatever one value has too much, others have too little, so every moved part is counted "
            "where it left and where it came. Take half of it.",
        ),
        Misconception(
            lambda counts, expected: 0.5 * (counts - expected).abs().sum().item(),
            "You compare counts with shares. Divide the counts by their sum first.",
        ),
        Misconception(
            lambda counts, expected: 0.5 * (counts / counts.sum() - expected).sum().item(),
            "Without absolute values too much and too little cancel, and everybody is fair. .abs() first.",
        ),
        Misconception(
            lambda counts, expected: (counts / counts.sum() - expected).abs().max().item(),
            "This is the largest single difference. Total variation adds up all of them, and halves the sum.",
        ),
        Misconception(
            lambda counts, expected: (counts / counts.sum() - expected).abs().mean().item(),
            "The mean depends on how many values there are: nine colours would look fairer than two. Half of the sum.",
        ),
        Misconception(
            lambda counts, expected: 0.5 * (counts / counts.sum() - expected).square().sum().item(),
            "You square the differences. Total variation takes them as they are, without sign: .abs().",
        ),
        Misconception(
            lambda counts, expected: 0.5 * (counts / counts.max() - expected).abs().sum().item(),
            "You divide by the largest count. Shares need the sum, so that they add up to 1.",
        ),
    ),
    hints=(
        "Three steps: counts to shares, differences without sign, half of their sum.",
        "counts / counts.sum() are the shares; `.abs()` takes the sign away.",
        "0.5 * (counts / counts.sum() - expected).abs().sum().item()",
    ),
    reasons=(
        "What one value has too much is what others have too little, so the plain sum counts each moved part twice. "
        "Halved, the number runs from 0 (the same shares) to 1 (nothing in common)."
    ),
    praise="0 for a mirror of the data, 1 for an artist who draws only what the data never shows.",
)


# 13.2 ---------------------------------------------------------------------------------------------------------------


def nearer_to_training(drawn: Tensor, training: Tensor, fresh: Tensor) -> float:
    """The share of drawn pictures whose nearest training picture is nearer than their nearest fresh picture.

    Args:
        drawn: (B, D), training: (N, D), fresh: (N, D): pictures as rows of numbers.
    """
    to_training = torch.cdist(drawn, training).min(dim=1).values  # (B,)
    to_fresh = torch.cdist(drawn, fresh).min(dim=1).values  # (B,)
    return (to_training < to_fresh).float().mean().item()


def _points(*rows: Sequence[float]) -> Tensor:
    return torch.tensor(rows)


_DRAWN = _points((0.0, 0.0), (4.0, 0.0), (0.0, 6.0), (9.0, 9.0), (2.0, 2.0))
_TRAINING = _points((0.5, 0.0), (4.0, 3.0), (0.0, 5.0), (-20.0, 0.0))
_FRESH = _points((0.0, 1.0), (4.0, 1.0), (9.0, 8.0), (2.0, 1.5))


def _nearer(drawn: Tensor, training: Tensor, fresh: Tensor) -> Tensor:
    return torch.cdist(drawn, training).min(1).values < torch.cdist(drawn, fresh).min(1).values


NEARER = Exercise(
    name="nearer_to_training",
    title="A copy, or only a relative?",
    tier="core",
    difficulty=2,
    minutes=7,
    why="A small distance proves nothing. A distance that is smaller than to pictures nobody could copy does.",
    answer=nearer_to_training,
    cases=(
        (_DRAWN, _TRAINING, _FRESH),
        (_DRAWN[:3], _TRAINING[:2], _FRESH[:2]),
        (_DRAWN[3:], _TRAINING, _TRAINING + 1),
    ),
    misconceptions=(
        Misconception(
            lambda drawn, training, fresh: (
                (torch.cdist(drawn, training).mean(1) < torch.cdist(drawn, fresh).mean(1)).float().mean().item()
            ),
            "You compare mean distances to all pictures. A copy is near to *one* training picture and as far from the "
            "others as anything else: take the smallest distance of each row.",
        ),
        Misconception(
            lambda drawn, training, fresh: (
                (torch.cdist(drawn, training).max(1).values < torch.cdist(drawn, fresh).max(1).values)
                .float()
                .mean()
                .item()
            ),
            "You take the farthest picture. The nearest is wanted: .min(dim=1).values.",
        ),
        Misconception(
            lambda drawn, training, fresh: (
                (torch.cdist(drawn, training).min(0).values < torch.cdist(drawn, fresh).min(0).values)
                .float()
                .mean()
                .item()
            ),
            "You ask from the other side: for each training picture its nearest drawn one (dim=0). A row is a drawn "
            "picture, and each of them has one nearest: dim=1.",
        ),
        Misconception(
            lambda drawn, training, fresh: (~_nearer(drawn, training, fresh)).float().mean().item(),
            "This is the share that is nearer to *fresh* pictures: the other way round.",
        ),
        Misconception(
            lambda drawn, training, fresh: float(_nearer(drawn, training, fresh).sum()),
            "This is how many, not which share. Divide by the number of drawn pictures, or take the mean.",
        ),
        Misconception(
            lambda drawn, training, fresh: (
                torch.cdist(drawn, training).min(1).values.mean() / torch.cdist(drawn, fresh).min(1).values.mean()
            ).item(),
            "A quotient of means lets one far picture outweigh many copies. Count picture by picture who is nearer.",
        ),
    ),
    hints=(
        "torch.cdist(drawn, training) holds the distance of every drawn (row) to every training picture (column).",
        "The nearest of each row: .min(dim=1).values. Do it for both pools, then compare row by row.",
        "(torch.cdist(drawn, training).min(dim=1).values < torch.cdist(drawn, fresh).min(dim=1).values).float().mean()"
        ".item()",
    ),
    reasons=(
        "Both pools come from the same renderer and are equally large, so a picture that owes nothing to any training "
        "picture is nearer to either with chance 1/2. Softness and the sameness of the world act on both sides alike."
    ),
    praise="0.5 for an honest artist, 1 for a parrot.",
)


# 13.3 ---------------------------------------------------------------------------------------------------------------


def hear_mark(left: Tensor, mark: Tensor) -> float:
    """How clearly a mark is heard in what is left of a picture: about N(0, 1) without it.

    Args:
        left: (H, W), mean 0: the picture without its smooth parts and its edges.
        mark: (H, W) of -1 and +1, in squares of 2 x 2.
    """
    return ((left * mark).sum() / (2 * left.norm())).item()


def _noise(height: int, width: int, seed: int) -> Tensor:
    left = torch.randn(height, width, generator=torch.Generator().manual_seed(seed))
    return left - left.mean()


def _squares(height: int, width: int, seed: int) -> Tensor:
    cells = torch.randint(0, 2, (height // 2, width // 2), generator=torch.Generator().manual_seed(seed)) * 2.0 - 1
    return cells.repeat_interleave(2, 0).repeat_interleave(2, 1)


HEAR = Exercise(
    name="hear_mark",
    title="Hear a whisper in a crowd",
    tier="core",
    difficulty=2,
    minutes=7,
    why="Two levels of 255 in each pixel are invisible, and yet 16,000 pixels together say them clearly.",
    answer=hear_mark,
    cases=(
        (_noise(6, 10, 1), _squares(6, 10, 2)),
        (_noise(8, 8, 3) + 0.7 * _squares(8, 8, 4), _squares(8, 8, 4)),
        (5 * _noise(4, 6, 5) - 3 * _squares(4, 6, 6), _squares(4, 6, 6)),
    ),
    misconceptions=(
        Misconception(
            lambda left, mark: (left * mark).sum().item(),
            "The bare sum grows with the contrast of the picture: a loud forest would look marked. Divide by "
            "2 x left.norm(), what chance makes of it.",
        ),
        Misconception(
            lambda left, mark: ((left * mark).sum() / left.norm()).item(),
            "Twice too sure: in a square of 2 x 2 the mark says the same four times, so chance is twice as loud. "
            "Divide by 2 as well.",
        ),
        Misconception(
            lambda left, mark: (left * mark).mean().item(),
            "The mean says how strong the mark is, not how sure one can be. A score counts in units of chance: the "
            "sum, divided by 2 x left.norm().",
        ),
        Misconception(
            lambda left, mark: ((left * mark).sum() / (left.norm() * mark.norm())).item(),
            "This is the cosine, between -1 and 1. It shrinks as pictures grow, although more pixels make you surer. "
            "Divide by 2 x left.norm() only.",
        ),
        Misconception(
            lambda left, mark: ((left * mark).abs().sum() / (2 * left.norm())).item(),
            "You take the size of each product, so that everything agrees with everything. The signs are the message.",
        ),
        Misconception(
            lambda left, mark: ((left + mark).sum() / (2 * left.norm())).item(),
            "You add the mark once more. Multiply: where both have one sign the product is positive.",
        ),
        Misconception(
            lambda left, mark: ((left * mark).sum() / (2 * left.std())).item(),
            "left.std() is the loudness of one pixel. The sum has H x W of them, whose chance is left.norm().",
        ),
    ),
    hints=(
        "Multiply place by place and add up: agreement counts up, disagreement down.",
        "Pixels that know nothing of the mark give a sum of about 0, give or take left.norm(); here twice that.",
        "((left * mark).sum() / (2 * left.norm())).item()",
    ),
    reasons=(
        "A sum of products with random signs spreads by the root of the sum of squares, left.norm(). The mark keeps "
        "its sign over squares of 2 x 2 pixels; if those resemble each other, the spread is up to twice as large. So "
        "divided, the score of an unmarked picture is at most about N(0, 1), and 4 is rare."
    ),
    praise="No pixel says anything. All of them together do.",
)


# 13.4 ---------------------------------------------------------------------------------------------------------------


def precision_recall(refused: Sequence[bool], bad: Sequence[bool]) -> tuple[float, float]:
    """Of what was refused, the share that was bad; of what was bad, the share that was refused."""
    caught = sum(one and other for one, other in zip(refused, bad, strict=True))
    return caught / sum(refused), caught / sum(bad)


def _caught(refused: Sequence[bool], bad: Sequence[bool]) -> int:
    return sum(one and other for one, other in zip(refused, bad, strict=True))


FILTER = Exercise(
    name="precision_recall",
    title="What a filter gets wrong",
    tier="core",
    difficulty=1,
    minutes=5,
    why="A filter makes two kinds of mistakes, and a number that hides one of them is an advertisement.",
    answer=precision_recall,
    cases=(
        ([True, True, True, False, False, True], [True, False, False, True, False, False]),
        ([True, False, True, False, False], [True, True, True, True, False]),
    ),
    misconceptions=(
        Misconception(
            lambda refused, bad: precision_recall(refused, bad)[::-1],
            "Right numbers, in the wrong order: first precision (of the refused), then recall (of the bad).",
        ),
        Misconception(
            lambda refused, bad: (_caught(refused, bad) / len(bad), _caught(refused, bad) / len(bad)),
            "You divide by all prompts. Precision is a share of the *refused*, recall a share of the *bad*.",
        ),
        Misconception(
            lambda refused, bad: (
                sum(one == other for one, other in zip(refused, bad, strict=True)) / len(bad),
                _caught(refused, bad) / sum(bad),
            ),
            "Your first number is the accuracy. Where bad prompts are rare, a filter that refuses nothing has a fine "
            "accuracy. Precision: of the refused, how many were bad?",
        ),
        Misconception(
            lambda refused, bad: (sum(refused) / sum(bad), _caught(refused, bad) / sum(bad)),
            "Your first number counts every refusal, also the false alarms. Count what was refused *and* bad.",
        ),
        Misconception(
            lambda refused, bad: (
                _caught(refused, bad) / sum(refused),
                _caught(refused, bad) / (sum(refused) + sum(bad) - _caught(refused, bad)),
            ),
            "Your second number divides by everything that was refused or bad. Recall divides by the bad alone.",
        ),
        Misconception(
            lambda refused, bad: (
                sum(one and not other for one, other in zip(refused, bad, strict=True)) / sum(refused),
                _caught(refused, bad) / sum(bad),
            ),
            "Your first number is the share of false alarms among the refusals: 1 minus precision.",
        ),
    ),
    hints=(
        "Count three things: refused and bad, refused, bad. In Python sum() counts True.",
        "caught = sum(r and b for r, b in zip(refused, bad))",
        "return caught / sum(refused), caught / sum(bad)",
    ),
    reasons=(
        "Low precision bothers people who did nothing wrong; low recall lets through those who did. One can be had at "
        "the price of the other by refusing more or less, so they belong side by side."
    ),
    praise="Two numbers, and no filter may show only one of them.",
)


# 13.5 ---------------------------------------------------------------------------------------------------------------


def fewest_errors(prompts: Sequence[str], bad: Sequence[bool]) -> int:
    """The errors that every filter makes at least which sees nothing but the prompt."""
    errors = 0
    for prompt in set(prompts):
        labels = [label for text, label in zip(prompts, bad, strict=True) if text == prompt]
        errors += min(labels.count(True), labels.count(False))
    return errors


def _labels_by_prompt(prompts: Sequence[str], bad: Sequence[bool]) -> dict[str, list[bool]]:
    groups: dict[str, list[bool]] = {}
    for text, wrong in zip(prompts, bad, strict=True):
        groups.setdefault(text, []).append(wrong)
    return groups


ERRORS = Exercise(
    name="fewest_errors",
    title="The best filter of all",
    tier="project",
    difficulty=3,
    minutes=10,
    why="A bound that no cleverness can beat tells you to look for the answer somewhere else.",
    answer=fewest_errors,
    cases=(
        (["a", "a", "b", "c", "c", "c"], [True, False, False, True, True, False]),
        (["x", "y", "z"], [True, False, True]),
        (["p", "p", "p", "p", "q", "q"], [True, False, True, False, True, True]),
    ),
    misconceptions=(
        Misconception(
            lambda prompts, bad: sum(len(set(labels)) > 1 for labels in _labels_by_prompt(prompts, bad).values()),
            "You count one error a prompt with both labels. If it stands there four times, twice bad, then every "
            "answer is wrong twice: count the rarer label.",
        ),
        Misconception(
            lambda prompts, bad: len(prompts) - len(set(prompts)),
            "You count repetitions. A repetition with the *same* label costs nothing.",
        ),
        Misconception(
            lambda prompts, bad: sum(
                max(labels.count(True), labels.count(False)) for labels in _labels_by_prompt(prompts, bad).values()
            ),
            "You count the more frequent label of each prompt: what the best filter gets right. It errs on the rest.",
        ),
        Misconception(
            lambda prompts, bad: min(sum(bad), len(bad) - sum(bad)),
            "This is the best filter that answers all prompts alike. *Different* prompts may get different answers.",
        ),
        Misconception(
            lambda prompts, bad: sum(
                labels.count(True) for labels in _labels_by_prompt(prompts, bad).values() if len(set(labels)) > 1
            ),
            "You let pass whatever has both labels, and count the bad ones. Where bad is the more frequent label, "
            "refusing is better: min of both counts.",
        ),
        Misconception(
            lambda prompts, bad: sum(
                len(labels) for labels in _labels_by_prompt(prompts, bad).values() if len(set(labels)) > 1
            ),
            "You count every request whose prompt has both labels. Either answer is right for some of them.",
        ),
    ),
    hints=(
        "A filter gives one answer to one text. Put the labels of equal texts together.",
        "For one text with 3 bad and 1 good: refusing errs once, passing errs three times. The best errs once.",
        "Sum over the different prompts of min(labels.count(True), labels.count(False)).",
    ),
    reasons=(
        "Equal prompts get equal answers, so where the same words have both labels the rarer one must be wrong. The "
        "sum over all texts is a floor for every filter, however large its network."
    ),
    praise="No network, of whatever size, gets below this number. What is missing is not in the words.",
)

# 13.6 ---------------------------------------------------------------------------------------------------------------


def grams_of_co2(minutes: float, watts: float, grams_a_kwh: float) -> float:
    """What a run of so many minutes at so many watts puts into the air, in grams."""
    watt_hours = watts * minutes / 60
    return watt_hours / 1000 * grams_a_kwh


GRAMS = Exercise(
    name="grams_of_co2",
    title="Minutes, watts, grams",
    tier="core",
    difficulty=1,
    minutes=4,
    why="Half of the wrong figures about computing and climate are a slipped unit.",
    answer=grams_of_co2,
    cases=((60.0, 39.0, 480.0), (15.0, 100.0, 820.0), (7.0, 10.0, 11.0)),
    misconceptions=(
        Misconception(
            lambda minutes, watts, grams_a_kwh: watts * minutes / 1000 * grams_a_kwh,
            "Sixty times too much: watts times *hours* are watt-hours, and you multiplied by minutes.",
        ),
        Misconception(
            lambda minutes, watts, grams_a_kwh: watts * minutes / 60 * grams_a_kwh,
            "A thousand times too much: the grid's grams are for a *kilo*watt-hour.",
        ),
        Misconception(
            lambda minutes, watts, grams_a_kwh: watts * minutes / 3600 / 1000 * grams_a_kwh,
            "Sixty times too little: 3,600 is for seconds, and these are minutes.",
        ),
        Misconception(
            lambda minutes, watts, grams_a_kwh: watts * minutes / 60 / 1000,
            "These are kilowatt-hours. The grid's grams a kilowatt-hour still have to come in.",
        ),
        Misconception(
            lambda minutes, watts, grams_a_kwh: watts * minutes / 60 / 1000 / grams_a_kwh,
            "You divide by the grid's figure. Grams a kWh times kWh are grams.",
        ),
        Misconception(
            lambda minutes, watts, grams_a_kwh: watts / (minutes / 60) / 1000 * grams_a_kwh,
            "You divide by the time. A longer run takes more: watts *times* hours.",
        ),
    ),
    hints=(
        "Watts x hours = watt-hours. Watt-hours / 1000 = kilowatt-hours. Kilowatt-hours x grams a kWh = grams.",
        "hours = minutes / 60",
        "watts * minutes / 60 / 1000 * grams_a_kwh",
    ),
    reasons="The units tell the way: W x h = Wh, Wh / 1000 = kWh, kWh x g/kWh = g. Write them beside the numbers.",
    praise="The units led you.",
)


# 13.7 ---------------------------------------------------------------------------------------------------------------


def forget(picture: Image.Image) -> Image.Image:
    """The same pixels, and nothing of what the file said beside them."""
    return Image.frombytes(picture.mode, picture.size, picture.tobytes())


def _after_forgetting(attempt: Callable, prompt: str) -> tuple:
    """What a picture still says once it was made to forget and saved; whether its pixels are as they were."""
    picture = Image.linear_gradient("L").resize((12, 8)).convert("RGB")
    label(picture, prompt, 7, "lesson")
    before = dict(picture.info)
    forgotten = attempt(picture)
    if forgotten is None or forgotten is Ellipsis:
        return forgotten
    if picture.info != before:
        raise ValueError(
            "the picture that was handed in has been changed; return a new one and leave the old as it was"
        )
    file = io.BytesIO()
    forgotten.save(file, "PNG")
    read = Image.open(file)
    read.load()
    return sorted(read.info), read.size, _how_different(read, picture)


def _how_different(one: Image.Image, other: Image.Image) -> str:
    """Whether two pictures have the same pixels, nearly the same, or others."""
    if one.size != other.size:
        return "other pixels"
    most = max(high for _, high in ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getextrema())
    return "the same pixels" if most == 0 else "nearly the same pixels" if most < 40 else "other pixels"


def _without_prompt(picture: Image.Image) -> Image.Image:
    copy = picture.copy()
    copy.__class__ = picture.__class__
    del copy.info["prompt"]
    return copy


def _through_jpeg(picture: Image.Image) -> Image.Image:
    file = io.BytesIO()
    Image.Image.save(picture, file, "JPEG", quality=95)
    read = Image.open(file)
    read.load()
    return Image.frombytes(read.mode, read.size, read.tobytes())


def _like(picture: Image.Image, changed: Image.Image) -> Image.Image:
    changed.info.update(picture.info)
    changed.__class__ = picture.__class__
    return changed


FORGET = Exercise(
    name="forget",
    title="A picture that keeps a secret",
    tier="stretch",
    difficulty=2,
    minutes=7,
    why="What proves where a picture came from also tells everybody what you typed.",
    answer=forget,
    probe=_after_forgetting,
    cases=(("a letter to my doctor",), ("给医生的一封信",)),
    misconceptions=(
        Misconception(
            lambda picture: picture,
            "You return the picture itself: it still says everything. Build a new one from its pixels.",
        ),
        Misconception(
            _without_prompt,
            "The prompt is gone, but seed, model and library are still written. Take only the pixels along.",
        ),
        Misconception(
            _through_jpeg,
            "By way of JPEG the words are lost, and so are the exact pixels. There is a way that keeps them: "
            "Image.frombytes(picture.mode, picture.size, picture.tobytes()).",
        ),
        Misconception(
            lambda picture: Image.new(picture.mode, picture.size),
            "Thoroughly forgotten: the pixels too. Only what stands beside them should go.",
        ),
        Misconception(
            lambda picture: Image.frombytes(picture.mode, picture.size, picture.tobytes()).resize((6, 4)),
            "The words are gone, but the size has changed as well. Leave the pixels as they are.",
        ),
        Misconception(
            lambda picture: _like(picture, Image.new("RGB", picture.size)),
            "The wrong way round: the pixels are gone and the words are still there.",
        ),
    ),
    hints=(
        "A drawn picture is pixels, and a dictionary `picture.info`. Build a new picture from the pixels alone.",
        "picture.mode, picture.size and picture.tobytes() are all that the pixels need.",
        "Image.frombytes(picture.mode, picture.size, picture.tobytes())",
    ),
    reasons=(
        "A list of what to delete is never complete: the next program adds a field that the list does not know. Taking "
        "along only what is wanted is safe against fields of the future. (A copy still carries `info`; whether it is "
        "written depends on the program that saves it.)"
    ),
    praise="Take along what you want, instead of deleting what you know of.",
)


EXERCISES = (VARIATION, NEARER, HEAR, FILTER, ERRORS, GRAMS, FORGET)
