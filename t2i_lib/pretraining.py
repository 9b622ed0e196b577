"""Small bilingual language models from scratch: tokenizers, networks, and the exercises by which they learn to read.

Each family learns the way its large relatives did: BERT fills in masked tokens, GPT foretells the next one, T5 restores
missing spans. All three also learn that a Chinese and an English caption of the same statement mean the same.
"""

from collections.abc import Iterable
from random import Random

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2i_lib.text_encoder import FAMILIES, TextEncoder

EMBED_DIM, DEPTH, NUM_HEADS, CONTEXT_LENGTH, VOCAB_SIZE = 192, 4, 4, 96, 2500
IGNORED = -100  # the label that cross_entropy passes over
_NUM_SENTINELS = 24  # T5's markers for missing spans
_LETTERS = list("abcdefghijklmnopqrstuvwxyz0123456789.,!?'-，。、！？")


def build_tokenizer(family: str, captions: Iterable[str], vocab_size: int = VOCAB_SIZE):
    """Train the family's kind of tokenizer on captions: WordPiece (BERT), byte-level BPE (GPT) or Unigram (T5).

    Returns:
        A `transformers.PreTrainedTokenizerFast`.

    Raises:
        ValueError: if the family is unknown.
    """
    from transformers import PreTrainedTokenizerFast

    if family not in FAMILIES:
        raise ValueError(f"family must be one of {', '.join(FAMILIES)}, but is {family!r}")
    build = {"bert": _wordpiece, "gpt": _byte_pairs, "t5": _unigram}[family]
    tokenizer, special = build(captions, vocab_size)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=CONTEXT_LENGTH, **special)


def _wordpiece(captions: Iterable[str], vocab_size: int):
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)  # also sets every Chinese character apart
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocab_size, special_tokens=special, initial_alphabet=_LETTERS, show_progress=False
    )
    tokenizer.train_from_iterator(captions, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    roles = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    return tokenizer, dict(zip(roles, special, strict=True))


def _byte_pairs(captions: Iterable[str], vocab_size: int):
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    end = "<|endoftext|>"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([_each_han(), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()  # all 256 bytes, so that no character is ever unknown
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=[end, "<|pad|>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(captions, trainer)
    # The end mark gives even an empty prompt one token, and the last token a chance to look back on everything.
    tokenizer.post_processor = processors.TemplateProcessing(f"$A {end}", special_tokens=[(end, 0)])
    return tokenizer, {"pad_token": "<|pad|>", "eos_token": end, "bos_token": end}


def _unigram(captions: Iterable[str], vocab_size: int):
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    special = ["<pad>", "</s>", "<unk>", *(f"<extra_id_{index}>" for index in range(_NUM_SENTINELS))]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(prepend_scheme="first"), pre_tokenizers.Punctuation(), _each_han()]
    )
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=vocab_size,
        special_tokens=special,
        unk_token="<unk>",
        initial_alphabet=_LETTERS,
        show_progress=False,
    )
    tokenizer.train_from_iterator(captions, trainer)
    tokenizer.post_processor = processors.TemplateProcessing("$A </s>", special_tokens=[("</s>", 1)])
    roles = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return tokenizer, {**roles, "additional_special_tokens": special[3:]}


def _each_han():
    """Set every Chinese character apart: phrases nobody wrote in the corpus are still made of known tokens."""
    from tokenizers import Regex, pre_tokenizers

    return pre_tokenizers.Split(Regex(r"\p{Han}"), "isolated")


def build_model(family: str, tokenizer) -> nn.Module:
    """A new model of the family, small enough for a CPU, with the head that its exercise needs.

    No dropout: captions come from a grammar, so no caption is read often enough to be learned by heart. Attention in
    plain steps: on captions this short its backward pass takes a third of the fused one's time (bf16, CPU). GPT starts
    with larger weights than its big relatives, since it is narrow and has little time to grow them.

    Raises:
        ValueError: if the family is unknown.
    """
    import transformers

    if family == "bert":
        config = transformers.BertConfig(
            vocab_size=len(tokenizer), hidden_size=EMBED_DIM, num_hidden_layers=DEPTH, num_attention_heads=NUM_HEADS,
            intermediate_size=4 * EMBED_DIM, max_position_embeddings=CONTEXT_LENGTH, hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0, attn_implementation="eager", pad_token_id=tokenizer.pad_token_id,
        )  # fmt: skip
        return transformers.BertForMaskedLM(config)
    if family == "gpt":
        config = transformers.GPT2Config(
            vocab_size=len(tokenizer), n_embd=EMBED_DIM, n_layer=DEPTH, n_head=NUM_HEADS, n_positions=CONTEXT_LENGTH,
            embd_pdrop=0.0, attn_pdrop=0.0, resid_pdrop=0.0, attn_implementation="eager", initializer_range=0.06,
            bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )  # fmt: skip
        return transformers.GPT2LMHeadModel(config)
    if family == "t5":
        config = transformers.T5Config(
            vocab_size=len(tokenizer), d_model=EMBED_DIM, d_kv=EMBED_DIM // NUM_HEADS, d_ff=4 * EMBED_DIM,
            num_layers=DEPTH, num_decoder_layers=2, num_heads=NUM_HEADS, dropout_rate=0.0, attn_implementation="eager",
            pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id,
            decoder_start_token_id=tokenizer.pad_token_id,
        )  # fmt: skip
        return transformers.T5ForConditionalGeneration(config)
    raise ValueError(f"family must be one of {', '.join(FAMILIES)}, but is {family!r}")


def reading_half(family: str, model: nn.Module) -> nn.Module:
    """The part that turns tokens into features, without the head (and, for T5, without the decoder)."""
    return model.encoder if family == "t5" else model.base_model


def to_text_encoder(family: str, model: nn.Module, tokenizer) -> TextEncoder:
    """The trained model as a `TextEncoder` that shares its weights."""
    if family != "t5":
        return TextEncoder(reading_half(family, model), tokenizer, family)
    from transformers import T5EncoderModel

    encoder = T5EncoderModel(model.config)
    encoder.set_input_embeddings(model.get_input_embeddings())
    encoder.encoder = model.encoder
    return TextEncoder(encoder, tokenizer, family)


def mask_tokens(
    token_ids: Tensor, maskable: Tensor, mask_id: int, vocab_size: int, rng: torch.Generator, share: float = 0.2
) -> tuple[Tensor, Tensor]:
    """Hide some tokens for BERT to guess; of ten chosen, eight become [MASK], one a random token, one stays.

    Args:
        token_ids: (B, L) int64.
        maskable: (B, L) bool, False for padding and special tokens.
        mask_id: the id of [MASK].
        vocab_size: random tokens are drawn below it.
        rng: source of randomness.
        share: chance of each token to be chosen.

    Returns:
        corrupted: (B, L) int64.
        labels: (B, L) int64, the true token where one was chosen, `IGNORED` elsewhere.

    Source: Devlin et al. 2019, section 3.1, https://arxiv.org/abs/1810.04805
    """
    chosen = maskable & (torch.rand(token_ids.shape, generator=rng) < share)
    fate = torch.rand(token_ids.shape, generator=rng)
    guesses = torch.randint(vocab_size, token_ids.shape, generator=rng)
    corrupted = token_ids.masked_fill(chosen & (fate < 0.8), mask_id)
    corrupted = torch.where(chosen & (fate >= 0.8) & (fate < 0.9), guesses, corrupted)
    return corrupted, token_ids.masked_fill(~chosen, IGNORED)


def next_token_labels(token_ids: Tensor, mask: Tensor) -> Tensor:
    """(B, L) -> (B, L): at each token the one that follows it, `IGNORED` at the last one and in the padding.

    >>> next_token_labels(torch.tensor([[5, 6, 7, 0]]), torch.tensor([[True, True, True, False]])).tolist()
    [[6, 7, -100, -100]]
    """
    labels = torch.full_like(token_ids, IGNORED)
    labels[:, :-1] = token_ids[:, 1:].masked_fill(~mask[:, 1:], IGNORED)
    return labels


def choose_spans(length: int, rng: Random, share: float = 0.3, mean_length: int = 3) -> list[tuple[int, int]]:
    """Draw disjoint spans (start, end) that cover about `share` of `length` tokens and never touch each other."""
    count = max(1, round(length * share / mean_length))
    spans: list[tuple[int, int]] = []
    for start in sorted(rng.sample(range(length), min(count, length))):
        if not spans or start > spans[-1][1]:  # one token at least must stand between two spans
            spans.append((start, min(length, start + rng.randint(1, 2 * mean_length - 1))))
    return spans


def corrupt_spans(
    tokens: list[int], spans: list[tuple[int, int]], sentinels: list[int], end_id: int
) -> tuple[list[int], list[int]]:
    """Replace each span by a sentinel; the target lists each sentinel followed by what it hides.

    Source: Raffel et al. 2020, section 3.1.4, https://arxiv.org/abs/1910.10683

    >>> corrupt_spans([1, 2, 3, 4, 5], [(1, 3), (4, 5)], sentinels=[90, 91], end_id=0)
    ([1, 90, 4, 91, 0], [90, 2, 3, 91, 5, 0])
    """
    inputs, targets, position = [], [], 0
    for (start, end), sentinel in zip(spans, sentinels, strict=False):
        inputs += [*tokens[position:start], sentinel]
        targets += [sentinel, *tokens[start:end]]
        position = end
    return [*inputs, *tokens[position:], end_id], [*targets, end_id]


def contrastive_loss(first: Tensor, second: Tensor, same: Tensor, temperature: float = 0.07) -> Tensor:
    """Pull the two captions of one statement together, push all others away, in both languages at once.

    Each of the 2N features looks for its partner among the 2N - 1 others: a choice, scored by cross-entropy.

    Args:
        first, second: (N, D) pooled features; row n of both says the same thing, here in Chinese and in English.
        same: (N, N) bool, True where two rows state the same: they are not pushed apart.
        temperature: the smaller, the more the nearest wrong captions count.

    Returns:
        () float, in nats; log(2N - 1) when all features are equal.

    Source: van den Oord et al. 2018, eq. 4, https://arxiv.org/abs/1807.03748; Chen et al. 2020, eq. 1.
    """
    features = F.normalize(torch.cat([first, second]).float(), dim=-1)  # (2N, D)
    logits = features @ features.T / temperature  # (2N, 2N)
    target = torch.arange(len(features), device=logits.device).roll(len(first))  # (2N,)
    excluded = same.repeat(2, 2)  # (2N, 2N)
    excluded[torch.arange(len(features), device=logits.device), target] = False
    return F.cross_entropy(logits.masked_fill(excluded, -torch.inf), target)
