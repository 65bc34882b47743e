"""v1 conditionals → If nodes.

before: ``Switch(x, pred)`` into two branches that meet in ``Merge``
after:  ``If(pred, x; else, then)``, its results in place of the Merges

Every node is given the set of (predicate, side) under which it is alive. A Merge of
one side 0 and one side 1 of the same predicate is a result of that conditional.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from tf2torch.transpiler.frontends.body import Body, RawNode, Ref
from tf2torch.transpiler.frontends.raise_loops import MERGE, SWITCH, Nodes
from tf2torch.transpiler.frontends.schema import Proto, Result

Alive: TypeAlias = frozenset[tuple[Ref, int]]


@dataclass
class Conditional:
    """Merges of one predicate that one If computes; per merge (else, then) inputs."""

    pred: Ref
    merges: list[str] = field(default_factory=list)
    sides: list[tuple[Ref, Ref]] = field(default_factory=list)
    flipped: list[bool] = field(default_factory=list)
    # Merges whose second result, the index of the live input, is read.
    indexed: list[int] = field(default_factory=list)


@dataclass
class Analysis:
    """Under which sides a tensor is alive, and the conditionals found so far."""

    nodes: Nodes
    alive: dict[str, Alive] = field(default_factory=dict)
    ranks: dict[str, dict[Ref, int]] = field(default_factory=dict)
    found: dict[tuple[Ref, int], Conditional] = field(default_factory=dict)

    def of(self, ref: Ref) -> Alive:
        """Constraints of a tensor; a Switch adds its own side."""
        known = self.alive.get(ref[0], frozenset())
        node = self.nodes.get(ref[0])
        if node is not None and node.op in SWITCH and ref[1] in (0, 1):
            return known | {(self.pred(node), ref[1])}
        return known

    def pred(self, switch: RawNode) -> Ref:
        """The predicate without the Identities (``pred_id``) in front of it."""
        ref = switch.inputs[1]
        while (node := self.nodes.get(ref[0])) is not None and node.op == "Identity":
            ref = node.inputs[0]
        return ref


def raise_conds(body: Body) -> Body:
    """``body`` without v1 conditionals; a Merge that fits none is left as an op."""
    if not any(node.op in MERGE for node in body.nodes.values()):
        return body
    analysis = Analysis(dict(body.nodes))
    for name in _topological(analysis.nodes, body):
        _visit(analysis, analysis.nodes[name])
    nodes = dict(analysis.nodes)
    alias: dict[Ref, Ref] = {}
    inside_out = sorted(
        analysis.found.values(), key=lambda c: -len(analysis.alive[c.merges[0]])
    )
    read = {ref for node in nodes.values() for ref in node.inputs}
    read |= {ref for _, ref in body.returns}
    for conditional in inside_out:
        merges = enumerate(conditional.merges)
        conditional.indexed = [i for i, name in merges if (name, 1) in read]
        _raise(analysis, conditional, nodes, alias)
    if body.effects:
        preds = {conditional.pred for conditional in inside_out}
        nodes = {k: v for k, v in nodes.items() if not _guarded(analysis, k, preds)}
    redirected = {k: redirect(v, alias) for k, v in nodes.items()}
    returns = tuple((name, alias.get(ref, ref)) for name, ref in body.returns)
    roots = tuple(alias.get((r, -1), (r, -1))[0] for r in body.roots)
    return replace(body, nodes=redirected, returns=returns, roots=roots)


def _guarded(analysis: Analysis, name: str, preds: set[Ref]) -> bool:
    """Whether a node lives in a branch, and so runs only as a part of an If."""
    return any(pred in preds for pred, _ in analysis.alive.get(name, ()))


def redirect(node: RawNode, alias: Mapping[Ref, Ref]) -> RawNode:
    """``node`` and its regions reading Ifs where they read Merges."""
    inputs = tuple(alias.get(ref, ref) for ref in node.inputs)
    controls = tuple(alias.get((c, -1), (c, -1))[0] for c in node.controls)
    if inputs == node.inputs and controls == node.controls:
        return node
    return replace(node, inputs=inputs, controls=controls)


def _topological(nodes: Nodes, body: Body) -> list[str]:
    """Operands first; the graph has no loops any more."""
    done: dict[str, None] = {}
    for root in nodes:
        stack = [(root, False)]
        while stack:
            name, ready = stack.pop()
            if name in done or name not in nodes:
                continue
            if ready:
                done[name] = None
                continue
            stack.append((name, True))
            node = nodes[name]
            waits = [r[0] for r in node.inputs if r not in body.arg_refs]
            stack.extend((n, False) for n in (*waits, *node.controls) if n not in done)
    return list(done)


def _visit(analysis: Analysis, node: RawNode) -> None:
    ranks: dict[Ref, int] = {}
    for name in (*(r[0] for r in node.inputs), *node.controls):
        for pred, rank in analysis.ranks.get(name, {}).items():
            ranks[pred] = max(rank, ranks.get(pred, 0))
    analysis.ranks[node.name] = ranks
    if node.op in MERGE and _join(analysis, node, ranks):
        return
    alive: Alive = frozenset()
    for ref in node.inputs:
        alive |= analysis.of(ref)
    for name in node.controls:
        alive |= analysis.alive.get(name, frozenset())
    analysis.alive[node.name] = alive


def _join(analysis: Analysis, merge: RawNode, ranks: dict[Ref, int]) -> bool:
    """Note the conditional that ``merge`` is a result of; False if it is of none."""
    if len(merge.inputs) != 2:
        return False
    first, second = merge.inputs
    left, right = analysis.of(first), analysis.of(second)
    pred = _predicate(left, right)
    if pred is None:
        return False
    flipped = (pred, 1) in left or (pred, 0) in right
    sides = (second, first) if flipped else (first, second)
    key = (pred, ranks.get(pred, 0))
    conditional = analysis.found.setdefault(key, Conditional(pred))
    conditional.merges.append(merge.name)
    conditional.sides.append(sides)
    conditional.flipped.append(flipped)
    ranks[pred] = key[1] + 1
    both = {(pred, 0), (pred, 1)}
    analysis.alive[merge.name] = (left | right) - both
    return True


def _predicate(left: Alive, right: Alive) -> Ref | None:
    """The predicate whose two sides meet; one side may be an unguarded constant."""
    opposite = [p for p, side in left if (p, 1 - side) in right]
    if len(opposite) == 1:
        return opposite[0]
    alone = [p for p, _ in left ^ right]
    return alone[0] if not opposite and len(alone) == 1 else None


def _raise(
    analysis: Analysis, conditional: Conditional, nodes: Nodes, alias: dict[Ref, Ref]
) -> None:
    """Put an If where the first Merge was; ``alias`` learns what the Merges became."""
    operands: dict[Ref, int] = {}
    closures = [
        _Side(analysis, conditional.pred, side, alias).close(
            [pair[side] for pair in conditional.sides], operands
        )
        for side in (0, 1)
    ]
    name = conditional.merges[0]
    count = len(conditional.merges)
    bodies = tuple(
        c.body(f"{name}/{('else', 'then')[i]}", conditional, operands, i)
        for i, c in enumerate(closures)
    )
    pred = alias.get(conditional.pred, conditional.pred)
    inputs = (pred, *(alias.get(ref, ref) for ref in operands))
    nodes[name] = RawNode(name, "If", inputs, (), {}, bodies)
    for i, merge in enumerate(conditional.merges):
        alias[merge, 0] = (name, i)
        alias[merge, -1] = (name, -1)
        if merge != name:
            del nodes[merge]
    for position, i in enumerate(conditional.indexed):
        alias[conditional.merges[i], 1] = (name, count + position)
    analysis.nodes[name] = nodes[name]


@dataclass
class _Side:
    """One branch: the nodes alive only on this side, closed over its operands."""

    analysis: Analysis
    pred: Ref
    side: int
    alias: dict[Ref, Ref]
    nodes: Nodes = field(default_factory=dict)
    args: dict[Ref, Ref] = field(default_factory=dict)
    returns: list[Ref] = field(default_factory=list)

    def close(self, results: list[Ref], operands: dict[Ref, int]) -> _Side:
        """Walk back from ``results``; what is not of this side becomes an operand."""
        self.returns = results
        stack = list(results)
        seen: set[Ref] = set()
        while stack:
            ref = stack.pop()
            if ref in seen:
                continue
            seen.add(ref)
            source = self._operand(ref)
            if source is not None:
                self.args[ref] = source
                operands.setdefault(source, len(operands))
                continue
            node = self.analysis.nodes[ref[0]]
            mine = [c for c in node.controls if self._inside((c, -1))]
            kept = redirect(replace(node, controls=tuple(mine)), self.alias)
            self.nodes[kept.name] = kept
            stack.extend(kept.inputs)
            stack.extend((name, -1) for name in kept.controls)
        return self

    def _operand(self, ref: Ref) -> Ref | None:
        """The outer tensor that ``ref`` is; None when it is computed on this side."""
        node = self.analysis.nodes.get(ref[0])
        if node is None:
            return ref
        if node.op in SWITCH and self.analysis.pred(node) == self.pred:
            return node.inputs[0]
        return None if self._inside(ref) else ref

    def _inside(self, ref: Ref) -> bool:
        return (self.pred, self.side) in self.analysis.of(ref)

    def body(
        self, name: str, conditional: Conditional, operands: dict[Ref, int], side: int
    ) -> Body:
        """The branch as a Body with one argument per operand of the If."""
        by_source: dict[Ref, list[Ref]] = {}
        for ref, source in self.args.items():
            by_source.setdefault(source, []).append(ref)
        args = tuple((f"{name}/arg_{i}", 0) for i in range(len(operands)))
        rename = {
            ref: args[operands[source]]
            for source, refs in by_source.items()
            for ref in refs
        }
        nodes = {k: _renamed(v, rename) for k, v in self.nodes.items()}
        returns = [(f"r{i}", rename.get(r, r)) for i, r in enumerate(self.returns)]
        for i in conditional.indexed:
            live = side ^ int(conditional.flipped[i])
            index = _index_const(f"{name}/value_index_{i}", live)
            nodes[index.name] = index
            returns.append((f"i{i}", (index.name, 0)))
        types = tuple(Result("float32") for _ in args)
        return Body(name, nodes, args, types, tuple(returns))


def _renamed(node: RawNode, rename: Mapping[Ref, Ref]) -> RawNode:
    inputs = tuple(rename.get(ref, ref) for ref in node.inputs)
    controls = tuple(c for c in node.controls if (c, -1) not in rename)
    return replace(node, inputs=inputs, controls=controls)


def _index_const(name: str, value: int) -> RawNode:
    """Merge's second result: which of its inputs was alive."""
    import tensorflow as tf
    from tensorflow.core.framework import attr_value_pb2

    attrs: dict[str, Proto] = {
        "dtype": attr_value_pb2.AttrValue(type=tf.int32.as_datatype_enum),
        "value": attr_value_pb2.AttrValue(tensor=tf.make_tensor_proto(value, tf.int32)),
    }
    return RawNode(name, "Const", (), (), attrs)
