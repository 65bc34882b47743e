"""Statements of a forward method: what gets a name, which name, in which order.

A value is written inside its only user when the result stays short; otherwise it is
a statement. A name is used again only when nothing after the statement reads the
value that it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tf2torch import pycode
from tf2torch.ir.nodes import (
    Block,
    Call,
    Case,
    Chain,
    Const,
    CustomGradient,
    Family,
    For,
    Ladder,
    Module,
    Node,
    Option,
    Out,
    Param,
    Siblings,
    Table,
    Unported,
    Variable,
    While,
)
from tf2torch.ir.types import HANDLES
from tf2torch.pycode import Expr
from tf2torch.transpiler.emit.expressions import Expressions, number, takes_scalar
from tf2torch.transpiler.emit.helper_sources import helper_names
from tf2torch.transpiler.emit.marks import mark
from tf2torch.transpiler.emit.nouns import noun_of, nouns
from tf2torch.transpiler.emit.planning import (
    LEAVES,
    REGIONS,
    TUPLES,
    Step,
    count_uses,
    flat,
    is_expression,
    is_item,
    is_light,
    is_list,
    is_size,
    is_star,
    last_reads,
    may_inline,
    out_owners,
    outs_of,
    own_depth,
    own_width,
    readers_of,
    region_nodes,
    terms_of_sums,
)
from tf2torch.transpiler.emit.shortcuts import enter, free_x
from tf2torch.transpiler.emit.side_by_side import list_name, siblings
from tf2torch.transpiler.emit.wide import MANY, wide_tuple

__all__ = ["Body", "Scope", "Step", "is_size", "region_nodes"]

MAX_WIDTH = 68
MAX_DEPTH = 3
GENERIC = ("x", "y", "z")


@dataclass
class Scope:
    """What the writer needs to know of the class around it.

    ``leaf`` writes parameters and constants; ``callee`` the attribute that a module or
    block is called through; ``label`` proposes a name for a value after its layer,
    ``meaning`` one after its use, or "".
    """

    leaf: Callable[[Node, Node | None], Expr]
    callee: Callable[[Node], Expr]
    label: Callable[[Node], str] = lambda node: ""
    meaning: Callable[[Node], str] = lambda node: ""
    override: Callable[[Node, tuple[object, ...]], Expr | None] | None = None


@dataclass
class Body:
    """Writes the statements of one function body (and of the regions in it)."""

    scope: Scope
    names: dict[Node, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    indent: int = 0
    marked: bool = False  # name scopes as comments
    # Names that must survive this body: read after it, or by the next iteration.
    reserved: set[str] = field(default_factory=set)
    exprs: dict[Node, Expr] = field(default_factory=dict)
    tuples: dict[tuple[str, ...], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.printer = Expressions(self.operand, self.scope.override)
        self.inline: set[Node] = set()
        self.terms: set[Node] = set()
        self.entered: dict[Node, tuple[int, int]] = {}
        self.readers: dict[Node, list[int]] = {}
        self.outs: dict[Node, list[Out]] = {}

    # --- planning ------------------------------------------------------------------

    def plan(self, nodes: Sequence[Node], results: Iterable[Node]) -> list[Step]:
        """Steps for ``nodes`` (operands first); sets which nodes are written inline."""
        result_list = list(results)
        inside = set(nodes)
        uses = count_uses(nodes, result_list)
        width: dict[Node, int] = {}
        depth: dict[Node, int] = {}
        owners = out_owners(nodes)
        for node in nodes:
            if isinstance(node, (*LEAVES, Out)):
                continue
            parts = [p for p in node.operands if p in self.inline]
            width[node] = own_width(node) + sum(width[p] for p in parts)
            depth[node] = own_depth(node) + max((depth[p] for p in parts), default=0)
            while any(not is_light(p) for p in parts) and (
                width[node] > MAX_WIDTH or depth[node] > MAX_DEPTH
            ):
                widest = max(parts, key=lambda p: (not is_light(p), width[p]))
                parts.remove(widest)
                self.inline.discard(widest.operands[0] if is_star(widest) else widest)
                width[node] += 4 - width[widest]
                depth[node] = own_depth(node) + max(
                    (depth[p] for p in parts), default=0
                )
            single = uses.get(node, 0) == 1 and node not in owners and may_inline(node)
            if single or is_light(node) or is_star(node):
                self.inline.add(node)
        for user in nodes:
            if isinstance(user, REGIONS):
                self.inline.difference_update(user.operands)
        apart = [r for r in result_list[:-1] if not is_item(r)]
        self.inline.difference_update(apart)
        return [
            Step(n, *self._reads(n, inside))
            for n in nodes
            if not isinstance(n, (*LEAVES, Out)) and n not in self.inline
        ]

    def _reads(
        self, node: Node, inside: set[Node]
    ) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
        reads: dict[Node, None] = {}
        inlined: dict[Node, None] = {}
        stack = list(reversed(node.operands))
        while stack:
            operand = stack.pop()
            if operand in self.inline:
                inlined[operand] = None
                stack.extend(reversed(operand.operands))
            elif not isinstance(operand, (Const, Param)):
                reads[operand] = None
        return tuple(reads), tuple(inlined)

    # --- writing ---------------------------------------------------------------------

    def write(
        self,
        nodes: Sequence[Node],
        results: Sequence[Node],
        wanted: dict[Node, str] | None = None,
    ) -> None:
        """Write the statements; values in ``wanted`` take that name if it is free."""
        steps = self.plan(nodes, results)
        self.terms |= terms_of_sums(nodes)
        last = last_reads(steps, results, self.inline)
        self.readers = readers_of(steps)
        self.outs = outs_of(last)
        for index, step in enumerate(steps):
            self.forget(index, last)
            if index == len(steps) - 1 and list(results) == [step.node] and not wanted:
                if is_expression(step.node):
                    self.inline.add(step.node)  # returned as it stands
                    continue
            enter(self, steps, index)
            if self.marked:
                mark(self, steps, index)
            self.step(step, index, last, wanted or {})

    def step(
        self, step: Step, index: int, last: dict[Node, int], wanted: dict[Node, str]
    ) -> None:
        from tf2torch.transpiler.emit.ladders import write_ladder
        from tf2torch.transpiler.emit.regions import (
            write_case,
            write_chain,
            write_for,
            write_option,
            write_while,
        )

        match step.node:
            case Case():
                write_case(self, step, index, last)
            case For():
                write_for(self, step, index, last)
            case While():
                write_while(self, step, index, last)
            case Option():
                write_option(self, step, index, last, wanted)
            case Ladder():
                write_ladder(self, step, index, last, wanted)
            case Chain() if len(step.node.args) > 1:
                write_chain(self, step, index, last, wanted)
            case _:
                value = self.expression(step.node)
                target = self.target(step, index, last, wanted)
                text = pycode.text(value)
                self.line(f"{target} = {text}" if target else text)

    def forget(self, index: int, last: dict[Node, int]) -> None:
        """Leave out values that are not read from statement ``index`` on: what a
        statement costs must not grow with those before it."""
        for kept in (self.names, self.entered):
            for node in [n for n in kept if last.get(n, -1) < index]:
                del kept[node]

    def target(
        self, step: Step, index: int, last: dict[Node, int], wanted: dict[Node, str]
    ) -> str:
        """The left side for a step: a name, a nest of names, or "" when unread."""
        node = step.node
        if isinstance(node, TUPLES) and len(node.types) > 1:
            outs = {o.index: o for o in self.outs.get(node, ())}
            nest = getattr(node, "unpack", None) or tuple(range(len(node.types)))
            if not outs:
                return ""
            return self.nest(nest, outs, step, index, last, wanted)
        if node not in last:
            return ""
        return self.name(node, step.reads, index, last, wanted)

    def nest(
        self,
        nest: tuple[object, ...],
        outs: dict[int, Out],
        step: Step,
        index: int,
        last: dict[Node, int],
        wanted: dict[Node, str],
    ) -> str:
        parts = []
        for item in nest:
            if isinstance(item, tuple):
                read = any(i in outs for i in flat(item))
                inner = (
                    self.nest(item, outs, step, index, last, wanted) if read else "_"
                )
                parts.append(f"({inner})" if read else "_")
            elif item in outs:
                out = outs[item]
                parts.append(self.name(out, step.reads, index, last, wanted))
            else:
                parts.append("_")
        return ", ".join(parts) + ("," if len(parts) == 1 else "")

    def name(
        self,
        node: Node,
        reads: Sequence[Node],
        index: int,
        last: dict[Node, int],
        wanted: dict[Node, str],
    ) -> str:
        """A name for ``node`` that holds no value still to be read."""
        preferred = wanted.get(node)
        if preferred is not None and preferred not in self.live(index, last):
            return self.claim(node, preferred)
        taken = self.live(index, last) | self.reserved | helper_names()
        meaning = self.meaning(node, index, last)
        for name in (meaning, *(f"{meaning}{i}" for i in range(2, 9))):
            if meaning and name not in taken:
                return self.claim(node, name)
        free_x(self, index, last)
        taken = self.live(index, last) | self.reserved | helper_names()
        wishes = self.wishes(node, reads, index, last)
        noun = noun_of(node)
        numbered = (f"{noun}{i}" for i in range(2, len(taken) + 3))
        all_names = (*wishes, *nouns(node), *GENERIC, noun, *numbered)
        free = (n for n in all_names if n and n not in taken)
        return self.claim(node, next(free))

    def wishes(
        self, node: Node, reads: Sequence[Node], index: int, last: dict[Node, int]
    ) -> list[str]:
        """Beside a value that is called x, a name that says what this is helps; what
        is read at once is x."""
        live = self.live(index, last)
        dying = [
            self.names[r]
            for r in reads
            if r in self.names and last.get(r) == index and self.names[r] not in live
        ]
        skipped = last.get(node, index) > index + 1 and isinstance(node, Out)
        label = self.scope.label(node) if skipped or "x" in live else ""
        used = [d for d in dying if d in GENERIC]
        return [label, *used] if skipped and label else ["x", *used, label]

    def meaning(self, node: Node, index: int, last: dict[Node, int]) -> str:
        """What the value is for; a term of a later sum is its shortcut."""
        name = self.scope.meaning(node)
        if is_list(node):
            return list_name(node)
        if not name and node in self.terms and last.get(node, index) >= index + 2:
            return "shortcut"
        return name

    def claim(self, node: Node, name: str) -> str:
        self.names[node] = name
        return name

    def live(self, index: int, last: dict[Node, int]) -> set[str]:
        """Names whose value is read after statement ``index``."""
        return {name for node, name in self.names.items() if last.get(node, -1) > index}

    def line(self, text: str) -> None:
        self.lines.append("    " * self.indent + text)

    # --- expressions -----------------------------------------------------------------

    def operand(self, node: Node, user: Node) -> Expr:
        if node in self.exprs:
            return self.exprs[node]
        if node in self.names:
            return pycode.name(self.names[node])
        if isinstance(node, Const) and takes_scalar(user, node):
            return self.printer.override(node, ("const",)) or number(node)
        if isinstance(node, (Const, Param, Variable, Table)):
            return self.scope.leaf(node, user)
        return self.expression(node)

    def family(self, node: Family) -> Expr:
        """``[layer(x) for layer, x in zip(self.family, (a, b), strict=True)]``"""
        values = self.enumeration([self.operand(a, node) for a in node.args])
        template = (
            "[layer(value) for layer, value in zip({layers}, {values}, strict=True)]"
        )
        return pycode.expr(template, layers=self.scope.callee(node), values=values)

    def enumeration(self, items: list[Expr]) -> Expr:
        """A tuple; a long one has a name, and is written once."""
        texts = tuple(map(pycode.text, items))
        if len(texts) < MANY:
            return pycode.tuple_(items)
        if texts not in self.tuples:
            taken = {*self.tuples.values(), *self.names.values(), *self.reserved}
            names = ("features", *(f"features{i}" for i in range(2, 99)))
            name = next(n for n in names if n not in taken)
            for line in wide_tuple(name, texts, "    " * self.indent):
                self.lines.append(line)
            self.tuples[texts] = name
            self.reserved.add(name)
        return pycode.name(self.tuples[texts])

    def expression(self, node: Node) -> Expr:
        match node:
            case Call():
                return self.printer.call(node)
            case Module():
                args = [
                    self.printer.arg(a, node, ("args", i))
                    for i, a in enumerate(node.args)
                ]
                return pycode.call(self.scope.callee(node), *args)
            case Block():
                args = [self.operand(a, node) for a in node.args]
                return pycode.call(self.scope.callee(node), *args)
            case Chain():
                return pycode.call(
                    self.scope.callee(node), self.operand(node.args[0], node)
                )
            case Family():
                return self.family(node)
            case Siblings():
                return siblings(self, node)
            case CustomGradient():
                operands = [self.operand(n, node) for n in node.distinct]
                return pycode.call(self.scope.callee(node), *operands)
            case Unported():
                inputs = [n for n in node.inputs if n.dtype not in HANDLES]
                operands = [self.operand(n, node) for n in inputs]
                return pycode.call(self.scope.callee(node), *operands)
            case Out():
                owner = self.operand(node.node, node)
                return pycode.subscript(owner, [pycode.lit(node.index)])
        raise AssertionError(f"{type(node).__name__} {node.origin} is no expression")
