"""Picture words and the language model that writes them: codes by hand, no peeping, memory that changes nothing."""

import pytest
import torch

from t2i_lib.picture_tokens import PictureTokens, PictureTokensConfig, cut, find_codes, join, nearest_codes
from t2i_lib.token_artist import TokenArtist, TokenArtistConfig, draw_letters
from t2i_lib.toys import picture_words
from t2i_lib.toys.sun_and_sea import PAIRS, draw_pairs

WORDS = PictureTokensConfig(latent_channels=3, latent_size=6, patch=2, letters=2, codes=5)
SIZES = TokenArtistConfig(WORDS, embed_dim=8, depth=2, num_heads=2, mlp_dim=12, guidance=1.0)


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def text():
    mask = torch.tensor([[True] * 5, [True] * 2 + [False] * 3])
    return drawn(2, 5, 8) * mask[..., None], mask, drawn(2, 8, seed=1)


@pytest.fixture
def artist() -> TokenArtist:
    torch.manual_seed(0)
    artist = TokenArtist(SIZES)
    artist.tokens.fit(drawn(40, 3, 6, 6), torch.Generator().manual_seed(0))
    torch.nn.init.normal_(artist.alphabets)  # large enough that letters matter
    return artist.eval().requires_grad_(False)


def test_nearest_code_by_hand():
    codebook = torch.tensor([[0.0], [1.0], [4.0]])
    assert nearest_codes(torch.tensor([[0.6], [2.7], [-3.0]]), codebook).tolist() == [1, 2, 0]


def test_k_means_finds_two_heaps():
    vectors = torch.cat([drawn(50, 3) * 0.1 + 5, drawn(50, 3, seed=1) * 0.1 - 5])
    codes = find_codes(vectors, 2, torch.Generator().manual_seed(0))
    assert sorted(round(code.mean().item()) for code in codes) == [-5, 5]


def test_cut_and_join_undo_each_other_and_go_row_by_row():
    latents = drawn(2, 3, 6, 6)
    vectors = cut(latents, 2)
    assert vectors.shape == (2, 9, 12)
    assert torch.equal(vectors[0, 1].sort().values, latents[0, :, :2, 2:4].flatten().sort().values)
    assert torch.equal(join(vectors, 2), latents)


def test_each_letter_loses_less():
    tokens, latents = PictureTokens(WORDS), drawn(60, 3, 6, 6)
    lost = tokens.fit(latents, torch.Generator().manual_seed(0))
    assert latents.square().mean() > lost[0] > lost[1]
    ids = tokens.encode(latents)
    assert ids.shape == (60, 9, 2) and ids.min() >= 0 and ids.max() < 5
    assert (tokens.decode(ids) - latents).square().mean().item() == pytest.approx(lost[1], rel=1e-4)
    assert torch.equal(tokens.encode(latents, letters=1)[..., 0], ids[..., 0])


def test_no_place_sees_itself_or_what_comes_later(artist, text):
    ids = torch.zeros(2, 9, 2, dtype=torch.int64)
    before = artist.logits(ids, text)
    assert before.shape == (2, 9, 2, 5)
    changed = ids.clone()
    changed[:, 4, 0] = 3
    after = artist.logits(changed, text)
    assert torch.allclose(before[:, :4], after[:, :4], atol=1e-6)  # earlier words
    assert torch.allclose(before[:, 4, 0], after[:, 4, 0], atol=1e-6)  # the letter itself
    assert not torch.allclose(before[:, 4, 1], after[:, 4, 1], atol=1e-4)  # the next letter of the word
    assert not torch.allclose(before[:, 5], after[:, 5], atol=1e-4)  # the next word


def test_padding_changes_nothing(artist, text):
    ids, (features, mask, pooled) = torch.zeros(1, 9, 2, dtype=torch.int64), text
    long = artist.logits(ids, (features[1:], mask[1:], pooled[1:]))
    short = artist.logits(ids, (features[1:, :2], mask[1:, :2], pooled[1:]))
    assert torch.allclose(long, short, atol=1e-5)


def test_writing_with_memory_is_drawing_from_the_same_probabilities(artist, text):
    lots = artist.sample_noise(2, torch.Generator().manual_seed(5))
    words = artist.write(lots, text)
    logits = artist.logits(words, text)
    again = draw_letters(logits.flatten(0, 2), lots.flatten())
    assert torch.equal(again, words.flatten())


def test_guidance_asks_both_ways(artist, text):
    lots = artist.sample_noise(2, torch.Generator().manual_seed(5))
    plain = artist.write(lots, text)
    artist.guidance = 1.0 + 1e-7  # asked both ways, and the plain answer all the same
    assert torch.equal(artist.write(lots, text), plain)
    artist.guidance = 0.0
    one, other = artist.write(lots[:1].repeat(2, 1), text)  # two prompts, neither heard
    assert torch.equal(one, other)


def test_lots_decide_letters():
    logits = torch.tensor([[0.0, 0.0, 0.0, 0.0]]).log_softmax(-1).repeat(4, 1)
    assert draw_letters(logits, torch.tensor([0.1, 0.3, 0.6, 0.99])).tolist() == [0, 1, 2, 3]
    uneven = torch.tensor([[2.0, 1.0, 0.0]])
    assert draw_letters(uneven, torch.tensor([0.999]), temperature=0).item() == 0
    assert draw_letters(uneven, torch.tensor([0.999]), top_k=2).item() == 1
    assert draw_letters(uneven, torch.tensor([0.8]), temperature=0.2).item() == 0


def test_the_tiny_writer_learns_and_the_same_lots_write_the_same_picture():
    pairs, rng = torch.tensor(PAIRS), torch.Generator().manual_seed(0)
    codes = find_codes(cut(draw_pairs(pairs.repeat(5, 1), rng), picture_words.PATCH).flatten(0, 1), 16, rng)
    writer, losses = picture_words.learn_to_write(codes, steps=40, batch=32)
    assert losses[-1] < losses[0] / 1.5
    lots = torch.rand(12, picture_words.WORDS, generator=rng)
    words = writer.write(pairs, lots)
    assert torch.equal(words, writer.write(pairs, lots)) and words.max() < 16
    assert writer.picture(words).shape == (12, 3, 8, 8)
