"""Which ops care about the order of axes, and who reads a value in which order."""

from __future__ import annotations

from tf2torch.ir.build import PERMUTES
from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Call, Module, Node

ELEMENTWISE = frozenset(
    {"+", "-", "*", "/", "//", "%", "**", "neg", "~", "&", "|", "^"}
    | {"==", "!=", "<", "<=", ">", ">=", ".to", ".detach", ".pow", ".clamp"}
    | {f"torch.{f}" for f in (
        "abs exp log log1p expm1 rsqrt sqrt square sigmoid tanh relu erf erfc sin cos "
        "floor ceil round sign reciprocal maximum minimum where clamp pow isnan isinf "
        "isfinite logical_and logical_or logical_not softplus neg clamp_min clamp_max "
        "floor_divide remainder atan2 sinh cosh asinh acosh atanh logaddexp asin acos "
        "atan tan fmod").split()}
    | {f"helper.{f}" for f in "sign divide_no_nan xdivy xlogy power sqrt rsqrt".split()}
    | {f"F.{f}" for f in (
        "relu relu6 silu gelu elu selu leaky_relu softplus softsign hardtanh "
        "hardsigmoid "
        "hardswish mish sigmoid tanh celu logsigmoid threshold").split()}
)  # fmt: skip
DROPOUTS = frozenset(
    {
        "nn.Dropout",
        "nn.AlphaDropout",
        "helper.GaussianDropout",
        "helper.StochasticDepth",
    }
)
REDUCTIONS = frozenset(
    {
        ".mean",
        ".sum",
        ".amax",
        ".amin",
        ".prod",
        ".all",
        ".any",
        "torch.mean",
        "torch.sum",
    }
    | {"torch.amax", "torch.amin", ".logsumexp", "torch.all", "torch.any"}
)
ALONG = frozenset(
    {".softmax", "torch.softmax", "F.softmax", ".log_softmax", "F.log_softmax"}
)


def read_plainly(graph: Graph) -> set[Node]:
    """Values that are read more than once, and never channels first: the stream of
    residuals between layers that work on the last axis."""
    readers: dict[Node, list[Node | None]] = {n: [None] for n in graph.results}
    first: set[Node] = set()  # somebody wants them channels first
    found: set[Node] = set()
    for node in reversed(graph.nodes()):
        own = readers.get(node, [])
        inward = any(_is_inward(r) or r in first and _passes(r) for r in own if r)
        if inward:
            first.add(node)
        elif len(own) > 1 and _passes(node) and any(map(_reads_last, own)):
            found.add(node)
        for operand in dict.fromkeys(node.operands):
            readers.setdefault(operand, []).append(node)
    return found


def _is_inward(node: Node) -> bool:
    """Does ``node`` bring its operand to channels first?"""
    rank = node.rank or 0
    if not isinstance(node, Call) or node.func != ".permute" or rank not in PERMUTES:
        return False
    return node.args[1] == PERMUTES[rank]


def _passes(node: Node) -> bool:
    """Is what reads ``node`` told by the layout of its operand?"""
    if isinstance(node, Module):
        return node.cls in DROPOUTS
    return isinstance(node, Call) and (
        node.func in ELEMENTWISE or node.func in ("torch.cat", "F.pad")
    )


def _reads_last(reader: Node | None) -> bool:
    """Does it want the channels last? (None is who takes a result.)"""
    if reader is None or _passes(reader):
        return False
    return not (isinstance(reader, Call) and reader.func in REDUCTIONS)
