"""The world of suns and seas: pictures show what was asked, sentences say it, and the judge reads it back."""

import pytest
import torch

from t2i_lib.storybook.captions import unknown_words
from t2i_lib.toys.sun_and_sea import COLORS, EDGE, NOBODY, PAIRS, PATTERNS, colors_found, draw_pairs, say


def test_the_judge_finds_what_was_drawn():
    asked = torch.tensor(PAIRS).repeat(40, 1)
    images = draw_pairs(asked, torch.Generator().manual_seed(1))
    assert images.shape == (480, 3, EDGE, EDGE) and images.abs().max() <= 1
    assert torch.equal(colors_found(images), asked)


def test_the_judge_admits_what_it_cannot_see():
    asked = torch.tensor([[0, 3]])
    image = draw_pairs(asked, torch.Generator().manual_seed(0))
    no_sea = image.clone()
    no_sea[:, :, -4:] = 0.8
    assert colors_found(no_sea).tolist() == [[0, NOBODY]]
    assert colors_found(torch.full_like(image, 0.8)).tolist() == [[NOBODY, NOBODY]]


def test_pictures_of_one_pair_differ_and_a_seed_repeats_them():
    asked = torch.tensor([[1, 2]]).expand(5, -1)
    images = draw_pairs(asked, torch.Generator().manual_seed(0))
    assert (images[0] - images[1]).abs().mean() > 0.01
    assert torch.equal(images, draw_pairs(asked, torch.Generator().manual_seed(0)))


@pytest.mark.parametrize("language", PATTERNS)
def test_exchanged_sentences_are_the_same_words(language):
    for number in range(len(PATTERNS[language])):
        one, other = say((0, 3), language, number), say((3, 0), language, number)
        assert one != other and sorted(one) == sorted(other)
        assert len({say(pair, language, number) for pair in PAIRS}) == len(PAIRS)


def test_the_text_encoder_knows_every_word():
    sentences = [
        say(pair, language, number) for language in PATTERNS for number in range(3) for pair in ((0, 1), (2, 3))
    ]
    assert not [word for sentence in sentences for word in unknown_words(sentence)]


def test_colours_of_sun_and_sea_differ():
    assert len(set(PAIRS)) == 12 and all(sun != sea for sun, sea in PAIRS) and len(COLORS) == 4
