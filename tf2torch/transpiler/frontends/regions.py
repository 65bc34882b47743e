"""Nodes that hold functions: calls are inlined, If, Case and While become regions.

Regions are closed. What a region needs from outside is an Input of it; leaves
(constants, variables, tables) are simply used inside, unless a loop changes them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tf2torch.diagnostics import SourceError
from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Attr, Case, Const, Input, Node, Op, Table, Variable, While
from tf2torch.ir.types import TensorType
from tf2torch.transpiler.frontends.body import Body, RawNode, Ref
from tf2torch.transpiler.frontends.build import CALL_OPS, Builder, Frame, outs
from tf2torch.transpiler.frontends.tasks import Task

IFS = frozenset({"If", "StatelessIf", "XlaIf"})
CASES = frozenset({"Case", "StatelessCase"})
WHILES = frozenset({"While", "StatelessWhile", "XlaWhile"})


def nested(
    build: Builder, raw: RawNode, inputs: list[Node], frame: Frame
) -> Task[list[Node]] | None:
    """The task that builds ``raw`` when it holds functions, else None."""
    if raw.op in build.library:
        return _call(build, raw, raw.op, inputs, frame)
    if raw.op in CALL_OPS:
        return _call(build, raw, _function(raw, "f"), inputs, frame)
    bodies = function_bodies(build, raw)
    if any(body.name in frame.calls for body in bodies):
        return None
    if raw.op in WHILES:
        return _while(build, raw, bodies, inputs, frame)
    if raw.op in IFS or raw.op in CASES:
        return _case(build, raw, bodies, inputs, frame)
    return None


def function_bodies(build: Builder, raw: RawNode) -> tuple[Body, ...]:
    """The functions of a control-flow node, in the order of its regions."""
    body = build.library.body
    if raw.bodies:
        return raw.bodies
    if raw.op in WHILES:
        return body(_function(raw, "cond")), body(_function(raw, "body"))
    if raw.op in IFS:
        return (
            body(_function(raw, "else_branch")),
            body(_function(raw, "then_branch")),
        )
    if raw.op in CASES:
        return tuple(body(f.name) for f in raw.attrs["branches"].list.func)
    return ()


def _function(raw: RawNode, attr: str) -> str:
    if attr not in raw.attrs or not raw.attrs[attr].func.name:
        raise SourceError(f"node '{raw.name}' ({raw.op}) names no function '{attr}'")
    return str(raw.attrs[attr].func.name)


def _call(
    build: Builder, raw: RawNode, name: str, inputs: list[Node], frame: Frame
) -> Task[list[Node]]:
    """The results of the function's body; a recursive call stays an op."""
    if name in frame.calls:
        return build.plain(raw, inputs, frame)
    body = build.library.body(name)
    if len(body.args) != len(inputs):
        raise SourceError(
            f"node '{raw.name}' calls '{name}' with {len(inputs)} tensors instead of "
            f"{len(body.args)}: the file is damaged"
        )
    args = [
        build.read(node, frame)
        if isinstance(node, Variable) and not (kind.ref or kind.dtype == "resource")
        else node
        for node, kind in zip(inputs, body.arg_types, strict=True)
    ]
    results: list[Node] = yield build.body(body, args, frame.inside(raw, call=name))
    return results


def _is_leaf(node: Node) -> bool:
    return isinstance(node, Const | Variable | Table)


def _region(
    build: Builder,
    raw: RawNode,
    part: str,
    body: Body,
    operands: Sequence[tuple[Node, bool]],
    frame: Frame,
) -> Task[Graph]:
    """``body`` as a closed graph; operands flagged True are used in it directly."""
    inner = frame.inside(raw, part, body.name)
    args: list[Node] = []
    inputs: list[Input] = []
    for (operand, direct), ref in zip(operands, body.args, strict=True):
        if direct:
            args.append(operand)
            continue
        kind = TensorType(operand.dtype, None)
        inputs.append(Input(ref[0], types=(kind,), origin=inner.origin(ref[0])))
        args.append(inputs[-1])
    results: list[Node] = yield build.body(body, args, inner)
    if raw.bodies:
        results = [
            build.read(node, inner) if isinstance(node, Variable) else node
            for node in results
        ]
    names = (name for name, _ in body.returns)
    outputs = tuple(zip(names, results, strict=True))
    return Graph(body.name, tuple(inputs), outputs, tuple(inner.effects))


def _case(
    build: Builder,
    raw: RawNode,
    bodies: tuple[Body, ...],
    inputs: list[Node],
    frame: Frame,
) -> Task[list[Node]]:
    index, *rest = inputs
    if raw.op in IFS and index.dtype != "bool":
        index = _truth(index, frame, raw.name)
    operands = [(node, _is_leaf(node)) for node in rest]
    branches: list[Graph] = []
    for number, body in enumerate(bodies):
        part = ("else", "then")[number] if raw.op in IFS else f"branch{number}"
        branches.append((yield _region(build, raw, part, body, operands, frame)))
    node = Case(
        index,
        tuple(node for node, direct in operands if not direct),
        tuple(branches),
        types=tuple(TensorType(n.dtype, None) for n in branches[0].results),
        origin=frame.origin(raw.name),
    )
    if any(branch.effects for branch in branches):
        frame.effects.append(node)
    return [
        same if (same := _same_leaf(branches, i)) is not None else result
        for i, result in enumerate(outs(node))
    ]


def _same_leaf(branches: Sequence[Graph], i: int) -> Node | None:
    """A handle that every branch returns unchanged."""
    first = branches[0].results[i]
    if isinstance(first, Variable | Table):
        if all(b.results[i] is first for b in branches):
            return first
    return None


def _truth(value: Node, frame: Frame, name: str) -> Node:
    """TF's truth of a tensor that is no bool: not zero, or not the empty string."""
    zero = (
        np.array(b"", object) if value.dtype == "string" else np.zeros((), value.dtype)
    )
    origin = frame.origin(name)
    const = Const(zero, types=(TensorType(value.dtype, ()),), origin=origin)
    attrs: dict[str, Attr] = {"T": value.dtype, "incompatible_shape_error": True}
    types = (TensorType("bool", None),)
    return Op("NotEqual", (value, const), attrs, types=types, origin=origin)


def _while(
    build: Builder,
    raw: RawNode,
    bodies: tuple[Body, ...],
    inputs: list[Node],
    frame: Frame,
) -> Task[list[Node]]:
    cond, body = bodies
    invariant = []
    for i, node in enumerate(inputs):
        handle = isinstance(node, Variable | Table)
        invariant.append(handle or (yield passed(build, body, i)) == i)
    operands = [
        (node, fixed and _is_leaf(node))
        for node, fixed in zip(inputs, invariant, strict=True)
    ]
    tested = yield _region(build, raw, "cond", cond, operands, frame)
    looped = yield _region(build, raw, "body", body, operands, frame)
    kept = [i for i, (_, direct) in enumerate(operands) if not direct]
    outputs = tuple(looped.outputs[i] for i in kept)
    looped = Graph(looped.name, looped.inputs, outputs, looped.effects)
    node = While(
        tuple(inputs[i] for i in kept),
        tested,
        looped,
        types=tuple(TensorType(inputs[i].dtype, None) for i in kept),
        origin=frame.origin(raw.name),
    )
    if tested.effects or looped.effects:
        frame.effects.append(node)
    results = dict(zip(kept, outs(node), strict=True))
    return [inputs[i] if invariant[i] else results[i] for i in range(len(inputs))]


def passed(build: Builder, body: Body, port: int) -> Task[int | None]:
    """Which argument of ``body`` its result ``port`` is, unchanged; None if neither."""
    key = (id(body), port)
    if key not in build.passing:
        build.passing[key] = None
        build.passing[key] = yield _trace(build, body, body.returns[port][1])
    return build.passing[key]


def _trace(build: Builder, body: Body, ref: Ref) -> Task[int | None]:
    positions = {arg: i for i, arg in enumerate(body.args)}
    seen: set[Ref] = set()
    while ref not in positions:
        node = body.nodes.get(ref[0])
        if node is None or ref in seen:
            return None
        seen.add(ref)
        source: int | None = None
        if node.op in {"Identity", "IdentityN", "RefIdentity"}:
            source = ref[1]
        elif node.op in build.library or node.op in CALL_OPS:
            name = node.op if node.op in build.library else _function(node, "f")
            source = yield passed(build, build.library.body(name), ref[1])
        elif node.op in WHILES:
            inner = function_bodies(build, node)[1]
            source = ref[1] if (yield passed(build, inner, ref[1])) == ref[1] else None
        if source is None:
            return None
        ref = node.inputs[source]
    return positions[ref]
