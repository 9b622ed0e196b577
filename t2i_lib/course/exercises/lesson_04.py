"""Exercises of lesson 04: captions as filters, flips, leaks, bias, intervals, a baseline, and a folder of one's own."""

import json
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from t2i_lib.captioned_folder import CaptionedFolder
from t2i_lib.course.checks import Exercise, Misconception
from t2i_lib.storybook.pairs import stated_to_ids
from t2i_lib.storybook.scene import ATTRIBUTES, Scene

_POSITION = list(ATTRIBUTES).index("position")
_SCENES = torch.tensor(
    [
        scene.to_ids()
        for scene in (
            Scene("hill", subject="cat", color="red", holding="none", position="left"),
            Scene("lake", "night", subject="cat", color="red", holding="none", position="right", birds="few"),
            Scene("hill", subject="girl", color="red", expression="calm", holding="balloon", position="right"),
            Scene("seaside", "sunset", subject="cat", color="blue", holding="none", position="center", birds="many"),
            Scene("castle", "sunset", "mist"),
        )
    ]
)  # (N, 9)


def _stated(**values: str) -> Tensor:
    return torch.tensor(stated_to_ids(values))


def _as_table(attempt: Callable, *arguments: object) -> object:
    """The answer, which must be a tensor: the lesson goes on with it."""
    answer = attempt(*arguments)
    if isinstance(answer, list | tuple | np.ndarray):
        raise TypeError("a tensor is needed, as the lesson goes on with it: return torch.tensor(your answer)")
    return answer


def _as_truth_values(attempt: Callable, *arguments: object) -> object:
    """The answer, which must be a tensor of True and False: 1 and 0 would be taken for places in a list later."""
    answer = _as_table(attempt, *arguments)
    if isinstance(answer, Tensor) and answer.dtype != torch.bool and set(answer.unique().tolist()) <= {0, 1}:
        raise TypeError("True and False are needed, not 1 and 0: compare, or end with .bool()")
    return answer


# 4.1 ----------------------------------------------------------------------------------------------------------------


def allowed(attributes: Tensor, stated: Tensor) -> Tensor:
    """Which scenes a caption allows: attributes (N, 9), stated (9,), -1 = not stated -> (N,) bool."""
    agrees = attributes == stated  # (N, 9): this attribute is as the caption says
    silent = stated < 0  # (9,): of this attribute the caption says nothing
    return (agrees | silent).all(dim=-1)  # (N,)


ALLOWED = Exercise(
    name="allowed",
    title="A caption is a filter",
    tier="core",
    difficulty=1,
    minutes=5,
    why="The same line later decides whether a drawn picture obeys its prompt.",
    answer=allowed,
    probe=_as_truth_values,
    cases=(
        (_SCENES, _stated(subject="cat", color="red")),
        (_SCENES, _stated(place="hill")),
        (_SCENES, _stated(position="right", subject="girl", birds="none")),
        (_SCENES, _stated(color="red")),
    ),
    misconceptions=(
        Misconception(
            lambda attributes, stated: (attributes == stated).all(dim=-1),
            "You demand equality everywhere, also where the caption is silent (-1). A silent attribute allows any "
            "value: (attributes == stated) | (stated < 0).",
        ),
        Misconception(
            lambda attributes, stated: ((attributes == stated) | (stated < 0)).any(dim=-1),
            "`any` asks for one attribute that fits, and a silent one fits always, so all scenes pass. All nine must "
            "fit: .all(dim=-1).",
        ),
        Misconception(
            lambda attributes, stated: ((attributes == stated) & (stated >= 0)).any(dim=-1),
            'One stated attribute that agrees is enough for you: "a red cat" then lets a red girl pass. All that is '
            "stated must agree.",
        ),
        Misconception(
            lambda attributes, stated: (attributes == stated) | (stated < 0),
            "This table (N, 9) is right: attribute by attribute. One step is missing: a scene passes if its whole row "
            "is True, .all(dim=-1).",
        ),
        Misconception(
            lambda attributes, stated: ((attributes == stated) | (stated < 0)).all(dim=0),
            "You joined along the scenes, so you answer nine questions about attributes. Join along the attributes, "
            "the last axis: .all(dim=-1).",
        ),
        Misconception(
            lambda attributes, stated: ((attributes == stated) | (stated < 0) | (attributes < 0)).all(dim=-1),
            "You let a scene pass where an attribute does not apply to it (-1 in the scene). But a castle "
            "without a figure has no red figure to show. Only the caption's silence is free.",
        ),
        Misconception(
            lambda attributes, stated: ((attributes == stated) | (stated < 0)).sum(dim=-1),
            "You count how many attributes fit. The question has two answers only, so return True where all nine fit: "
            ".all(dim=-1).",
        ),
    ),
    hints=(
        "Go attribute by attribute. In which two cases is an attribute all right?",
        "It agrees (attributes == stated), or the caption is silent (stated < 0). Join the two with |.",
        "The table is (N, 9). A scene passes if its whole row is True: .all(dim=-1).",
    ),
    reasons=(
        "A caption does not describe a scene, it excludes scenes: all those that disagree with a word of it. What it "
        "does not mention, it leaves open. `stated` (9,) is compared with every row of `attributes` (N, 9) by itself."
    ),
    praise="Silence allows everything, a word allows one value.",
)


# 4.2 ----------------------------------------------------------------------------------------------------------------


def mirrored(attributes: Tensor) -> Tensor:
    """The truth after pictures were flipped from left to right: attributes (N, 9) -> (N, 9), a new table."""
    left, right = ATTRIBUTES["position"].index("left"), ATTRIBUTES["position"].index("right")
    before, after = attributes[:, _POSITION], attributes.clone()  # (N,), (N, 9)
    after[:, _POSITION] = torch.where(before == left, right, torch.where(before == right, left, before))
    return after


def _one_after_the_other(attributes: Tensor) -> Tensor:
    after = attributes.clone()
    after[after[:, _POSITION] == 0, _POSITION] = 2
    after[after[:, _POSITION] == 2, _POSITION] = 0
    return after


def _two_minus(attributes: Tensor, column: int = _POSITION) -> Tensor:
    after = attributes.clone()
    after[:, column] = 2 - after[:, column]
    return after


def _left_to_right_only(attributes: Tensor) -> Tensor:
    after = attributes.clone()
    after[after[:, _POSITION] == 0, _POSITION] = 2
    return after


MIRRORED = Exercise(
    name="mirrored",
    title="The truth in the mirror",
    tier="core",
    difficulty=2,
    minutes=5,
    why="Whoever changes a picture must ask what becomes of its caption.",
    answer=mirrored,
    probe=_as_table,
    cases=((_SCENES,), (_SCENES[:2],)),
    misconceptions=(
        Misconception(
            lambda attributes: attributes.clone(),
            "Nothing has changed. The picture was turned round: who stood on the left now stands on the right.",
        ),
        Misconception(
            _one_after_the_other,
            "Your second line undoes the first: what you had just moved from left to right is moved back, together "
            "with the others, and nobody is on the right any more. Read the old values from the input, write the new "
            "ones into the copy.",
        ),
        Misconception(
            _two_minus,
            "2 - position exchanges 0 and 2 and keeps 1, a neat idea; but -1 (there is no figure) becomes 3, a value "
            "that does not exist. Do it only where the position is 0 or more.",
        ),
        Misconception(
            _left_to_right_only,
            "Left becomes right, but right stays right. A mirror works both ways.",
        ),
        Misconception(
            lambda attributes: attributes.flip(-1),
            "You reversed the order of the nine columns, so place stands where birds should be. Only the values in "
            "one column, position, change.",
        ),
        Misconception(
            lambda attributes: _two_minus(attributes, column=-1),
            "You changed the last column, birds. Position is the one before it: list(ATTRIBUTES).index('position').",
        ),
    ),
    hints=(
        "Only one of the nine columns changes, and in it two of the three values. Begin with a copy: .clone().",
        "Read from the old table, write into the new one, or the second exchange undoes the first.",
        "old = attributes[:, column]; new[old == 0, column] = 2; new[old == 2, column] = 0; -1 and 1 stay.",
    ),
    reasons=(
        'Left (0) and right (2) are exchanged; center (1) and "no figure" (-1) stay. With the truth mended like this '
        "a flip is honest, but a sentence must then be worded anew too. This course does without flips."
    ),
    praise="Both ways, and nobody got a place who had none.",
)


# 4.3 ----------------------------------------------------------------------------------------------------------------


def find_leaks(test: Tensor, train: Tensor, levels: float) -> Tensor:
    """Which test pictures (M, H, W, 3) lie within `levels` of a training picture (N, H, W, 3), uint8 -> (M,) bool."""
    leaks = []
    for picture in test:
        distances = (train.float() - picture.float()).abs().mean(dim=(1, 2, 3))  # (N,), in levels from 0 to 255
        leaks.append(distances.min() <= levels)  # the nearest one decides
    return torch.stack(leaks)  # (M,)


def _leaks(test: Tensor, train: Tensor, levels: float, of_train: str = "min", of_pixels: str = "mean") -> Tensor:
    """The search with other ways to join the differences (M, N, pixels)."""
    differences = (test.flatten(1)[:, None].float() - train.flatten(1)[None].float()).abs()
    joined = differences.mean(dim=2) if of_pixels == "mean" else differences.amax(dim=2)
    return (joined.mean(dim=1) if of_train == "mean" else joined.amin(dim=1)) <= levels


def _in_bytes(test: Tensor, train: Tensor, levels: float) -> Tensor:
    differences = (test.flatten(1)[:, None] - train.flatten(1)[None]).float()  # uint8 begins anew below 0
    return differences.mean(dim=2).amin(dim=1) <= levels


def _signed(test: Tensor, train: Tensor, levels: float) -> Tensor:
    differences = test.flatten(1)[:, None].float() - train.flatten(1)[None].float()
    return differences.mean(dim=2).amin(dim=1) <= levels


def _same_place(test: Tensor, train: Tensor, levels: float) -> Tensor:
    count = min(len(test), len(train))
    near = (test[:count].float() - train[:count].float()).abs().mean(dim=(1, 2, 3)) <= levels
    return torch.cat([near, torch.zeros(len(test) - count, dtype=torch.bool)])


def _pictures(count: int, seed: int) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.randint(40, 200, (count, 5, 7, 3), generator=rng).to(torch.uint8)


_TRAIN = _pictures(7, seed=1)
_COPIES = torch.stack([_TRAIN[2], _TRAIN[5] + 3, _TRAIN[4] - 3])  # one as it is, one brighter, one darker
_NEARLY = _TRAIN[6].clone()
_NEARLY[0, 0] = 255  # one pixel differs, by much
_TEST = torch.cat([_pictures(2, seed=2), _COPIES, _NEARLY[None]])

LEAKS = Exercise(
    name="find_leaks",
    title="Find the leak",
    tier="core",
    difficulty=2,
    minutes=7,
    why="A test that was seen in training measures memory, and no score tells you so.",
    answer=find_leaks,
    probe=_as_truth_values,
    cases=((_TEST, _TRAIN, 5.0), (_TEST.flip(0), _TRAIN, 5.0), (_TRAIN[:3], _TEST, 5.0)),
    misconceptions=(
        Misconception(
            lambda test, train, levels: _leaks(test, train, 0.0),
            "You find exact copies only. A copy that was saved anew, or is a little brighter, is a leak too: allow a "
            "mean difference of up to `levels`.",
        ),
        Misconception(
            _in_bytes,
            "Mind the type: with uint8, 3 - 5 is 254, since the numbers begin anew below 0. Use .float() on both "
            "before you subtract, then .abs().",
        ),
        Misconception(
            _signed,
            "Without .abs() the positive and negative differences cancel, so quite different pictures seem near. Take "
            "absolute differences, then their mean.",
        ),
        Misconception(
            lambda test, train, levels: _leaks(test, train, levels, of_train="mean"),
            "You take the mean distance to all training pictures, and a copy drowns in it. One near picture is "
            "enough: take the minimum over the training pictures.",
        ),
        Misconception(
            lambda test, train, levels: _leaks(test, train, levels, of_pixels="max"),
            "You take the largest difference of any number, so one changed pixel hides a leak. Take the mean over all "
            "numbers of a picture.",
        ),
        Misconception(
            _same_place,
            "You compare test picture i with training picture i only. A leak may come from anywhere: compare each "
            "test picture with every training picture.",
        ),
        Misconception(
            lambda test, train, levels: find_leaks(train, test, levels),
            "You answer for each training picture whether it is in the test. Asked for is one answer a test picture: "
            "(M,).",
        ),
        Misconception(
            lambda test, train, levels: ~find_leaks(test, train, levels),
            "Turned round: True shall mean that the picture leaked, so distance <= levels.",
        ),
    ),
    hints=(
        "For one test picture: its distance to every training picture, then the smallest of these.",
        "(train.float() - picture.float()).abs().mean(dim=(1, 2, 3)) gives (N,) distances to one test picture.",
        "distances.min() <= levels for each test picture in a loop; torch.stack(...) makes a table of the answers.",
    ),
    reasons=(
        "The nearest training picture decides, whichever it is. Converting to float first matters: uint8 has no "
        "negative numbers. For millions of pictures one compares small fingerprints or features instead of pixels."
    ),
    praise="Exact copies, saved copies, and no false alarm.",
)


# 4.4 ----------------------------------------------------------------------------------------------------------------


def mutual_information(counts: Tensor) -> float:
    """How many bits one attribute tells about another: counts (R, C) -> sum of p log2(p / (p_row p_column))."""
    joint = counts.double() / counts.sum()  # (R, C), sums to 1
    independent = joint.sum(dim=1, keepdim=True) * joint.sum(dim=0, keepdim=True)  # (R, C): what no link would give
    there = joint > 0  # 0 log 0 counts 0
    return float((joint[there] * (joint[there] / independent[there]).log2()).sum())


def _information(counts: Tensor, base: float = 2.0) -> float:
    return mutual_information(counts) / math.log2(base)


def _entropy(shares: Tensor) -> float:
    shares = shares[shares > 0]
    return float(-(shares * shares.log2()).sum())


def _with_zeros(counts: Tensor) -> float:
    joint = counts.double() / counts.sum()
    return float((joint * (joint / (joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True))).log2()).sum())


def _against_even(counts: Tensor) -> float:
    joint = counts.double() / counts.sum()
    return math.log2(joint.numel()) - _entropy(joint)


def _unweighted(counts: Tensor) -> float:
    joint = counts.double() / counts.sum()
    ratio = joint / (joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True))
    return float(ratio[joint > 0].log2().sum())


def _as_tensor(attempt: Callable, counts: Tensor) -> object:
    """The answer as a tensor, in which the check knows nan from another nan."""
    answer = attempt(counts)
    return torch.as_tensor(answer) if isinstance(answer, float | int) else answer


INFORMATION = Exercise(
    name="mutual_information",
    title="Bits that one attribute tells about another",
    tier="stretch",
    difficulty=3,
    minutes=8,
    why="One number finds what no accuracy shows: two things in the data that always go together.",
    answer=mutual_information,
    probe=_as_tensor,
    cases=(
        (torch.tensor([[50, 0], [0, 50]]),),
        (torch.tensor([[30, 10], [20, 40]]),),
        (torch.tensor([[8, 4, 0], [2, 3, 7]]),),
        (torch.tensor([[10, 20, 30], [20, 40, 60]]),),
    ),
    misconceptions=(
        Misconception(
            lambda counts: _information(counts, base=math.e),
            "Right, but in nats: you took the natural logarithm. Bits count with base 2: .log2().",
        ),
        Misconception(
            _with_zeros,
            "A pair that never occurs makes 0 * log2(0), which is nan. It counts 0: sum only where the share is "
            "above 0.",
        ),
        Misconception(
            lambda counts: _entropy(counts.double() / counts.sum()),
            "This is the entropy of the whole table: how surprising a pair is. Asked for is what one side tells about "
            "the other: divide the share by what the row and the column alone would give.",
        ),
        Misconception(
            _against_even,
            "You compare with a table in which all pairs are equally frequent. A frequent row or column alone is no "
            "link: compare with (share of the row) * (share of the column).",
        ),
        Misconception(
            _unweighted,
            "The logarithms are right, but every pair counts alike in your sum. Weigh each by how often it occurs, "
            "its share.",
        ),
        Misconception(
            lambda counts: -mutual_information(counts),
            "The sign is turned round: log2(share / expected), not expected / share. Mutual information is never "
            "below 0.",
        ),
        Misconception(
            lambda counts: mutual_information(counts) * float(counts.sum()),
            "You weigh with counts, so more pictures would mean more bits. Divide the counts by their sum first.",
        ),
    ),
    hints=(
        "Three tables of one size: the shares, what they would be without any link, and the logarithm of their ratio.",
        "joint = counts / counts.sum(); joint.sum(dim=1, keepdim=True) * joint.sum(dim=0, keepdim=True) is the second.",
        "keep = joint > 0; then (joint[keep] * (joint[keep] / independent[keep]).log2()).sum()",
    ),
    reasons=(
        "Without a link a pair is as frequent as its row times its column, every ratio is 1 and every logarithm 0. "
        "Two equally frequent values that always go together give 1 bit: the one answers a yes-no question about the "
        "other."
    ),
    praise="0 bits: no link. 1 bit: one yes-no question answered.",
)


# 4.5 ----------------------------------------------------------------------------------------------------------------


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share of independent trials that stays inside [0, 1] and is honest near its ends."""
    z = 1.96
    rate = successes / trials
    middle = (rate + z**2 / (2 * trials)) / (1 + z**2 / trials)
    reach = z / (1 + z**2 / trials) * math.sqrt(rate * (1 - rate) / trials + z**2 / (4 * trials**2))
    return middle - reach, middle + reach


def _plain(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    rate = successes / trials
    reach = z * math.sqrt(rate * (1 - rate) / trials)
    return rate - reach, rate + reach


def _about_the_rate(successes: int, trials: int) -> tuple[float, float]:
    low, high = wilson(successes, trials)
    return successes / trials - (high - low) / 2, successes / trials + (high - low) / 2


def _undivided(successes: int, trials: int) -> tuple[float, float]:
    factor = 1 + 1.96**2 / trials
    low, high = wilson(successes, trials)
    return low * factor, high * factor


def _reach_undivided(successes: int, trials: int) -> tuple[float, float]:
    low, high = wilson(successes, trials)
    middle, reach = (low + high) / 2, (high - low) / 2 * (1 + 1.96**2 / trials)
    return middle - reach, middle + reach


def _no_root(successes: int, trials: int) -> tuple[float, float]:
    rate, square = successes / trials, 1.96**2
    middle = (rate + square / (2 * trials)) / (1 + square / trials)
    reach = 1.96 / (1 + square / trials) * (rate * (1 - rate) / trials + square / (4 * trials**2))
    return middle - reach, middle + reach


WILSON = Exercise(
    name="wilson",
    title="How sure is a share?",
    tier="core",
    difficulty=2,
    minutes=6,
    why="Every table of this course has these intervals; without them you compare luck with luck.",
    answer=wilson,
    cases=((20, 20), (9, 10), (0, 5), (393, 400)),
    misconceptions=(
        Misconception(
            _plain,
            "This is the plain interval, rate +- 1.96 sqrt(rate (1 - rate) / n). For 20 of 20 it says [1, 1]: as sure "
            "as can be after 20 trials. Use Wilson's formula for middle and reach.",
        ),
        Misconception(
            lambda successes, trials: tuple(min(max(end, 0.0), 1.0) for end in _plain(successes, trials)),
            "You cut the plain interval off at 0 and 1. That hides the trouble and mends nothing: 20 of 20 still gives "
            "[1, 1]. Use Wilson's formula.",
        ),
        Misconception(
            _about_the_rate,
            "The reach is right, but Wilson's interval does not lie around the rate: its middle is drawn towards 1/2, "
            "(rate + z^2 / 2n) / (1 + z^2 / n).",
        ),
        Misconception(
            _undivided,
            "Nearly: middle and reach are both to be divided by 1 + z^2 / n.",
        ),
        Misconception(
            _reach_undivided,
            "The middle is right; the reach must be divided by 1 + z^2 / n as well.",
        ),
        Misconception(
            _no_root,
            "The square root is missing in the reach, so your interval is far too narrow.",
        ),
        Misconception(
            lambda successes, trials: (sum(wilson(successes, trials)) / 2, wilson(successes, trials)[1]),
            "You return the middle and the upper end. Asked for are both ends: middle - reach, middle + reach.",
        ),
        Misconception(
            lambda successes, trials: tuple(100 * end for end in wilson(successes, trials)),
            "Right, but in percent. Shares lie between 0 and 1 here.",
        ),
    ),
    hints=(
        "Compute rate, middle and reach in three lines, with z = 1.96; return middle - reach and middle + reach.",
        "middle = (rate + z**2 / (2 * n)) / (1 + z**2 / n)",
        "reach = z / (1 + z**2 / n) * sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))",
    ),
    reasons=(
        "Wilson asks: for which true shares would what we saw be no great surprise? The plain interval estimates the "
        "spread from the seen share itself, and a share of 1 seems to have no spread at all."
    ),
    praise="20 of 20, and still room for doubt.",
    tolerance=1e-3,
)


# 4.6 ----------------------------------------------------------------------------------------------------------------


def _differences(stated: Tensor, training_stated: Tensor) -> Tensor:
    return (stated[:, None] != training_stated[None]).sum(dim=2)  # (B, N)


def nearest_caption(stated: Tensor, training_stated: Tensor) -> Tensor:
    """For each caption (B, 9) the place (B,) of the training caption (N, 9) that differs in the fewest attributes."""
    differences = (stated[:, None] != training_stated[None]).sum(dim=2)  # (B, N)
    return torch.tensor([row.index(min(row)) for row in differences.tolist()])  # index() finds the first of several


def _wildcards(stated: Tensor, training_stated: Tensor) -> Tensor:
    asked = stated[:, None] >= 0
    return ((stated[:, None] != training_stated[None]) & asked).sum(dim=2)


def _first_smallest(table: Tensor) -> Tensor:
    return torch.tensor([row.index(min(row)) for row in table.tolist()])


_ASKED = torch.tensor(
    [stated_to_ids(each) for each in (
        {"subject": "cat", "color": "red", "place": "hill"},
        {"subject": "girl", "holding": "umbrella", "weather": "rain"},
        {"place": "desert", "time": "night"},
    )]
)  # fmt: skip
_LEARNT = torch.tensor(
    [stated_to_ids(each) for each in (
        {"place": "desert", "time": "day", "birds": "few"},
        {"subject": "cat", "color": "red", "place": "hill", "weather": "rain", "birds": "many", "position": "left"},
        {"subject": "cat", "color": "orange", "place": "hill"},
        {"subject": "cat", "color": "black", "place": "hill"},
        {"subject": "girl", "holding": "umbrella", "weather": "snow"},
        {"place": "lake", "time": "night"},
        {"subject": "girl", "holding": "umbrella"},
    )]
)  # fmt: skip

NEAREST = Exercise(
    name="nearest_caption",
    title="An artist without a brush",
    tier="core",
    difficulty=2,
    minutes=6,
    why="What you build in the next lessons must beat this, or it was not worth training.",
    answer=nearest_caption,
    probe=_as_table,
    cases=((_ASKED, _LEARNT), (_ASKED[:1], _LEARNT.flip(0)), (_LEARNT, _ASKED)),
    misconceptions=(
        Misconception(
            lambda stated, training_stated: _first_smallest(_wildcards(stated, training_stated)),
            "You count only what the new caption states, so a training caption that says more costs nothing. Here "
            "saying something else, saying less and saying more each count as one difference: compare all nine.",
        ),
        Misconception(
            lambda stated, training_stated: _first_smallest((stated[:, None] - training_stated[None]).abs().sum(dim=2)),
            "You subtract the numbers of the values. They are names, not amounts: orange (1) is no nearer to red (0) "
            "than black (8). Count the attributes that differ, with !=.",
        ),
        Misconception(
            lambda stated, training_stated: _differences(stated, training_stated).argmax(dim=1),
            "You look for the caption with the most differences (or the fewest agreements). The nearest one has the "
            "fewest differences.",
        ),
        Misconception(
            lambda stated, training_stated: _differences(stated, training_stated).amin(dim=1),
            "You return how many attributes differ. Asked for is where the nearest caption stands: its place in the "
            "list, 0 for the first.",
        ),
        Misconception(
            lambda stated, training_stated: (
                len(training_stated) - 1 - _first_smallest(_differences(stated, training_stated).flip(1))
            ),
            "Among equally near captions you take the last one; take the first.",
        ),
        Misconception(
            lambda stated, training_stated: _differences(stated, training_stated).argmin(dim=0),
            "You answer for every training caption. Asked for is one answer a new caption: argmin over the training "
            "captions, the second axis of (B, N).",
        ),
    ),
    hints=(
        "For one caption: compare it with every training caption, count the attributes that differ, take the place of "
        "the smallest count.",
        "(caption != training_stated).sum(dim=1) gives (N,) counts for one caption (9,).",
        "Loop over the captions; counts = (caption != training_stated).sum(dim=1).tolist(); "
        "counts.index(min(counts)) is the first smallest. torch.tensor(...) of all of them.",
    ),
    reasons=(
        "Whether a caption speaks of an attribute is information too, so all nine places count. Values are names: only "
        "equal or not equal means something. The library's `nearest_captions` does the same for thousands."
    ),
    praise="A complete artist in one line, and not a bad one.",
)


# 4.7 ----------------------------------------------------------------------------------------------------------------


def write_folder(folder: Path, pictures: list[Image.Image], captions: list[tuple[str, str]]) -> None:
    """Save pictures and metadata.jsonl, one line a picture, each with an English and a Chinese caption."""
    with open(folder / "metadata.jsonl", "w", encoding="utf-8") as table:
        for number, (picture, (english, chinese)) in enumerate(zip(pictures, captions, strict=True)):
            name = f"{number:04}.png"
            picture.save(folder / name)
            row = {"file_name": name, "caption_en": english, "caption_zh": chinese}
            table.write(json.dumps(row, ensure_ascii=False) + "\n")


def _read_elsewhere(attempt: Callable, pictures: list[Image.Image], captions: list[tuple[str, str]]) -> object:
    """Let an attempt write a folder, move it as a download would, and say what `CaptionedFolder` finds there.

    Returns:
        each picture's captions and its main colour; the reader's complaint if it has one; None if nothing was written.
    """
    with TemporaryDirectory() as place:
        made, moved = Path(place) / "made", Path(place) / "moved"
        made.mkdir()
        attempt(made, pictures, captions)
        if not any(made.iterdir()):
            return None
        made.rename(moved)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                data = CaptionedFolder(moved, size=8)
        except ValueError as error:
            return str(error).replace(str(moved), "the folder").replace(str(made), "the old folder")
        found = [(_main_colour(item.pixels), *item.captions) for item in (data[place] for place in range(len(data)))]
        return [*found, *(f"{name}: {reason}" for name, reason in data.skipped)]


def _main_colour(pixels: Tensor) -> str:
    return ("red", "green", "blue")[int(pixels.float().mean(dim=(0, 1)).argmax())]


def _write(
    folder: Path,
    pictures: list[Image.Image],
    captions: list[tuple[str, str]],
    name: Callable[[Path, int], str] = lambda folder, number: f"{number}.png",
    columns: tuple[str, ...] = ("caption_en", "caption_zh"),
    table: str = "metadata.jsonl",
    join: Callable[[list[dict]], str] = lambda rows: "".join(json.dumps(row) + "\n" for row in rows),
    encoding: str = "utf-8",
) -> None:
    """Write a folder with one thing done otherwise."""
    rows = []
    for number, (picture, said) in enumerate(zip(pictures, captions, strict=True)):
        picture.save(folder / Path(name(folder, number)).with_suffix(".png").name)
        rows.append({"file_name": name(folder, number)} | dict(zip(columns, said, strict=False)))
    (folder / table).write_text(join(rows), encoding=encoding)


def _wrong_write(**otherwise: object) -> Callable:
    return lambda folder, pictures, captions: _write(folder, pictures, captions, **otherwise)


def _plain_lines(rows: list[dict]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


_BLOTS = [Image.new("RGB", (12, 8), colour) for colour in ("red", "lime", "blue")]
_SAID = [("a red blot", "一个红点"), ('a green blot, called "Ed"', "一个绿点，叫“小绿”"), ("a blue blot", "一个蓝点")]

FOLDER = Exercise(
    name="write_folder",
    title="A data set of your own",
    tier="project",
    difficulty=2,
    minutes=12,
    why="Lesson 14 trains an artist on such a folder, and half the data sets of the world look like it.",
    answer=write_folder,
    probe=_read_elsewhere,
    cases=((_BLOTS, _SAID), (_BLOTS[::-1], _SAID[::-1])),
    misconceptions=(
        Misconception(
            _wrong_write(join=lambda rows: json.dumps(rows) + "\n"),
            "You wrote one JSON list with everything in it. In a .jsonl file every line is a JSON object of its own: "
            "json.dumps(row) for each picture, each followed by a line break.",
        ),
        Misconception(
            _wrong_write(join=lambda rows: json.dumps(rows[-1]) + "\n"),
            'Only the last picture is in the table. A file opened with "w" inside the loop begins anew each time: '
            "open it once, before the loop.",
        ),
        Misconception(
            _wrong_write(join=lambda rows: "".join(json.dumps(row) for row in rows)),
            'The lines run into each other: file.write adds no line break. Write json.dumps(row) + "\\n".',
        ),
        Misconception(
            _wrong_write(name=lambda folder, number: str(folder / f"{number}.png")),
            "Your file names hold the whole path. The check moved your folder, as everybody does who copies or "
            'downloads it, and nothing was found any more. file_name is relative to the folder: "0.png".',
        ),
        Misconception(
            _wrong_write(columns=("description_en", "description_zh")),
            "The reader finds no captions in your columns. Name them caption_en and caption_zh.",
        ),
        Misconception(
            _wrong_write(name=lambda folder, number: str(number)),
            "The table names files that are not there. Write the name with its ending, just as the picture was saved.",
        ),
        Misconception(
            _wrong_write(join=_plain_lines, encoding="gb18030"),
            "The table is not UTF-8, so the Chinese captions cannot be read. On many machines open(...) takes the "
            'system\'s encoding: say encoding="utf-8".',
        ),
        Misconception(
            _wrong_write(join=lambda rows: "".join(f"{row}\n" for row in rows)),
            "You wrote Python's way to print a dictionary, with single quotes. JSON has its own rules: "
            "json.dumps(row).",
        ),
        Misconception(
            _wrong_write(table="captions.jsonl"),
            "The reader looks for a table of the name metadata.jsonl (or metadata.csv).",
        ),
        Misconception(
            _wrong_write(name=lambda folder, number: "picture.png"),
            "All your pictures have the same file name, so each overwrote the one before it. Number them.",
        ),
        Misconception(
            _wrong_write(columns=("caption_en",)),
            "The Chinese captions are missing: a second column, caption_zh.",
        ),
    ),
    hints=(
        'Open folder / "metadata.jsonl" once, with encoding="utf-8". Then a loop: save the picture, write its line.',
        'A line is json.dumps({"file_name": ..., "caption_en": ..., "caption_zh": ...}) + "\\n".',
        'Name the pictures f"{number}.png" and save them with picture.save(folder / name); file_name is that name '
        "alone.",
    ),
    reasons=(
        "One line a picture means that a table of millions can be read line by line, and a broken line can be named "
        "by its number. Names relative to the folder mean that it may be moved. `ensure_ascii=False` keeps Chinese "
        "readable in an editor; without it the file is as valid."
    ),
    praise="It was moved, read back, and every caption found its picture.",
)

EXERCISES = (ALLOWED, MIRRORED, LEAKS, INFORMATION, WILSON, NEAREST, FOLDER)
