"""Filters of prompts, counted; and the floor below which none can get."""

import pytest

from t2i_lib.refusals import fewest_errors, refuses_unknown, refuses_whole_words, refuses_words, trial
from t2i_lib.toys.requests import CHINESE, ENGLISH, REQUESTS


def test_counts():
    done = trial([True, True, False, False, False], [True, False, True, False, False])
    assert (done.caught, done.missed, done.false_alarms, done.passed) == (1, 1, 1, 2)
    assert done.precision.value == done.recall.value == 0.5
    with pytest.raises(ValueError):
        trial([True], [True, False])
    assert "precision" not in repr(trial([False], [True]))


def test_what_the_lists_get_wrong():
    assert refuses_words("a knight shoots a photo") and not refuses_words("杀") and refuses_words("杀", "杀")
    assert not refuses_whole_words("a killer whale") and refuses_whole_words("Fake, I say")
    assert not refuses_unknown("a red cat") and refuses_unknown("the mayor")


def test_no_filter_beats_the_floor():
    prompts, bad = [each.prompt for each in REQUESTS], [each.refuse for each in REQUESTS]
    floor = fewest_errors(prompts, bad)
    assert floor == 2
    for refuses in (refuses_words, refuses_whole_words, refuses_unknown, lambda _: True, lambda _: False):
        done = trial([refuses(prompt) for prompt in prompts], bad)
        assert done.missed + done.false_alarms >= floor


def test_the_requests_are_forty_and_half_of_them_chinese():
    assert len(ENGLISH) == len(CHINESE) == 20
    assert all(any("一" <= sign <= "鿿" for sign in each.prompt) for each in CHINESE)
    assert 0.3 < sum(each.refuse for each in REQUESTS) / 40 < 0.6
