"""Sentences in the game: what a bag of words cannot hear, which wrong ones are shown, and that a game is played."""

import pytest
import torch

from t2i_lib.experiments import binding, record
from t2i_lib.locations import checkpoint_folder
from t2i_lib.text_encoder import TextEncoder
from t2i_lib.toys.sentence_game import HEARS, WRONG, Rules, Sentences, draw_each, play, scores, wrong_pairs
from t2i_lib.toys.sentence_networks import NOISE_DIM, SentenceDiscriminator, SentenceGenerator
from t2i_lib.toys.sun_and_sea import PAIRS

ONE, EXCHANGED = PAIRS.index((0, 3)), PAIRS.index((3, 0))


@pytest.fixture(scope="module")
def sentences() -> Sentences:
    return Sentences(TextEncoder.from_pretrained(checkpoint_folder("text-bert"), light=True))


def heard(sentences: Sentences, pair: int, hears: str) -> torch.Tensor:
    return sentences.read(torch.tensor([pair]), torch.tensor([2]), hears)[2]


def test_a_bag_of_words_is_the_same_for_exchanged_colours(sentences):
    assert torch.allclose(heard(sentences, ONE, "words"), heard(sentences, EXCHANGED, "words"), atol=1e-6)
    assert not torch.allclose(heard(sentences, ONE, "sentence"), heard(sentences, EXCHANGED, "sentence"), atol=1e-2)


def test_a_critic_with_a_bag_cannot_tell_exchanged_colours(sentences):
    critic, images = SentenceDiscriminator(sentences.embed_dim), torch.randn(1, 3, 8, 8)
    for hears, same in (("words", True), ("sentence", False)):
        one, other = (
            critic(images, *sentences.read(torch.tensor([pair]), torch.tensor([2]), hears)) for pair in (ONE, EXCHANGED)
        )
        assert torch.allclose(one, other, atol=1e-5) == same


def test_every_pair_is_said_in_both_languages(sentences):
    assert len(sentences.texts) == len(PAIRS) and sentences.ways == len(sentences.texts[0]) == 6
    assert sentences.texts[ONE][0] == "a red sun over a blue sea" and "红色" in sentences.texts[ONE][3]


def test_only_a_generator_that_reads_words_depends_on_them(sentences):
    text_features, mask, pooled = sentences.read(torch.tensor([ONE]), torch.tensor([0]))
    noise = torch.randn(1, NOISE_DIM)
    for reads, same in ((True, False), (False, True)):
        generator = SentenceGenerator(sentences.embed_dim, reads_words=reads).eval()
        two = [generator(noise, features, mask, pooled) for features in (text_features, text_features.flip(1))]
        assert two[0].shape == (1, 3, 8, 8)
        assert torch.equal(*two) == same


def test_the_discriminator_looks_once_for_two_sentences(sentences):
    discriminator = SentenceDiscriminator(sentences.embed_dim)
    images, words = torch.randn(2, 3, 8, 8), sentences.read(torch.tensor([ONE, EXCHANGED]), torch.tensor([0, 4]))
    once = discriminator.match(discriminator.look(images), *words)
    assert once.shape == (2,) and torch.equal(once, discriminator(images, *words))


@pytest.mark.parametrize("kind", [kind for kind in WRONG if kind != "none"])
def test_wrong_pairs_are_wrong(kind):
    pairs = torch.arange(len(PAIRS)).repeat(5)
    wrong = wrong_pairs(pairs, kind, torch.Generator().manual_seed(0))
    assert (wrong != pairs).all()
    exchanged = torch.tensor([PAIRS[int(pair)][::-1] for pair in pairs])
    as_exchanged = (torch.tensor(PAIRS)[wrong] == exchanged).all(1)
    assert {"swapped": as_exchanged.all(), "mixed": as_exchanged[1::2].all(), "neighbours": True}[kind]
    assert as_exchanged.all() == (kind == "swapped")


def test_scores_tell_colours_from_binding():
    found = torch.tensor([[0, 3], [3, 0], [1, 2], [-1, 3]])
    assert scores(found, torch.tensor([[0, 3]]).expand(4, -1)) == (0.5, 0.5)


@pytest.mark.parametrize("hears", HEARS)
def test_a_game_is_played_and_noted(sentences, hears):
    generator, diary = play(sentences, Rules(hears, steps=2, batch_size=3, penalty_every=2, note_every=1))
    assert diary.steps == [0, 1, 2] and len(diary.colours) == len(diary.binding) == len(diary.samples) == 3
    assert all(0 <= share <= 1 for share in diary.colours + diary.binding)
    images, asked = draw_each(generator, sentences, 2, hears)
    assert images.shape == (24, 3, 8, 8) and asked[::2].tolist() == [list(pair) for pair in PAIRS]


def test_a_game_can_be_repeated(sentences):
    one, other = (play(sentences, Rules(steps=1, batch_size=2), seed)[0] for seed in (3, 3))
    assert torch.equal(one.to_grid.weight, other.to_grid.weight)


def test_rules_refuse_what_is_unknown():
    with pytest.raises(ValueError, match="hears must be one of words, sentence, places"):
        Rules(hears="silence")
    with pytest.raises(ValueError, match="critic_hears must be one of words, sentence"):
        Rules(critic_hears="places")
    with pytest.raises(ValueError, match="wrong must be one of"):
        Rules(wrong="sometimes")


def test_the_experiment_keeps_figures_and_curves(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "record_file", lambda name: tmp_path / f"{name}.json")
    done = binding.run([0], Rules(steps=1, batch_size=2, note_every=1))
    assert done.variants == list(binding.variants(Rules()))
    assert done.curves("a bag of words", "steps") == [[0, 1]]
    assert done.figures("no wrong sentences", "binding")[0] == done.curves("no wrong sentences", "binding")[0][-1]
