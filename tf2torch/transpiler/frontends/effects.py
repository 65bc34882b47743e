"""Which nodes act on state, and in which order a graph must keep them.

While a graph is built, every act is recorded in program order, reads of variables
included. Only when all is built is it known which variables are ever assigned;
:func:`settle` then drops the reads of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from tf2torch.ir.graph import Graph, map_regions, topological
from tf2torch.ir.nodes import Node, Op, Variable, VariableInfo
from tf2torch.transpiler.frontends.schema import Proto

READS = frozenset(
    {"ReadVariableOp", "ResourceGather", "ResourceGatherNd", "ResourceStridedSlice"}
)
# Marked stateful in the registry, yet running them changes nothing that a result
# could show: handles, assertions, TensorArrays (threaded by their flow), input
# pipelines, saving and logging.
INERT = re.compile(
    r"NoOp|Assert|VarHandleOp|Variable(V2)?|TemporaryVariable|VarIsInitializedOp"
    r"|IsVariableInitialized|DestroyResourceOp|Placeholder.*|_?(Arg|Retval)"
    r"|DisableCopyOnRead|TensorArray.*|Stack(V2|Push.*|Pop.*|Close.*)?"
    r"|(Anonymous)?(Mutable)?(DenseHash|Hash)Table(OfTensors)?(V2|V3)?"
    r"|LookupTable(Find|Size|Export)(V2)?|InitializeTable.*|LookupTableImport(V2)?"
    r"|.*Queue.*|.*Iterator.*|.*Dataset.*|.*Reader.*|ReadFile|.*Summary.*|Save.*"
    r"|Restore.*|MergeV2Checkpoints|ShardedFilename|.*PartitionedCall|.*Barrier.*"
    r"|(Xla)?(If|While)|Case|CudnnRNN.*|CheckNumerics.*|Timestamp|XlaHostCompute|Fused.*"
)
RANDOM = re.compile(
    r"(Stateful)?(Random|Truncated|ParameterizedTruncated|StandardNormal|Multinomial"
    r"|Uniform).*|.*CandidateSampler|RngSkip|RngReadAndSkip"
    r"|SampleDistortedBoundingBox(V2)?"
)
# TF1 ops that pass a reference on without writing through it.
REF_ROUTING = frozenset(
    "RefIdentity RefSwitch RefMerge RefEnter RefExit RefNextIteration RefSelect Switch "
    "Merge Enter Exit IsVariableInitialized Identity".split()
)


def acts(op: str, op_def: Proto | None) -> bool:
    """Whether the op reads or changes state (reads are settled later)."""
    if op in READS:
        return True
    if op_def is None or INERT.fullmatch(op):
        return False
    if op_def.is_stateful:
        return True
    return op not in REF_ROUTING and any(arg.is_ref for arg in op_def.input_arg)


def is_random(node: Node) -> bool:
    return isinstance(node, Op) and RANDOM.fullmatch(node.op) is not None


def is_read(node: Node) -> bool:
    return isinstance(node, Op) and node.op in READS


def settle(graph: Graph) -> Graph:
    """``graph`` and its regions with only the effects that can be observed."""
    return _settle(graph, frozenset(assigned_variables(graph)))


def assigned_variables(graph: Graph) -> Iterable[VariableInfo]:
    """Variables that the graph or a region of it writes."""
    stack = [graph]
    while stack:
        current = stack.pop()
        for node in current.effects:
            if isinstance(node, Op) and not is_read(node) and not is_random(node):
                for operand in node.inputs:
                    if isinstance(operand, Variable):
                        yield operand.info
        for node in current.nodes():
            stack.extend(node.graphs())


def _settle(graph: Graph, assigned: frozenset[VariableInfo]) -> Graph:
    """Rebuild bottom-up, regions first, as their effects decide about the node's."""
    new: dict[Node, Node] = {}
    for node in graph.nodes():
        moved = node.map_operands(new.__getitem__)
        if moved.graphs():
            moved = map_regions(moved, lambda inner: _settle(inner, assigned))
        new[node] = moved
    kept = [n for n in (new[e] for e in graph.effects) if _observable(n, assigned)]
    outputs = tuple((name, new[node]) for name, node in graph.outputs)
    needed = set(topological([n for _, n in outputs] + _without_random(kept)))
    effects = tuple(n for n in kept if n in needed)
    return replace(graph, outputs=outputs, effects=effects)


def _without_random(nodes: list[Node]) -> list[Node]:
    return [n for n in nodes if not is_random(n)]


def _observable(node: Node, assigned: frozenset[VariableInfo]) -> bool:
    if node.graphs():
        return any(g.effects for g in node.graphs())
    if is_read(node):
        source = node.operands[0]
        return not isinstance(source, Variable) or source.info in assigned
    return True
