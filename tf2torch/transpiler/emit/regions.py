"""If, for and while as Python statements inside a forward method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tf2torch import pycode
from tf2torch.ir.build import scalar_of
from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Case, Chain, For, Input, Node, Option, Out, While
from tf2torch.pycode import Expr
from tf2torch.transpiler.emit.body import Body, Step, region_nodes


@dataclass(eq=False)
class Loop:
    """Loop variables: those that change have a name, the others stand for a value."""

    names: dict[int, str]
    fixed: dict[int, Expr]


def write_case(body: Body, step: Step, index: int, last: dict[Node, int]) -> None:
    """``if``/``elif``/``else`` that assigns the same names in every branch."""
    node = step.node
    assert isinstance(node, Case)
    read = _read_results(node, last)
    condition = body.operand(node.index, node)
    targets: dict[int, str] = {}
    for i, out in read.items():
        targets[i] = body.name(out, step.reads, index, last, {})
        last.setdefault(out, index)
    boolean = node.index.dtype == "bool"
    branches = node.branches[::-1] if boolean else node.branches
    written = []
    for branch in branches:
        inner = _inner(body, node, branch.inputs, node.inputs, index, last)
        inner.lines = []
        wanted = {branch.results[k]: name for k, name in targets.items()}
        inner.write(region_nodes(branch), [branch.results[k] for k in targets], wanted)
        _assign(inner, [(name, branch.results[k]) for k, name in targets.items()], node)
        written.append(inner.lines)
    if boolean and len(written) == 2 and written[1] and not written[0]:
        body.line(f"if not {pycode.text(condition)}:")
        body.lines.extend(written[1])
        return
    for i, lines in enumerate(written):
        body.line(_branch_header(condition, i, len(branches), boolean))
        body.lines.extend(lines or ["    " * (body.indent + 1) + "pass"])


def _branch_header(condition: Expr, i: int, count: int, boolean: bool) -> str:
    if i == count - 1:
        return "else:"
    word = "if" if i == 0 else "elif"
    test = condition if boolean else pycode.binary("==", condition, pycode.lit(i))
    return f"{word} {pycode.text(test)}:"


def write_for(body: Body, step: Step, index: int, last: dict[Node, int]) -> None:
    """``for i in range(start, stop)``"""
    node = step.node
    assert isinstance(node, For)
    counter, *variables = node.body.inputs
    loop = _start_loop(body, step, variables, node.body.results, index, last)
    bounds = [_bound(body, node.stop, node)]
    if scalar_of(node.start) != 0:
        bounds.insert(0, _bound(body, node.start, node))
    inner = _loop_body(body, node, variables, loop, index, last)
    name = next(n for n in ("i", "j", "k", "step") if n not in _taken(inner))
    inner.names[counter] = name
    inner.reserved.add(name)
    used = counter in _all_operands(node.body)
    header = pycode.text(pycode.call("range", *bounds))
    body.line(f"for {name if used else '_'} in {header}:")
    _write_body(inner, node.body, loop, node)
    _finish_loop(body, node, loop, last)


def _bound(body: Body, bound: Node, node: For) -> Expr:
    value = scalar_of(bound)
    return body.operand(bound, node) if value is None else pycode.lit(value)


def write_while(body: Body, step: Step, index: int, last: dict[Node, int]) -> None:
    """``while condition:``, or a break inside when the condition needs statements."""
    node = step.node
    assert isinstance(node, While)
    variables = list(node.body.inputs)
    loop = _start_loop(body, step, variables, node.body.results, index, last)
    test = _loop_body(body, node, node.cond.inputs, loop, index, last)
    test.lines = []
    test.reserved |= set(loop.names.values())  # the body reads them after the test
    test.write(region_nodes(node.cond), node.cond.results)
    condition = test.operand(node.cond.results[0], node)
    if not test.lines:
        body.line(f"while {pycode.text(condition)}:")
    else:
        body.line("while True:")
        body.lines.extend(test.lines)
        body.line(f"    if not ({pycode.text(condition)}):")
        body.line("        break")
    inner = _loop_body(body, node, variables, loop, index, last)
    _write_body(inner, node.body, loop, node)
    _finish_loop(body, node, loop, last)


def write_chain(
    body: Body, step: Step, index: int, last: dict[Node, int], wanted: dict[Node, str]
) -> None:
    """``for layer in self.layers: x = layer(x, mask)``"""
    node = step.node
    assert isinstance(node, Chain)
    first, *rest = node.args
    callee = body.scope.callee(node)
    kept = {body.names[a] for a in rest if a in body.names} - body.reserved
    body.reserved |= kept
    name = body.name(node, step.reads, index, last, wanted)
    body.reserved -= kept
    value = pycode.text(body.operand(first, node))
    if value != name:
        body.line(f"{name} = {value}")
    others = [body.operand(a, node) for a in rest]
    taken = {name} | kept | body.reserved | body.live(index, last)
    numbered = (f"layer{i}" for i in range(len(taken) + 1))
    layer = next(c for c in ("layer", "block", *numbered) if c not in taken)
    call = pycode.call(layer, pycode.name(name), *others)
    body.line(f"for {layer} in {pycode.text(callee)}:")
    body.line(f"    {name} = {pycode.text(call)}")


def write_option(
    body: Body, step: Step, index: int, last: dict[Node, int], wanted: dict[Node, str]
) -> None:
    """``if self.residual: x = x + shortcut``"""
    node = step.node
    assert isinstance(node, Option)
    base, *rest = node.args
    value = pycode.text(body.operand(base, node))
    kept = {body.names[a] for a in rest if a in body.names} - body.reserved
    if base in body.names and base in rest:
        kept.add(body.names[base])
    body.reserved |= kept
    name = body.name(node, (base,), index, last, wanted)
    body.reserved -= kept
    if value != name:
        body.line(f"{name} = {value}")
    flag = body.printer.override(node, ("present",))
    assert flag is not None
    body.line(f"if {pycode.text(flag)}:")
    inner = _inner(body, node, node.graph.inputs[1:], rest, index, last)
    lives = value in body.live(index, last)
    inner.names[node.graph.inputs[0]] = value if lives else name
    inner.reserved |= kept
    result = node.graph.results[0]
    inner.write(region_nodes(node.graph), [result], {result: name})
    _assign(inner, [(name, result)], node)


def _start_loop(
    body: Body,
    step: Step,
    variables: Sequence[Input],
    results: Sequence[Node],
    index: int,
    last: dict[Node, int],
) -> Loop:
    """Give every variable that changes a name and its first value."""
    node = step.node
    assert isinstance(node, (For, While))
    loop = Loop({}, {})
    outs = _results(node, last)
    changing = [k for k, v in enumerate(variables) if results[k] is not v]
    held: list[Node] = []
    for k, operand in enumerate(node.inputs):
        if k not in changing:
            loop.fixed[k] = body.operand(operand, node)
            held.append(operand)
    kept = {body.names[h] for h in held if h in body.names}
    for k in changing:
        operand = node.inputs[k]
        shared = sum(o is operand for o in node.operands) > 1
        own = body.names.get(operand)
        free = own is not None and own not in (body.live(index, last) | body.reserved)
        value = body.operand(operand, node)
        if own is None or shared or not free or own in kept:
            taken = Body(body.scope, dict(body.names), reserved=body.reserved | kept)
            taken.reserved |= set(loop.names.values())
            taken.reserved |= {body.names[o] for o in node.operands if o in body.names}
            own = taken.name(outs.get(k, variables[k]), (), index, last, {})
            body.line(f"{own} = {pycode.text(value)}")
        loop.names[k] = own
        kept.add(own)
    return loop


def _loop_body(
    body: Body,
    node: Node,
    variables: Sequence[Node],
    loop: Loop,
    index: int,
    last: dict[Node, int],
) -> Body:
    inner = _inner(body, node, (), (), index, last)
    inner.reserved |= {body.names[o] for o in node.operands if o in body.names}
    inner.reserved -= set(loop.names.values())
    for k, variable in enumerate(variables):
        if k in loop.names:
            inner.names[variable] = loop.names[k]
        else:
            inner.exprs[variable] = loop.fixed[k]
    return inner


def _write_body(inner: Body, graph: Graph, loop: Loop, node: Node) -> None:
    before = len(inner.lines)
    results = {k: graph.results[k] for k in loop.names}
    seen: set[Node] = set()
    wanted: dict[Node, str] = {}
    for k, result in results.items():
        if result not in seen and not isinstance(result, Input):
            wanted[result] = loop.names[k]
        seen.add(result)
    inner.write(region_nodes(graph), list(results.values()), wanted)
    _assign(inner, [(loop.names[k], r) for k, r in results.items()], node)
    if len(inner.lines) == before:
        inner.line("pass")


def _finish_loop(body: Body, node: Node, loop: Loop, last: dict[Node, int]) -> None:
    for k, out in _results(node, last).items():
        if k in loop.names:
            body.names[out] = loop.names[k]
        else:
            assert isinstance(node, For | While)
            _stand_for(body, out, node.inputs[k], loop.fixed[k])


def _stand_for(body: Body, out: Node, operand: Node, value: Expr) -> None:
    """What no turn changes goes on under its name, which stays taken."""
    if operand in body.names:
        body.names[out] = body.names[operand]
    else:
        body.exprs[out] = value


def _assign(inner: Body, pairs: Sequence[tuple[str, Node]], node: Node) -> None:
    """``a, b = x, y`` for values that do not have their name yet."""
    moves = [(name, inner.operand(value, node)) for name, value in pairs]
    moves = [(name, value) for name, value in moves if pycode.text(value) != name]
    if moves:
        left = ", ".join(name for name, _ in moves)
        right = ", ".join(pycode.text(value) for _, value in moves)
        inner.line(f"{left} = {right}")


def _inner(
    body: Body,
    node: Node,
    inputs: Sequence[Node],
    operands: Sequence[Node],
    index: int,
    last: dict[Node, int],
) -> Body:
    """A body inside ``body``: it may reuse names that are dead after ``node``."""
    inner = Body(body.scope, indent=body.indent + 1, lines=body.lines)
    inner.reserved = body.reserved | body.live(index, last)
    for inside, outside in zip(inputs, operands, strict=True):
        if outside in body.names:
            inner.names[inside] = body.names[outside]
        else:
            inner.exprs[inside] = body.operand(outside, node)
    return inner


def _results(node: Node, last: dict[Node, int]) -> dict[int, Node]:
    if len(node.types) == 1:
        return {0: node}
    return {o.index: o for o in last if isinstance(o, Out) and o.node is node}


def _read_results(node: Node, last: dict[Node, int]) -> dict[int, Node]:
    found = _results(node, last)
    return {k: n for k, n in found.items() if n in last}


def _taken(inner: Body) -> set[str]:
    return inner.reserved | set(inner.names.values())


def _all_operands(graph: Graph) -> set[Node]:
    found: set[Node] = set(graph.results)
    for node in graph.nodes():
        found.update(node.operands)
    return found
