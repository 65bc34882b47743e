"""Python names for things that TensorFlow named."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

RESERVED = frozenset(keyword.kwlist) | frozenset(dir(builtins))
RESERVED |= {"self", "torch", "nn", "F", "Tensor", "math", "np", "Path", "_"}

# What Keras and TensorFlow call layers when nobody named them.
AUTO = re.compile(
    r"(conv\d?d?|conv\dd_transpose|separable_conv\dd|depthwise_conv\dd|dense|"
    r"batch_?norm(alization)?|layer_normalization|group_normalization|activation|re_?lu|"
    r"dropout|flatten|reshape|add|concatenate|multiply|lambda|permute|zero_padding\dd|"
    r"max_pooling\dd|average_pooling\dd|global_\w+_pooling\dd|embedding|lstm|gru|"
    r"simple_rnn|bidirectional|time_distributed|sequential|model|functional|"
    r"input_layer|input|softmax|normalization|multi_head_attention|up_sampling\dd|"
    r"string_lookup|integer_lookup|text_vectorization|hashing|tf\w*|op|rescaling|"
    r"mat_?mul|bias_?add|while|body|cond|true|false|else|then|"
    r"(stateful_?)?partitioned_?call|identity|strided_slice|"
    r"read_?variable_?op|add_?v2|mul|sub|truediv|pow|sqrt|rsqrt|mean|"
    r"variable|const|unknown|kernel|weights?|gather|resource_gather|conv|convolution)(_\d+)*"
)
# Letters and digits all mixed up: a hash, or what an obfuscator left.
RANDOM = re.compile(r"(?=(?:.*[0-9][a-z]){2})[a-z0-9]{10,}")
KINDS = {
    "nn.Conv1d": "conv", "nn.Conv2d": "conv", "nn.Conv3d": "conv",
    "nn.ConvTranspose1d": "up", "nn.ConvTranspose2d": "up", "nn.ConvTranspose3d": "up",
    "nn.BatchNorm1d": "bn", "nn.BatchNorm2d": "bn", "nn.BatchNorm3d": "bn",
    "helper.BatchNorm1d": "bn", "helper.BatchNorm2d": "bn", "helper.BatchNorm3d": "bn",
    "helper.FrozenBatchNorm1d": "bn", "helper.FrozenBatchNorm2d": "bn",
    "helper.FrozenBatchNorm3d": "bn",
    "helper.LayerNorm2d": "norm",
    "nn.LayerNorm": "norm", "nn.GroupNorm": "norm", "nn.RMSNorm": "norm",
    "nn.Linear": "fc", "nn.Embedding": "embedding", "nn.EmbeddingBag": "embedding",
    "nn.LSTM": "lstm", "nn.GRU": "gru", "nn.RNN": "rnn",
    "nn.LSTMCell": "cell", "nn.GRUCell": "cell", "nn.Dropout": "dropout",
    "nn.Dropout1d": "dropout", "nn.Dropout2d": "dropout", "nn.Dropout3d": "dropout",
    "nn.AlphaDropout": "dropout", "helper.GaussianDropout": "dropout",
    "helper.StochasticDepth": "drop",
    "nn.PReLU": "prelu", "nn.ZeroPad2d": "pad",
}  # fmt: skip


def snake(text: str) -> str:
    """``text`` as a lower-case identifier; empty when nothing of it is usable."""
    text = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text)
    text = re.sub(r"[^0-9a-zA-Z]+", "_", text).strip("_").lower()
    if text and text[0].isdigit():
        text = f"layer_{text}"
    return text


def identifier(text: str, fallback: str = "value") -> str:
    """A valid identifier close to ``text``: case is kept, nothing is shadowed."""
    text = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or fallback
    if text[0].isdigit():
        text = f"{fallback}_{text}"
    return f"{text}_" if text in RESERVED else text


def camel(text: str) -> str:
    """``text`` as a class name."""
    parts = [p for p in re.split(r"[^0-9a-zA-Z]+", text) if p]
    made = "".join(p[0].upper() + p[1:] for p in parts)
    if not made or made[0].isdigit():
        made = f"Model{made}"
    return made


def is_noise(text: str) -> bool:
    """Is this a name that a framework made up, or none that can be read?"""
    return not text or bool(AUTO.fullmatch(snake(text)) or RANDOM.fullmatch(text))


def untraced(text: str) -> str:
    """Less the number that TensorFlow adds to a scope that it meets again."""
    return re.sub(r"(?<=\D)_\d+$", "", text)


class Namespace:
    """Hands out names that are unique in one scope."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def claim(self, wanted: str) -> str:
        name, count = wanted, 1
        while name in self.taken or name in RESERVED:
            count += 1
            joint = "_" if wanted[-1].isdigit() else ""
            name = f"{wanted}{joint}{count}"
        self.taken.add(name)
        return name
