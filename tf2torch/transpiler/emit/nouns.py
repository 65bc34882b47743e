"""A word for a value by what computed it, where nothing better is known."""

from __future__ import annotations

import re

from tf2torch.ir.nodes import Call, Module, Node, Out

CALLS = {
    ".softmax": "weights", "@": "scores", "torch.cat": "joined",
    "torch.where": "chosen", "torch.sigmoid": "gate", "F.pad": "padded",
    ".mean": "pooled", "torch.stack": "stacked",
    "torch.zeros": "state", "torch.ones": "ones", "torch.round": "rounded",
    "torch.arange": "positions", "torch.randn": "noise", "torch.rand": "noise",
    "F.interpolate": "upsampled", "torch.topk": "top", "F.normalize": "unit",
    ".sum": "total", ".amax": "peak", ".amin": "lowest", ".flatten": "flat",
    "torch.exp": "exponent", "torch.log": "log", "torch.square": "square",
    "torch.rsqrt": "scale", "F.max_pool2d": "pooled", "F.avg_pool2d": "pooled",
    "torch.sqrt": "root", "torch.tanh": "squashed", "list": "rows",
    "helper.sqrt": "root", "helper.rsqrt": "scale",
}  # fmt: skip
LAYERS = (
    (r"Embedding", "embedded"), (r"Conv", "features"), (r"LSTM$|GRU$|RNN$", "states"),
    (r"Cell$", "hidden"), (r"Linear", "hidden"), (r"Norm", "normed"),
    (r"Dropout", "dropped"), (r"Table|Strings", "ids"),
)  # fmt: skip
# Results of a recurrent cell or layer, in order.
STATES = {"nn.LSTMCell": ("hidden", "cell"), "nn.LSTM": ("states", "hidden", "cell")}


def noun_of(node: Node) -> str:
    """``pooled``, ``scores``, ``hidden`` …; other when there is no word."""
    match node:
        case Out(node=Module(cls=cls), index=index) if cls in STATES:
            return STATES[cls][index]
        case Call(func=func) if func in CALLS:
            return CALLS[func]
        case Call() if node.dtype == "bool":
            return "inside"
        case Module(cls=cls):
            return next((w for p, w in LAYERS if re.search(p, cls)), "other")
        case Call(func="[]") | Call(func=".to"):
            return "part"
    return "other"


def nouns(node: Node) -> tuple[str, ...]:
    """The word when it says something: it comes before y and z."""
    word = noun_of(node)
    return () if word == "other" else (word,)
