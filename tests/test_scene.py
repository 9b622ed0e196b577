"""The storybook world's rules: what a scene may hold, how scenes are drawn, and which are kept out of training."""

from itertools import product
from random import Random

import pytest

from t2i_lib.storybook.scene import (
    ATTRIBUTES,
    NEEDS_SUBJECT,
    PEOPLE,
    SPLITS,
    UNSEEN_PLACE_WEATHERS,
    UNSEEN_SUBJECT_COLORS,
    Scene,
    allowed_values,
    is_unseen,
    sample_scene,
    scene_rng,
)

GIRL = Scene("seaside", "day", "clear", "girl", "red", "smiling", "balloon", "left", "few")


def draws(split: str, count: int, seed: int = 5) -> list[Scene]:
    rng = Random(seed)
    return [sample_scene(rng, split) for _ in range(count)]


def test_ids_are_positions_in_the_table():
    assert GIRL.to_ids() == (1, 0, 0, 1, 0, 0, 2, 0, 1)
    assert Scene("hill", "sunset", "rainbow").to_ids() == (0, 1, 1, 0, -1, -1, -1, -1, 0)
    assert list(GIRL.as_dict()) == list(ATTRIBUTES)


def test_changed_checks_the_rules_again():
    assert GIRL.changed(color="blue").color == "blue" and GIRL.color == "red"
    with pytest.raises(ValueError, match="must be one of"):
        GIRL.changed(holding="sword")


@pytest.mark.parametrize(
    "values",
    [
        {"place": "moon"},
        {"time": "night", "weather": "rainbow"},
        {"time": "night", "weather": "sunbeams"},
        {"subject": "none", "color": "red"},
        {"subject": "none", "position": "left"},
        {"subject": "cat", "color": "red", "holding": "none", "position": "left", "expression": "smiling"},
        {"subject": "cat", "color": "red", "holding": "umbrella", "position": "left"},
        {"subject": "knight", "color": "red", "holding": "none", "position": "left"},
        {"subject": "girl", "color": "red", "holding": "sword", "position": "left", "expression": "calm"},
        {"subject": "girl", "color": "red", "holding": "none", "position": "left"},  # a girl has an expression
        {"birds": "some"},
    ],
)
def test_impossible_scenes_are_refused(values: dict[str, str]):
    with pytest.raises(ValueError, match="must be one of"):
        Scene(**{"place": "hill", **values})


def test_unknown_attribute_and_split_are_named():
    with pytest.raises(ValueError, match="unknown attribute 'mood'.*place, time"):
        allowed_values("mood", {})
    with pytest.raises(ValueError, match="unknown split 'dev'.*train, validation, test, unseen"):
        sample_scene(Random(0), "dev")


@pytest.mark.parametrize("split", SPLITS)
def test_drawn_scenes_keep_the_rules(split: str):
    for scene in draws(split, 1000):
        has_subject = scene.subject != "none"
        assert not (scene.time == "night" and scene.weather in ("rainbow", "sunbeams"))
        assert all((getattr(scene, name) is not None) == has_subject for name in NEEDS_SUBJECT if name != "expression")
        assert (scene.expression is not None) == (scene.subject in PEOPLE)
        assert (scene.holding == "sword") == (scene.subject == "knight")
        assert is_unseen(scene) == (split == "unseen")


def test_every_value_is_drawn_in_training():
    scenes = draws("train", 2000)
    for name, values in ATTRIBUTES.items():
        assert {getattr(scene, name) for scene in scenes} - {None} == set(values)


def test_unseen_pairs_are_sound():
    """Each half of a held-out pair is seen in training with other partners; every subject loses exactly one colour."""
    seen = {(scene.subject, scene.color) for scene in draws("train", 6000)}
    subjects, colors = ATTRIBUTES["subject"][1:], ATTRIBUTES["color"]
    assert seen - {("none", None)} == set(product(subjects, colors)) - UNSEEN_SUBJECT_COLORS
    assert sorted(subject for subject, _ in UNSEEN_SUBJECT_COLORS) == sorted(subjects)
    assert len({color for _, color in UNSEEN_SUBJECT_COLORS}) == len(UNSEEN_SUBJECT_COLORS)
    for place, weather in UNSEEN_PLACE_WEATHERS:
        assert place in ATTRIBUTES["place"] and weather in ATTRIBUTES["weather"]


def test_both_kinds_of_unseen_pairs_are_drawn():
    scenes = draws("unseen", 1500)
    assert {(s.subject, s.color) for s in scenes} >= UNSEEN_SUBJECT_COLORS
    assert {(s.place, s.weather) for s in scenes} >= UNSEEN_PLACE_WEATHERS


@pytest.mark.parametrize("split", SPLITS)
def test_what_is_stated_stays_and_the_rest_varies(split: str):
    stated = {"subject": "boy", "color": "yellow" if split == "unseen" else "red", "time": "sunset"}
    rng = Random(7)
    scenes = [sample_scene(rng, split, stated) for _ in range(200)]
    assert all(stated.items() <= scene.as_dict().items() for scene in scenes)
    assert {scene.place for scene in scenes} == set(ATTRIBUTES["place"])
    assert len(set(scenes)) > 150
    assert stated == {"subject": "boy", "color": "yellow" if split == "unseen" else "red", "time": "sunset"}


@pytest.mark.parametrize(
    ("stated", "absent"),
    [
        ({"color": "red"}, {"none"}),
        ({"position": "left"}, {"none"}),
        ({"expression": "calm"}, set(ATTRIBUTES["subject"]) - set(PEOPLE)),
        ({"holding": "sword"}, set(ATTRIBUTES["subject"]) - {"knight"}),
        ({"holding": "umbrella"}, set(ATTRIBUTES["subject"]) - set(PEOPLE)),
    ],
)
def test_what_is_stated_decides_which_subjects_are_possible(stated: dict[str, str], absent: set[str]):
    assert set(allowed_values("subject", stated)) == set(ATTRIBUTES["subject"]) - absent
    for seed in range(50):
        assert sample_scene(Random(seed), "train", stated).subject not in absent


def test_stated_weather_limits_the_time():
    times = {sample_scene(Random(seed), "train", {"weather": "rainbow"}).time for seed in range(60)}
    assert times == {"day", "sunset"}


@pytest.mark.parametrize(
    ("split", "stated"),
    [
        ("train", {"subject": "girl", "color": "purple"}),
        ("train", {"time": "night", "weather": "rainbow"}),
        ("test", {"place": "street", "weather": "mist"}),
        ("unseen", {"subject": "girl", "color": "red", "place": "hill"}),
        ("train", {"subject": "cat", "expression": "smiling"}),
    ],
)
def test_impossible_requests_are_refused(split: str, stated: dict[str, str]):
    with pytest.raises(ValueError):
        sample_scene(Random(0), split, stated)


def test_splits_share_no_item():
    """The same index gives the same scene in its own split only: the random sources of the splits differ."""
    drawn = {
        split: [sample_scene(scene_rng(split, index), split) for index in range(150)]
        for split in ("train", "validation", "test")
    }
    again = [sample_scene(scene_rng("test", index), "test") for index in range(150)]
    assert drawn["test"] == again
    for first, second in (("train", "validation"), ("train", "test"), ("validation", "test")):
        same = sum(a == b for a, b in zip(drawn[first], drawn[second], strict=True))
        assert same <= 3  # scenes of few attributes may meet by chance
    assert len(set(drawn["train"])) > 130


def test_random_sources_differ_by_purpose():
    states = {scene_rng(split, 3, purpose).random() for split in SPLITS for purpose in ("scene", "caption", "picture")}
    assert len(states) == 12


def test_the_blame_falls_on_what_does_not_fit():
    with pytest.raises(ValueError, match=r"holding must be one of \('none', 'umbrella', 'balloon', 'flowers'\)"):
        Scene("hill", subject="girl", color="red", expression="calm", holding="sword", position="left")
