"""Weights that freezing turned into constants become variables again.

before: ``Conv2D(x, Const conv/kernel)``
after:  ``Conv2D(x, ReadVariableOp(Variable conv/kernel))``

Freezing replaces a variable by a constant but keeps the op that read it, an Identity
called ``kernel/read`` or ``.../ReadVariableOp``: such a constant was a variable. Where
an optimiser has removed these Identities, the operand's place decides: filters,
matrices, biases, normalisation and embedding tables, and vectors that scale or shift
channels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tf2torch.ir.graph import Graph, transform
from tf2torch.ir.nodes import Const, Node, Op, Variable, VariableInfo
from tf2torch.ir.types import FLOATS, TensorType
from tf2torch.transpiler.frontends.names import Names
from tf2torch.transpiler.frontends.norm_statistics import norm_vectors, unshaped

NORMS = frozenset({"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"})
# Operands that are weights wherever they are constant.
PLACES: dict[str, tuple[int, ...]] = {
    "Conv2D": (1,),
    "Conv3D": (1,),
    "DepthwiseConv2dNative": (1,),
    "Conv2DBackpropInput": (1,),
    "Conv3DBackpropInputV2": (1,),
    "Dilation2D": (1,),
    "MatMul": (0, 1),
    "BatchMatMul": (0, 1),
    "BatchMatMulV2": (0, 1),
    "BatchMatMulV3": (0, 1),
    "SparseTensorDenseMatMul": (3,),
    "Einsum": (0, 1),
    "BiasAdd": (1,),
    "BiasAddV1": (1,),
    "Gather": (0,),
    "GatherV2": (0,),
    "GatherNd": (0,),
    "LSTMBlockCell": (3, 4, 5, 6, 7),
    "BlockLSTM": (4, 5, 6, 7, 8),
    "BlockLSTMV2": (4, 5, 6, 7, 8),
    "GRUBlockCell": (2, 3, 4, 5),
    **{op: (1, 2, 3, 4) for op in NORMS},
}
STATISTICS = {op: (3, 4) for op in NORMS}
BIASES = frozenset({"BiasAdd", "BiasAddV1"})
# Elementwise ops whose constant vector scales or shifts channels.
CHANNELWISE = frozenset({"Add", "AddV2", "Mul", "Sub", "RealDiv"})
# An array of fewer numbers is a constant of the model's own.
LEARNED_SIZE = 16
READ = re.compile(r".*/read(_\d+)?|.*ReadVariableOp(_\d+)?(/.*)?")
MOVING = re.compile(
    r".*(moving|running)_(mean|variance|var|avg|average|std).*|.*ExponentialMovingAverage"
)


@dataclass
class Uses:
    """How the constants of a graph and its regions are used."""

    was_read: dict[Const, None] = field(default_factory=dict)
    weights: dict[Const, None] = field(default_factory=dict)
    vectors: dict[Const, None] = field(default_factory=dict)
    statistics: set[Const] = field(default_factory=set)

    def add(self, node: Op) -> None:
        for slot, operand in enumerate(node.inputs):
            const, read = _constant(operand)
            if const is None and node.op in CHANNELWISE | BIASES:
                const, read = _constant(unshaped(operand))
            if const is None:
                continue
            if read or READ.fullmatch(str(node.origin)) and node.op == "Identity":
                self.was_read[const] = None
            if slot in PLACES.get(node.op, ()):
                self.weights[const] = None
            if slot in STATISTICS.get(node.op, ()):
                self.statistics.add(const)
            if node.op in CHANNELWISE and _looks_learned(const):
                self.vectors[const] = None


def promote_constants(graph: Graph) -> Graph:
    """``graph`` with the constants that were variables as variables."""
    uses = Uses()
    nodes = list(_all_nodes(graph))
    for node in nodes:
        if isinstance(node, Op):
            uses.add(node)
    norms = norm_vectors(nodes)
    uses.statistics |= norms.statistics
    chosen = {**uses.was_read, **uses.weights, **norms.learned}
    chosen |= dict.fromkeys(c for c in nodes if c in norms.statistics)
    if not uses.was_read:
        chosen |= uses.vectors
    names = Names()
    handles = {
        const: _variable(const, names, const in uses.statistics)
        for const in _in_order(graph, chosen)
    }
    return transform(graph, lambda node: _read(node, handles)) if handles else graph


def _in_order(graph: Graph, chosen: dict[Const, None]) -> Iterator[Const]:
    """Float constants with a name, in the order of the graph."""
    for node in dict.fromkeys(_all_nodes(graph)):
        if isinstance(node, Const) and node in chosen:
            if node.dtype in FLOATS and node.origin.tf and node.array.size:
                yield node


def _all_nodes(graph: Graph) -> Iterator[Node]:
    stack = [graph]
    while stack:
        for node in stack.pop().nodes():
            yield node
            stack.extend(node.graphs())


def _constant(node: Node) -> tuple[Const | None, bool]:
    """The constant behind Identities, and whether one of these read a variable."""
    read = False
    while isinstance(node, Op) and node.op == "Identity":
        read = read or READ.fullmatch(str(node.origin)) is not None
        node = node.inputs[0]
    return (node, read) if isinstance(node, Const) else (None, False)


def _looks_learned(const: Const) -> bool:
    """Vectors; of larger arrays those whose numbers differ, which masks are not."""
    size = const.array.size
    if const.rank == 1 or (size >= LEARNED_SIZE and size in const.array.shape):
        return size > 1
    return size >= LEARNED_SIZE and len(np.unique(const.array)) * 2 > size


def _variable(const: Const, names: Names, statistic: bool) -> Variable:
    array, key = const.array, const.origin.tf[0]
    info = VariableInfo(
        name=names.unique(key),
        key=key,
        dtype=const.dtype,
        shape=tuple(array.shape),
        trainable=not (statistic or MOVING.fullmatch(key)),
        load=lambda: array,
    )
    return Variable(info=info, types=(TensorType("resource", ()),), origin=const.origin)


def _read(node: Node, handles: dict[Const, Variable]) -> Node | None:
    if isinstance(node, Const) and node in handles:
        attrs = {"dtype": node.dtype}
        types = (TensorType(node.dtype, None),)
        variable = handles[node]
        return Op("ReadVariableOp", (variable,), attrs, types=types, origin=node.origin)
    return None
