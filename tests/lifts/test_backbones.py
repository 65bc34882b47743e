"""Transformers of keras-hub: every layer of them is an idiom, with all gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.lifts.runner import compare, port

SIZES = {
    "vocabulary_size": 100,
    "num_layers": 2,
    "hidden_dim": 32,
    "intermediate_dim": 64,
}
HEADS = {**SIZES, "num_heads": 4, "max_sequence_length": 64}
GROUPED = {**SIZES, "num_query_heads": 4, "num_key_value_heads": 2}

MODELS: dict[str, tuple[dict[str, int], tuple[str, ...]]] = {
    "RobertaBackbone": (HEADS, ("einsum", "softmax", "rsqrt")),
    "OPTBackbone": (HEADS, ("einsum", "softmax", "rsqrt")),
    "LlamaBackbone": (GROUPED, ("einsum", "softmax", "rsqrt", "CustomGradient")),
    "Qwen3Backbone": ({**GROUPED, "head_dim": 8}, ("softmax", "rsqrt")),
    "BloomBackbone": ({**SIZES, "num_heads": 4}, ("einsum", "softmax", "rsqrt")),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_backbone(name: str) -> None:
    import keras_hub

    config, expansions = MODELS[name]
    model = getattr(keras_hub.models, name)(**config)
    shake(model)
    names = ("token_ids", "padding_mask")

    def function(*given: Any) -> Any:
        return model(dict(zip(names, given, strict=True)))

    ported = port(function, *(tf.TensorSpec([None, None], tf.int32, n) for n in names))
    for part in expansions:
        assert part not in ported.text, f"{part} in\n{ported.text}"
    ids = np.random.default_rng(0).integers(0, 100, (3, 10)).astype("int32")
    inside = np.arange(10) < np.array([10, 6, 1])[:, None]
    compare(ported, [ids, inside.astype("int32")], grad=True)


def shake(model: Any) -> None:
    """Random weights; scales around 1."""
    random = np.random.default_rng(1)
    for weight in model.weights:
        center = 1.0 if weight.name in ("gamma", "scale") else 0.0
        weight.assign(center + 0.2 * random.standard_normal(weight.shape))
