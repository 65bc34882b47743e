"""What a block is for, where its structure is one that the field has a word for.

1x1 → depthwise → 1x1                ->   InvertedResidual
x + conv1x1(conv3x3(conv1x1(x)))     ->   Bottleneck
cat((x, features))                   ->   DenseLayer
attention and feed-forward           ->   TransformerLayer
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Block, Call, Module, Node, Option
from tf2torch.transpiler.emit.meanings import ATTENTION

ACTIVATIONS = frozenset({"F.relu", "F.gelu", "F.silu", "F.relu6", "F.elu"})
SIGMOIDS = frozenset({"torch.sigmoid", "F.hardsigmoid"})
NORMS = ("nn.LayerNorm", "nn.RMSNorm")


@dataclass(frozen=True)
class Purpose:
    """``name`` of the class where the source has none, ``sentence`` its docstring."""

    name: str
    sentence: str


def purpose(graph: Graph) -> Purpose | None:
    """What the block is, or None when no word is known for it."""
    nodes = list(inside(graph))
    return next((p for find in KINDS if (p := find(graph, nodes))), None)


def inside(graph: Graph) -> Iterator[Node]:
    """The nodes of ``graph`` with those of its optional parts."""
    for node in graph.nodes():
        if isinstance(node, Option):
            yield from inside(node.graph)
        yield node


def _transformer_layer(graph: Graph, nodes: list[Node]) -> Purpose | None:
    blocks = [n for n in nodes if isinstance(n, Block)]
    heads = [b for b in blocks if _attends(b.graph.nodes())]
    feeding = [b for b in blocks if _is_feed_forward(list(inside(b.graph)))]
    if len(blocks) != 2 or len(heads) != 1 or len(feeding) != 1:
        return None
    first = next(
        (n for n in inside(heads[0].graph) if isinstance(n, Module) and n.state), None
    )
    norms = [b for b in blocks if any(_is_norm(n) for n in b.graph.nodes())]
    if len(norms) == 2 and first is not None:
        when = "Pre" if _is_norm(first) else "Post"
        sentence = f"{when}-norm transformer layer: self-attention and feed-forward."
    else:
        sentence = "Transformer layer: self-attention and feed-forward."
    return Purpose("TransformerLayer", sentence)


def _attention(graph: Graph, nodes: list[Node]) -> Purpose | None:
    if not _attends(nodes):
        return None
    layers = [n for n in nodes if isinstance(n, Module) and n.cls == "nn.Linear"]
    if len(layers) < 3:
        return None
    alike = len({layer.args[0] for layer in layers[:3]}) == 1
    kind = "self-attention" if alike else "attention"
    sentence = _normed(graph, nodes, f"multi-head {kind}")
    return Purpose("SelfAttention", sentence)


def _feed_forward(graph: Graph, nodes: list[Node]) -> Purpose | None:
    if not _is_feed_forward(nodes):
        return None
    if not any(map(_is_norm, nodes)):
        return None
    return Purpose("FeedForward", _normed(graph, nodes, "feed-forward network"))


def _normed(graph: Graph, nodes: list[Node], what: str) -> str:
    """When it is normalised, and whether the input is added."""
    layers = [n for n in nodes if isinstance(n, Module) and n.state]
    residual = " with a residual" if _adds_input(graph) else ""
    when = ""
    if _is_norm(layers[0]):
        when = "pre-norm "
    elif _is_norm(layers[-1]):
        when = "post-norm "
    sentence = f"{when}{what}{residual}."
    return sentence[0].upper() + sentence[1:]


def _inverted_residual(graph: Graph, nodes: list[Node]) -> Purpose | None:
    kernels = [_kernel(c) for c in _convolutions(nodes)]
    depthwise = [c for c in _convolutions(nodes) if _is_depthwise(c)]
    if len(depthwise) != 1 or not kernels or _adds(nodes) != 1:
        return None
    if kernels[-1] != 1 or kernels.count(1) not in (1, 2, 4, 3):
        return None
    if _excites(nodes):
        return Purpose("MBConv", "Inverted residual with squeeze-and-excite.")
    sentence = "Inverted residual: expand, filter each channel, project."
    return Purpose("InvertedResidual", sentence)


def _bottleneck(graph: Graph, nodes: list[Node]) -> Purpose | None:
    made = [c for c in _convolutions(nodes) if not _in_option(graph, c)]
    kernels = [_kernel(c) for c in made]
    if len(kernels) != 3 or kernels[0] != 1 or kernels[2] != 1 or kernels[1] == 1:
        return None
    if _adds(nodes) != 1 or any(map(_is_depthwise, made)):
        return None
    sizes = ", ".join(f"{k}x{k}" for k in kernels[:2])
    sentence = f"Residual bottleneck: {sizes} and 1x1 convolutions around a shortcut."
    return Purpose("Bottleneck", sentence)


def _basic(graph: Graph, nodes: list[Node]) -> Purpose | None:
    made = [c for c in _convolutions(nodes) if not _in_option(graph, c)]
    if len(made) != 2 or _adds(nodes) != 1 or any(isinstance(n, Block) for n in nodes):
        return None
    if not _adds_input(graph) or any("Linear" in _cls(n) for n in nodes):
        return None
    return Purpose("BasicBlock", "Residual block of two convolutions.")


def _dense_layer(graph: Graph, nodes: list[Node]) -> Purpose | None:
    last = graph.results[0]
    match last:
        case Call("torch.cat", (tuple(parts), *_)) if len(parts) == 2:
            if parts[0] in graph.inputs and len(_convolutions(nodes)) == 2:
                return Purpose(
                    "DenseLayer", "Concatenates its input with new features of it."
                )
    return None


def _up(graph: Graph, nodes: list[Node]) -> Purpose | None:
    rises = any("ConvTranspose" in _cls(n) for n in nodes)
    rises = rises or any(isinstance(n, Call) and "interpolate" in n.func for n in nodes)
    joins = [n for n in nodes if isinstance(n, Call) and n.func == "torch.cat"]
    if not rises or len(joins) != 1 or len(graph.inputs) != 2:
        return None
    return Purpose("Up", "Doubles the resolution and joins the skip connection.")


KINDS: tuple[Callable[[Graph, list[Node]], Purpose | None], ...] = (
    _transformer_layer,
    _attention,
    _feed_forward,
    _inverted_residual,
    _bottleneck,
    _basic,
    _dense_layer,
    _up,
)


# --- what the kinds are told by ---------------------------------------------------


def _cls(node: Node) -> str:
    return node.cls if isinstance(node, Module) else ""


def _is_norm(node: Node) -> bool:
    return _cls(node) in NORMS


def _attends(nodes: object) -> bool:
    assert hasattr(nodes, "__iter__")
    return any(isinstance(n, Call) and n.func == ATTENTION for n in nodes)


def _is_feed_forward(nodes: list[Node]) -> bool:
    """Linear → activation → Linear, and nothing else that has weights but a norm."""
    layers = [n for n in nodes if isinstance(n, Module) and n.state]
    linear = [n for n in layers if n.cls == "nn.Linear"]
    others = [n for n in layers if n.cls != "nn.Linear" and not _is_norm(n)]
    acts = [n for n in nodes if isinstance(n, Call) and n.func in ACTIVATIONS]
    return len(linear) == 2 and not others and len(acts) == 1


def _convolutions(nodes: list[Node]) -> list[Module]:
    return [
        n
        for n in nodes
        if isinstance(n, Module) and n.cls in ("nn.Conv1d", "nn.Conv2d")
    ]


def _kernel(conv: Module) -> object:
    size = dict(conv.config).get("kernel_size")
    return size[0] if isinstance(size, tuple) and len(set(size)) == 1 else size


def _is_depthwise(conv: Module) -> bool:
    groups = dict(conv.config).get("groups", 1)
    return groups != 1 and groups == dict(conv.config).get("in_channels")


def _excites(nodes: list[Node]) -> bool:
    """x * sigmoid(conv(...))"""
    return any(
        isinstance(n, Call)
        and n.func == "*"
        and any(isinstance(o, Call) and o.func in SIGMOIDS for o in n.operands)
        and all(o.rank == 4 for o in n.operands)
        and any(isinstance(p, Call) and p.func == ".mean" for p in nodes)
        for n in nodes
    )


def _adds(nodes: list[Node]) -> int:
    return sum(
        isinstance(n, Call) and n.func == "+" and len(n.operands) == 2 for n in nodes
    )


def _adds_input(graph: Graph) -> bool:
    """Is the input, or its projection, added to what is made of it?"""
    return any(
        isinstance(n, Call)
        and n.func == "+"
        and any(o in graph.inputs or isinstance(o, Option) for o in n.operands)
        for n in graph.nodes()
    )


def _in_option(graph: Graph, node: Node) -> bool:
    return any(
        isinstance(n, Option) and any(m is node for m in inside(n.graph))
        for n in graph.nodes()
    )
