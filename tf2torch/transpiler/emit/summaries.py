"""What a block does, in a line: its docstring.

Conv → BatchNorm → ReLU.
3 convolutions with BatchNorm and ReLU, added to the input.
Multi-head attention.
"""

from __future__ import annotations

from collections.abc import Sequence

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Block, Blocks, Call, Family, Module, Node, Option
from tf2torch.transpiler.emit.meanings import ATTENTION
from tf2torch.transpiler.emit.purposes import inside, purpose

LAYERS = {
    "nn.Linear": "Linear", "nn.LayerNorm": "LayerNorm", "nn.RMSNorm": "RMSNorm",
    "nn.GroupNorm": "GroupNorm", "nn.Embedding": "embedding", "nn.LSTM": "LSTM",
    "helper.Embedding": "embedding", "nn.EmbeddingBag": "embedding bag",
    "nn.GRU": "GRU", "nn.RNN": "RNN", "nn.LSTMCell": "LSTM cell",
    "nn.GRUCell": "GRU cell", "nn.Dropout": "dropout", "nn.PReLU": "PReLU",
}  # fmt: skip
ACTIVATIONS = {
    "F.relu": "ReLU", "F.relu6": "ReLU6", "F.silu": "SiLU", "F.gelu": "GELU",
    "F.elu": "ELU", "F.leaky_relu": "LeakyReLU", "torch.tanh": "tanh",
    "torch.sigmoid": "sigmoid", "F.softplus": "softplus", ".softmax": "softmax",
    "F.max_pool2d": "max pooling", "F.avg_pool2d": "average pooling",
    "F.max_pool1d": "max pooling", "F.interpolate": "upsampling",
}  # fmt: skip
# More steps than this are summed up.
MOST_STEPS = 6
BRANCHES = 3


def summary(graph: Graph) -> str:
    """One sentence, or "" when there is nothing to say."""
    known = purpose(graph)
    if known is not None:
        return known.sentence
    nodes = list(inside(graph))
    if any(isinstance(n, Call) and n.func == ATTENTION for n in nodes):
        return "Multi-head attention" + _ending(graph, nodes) + "."
    steps = [word for node in nodes if (word := _word(node))]
    if not steps:
        return ""
    if len(steps) > MOST_STEPS and any(n.graphs() for n in nodes):
        return ""  # a stage: its blocks tell
    branches = _branches(nodes)
    if branches:
        return f"{branches} branches over the same input, concatenated."
    text = _steps(steps) if len(steps) <= MOST_STEPS else _counted(steps)
    text = text[0].upper() + text[1:] + _ending(graph, nodes) + "."
    return text if len(text) <= 76 else ""


def _word(node: Node) -> str:
    match node:
        case Module(cls=cls) if "Conv" in cls and "Transpose" not in cls:
            return "Conv"
        case Module(cls=cls) if "ConvTranspose" in cls:
            return "transposed Conv"
        case Module(cls=cls) if "BatchNorm" in cls:
            return "BatchNorm"
        case Module(cls=cls):
            return LAYERS.get(cls, "")
        case Call(func=func):
            return ACTIVATIONS.get(func, "")
        case Block(name=name) | Blocks(name=name):
            return name.rstrip("0123456789_").replace("_", " ")
        case Family():
            return "a layer per input"
    return ""


def _steps(steps: Sequence[str]) -> str:
    return " → ".join(steps)


def _counted(steps: Sequence[str]) -> str:
    """``3 convolutions with BatchNorm and ReLU``"""
    names = {"Conv": "convolutions", "Linear": "linear layers"}
    main = next((n for n in names if steps.count(n) > 1), "")
    if not main:
        return _steps(steps)
    others = list(dict.fromkeys(s for s in steps if s != main))[:3]
    beside = f" with {_listed(others)}" if others else ""
    return f"{steps.count(main)} {names[main]}{beside}"


def _listed(words: Sequence[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _branches(nodes: Sequence[Node]) -> int:
    if not nodes or not isinstance(nodes[-1], Call) or nodes[-1].func != "torch.cat":
        return 0
    parts = nodes[-1].args[0]
    count = len(parts) if isinstance(parts, tuple) else 0
    return count if count >= BRANCHES else 0


def _ending(graph: Graph, nodes: Sequence[Node]) -> str:
    """Whether what enters is added to, or concatenated with, what comes out."""
    projected = any(
        isinstance(n, Option) and n.args[0] in graph.inputs and len(n.args) == 1
        for n in nodes
    )
    for node in reversed(nodes):
        if not isinstance(node, Call):
            continue
        entering = any(
            o in graph.inputs or isinstance(o, Option) for o in node.operands
        )
        if node.func == "+" and len(node.operands) == 2 and entering:
            return ", added to the input" + (" or its projection" if projected else "")
        if node.func == "torch.cat" and entering:
            return ", concatenated with the input"
    for node in nodes:
        if isinstance(node, Option) and len(node.args) > 1:
            return ", with a residual where the sizes allow it"
    return ""
