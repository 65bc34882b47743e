"""Apply the rules: the TF dialect becomes the torch dialect.

    Op("Relu", x)            ->  Call("F.relu", x)
    ReadVariableOp(Variable) ->  Param
    Op without a rule        ->  Unported, and a hint UNSUPPORTED_OP

All gaps of a model are found in one run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tf2torch.diagnostics import Code, Hint, Priority
from tf2torch.ir.build import call, retype, stamp_origin
from tf2torch.ir.graph import Graph, every_node, transform
from tf2torch.ir.nodes import (
    Case,
    Const,
    CustomGradient,
    For,
    Input,
    Node,
    Op,
    Origin,
    Out,
    Param,
    Unported,
    Variable,
    VariableInfo,
    While,
)
from tf2torch.ir.types import HANDLES, TensorType
from tf2torch.rules.limits import why_unported
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.transpiler import tf_ops


def lower(graph: Graph, rules: RuleSet) -> tuple[Graph, tuple[Hint, ...]]:
    """The graph in the torch dialect, and one hint per op type that has no rule."""
    lowering = _Lowering(rules, written_variables(graph))
    lowered = lowering.graph(graph)
    return transform(lowered, _bytes_array, into_regions=False), lowering.hints()


def _bytes_array(node: Node) -> Node | None:
    """String inputs come as lists of ``str`` or ``bytes``; ops want one array."""
    if isinstance(node, Input) and node.dtype == "string":
        return call("helper.as_bytes_array", node, type=node)
    return None


def written_variables(graph: Graph) -> frozenset[VariableInfo]:
    """Variables that the graph assigns, in any region."""
    found: set[VariableInfo] = set()
    for node in every_node(graph):
        if isinstance(node, Op) and node.op not in READS:
            found.update(n.info for n in node.inputs if isinstance(n, Variable))
    return frozenset(found)


READS = frozenset(
    {"ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableShape"}
    | {"VarIsInitializedOp", "IsVariableInitialized", "Identity"}
)


class _Lowering:
    def __init__(self, rules: RuleSet, written: frozenset[VariableInfo]) -> None:
        self.rules = rules
        self.written = written
        self.gaps: dict[tuple[str, str], list[Op]] = {}

    def graph(self, graph: Graph) -> Graph:
        new: dict[Node, Node] = {}
        results: dict[Node, tuple[Node, ...]] = {}
        for node in graph.nodes():
            if isinstance(node, Out):
                owner = results.get(node.node)
                new[node] = (
                    owner[node.index] if owner else replace(node, node=new[node.node])
                )
                continue
            lowered = self.node(node.map_operands(new.__getitem__))
            if isinstance(lowered, tuple):
                results[node] = lowered
                new[node] = lowered[0] if lowered else node
            else:
                new[node] = lowered
        return replace(
            graph,
            outputs=tuple((name, new[node]) for name, node in graph.outputs),
            effects=tuple(dict.fromkeys(_effects(graph.effects, new, results))),
        )

    def node(self, node: Node) -> Node | tuple[Node, ...]:
        match node:
            case Op("ReadVariableOp", (Variable() as handle,)):
                return self.read(node, handle)
            case Op("ResourceGather" | "ResourceGatherNd", (Variable() as handle, ids)):
                return self.op(replace(node, inputs=(self.read(node, handle), ids)))
            case Op():
                return self.op(node)
            case Case():
                return replace(node, branches=tuple(map(self.graph, node.branches)))
            case While():
                cond, body = self.graph(node.cond), self.graph(node.body)
                return replace(node, cond=cond, body=body)
            case For():
                return replace(node, body=self.graph(node.body))
            case CustomGradient():
                return replace(node, backward=self.graph(node.backward))
        return node

    def read(self, node: Op, handle: Variable) -> Node:
        """A variable that the model also writes is read at its place in the order."""
        info = handle.info
        param = Param(
            variable=info,
            types=(TensorType(info.dtype, info.shape),),
            origin=node.origin,
        )
        if info not in self.written:
            return param
        return replace(call(".clone", param, type=param), origin=node.origin)

    def op(self, node: Op) -> Node | tuple[Node, ...]:
        types = (*node.types, *(t for n in node.inputs for t in n.types[:1]))
        rule = self.rules.get(node.op, any(t.dtype == "string" for t in types))
        if rule is None:
            return self.gap(node, why_unported(node.op))
        attrs = {
            k: v for k, v in node.attrs.items() if k not in tf_ops.type_attrs(node.op)
        }
        result = rule(_arguments(node), attrs, node.types)
        if isinstance(result, Decline):
            return self.gap(node, result.reason)
        if isinstance(result, tuple):
            made: dict[Node, Node] = {}
            return tuple(
                _finish(n, node, (t,), made)
                for n, t in zip(result, node.types, strict=True)
            )
        return _finish(result, node, node.types, {})

    def gap(self, node: Op, reason: str) -> Node | tuple[Node, ...]:
        self.gaps.setdefault((node.op, reason), []).append(node)
        attrs = tuple(sorted(node.attrs.items()))
        made = Unported(
            node.op, node.inputs, reason, attrs, types=node.types, origin=node.origin
        )
        if len(node.types) == 1:
            return made
        return tuple(
            Out(made, i, types=(t,), origin=node.origin)
            for i, t in enumerate(node.types)
        )

    def hints(self) -> tuple[Hint, ...]:
        return tuple(
            Hint(
                Code.UNSUPPORTED_OP,
                Priority.P1,
                str(nodes[0].origin),
                f"{op}: {reason} ({len(nodes)} node{'s' * (len(nodes) > 1)})",
                "run with --repair, or write the raising lines of model.py by hand",
                metric="nodes",
                observed=float(len(nodes)),
                expected=0.0,
                evidence=tuple(str(n.origin) for n in nodes[:8]),
            )
            for (op, reason), nodes in sorted(self.gaps.items())
        )


def _effects(
    effects: Iterable[Node],
    new: dict[Node, Node],
    results: dict[Node, tuple[Node, ...]],
) -> Iterable[Node]:
    """Effects that still do something: an erased or pure one lowers to no node."""
    for node in effects:
        if node in results and not results[node]:
            continue
        if not isinstance(new[node], Op | Param | Const | Input):
            yield new[node]


def _arguments(node: Op) -> tuple[Node | tuple[Node, ...], ...]:
    """Flat operands grouped by the schema: a list argument is one tuple."""
    grouped: list[Node | tuple[Node, ...]] = []
    rest = node.inputs
    for length in tf_ops.argument_lengths(node.op, node.attrs):
        if length is None:
            grouped.append(rest[0])
        else:
            grouped.append(rest[:length])
        rest = rest[1 if length is None else length :]
    return tuple(grouped)


def _finish(
    made: Node, source: Op, types: tuple[TensorType, ...], moved: dict[Node, Node]
) -> Node:
    """Type the result as TensorFlow does; give new nodes the op's origin.

    ``moved`` holds what the results of one op share.
    """
    if made in source.inputs or made.origin != Origin():
        return made
    kept = not types or made.types[0].dtype in HANDLES
    typed = made if kept else retype(made, types)
    return stamp_origin(typed, source.origin, moved)
