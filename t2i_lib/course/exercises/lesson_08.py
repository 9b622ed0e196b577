"""Exercises of lesson 08: who wears which colour, places that read words, captions that are wrong in the right way."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import torch
from torch import Tensor, nn

from t2i_lib.attention import MultiHeadAttention, attend
from t2i_lib.course.checks import Exercise, Misconception
from t2i_lib.discriminator import WordRegionScore
from t2i_lib.storybook.scene import ATTRIBUTES, allowed_values


def _drawn(*shape: int, seed: int = 0) -> Tensor:
    """Numbers between -2 and 2 in steps of a tenth, always the same ones."""
    return torch.randint(-20, 21, shape, generator=torch.Generator().manual_seed(seed)) / 10


# 8.1 ----------------------------------------------------------------------------------------------------------------


def binding_score(found: Tensor, asked: Tensor) -> float:
    """Of the pictures that show both asked colours somewhere, the share that has each in its place.

    Args:
        found, asked: (B, 2) int64, colours of sun and sea; -1 in `found`: none can be made out.
    """
    both = (found.sort(dim=1).values == asked.sort(dim=1).values).all(dim=1)  # (B,)
    bound = (found == asked).all(dim=1)  # (B,)
    return (bound.sum() / both.sum().clamp(min=1)).item()


def _both(found: Tensor, asked: Tensor) -> Tensor:
    return (found.sort(dim=1).values == asked.sort(dim=1).values).all(dim=1)


BINDING = Exercise(
    name="binding_score",
    title="Each colour in its place",
    tier="core",
    difficulty=1,
    minutes=5,
    why="A score that only asks whether the colours are there cannot see the mistake that this lesson is about.",
    answer=binding_score,
    cases=(
        (
            torch.tensor([[0, 3], [3, 0], [1, 2], [2, 2], [0, -1], [3, 1], [-1, -1]]),
            torch.tensor([[0, 3], [0, 3], [0, 3], [2, 0], [0, 3], [3, 1], [1, 2]]),
        ),
        (torch.tensor([[2, 1], [1, 2], [2, 1]]), torch.tensor([[1, 2], [1, 2], [1, 2]])),
        (torch.tensor([[-1, -1], [1, 3]]), torch.tensor([[0, 1], [2, 0]])),
    ),
    misconceptions=(
        Misconception(
            lambda found, asked: (found == asked).all(dim=1).float().mean().item(),
            "You divide by all pictures. A picture in which a colour is missing altogether says nothing about binding: "
            "count only those that show both asked colours, in whichever place.",
        ),
        Misconception(
            lambda found, asked: (found == asked).float().mean().item(),
            "This is the accuracy colour by colour. Binding is about whole pictures: of those with both colours, how "
            "many have *both* in place?",
        ),
        Misconception(
            lambda found, asked: _both(found, asked).float().mean().item(),
            "This is the share of pictures that show both colours, swapped or not. It is the denominator you need; "
            "the numerator asks for each colour in its own place.",
        ),
        Misconception(
            lambda found, asked: (
                (found.flip(1) == asked).all(dim=1).sum() / _both(found, asked).sum().clamp(min=1)
            ).item(),
            "You count the swapped pictures: 1 minus the answer. Compare `found` with `asked` as they are.",
        ),
        Misconception(
            lambda found, asked: (
                (found == asked).all(dim=1).sum() / (found.sum(1) == asked.sum(1)).sum().clamp(min=1)
            ).item(),
            "You compare the sums of the colour numbers, but red and blue (0 + 3) have the sum of yellow and green "
            "(1 + 2). Sort both rows and compare them place by place.",
        ),
        Misconception(
            lambda found, asked: (
                (found == asked).all(dim=1).sum() / (found == asked).any(dim=1).sum().clamp(min=1)
            ).item(),
            "You divide by the pictures with at least one colour in place. The swapped ones, which matter most, have "
            "none in place, and so fall out of your count.",
        ),
        Misconception(
            lambda found, asked: (
                (found == asked).all(dim=1).sum() / (found >= 0).all(dim=1).sum().clamp(min=1)
            ).item(),
            "You divide by the pictures in which any two colours can be made out. They must be the two *asked* ones.",
        ),
    ),
    hints=(
        "Two yes-or-no tensors (B,): does the picture show both asked colours, and is each in its place?",
        "Order does not matter for the first: found.sort(dim=1).values == asked.sort(dim=1).values, then .all(dim=1).",
        "(found == asked).all(dim=1).sum() / both.sum().clamp(min=1), and .item() makes a number of it.",
    ),
    reasons=(
        "Sorting makes two rows equal if they hold the same colours, in whichever order. What remains to be asked is "
        "the order itself. A generator that knows the colours and tosses a coin for the places gets 0.5."
    ),
    praise="1 for a reader, 0.5 for whoever knows the words and tosses a coin.",
)


# 8.2 ----------------------------------------------------------------------------------------------------------------


def read_grid(
    features: Tensor, text_features: Tensor, mask: Tensor, layer: nn.Module, positions: Tensor, scale: Tensor
) -> Tensor:
    """Let each place of a grid read the words, and add what it read: (B, C, h, w) -> (B, C, h, w)."""
    places = features.flatten(2).transpose(1, 2)  # (B, h*w, C)
    read, _ = layer(places + positions, text_features, mask)  # (B, h*w, C)
    return features + (scale * read).transpose(1, 2).reshape(features.shape)  # (B, C, h, w)


def _with_reader(attempt, features: Tensor, text_features: Tensor, mask: Tensor) -> Tensor:
    channels, count = features.shape[1], features.shape[2] * features.shape[3]
    torch.manual_seed(channels)
    layer = MultiHeadAttention(channels, num_heads=2, context_dim=text_features.shape[-1])
    with torch.no_grad():
        return attempt(
            features, text_features, mask, layer, _drawn(1, count, channels, seed=9), _drawn(channels, seed=10)
        )


def _parts_read(features, text_features, mask, layer, positions):
    places = features.flatten(2).transpose(1, 2)
    return layer(places + positions, text_features, mask)[0]


def _back(read: Tensor, features: Tensor) -> Tensor:
    return read.transpose(1, 2).reshape(features.shape)


def _without_positions(features, text_features, mask, layer, positions, scale):
    return features + _back(scale * _parts_read(features, text_features, mask, layer, 0 * positions), features)


def _without_mask(features, text_features, mask, layer, positions, scale):
    return read_grid(features, text_features, None, layer, positions, scale)


def _without_the_old(features, text_features, mask, layer, positions, scale):
    return _back(scale * _parts_read(features, text_features, mask, layer, positions), features)


def _without_scale(features, text_features, mask, layer, positions, scale):
    return features + _back(_parts_read(features, text_features, mask, layer, positions), features)


def _positions_kept(features, text_features, mask, layer, positions, scale):
    places = features.flatten(2).transpose(1, 2) + positions
    return _back(places + scale * layer(places, text_features, mask)[0], features)


def _reshaped_back(features, text_features, mask, layer, positions, scale):
    return features + (scale * _parts_read(features, text_features, mask, layer, positions)).reshape(features.shape)


def _reshaped_there(features, text_features, mask, layer, positions, scale):
    places = features.reshape(features.shape[0], -1, features.shape[1])
    return features + _back(scale * layer(places + positions, text_features, mask)[0], features)


GRID = Exercise(
    name="read_grid",
    title="Places read, and remember what they were",
    tier="core",
    difficulty=2,
    minutes=8,
    why="This is the layer through which single words reach the picture in this course's generator.",
    answer=read_grid,
    probe=_with_reader,
    cases=(
        (_drawn(2, 6, 2, 3, seed=1), _drawn(2, 5, 7, seed=2), torch.tensor([[True] * 5, [True] * 3 + [False] * 2])),
        (_drawn(1, 4, 3, 3, seed=3), _drawn(1, 3, 5, seed=4), torch.tensor([[True, True, False]])),
    ),
    misconceptions=(
        Misconception(
            _without_positions,
            "The positions are not used. Without them a place knows what it looks like but not where it is, and "
            "*left* means nothing to it. Add them to the places that ask.",
        ),
        Misconception(
            _without_mask,
            "The mask is not used: your places read padding. It is the layer's third argument.",
        ),
        Misconception(
            _without_the_old,
            "You return what was read, and what the grid held before is gone: its layout, the noise, all earlier "
            "layers. Add what was read to `features`.",
        ),
        Misconception(
            _without_scale,
            "What was read is added at full strength. Multiply it by `scale`, one number a channel, by which the "
            "network decides how far to trust its reading.",
        ),
        Misconception(
            _positions_kept,
            "The positions end up in the result. They are only for asking: add them to what goes into the layer, and "
            "add what was read to `features` as they were.",
        ),
        Misconception(
            _reshaped_back,
            "On the way back (B, h*w, C) was reshaped straight to (B, C, h, w). The shape is right, the numbers are "
            "shuffled: first transpose(1, 2), then reshape.",
        ),
        Misconception(
            _reshaped_there,
            "On the way there (B, C, h, w) was reshaped straight to (B, h*w, C), so a place got numbers of other "
            "places. flatten(2) first, then transpose(1, 2).",
        ),
    ),
    hints=(
        "Three lines: grid to list of places, ask the layer, list of places back to grid and add.",
        "There: features.flatten(2).transpose(1, 2). Back: the transpose first, then .reshape(features.shape).",
        "read, _ = layer(places + positions, text_features, mask); then features + (scale * read).transpose(1, 2)"
        ".reshape(features.shape).",
    ),
    reasons=(
        "Attention knows lists, convolutions know grids; flatten and transpose go from one to the other. What was "
        "read is added, not put in place of what was there, so a layer that has learned nothing yet does no harm."
    ),
    praise="Every place reads, and none forgets what it was.",
)


# 8.3 ----------------------------------------------------------------------------------------------------------------


def still_true(stated: Tensor, attributes: Tensor) -> Tensor:
    """Whether caption i is true of picture i.

    Args:
        stated: (B, 9) int64, what the captions state; -1 = not stated.
        attributes: (B, 9) int64, what the pictures show; -1 = does not apply.

    Returns:
        (B,) bool.
    """
    return ((stated < 0) | (stated == attributes)).all(dim=1)


_STATED = torch.tensor([[2, -1, -1], [2, 0, -1], [-1, 5, 1], [-1, -1, 3], [1, 4, 2], [-1, 3, -1], [1, 3, 2]])
_SHOWN = torch.tensor([[2, 4, 1], [2, 4, 1], [0, 5, 1], [0, 5, -1], [1, 4, 2], [0, -1, 3], [1, -1, 2]])

TRUE = Exercise(
    name="still_true",
    title="Is the wrong caption wrong?",
    tier="core",
    difficulty=1,
    minutes=5,
    why="A caption taken from another picture may be true by chance, and then it teaches the opposite of listening.",
    answer=still_true,
    cases=((_STATED, _SHOWN), (_STATED[:1].expand(3, -1), _SHOWN[1:4])),
    misconceptions=(
        Misconception(
            lambda stated, attributes: (stated == attributes).all(dim=1),
            "You call a caption false where it is silent. What a caption does not state (-1) it cannot get wrong: an "
            "attribute passes if it is not stated *or* agrees.",
        ),
        Misconception(
            lambda stated, attributes: ((stated < 0) | (stated == attributes)).any(dim=1),
            "One agreement is enough for you. A caption is true if *everything* that it states is.",
        ),
        Misconception(
            lambda stated, attributes: ((stated < 0) | (attributes < 0) | (stated == attributes)).all(dim=1),
            "You let pass what does not apply to the picture. But a caption that states a red coat is false of a "
            "picture with nobody in it: only the caption's own -1 is silence.",
        ),
        Misconception(
            lambda stated, attributes: ((attributes < 0) | (stated == attributes)).all(dim=1),
            "The -1 that means silence is the caption's. You look for it in the picture's attributes.",
        ),
        Misconception(
            lambda stated, attributes: ~((stated < 0) | (stated == attributes)).all(dim=1),
            "Just the other way round: this is True where the caption is false.",
        ),
        Misconception(
            lambda stated, attributes: ((stated >= 0) & (stated == attributes)).any(dim=1),
            "You ask whether some stated thing agrees. All of them must.",
        ),
    ),
    hints=(
        "For each attribute: when does it speak against the caption? Only if it is stated and differs.",
        "An attribute passes if stated < 0, or if stated == attributes. `|` is *or* for tensors, with brackets.",
        "((stated < 0) | (stated == attributes)).all(dim=1)",
    ),
    reasons=(
        "Silence is not a claim. So a short caption is true of many pictures, and the shorter the captions, the more "
        "often a neighbour's caption is no wrong caption at all."
    ),
    praise="Silence is not a lie, and one false word is enough.",
)


# 8.4 ----------------------------------------------------------------------------------------------------------------


def choose_wrong(neighbours: Tensor, changed: Tensor, fitting: Tensor) -> Tensor:
    """Wrong captions for a batch: in rows 0, 2, 4, ... the neighbour's, unless it fits; in all other rows the changed.

    Args:
        neighbours, changed: (B, D) float, what is read in the neighbour's and in the changed caption.
        fitting: (B,) bool, whether the neighbour's caption happens to be true.
    """
    turn = torch.arange(len(fitting)) % 2 == 0  # (B,)
    take = turn & ~fitting
    return torch.where(take[:, None], neighbours, changed)


def _choose(take: Tensor, neighbours: Tensor, changed: Tensor) -> Tensor:
    return torch.where(take[:, None], neighbours, changed)


def _even(fitting: Tensor) -> Tensor:
    return torch.arange(len(fitting)) % 2 == 0


_FITTING = torch.tensor([False, False, True, True, False, True, False])

CHOOSE = Exercise(
    name="choose_wrong",
    title="Two kinds of wrong",
    tier="core",
    difficulty=2,
    minutes=5,
    why="Captions that are wrong altogether teach the large things, those wrong in one word the small ones.",
    answer=choose_wrong,
    cases=(
        (_drawn(7, 3, seed=5), _drawn(7, 3, seed=6), _FITTING),
        (_drawn(4, 5, seed=7), _drawn(4, 5, seed=8), torch.tensor([True, False, False, True])),
    ),
    misconceptions=(
        Misconception(
            lambda neighbours, changed, fitting: _choose(_even(fitting), neighbours, changed),
            "Rows 0, 2, 4, ... as asked, but a neighbour's caption is taken even where it fits. There the "
            "discriminator would be told that a true caption is wrong. Add `& ~fitting`.",
        ),
        Misconception(
            lambda neighbours, changed, fitting: _choose(_even(fitting) & fitting, neighbours, changed),
            "You take the neighbour's caption exactly where it fits. `fitting` needs a `~` (not) before it.",
        ),
        Misconception(
            lambda neighbours, changed, fitting: _choose(~_even(fitting) & ~fitting, neighbours, changed),
            "Your turns are rows 1, 3, 5, ...; asked are 0, 2, 4, ...: arange % 2 == 0.",
        ),
        Misconception(
            lambda neighbours, changed, fitting: _choose(~fitting, neighbours, changed),
            "You take a neighbour's caption wherever it is wrong. Then hardly any caption is wrong in one word only, "
            "and small things are never asked about. Only every other row is the neighbour's turn.",
        ),
        Misconception(
            lambda neighbours, changed, fitting: _choose(
                torch.arange(len(fitting)) < len(fitting) // 2, neighbours, changed
            ),
            "You give the first half of the batch to the neighbours, fitting or not. It is every other row, and only "
            "where the neighbour's caption is really wrong.",
        ),
        Misconception(
            lambda neighbours, changed, fitting: _choose(_even(fitting) & ~fitting, changed, neighbours),
            "The right rows, with the two kinds exchanged: torch.where(condition, if true, if false).",
        ),
    ),
    hints=(
        "First one yes-or-no a row: is it the neighbour's turn, and is its caption really wrong?",
        "torch.arange(B) % 2 == 0 marks rows 0, 2, 4, ...; `&` is *and*, `~` is *not*.",
        "torch.where(take[:, None], neighbours, changed): the condition needs a second axis to stretch over D.",
    ),
    reasons=(
        "A neighbour's caption that fits is replaced by the changed one, not left out, so that every picture still "
        "meets one wrong caption."
    ),
    praise="Half of them wrong altogether, half in one word, none of them true.",
)


# 8.5 ----------------------------------------------------------------------------------------------------------------


def counterfactuals(stated: Mapping[str, str]) -> list[dict[str, str]]:
    """All statements of the storybook world that differ from `stated` in the value of exactly one attribute."""
    found = []
    for name in stated:
        others = {key: value for key, value in stated.items() if key != name}
        for value in allowed_values(name, others):
            if value not in (None, stated[name]):
                found.append({**others, name: value})
    return found


def _as_table(attempt, stated: Mapping[str, str]) -> Any:
    """The statements as rows of ids, sorted, so that their order does not matter."""
    statements = attempt(dict(stated))
    if not isinstance(statements, list | tuple):
        return statements  # not written yet, or no list: the check says so
    rows = sorted(
        tuple(ATTRIBUTES[name].index(each[name]) if name in each else -1 for name in ATTRIBUTES) for each in statements
    )
    return torch.tensor(rows or [[-2] * len(ATTRIBUTES)])


def _changed_by(stated, values_of, names=None) -> list[dict[str, str]]:
    return [
        {**stated, name: value}
        for name in (names or stated)
        for value in values_of(name)
        if value != stated.get(name) and value is not None
    ]


def _others(stated: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in stated.items() if key != name}


def _two_changed(stated: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {**stated, one: first, two: second}
        for one, two in combinations(stated, 2)
        for first in ATTRIBUTES[one]
        for second in ATTRIBUTES[two]
        if first != stated[one] and second != stated[two]
    ]


COUNTERFACTUALS = Exercise(
    name="counterfactuals",
    title="Wrong in one word",
    tier="stretch",
    difficulty=2,
    minutes=7,
    why="A caption that is wrong in one word can only be told from the right one by reading that word.",
    answer=counterfactuals,
    probe=_as_table,
    cases=(
        ({"subject": "cat", "color": "red"},),
        ({"place": "hill", "time": "sunset", "weather": "rainbow"},),
        ({"place": "lake", "subject": "girl", "holding": "umbrella"},),
    ),
    misconceptions=(
        Misconception(
            lambda stated: _changed_by(stated, lambda name: ATTRIBUTES[name]),
            "You change one thing at a time, but into things that this world does not have: a cat with an umbrella, a "
            "rainbow at night. allowed_values(name, others) knows which values go with the rest.",
        ),
        Misconception(
            lambda stated: [
                {**stated, name: value}
                for name in stated
                for value in allowed_values(name, _others(stated, name))
                if value is not None
            ],
            "The statement itself is among yours, once for every attribute. Leave out the value that it has already.",
        ),
        Misconception(
            lambda stated: _changed_by(stated, lambda name: allowed_values(name, _others(stated, name))[:2]),
            "Some are missing: go through *all* values that allowed_values gives.",
        ),
        Misconception(
            lambda stated: _changed_by(stated, lambda name: allowed_values(name, _others(stated, name)), ATTRIBUTES),
            "You also add attributes that were not stated. A longer caption may still be true of the picture; change "
            "only what is stated.",
        ),
        Misconception(
            _two_changed,
            "You change two things at once. Then one word is enough to unmask the caption, and the other is never "
            "learned.",
        ),
        Misconception(
            lambda stated: [_others(stated, name) for name in stated],
            "You leave a thing out. What remains is still true of the picture: silence is not a lie (exercise 8.3).",
        ),
    ),
    hints=(
        "Two loops: over what is stated, and over the values it could have instead.",
        "others = {key: value for key, value in stated.items() if key != name}; then allowed_values(name, others).",
        "Keep {**others, name: value} unless the value is None or stated[name].",
    ),
    reasons=(
        "The rules must be asked with the attribute itself left out, for it is about to change. The library draws one "
        "of these by lot for every picture and step, and leaves out pairs that are kept for the test of unseen things."
    ),
    praise="One word each, and all of them possible.",
)


# 8.6 ----------------------------------------------------------------------------------------------------------------


def tug_of_war(found: Tensor, first: Tensor, second: Tensor) -> tuple[float, float]:
    """Two prompts pull at every picture: which shares of what they disagree about go to the first, and to the second?

    Args:
        found: (B, 9) int64, what the judge sees in the pictures.
        first, second: (9,) int64, what the two prompts state; -1 = not stated.
    """
    disputed = (first >= 0) & (second >= 0) & (first != second)  # (9,)
    seen = found[:, disputed]  # (B, disputed)
    to_first = (seen == first[disputed]).float().mean().item()
    to_second = (seen == second[disputed]).float().mean().item()
    return to_first, to_second


def _war(found: Tensor, first: Tensor, second: Tensor, where: Tensor) -> tuple[float, float]:
    seen = found[:, where]
    return (seen == first[where]).float().mean().item(), (seen == second[where]).float().mean().item()


def _by_picture(found: Tensor, first: Tensor, second: Tensor) -> tuple[float, float]:
    disputed = (first >= 0) & (second >= 0) & (first != second)
    seen = found[:, disputed]
    one, two = (seen == first[disputed]).sum(1), (seen == second[disputed]).sum(1)
    return (one > two).float().mean().item(), (two > one).float().mean().item()


TUG = Exercise(
    name="tug_of_war",
    title="Tug of war",
    tier="stretch",
    difficulty=2,
    minutes=6,
    why="Give one part of a network another prompt than the rest, and you see what that part is for.",
    answer=tug_of_war,
    cases=(
        (
            torch.tensor([[1, 2, 0, 4], [1, 3, 0, 4], [5, 2, 0, 6], [0, 2, 0, 1]]),
            torch.tensor([1, 2, 0, -1]),
            torch.tensor([5, 3, 0, 4]),
        ),
        (
            torch.tensor([[0, 1, 2, 2, 3], [4, 1, 0, 2, 3], [4, 0, 2, 0, 1]]),
            torch.tensor([0, 1, 2, -1, 3]),
            torch.tensor([4, 0, -1, 2, 3]),
        ),
    ),
    misconceptions=(
        Misconception(
            lambda found, first, second: _war(found, first, second, (first >= 0) & (second >= 0)),
            "You also count what both prompts agree about. There nobody pulls, and both get the points.",
        ),
        Misconception(
            lambda found, first, second: _war(found, first, second, first != second),
            "You also count what only one of them states. -1 means silence, and who is silent does not pull.",
        ),
        Misconception(
            lambda found, first, second: (tug_of_war(found, first, second)[0], 1 - tug_of_war(found, first, second)[0]),
            "You took for granted that what does not go to the first goes to the second. A picture may show a third "
            "thing that nobody asked for: count both.",
        ),
        Misconception(
            lambda found, first, second: tug_of_war(found, first, second)[::-1],
            "The right numbers in the other order: first the share of `first`.",
        ),
        Misconception(
            _by_picture,
            "You let each picture decide as a whole, by majority. Asked is the share of all disputed things, over all "
            "pictures together: a mean over (B, disputed).",
        ),
        Misconception(
            lambda found, first, second: tuple(
                (found == each).all(dim=1).float().mean().item() for each in (first, second)
            ),
            "You ask for pictures that show *everything* one prompt states. Count thing by thing, and only those "
            "about which the prompts disagree.",
        ),
    ),
    hints=(
        "First: about which of the attributes do the two disagree? A tensor of yes and no, as long as `first`.",
        "Both must state it and they must differ: (first >= 0) & (second >= 0) & (first != second).",
        "found[:, disputed] == first[disputed], then .float().mean().item(); the same for second.",
    ),
    reasons=(
        "Only what is disputed can show who wins, and two shares instead of one leave room for the case that nobody "
        "does."
    ),
    praise="Two shares, and what is missing to 1 went to neither.",
)


# 8.7 ----------------------------------------------------------------------------------------------------------------


def word_region_score(
    features: Tensor, text_features: Tensor, mask: Tensor, regions: nn.Linear, words: nn.Linear
) -> Tensor:
    """How well the words find what they name somewhere in the picture: (B, C, h, w), (B, L, D), (B, L) -> (B,)."""
    keys, values = regions(features.flatten(2).transpose(1, 2)).chunk(2, dim=-1)  # (B, h*w, R) each
    queries, wanted = words(text_features).chunk(2, dim=-1)  # (B, L, R) each
    found, _ = attend(queries, keys, values)  # (B, L, R)
    score = (found * wanted).mean(dim=-1) * mask  # (B, L)
    return score.sum(dim=1) / mask.sum(dim=1)  # (B,)


def _with_two_maps(attempt, features: Tensor, text_features: Tensor, mask: Tensor) -> Tensor:
    torch.manual_seed(3)
    score = WordRegionScore(features.shape[1], text_features.shape[-1], region_dim=3)
    with torch.no_grad():
        return attempt(features, text_features, mask, score.regions, score.words)


def _prepared(features, text_features, regions, words):
    keys, values = regions(features.flatten(2).transpose(1, 2)).chunk(2, dim=-1)
    queries, wanted = words(text_features).chunk(2, dim=-1)
    return keys, values, queries, wanted


def _mean_over_tokens(score: Tensor, mask: Tensor) -> Tensor:
    return (score * mask).sum(1) / mask.sum(1)


def _padding_counted(features, text_features, mask, regions, words):
    keys, values, queries, wanted = _prepared(features, text_features, regions, words)
    return (attend(queries, keys, values)[0] * wanted).mean(-1).mean(1)


def _divided_by_length(features, text_features, mask, regions, words):
    keys, values, queries, wanted = _prepared(features, text_features, regions, words)
    return ((attend(queries, keys, values)[0] * wanted).mean(-1) * mask).mean(1)


def _queries_compared(features, text_features, mask, regions, words):
    keys, values, queries, _ = _prepared(features, text_features, regions, words)
    return _mean_over_tokens((attend(queries, keys, values)[0] * queries).mean(-1), mask)


def _keys_handed_over(features, text_features, mask, regions, words):
    keys, _, queries, wanted = _prepared(features, text_features, regions, words)
    return _mean_over_tokens((attend(queries, keys, keys)[0] * wanted).mean(-1), mask)


def _summed(features, text_features, mask, regions, words):
    keys, values, queries, wanted = _prepared(features, text_features, regions, words)
    return _mean_over_tokens((attend(queries, keys, values)[0] * wanted).sum(-1), mask)


def _places_ask(features, text_features, mask, regions, words):
    keys, values, queries, wanted = _prepared(features, text_features, regions, words)
    return (attend(keys, queries, wanted, mask)[0] * values).mean(-1).mean(1)


def _no_attention(features, text_features, mask, regions, words):
    _, values, _, wanted = _prepared(features, text_features, regions, words)
    return _mean_over_tokens((values.mean(1, keepdim=True) * wanted).mean(-1), mask)


SCORE = Exercise(
    name="word_region_score",
    title="Words look for what they name",
    tier="project",
    difficulty=3,
    minutes=10,
    why="With this term the discriminator holds single words against single places, not only whole against whole.",
    answer=word_region_score,
    probe=_with_two_maps,
    cases=(
        (_drawn(2, 5, 2, 3, seed=11), _drawn(2, 4, 7, seed=12), torch.tensor([[True] * 4, [True, True, False, False]])),
        (_drawn(1, 4, 3, 2, seed=13), _drawn(1, 3, 5, seed=14), torch.tensor([[True, True, False]])),
    ),
    misconceptions=(
        Misconception(
            _padding_counted,
            "Padding has a vote in yours. Multiply the scores by the mask before you sum, and divide by the number of "
            "real tokens, mask.sum(dim=1).",
        ),
        Misconception(
            _divided_by_length,
            "Padding is silent, but it still counts in the denominator, so short prompts in a long batch get small "
            "scores. Divide by mask.sum(dim=1).",
        ),
        Misconception(
            _queries_compared,
            "What a word asks with and what it wants to see are two things: compare what was found with `wanted`, the "
            "second half of words(text_features).",
        ),
        Misconception(
            _keys_handed_over,
            "You hand over the keys. They are for being found; what a region shows are its values.",
        ),
        Misconception(
            _summed,
            "You sum over R where the mean is asked for, so a wider layer would give larger scores.",
        ),
        Misconception(
            _places_ask,
            "In yours the places ask and the words answer; that is how the generator reads. The discriminator asks "
            "the other way round: each word looks over the regions.",
        ),
        Misconception(
            _no_attention,
            "Your words compare themselves with the mean of all regions. A small thing drowns in a mean: let each "
            "word choose its regions, with attend(queries, keys, values).",
        ),
    ),
    hints=(
        "regions(...) and words(...) each give two tensors side by side: .chunk(2, dim=-1) takes them apart.",
        "The words ask: found, _ = attend(queries, keys, values), with keys and values from the regions: (B, L, R).",
        "score = (found * wanted).mean(dim=-1) * mask, and then score.sum(dim=1) / mask.sum(dim=1).",
    ),
    reasons=(
        "A word of the prompt is right if it finds, somewhere, what it wants to see. Attention does the finding, so a "
        "girl on the left is found as well as one on the right; *where* she must be is the word left's own question."
    ),
    praise="Every word looks for its own evidence.",
)


EXERCISES = (BINDING, GRID, TRUE, CHOOSE, COUNTERFACTUALS, TUG, SCORE)
