"""The very small language model: it learns, it writes from a start; the shipped one fits the captions of today."""

import pytest
import torch

from t2i_lib.course import caption_writer
from t2i_lib.course.caption_words import CaptionWords, storybook_captions
from t2i_lib.course.caption_writer import load_writer, new_writer, practise, save_writer, write, writer_file

CAPTIONS = ["a red cat.", "红猫。"]


@pytest.fixture(scope="module")
def trained():
    words, seen = CaptionWords(CAPTIONS), []
    writer = new_writer(len(words))
    losses = practise(writer, words.encode(CAPTIONS), 60, seen.append)
    return words, writer, losses, seen


def test_it_learns_its_captions(trained):
    words, writer, losses, seen = trained
    assert losses[0] == pytest.approx(torch.tensor(float(len(words))).log().item(), abs=0.2)  # all words alike
    assert losses[-1] < 0.5 and seen == list(range(1, 61))
    assert write(writer, words, "a", temperature=0.1) == ["a red cat."]
    assert write(writer, words, "红", temperature=0.1) == ["红猫。"]


def test_a_seed_decides_what_is_written(trained):
    words, writer = trained[:2]
    first, again = (write(writer, words, count=3, temperature=5.0, seed=1) for _ in range(2))
    assert len(first) == 3 and first == again != write(writer, words, count=3, temperature=5.0, seed=2)


def test_it_writes_with_whatever_adds_a_word(trained):
    words, writer = trained[:2]
    cat = torch.tensor([[words.ids["cat"]]])
    lengths = []

    def always_cat(next_logits, token_ids, temperature, draw):
        lengths.append(token_ids.shape[1])
        assert next_logits(token_ids).shape == (1, token_ids.shape[1], len(words))
        return torch.cat([token_ids, cat], dim=1)

    assert write(writer, words, "a red", add=always_cat) == ["a red" + " cat" * 19]
    assert lengths == list(range(3, 22)), "until no place is left"


def test_an_unknown_start_is_named(trained):
    with pytest.raises(ValueError, match="dragon"):
        write(trained[1], trained[0], "a dragon")


def test_kept_and_read_again(trained, tmp_path):
    words, writer, losses, _ = trained
    save_writer(tmp_path / "writer.safetensors", words, writer, losses, {3: ["a"], 30: ["红猫"]})
    words_again, writer_again, losses_again, diary = load_writer(tmp_path / "writer.safetensors")
    assert words_again.words == words.words and diary == {3: ["a"], 30: ["红猫"]}
    assert losses_again == pytest.approx(losses, abs=0.01)
    for mine, theirs in zip(writer.parameters(), writer_again.parameters(), strict=True):
        assert torch.allclose(mine, theirs, atol=1e-3)


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(ValueError, match="t2i_lib.course.caption_writer"):
        load_writer(tmp_path / "none.safetensors")


def test_the_command_keeps_a_diary(tmp_path, capsys):
    caption_writer.main(tmp_path / "writer.safetensors", captions=5, steps=10)
    losses, diary = load_writer(tmp_path / "writer.safetensors")[2:]
    assert len(losses) == 10 and list(diary) == [1, 10] and all(len(captions) == 4 for captions in diary.values())
    assert "after 10 steps" in capsys.readouterr().out


def test_the_shipped_writer_is_small_and_knows_today_s_captions():
    assert writer_file().stat().st_size < 200_000
    words, _, losses, diary = load_writer()
    assert words.words == CaptionWords(storybook_captions(caption_writer.CAPTIONS)).words, caption_writer.REMEDY
    assert len(losses) == caption_writer.STEPS == max(diary)
