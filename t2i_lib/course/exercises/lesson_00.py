"""Exercises of lesson 00: shapes, the four steps by hand, seeds, differences, blended noise, what is misunderstood.

Answers are tried with a `PaperArtist`, which has the artist's methods but no networks, so a check takes no time.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from t2i_lib.course.checks import Exercise, Misconception
from t2i_lib.pipeline import to_pictures
from t2i_lib.storybook.captions import unknown_words
from t2i_lib.storybook.scene import ATTRIBUTES
from t2i_lib.understanding import Understanding


@dataclass(frozen=True)
class PaperArtist:
    """Stands in for the artist: the same methods, tiny pictures, and no knowledge at all.

    What it "draws" depends on every argument, so whoever mixes two of them up gets another picture. What it "reads" are
    the words that are values of an attribute, wherever they stand.
    """

    noise_dim: int = 64

    def __call__(self, prompt: str, seed: int | None = None, count: int = 1) -> Image.Image | list[Image.Image]:
        first = int(torch.randint(1000, ())) if seed is None else seed
        pictures = to_pictures(self.draw([prompt] * count, [first + copy for copy in range(count)]))
        return pictures[0] if count == 1 else pictures

    def draw(self, prompts: list[str], seeds: list[int]) -> Tensor:
        return self.decode(self.generate_from(*self.encode(prompts), self.sample_noise(seeds)))

    def encode(self, prompts: list[str]) -> tuple[Tensor, Tensor, Tensor]:
        if isinstance(prompts, str):
            raise ValueError(f"encode takes a list of prompts, but received the text {prompts!r}; write [prompt]")
        words = [["[CLS]", *prompt.split(), "[SEP]"] for prompt in prompts]
        mask = torch.zeros(len(words), max(map(len, words)), dtype=torch.bool)  # (B, L)
        text_features = torch.zeros(*mask.shape, 3)  # (B, L, D)
        for row, own in enumerate(words):
            mask[row, : len(own)] = True
            letters = [sum(map(ord, word)) for word in own]
            text_features[row, : len(own)] = torch.tensor([[n % 7, n % 11, n % 13] for n in letters]) / 13.0
        return text_features, text_features.sum(1) / mask.sum(1, keepdim=True), mask

    def sample_noise(self, seeds: list[int]) -> Tensor:
        if isinstance(seeds, int):
            raise ValueError(f"sample_noise takes a list of seeds, but received the number {seeds}; write [seed]")
        # seed + 1, so that noise drawn without any seed, which a check starts at 0, never looks like that of seed 0
        rngs = [torch.Generator().manual_seed(seed + 1) for seed in seeds]
        return torch.cat([torch.randn(1, self.noise_dim, generator=rng) for rng in rngs])

    def generate_from(self, text_features: Tensor, pooled_features: Tensor, mask: Tensor, noise: Tensor) -> Tensor:
        said = text_features.flatten(1).amax(1) + pooled_features.flatten(1).sum(1)  # (B,)
        return noise[:, :12].reshape(-1, 3, 2, 2) * 0.5 + said[:, None, None, None] - 2.0  # (B, 3, 2, 2)

    def decode(self, latents: Tensor) -> Tensor:
        return F.interpolate(latents, scale_factor=2).tanh()  # (B, 3, 4, 4)

    def parse(self, prompt: str) -> Understanding:
        words = re.findall(r"\w+", prompt.lower())
        heard = {name: [value for value in values if value in words] for name, values in ATTRIBUTES.items()}
        return Understanding(
            prompt, {name: (found[0], 0.9) for name, found in heard.items() if found}, unknown_words(prompt)
        )


_PAPER = PaperArtist()


# ---- What the encoder hands on ----


def features_shape(word_counts: list[int], width: int) -> tuple[int, int, int]:
    """The shape of the text features of some prompts: (B, L, D)."""
    longest = max(word_counts) + 2  # the start mark and the end mark
    return (len(word_counts), longest, width)


FEATURES_SHAPE = Exercise(
    name="features_shape",
    title="The shape of what was read",
    tier="core",
    difficulty=1,
    minutes=4,
    why="Whoever can foretell a shape has understood what a step does; most bugs in this field are wrong shapes.",
    answer=features_shape,
    misconceptions=(
        Misconception(
            lambda counts, width: (len(counts), max(counts), width),
            "Two tokens are missing in each prompt. Look at the first and the last token in the list above: the "
            "tokenizer adds a mark where the sentence starts and one where it ends, and they get vectors as well.",
        ),
        Misconception(
            lambda counts, width: (len(counts), max(counts) + 1, width),
            "One token is missing. The sentence gets a mark at its start, [CLS], and another one at its end, [SEP].",
        ),
        Misconception(
            lambda counts, width: (len(counts), width, max(counts) + 2),
            "All three sizes are there, but the last two changed places. One row is one token and as wide as `width`, "
            "so the number of tokens comes before the width.",
        ),
        Misconception(
            lambda counts, width: (len(counts), sum(counts) + 2 * len(counts), width),
            "You laid all prompts end to end. They lie on top of each other instead, one table a prompt, and every "
            "table has as many rows as the longest prompt needs; shorter ones are filled up with padding.",
        ),
        Misconception(
            lambda counts, width: (len(counts), min(counts) + 2, width),
            "The longest prompt does not fit into this. Nothing is cut off: the shorter ones are filled up instead.",
        ),
        Misconception(
            lambda counts, width: (max(counts) + 2, width),
            "That is one prompt's table. The first size is missing: how many prompts lie on top of each other.",
        ),
        Misconception(
            lambda counts, width: (1, counts[0] + 2, width),
            "Right for a single prompt. But `word_counts` may have several entries, one a prompt: the first size "
            "counts them, and the longest of them decides the second.",
        ),
        Misconception(
            lambda counts, width: (len(counts), width),
            "That is the shape of the pooled features, one vector a prompt. The text features keep one vector a token.",
        ),
    ),
    hints=(
        "Three questions, one a size: how many prompts? How many tokens has the longest one? How long is a vector?",
        "Count the tokens of `a red cat by the sea` in the output above: six words, eight tokens. Where do the other "
        "two come from, and does a shorter prompt have them too?",
        "The prompts are `len(word_counts)`, the tokens of the longest are `max(word_counts) + 2`, the rest is given.",
    ),
    reasons=(
        "B prompts lie on top of each other, so all need the same number of rows: that of the longest, with a start "
        "and an end mark. The rows that a shorter prompt does not need are padding, and the mask says which they are."
    ),
    praise="Prompts, tokens, width: (B, L, D) will meet you in every lesson from here on.",
    cases=(([6], 192), ([6, 3], 192), ([2, 9, 4], 5)),
)


# ---- The four steps by hand ----


def draw_step_by_step(artist: Any, prompt: str, seed: int) -> Tensor:
    """What the artist does when it is called: read, take noise by lot, generate, decode. Images (1, 3, H, W)."""
    text_features, pooled_features, mask = artist.encode([prompt])  # (1, L, D), (1, D), (1, L)
    noise = artist.sample_noise([seed])  # (1, noise_dim)
    latents = artist.generate_from(text_features, pooled_features, mask, noise)  # (1, C, h, w)
    return artist.decode(latents)  # (1, 3, H, W)


def _draw_with(artist, prompt, noise):
    return artist.decode(artist.generate_from(*artist.encode([prompt]), noise))


def _draw_swapped(artist, prompt, seed):
    text_features, pooled_features, mask = artist.encode([prompt])
    return artist.decode(artist.generate_from(pooled_features, text_features, mask, artist.sample_noise([seed])))


DRAW_STEP_BY_STEP = Exercise(
    name="draw_step_by_step",
    title="The four steps by hand",
    tier="core",
    difficulty=2,
    minutes=8,
    why="This is the whole machine; the other fourteen lessons open one of these four lines each.",
    answer=draw_step_by_step,
    misconceptions=(
        Misconception(
            lambda artist, prompt, seed: artist.generate_from(*artist.encode([prompt]), artist.sample_noise([seed])),
            "These are latents, a small grid of many channels. The last step is missing: the decoder makes pixels of "
            "them.",
        ),
        Misconception(
            lambda artist, prompt, seed: _draw_with(artist, prompt, artist.sample_noise([0])),
            "A picture comes out, but the same one for every seed: the noise is always drawn from seed 0. Hand the "
            "argument `seed` on.",
        ),
        Misconception(
            lambda artist, prompt, seed: _draw_with(artist, prompt, torch.randn(1, 64)),
            "The noise is drawn anew at each call, whatever the seed, so nobody can draw this picture a second time. "
            "Let artist.sample_noise([seed]) draw it.",
        ),
        Misconception(
            lambda artist, prompt, seed: _draw_with(artist, prompt, torch.zeros(1, 64)),
            "The noise is all zeros, so every seed gives the same picture. What the prompt leaves open has to be "
            "decided by something: artist.sample_noise([seed]).",
        ),
        Misconception(
            lambda artist, prompt, seed: artist(prompt, seed=seed),
            "That lets the artist do it all at once, and gives a finished picture. Here you shall do it yourself, in "
            "the four steps of the table; the last of them gives the images as numbers, (1, 3, H, W).",
        ),
        Misconception(
            _draw_swapped,
            "The two kinds of features changed places. generate_from wants text_features (one vector a token) first, "
            "then pooled_features (one a prompt), then mask, then noise.",
        ),
    ),
    hints=(
        "Go through the table of stages above from top to bottom. Each row is made of rows that stand above it.",
        "Four lines, four methods: encode, sample_noise, generate_from, decode. The first two want lists, because they "
        "serve many prompts at once: [prompt], [seed].",
        "`text_features, pooled_features, mask = artist.encode([prompt])`, then `noise = artist.sample_noise([seed])`; "
        "hand these four to artist.generate_from in this order, and what comes back to artist.decode.",
    ),
    reasons=(
        "encode and sample_noise do not know of each other: the prompt says what is wanted, the noise decides the "
        "rest. They meet in the generator. The decoder never sees a word; it only makes pixels of what the generator "
        "drew."
    ),
    praise="You have written a text-to-image pipeline in four lines.",
    cases=((_PAPER, "a red cat by the sea", 7), (_PAPER, "a hill at night", 1), (_PAPER, "a hill at night", 0)),
)


# ---- Seeds ----


def draw_variations(artist: Any, prompt: str, seeds: list[int]) -> np.ndarray:
    """One picture of the prompt for each seed, on top of each other: (S, H, W, 3) numbers from 0 to 255."""
    pictures = [np.asarray(artist(prompt, seed=seed)) for seed in seeds]  # S tables of (H, W, 3)
    return np.stack(pictures)  # (S, H, W, 3)


def _pixels(pictures) -> np.ndarray:
    return np.stack([np.asarray(picture) for picture in pictures])


def _unless_a_list(attempt, *arguments):
    """What the attempt gives; lists are told apart from tables, though their numbers may be the same."""
    given = attempt(*arguments)
    return ("a list of", len(given)) if isinstance(given, list | tuple) else given


DRAW_VARIATIONS = Exercise(
    name="draw_variations",
    title="One prompt, many seeds",
    tier="core",
    difficulty=1,
    minutes=5,
    why="One picture says little about an artist; what it can do shows in many pictures of one prompt.",
    answer=draw_variations,
    misconceptions=(
        Misconception(
            lambda artist, prompt, seeds: _pixels(artist(prompt, seed=n) for n, _ in enumerate(seeds)),
            "You counted 0, 1, 2, ... instead of using the seeds that were given. `for seed in seeds` hands you the "
            "seeds themselves; enumerate and range hand you places.",
        ),
        Misconception(
            lambda artist, prompt, seeds: _pixels(artist(prompt, seed=seeds[0]) for _ in seeds),
            "All pictures are the same: each one is drawn with the first seed. Use the loop's own seed.",
        ),
        Misconception(
            lambda artist, prompt, seeds: _pixels(artist(prompt) for _ in seeds),
            "The seeds are not used, so the artist takes one by lot each time and the pictures cannot be drawn again. "
            "Write artist(prompt, seed=seed).",
        ),
        Misconception(
            lambda artist, prompt, seeds: _pixels(artist(prompt, seed=seeds[0] + n) for n, _ in enumerate(seeds)),
            "You took the first seed and counted on from there (as the artist's `count` does). The seeds that were "
            "given need not follow each other.",
        ),
        Misconception(
            lambda artist, prompt, seeds: np.concatenate([np.asarray(artist(prompt, seed=seed)) for seed in seeds], 1),
            "The pictures stand side by side in one long strip. Stack them instead, so that the first axis counts the "
            "pictures: np.stack.",
        ),
        Misconception(
            lambda artist, prompt, seeds: np.asarray(artist(prompt, seed=seeds[-1])),
            "Only one picture came back, that of the last seed. Collect one a seed in a list, then stack the list.",
        ),
        Misconception(
            lambda artist, prompt, seeds: [np.asarray(artist(prompt, seed=seed)) for seed in seeds],
            "A list with one entry a seed: nearly there. Put its entries into one table with a new first axis: "
            "np.stack(the list).",
        ),
    ),
    hints=(
        "Draw one picture for each seed in a loop, collect them in a list, and make one table of the list at the end.",
        "`artist(prompt, seed=seed)` gives a picture; `np.asarray(picture)` its numbers, (H, W, 3). Which numpy "
        "function puts tables of equal shape on top of each other?",
        "`np.stack([np.asarray(artist(prompt, seed=seed)) for seed in seeds])`",
    ),
    reasons=(
        "np.stack makes a new first axis, one entry a picture; np.concatenate would glue along an axis that is already "
        "there. That first axis is the batch axis B of all later lessons."
    ),
    praise="A first axis that counts the pictures: that is a batch.",
    cases=((_PAPER, "a red cat by the sea", [7, 3, 20]), (_PAPER, "a hill at night", [5])),
    probe=_unless_a_list,
)


def picture_distance(one: np.ndarray, other: np.ndarray) -> float:
    """By how many of 255 levels the numbers of two pictures differ, on average; pictures (H, W, 3) uint8."""
    difference = one.astype(float) - other.astype(float)  # (H, W, 3), from -255 to 255
    return float(np.abs(difference).mean())


def _tiny_picture(*levels: int) -> np.ndarray:
    return np.array(levels, dtype=np.uint8).reshape(1, -1, 3)


PICTURE_DISTANCE = Exercise(
    name="picture_distance",
    title="How different are two pictures?",
    tier="core",
    difficulty=2,
    minutes=6,
    why="What is to be compared or trained needs a number for 'how far apart'; this is the simplest one.",
    answer=picture_distance,
    misconceptions=(
        Misconception(
            lambda one, other: float(np.abs(one - other).mean()),
            "A famous trap. The pictures are whole numbers from 0 to 255 (uint8), and such numbers have no sign: "
            "10 - 12 is not -2 but 254, because below 0 they start again at 255. Make them ordinary numbers before you "
            "subtract: one.astype(float).",
        ),
        Misconception(
            lambda one, other: float((one.astype(float) - other.astype(float)).mean()),
            "Brighter and darker places cancel each other out: two quite different pictures may get the distance 0. "
            "Take the absolute value of each difference before the mean.",
        ),
        Misconception(
            lambda one, other: float(np.abs(one.astype(float) - other.astype(float)).sum()),
            "That is the sum, so a larger picture would always be farther away. Divide by how many numbers there are: "
            "the mean.",
        ),
        Misconception(
            lambda one, other: float(((one.astype(float) - other.astype(float)) ** 2).mean()),
            "You squared the differences. The mean of squares is a good measure too, and lesson 05 uses it, but it is "
            "not in levels any more. Here the task says: absolute value.",
        ),
        Misconception(
            lambda one, other: float((one != other).mean()),
            "That is the share of numbers that differ at all; a difference of 1 counts as much as one of 255. Ask how "
            "large the differences are.",
        ),
        Misconception(
            lambda one, other: float(np.abs(one.astype(float) - other.astype(float)).max()),
            "That is the largest difference: one odd pixel decides everything. Take the mean.",
        ),
    ),
    hints=(
        "Three steps: subtract, drop the sign, average. What kind of number can a picture's entry be?",
        "Try np.uint8(10) - np.uint8(12) in a cell of its own. What would you have to do before subtracting?",
        "`np.abs(one.astype(float) - other.astype(float)).mean()`, as an ordinary number: float(...).",
    ),
    reasons=(
        "uint8 holds 0 to 255 and nothing else, which is fine for storing and wrong for computing. The course "
        "therefore computes with pictures as numbers from -1 to 1 and rounds to uint8 only where a picture is shown or "
        "saved."
    ),
    praise="You also walked around the uint8 trap, which costs most people an afternoon once.",
    cases=(
        (_tiny_picture(10, 20, 30, 40, 50, 60), _tiny_picture(12, 20, 27, 40, 60, 60)),
        (_tiny_picture(0, 0, 0, 255, 255, 255), _tiny_picture(255, 255, 255, 0, 0, 0)),
        (_tiny_picture(9, 9, 9), _tiny_picture(9, 9, 9)),
    ),
)


# ---- Noise ----


def blend_noise(one: Tensor, other: Tensor, share: float) -> Tensor:
    """From one noise (share 0) to another (share 1), with the same spread all the way: (B, noise_dim)."""
    mixed = (1 - share) * one + share * other
    spread = ((1 - share) ** 2 + share**2) ** 0.5  # what mixing does to the spread of independent numbers
    return mixed / spread


def _noises(seed: int) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(1, 7, generator=rng), torch.randn(1, 7, generator=rng)


BLEND_NOISE = Exercise(
    name="blend_noise",
    title="From one noise to another",
    tier="stretch",
    difficulty=2,
    minutes=7,
    why="A path between two noises is a film between two pictures; and it shows what 'normal noise' really promises.",
    answer=blend_noise,
    misconceptions=(
        Misconception(
            lambda one, other, share: (1 - share) * one + share * other,
            "That is the plain mixture. Both ends are right, but in the middle the numbers spread by 0.71 instead of "
            "1, as the output above shows. Divide by sqrt((1 - share)^2 + share^2).",
        ),
        Misconception(
            lambda one, other, share: (share * one + (1 - share) * other) / ((1 - share) ** 2 + share**2) ** 0.5,
            "The ends changed places: at share 0 the result must be the first noise, at share 1 the second.",
        ),
        Misconception(
            lambda one, other, share: ((1 - share) * one + share * other) / ((1 - share) ** 2 + share**2),
            "The root is missing. Squares add up to the square of the spread; the spread itself is its root.",
        ),
        Misconception(
            lambda one, other, share: ((1 - share) * one + share * other) * ((1 - share) ** 2 + share**2) ** 0.5,
            "You multiplied by the spread of the mixture. It is too small already: divide by it, so that 1 is left.",
        ),
        Misconception(
            lambda one, other, share: (one + share * other) / (1 + share**2) ** 0.5,
            "The second noise comes in, but the first never leaves: at share 1 it is still half of the mixture. Give "
            "the first the weight 1 - share.",
        ),
        Misconception(
            lambda one, other, share: (one if share < 0.5 else other).clone(),
            "This jumps from one noise to the other. Mix them, so that every step is a little of both.",
        ),
    ),
    hints=(
        "Mix first, with the weights 1 - share and share. Then look at what the mixing did to the spread.",
        "Independent noises add as squares: the mixture has the spread sqrt((1 - share)^2 + share^2). What has to be "
        "done to it so that the spread is 1 again?",
        "`mixed = (1 - share) * one + share * other`; return mixed / ((1 - share) ** 2 + share**2) ** 0.5",
    ),
    reasons=(
        "The generator was trained on noise of spread 1 only. Noise of spread 0.7 is a kind that it never met, and "
        "such pictures tend to be washed out. Dividing by the spread keeps every step on ground that the generator "
        "knows."
    ),
    praise="The same spread from end to end. Lesson 05 walks through latents in just this way.",
    cases=tuple((*_noises(3), share) for share in (0.0, 0.25, 0.5, 0.8, 1.0)),
)


# ---- What it does not know ----


def count_unknown(artist: Any, prompts: list[str]) -> dict[str, int]:
    """Each unknown word, and in how many of the prompts the artist met it."""
    counts = {}
    for prompt in prompts:
        for word in artist.parse(prompt).unknown_words:
            counts[word] = counts.get(word, 0) + 1
    return counts


def _count_once(artist, prompts):
    return dict.fromkeys((word for prompt in prompts for word in artist.parse(prompt).unknown_words), 1)


def _count_per_prompt(artist, prompts):
    return {prompt: len(artist.parse(prompt).unknown_words) for prompt in prompts}


def _count_first_words(artist, prompts):
    counts = {}
    for prompt in prompts:
        for word in artist.parse(prompt).unknown_words[:1]:
            counts[word] = counts.get(word, 0) + 1
    return counts


def _count_unread(artist, prompts):
    counts = {}
    for prompt in prompts:
        understood = [value for value, _ in artist.parse(prompt).attributes.values()]
        for word in prompt.split():
            if word not in understood:
                counts[word] = counts.get(word, 0) + 1
    return counts


COUNT_UNKNOWN = Exercise(
    name="count_unknown",
    title="Which words does it miss most?",
    tier="core",
    difficulty=2,
    minutes=6,
    why="A list of the words that users ask for and the model lacks is the first thing to make before collecting data.",
    answer=count_unknown,
    misconceptions=(
        Misconception(
            _count_once,
            "The right words, but each counts only once. Add 1 to the count that is already there: "
            "counts[word] = counts.get(word, 0) + 1.",
        ),
        Misconception(
            _count_per_prompt,
            "You counted how many unknown words each prompt has. The question is the other way round: for each word, "
            "in how many prompts it stands. The keys should be words.",
        ),
        Misconception(
            _count_first_words,
            "Of every prompt only the first unknown word is counted. unknown_words is a list: loop over all of it.",
        ),
        Misconception(
            lambda artist, prompts: dict.fromkeys(artist.parse(prompts[-1]).unknown_words, 1),
            "Only the last prompt is left. Make the empty dictionary before the loop, not inside it.",
        ),
        Misconception(
            _count_unread,
            "You counted every word that is no attribute's value. The artist knows small words like 'a' and 'by', and "
            "other words for the same thing. Ask it: artist.parse(prompt).unknown_words.",
        ),
        Misconception(
            lambda artist, prompts: sum(len(artist.parse(prompt).unknown_words) for prompt in prompts),
            "That is one number for all. Wanted is a dictionary: word -> in how many prompts.",
        ),
    ),
    hints=(
        "Two loops, one inside the other: over the prompts, and over the unknown words of each.",
        "artist.parse(prompt).unknown_words is a list with each unknown word once. Keep the counts in a dictionary "
        "that is made before the outer loop.",
        "Inside both loops: `counts[word] = counts.get(word, 0) + 1`; get returns 0 where the word is new.",
    ),
    reasons=(
        "unknown_words names each word of a prompt once, so adding 1 a prompt counts prompts. counts.get(word, 0) "
        "reads the count so far, or 0; collections.Counter would do the same in one line."
    ),
    praise="That list is what one would teach the artist next.",
    cases=(
        (_PAPER, ["a dragon by the sea", "a robot and a dragon on a hill", "a cat by the lake", "a dragon on a boat"]),
        (_PAPER, ["一只恐龙在海边", "a red cat, a robot"]),
    ),
)


def misread(artist: Any, prompt: str, meant: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """Where meaning and understanding part: attribute -> (meant, understood), None for nothing at all."""
    understood = {name: value for name, (value, _) in artist.parse(prompt).attributes.items()}
    names = [*meant, *understood]  # what was overlooked is only in the first, what was read into it only in the second
    return {name: (meant.get(name), understood.get(name)) for name in names if meant.get(name) != understood.get(name)}


def _understood(artist, prompt):
    return {name: value for name, (value, _) in artist.parse(prompt).attributes.items()}


def _pairs(meant, understood, names, keep=lambda ours, theirs: ours != theirs):
    pairs = {name: (meant.get(name), understood.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if keep(*pair)}


def _misread_with_confidence(artist, prompt, meant):
    understood = artist.parse(prompt).attributes
    return _pairs(meant, understood, [*meant, *understood])


def _misread_swapped(artist, prompt, meant):
    return {name: (theirs, ours) for name, (ours, theirs) in misread(artist, prompt, meant).items()}


MISREAD = Exercise(
    name="misread",
    title="What I meant and what it understood",
    tier="project",
    difficulty=3,
    minutes=15,
    why="Whoever can name a misunderstanding exactly can also mend it; lesson 10 does this for thousands of prompts.",
    answer=misread,
    misconceptions=(
        Misconception(
            _misread_with_confidence,
            "Everything looks misread, because you compare a value such as 'hill' with a pair such as ('hill', 0.98). "
            "Take the value out of the pair first: {name: value for name, (value, sure) in ... .items()}.",
        ),
        Misconception(
            lambda artist, prompt, meant: _pairs(meant, _understood(artist, prompt), meant),
            "You look only at what was meant, so you miss what was read into the prompt without being meant, like the "
            "rainbow of 'without a rainbow'. Look at the attributes of both.",
        ),
        Misconception(
            lambda artist, prompt, meant: _pairs(meant, _understood(artist, prompt), _understood(artist, prompt)),
            "You look only at what was understood, so you miss what was meant and overlooked. Look at the attributes "
            "of both.",
        ),
        Misconception(
            lambda artist, prompt, meant: list(misread(artist, prompt, meant)),
            "The right attributes, but only their names. Say for each what was meant and what was understood: "
            "name -> (meant, understood).",
        ),
        Misconception(
            _misread_swapped,
            "The pairs are the wrong way round: first what was meant, then what was understood.",
        ),
        Misconception(
            lambda artist, prompt, meant: _pairs(
                meant, _understood(artist, prompt), [*meant, *_understood(artist, prompt)], lambda a, b: a == b
            ),
            "These are the attributes where both agree. Wanted are those where they differ.",
        ),
    ),
    hints=(
        "Make two plain dictionaries of the same kind, attribute -> value: `meant` is one; get the other from "
        "artist.parse(prompt).attributes.",
        "An attribute may stand in one dictionary and not in the other, both ways. dictionary.get(name) gives None "
        "where it is missing, so the two can be compared for every name of either.",
        "`understood = {name: value for name, (value, sure) in artist.parse(prompt).attributes.items()}`; then go over "
        "`[*meant, *understood]` and keep name: (meant.get(name), understood.get(name)) where the two differ.",
    ),
    reasons=(
        "There are two ways to be misunderstood: something is overlooked, or something is heard that was not meant. "
        "Going over the names of both dictionaries finds both; a name that stands in both is simply written twice."
    ),
    praise="Overlooked, and read into it: you see both kinds of misunderstanding.",
    cases=(
        (_PAPER, "a hill without a rainbow", {"place": "hill"}),
        (_PAPER, "a scarlet dog on a hill", {"place": "hill", "subject": "dog", "color": "red"}),
        (_PAPER, "a cat on a hill", {"place": "hill", "subject": "cat"}),
    ),
)

EXERCISES = [
    FEATURES_SHAPE,
    DRAW_STEP_BY_STEP,
    DRAW_VARIATIONS,
    PICTURE_DISTANCE,
    BLEND_NOISE,
    COUNT_UNKNOWN,
    MISREAD,
]
