"""What a number in a block means, as the name of a constructor argument."""

from __future__ import annotations

from tf2torch.ir.nodes import Arg, Call, Const, Module, Node, Option, Param

Path = tuple[object, ...]
# A number among the arguments of a function → the word for it.
CALL_WORDS = {
    "*": "scale", "/": "scale", "//": "step", "%": "modulus", "F.pad": "padding",
    "torch.zeros": "hidden_size", "torch.full": "hidden_size", ".expand": "length",
    "range": "steps", "torch.arange": "length", ".unfold": "frame_length",
    "F.one_hot": "classes", "helper.hash_bucket_fast": "buckets",
    "helper.hash_bucket_strong": "buckets", "helper.ragged_to_dense": "length",
    "F.max_pool2d": "pool_size", "F.avg_pool2d": "pool_size", ".topk": "k",
    "torch.topk": "k", "F.adaptive_avg_pool2d": "pool_size", ".clamp": "limit",
    "torch.clamp": "limit", ">": "threshold", ">=": "threshold", "<": "limit",
    "<=": "limit", "==": "marker", "!=": "marker", "-": "offset", "+": "offset",
}  # fmt: skip

# (module, argument) → the word for it.
CONFIG = {
    ("nn.Linear", "in_features"): "in_features",
    ("nn.Linear", "out_features"): "out_features",
    ("nn.LayerNorm", "normalized_shape"): "dim",
    ("helper.LayerNorm2d", "normalized_shape"): "dim",
    ("nn.RMSNorm", "normalized_shape"): "dim",
    ("nn.BatchNorm1d", "num_features"): "channels",
    ("nn.BatchNorm2d", "num_features"): "channels",
    ("nn.BatchNorm3d", "num_features"): "channels",
    ("helper.BatchNorm1d", "num_features"): "channels",
    ("helper.BatchNorm2d", "num_features"): "channels",
    ("helper.BatchNorm3d", "num_features"): "channels",
    ("helper.FrozenBatchNorm1d", "num_features"): "channels",
    ("helper.FrozenBatchNorm2d", "num_features"): "channels",
    ("helper.FrozenBatchNorm3d", "num_features"): "channels",
    ("nn.Dropout", "p"): "dropout",
    ("helper.StochasticDepth", "p"): "drop_rate",
    ("nn.Embedding", "num_embeddings"): "vocab_size",
    ("nn.Embedding", "embedding_dim"): "dim",
    ("helper.Embedding", "num_embeddings"): "vocab_size",
    ("helper.Embedding", "embedding_dim"): "dim",
    ("nn.LSTM", "input_size"): "input_size",
    ("nn.LSTM", "hidden_size"): "hidden_size",
    **{
        (cls, name): name
        for cls in ("nn.GRU", "nn.RNN", "nn.LSTMCell", "nn.GRUCell")
        for name in ("input_size", "hidden_size")
    },
    ("nn.ZeroPad2d", "padding"): "padding",
    ("nn.ConstantPad1d", "padding"): "padding",
}
# Functions whose numbers have a word; those of others stay as they are.
NAMEABLE = frozenset(CALL_WORDS) | {"[]", ".reshape", ".unflatten", ".view", ".split"}
# Positional arguments of a constructor; the rest are written with their keyword.
POSITIONAL = {
    "nn.Conv1d": 3, "nn.Conv2d": 3, "nn.Conv3d": 3, "nn.ConvTranspose1d": 3,
    "nn.ConvTranspose2d": 3, "nn.ConvTranspose3d": 3, "nn.Linear": 2,
    "helper.BatchNorm1d": 1, "helper.BatchNorm2d": 1, "helper.BatchNorm3d": 1,
    "helper.FrozenBatchNorm1d": 1, "helper.FrozenBatchNorm2d": 1,
    "helper.FrozenBatchNorm3d": 1,
    "nn.BatchNorm1d": 1, "nn.BatchNorm2d": 1, "nn.BatchNorm3d": 1,
    "helper.LayerNorm2d": 1,
    "nn.LayerNorm": 1, "nn.RMSNorm": 1, "nn.GroupNorm": 2, "nn.Embedding": 2,
    "nn.EmbeddingBag": 2, "helper.Embedding": 2, "nn.LSTM": 2, "nn.GRU": 2, "nn.RNN": 2,
    "nn.LSTMCell": 2, "nn.GRUCell": 2, "nn.Dropout": 1,
    "nn.Dropout1d": 1, "nn.Dropout2d": 1, "nn.Dropout3d": 1, "nn.AlphaDropout": 1,
    "helper.GaussianDropout": 1, "helper.StochasticDepth": 1,
    "nn.PReLU": 1, "nn.ZeroPad2d": 1, "nn.MaxPool2d": 1, "nn.AvgPool2d": 1,
    "helper.VocabularyTable": 1, "helper.VocabularyStrings": 1, "helper.StringTable": 1,
    "helper.NumberTable": 1, "helper.IntegerStrings": 1,
}  # fmt: skip


def role(node: Node, path: Path) -> str:
    """A word for the number at ``path`` of ``node``."""
    if isinstance(node, Module) and path[0] == "config":
        name = str(path[1])
        return CONFIG.get((node.cls, name), name)
    if isinstance(node, Call):
        return _call_role(node, path)
    if isinstance(node, Param):
        return "size"
    if isinstance(node, Const):
        return "size" if path[0] == "shape" else "scale"
    return "size"


def _call_role(node: Call, path: Path) -> str:
    if isinstance(path[0], str):
        return path[0]
    if node.func == ".unflatten" and _splits_heads(node):
        return ("num_heads", "head_dim")[int(str(path[-1]))]
    if node.func in (".reshape", ".unflatten", ".view"):
        return "size"
    if node.func == "[]":
        return (
            ("start", "stop", "step")[int(str(path[-1]))] if len(path) > 2 else "index"
        )
    if node.func == ".unfold":
        return "frame_step" if path[0] == 3 else "frame_length"
    return CALL_WORDS.get(node.func, "size")


def _splits_heads(node: Call) -> bool:
    """``x.unflatten(-1, (heads, head_dim))``, where the number of heads is known."""
    sizes = node.args[2]
    if node.args[1] != -1 or not isinstance(sizes, tuple) or len(sizes) != 2:
        return False
    return type(sizes[0]) is int and sizes[0] > 0


def is_heads(node: Node, path: Path) -> bool:
    return (
        isinstance(node, Call)
        and node.func == ".unflatten"
        and _splits_heads(node)
        and path[0] == 2
    )


# What a constructor takes when an argument is not written; written out in signatures,
# so that blocks which differ in one of them are still one class.
_CONV = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
DEFAULTS: dict[str, dict[str, int]] = {
    **{f"nn.Conv{d}d": _CONV for d in (1, 2, 3)},
    **{f"nn.ConvTranspose{d}d": {**_CONV, "output_padding": 0} for d in (1, 2, 3)},
}


def full_config(node: Module) -> tuple[tuple[str, Arg], ...]:
    """The constructor arguments of ``node`` with the defaults of its class."""
    given = dict(node.config)
    usual = DEFAULTS.get(node.cls, {})
    first = {k: v for k, v in given.items() if k not in usual and k != "bias"}
    rest = {k: given.get(k, v) for k, v in usual.items()}
    last = {k: v for k, v in given.items() if k == "bias"}
    return tuple({**first, **rest, **last}.items())


def flag_word(option: Option, layers: list[str]) -> str:
    """What a part that not every block has is for; ``layers`` are its attributes."""
    inner = option.graph.inputs
    for node in option.graph.nodes():
        if isinstance(node, Call) and node.func == "+" and inner[1:]:
            if any(o in inner[1:] for o in node.operands):
                return "residual"
    words = [name.split("_")[0].rstrip("0123456789") for name in layers]
    if words and words[0] not in ("conv", "bn", "fc", "norm", ""):
        return f"use_{words[0]}" if words[0] in layers else words[0]
    if words:
        return "project"
    kinds = [n.func.split(".")[-1] for n in option.graph.nodes() if isinstance(n, Call)]
    return "pad" if "pad" in kinds else "activate"
