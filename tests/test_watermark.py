"""What survives a picture's way: notes beside the pixels, lowest bits, and a mark spread over all of them."""

from random import Random

import numpy as np
import pytest
import torch

from t2i_lib.provenance import label
from t2i_lib.storybook.render import render
from t2i_lib.storybook.scene import sample_scene
from t2i_lib.watermark import THRESHOLD, detect, detect_shifted, embed, hide_bits, pattern, read_bits
from t2i_lib.wear import WAYS, cropped, says_its_origin, through_file

KEY = 7


@pytest.fixture(scope="module")
def pictures():
    return [label(render(sample_scene(Random(n)), 128, Random(n)), "a hill", n, "full") for n in range(6)]


def test_a_larger_pattern_begins_with_the_smaller_one():
    assert torch.equal(pattern(KEY, 11, 13), pattern(KEY, 300, 290)[:11, :13])
    assert set(pattern(KEY, 8, 8).unique().tolist()) == {-1.0, 1.0}
    assert not torch.equal(pattern(1, 32, 32), pattern(2, 32, 32))


def test_the_mark_is_faint_and_keeps_the_facts(pictures):
    marked = embed(pictures[0], KEY)
    difference = np.asarray(marked).astype(int) - np.asarray(pictures[0]).astype(int)
    assert 0 < np.abs(difference).max() <= 2
    assert through_file(marked, "PNG").info["prompt"] == "a hill"
    assert pictures[0].info["prompt"] == "a hill" and detect(pictures[0], KEY) < THRESHOLD


def test_right_key_heard_wrong_key_not(pictures):
    marked = [embed(picture, KEY) for picture in pictures]
    assert min(detect(picture, KEY) for picture in marked) > THRESHOLD
    wrong = torch.tensor([detect(picture, key) for picture in marked for key in range(50, 70)])
    assert wrong.max() < THRESHOLD and abs(wrong.mean()) < 0.4 and wrong.std() < 1.2


@pytest.mark.parametrize(
    "way", ["PNG, by another program; screenshot", "JPEG 90", "10 % brighter", "half size and back"]
)
def test_the_mark_outlives_what_kills_the_note(pictures, way: str):
    sent = WAYS[way](embed(pictures[1], KEY))
    assert not says_its_origin(sent) and detect(sent, KEY) > THRESHOLD


def test_a_crop_is_found_only_by_shifting(pictures):
    sent = cropped(embed(pictures[2], KEY))
    assert detect(sent, KEY) < THRESHOLD < 5.5 < detect_shifted(sent, KEY)
    assert max(detect_shifted(picture, KEY) for picture in pictures) < 5.5


def test_turning_defeats_it(pictures):
    assert detect_shifted(WAYS["turned by 3 degrees"](embed(pictures[3], KEY)), KEY) < 5.5


def test_lowest_bits_die_of_the_first_jpeg(pictures):
    hidden = hide_bits(pictures[4], KEY)
    assert read_bits(hidden, KEY) == 1 and read_bits(pictures[4], KEY) < 0.6
    assert abs(read_bits(WAYS["JPEG 90"](hidden), KEY) - 0.5) < 0.03


def test_only_our_own_png_says_its_origin(pictures):
    assert [way for way, go in WAYS.items() if says_its_origin(go(pictures[5]))] == ["PNG, by this library"]
