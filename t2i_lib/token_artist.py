"""A language model that draws: it reads the prompt and goes on with the picture, word by word.

Prompt, a mark that says "now the picture", and the picture's words (`picture_tokens.py`) are one sequence, read by the
causal transformer of transformer.py. `TokenArtist` stands behind the same door as the GAN's `Generator`: noise and text
features in, latents out. Its noise are lots, one a letter.
"""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from t2i_lib.attention import MultiHeadAttention, attend
from t2i_lib.guidance import Read, both_ways, guide
from t2i_lib.picture_tokens import PictureTokens, PictureTokensConfig
from t2i_lib.transformer import Block, TransformerConfig

Memory = tuple[Tensor, Tensor]  # keys and values of what was read before, (B, heads, L, head_dim) each


@dataclass(frozen=True)
class TokenArtistConfig:
    """Sizes of a writer of pictures, and how it draws unless told otherwise."""

    tokens: PictureTokensConfig = field(default_factory=PictureTokensConfig)
    embed_dim: int = 192  # width D of the text features, and of the transformer
    depth: int = 4
    num_heads: int = 6
    mlp_dim: int = 576
    temperature: float = 1.0
    guidance: float = 2.0  # 1: the plain answer, which costs half
    top_k: int = 0  # letters that are drawn among; 0: all

    def __post_init__(self) -> None:
        if isinstance(self.tokens, dict):  # as JSON gives it
            object.__setattr__(self, "tokens", PictureTokensConfig(**self.tokens))

    @property
    def noise_dim(self) -> int:
        """Lots that a picture needs: one a letter."""
        return self.tokens.places * self.tokens.letters

    @property
    def latent_channels(self) -> int:
        """Of the latents that come out."""
        return self.tokens.latent_channels

    @property
    def latent_size(self) -> int:
        """Edge of the latent grid."""
        return self.tokens.latent_size

    @property
    def transformer(self) -> TransformerConfig:
        """Of the blocks; the table of tokens is this file's own."""
        return TransformerConfig(0, self.embed_dim, self.depth, self.num_heads, self.mlp_dim, causal=True)


class LetterWriter(nn.Module):
    """What the transformer thinks of a place, and the letters that stand there so far -> logits of the next letter."""

    def __init__(self, config: TokenArtistConfig) -> None:
        super().__init__()
        width = config.embed_dim
        self.places = nn.Parameter(torch.randn(config.tokens.letters, width) * 0.05)  # which letter of the word
        self.norm = nn.LayerNorm(width)
        self.think = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))
        self.final_norm = nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(config.tokens.letters, config.tokens.codes))

    def forward(self, features: Tensor, place: int, alphabet: Tensor) -> Tensor:
        """(..., D), which letter comes next, its alphabet as vectors (codes, D) -> (..., codes)."""
        features = features + self.places[place]
        features = self.final_norm(features + self.think(self.norm(features)))
        return F.linear(features, alphabet, self.bias[place])


class TokenArtist(nn.Module):
    """(lots, text) -> latents (B, C, h, w), by writing the picture's words from the top left to the bottom right.

    Attributes:
        tokens: the quantiser; its alphabets were found before.
        temperature, guidance, top_k: how it draws; the configuration's at first, and free to be changed.
        nothing: (D,), how the empty prompt reads.
    """

    def __init__(self, config: TokenArtistConfig) -> None:
        super().__init__()
        self.config = config
        self.temperature, self.guidance, self.top_k = config.temperature, config.guidance, config.top_k
        width, tokens = config.embed_dim, config.tokens
        self.tokens = PictureTokens(tokens)
        self.read_words = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width))
        self.read_pooled = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width))
        self.alphabets = nn.Parameter(torch.randn(tokens.letters, tokens.codes, width) * 0.05)
        self.positions = nn.Parameter(torch.randn(tokens.places, width) * 0.05)
        self.blocks = nn.ModuleList(Block(config.transformer) for _ in range(config.depth))
        self.final_norm = nn.LayerNorm(width)
        self.writer = LetterWriter(config)
        self.register_buffer("nothing", torch.zeros(width))

    def logits(self, token_ids: Tensor, text: Read) -> Tensor:
        """How well each letter fits at each place, all at once, as training asks: each place sees only earlier ones.

        Args:
            token_ids: (B, places, letters) int64, the true picture.
            text: text_features (B, L, D), mask (B, L) bool, pooled_features (B, D).

        Returns:
            logits: (B, places, letters, codes).
        """
        words = self.embed(token_ids)  # (B, places, letters, D)
        prompt, mask = self._prompt(text)  # (B, L + 1, D), (B, L + 1)
        written = (words.sum(dim=2) + self.positions)[:, :-1]  # (B, places - 1, D): the last word is followed by none
        sequence = torch.cat([prompt, written], dim=1)
        mask = F.pad(mask, (0, written.shape[1]), value=True)
        for block in self.blocks:
            sequence, _ = block(sequence, mask)
        thoughts = self.final_norm(sequence[:, prompt.shape[1] - 1 :])  # (B, places, D)
        so_far = words.cumsum(dim=2) - words  # (B, places, letters, D): what stands before each letter
        return torch.stack(
            [self.writer(thoughts + so_far[:, :, n], n, alphabet) for n, alphabet in enumerate(self.alphabets)], dim=2
        )

    def forward(self, noise: Tensor, text_features: Tensor, mask: Tensor, pooled_features: Tensor) -> Tensor:
        """Draw latents (B, C, h, w) from lots (B, noise_dim) in [0, 1)."""
        return self.tokens.decode(self.write(noise, (text_features, mask, pooled_features)))

    def write(self, lots: Tensor, text: Read) -> Tensor:
        """The picture's words, one after the other: lots (B, noise_dim) -> token_ids (B, places, letters).

        What was read once is kept as keys and values: each word costs one pass over itself alone.
        """
        if lots.shape[-1] != self.config.noise_dim:
            raise ValueError(f"lots must be (B, {self.config.noise_dim}), but are {tuple(lots.shape)}")
        guided = self.guidance != 1
        if guided:
            text = both_ways(text, self.nothing)
        inputs, mask = self._prompt(text)  # (B or 2B, L + 1, D)
        memory: list[Memory | None] = [None] * len(self.blocks)
        lots, words = lots.unflatten(1, (self.config.tokens.places, -1)), []
        for place in range(self.config.tokens.places):
            thoughts, memory = self._go_on(inputs, mask, memory)  # (B or 2B, D)
            letters, embedded = self._write_word(thoughts, lots[:, place], guided)  # (B, letters), (B, D)
            words.append(letters)
            inputs = (embedded + self.positions[place])[:, None].repeat(2 if guided else 1, 1, 1)
            mask = F.pad(mask, (0, 1), value=True)
        return torch.stack(words, dim=1)

    def embed(self, token_ids: Tensor) -> Tensor:
        """(B, places, letters) -> (B, places, letters, D)."""
        return torch.stack([alphabet[token_ids[..., n]] for n, alphabet in enumerate(self.alphabets)], dim=2)

    def sample_noise(self, count: int, rng: torch.Generator | None = None) -> Tensor:
        """Lots (count, noise_dim), even in [0, 1), on the network's device."""
        return torch.rand(count, self.config.noise_dim, generator=rng).to(self.nothing.device)

    def _prompt(self, text: Read) -> tuple[Tensor, Tensor]:
        """The prompt as the sequence's beginning, closed by the mark: (B, L + 1, D), (B, L + 1)."""
        text_features, mask, pooled_features = text
        mark = self.read_pooled(pooled_features)[:, None]  # (B, 1, D)
        return torch.cat([self.read_words(text_features), mark], dim=1), F.pad(mask, (0, 1), value=True)

    def _go_on(self, inputs: Tensor, mask: Tensor, memory: list[Memory | None]) -> tuple[Tensor, list[Memory]]:
        """Read on: inputs (B, Q, D) after what is in memory -> what to think of the place after them, (B, D)."""
        kept = []
        for block, past in zip(self.blocks, memory, strict=True):
            mixed, now = attend_on(block.attention, block.attention_norm(inputs), mask, past)
            inputs = inputs + mixed
            inputs = inputs + block.feed_forward(block.feed_forward_norm(inputs))
            kept.append(now)
        return self.final_norm(inputs[:, -1]), kept

    def _write_word(self, thoughts: Tensor, lots: Tensor, guided: bool) -> tuple[Tensor, Tensor]:
        """One word: letters (B, letters), and what they mean together (B, D)."""
        letters, so_far = [], torch.zeros_like(thoughts[: len(lots)])
        for place, alphabet in enumerate(self.alphabets):
            logits = self.writer(thoughts + so_far.repeat(2 if guided else 1, 1), place, alphabet).float()
            if guided:
                logits = guide(*logits.chunk(2), self.guidance)
            letters.append(draw_letters(logits, lots[:, place], self.temperature, self.top_k))
            so_far = so_far + alphabet[letters[-1]]
        return torch.stack(letters, dim=1), so_far


def attend_on(
    attention: MultiHeadAttention, inputs: Tensor, mask: Tensor, past: Memory | None
) -> tuple[Tensor, Memory]:
    """Causal attention of inputs (B, Q, D) to what was read before and to each other; and what to keep in memory."""
    query, key, value = (
        layer(inputs).unflatten(-1, (attention.num_heads, -1)).transpose(1, 2)
        for layer in (attention.query, attention.key, attention.value)
    )
    if past is not None:
        key, value = torch.cat([past[0], key], dim=2), torch.cat([past[1], value], dim=2)
    length, new = key.shape[2], query.shape[2]
    earlier = torch.ones(new, length, dtype=torch.bool, device=inputs.device).tril(length - new)  # (Q, L)
    mixed, _ = attend(query, key, value, earlier & mask[:, None, None, :])
    return attention.output(mixed.transpose(1, 2).flatten(2)), (key, value)


def draw_letters(logits: Tensor, lots: Tensor, temperature: float = 1.0, top_k: int = 0) -> Tensor:
    """Draw by lot: logits (B, V), lots (B,) in [0, 1) -> (B,) int64; the same lot draws the same letter again.

    Args:
        temperature: below 1 the likely ones become likelier; 0 takes the likeliest.
        top_k: only so many of the likeliest take part; 0: all.

    >>> draw_letters(torch.tensor([[0.0, 0.0]]), torch.tensor([0.6])).tolist()
    [1]
    """
    if temperature == 0:
        return logits.argmax(dim=-1)
    if top_k:
        logits = logits.masked_fill(logits < logits.topk(top_k, dim=-1).values[:, -1:], -torch.inf)
    heaps = (logits / temperature).softmax(dim=-1).cumsum(dim=-1)  # (B, V), the last one is 1
    return (heaps <= lots[:, None] * heaps[:, -1:]).sum(dim=-1).clamp(max=logits.shape[-1] - 1)
