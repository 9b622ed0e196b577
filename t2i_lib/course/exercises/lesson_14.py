"""Exercises of lesson 14: a table, a fair split, how much comes back, honest changes, small updates, a card."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from t2i_lib.course.checks import Exercise, Misconception


def _drawn(*shape: int, seed: int = 0) -> Tensor:
    """Numbers between -2 and 2 in steps of a tenth, always the same ones."""
    return torch.randint(-20, 21, shape, generator=torch.Generator().manual_seed(seed)) / 10


# 14.1 -----------------------------------------------------------------------------------------------------------------


def table_line(file_name: str, english: str, chinese: str) -> str:
    """The line of metadata.jsonl about one picture, without the line break at its end."""
    return json.dumps({"file_name": file_name, "caption_en": english, "caption_zh": chinese}, ensure_ascii=False)


def _as_row(attempt: Callable, *about: str) -> Any:
    """What a reader makes of the line: how many lines it is, and its entry; text that is no JSON stays text."""
    line = attempt(*about)
    if line is None or line is Ellipsis:
        return line
    if not isinstance(line, str):
        return {"lines": 1, "entry": f"{type(line).__name__}, no text"}
    try:
        row = json.loads(line)
    except json.JSONDecodeError:
        row = "no valid JSON"
    return {"lines": len(line.splitlines()), "entry": row}


TABLE = Exercise(
    name="table_line",
    title="One picture, one line",
    tier="core",
    difficulty=1,
    minutes=5,
    why="This table is all that a training knows about your pictures, and every reader of that form understands it.",
    answer=table_line,
    probe=_as_row,
    cases=(
        ("red.png", "a red zibble", "红色的团子"),
        ("more/blue.png", 'a zibble called "Blue"', "叫“小蓝”的团子"),
        ("green.png", "a green zibble,\nasleep", "绿色的团子"),
    ),
    misconceptions=(
        Misconception(
            lambda name, en, zh: str({"file_name": name, "caption_en": en, "caption_zh": zh}),
            "That is how Python prints a dictionary: with single quotes, which JSON does not know. json.dumps writes "
            "JSON.",
        ),
        Misconception(
            lambda name, en, zh: json.dumps({"file_name": name, "caption_en": en, "caption_zh": zh}, indent=2),
            "Your entry is spread over several lines. In a .jsonl file each line is one entry: leave `indent` out.",
        ),
        Misconception(
            lambda name, en, zh: f'{{"file_name": "{name}", "caption_en": "{en}", "caption_zh": "{zh}"}}',
            "Built from pieces of text, a line breaks as soon as a caption holds a quotation mark. Let json.dumps put "
            "the backslashes in.",
        ),
        Misconception(
            lambda name, en, zh: json.dumps({"file": name, "caption_en": en, "caption_zh": zh}),
            'The picture\'s column must be called "file_name"; readers of this form look for that very name.',
        ),
        Misconception(
            lambda name, en, zh: json.dumps({"file_name": name, "en": en, "zh": zh}),
            "No column of yours is recognised as a caption: call them caption_en and caption_zh.",
        ),
        Misconception(
            lambda name, en, zh: json.dumps({"file_name": name, "caption": f"{en} {zh}"}),
            "You glued two captions into one. The networks would learn sentences in two languages at once, which "
            "nobody types; give each a column of its own.",
        ),
        Misconception(
            lambda name, en, zh: json.dumps({"file_name": name, "caption_en": zh, "caption_zh": en}),
            "The languages have changed places.",
        ),
        Misconception(
            lambda name, en, zh: {"file_name": name, "caption_en": en, "caption_zh": zh},
            "The right entries, but still a dictionary in Python's memory. A line of a file is text: json.dumps(...).",
        ),
        Misconception(
            lambda name, en, zh: json.dumps([name, en, zh]),
            "A list has no names, so nobody knows which text is what. Write a dictionary: file_name, caption_en, "
            "caption_zh.",
        ),
    ),
    hints=(
        "Make a dictionary with three entries and let the module `json` turn it into text.",
        "The keys are file_name, caption_en and caption_zh.",
        'json.dumps({"file_name": file_name, "caption_en": english, "caption_zh": chinese}, ensure_ascii=False)',
    ),
    reasons=(
        "json.dumps knows all the rules about quotation marks and line breaks. With ensure_ascii=False Chinese stays "
        "readable for people; to programs both forms are the same."
    ),
    praise="One line a picture, whatever the captions hold.",
)


# 14.2 -----------------------------------------------------------------------------------------------------------------


def psnr(images: Tensor, returned: Tensor) -> Tensor:
    """How much of each picture comes back, in dB: 10 log10(4 / mean squared error); (B, 3, H, W) in [-1, 1] -> (B,)."""
    error = (returned - images).square().flatten(1).mean(dim=1)  # (B,)
    return 10 * torch.log10(4 / error)


def _error(images: Tensor, returned: Tensor) -> Tensor:
    return (returned - images).square().flatten(1).mean(dim=1)


PSNR = Exercise(
    name="psnr",
    title="How much comes back?",
    tier="core",
    difficulty=1,
    minutes=5,
    why="Before a generator learns your pictures' latents, one has to know whether a decoder can turn them back.",
    answer=psnr,
    cases=(
        (_drawn(2, 3, 4, 5, seed=1) / 2, _drawn(2, 3, 4, 5, seed=2) / 2),
        (torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 0.2)),
    ),
    misconceptions=(
        Misconception(
            lambda images, returned: 10 * torch.log10(4 / (returned - images).square().mean()),
            "One number for the whole batch. A single bad picture must be seen: take the mean of each picture for "
            "itself, .flatten(1).mean(dim=1).",
        ),
        Misconception(
            lambda images, returned: 10 * torch.log10(1 / _error(images, returned)),
            "You took 1 as the peak. From -1 to 1 the largest possible difference is 2, and its square is 4.",
        ),
        Misconception(
            lambda images, returned: 10 * torch.log10(255**2 / _error(images, returned)),
            "255 is the peak of whole-number pixels. These pictures run from -1 to 1: the square of 2.",
        ),
        Misconception(
            lambda images, returned: 20 * torch.log10(4 / _error(images, returned)),
            "20 log10 belongs to the *root* of the error. With the squared error it is 10 log10.",
        ),
        Misconception(
            lambda images, returned: 10 * torch.log(4 / _error(images, returned)),
            "torch.log is the natural logarithm; decibels need torch.log10.",
        ),
        Misconception(
            lambda images, returned: 10 * torch.log10(_error(images, returned) / 4),
            "Upside down: a smaller error must give a larger number. Divide 4 by the error.",
        ),
        Misconception(
            lambda images, returned: 10 * torch.log10(4 / (returned - images).abs().flatten(1).mean(dim=1)),
            "You took the absolute difference; the S in mean *squared* error is what PSNR is defined by.",
        ),
    ),
    hints=(
        "First the mean squared error of each picture, a tensor (B,).",
        "(returned - images).square().flatten(1).mean(dim=1); the peak is 2, its square 4.",
        "10 * torch.log10(4 / error)",
    ),
    reasons=(
        "10 dB more means a tenth of the squared error. An error of a tenth of the range, 0.2, gives 20 dB, which the "
        "eye sees at once; above 30 dB it has to look for it."
    ),
    praise="20 dB for an error of a tenth of the range: keep that as a yardstick.",
)


# 14.3 -----------------------------------------------------------------------------------------------------------------


def fair_split(groups: Sequence[Sequence[int]], count: int) -> list[int]:
    """Which pictures to keep back: whole groups from the front, as long as no more than `count` pictures are kept."""
    kept: list[int] = []
    for group in groups:
        if len(kept) + len(group) <= count:
            kept += group
    return sorted(kept)


def _as_list(attempt: Callable, groups: list[list[int]], count: int) -> Any:
    kept = attempt(groups, count)
    return list(kept) if isinstance(kept, tuple | set) else kept


def _over(groups: Sequence[Sequence[int]], count: int) -> list[int]:
    kept: list[int] = []
    for group in groups:
        if len(kept) < count:
            kept += group
    return sorted(kept)


def _stopping(groups: Sequence[Sequence[int]], count: int) -> list[int]:
    kept: list[int] = []
    for group in groups:
        if len(kept) + len(group) > count:
            break
        kept += group
    return sorted(kept)


SPLIT = Exercise(
    name="fair_split",
    title="Twins stay together",
    tier="core",
    difficulty=2,
    minutes=6,
    why="A test on twins of the training pictures measures memory, and looks like success.",
    answer=fair_split,
    probe=_as_list,
    cases=(
        ([[4, 1, 7], [0], [2, 3], [5], [6]], 2),
        ([[0, 5], [1], [2, 3, 4], [6], [7]], 4),
        ([[3], [2], [1], [0]], 2),
        ([[0, 1, 2]], 2),
    ),
    misconceptions=(
        Misconception(
            lambda groups, count: sorted(sum(map(list, groups), [])[:count]),
            "You fill up picture by picture and cut a group in two: its twins now sit on both sides. Take whole "
            "groups or leave them.",
        ),
        Misconception(
            lambda groups, count: sorted([group[0] for group in groups][:count]),
            "You keep one picture of each group back and leave its twins in the training part. That is the leak "
            "itself.",
        ),
        Misconception(
            _over,
            "You keep back more than `count` pictures: ask whether a group still fits *before* you take it.",
        ),
        Misconception(
            _stopping,
            "You stop at the first group that does not fit. A smaller one further on may; go on looking.",
        ),
        Misconception(
            lambda groups, count: sorted(set(sum(map(list, groups), [])) - set(fair_split(groups, count))),
            "These are the pictures to train on. Return those that are kept back.",
        ),
        Misconception(
            lambda groups, count: sum(map(list, groups[:count]), []),
            "You count groups; `count` is a number of pictures.",
        ),
    ),
    hints=(
        "Walk through the groups with a list `kept` that grows.",
        "Take a group only if len(kept) + len(group) <= count; otherwise look at the next.",
        "kept += group inside that if, and return sorted(kept) at the end.",
    ),
    reasons=(
        "The unit of a split is the group, not the picture. The same holds for frames of one film, photographs of one "
        "person, and several captions of one picture."
    ),
    praise="No twin sits on the other side.",
)


# 14.4 -----------------------------------------------------------------------------------------------------------------


def flip_both(image: Tensor, caption: str) -> tuple[Tensor, str]:
    """Mirror a picture (3, H, W) from left to right, and say so: left and right change places in the caption."""
    for one, other in (("left", "right"), ("左", "右")):
        caption = other.join(one.join(part.split(other)) for part in caption.split(one))
    return image.flip(-1), caption


def _in_turn(image: Tensor, caption: str) -> tuple[Tensor, str]:
    for one, other in (("left", "right"), ("right", "left"), ("左", "右"), ("右", "左")):
        caption = caption.replace(one, other)
    return image.flip(-1), caption


def _one_way(image: Tensor, caption: str) -> tuple[Tensor, str]:
    return image.flip(-1), caption.replace("left", "right").replace("左", "右")


def _english_only(image: Tensor, caption: str) -> tuple[Tensor, str]:
    return image.flip(-1), "right".join("left".join(part.split("right")) for part in caption.split("left"))


FLIP = Exercise(
    name="flip_both",
    title="A mirror that does not lie",
    tier="core",
    difficulty=2,
    minutes=7,
    why="Mirroring doubles a small data set for nothing, unless the captions say where things are.",
    answer=flip_both,
    cases=(
        (_drawn(3, 2, 4, seed=4), "a cat on the left, and a dog on the right"),
        (_drawn(3, 2, 4, seed=5), "猫在右边，狗在左边"),
        (_drawn(3, 3, 2, seed=6), "a red zibble 红色的团子"),
        (_drawn(3, 3, 2, seed=7), "on the right, 在右边"),
        (_drawn(3, 3, 2, seed=7), "on the left, 在左边"),
    ),
    misconceptions=(
        Misconception(
            lambda image, caption: (image.flip(-1), caption),
            "The picture is mirrored and the caption still says what was true before: that is the lie of lesson 04.",
        ),
        Misconception(
            _in_turn,
            "You replace one word after the other, and the second replacement undoes the first: in the end both cats "
            "sit on the same side. Split at one word, exchange inside the parts, join with the other (or go through a "
            "word that occurs nowhere).",
        ),
        Misconception(
            _one_way,
            "You turn left into right, but not right into left.",
        ),
        Misconception(
            _english_only,
            "English is right; 左 and 右 have to change places, too.",
        ),
        Misconception(
            lambda image, caption: (image.flip(-2), flip_both(image, caption)[1]),
            "You turned the picture upside down. Columns are the last axis: flip(-1).",
        ),
        Misconception(
            lambda image, caption: (image.flip(0), flip_both(image, caption)[1]),
            "flip(0) exchanges red and blue: the first axis of (3, H, W) holds the colours. Columns are the last.",
        ),
        Misconception(
            lambda image, caption: (image, flip_both(image, caption)[1]),
            "The caption is mirrored, the picture is not.",
        ),
    ),
    hints=(
        "image.flip(-1) mirrors. For the words: replacing left by right and then right by left makes all of them left.",
        "Go through a sign that occurs nowhere: left -> #, right -> left, # -> right. The same for 左 and 右.",
        'caption.replace("left", "#").replace("right", "left").replace("#", "right"), then again with 左 and 右.',
    ),
    reasons=(
        "A change of the picture is honest if the caption is changed along with it. For colours and counts it is the "
        "same: either leave them alone, or say what became of them. Beware of words that hold others: 'bright' holds "
        "'right', so a real program splits at whole words."
    ),
    praise="Picture and words are mirrored together.",
)


# 14.5 -----------------------------------------------------------------------------------------------------------------


def forgotten(before: float, after: float, chance: float) -> float:
    """The share of what was known that is gone: 0 nothing, 1 everything (no better than chance)."""
    return (before - after) / (before - chance)


FORGOTTEN = Exercise(
    name="forgotten",
    title="How much is gone?",
    tier="stretch",
    difficulty=1,
    minutes=4,
    why="A model that knows nothing is still right now and then; without that zero point forgetting looks small.",
    answer=forgotten,
    cases=((0.9, 0.9, 0.3), (0.9, 0.3, 0.3), (0.94, 0.5, 0.25), (0.8, 0.6, 0.2), (0.6, 0.7, 0.1)),
    misconceptions=(
        Misconception(
            lambda before, after, chance: before - after,
            "A plain difference of accuracies cannot reach 1: divide by what there was to lose, before minus chance.",
        ),
        Misconception(
            lambda before, after, chance: (before - after) / before,
            "You divide by everything that was right before. A part of that is luck, which nobody can forget: "
            "subtract chance there.",
        ),
        Misconception(
            lambda before, after, chance: (after - chance) / (before - chance),
            "This is the share that is still *known*. Forgotten is the rest.",
        ),
        Misconception(
            lambda before, after, chance: max(0.0, (before - after) / (before - chance)),
            "Leave negative values alone: whoever knows more afterwards has forgotten less than nothing, and the "
            "reader should see it.",
        ),
        Misconception(
            lambda before, after, chance: (before - after) / (1 - chance),
            "You divide by the distance from chance to perfect. But the artist was not perfect before: only before "
            "minus chance could be lost.",
        ),
    ),
    hints=(
        "Nothing forgotten (after = before) must give 0; fallen to chance (after = chance) must give 1.",
        "The numerator is what was lost, the denominator what there was to lose.",
        "(before - after) / (before - chance)",
    ),
    reasons="Both ends of the scale are fixed by meaning, so numbers of different models can be put side by side.",
    praise="0 is as before, 1 is no better than luck.",
)


# 14.6 -----------------------------------------------------------------------------------------------------------------


def low_rank_layer(x: Tensor, weight: Tensor, down: Tensor, up: Tensor, scale: float) -> Tensor:
    """A linear map and its small update, without ever building the large table: x W^T + scale (x A^T) B^T.

    Args:
        x: (B, I). weight: W, (O, I), frozen. down: A, (rank, I). up: B, (O, rank).
    """
    return x @ weight.T + scale * (x @ down.T) @ up.T


LOW_RANK = Exercise(
    name="low_rank_layer",
    title="A small update by hand",
    tier="stretch",
    difficulty=2,
    minutes=8,
    why="This is how models are adapted that are far too large to be trained: only two thin matrices learn.",
    answer=low_rank_layer,
    cases=(
        (_drawn(2, 5, seed=1), _drawn(3, 5, seed=2), _drawn(2, 5, seed=3), _drawn(3, 2, seed=4), 0.5),
        (_drawn(4, 3, seed=5), _drawn(3, 3, seed=6), _drawn(3, 3, seed=7), _drawn(3, 3, seed=8), 2.0),
    ),
    misconceptions=(
        Misconception(
            lambda x, weight, down, up, scale: scale * (x @ down.T) @ up.T,
            "Only the update is left: the trained map W, for which all this is done, must be added.",
        ),
        Misconception(
            lambda x, weight, down, up, scale: x @ weight.T,
            "Only the old map is there; A and B change nothing.",
        ),
        Misconception(
            lambda x, weight, down, up, scale: x @ weight.T + (x @ down.T) @ up.T,
            "The scale is missing. It says how strongly the update speaks, and can be turned after training.",
        ),
        Misconception(
            lambda x, weight, down, up, scale: scale * (x @ weight.T + (x @ down.T) @ up.T),
            "You scale the old map as well; with scale 0 nothing at all would be left of it.",
        ),
        Misconception(
            lambda x, weight, down, up, scale: x @ weight.T + scale * (x @ down.T).relu() @ up.T,
            "You put an activation between A and B. Then the update is no longer a table, and cannot be merged into W.",
        ),
        Misconception(
            lambda x, weight, down, up, scale: x @ weight.T + scale / len(down) * (x @ down.T) @ up.T,
            "You also divide by the rank. Some write the scale as alpha / rank; here `scale` is already the whole "
            "factor.",
        ),
    ),
    hints=(
        "x @ weight.T is what the layer did before.",
        "x @ down.T is (B, rank): the bottleneck. Then @ up.T leads to (B, O).",
        "x @ weight.T + scale * (x @ down.T) @ up.T",
    ),
    reasons=(
        "Seen as one table the update is B A, of size O x I, but it has only rank * (I + O) numbers, and it never has "
        "to be built. Since B starts with zeros, training starts at the artist as it was."
    ),
    praise="Thin in, thin out, and the old map untouched.",
)


# 14.7 -----------------------------------------------------------------------------------------------------------------

SHARE_ALIKE = ("cc-by-sa-4.0",)


def card_header(license: str, data_licenses: Sequence[str], languages: Sequence[str]) -> str:
    """The header of a model card, between two lines of ---; share-alike data decide the licence."""
    for each in data_licenses:
        if each in SHARE_ALIKE:
            license = each
    spoken = "\n".join(f"- {language}" for language in languages)
    return f"---\nlicense: {license}\npipeline_tag: text-to-image\nlanguage:\n{spoken}\n---\n"


def _read(attempt: Callable, *about: Any) -> Any:
    """What the hub reads off the header; text that it cannot read stays a remark."""
    text = attempt(*about)
    if not isinstance(text, str):
        return text
    if not text.startswith("---\n"):
        return {"unreadable": "no header"}
    from huggingface_hub import ModelCard

    try:
        found = ModelCard(text, ignore_metadata_errors=False).data.to_dict()
    except Exception as error:  # whatever a student's text does to the parser
        return {"unreadable": type(error).__name__}
    return found or {"unreadable": "no header"}


def _bare(license: str, data_licenses: Sequence[str], languages: Sequence[str]) -> str:
    return card_header(license, data_licenses, languages).replace("---\n", "")


def _own_licence(license: str, data_licenses: Sequence[str], languages: Sequence[str]) -> str:
    return card_header(license, (), languages)


def _always(license: str, data_licenses: Sequence[str], languages: Sequence[str]) -> str:
    return card_header(data_licenses[0] if data_licenses else license, (), languages)


def _one_text(license: str, data_licenses: Sequence[str], languages: Sequence[str]) -> str:
    right = card_header(license, data_licenses, languages)
    return right[: right.index("language:")] + f"language: {', '.join(languages)}\n---\n"


def _british(license: str, data_licenses: Sequence[str], languages: Sequence[str]) -> str:
    return card_header(license, data_licenses, languages).replace("license:", "licence:")


def _no_task(license: str, data_licenses: Sequence[str], languages: Sequence[str]) -> str:
    return card_header(license, data_licenses, languages).replace("pipeline_tag: text-to-image\n", "")


CARD = Exercise(
    name="card_header",
    title="A header that the hub can read",
    tier="project",
    difficulty=2,
    minutes=8,
    why="The header decides whether others find your model, and what they may do with it.",
    answer=card_header,
    probe=_read,
    cases=(
        ("mit", (), ("en", "zh")),
        ("mit", ("cc0-1.0", "cc-by-sa-4.0"), ("en",)),
        ("apache-2.0", ("cc0-1.0",), ("zh", "en")),
    ),
    misconceptions=(
        Misconception(
            _bare,
            "The lines of --- are missing. Only what stands between two of them, at the very top, is read as a header.",
        ),
        Misconception(
            _own_licence,
            "You passed the wished licence on, though some of the data are share-alike (cc-by-sa-4.0): they ask that "
            "what is made from them keeps their licence.",
        ),
        Misconception(
            _always,
            "You took the first data licence as it is. Only a share-alike one decides; cc0-1.0 asks for nothing, so "
            "the wished licence stays.",
        ),
        Misconception(
            _one_text,
            "The languages must be a list, one line `- en` each; yours are one text with commas.",
        ),
        Misconception(
            _british,
            "The hub's key is spelled `license`, the American way; another word is kept, and nobody looks at it.",
        ),
        Misconception(
            _no_task,
            "pipeline_tag: text-to-image is missing; without it nobody who looks for such models finds yours.",
        ),
    ),
    hints=(
        "Begin and end with a line ---; between them license, pipeline_tag and language.",
        "First decide the licence: if cc-by-sa-4.0 is among the data licences, it replaces the wished one.",
        'spoken = "\\n".join(f"- {each}" for each in languages), and then one f-string with line breaks '
        "between the two lines of ---.",
    ),
    reasons=(
        "Whether weights are 'adapted material' of the pictures that they were trained on is disputed among lawyers, "
        "and differs from country to country. To keep the licence is the careful choice, and costs nothing."
    ),
    praise="Found by those who search, and honest about where it comes from.",
)


EXERCISES = (TABLE, PSNR, SPLIT, FLIP, FORGOTTEN, LOW_RANK, CARD)
