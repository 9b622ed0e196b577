"""The exercises of lesson 03: tokens, three objectives, pooling, retrieval, a probe, and a fair comparison."""

import torch
import torch.nn.functional as F
from torch import Tensor

from t2i_lib.course.checks import Exercise, Misconception
from t2i_lib.pretraining import IGNORED


def text_cost(text: str) -> tuple[int, int]:
    """How many characters and how many UTF-8 bytes a text has."""
    return len(text), len(text.encode("utf-8"))


def cut_word(word: str, vocabulary: set[str]) -> list[str]:
    """Cut a word into the longest pieces that the vocabulary knows, from the left; ["[UNK]"] where that fails."""
    pieces, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        for end in range(len(word), start, -1):  # the longest piece first
            if prefix + word[start:end] in vocabulary:
                pieces.append(prefix + word[start:end])
                start = end
                break
        else:  # not even one letter is known
            return ["[UNK]"]
    return pieces


def hide_tokens(token_ids: Tensor, chosen: Tensor, fate: Tensor, lots: Tensor, mask_id: int) -> tuple[Tensor, Tensor]:
    """BERT's question: of the chosen tokens 80 % become [MASK], 10 % a token by lot, 10 % stay; all are asked for."""
    masked = chosen & (fate < 0.8)  # (B, L)
    swapped = chosen & (fate >= 0.8) & (fate < 0.9)  # (B, L)
    corrupted = torch.where(masked, torch.full_like(token_ids, mask_id), token_ids)  # (B, L)
    corrupted = torch.where(swapped, lots, corrupted)
    labels = torch.where(chosen, token_ids, torch.full_like(token_ids, IGNORED))  # (B, L)
    return corrupted, labels


def next_labels(token_ids: Tensor, mask: Tensor) -> Tensor:
    """GPT's question: at each token the one after it; IGNORED where none follows."""
    labels = torch.full_like(token_ids, IGNORED)  # (B, L)
    labels[:, :-1] = torch.where(mask[:, 1:], token_ids[:, 1:], labels[:, 1:])
    return labels


def mean_pool(text_features: Tensor, mask: Tensor) -> Tensor:
    """The mean over the real tokens: (B, L, D), (B, L) -> (B, D)."""
    real = mask[..., None].to(text_features.dtype)  # (B, L, 1)
    return (text_features * real).sum(dim=1) / real.sum(dim=1)  # (B, D)


def find_partners(queries: Tensor, candidates: Tensor) -> Tensor:
    """For each query the index of the candidate at the smallest angle: (N, D), (M, D) -> (N,)."""
    cosines = F.normalize(queries, dim=-1) @ F.normalize(candidates, dim=-1).T  # (N, M)
    return cosines.argmax(dim=1)


def nearest_mean(features: Tensor, labels: Tensor, unknown: Tensor) -> Tensor:
    """Read a class off each unknown feature: the one whose mean lies nearest. (N, D), (N,), (M, D) -> (M,)."""
    means = torch.stack([features[labels == label].mean(dim=0) for label in range(int(labels.max()) + 1)])  # (K, D)
    return torch.cdist(unknown, means).argmin(dim=1)


def clearly_better(first: dict[str, float], second: dict[str, float]) -> str:
    """Which of two measured shares is higher, if their 95 % intervals allow to tell."""
    if first["low"] > second["high"]:
        return "first"
    if second["low"] > first["high"]:
        return "second"
    return "cannot tell"


# Mistakes, each as a wrong answer.


def _cut_shortest(word: str, vocabulary: set[str]) -> list[str]:
    pieces, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        for end in range(start + 1, len(word) + 1):
            if prefix + word[start:end] in vocabulary:
                pieces.append(prefix + word[start:end])
                start = end
                break
        else:
            return ["[UNK]"]
    return pieces


def _cut_without_marks(word: str, vocabulary: set[str]) -> list[str]:
    return [piece.removeprefix("##") for piece in cut_word(word, vocabulary)]


def _cut_and_look_up_bare(word: str, vocabulary: set[str]) -> list[str]:
    pieces, start = [], 0
    while start < len(word):
        for end in range(len(word), start, -1):
            if word[start:end] in vocabulary:
                pieces.append(("##" if start else "") + word[start:end])
                start = end
                break
        else:
            return ["[UNK]"]
    return pieces


def _cut_and_keep_the_start(word: str, vocabulary: set[str]) -> list[str]:
    pieces, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        for end in range(len(word), start, -1):
            if prefix + word[start:end] in vocabulary:
                pieces.append(prefix + word[start:end])
                start = end
                break
        else:
            return [*pieces, "[UNK]"]
    return pieces


def _whole_or_unknown(word: str, vocabulary: set[str]) -> list[str]:
    return [word] if word in vocabulary else ["[UNK]"]


def _hide_all_chosen(token_ids, chosen, fate, lots, mask_id):
    return token_ids.masked_fill(chosen, mask_id), token_ids.masked_fill(~chosen, IGNORED)


def _hide_but_ask_everything(token_ids, chosen, fate, lots, mask_id):
    return hide_tokens(token_ids, chosen, fate, lots, mask_id)[0], token_ids.clone()


def _ask_only_the_masked(token_ids, chosen, fate, lots, mask_id):
    return hide_tokens(token_ids, chosen, fate, lots, mask_id)[0], token_ids.masked_fill(
        ~(chosen & (fate < 0.8)), IGNORED
    )


def _ask_for_the_corrupted(token_ids, chosen, fate, lots, mask_id):
    corrupted = hide_tokens(token_ids, chosen, fate, lots, mask_id)[0]
    return corrupted, corrupted.masked_fill(~chosen, IGNORED)


def _swap_a_fifth(token_ids, chosen, fate, lots, mask_id):
    corrupted = token_ids.masked_fill(chosen & (fate < 0.8), mask_id)
    return torch.where(chosen & (fate >= 0.8), lots, corrupted), token_ids.masked_fill(~chosen, IGNORED)


def _hide_without_choice(token_ids, chosen, fate, lots, mask_id):
    corrupted = token_ids.masked_fill(fate < 0.8, mask_id)
    return torch.where((fate >= 0.8) & (fate < 0.9), lots, corrupted), token_ids.masked_fill(~chosen, IGNORED)


def _labels_unmoved(token_ids: Tensor, mask: Tensor) -> Tensor:
    return token_ids.masked_fill(~mask, IGNORED)


def _labels_backward(token_ids: Tensor, mask: Tensor) -> Tensor:
    labels = torch.full_like(token_ids, IGNORED)
    labels[:, 1:] = token_ids[:, :-1].masked_fill(~mask[:, 1:], IGNORED)
    return labels


def _labels_rolled(token_ids: Tensor, mask: Tensor) -> Tensor:
    return token_ids.roll(-1, dims=1).masked_fill(~mask, IGNORED)


def _labels_with_padding(token_ids: Tensor, mask: Tensor) -> Tensor:
    labels = torch.full_like(token_ids, IGNORED)
    labels[:, :-1] = token_ids[:, 1:]
    return labels


def _labels_hidden_at_own_place(token_ids: Tensor, mask: Tensor) -> Tensor:
    labels = torch.full_like(token_ids, IGNORED)
    labels[:, :-1] = token_ids[:, 1:].masked_fill(~mask[:, :-1], IGNORED)
    return labels


def _labels_cut_short(token_ids: Tensor, mask: Tensor) -> Tensor:
    return token_ids[:, 1:].masked_fill(~mask[:, 1:], IGNORED)


def _mean_over_everything(text_features: Tensor, mask: Tensor) -> Tensor:
    return text_features.mean(dim=1)


def _zeroed_but_divided_by_length(text_features: Tensor, mask: Tensor) -> Tensor:
    return (text_features * mask[..., None]).mean(dim=1)


def _sum_of_tokens(text_features: Tensor, mask: Tensor) -> Tensor:
    return (text_features * mask[..., None]).sum(dim=1)


def _mean_over_the_batch(text_features: Tensor, mask: Tensor) -> Tensor:
    return (text_features * mask[..., None]).sum(dim=1) / mask.sum()


def _mean_over_width(text_features: Tensor, mask: Tensor) -> Tensor:
    return text_features.mean(dim=2)


def _by_dot_product(queries: Tensor, candidates: Tensor) -> Tensor:
    return (queries @ candidates.T).argmax(dim=1)


def _by_distance(queries: Tensor, candidates: Tensor) -> Tensor:
    return torch.cdist(queries, candidates).argmin(dim=1)


def _farthest(queries: Tensor, candidates: Tensor) -> Tensor:
    return (F.normalize(queries, dim=-1) @ F.normalize(candidates, dim=-1).T).argmin(dim=1)


def _wrong_side(queries: Tensor, candidates: Tensor) -> Tensor:
    return (F.normalize(queries, dim=-1) @ F.normalize(candidates, dim=-1).T).argmax(dim=0)


def _normalised_over_rows(queries: Tensor, candidates: Tensor) -> Tensor:
    return (F.normalize(queries, dim=0) @ F.normalize(candidates, dim=0).T).argmax(dim=1)


def _highest_cosine_itself(queries: Tensor, candidates: Tensor) -> Tensor:
    return (F.normalize(queries, dim=-1) @ F.normalize(candidates, dim=-1).T).max(dim=1).values


def _means(features: Tensor, labels: Tensor) -> Tensor:
    return torch.stack([features[labels == label].mean(dim=0) for label in range(int(labels.max()) + 1)])


def _farthest_mean(features: Tensor, labels: Tensor, unknown: Tensor) -> Tensor:
    return torch.cdist(unknown, _means(features, labels)).argmax(dim=1)


def _largest_product(features: Tensor, labels: Tensor, unknown: Tensor) -> Tensor:
    return (unknown @ _means(features, labels).T).argmax(dim=1)


def _nearest_example(features: Tensor, labels: Tensor, unknown: Tensor) -> Tensor:
    return labels[torch.cdist(unknown, features).argmin(dim=1)]


def _index_of_example(features: Tensor, labels: Tensor, unknown: Tensor) -> Tensor:
    return torch.cdist(unknown, features).argmin(dim=1)


def _nearest_sum(features: Tensor, labels: Tensor, unknown: Tensor) -> Tensor:
    sums = torch.stack([features[labels == label].sum(dim=0) for label in range(int(labels.max()) + 1)])
    return torch.cdist(unknown, sums).argmin(dim=1)


def _by_value(first: dict[str, float], second: dict[str, float]) -> str:
    if first["value"] == second["value"]:
        return "cannot tell"
    return "first" if first["value"] > second["value"] else "second"


def _value_above_high(first: dict[str, float], second: dict[str, float]) -> str:
    if first["value"] > second["high"]:
        return "first"
    return "second" if second["value"] > first["high"] else "cannot tell"


def _by_low(first: dict[str, float], second: dict[str, float]) -> str:
    if first["low"] > second["low"]:
        return "first"
    return "second" if second["low"] > first["low"] else "cannot tell"


def _turned_round(first: dict[str, float], second: dict[str, float]) -> str:
    return {"first": "second", "second": "first"}.get(clearly_better(first, second), "cannot tell")


def _never(first: dict[str, float], second: dict[str, float]) -> str:
    return "cannot tell"


_WORDS = {"cat", "c", "##a", "##t", "##at", "un", "unhappy", "u", "##happy", "##h", "##n", "happy", "fish", "##s", "at"}
_IDS = torch.tensor([[11, 12, 13, 14, 15, 16, 17], [21, 22, 23, 24, 25, 0, 0]])
_REAL = torch.tensor([[True] * 7, [True] * 5 + [False] * 2])
_CHOSEN = torch.tensor([[True, False, True, True, False, False, True], [False, True, False, False, True, False, False]])
_FATE = torch.tensor([[0.10, 0.20, 0.85, 0.95, 0.83, 0.97, 0.50], [0.70, 0.92, 0.40, 0.05, 0.30, 0.60, 0.88]])
_LOTS = torch.tensor([[91, 92, 93, 94, 95, 96, 97], [81, 82, 83, 84, 85, 86, 87]])
_TWO_TEXTS = torch.tensor(
    [[[1.0, 10.0], [3.0, 30.0], [99.0, -99.0]], [[2.0, 4.0], [4.0, 8.0], [9.0, 0.0]]]
)  # (2, 3, 2)
_TWO_MASKS = torch.tensor([[True, True, False], [True, True, True]])
_POINTS = torch.tensor([[0.0, 0.0], [2.0, 0.0], [10.0, 0.0], [14.0, 4.0], [0.0, 3.0], [0.0, 15.0]])
_CLASSES = torch.tensor([0, 0, 1, 1, 2, 2])
_NEW = torch.tensor([[1.5, 1.0], [6.0, 1.0], [0.5, 3.5], [4.0, 8.0], [9.0, 0.5]])


def _figure(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": value, "low": low, "high": high}


EXERCISES = [
    Exercise(
        name="text_cost",
        title="Characters and bytes",
        tier="core",
        difficulty=1,
        minutes=4,
        why="Whoever pays by the token, or fills a limited context, must know what a sentence is made of.",
        answer=text_cost,
        misconceptions=(
            Misconception(
                lambda text: (len(text.encode("utf-8")), len(text)),
                "Both numbers are there, but in the other order: characters first, then bytes.",
            ),
            Misconception(
                lambda text: (len(text), len(text)),
                "You counted characters twice. In English that goes unnoticed, for there a character is one byte; "
                "猫 is one character and three bytes. text.encode('utf-8') gives the bytes.",
            ),
            Misconception(
                lambda text: (len(text.split()), len(text.encode("utf-8"))),
                "Your first number counts words between blanks. Chinese writes no blanks, so a whole sentence would "
                "count as one. len(text) counts characters.",
            ),
            Misconception(
                lambda text: (len(text), len(text.encode("utf-16-le"))),
                "Your bytes are those of UTF-16, where every character here takes two. Tokenizers read UTF-8: "
                "one byte for an English letter, three for most Chinese characters.",
            ),
            Misconception(
                lambda text: (len(text.replace(" ", "")), len(text.encode("utf-8"))),
                "You left the blanks out of the characters. A blank is a character too, and the model has to read it.",
            ),
        ),
        hints=(
            "Python's len counts the characters of a str. What counts the bytes?",
            "text.encode('utf-8') turns a str into bytes, and len works on bytes as well.",
            "return len(text), len(text.encode('utf-8'))",
        ),
        reasons="A str is a row of characters; its UTF-8 form is a row of bytes. ASCII letters take one byte each, "
        "most Chinese characters three, and emoji four.",
        cases=(("a red cat",), ("一只红色的猫",), ("海边 sea",), ("",)),
        praise="Right: the same cat costs 9 bytes in English and 18 in Chinese, with 9 characters against 6.",
    ),
    Exercise(
        name="cut_word",
        title="Cut a word into known pieces",
        tier="stretch",
        difficulty=2,
        minutes=10,
        why="It shows why a model with 1,500 pieces can read words that nobody listed, and when it cannot.",
        answer=cut_word,
        misconceptions=(
            Misconception(
                _cut_shortest,
                "You take the shortest piece that is known. Begin with the longest: what stays whole keeps its "
                "meaning, and costs fewer tokens. Let `end` run down from len(word).",
            ),
            Misconception(
                _cut_without_marks,
                "The pieces are right, but inner ones lost their ##. The mark tells `cat` the word from `##cat` the "
                "end of `bobcat`, and lets one put the words together again.",
            ),
            Misconception(
                _cut_and_look_up_bare,
                "You add ## to the result, but look the piece up without it. An inner piece is an entry of its own: "
                "'##at' may be known where 'at' is not, and the other way round.",
            ),
            Misconception(
                _cut_and_keep_the_start,
                "Where the rest of a word is unknown you keep its beginning. WordPiece gives the whole word up: "
                "['[UNK]'] and nothing else, else half a word would pose as another one.",
            ),
            Misconception(
                _whole_or_unknown,
                "You look up whole words only, so each one that is not listed is lost. Try its longest known "
                "beginning, then go on with the rest.",
            ),
        ),
        hints=(
            "Keep a position `start`. From there, which is the longest piece in the vocabulary?",
            "Inner pieces (start > 0) are looked up with '##' before them. Let `end` run from len(word) down to "
            "start + 1; at the first hit append the piece and set start = end.",
            "while start < len(word): for end in range(len(word), start, -1): ... break; and an `else:` on the for "
            "loop, reached when nothing fitted, returns ['[UNK]'].",
        ),
        reasons="Greedy from the left, longest first: WordPiece's rule. It is quick, always gives the same pieces, "
        "and gives a word up as a whole where even single letters are missing.",
        cases=(
            ("cat", _WORDS),
            ("unhappy", _WORDS - {"unhappy"}),
            ("cats", _WORDS),
            ("catz", _WORDS),
            ("chat", _WORDS),
        ),
        praise="Right: 'unhappy' becomes un + ##happy, and 'catz' is given up as a whole.",
    ),
    Exercise(
        name="hide_tokens",
        title="Hide tokens as BERT does",
        tier="core",
        difficulty=2,
        minutes=10,
        why="The whole of BERT's schooling is this one question, asked billions of times.",
        answer=hide_tokens,
        misconceptions=(
            Misconception(
                _hide_all_chosen,
                "Every chosen token became [MASK]. One of ten shall be replaced by a token by lot (0.8 <= fate < 0.9) "
                "and one of ten shall stay: later sentences have no [MASK], and the model must read real words too.",
            ),
            Misconception(
                _hide_but_ask_everything,
                "Your labels ask for every token. Those that were not chosen stand in plain sight; copying them "
                "teaches nothing. Label them IGNORED (-100).",
            ),
            Misconception(
                _ask_only_the_masked,
                "Your labels ask only where [MASK] stands. Chosen tokens that were swapped or left alone are asked "
                "for as well: `labels` follow `chosen`, not `fate`.",
            ),
            Misconception(
                _ask_for_the_corrupted,
                "Your labels hold what the model sees, not what it shall find: at a [MASK] the answer would be "
                "[MASK]. Take the labels from token_ids.",
            ),
            Misconception(
                _swap_a_fifth,
                "All chosen tokens from 0.8 on are swapped, which is two of ten. From 0.9 on they stay as they are.",
            ),
            Misconception(
                _hide_without_choice,
                "You changed tokens that were not chosen: `fate` speaks only of chosen ones. Join the conditions "
                "with &: chosen & (fate < 0.8).",
            ),
        ),
        hints=(
            "Two questions: what does the model see (corrupted), and what shall it find (labels)?",
            "masked = chosen & (fate < 0.8); swapped = chosen & (fate >= 0.8) & (fate < 0.9). "
            "torch.where(condition, a, b) takes a where the condition holds, else b.",
            "corrupted = token_ids.masked_fill(masked, mask_id); corrupted = torch.where(swapped, lots, corrupted); "
            "labels = token_ids.masked_fill(~chosen, -100).",
        ),
        reasons="What is seen and what is asked are two things. The labels are -100 where nothing is asked: "
        "F.cross_entropy passes over that number.",
        cases=((_IDS, _CHOSEN, _FATE, _LOTS, 4), (_IDS.flip(1), _CHOSEN.flip(0), _FATE, _LOTS, 3)),
        praise="Right: six tokens are asked for, though only some of them wear a mask.",
    ),
    Exercise(
        name="next_labels",
        title="What comes next?",
        tier="core",
        difficulty=1,
        minutes=6,
        why="The one label rule behind every GPT; an error of one place here gives a model that learns to copy.",
        answer=next_labels,
        misconceptions=(
            Misconception(
                _labels_unmoved,
                "The label of each token is the token itself. The model sees it, so it learns to copy, its loss "
                "falls to 0, and it can foretell nothing. Move the labels one place to the left.",
            ),
            Misconception(
                _labels_backward,
                "Your labels are the tokens before, not after: they moved to the right. At place 0 the label is "
                "token_ids[:, 1].",
            ),
            Misconception(
                _labels_rolled,
                "The labels moved the right way, but roll carries the first token round to the end (and in shorter "
                "rows padding to the last token). Nothing follows a last token: its label is -100.",
            ),
            Misconception(
                _labels_with_padding,
                "You ask for padding. It is no text: where the next token is not real (mask False), the label is -100.",
            ),
            Misconception(
                _labels_hidden_at_own_place,
                "You look at the mask of the token that is read, but what counts is whether the token that is "
                "asked for is real: mask[:, 1:].",
            ),
            Misconception(
                _labels_cut_short,
                "The labels are right, but one column is missing: the logits have L places, so the labels need L. "
                "Fill the last column with -100.",
            ),
        ),
        hints=(
            "Write the row 5 6 7 and below it what should be found at each place: 6 7 and nothing.",
            "Start from torch.full_like(token_ids, -100) and fill labels[:, :-1] from token_ids[:, 1:].",
            "labels[:, :-1] = token_ids[:, 1:].masked_fill(~mask[:, 1:], -100)",
        ),
        reasons="The tokens moved one place to the left are the labels; what is no token is never asked for.",
        cases=((_IDS, _REAL), (_IDS[:1, :3], _REAL[:1, :3])),
        praise="Right: the library's next_token_labels gives the same.",
    ),
    Exercise(
        name="mean_pool",
        title="A mean that leaves padding out",
        tier="core",
        difficulty=1,
        minutes=6,
        why="With padding in the mean, a prompt's vector would depend on which other prompts share its batch.",
        answer=mean_pool,
        misconceptions=(
            Misconception(
                _mean_over_everything,
                "Padding is in your mean. Write the same prompt beside a longer one, and its vector changes. "
                "Multiply by the mask first, and divide by the number of real tokens.",
            ),
            Misconception(
                _zeroed_but_divided_by_length,
                "Padding is silenced, but you still divide by the whole length L, so short prompts come out too "
                "small. Divide by mask.sum(dim=1).",
            ),
            Misconception(
                _sum_of_tokens,
                "That is the sum; it grows with the length of the prompt. Divide by the number of real tokens.",
            ),
            Misconception(
                _mean_over_the_batch,
                "You divide by the real tokens of the whole batch. Each prompt has its own number: "
                "mask.sum(dim=1, keepdim=True).",
            ),
            Misconception(
                _mean_over_width,
                "The mean runs over the wrong axis: (B, L) came out. One vector a prompt means dim=1, the tokens.",
            ),
        ),
        hints=(
            "Which tokens count, and how many are they in each row?",
            "mask[..., None] has the shape (B, L, 1) and multiplies every feature of a token by 1 or 0.",
            "(text_features * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)",
        ),
        reasons="Zero out what is no token, add up, and divide by how many were real: the mean of the real tokens.",
        cases=((_TWO_TEXTS, _TWO_MASKS), (_TWO_TEXTS[:1], _TWO_MASKS[:1])),
        praise="Right: row 0 gives (2, 20), the mean of its two real tokens.",
    ),
    Exercise(
        name="nearest_mean",
        title="The simplest probe",
        tier="project",
        difficulty=3,
        minutes=12,
        why="Anyone who wants to know what a vector knows needs a reader too simple to know it by itself.",
        answer=nearest_mean,
        misconceptions=(
            Misconception(
                _farthest_mean,
                "You take the mean that lies farthest. A distance is an unlikeness: the smallest wins, argmin.",
            ),
            Misconception(
                _largest_product,
                "You compare by the dot product, which prefers the class whose mean is longest. Use distances: "
                "torch.cdist(unknown, means).",
            ),
            Misconception(
                _nearest_example,
                "You take the class of the one nearest example. One odd example decides then; the mean of a class "
                "evens such out. Average each class first.",
            ),
            Misconception(
                _index_of_example,
                "You return which example is nearest, not which class. Average each class, then look for the "
                "nearest mean: the answer is a class number.",
            ),
            Misconception(
                _nearest_sum,
                "You added each class up but did not divide by how many examples it has, so the centres lie far out.",
            ),
        ),
        hints=(
            "Two steps: one centre for each class, then the nearest centre for each unknown feature.",
            "features[labels == 2] are the examples of class 2; .mean(dim=0) is their centre. torch.stack joins the "
            "centres to (K, D).",
            "torch.cdist(unknown, means) gives (M, K) distances; .argmin(dim=1) the nearest.",
        ),
        reasons="No step of training, nothing to tune: if this reader finds an attribute, the feature holds it in "
        "plain sight. (It draws straight borders between classes, as every linear probe does.)",
        cases=((_POINTS, _CLASSES, _NEW), (_POINTS.flip(1), _CLASSES, _NEW.flip(0))),
        praise="Right: a reader that simple can only find what is really there.",
    ),
    Exercise(
        name="find_partners",
        title="Find the translation",
        tier="core",
        difficulty=2,
        minutes=7,
        why="Search engines, translation mining and CLIP all stand on this one line.",
        answer=find_partners,
        misconceptions=(
            Misconception(
                _by_dot_product,
                "You compare by the dot product, where a long vector wins over one that points the right way. "
                "Divide each row by its length first: F.normalize(..., dim=-1).",
            ),
            Misconception(
                _by_distance,
                "You look for the smallest distance. It counts lengths too; the cosine asks for direction only.",
            ),
            Misconception(
                _farthest,
                "argmin of the cosine finds whoever is least alike. A cosine is a likeness: the largest wins.",
            ),
            Misconception(
                _wrong_side,
                "Your argmax runs over the queries (dim=0): it tells each candidate its best query. Each query shall "
                "find its best candidate, dim=1.",
            ),
            Misconception(
                _normalised_over_rows,
                "You normalised over the prompts (dim=0). Each vector shall get length 1: dim=-1.",
            ),
            Misconception(
                _highest_cosine_itself,
                "That is how high the best cosine is. Asked for is whose it is: the index, argmax.",
            ),
        ),
        hints=(
            "How does one make lengths not count?",
            "After F.normalize(x, dim=-1) the product queries @ candidates.T holds all cosines, (N, M).",
            "(F.normalize(queries, dim=-1) @ F.normalize(candidates, dim=-1).T).argmax(dim=1)",
        ),
        reasons="The cosine of two vectors is the dot product of their directions. One matrix product compares all "
        "pairs; argmax along a row picks that query's partner.",
        cases=(
            (
                torch.tensor([[1.0, 0.1], [0.1, 2.0], [3.0, 3.2]]),
                torch.tensor([[8.0, 9.0], [0.0, 0.5], [0.4, 0.0], [-5.0, 1.0]]),
            ),
            (torch.tensor([[-4.0, 1.0], [0.2, 0.1]]), torch.tensor([[-0.1, 0.0], [-9.0, 9.0], [1.0, 0.4]])),
        ),
        praise="Right: direction decides, length does not.",
    ),
    Exercise(
        name="clearly_better",
        title="Better, or only luckier?",
        tier="core",
        difficulty=1,
        minutes=5,
        why="A table of models invites to crown whoever is ahead by 0.3 %; this function resists.",
        answer=clearly_better,
        misconceptions=(
            Misconception(
                _by_value,
                "You compare the values alone. 0.61 [0.56, 0.65] and 0.59 [0.55, 0.64] came from a few hundred "
                "captions; another few hundred could turn them round. Compare one's low with the other's high.",
            ),
            Misconception(
                _value_above_high,
                "You compare a value with the other's upper end. Its own uncertainty is forgotten: take its lower end.",
            ),
            Misconception(
                _by_low,
                "You compare the two lower ends. That always crowns somebody, even where the intervals overlap.",
            ),
            Misconception(
                _turned_round,
                'The answers are turned round: return "first" where the first one is clearly higher.',
            ),
            Misconception(
                _never,
                'You always answer "cannot tell". Intervals that do not touch do tell: first["low"] > second["high"].',
            ),
        ),
        hints=(
            "Draw both intervals on one line. When is there no doubt left?",
            "When the lower end of one lies above the upper end of the other.",
            'if first["low"] > second["high"]: return "first"; the same the other way round; else "cannot tell".',
        ),
        reasons="Two 95 % intervals that do not overlap are a cautious sign of a real difference. Overlap does not "
        "prove equality; it says that these measurements cannot tell.",
        cases=(
            (_figure(0.9, 0.88, 0.92), _figure(0.7, 0.66, 0.74)),
            (_figure(0.59, 0.55, 0.64), _figure(0.61, 0.56, 0.65)),
            (_figure(0.72, 0.69, 0.74), _figure(0.76, 0.745, 0.77)),
            (_figure(0.75, 0.70, 0.80), _figure(0.68, 0.63, 0.73)),
            (_figure(0.68, 0.66, 0.70), _figure(0.71, 0.69, 0.73)),
            (_figure(0.62, 0.50, 0.72), _figure(0.60, 0.57, 0.63)),
        ),
        praise="Right: three answers, and the third one is the honest one more often than tables admit.",
    ),
]
