"""Captions as numbers for a very small language model: a token is an English word, a Chinese character or a mark."""

import re
from collections.abc import Iterable, Sequence
from random import Random

import torch
from torch import Tensor

from t2i_lib.concepts import sample_captions
from t2i_lib.pretraining import next_token_labels

END = 0  # the id that starts a caption, ends it, and fills the rest of its row
_HAN = "\u3400-\u9fff"
_TOKENS = re.compile(rf"[{_HAN}]|[^\W{_HAN}]+(?:['’-][^\W{_HAN}]+)*|[^\w\s]")


def storybook_captions(count: int, seed: int = 0, shortest: int = 6, longest: int = 20) -> list[str]:
    """Captions of random scenes, English or Chinese by chance, of at least `shortest` and at most `longest` tokens."""
    rng, captions = Random(seed), []
    while len(captions) < count:
        caption = sample_captions(rng, 1)[0].prompt
        if shortest <= len(split(caption)) <= longest:
            captions.append(caption)
    return captions


def split(caption: str) -> list[str]:
    """Cut a caption into words, characters and marks, in lower case.

    >>> split("A red cat, 红色的猫。")
    ['a', 'red', 'cat', ',', '红', '色', '的', '猫', '。']
    """
    return _TOKENS.findall(caption.lower())


class CaptionWords:
    """The words of a collection of captions; `encode` makes numbers of captions and `decode` makes captions of numbers.

    >>> words = CaptionWords(["a cat", "红猫"])
    >>> words.decode(words.encode(["a cat", "红猫"]))
    ['a cat', '红猫']
    """

    def __init__(self, captions: Iterable[str]) -> None:
        self.words = ["", *sorted({word for caption in captions for word in split(caption)})]
        self.ids = {word: number for number, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def encode(self, captions: Sequence[str]) -> Tensor:
        """(B, L) int64: END, the caption, END, and more of it up to the longest row.

        Raises:
            ValueError: if a caption holds a word that was not in the collection.
        """
        rows = [split(caption) for caption in captions]
        unknown = [word for row in rows for word in row if word not in self.ids]
        if unknown:
            raise ValueError(f"these words were in no caption: {', '.join(dict.fromkeys(unknown))}; use known ones")
        token_ids = torch.full((len(rows), max(map(len, rows)) + 2), END)
        for place, row in enumerate(rows):
            token_ids[place, 1 : len(row) + 1] = torch.tensor([self.ids[word] for word in row])
        return token_ids

    def decode(self, token_ids: Tensor) -> list[str]:
        """The captions of (B, L) ids, each up to its END; a blank before every word that is not a mark or Chinese."""
        captions = []
        for row in token_ids.tolist():
            row = row[1:] if row[:1] == [END] else row
            row = row[: row.index(END)] if END in row else row
            parts = [self.words[number] for number in row]
            captions.append("".join(f" {part}" if re.match(rf"[^\W{_HAN}]", part) else part for part in parts).strip())
        return captions


def next_word_labels(token_ids: Tensor) -> Tensor:
    """(B, L) -> (B, L - 1): what follows each token but the last; nothing is asked behind a caption's closing END.

    >>> next_word_labels(torch.tensor([[0, 5, 6, 0, 0]])).tolist()
    [[5, 6, 0, -100]]
    """
    ends = (token_ids == END).cumsum(dim=1) - (token_ids == END).long()  # (B, L): how many came before
    return next_token_labels(token_ids, ends < 2)[:, :-1]  # the first opens the caption, the second closes it
