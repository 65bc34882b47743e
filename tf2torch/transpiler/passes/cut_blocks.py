"""Cut sets of nodes out of a graph and put blocks in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from tf2torch.ir.graph import Graph
from tf2torch.ir.nodes import Block, Const, Input, Node, Out, Param, Sizes
from tf2torch.transpiler.emit.names import identifier, is_noise
from tf2torch.transpiler.passes.scope_paths import state_keys

LEAVES = (Const, Param, Input, Sizes)
MOST_INPUTS = 6
MOST_RESULTS = 3
Closed = tuple[Graph, dict[Node, Node]]


@dataclass(eq=False)
class Group:
    """Nodes that become one block. ``name``: its path of scopes; ``short``: what the
    graph around calls it; ``scope``: its path."""

    nodes: list[Node]
    name: str
    short: str
    scope: tuple[str, ...] = ()


def replace_groups(
    graph: Graph, groups: Sequence[Group], body: Callable[[Group, Closed], Graph]
) -> Graph:
    """``graph`` with a Block for each group; ``body`` finishes what is inside.

    The groups are disjoint, and nothing outside of one lies between its nodes.
    """
    inside = {n: g for g in groups for n in g.nodes}
    readers = readers_of(graph)
    order = flow_order(graph)
    new: dict[Node, Node] = {}
    for item in _block_order(graph, inside):
        if isinstance(item, Group):
            closed, inputs, results = close(item.nodes, readers, order, item.name)
            args = tuple(new[n] for n in inputs)
            block, made = _block(item, body(item, closed), args, results)
            new.update({n: block for n in item.nodes if ACTS in readers.get(n, ())})
            new.update(made)
        else:
            new[item] = item.map_operands(new.__getitem__)
    return replace(
        graph,
        outputs=tuple((name, new[n]) for name, n in graph.outputs),
        effects=tuple(dict.fromkeys(new[n] for n in graph.effects)),
    )


Order = dict[Node, tuple[bool, bool, int]]


def flow_order(graph: Graph) -> Order:
    """How much a value is what flows through the model: what a layer made comes before
    masks and positions, and the later the more; of inputs the first comes first, those
    with fractions before flags and ids."""
    order: Order = {}
    learned: set[Node] = set()
    for index, node in enumerate(graph.nodes()):
        if state_keys(node) or any(o in learned for o in node.operands):
            learned.add(node)
        entering = (False, node.dtype.startswith("float"), -index)
        order[node] = (True, True, index) if node in learned else entering
    return order


def _block(
    group: Group, body: Graph, args: tuple[Node, ...], results: Sequence[Node]
) -> tuple[Block, dict[Node, Node]]:
    """The block; old results → the block, or its results."""
    block = Block(
        body,
        args,
        group.short,
        types=tuple(r.types[0] for r in results),
        origin=replace(results[0].origin, scope=group.scope),
    )
    if len(results) == 1:
        return block, {results[0]: block}
    return block, {
        r: Out(block, i, types=(r.types[0],), origin=r.origin)
        for i, r in enumerate(results)
    }


def readers_of(graph: Graph) -> dict[Node, list[Node]]:
    found: dict[Node, list[Node]] = {}
    for node in graph.nodes():
        for operand in node.operands:
            found.setdefault(operand, []).append(node)
    for nodes, reader in ((graph.results, OUTSIDE), (graph.effects, ACTS)):
        for node in nodes:
            found.setdefault(node, []).append(reader)
    return found


# Who reads the results of a graph, and who wants its acts done.
OUTSIDE, ACTS = Node(), Node()


def cut(
    nodes: Sequence[Node],
    readers: dict[Node, list[Node]],
    order: Order,
    name: str,
) -> Graph | None:
    """A closed graph of ``nodes``; None when nobody reads what they compute, or when
    too much goes in and out for a block that a person would draw."""
    (graph, _), inputs, results = close(nodes, readers, order, name)
    if not 1 <= len(results) <= MOST_RESULTS or len(inputs) > MOST_INPUTS:
        return None
    return graph


def close(
    nodes: Sequence[Node],
    readers: dict[Node, list[Node]],
    order: Order,
    name: str,
) -> tuple[tuple[Graph, dict[Node, Node]], list[Node], list[Node]]:
    """(graph and old → new nodes, outer values it reads, its nodes read outside)."""
    inside = set(nodes)
    results = [n for n in nodes if _leaves(readers.get(n, ()), inside)]
    results = [n for n in results if len(n.types) == 1]
    acts = [n for n in nodes if ACTS in readers.get(n, ())]
    inputs: dict[Node, Input] = {}
    new: dict[Node, Node] = {}
    for node in _canonical(inside, (*acts, *results)):
        for operand in node.operands:
            if (
                operand in inside
                or operand in inputs
                or isinstance(operand, Const | Param | Sizes)
            ):
                continue
            own = _input_name(operand) or f"x{len(inputs)}"
            inputs[operand] = Input(own, types=operand.types, origin=operand.origin)
        new[node] = node.map_operands(lambda n: new.get(n) or inputs.get(n) or n)
    named = tuple((str(i), new[n]) for i, n in enumerate(results))
    # The value that was made last is what flows through; masks and such follow it.
    main = max(inputs, key=lambda n: order[n], default=None)
    outer = sorted(inputs, key=lambda n: n is not main)
    effects = tuple(new[n] for n in acts)
    graph = Graph(name, tuple(inputs[n] for n in outer), named, effects)
    return (graph, new), outer, results


def _input_name(node: Node) -> str:
    """What the model calls its input; "" for anything else."""
    if not isinstance(node, Input) or is_noise(node.name):
        return ""
    name = identifier(node.name)
    return name if name == node.name else ""


def _leaves(readers: Sequence[Node], inside: set[Node]) -> bool:
    return any(r not in inside and r is not ACTS for r in readers)


def _canonical(inside: set[Node], results: Sequence[Node]) -> list[Node]:
    """Operands first, in an order that depends on nothing but the wiring."""
    done: dict[Node, None] = {}
    stack = [(n, False) for n in reversed(results)]
    while stack:
        node, ready = stack.pop()
        if node in done or node not in inside:
            continue
        if ready:
            done[node] = None
            continue
        stack.append((node, True))
        stack.extend((n, False) for n in reversed(node.operands))
    return list(done)


def _block_order(graph: Graph, inside: dict[Node, Group]) -> Iterator[Node | Group]:
    """Nodes and blocks, each after what it reads."""
    done: set[Node | Group] = set()
    stack: list[tuple[Node | Group, bool]] = []
    for root in reversed((*graph.inputs, *graph.effects, *graph.results)):
        stack.append((inside.get(root, root), False))
    while stack:
        item, ready = stack.pop()
        if item in done:
            continue
        if ready:
            done.add(item)
            yield item
            continue
        stack.append((item, True))
        below = (
            [o for n in item.nodes for o in n.operands if inside.get(o) is not item]
            if isinstance(item, Group)
            else item.operands
        )
        stack.extend((inside.get(o, o), False) for o in reversed(below))


def hull(
    nodes: Sequence[Node],
    order: dict[Node, int],
    readers: dict[Node, list[Node]],
) -> list[Node] | None:
    """``nodes`` with what lies between them; None when that has state of its own."""
    core = [n for n in nodes if not isinstance(n, LEAVES)]
    if not core:
        return None
    inside = set(core)
    first, last = min(order[n] for n in core), max(order[n] for n in core)
    between = _between(inside, order, readers, first, last)
    for node in between:
        if state_keys(node) or node.graphs() or isinstance(node, LEAVES):
            return None
    inside |= between
    # The results of a node with several belong to it.
    for node in list(inside):
        if isinstance(node, Out) and node.node not in inside:
            return None
        inside.update(r for r in readers.get(node, ()) if isinstance(r, Out))
    return sorted(inside, key=order.__getitem__)


def _between(
    inside: set[Node],
    order: dict[Node, int],
    readers: dict[Node, list[Node]],
    first: int,
    last: int,
) -> set[Node]:
    """Nodes on a path that leaves ``inside`` and comes back."""
    below: set[Node] = set()
    stack = [r for n in inside for r in readers.get(n, ()) if r not in inside]
    while stack:
        node = stack.pop()
        if node in below or node in inside or order.get(node, last + 1) > last:
            continue
        below.add(node)
        stack.extend(readers.get(node, ()))
    above: set[Node] = set()
    stack = [o for n in inside for o in n.operands if o in below]
    while stack:
        node = stack.pop()
        if node in above:
            continue
        above.add(node)
        stack.extend(o for o in node.operands if o in below)
    return above
