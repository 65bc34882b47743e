"""Configs of Keras 1 and early Keras 2 in the words of today's ``tf_keras``.

Keras 1 (2015 to 2017) named arguments differently: ``output_dim`` for ``units``,
``border_mode`` for ``padding``, ``nb_row`` and ``nb_col`` for ``kernel_size``. Weights
of the two are converted by ``tf_keras`` itself when it loads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tf2torch.diagnostics import SourceError

CLASSES = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "TimeDistributed",
}
MERGES = {
    "concat": "Concatenate",
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "dot": "Dot",
    "cos": "Dot",
}
# Arguments that every layer renamed alike.
RENAMED = {
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "U_constraint": "recurrent_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
    "border_mode": "padding",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
    "beta_init": "beta_initializer",
    "gamma_init": "gamma_initializer",
    "p": "rate",
    "sigma": "stddev",
    "pool_length": "pool_size",
    "atrous_rate": "dilation_rate",
    "subsample": "strides",
    "subsample_length": "strides",
    "filter_length": "kernel_size",
    "stride": "strides",
    "nb_filter": "filters",
    "input_dtype": "dtype",
}
# Arguments that only steered how Keras 1 worked, or are implied by others.
DROPPED = frozenset(
    "consume_less nb_row nb_col kernel_dim1 kernel_dim2 kernel_dim3 forget_bias_init "
    "create_input_layer".split()
)
ORDERINGS = {"tf": "channels_last", "th": "channels_first", "default": "channels_last"}
RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN"})
LISTED = frozenset({"Sequential", "Model", "Functional"})


def is_keras1(version: str) -> bool:
    return version.startswith(("0.", "1."))


def upgrade(config: Mapping[str, Any], version: str) -> dict[str, Any]:
    """The config of a model file as ``tf_keras`` understands it."""
    return _layer(dict(config), is_keras1(version))


def _layer(layer: dict[str, Any], old: bool) -> dict[str, Any]:
    """One layer's ``{class_name, config}``, and the layers inside it."""
    name, config = layer.get("class_name"), layer.get("config")
    if name in LISTED:
        return {**layer, "config": _model(str(name), config, old)}
    if not isinstance(config, dict):
        return layer
    config = dict(config)
    for key in ("layer", "forward_layer", "backward_layer", "cell"):
        if isinstance(config.get(key), dict) and "class_name" in config[key]:
            config[key] = _layer(config[key], old)
    if name == "GRU":
        # Keras knew only this form until 2.1.5, and did not write it down.
        config.setdefault("reset_after", False)
    if not old:
        return {**layer, "config": config}
    if name == "Merge":
        return {**layer, **_merge(config)}
    if name in {"MaxoutDense", "Highway"}:
        raise SourceError(
            f"layer '{config.get('name')}' is a {name}, which Keras has removed: "
            "express it with today's layers and save the model again"
        )
    return {
        **layer,
        "class_name": CLASSES.get(str(name), name),
        "config": _config(str(name), config),
    }


def _model(name: str, config: Any, old: bool) -> dict[str, Any]:
    """A model's config; a Sequential of Keras 1 is the bare list of its layers."""
    if isinstance(config, list):
        config = {"name": "sequential", "layers": config}
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        raise SourceError(f"the config of a {name} has no layers: the file is damaged")
    return {**config, "layers": [_layer(dict(item), old) for item in config["layers"]]}


def _merge(config: dict[str, Any]) -> dict[str, Any]:
    """Keras 1's one merging layer as the layer of its mode."""
    mode = config.get("mode")
    if mode not in MERGES or config.get("layers"):
        raise SourceError(
            f"layer '{config.get('name')}' merges by '{mode}' inside a Sequential or "
            "with a function: save the model with the functional API"
        )
    new: dict[str, Any] = {"name": config.get("name")}
    if mode == "concat":
        new["axis"] = config.get("concat_axis", -1)
    if mode in {"dot", "cos"}:
        new["axes"] = config.get("dot_axes", -1)
        new["normalize"] = mode == "cos"
    return {"class_name": MERGES[mode], "config": new}


def _config(name: str, config: dict[str, Any]) -> dict[str, Any]:
    """The arguments of one Keras 1 layer under their names of today."""
    new = {
        RENAMED.get(key, key): value
        for key, value in config.items()
        if key not in DROPPED and value is not None
    }
    if "dim_ordering" in new:
        new["data_format"] = ORDERINGS[new.pop("dim_ordering")]
    if name == "Embedding":
        if "kernel_initializer" in new:
            new["embeddings_initializer"] = new.pop("kernel_initializer")
        return {
            k: v for k, v in new.items() if k not in {"dropout", "kernel_regularizer"}
        }
    if "output_dim" in new:
        new["units"] = new.pop("output_dim")
    kernel = tuple(config[k] for k in _kernel_keys(config))
    if kernel:
        new["kernel_size"] = kernel
    if name == "UpSampling1D" and "length" in new:
        new["size"] = new.pop("length")
    if name == "BatchNormalization" and new.pop("mode", 0) != 0:
        raise SourceError(
            f"layer '{config.get('name')}' normalises per sample (mode 1 or 2 of Keras "
            "1), which Keras has removed: save the model with LayerNormalization"
        )
    if name in RECURRENT or name in {"Dense", "Bidirectional", "TimeDistributed"}:
        new.pop("input_dim", None)
        new.pop("input_length", None)
    if name == "TimeDistributedDense":
        outer: dict[str, Any] = {"name": new.pop("name", None)}
        if "batch_input_shape" in new:
            outer["batch_input_shape"] = new.pop("batch_input_shape")
        dense = {"class_name": "Dense", "config": {**new, "name": outer["name"]}}
        return {**outer, "layer": dense}
    return new


def _kernel_keys(config: Mapping[str, Any]) -> list[str]:
    for keys in (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3")):
        if all(key in config for key in keys):
            return list(keys)
    return []
