"""An untrained artist that is made in a blink: what it draws is noise, but every part and every file is there."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from t2i_lib.autoencoder import Autoencoder, AutoencoderConfig
from t2i_lib.generator import Generator, GeneratorConfig
from t2i_lib.pipeline import TextToImage
from t2i_lib.text_encoder import TextEncoder

WORDS = "a green red hill at sunset with rainbow girl smiling castle night 一 座 山 丘 夕 阳 彩 虹".split()


def tiny_text_encoder(embed_dim: int = 8) -> TextEncoder:
    """A BERT of one layer that knows twenty words and reads at most 13 tokens."""
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    vocabulary = {word: place for place, word in enumerate(["[PAD]", "[UNK]", *WORDS])}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", model_max_length=13
    )
    sizes = BertConfig(
        vocab_size=len(vocabulary), hidden_size=embed_dim, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=13,
    )  # fmt: skip
    return TextEncoder(BertModel(sizes), tokenizer, "bert").eval().requires_grad_(False)


def tiny_artist() -> TextToImage:
    """16-pixel pictures, the same weights every time."""
    torch.manual_seed(0)
    generator = Generator(
        GeneratorConfig(noise_dim=5, embed_dim=8, style_dim=16, widths=(16, 16), depths=(1, 1), attention_stages=(1,),
                        num_heads=2, latent_channels=3)
    )  # fmt: skip
    autoencoder = Autoencoder(
        AutoencoderConfig(image_size=16, patch=2, widths=(16,), encoder_depths=(1,), decoder_depths=(1,),
                          latent_channels=3)
    )  # fmt: skip
    return TextToImage(tiny_text_encoder(), generator, autoencoder, device="cpu", precision="fp32")


def save_tiny_artist(folder: Path) -> Path:
    """A folder with the tiny artist in it."""
    tiny_artist().save_pretrained(folder)
    return folder
