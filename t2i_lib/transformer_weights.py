"""The weights of BERT, GPT-2 and T5 in the names and shapes of our own `Transformer`.

In: config.json and model.safetensors of a `transformers` model (or its config and state as dictionaries). Out: a
`Transformer` that computes the same numbers. Nothing of `transformers` is needed for it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from t2i_lib.checkpoints import load_json, load_weights
from t2i_lib.transformer import Transformer, TransformerConfig

FAMILY_OF_TYPE = {"bert": "bert", "gpt2": "gpt", "t5": "t5"}
_ACTIVATIONS = {"gelu": "gelu", "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "relu": "relu"}


def load_transformer(folder: str | Path) -> Transformer:
    """Read a model folder in Hugging Face format, in float32 and evaluation mode.

    Raises:
        ValueError: if a file is missing or broken, or the model is of another kind.
    """
    folder = Path(folder)
    return from_state(load_json(folder / "config.json"), load_weights(folder / "model.safetensors"))


def from_state(settings: Mapping[str, Any], state: Mapping[str, Tensor]) -> Transformer:
    """A `Transformer` from a `transformers` model's `config.to_dict()` and `state_dict()`.

    Raises:
        ValueError: if the model is not of the BERT, GPT-2 or T5 kind, or uses something that ours lacks.
    """
    kind = settings.get("model_type")
    if kind not in _TRANSLATIONS:
        raise ValueError(f"own transformer reads models of type {', '.join(_TRANSLATIONS)}, but this is {kind!r}")
    configure, translate = _TRANSLATIONS[kind]
    transformer = Transformer(configure(settings))
    try:
        translated = translate(settings, _plain(state))
    except KeyError as error:
        raise ValueError(f"a model of type {kind!r} has a tensor {error.args[0]}, but this one has not") from error
    transformer.load_state_dict(translated)
    return transformer.eval()


def _plain(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """In float32 before anything is added up, and without the name under which a model with a head keeps its reader."""
    return {name.removeprefix("bert.").removeprefix("transformer."): tensor.float() for name, tensor in state.items()}


def _activation(name: str) -> str:
    if name not in _ACTIVATIONS:
        raise ValueError(f"own transformer knows the activations {', '.join(_ACTIVATIONS)}, but not {name!r}")
    return _ACTIVATIONS[name]


def _configure_bert(settings: Mapping[str, Any]) -> TransformerConfig:
    return TransformerConfig(
        vocab_size=settings["vocab_size"],
        embed_dim=settings["hidden_size"],
        depth=settings["num_hidden_layers"],
        num_heads=settings["num_attention_heads"],
        mlp_dim=settings["intermediate_size"],
        context_length=settings["max_position_embeddings"],
        norm_first=False,
        norm_tokens=True,
        activation=_activation(settings["hidden_act"]),
        norm_epsilon=settings["layer_norm_eps"],
    )


def _translate_bert(settings: Mapping[str, Any], state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    # A prompt is one segment, so its segment embedding is the same everywhere: a part of the positions.
    segment = state["embeddings.token_type_embeddings.weight"][0]
    weights = {
        "tokens.weight": state["embeddings.word_embeddings.weight"],
        "positions.weight": state["embeddings.position_embeddings.weight"] + segment,
    }
    names = {"token_norm": "embeddings.LayerNorm"}
    for i in range(settings["num_hidden_layers"]):
        theirs = f"encoder.layer.{i}"
        names |= {
            f"blocks.{i}.attention.query": f"{theirs}.attention.self.query",
            f"blocks.{i}.attention.key": f"{theirs}.attention.self.key",
            f"blocks.{i}.attention.value": f"{theirs}.attention.self.value",
            f"blocks.{i}.attention.output": f"{theirs}.attention.output.dense",
            f"blocks.{i}.attention_norm": f"{theirs}.attention.output.LayerNorm",
            f"blocks.{i}.feed_forward.inner": f"{theirs}.intermediate.dense",
            f"blocks.{i}.feed_forward.outer": f"{theirs}.output.dense",
            f"blocks.{i}.feed_forward_norm": f"{theirs}.output.LayerNorm",
        }
    return weights | _renamed(names, state, ("weight", "bias"))


def _configure_gpt2(settings: Mapping[str, Any]) -> TransformerConfig:
    return TransformerConfig(
        vocab_size=settings["vocab_size"],
        embed_dim=settings["n_embd"],
        depth=settings["n_layer"],
        num_heads=settings["n_head"],
        mlp_dim=settings.get("n_inner") or 4 * settings["n_embd"],
        context_length=settings["n_positions"],
        causal=True,
        activation=_activation(settings["activation_function"]),
        norm_epsilon=settings["layer_norm_epsilon"],
    )


def _translate_gpt2(settings: Mapping[str, Any], state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    weights = {"tokens.weight": state["wte.weight"], "positions.weight": state["wpe.weight"]}
    names = {"final_norm": "ln_f"}
    for i in range(settings["n_layer"]):
        names |= {f"blocks.{i}.attention_norm": f"h.{i}.ln_1", f"blocks.{i}.feed_forward_norm": f"h.{i}.ln_2"}
        # GPT-2 keeps query, key and value side by side, and every weight transposed.
        for part in ("weight", "bias"):
            joined = state[f"h.{i}.attn.c_attn.{part}"].chunk(3, dim=-1)
            for name, tensor in zip(("query", "key", "value"), joined, strict=True):
                weights[f"blocks.{i}.attention.{name}.{part}"] = tensor.T if part == "weight" else tensor
        linear = {
            "attention.output": "attn.c_proj",
            "feed_forward.inner": "mlp.c_fc",
            "feed_forward.outer": "mlp.c_proj",
        }
        for ours, theirs in linear.items():
            weights[f"blocks.{i}.{ours}.weight"] = state[f"h.{i}.{theirs}.weight"].T
            weights[f"blocks.{i}.{ours}.bias"] = state[f"h.{i}.{theirs}.bias"]
    return weights | _renamed(names, state, ("weight", "bias"))


def _configure_t5(settings: Mapping[str, Any]) -> TransformerConfig:
    activation = settings["feed_forward_proj"].removeprefix("gated-")
    gated = activation != settings["feed_forward_proj"]
    return TransformerConfig(
        vocab_size=settings["vocab_size"],
        embed_dim=settings["d_model"],
        depth=settings["num_layers"],
        num_heads=settings["num_heads"],
        head_dim=settings["d_kv"],
        mlp_dim=settings["d_ff"],
        context_length=None,
        scale_only=True,
        # By "gated-gelu" T5 means the older formula, by "gelu" alone the exact one.
        activation=_activation("gelu_new" if gated and activation == "gelu" else activation),
        gated=gated,
        num_buckets=settings["relative_attention_num_buckets"],
        max_distance=settings.get("relative_attention_max_distance", 128),
        norm_epsilon=settings["layer_norm_epsilon"],
    )


def _translate_t5(settings: Mapping[str, Any], state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    first = "encoder.block.0.layer.0.SelfAttention"
    weights = {
        "tokens.weight": state["shared.weight"],
        "distances.table.weight": state[f"{first}.relative_attention_bias.weight"],
    }
    names = {"final_norm": "encoder.final_layer_norm"}
    gated = settings["feed_forward_proj"].startswith("gated-")
    for i in range(settings["num_layers"]):
        looking, thinking = f"encoder.block.{i}.layer.0", f"encoder.block.{i}.layer.1"
        # T5 does not divide its scores by sqrt(head_dim); `attend` does, so the queries make up for it.
        weights[f"blocks.{i}.attention.query.weight"] = (
            state[f"{looking}.SelfAttention.q.weight"] * settings["d_kv"] ** 0.5
        )
        names |= {
            f"blocks.{i}.attention.key": f"{looking}.SelfAttention.k",
            f"blocks.{i}.attention.value": f"{looking}.SelfAttention.v",
            f"blocks.{i}.attention.output": f"{looking}.SelfAttention.o",
            f"blocks.{i}.attention_norm": f"{looking}.layer_norm",
            f"blocks.{i}.feed_forward.inner": f"{thinking}.DenseReluDense.{'wi_0' if gated else 'wi'}",
            f"blocks.{i}.feed_forward.outer": f"{thinking}.DenseReluDense.wo",
            f"blocks.{i}.feed_forward_norm": f"{thinking}.layer_norm",
        }
        if gated:
            names[f"blocks.{i}.feed_forward.gate"] = f"{thinking}.DenseReluDense.wi_1"
    return weights | _renamed(names, state, ("weight",))


def _renamed(names: Mapping[str, str], state: Mapping[str, Tensor], parts: tuple[str, ...]) -> dict[str, Tensor]:
    """Each layer's tensors under our layer's name."""
    return {f"{ours}.{part}": state[f"{theirs}.{part}"] for ours, theirs in names.items() for part in parts}


_TRANSLATIONS = {
    "bert": (_configure_bert, _translate_bert),
    "gpt2": (_configure_gpt2, _translate_gpt2),
    "t5": (_configure_t5, _translate_t5),
}
