"""A template over variants of a block: the parts that some of them lack, as options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Call, Input, Node, Option
from tf2torch.transpiler.emit.signature import Signature
from tf2torch.transpiler.passes.scope_paths import state_keys

# More options than this and the class is harder to read than two.
MOST_PARTS = 2
# Where a value comes from: an input of the block, a row, or an optional part.
Ref = tuple[str, int]


class Unlike(Exception):
    """The blocks are no variants of one."""


def _moves(node: Node) -> bool:
    return isinstance(node, Call) and node.func in (".permute", ".transpose")


@dataclass(eq=False)
class _Part:
    """Rows that come and go together. ``base``: what stands where they are missing."""

    rows: list[int]
    presence: frozenset[int]
    result: int = -1
    base: Ref = ("in", 0)
    inputs: list[Ref] = field(default_factory=list)


class Template:
    """``rows``: per row, its position in the order of each variant, or None."""

    def __init__(
        self, variants: Sequence[Signature], rows: Sequence[Sequence[int | None]]
    ) -> None:
        self.variants = variants
        self.rows = rows
        self.count = len(variants)
        self.wiring = [self._wiring(place) for place in range(self.count)]
        self.parts = self._find_parts()
        self.part_of = {r: i for i, p in enumerate(self.parts) for r in p.rows}
        self.refs: dict[tuple[int, int], Ref] = {}
        self._settle()

    def _wiring(self, place: int) -> dict[int, list[Ref]]:
        """Row → where its operands come from; row -1 stands for the result."""
        signature = self.variants[place]
        where: dict[Node, Ref] = {
            node: ("in", i) for i, node in enumerate(signature.graph.inputs)
        }
        present = [(r, row[place]) for r, row in enumerate(self.rows)]
        for r, at in present:
            if at is not None:
                where[signature.order[at]] = ("row", r)
        made = {
            r: [where[o] for o in signature.order[at].operands]
            for r, at in present
            if at is not None
        }
        made[-1] = [where[n] for n in signature.graph.results]
        return made

    # --- parts ---------------------------------------------------------------------

    def _find_parts(self) -> list[_Part]:
        """Connected rows that the same variants have, where not all have them."""
        presence = [
            frozenset(k for k, at in enumerate(row) if at is not None)
            for row in self.rows
        ]
        home: dict[int, _Part] = {}
        parts: list[_Part] = []
        for row, having in enumerate(presence):
            if len(having) == self.count:
                continue
            near = self._neighbours(row, min(having))
            joined = [p for p in parts if p.presence == having and near & set(p.rows)]
            part = _Part([row], having)
            for other in joined:
                part.rows = [*other.rows, *part.rows]
                parts.remove(other)
            parts.append(part)
            home.update({r: part for r in part.rows})
        if not 0 < len(parts) <= MOST_PARTS:
            raise Unlike("no optional part, or too many")
        return parts

    def _neighbours(self, row: int, place: int) -> set[int]:
        wiring = self.wiring[place]
        near = {i for kind, i in wiring[row] if kind == "row"}
        return near | {r for r, refs in wiring.items() if ("row", row) in refs}

    def _settle(self) -> None:
        """What every operand reads in the template, and so the ends of the parts."""
        for row in [*range(len(self.rows)), -1]:
            having = [k for k in range(self.count) if row in self.wiring[k]]
            arity = {len(self.wiring[k][row]) for k in having}
            if len(arity) > 1:
                raise Unlike("operands differ in number")
            for j in range(arity.pop()):
                self.refs[row, j] = self._ref(row, j, having)
        for part in self.parts:
            if part.result < 0:
                raise Unlike("a part without result")
            self._settle_inputs(part)

    def _ref(self, row: int, j: int, having: Sequence[int]) -> Ref:
        seen = {k: self.wiring[k][row][j] for k in having}
        inside = self.part_of.get(row)
        optional = {
            self.part_of[i]
            for kind, i in seen.values()
            if kind == "row" and i in self.part_of and self.part_of[i] != inside
        }
        if not optional:
            if len(set(seen.values())) > 1:
                raise Unlike("wired differently")
            return next(iter(seen.values()))
        if len(optional) > 1:
            raise Unlike("an operand of two parts")
        number = optional.pop()
        part = self.parts[number]
        results = {seen[k] for k in having if k in part.presence}
        bases = {seen[k] for k in having if k not in part.presence}
        if len(results) != 1 or len(bases) > 1:
            raise Unlike("a part with two results or bases")
        ((_, result),) = results
        if part.result not in (-1, result):
            raise Unlike("a part with two results")
        part.result = result
        if bases:
            part.base = bases.pop()
        return ("part", number)

    def _settle_inputs(self, part: _Part) -> None:
        """It starts at its base, and at what enters the block if it has layers."""
        inside = {("row", r) for r in part.rows}
        found: dict[Ref, None] = {}
        for row in part.rows:
            place = min(part.presence)
            for j in range(len(self.wiring[place][row])):
                if self.refs[row, j] not in inside:
                    found[self.refs[row, j]] = None
        if part.base not in found:
            raise Unlike("a part apart from its base")
        order = self.variants[min(part.presence)].order
        layers = any(state_keys(order[at]) for at in self._own(part))
        if layers and part.base != ("in", 0):
            raise Unlike("layers in the middle")
        if all(order[at].operands and _moves(order[at]) for at in self._own(part)):
            raise Unlike("a change of layout is no option")
        part.inputs = [part.base, *(r for r in found if r != part.base)]
        if any(kind == "part" for kind, _ in part.inputs):
            raise Unlike("a part on a part")

    def _own(self, part: _Part) -> list[int]:
        """Where the rows of ``part`` are in a variant that has it."""
        at = (self.rows[r][min(part.presence)] for r in part.rows)
        return [a for a in at if a is not None]

    # --- building ------------------------------------------------------------------

    def build(self, own: Signature, place: int) -> Graph:
        """The graph of ``own``, an instance of variant ``place``, over the template."""
        builder = _Builder(self, own, place)
        graph = own.graph
        ((name, _),) = graph.outputs
        result = builder.value(self.refs[-1, 0])
        return Graph(graph.name, graph.inputs, ((name, result),))


class _Builder:
    def __init__(self, template: Template, own: Signature, place: int) -> None:
        self.template = template
        self.own = own
        self.place = place
        self.made: dict[Ref, Node] = {
            ("in", i): node for i, node in enumerate(own.graph.inputs)
        }

    def value(self, ref: Ref) -> Node:
        if ref not in self.made:
            kind, number = ref
            if kind == "part":
                self.made[ref] = self.option(self.template.parts[number])
            else:
                self.made[ref] = self.row(number)
        return self.made[ref]

    def row(self, row: int) -> Node:
        at = self.template.rows[row][self.place]
        if at is None:
            raise Unlike("a row that is not there")
        node = self.own.order[at]
        new: dict[Node, Node] = {}
        for j, operand in enumerate(node.operands):
            value = self.value(self.template.refs[row, j])
            if new.setdefault(operand, value) is not value:
                raise Unlike("one operand, two values")
        return node.map_operands(new.__getitem__)

    def option(self, part: _Part) -> Option:
        args = tuple(self.value(ref) for ref in part.inputs)
        present = self.place in part.presence
        donor = self.own if present else self.template.variants[min(part.presence)]
        place = self.place if present else min(part.presence)
        inner = _Builder(self.template, donor, place)
        outer = _Builder(self.template, donor, place)
        inputs = []
        for number, ref in enumerate(part.inputs):
            like = outer.value(ref)
            made = Input(f"x{number}", types=like.types, origin=like.origin)
            inner.made[ref] = made
            inputs.append(made)
        result = inner.row(part.result)
        graph = Graph(donor.graph.name, tuple(inputs), (("0", result),))
        types = result.types if present else args[0].types
        return Option(graph, args, present, types=types, origin=result.origin)
