"""Loops over blocks that carry several values, keep some, or pick some up.

for cell in self.cells:                 skips = []
    x, y = cell(x, y), x                for down in self.down:
                                            skip, x = down(x)
                                            skips.append(skip)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tf2torch import pycode
from tf2torch.ir.nodes import Call, Ladder, Node, Out
from tf2torch.pycode import Expr
from tf2torch.transpiler.emit.side_by_side import one_of

if TYPE_CHECKING:
    from tf2torch.transpiler.emit.body import Body, Step


def write_ladder(
    body: Body, step: Step, index: int, last: dict[Node, int], wanted: dict[Node, str]
) -> None:
    """The loop, with what must stand before it."""
    node = step.node
    assert isinstance(node, Ladder)
    read = (*node.given, *(n for own in node.own for n in own))
    kept = {body.names[n] for n in _named(body, read)} - body.reserved
    body.reserved |= kept
    names = _results(body, step, index, last, wanted)
    carried, lists = names[: len(node.hands)], names[len(node.hands) :]
    _enter(body, node, carried)
    for name in lists:
        body.line(f"{name} = []")
    taken = {*names, *kept, *body.reserved, *body.live(index, last)}
    block = _free(_loop_word(node.name), taken)
    own = [_free(word, taken | {block}) for word in _own_words(node)]
    header = pycode.text(_iterated(body, node))
    body.line(f"for {', '.join([block, *own])} in {header}:")
    given = [body.operand(n, node) for n in node.given]
    values = {"carried": list(map(pycode.name, carried)), "given": given}
    values["own"] = list(map(pycode.name, own))
    call = pycode.call(block, *(values[kind][k] for kind, k in node.reads))
    for line in _turn(node, pycode.text(call), carried, lists, taken):
        body.line(f"    {line}")
    body.reserved -= kept


def _named(body: Body, nodes: Sequence[Node]) -> Iterator[Node]:
    """Those of ``nodes``, and of what is written in their place, that have a name."""
    for node in nodes:
        if node in body.names:
            yield node
        elif node in body.inline:
            yield from _named(body, node.operands)


def _results(
    body: Body, step: Step, index: int, last: dict[Node, int], wanted: dict[Node, str]
) -> list[str]:
    """Names of what is carried and of the lists."""
    node = step.node
    outs: dict[int, Node] = {o.index: o for o in body.outs.get(node, ())}
    if len(node.types) == 1:
        outs = {0: node}
    found: list[str] = []
    added: set[str] = set()
    for place in range(len(node.types)):
        if place in outs:
            found.append(body.name(outs[place], step.reads, index, last, wanted))
        else:
            taken = {*found, *body.live(index, last), *body.reserved}
            found.append(_free("x" if place == 0 else "y", taken))
        added |= {found[-1]} - body.reserved
        body.reserved.add(found[-1])
    body.reserved -= added
    return found


def _enter(body: Body, node: Ladder, carried: Sequence[str]) -> None:
    """``x, y = stem, image``, but for what is called so already."""
    values = [pycode.text(body.operand(n, node)) for n in node.entering]
    pairs = [(n, v) for n, v in zip(carried, values, strict=True) if n != v]
    if pairs:
        names, texts = zip(*pairs, strict=True)
        body.line(f"{', '.join(names)} = {', '.join(texts)}")


def _loop_word(name: str) -> str:
    return one_of(name) if name.endswith("s") else name or "block"


def _free(name: str, taken: set[str]) -> str:
    numbered = (f"{name}{i}" for i in range(2, len(taken) + 3))
    return next(n for n in (name, *numbered) if n not in taken)


def _own_words(node: Ladder) -> list[str]:
    return ["skip", "other", *(f"value{i}" for i in range(9))][: len(node.own)]


def _iterated(body: Body, node: Ladder) -> Expr:
    callee = body.scope.callee(node)
    if not node.own:
        return callee
    columns = [_column(body, node, own) for own in node.own]
    return pycode.call("zip", callee, *columns, strict=pycode.lit(True))


def _column(body: Body, node: Ladder, own: tuple[Node, ...]) -> Expr:
    """``skips``, ``reversed(skips)`` or the values one by one."""
    match own[0]:
        case Call("[]", (Out() as kept, int())):
            places = [_place(value, kept) for value in own]
            ladder = kept.node
            if isinstance(ladder, Ladder):
                every = list(range(len(ladder.graphs_)))
                if places == every:
                    return body.operand(kept, node)
                if places == every[::-1]:
                    return pycode.call("reversed", body.operand(kept, node))
    return body.enumeration([body.operand(value, node) for value in own])


def _place(value: Node, kept: Node) -> int | None:
    match value:
        case Call("[]", (items, int() as place)) if items is kept:
            return place
    return None


def _turn(
    node: Ladder,
    call: str,
    carried: Sequence[str],
    lists: Sequence[str],
    taken: set[str],
) -> Iterator[str]:
    """The statements of one turn."""
    targets: dict[int, str] = {}
    for name, (kind, place) in zip(carried, node.hands, strict=True):
        if kind == "result":
            targets.setdefault(place, name)
    for result in node.keeps:
        if result not in targets:
            targets[result] = _free("skip", taken | set(targets.values()))
    count = len(node.graphs_[0].results)
    shifts = [
        (name, carried[place])
        for name, (kind, place) in zip(carried, node.hands, strict=True)
        if kind == "carried"
    ]
    left = ", ".join(targets.get(i, "_") for i in range(count))
    if shifts and count == 1:
        names, values = zip(*shifts, strict=True)
        yield f"{', '.join([left, *names])} = {', '.join([call, *values])}"
    else:
        yield f"{left} = {call}"
    for name, result in zip(lists, node.keeps, strict=True):
        yield f"{name}.append({targets[result]})"
