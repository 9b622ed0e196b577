"""The tiny language model of lesson 02: it practises on storybook captions, and writes captions that nobody wrote.

In: captions as numbers (caption_words.py). Out: losses, and captions. The lesson trains it for some seconds;
`python -m t2i_lib.course.caption_writer` trains it five times as long and stores it in data/lessons/02.
"""

from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from t2i_lib.checkpoints import load_into, load_metadata, load_weights, save_weights
from t2i_lib.course.caption_words import CaptionWords, next_word_labels, storybook_captions
from t2i_lib.course.exercises.lesson_02 import add_word
from t2i_lib.locations import data_folder
from t2i_lib.transformer import Transformer, TransformerConfig

CAPTIONS, STEPS = 3000, 2000  # what the shipped writer has practised on, and for how long
SIZES = {"embed_dim": 48, "depth": 2, "mlp_dim": 96, "context_length": 21, "causal": True}
REMEDY = "`python -m t2i_lib.course.caption_writer` makes it anew, in half a minute"


def new_writer(vocab_size: int) -> Transformer:
    """A decoder that knows nothing yet, the same one each time."""
    torch.manual_seed(0)
    return Transformer(TransformerConfig(vocab_size, **SIZES))


def practise(writer: Transformer, token_ids: Tensor, steps: int, look: Callable[[int], None]) -> list[float]:
    """Foretell the next word at all places of 32 captions at once, step after step; returns the losses."""
    optimizer = torch.optim.AdamW(writer.parameters(), lr=5e-3, weight_decay=0.01, fused=True)
    rng, losses = torch.Generator().manual_seed(0), []
    for step in range(1, steps + 1):
        batch = token_ids[torch.randint(len(token_ids), (32,), generator=rng)]  # (B, L)
        logits = writer.token_logits(writer(batch[:, :-1]))  # (B, L - 1, V)
        loss = F.cross_entropy(logits.flatten(0, 1), next_word_labels(batch).flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        look(step)  # whoever keeps a diary looks here
    return losses


@torch.no_grad()
def write(
    writer: Transformer,
    words: CaptionWords,
    start: str = "",
    temperature: float = 0.7,
    count: int = 1,
    seed: int = 0,
    add: Callable[..., Tensor] = add_word,
) -> list[str]:
    """Let the model go on from a start, word by word, until no place is left; returns `count` captions.

    Args:
        add: what adds one word: (next_logits, token_ids, temperature, draw) -> longer token_ids.

    Raises:
        ValueError: if the start holds a word that the model does not know.
    """
    rng = torch.Generator().manual_seed(seed)
    begun = words.encode([start])[:, :-1]  # (1, L), without the END behind it
    captions = []
    for _ in range(count):
        token_ids = begun
        while token_ids.shape[1] <= writer.config.context_length:
            token_ids = add(
                lambda ids: writer.token_logits(writer(ids)),
                token_ids,
                temperature,
                lambda probabilities: int(probabilities.multinomial(1, generator=rng)),
            )
        captions += words.decode(token_ids)
    return captions


def writer_file() -> Path:
    """Where the shipped writer lies in the repository."""
    return data_folder() / "lessons" / "02" / "caption_writer.safetensors"


def save_writer(
    path: Path, words: CaptionWords, writer: Transformer, losses: list[float], diary: dict[int, list[str]]
) -> None:
    """Keep a writer with its words, losses and diary (step -> captions); half precision, so that it stays small."""
    state = {f"writer.{name}": tensor.half() for name, tensor in writer.state_dict().items()}
    save_weights(path, state | {"losses": torch.tensor(losses).half()}, {"words": words.words[1:], "diary": diary})


def load_writer(path: Path | None = None) -> tuple[CaptionWords, Transformer, list[float], dict[int, list[str]]]:
    """The shipped writer, or that of a file: its words, the model, its losses, its diary (step -> captions).

    Raises:
        ValueError: if the file is missing or damaged.
    """
    path = path or writer_file()
    state = {name: tensor.float() for name, tensor in load_weights(path, REMEDY).items()}
    stored = load_metadata(path, REMEDY)
    words, losses = CaptionWords(stored["words"]), state.pop("losses").tolist()
    writer = new_writer(len(words))
    load_into(writer, {name.removeprefix("writer."): tensor for name, tensor in state.items()}, path)
    return words, writer, losses, {int(step): captions for step, captions in stored["diary"].items()}


def main(path: Path, captions: int = CAPTIONS, steps: int = STEPS) -> None:
    """Train a writer and keep it; its diary is written after a hundredth, a tenth and all of the steps."""
    torch.set_num_threads(1)
    texts = storybook_captions(captions)
    words = CaptionWords(texts)
    writer, diary = new_writer(len(words)), {}

    def look(step: int) -> None:
        if step in (steps // 100, steps // 10, steps):
            diary[step] = write(writer, words, count=4, seed=1)
            print(f"after {step} steps:", *diary[step], sep="\n   ", flush=True)

    losses = practise(writer, words.encode(texts), steps, look)
    save_writer(path, words, writer, losses, diary)
    print(f"{path}: {path.stat().st_size:,} bytes, the last 50 losses are {sum(losses[-50:]) / 50:.2f} on average")


if __name__ == "__main__":
    main(writer_file())
