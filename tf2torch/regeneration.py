"""What the compiler tells the repair loop: facts about regions, and other lowerings.

It stands between the two because neither may import the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from tf2torch.ir.graph import Graph, every_node
from tf2torch.ir.nodes import Node, Op, Param, Unported
from tf2torch.ir.text import part_to_text
from tf2torch.repair.facts import Facts, Lowering
from tf2torch.repair.region import Region, regions, with_functions
from tf2torch.rules import all_rules
from tf2torch.rules.ruleset import RuleSet
from tf2torch.transpiler.emit.classes import ClassSpec
from tf2torch.transpiler.emit.gaps import operands, settings_of
from tf2torch.transpiler.emit.provenance import callers
from tf2torch.transpiler.passes.infer_types import infer_types
from tf2torch.transpiler.pipeline import Compiled, compile_source

# Passes that turn groups of ops into idioms: without them the same ops are written
# one by one, which is another text for the same function.
IDIOMS = (
    frozenset({"lift_idioms"}),
    frozenset({"lift_rnn", "lift_steps", "fuse_directions"}),
    frozenset({"merge_equal", "tidy_shapes"}),
    frozenset({"lift_idioms", "tidy_shapes", "merge_equal"}),
)
# Ops that no second route can help with, and those that seldom are at fault.
PLUMBING = frozenset("ReadVariableOp Identity NoOp Const Variable VariableV2".split())
SHAPES = frozenset(
    "Shape Pack StridedSlice Reshape ExpandDims Squeeze Fill Range Transpose".split()
)
LONGEST_DOC = 4000  # characters of TensorFlow's description of one op
TRIVIAL = frozenset(
    "Add AddV2 Mul Sub RealDiv Identity Reshape Shape Pack Cast Transpose MatMul Relu "
    "ReadVariableOp Tanh Sigmoid Exp Log Neg Maximum Minimum Sum Mean ConcatV2".split()
)


@dataclass(eq=False)
class Regeneration:
    """Facts by region of one compiled port; called, it gives those of a region."""

    compiled: Compiled
    rules: RuleSet | None = None
    _known: dict[str, Facts | None] = field(default_factory=dict)
    _texts: dict[frozenset[str], dict[str, Region]] = field(default_factory=dict)
    _routes: dict[tuple[str, str], Lowering] = field(default_factory=dict)
    _graph: Graph | None = None

    def __call__(self, region: str) -> Facts | None:
        if region not in self._known:
            self._known[region] = self._facts(region)
        return self._known[region]

    def _facts(self, region: str) -> Facts | None:
        gaps = self.compiled.emitted.gaps.nodes.get(region)
        specs = {c.name: c for c in self.compiled.emitted.program.classes}
        if gaps:
            kind = "function in the place of one TensorFlow op"
            border = tuple(_gap_border(gaps[0]))
            origin = gaps[0].origin.tf
        elif region in specs:
            kind = "class"
            border = tuple(self._class_border(specs[region]))
            nodes = specs[region].instances[0].order
            origin = tuple(dict.fromkeys(t for n in nodes for t in n.origin.tf))
        elif region in regions(self.compiled.text):
            kind, border = "helper", ()
            origin = tuple(sorted(callers(self.compiled).get(region, ())))
        else:
            return None
        graph, kept = self._part(origin)
        ops = sorted(
            {n.op for n in _with_inner(kept) if isinstance(n, Op)}
            | {n.op for n in gaps or ()}
        )
        return Facts(
            region,
            kind,
            origin,
            part_to_text(graph, kept),
            tuple((op, text) for op in ops if (text := _description(op))),
            border,
            lambda: self._lowerings(region),
        )

    @property
    def _typed(self) -> Graph:
        if self._graph is None:
            self._graph = infer_types(self.compiled.source.graph)
        return self._graph

    def _part(self, origin: Iterable[str]) -> tuple[Graph, list[Node]]:
        """The nodes of that origin, and those that lie between them; they are those of
        one graph: the model's, or the first loop, branch or gradient that has any."""
        wanted = set(origin)
        for graph in _graphs(self._typed):
            nodes = graph.nodes()
            own = {n for n in nodes if wanted & set(n.origin.tf[:1])}
            if own:
                return graph, _between(nodes, own)
        return self._typed, []

    def _class_border(self, spec: ClassSpec) -> Iterator[str]:
        norms = self.compiled.source.training.batch_norm
        for given in spec.graph.inputs:
            yield f"in   {given.name}: {given.type}"
        for name, node in spec.graph.outputs:
            yield f"out  {name}: {node.type}"
        for index, name in sorted(spec.members.items()):
            member = spec.signature.order[index]
            yield f"self.{name}: {type(member).__name__.lower()}, {member.type}"
            if isinstance(member, Param) and member.variable.name in norms:
                info = norms[member.variable.name]
                yield (
                    f"self.{name} is the running mean of a batch normalization: in "
                    f"training it keeps {info.momentum:g} of itself in a step"
                    + ("" if info.trainable else "; frozen: it keeps still")
                )

    def _lowerings(self, region: str) -> Iterator[Lowering]:
        gaps = self.compiled.emitted.gaps.nodes.get(region)
        if gaps:
            from tf2torch.transpiler.onnx_route import through_onnx

            text, why = through_onnx(region, gaps)
            yield Lowering("through ONNX", text, why)
            return
        own = regions(self.compiled.text).get(region)
        if own is not None:
            yield Lowering("the compiler's own text", own.code)
        for skip in IDIOMS:
            other = self._without(skip).get(region)
            if other is not None:
                yield Lowering(f"without {', '.join(sorted(skip))}", other.code)
        for op in self._rare_first(region):
            if (region, op) not in self._routes:
                self._routes[region, op] = self._through_onnx(region, op)
            yield self._routes[region, op]

    def _without(self, skip: frozenset[str]) -> dict[str, Region]:
        """The regions of a port that is compiled without some passes."""
        if skip not in self._texts:
            other = self._compiled(self.rules, skip)
            self._texts[skip] = {} if other is None else regions(other.text)
        return self._texts[skip]

    def _compiled(
        self, rules: RuleSet | None, skip: frozenset[str] = frozenset()
    ) -> Compiled | None:
        """The port compiled otherwise; None where a pass relies on what is left out."""
        asked = self.compiled.options
        options = replace(asked, rules=rules, skip=skip, dump=None)
        try:
            return compile_source(self.compiled.source, options)
        except Exception:  # whatever a pass meets: this way is closed
            return None

    def _rare_first(self, region: str) -> list[str]:
        """The op types of the region: what is rare is wrong more often."""
        facts = self(region)
        _, nodes = self._part(() if facts is None else facts.origin)
        counts = Counter(n.op for n in _with_inner(nodes) if isinstance(n, Op))
        known = [op for op in counts if op not in PLUMBING]
        return sorted(known, key=lambda op: (op in SHAPES, counts[op]))

    def _through_onnx(self, region: str, op: str) -> Lowering:
        """The region with one op by the second route, and no rule asked for it."""
        from tf2torch.transpiler.onnx_route import through_onnx

        route = f"{op} through ONNX"
        other = self._compiled((self.rules or all_rules()).without(op))
        found = None if other is None else regions(other.text).get(region)
        if other is None or found is None:
            return Lowering(route, why=f"the region needs the rule for {op}")
        functions = {}
        for name, nodes in other.emitted.gaps.nodes.items():
            if name in found.reads and nodes[0].op == op:
                functions[name], why = through_onnx(name, nodes)
                if why:
                    return Lowering(route, why=why)
        return Lowering(route, with_functions(found.code, functions))


def _graphs(graph: Graph) -> Iterator[Graph]:
    """It, and those inside of it, the outermost first."""
    pending = [graph]
    while pending:
        first = pending.pop(0)
        yield first
        pending.extend(inner for node in first.nodes() for inner in node.graphs())


def _between(nodes: Sequence[Node], own: set[Node]) -> list[Node]:
    after: set[Node] = set()
    for node in nodes:
        if node in own or any(o in after for o in node.operands):
            after.add(node)
    before: set[Node] = set()
    for node in reversed(nodes):
        if node in own or node in before:
            before.add(node)
            before.update(node.operands)
    return [n for n in nodes if n in own or (n in after and n in before)]


def _with_inner(nodes: Iterable[Node]) -> Iterator[Node]:
    """And those of loops, branches and custom gradients."""
    for node in nodes:
        yield node
        for graph in node.graphs():
            yield from every_node(graph)


def _gap_border(node: Unported) -> Iterator[str]:
    for name, tensor in operands(node):
        yield f"in   {name}: {tensor.type}"
    for name, value in settings_of(node):
        yield f"attr {name} = {value!r}"
    for index, type in enumerate(node.types):
        yield f"out  {index}: {type}"


def _description(op: str) -> str:
    """TensorFlow's own text on an op, where it says more than the name does."""
    import tensorflow as tf

    if op in TRIVIAL or not hasattr(tf.raw_ops, op):
        return ""
    text = getattr(tf.raw_ops, op).__doc__ or ""
    return str(text).strip()[:LONGEST_DOC]
