"""The studio without widgets: layers opened, wishes answered, walks, history, what is saved."""

import pytest
import torch
from PIL import Image
from tiny_artist import tiny_artist

from t2i_lib.pipeline import TextToImage
from t2i_lib.studio.keeping import keep, read_facts, to_png
from t2i_lib.studio.layers import draw_layer_by_layer, read
from t2i_lib.studio.session import MOST_PICTURES, Session, Wish, open_picture


@pytest.fixture(scope="module")
def artist() -> TextToImage:
    return tiny_artist()


def test_layer_by_layer_is_the_generator(artist):
    noise = artist.sample_noise([3, 4])
    ours = draw_layer_by_layer(artist, noise, [read(artist, "a red hill", [1.0, 1.0])])
    assert torch.allclose(ours, artist.generate(["a red hill"] * 2, [3, 4]), atol=1e-6)


def test_two_readings_of_one_prompt_are_one(artist):
    noise = artist.sample_noise([3])
    both = [read(artist, "a red hill", [0.3]), read(artist, "a red hill", [0.7])]
    assert torch.allclose(draw_layer_by_layer(artist, noise, both), artist.generate(["a red hill"], [3]), atol=1e-5)


def test_between_sees_every_layer_that_looks_around(artist):
    seen = []

    def look(features):
        seen.append(tuple(features.shape))
        return features

    first = []
    draw_layer_by_layer(
        artist, artist.sample_noise([3]), [read(artist, "a hill", [1.0])], look, lambda x: first.append(x) or x
    )
    assert seen == [(1, 16, 4, 4)] * 2 + [(1, 16, 8, 8)] * 2 + [(1, 3, 8, 8)]
    assert len(first) == 1


def test_full_variation_is_what_other_seeds_draw(artist):
    answer = Session(artist).ask(Wish("  a red   hill ", 7, 3))
    expected = artist("a red hill", seed=7, count=3)
    assert [open_picture(file).tobytes() for file in answer.pictures] == [each.tobytes() for each in expected]
    assert [read_facts(file)["seed"] for file in answer.pictures] == ["7", "8", "9"]
    assert "made" not in read_facts(answer.pictures[2]) and answer.wish.prompt == "a red hill"


def test_less_variation_brings_pictures_closer_and_none_makes_them_one(artist):
    def spread(variation):
        first, *others = [
            torch.frombuffer(bytearray(open_picture(file).tobytes()), dtype=torch.uint8).float()
            for file in Session(artist).ask(Wish("a red hill", 7, 4, variation)).pictures
        ]
        return sum((each - first).abs().mean().item() for each in others)

    assert 0 == spread(0.0) < spread(0.3) < spread(1.0)


def test_what_the_seed_does_not_say_stands_in_the_file(artist):
    files = Session(artist).ask(Wish("a red hill", 7, 2, 0.25)).pictures
    assert read_facts(files[0]) == {**read_facts(files[0]), "seed": "7"} and "made" not in read_facts(files[0])
    assert read_facts(files[1])["made"] == "25% of the arc from the noise of seed 7 to that of seed 8"


def test_a_walk_leads_from_one_prompt_to_the_other(artist):
    answer = Session(artist).ask(Wish("a red hill", 7, 4, towards="a castle at night"))
    first, last = (open_picture(answer.pictures[place]).tobytes() for place in (0, 3))
    assert first == artist("a red hill", seed=7).tobytes() and last == artist("a castle at night", seed=7).tobytes()
    assert read_facts(answer.pictures[1])["made"] == "33% of the way to: a castle at night"
    assert "then" in answer.understood


def test_unknown_words_are_remarked_and_no_warning_escapes(artist, recwarn):
    answer = Session(artist).ask(Wish("a dragon on a red hill " * 3, 0, 1))
    assert any("dragon" in each for each in answer.remarks) and any("only the first" in each for each in answer.remarks)
    assert not recwarn.list


def test_the_history_is_newest_first_and_forgets(artist):
    session = Session(artist, remembered=2)
    for seed in range(3):
        session.ask(Wish("a red hill", seed, 1))
    assert [answer.wish.seed for answer in session.history] == [2, 1]


def test_a_wish_from_the_history_draws_the_same(artist):
    session = Session(artist)
    first = session.ask(Wish("a red hill", 7, 3, 0.4))
    assert session.ask(session.history[0].wish).pictures == first.pictures


@pytest.mark.parametrize(
    "values, said",
    [
        ({"count": 0}, "count"),
        ({"count": MOST_PICTURES + 1}, "count"),
        ({"variation": 1.5}, "variation"),
        ({"seed": -1}, "seed"),
    ],
)
def test_wishes_without_sense_are_refused(values, said):
    with pytest.raises(ValueError, match=said):
        Wish("a hill", **values)


@pytest.mark.parametrize("wish", [Wish("..."), Wish("a hill", towards=" \u0007 ")])
def test_nothing_to_draw_is_refused_and_not_remembered(artist, wish):
    session = Session(artist)
    with pytest.raises(ValueError):
        session.ask(wish)
    assert session.history == []


def test_saved_files_say_by_name_what_they_are(artist, tmp_path):
    session = Session(artist)
    plain = session.save(session.ask(Wish("a red hill", 7, 2)), tmp_path)
    varied = session.save(session.ask(Wish("a red hill", 7, 2, 0.05)), tmp_path)
    walked = session.save(session.ask(Wish("a red hill", 7, 2, towards="a castle")), tmp_path)
    assert [path.name for path in plain] == ["a-red-hill-7-1.png", "a-red-hill-7-2.png"]
    assert (
        varied[1].name == "a-red-hill-7-varied-05-2.png" and walked[0].name == "a-red-hill-7-to-a-castle-7-in-2-1.png"
    )
    longer = session.save(session.ask(Wish("a red hill", 7, 3, towards="a castle")), tmp_path)
    assert not set(longer) & set(walked)  # the second of three steps is another picture than the second of two
    assert read_facts(walked[1])["made"].endswith("a castle")


def test_facts_hold_any_language_and_nothing_is_no_fact(tmp_path):
    picture = Image.new("RGB", (2, 2))
    assert read_facts(to_png(picture)) == {}
    picture.info["prompt"] = "海边"
    path = keep(to_png(picture, "手工"), tmp_path / "new" / "a.png")
    assert read_facts(path) == {"prompt": "海边", "made": "手工"}
    with pytest.raises(ValueError, match="readable"):
        read_facts(b"no picture")
