"""The blind test: how cards are dealt, what answers are worth, what is kept, and what is shown without widgets."""

import base64
import io

import pytest
from PIL import Image
from tiny_artist import tiny_artist

from t2i_lib.course.blind_test import Answer, BlindTest, Card, deal, score, sheet
from t2i_lib.course.progress import Progress
from t2i_lib.judge import Judge, JudgeConfig

RED = Image.new("RGB", (16, 16), "red")


def card(real: bool, judged: set[str], prompt: str = "a cat on a hill") -> Card:
    return Card(RED, real, (prompt, "山上有一只猫"), {"place": "hill", "subject": "cat"}, frozenset(judged))


CARDS = [card(True, {"place", "subject"}), card(False, {"place"}, "another cat"), card(False, set(), "a third cat")]


def answer(real: bool, *seen: str) -> Answer:
    return Answer(real, frozenset(seen))


@pytest.fixture
def blind(tmp_path) -> BlindTest:
    return BlindTest(CARDS, Progress("10", tmp_path))


@pytest.mark.filterwarnings("ignore:the prompt has")  # the tiny artist reads 13 tokens
def test_half_is_real_half_of_the_sentences_lie_and_the_deal_is_the_same_each_time():
    judge = Judge(JudgeConfig(image_size=32, widths=(2, 3, 5), feature_dim=7)).eval()
    cards, again = (deal(tiny_artist(), judge, count=6, seed=3) for _ in range(2))
    assert sum(each.real for each in cards) == 3
    assert [each.prompts for each in cards] == [each.prompts for each in again]
    assert all(each.judged <= set(each.stated) and len(each.prompts) == 2 for each in cards)
    assert {each.picture.size for each in cards} == {(16, 16)}
    assert [each.prompts for each in deal(tiny_artist(), judge, count=6, seed=4)] != [each.prompts for each in cards]


def test_a_real_picture_with_a_true_sentence_shows_what_it_states():
    """With a judge that knows everything, a rendered picture misses just what the sentence lies about: at most 1."""
    from t2i_lib.locations import checkpoint_folder
    from t2i_lib.pipeline import TextToImage

    artist = TextToImage.from_pretrained(checkpoint_folder("lesson"), device="cpu", precision="fp32")
    cards = deal(artist, Judge.load(checkpoint_folder("judge")), count=8)
    missed = sorted(len(each.stated) - len(each.judged) for each in cards if each.real)
    assert set(missed) <= {0, 1} and len(missed) == 4


def test_answers_are_counted():
    found = score(CARDS, {1: answer(True, "place", "subject"), 2: answer(True, "place", "subject"), 3: answer(False)})
    assert found.right.value == pytest.approx(2 / 3)
    assert (found.real_known, found.drawn_known) == ((1, 1), (1, 2))
    assert found.agreement.value == pytest.approx(5 / 6)
    assert found.kappa == pytest.approx((5 / 6 - 1 / 2) / (1 / 2))  # eye yes 4 of 6, judge 3 of 6
    assert "a coin would do as well" in str(found)


def test_cards_that_were_not_answered_do_not_count():
    assert score(CARDS, {3: answer(False)}).right.value == 1
    for answers in ({}, {4: answer(True)}):
        with pytest.raises(ValueError, match="cards 1 to 3"):
            score(CARDS, answers)


def test_answers_are_kept_for_these_cards_only(blind, capsys):
    assert blind.result().startswith("no answers yet")
    blind.answer(2, "drawn", "place")
    assert blind.answers == {2: answer(False, "place")}
    assert "1 of 3 cards answered" in blind.result() and "1.000" in blind.result()
    assert BlindTest([CARDS[0], CARDS[2]], blind.progress).answers == {}
    assert "kept: card 2, drawn, seen: place" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", [(0, "real"), (1, "fake"), (1, "real", "dragon")])
def test_a_senseless_answer_is_said_not_kept(blind, capsys, wrong):
    blind.answer(*wrong)
    assert blind.answers == {}
    assert capsys.readouterr().out


def test_the_button_keeps_and_goes_on(blind):
    pytest.importorskip("ipywidgets")
    blind.keep()
    assert blind.number == 1 and "First say" in blind.status.value
    blind.origin.value = "drawn"
    blind.seen.children[1].value = True
    blind.keep()
    assert blind.answers == {1: answer(False, "subject")}
    assert blind.number == 2 and blind.origin.value is None and not blind.seen.children[1].value
    assert "real" not in blind.picture.value and "another cat" in blind.sentence.value
    assert BlindTest(CARDS, blind.progress).number == 2


def test_without_widgets_there_is_a_sheet_and_a_list(tmp_path, monkeypatch):
    monkeypatch.setattr(BlindTest, "_build", lambda self: None)
    blind = BlindTest(CARDS, Progress("10", tmp_path))
    data, about = blind._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.size == sheet([RED] * 3).size == (3 * 132, 132 + 14)
    assert "3 numbered pictures" in about["image/png"]["alt"]
    assert "2. another cat | 山上有一只猫" in data["text/plain"] and "blind.answer(1" in data["text/plain"]
