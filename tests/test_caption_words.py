"""Captions as numbers: nothing gets lost on the way, and only what can be foretold is asked for."""

import pytest
import torch

from t2i_lib.course.caption_words import END, CaptionWords, next_word_labels, split, storybook_captions


def test_captions_come_in_both_languages_and_the_same_each_time():
    captions = storybook_captions(60, seed=3, shortest=5, longest=12)
    assert captions == storybook_captions(60, 3, 5, 12) != storybook_captions(60, 4, 5, 12)
    lengths = [len(split(caption)) for caption in captions]
    assert min(lengths) == 5 and max(lengths) == 12
    chinese = sum(any("\u3400" <= letter <= "\u9fff" for letter in caption) for caption in captions)
    assert 15 <= chinese <= 45


def test_there_and_back():
    captions = ["a black cat, in the rain.", "一只黑猫在雨里。", "a girl in a t-shirt"]
    words = CaptionWords(captions)
    token_ids = words.encode(captions)
    assert token_ids.shape == (3, 10) and (token_ids[:, 0] == END).all() and (token_ids[:, -1] == END).all()
    assert words.decode(token_ids) == captions
    assert len(words) == int(token_ids.max()) + 1


def test_a_caption_without_an_end_is_read_to_its_last_word():
    words = CaptionWords(["a cat"])
    assert words.decode(words.encode(["a cat"])[:, :-1]) == ["a cat"] and words.decode(torch.tensor([[END]])) == [""]


def test_labels_end_with_the_caption():
    token_ids = torch.tensor([[END, 3, 4, END, END, END], [END, 2, 2, 2, 2, END]])
    assert next_word_labels(token_ids).tolist() == [[3, 4, END, -100, -100], [2, 2, 2, 2, END]]


def test_an_unknown_word_is_named():
    with pytest.raises(ValueError, match="dragon"):
        CaptionWords(["a cat"]).encode(["a dragon"])
