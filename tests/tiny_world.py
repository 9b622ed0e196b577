"""Everything the picture recipes need, in a temporary folder: settings of the preset `tiny`, a language model of one
layer and two classifiers, all untrained."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from t2i_lib.judge import Judge, JudgeConfig
from t2i_lib.presets import PRESETS, Preset
from t2i_lib.recipes import autoencoder, features, gan
from t2i_lib.text_encoder import TextEncoder
from t2i_lib.training import TrainingReport

STEPS = 3


def tiny_preset(folder: Path) -> Preset:
    """`tiny` with the text encoder in the folder; every loss takes part."""
    preset = PRESETS["tiny"]
    return replace(
        preset,
        text_encoder=str(folder / "data" / "checkpoints" / "text-tiny"),
        autoencoder_training=replace(preset.autoencoder_training, feature_weight=0.2),
        gan_training=replace(preset.gan_training, batch_size=4, penalty_every=2),
    )


def save_tiny_world(folder: Path) -> None:
    """data/checkpoints with a text encoder, the judge, and the classifier of the perceptual loss."""
    torch.manual_seed(0)
    checkpoints = folder / "data" / "checkpoints"
    for name in ("judge", "perceptual"):
        Judge(JudgeConfig(image_size=32, widths=(5, 7, 8), feature_dim=11)).save(checkpoints / name)
    _text_encoder(PRESETS["tiny"].generator.embed_dim).save_pretrained(checkpoints / "text-tiny")


def enter(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Caches, runs and checkpoints are those of the folder; the preset `tiny` reads the folder's text encoder."""
    patch.chdir(folder)
    patch.setenv("T2I_DATA", str(folder / "data"))
    patch.setitem(PRESETS, "tiny", tiny_preset(folder))


def train_tiny_world(folder: Path) -> tuple[Path, list[TrainingReport]]:
    """Run the recipes of autoencoder, feature network and GAN in the folder; a few steps each."""
    with pytest.MonkeyPatch.context() as patch:
        (folder / "data").mkdir()
        enter(folder, patch)
        save_tiny_world(folder)
        settings = {"preset": "tiny", "steps": STEPS, "device": "cpu", "precision": "fp32"}
        return folder, [recipe.run(**settings) for recipe in (autoencoder, features, gan)]


def _text_encoder(embed_dim: int) -> TextEncoder:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    letters = {letter: place for place, letter in enumerate(["[PAD]", "[UNK]", *"abcdefghijklmnopqrstuvwxyz,."])}
    tokenizer = Tokenizer(models.WordLevel(letters, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("", "isolated")]
    )
    sizes = BertConfig(
        vocab_size=len(letters), hidden_size=embed_dim, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=8, max_position_embeddings=64, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=64
    )
    return TextEncoder(BertModel(sizes), fast, "bert").eval().requires_grad_(False)
