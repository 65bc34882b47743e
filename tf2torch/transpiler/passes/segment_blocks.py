"""Find blocks by structure where names tell nothing.

    conv -> bn -> relu, ninety times            ->   ninety times one block
    x -> (branches) -> cat -> (branches) -> cat ->   a block between each two cats

Where everything that flows goes through one value, the graph can be cut. A stretch
between two cuts that branches and joins again is a block; short chains of layers that
occur often are one, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from tf2torch.ir.graph import Graph, transform
from tf2torch.ir.nodes import Block, Call, Module, Node, Out
from tf2torch.transpiler.emit.signature import sign
from tf2torch.transpiler.passes.cells import branches, cells, pads_inside
from tf2torch.transpiler.passes.chain_blocks import chain_blocks
from tf2torch.transpiler.passes.cut_blocks import (
    ACTS,
    LEAVES,
    OUTSIDE,
    Closed,
    Group,
    Order,
    cut,
    flow_order,
    readers_of,
    replace_groups,
)
from tf2torch.transpiler.passes.residual_units import follows, residual_units
from tf2torch.transpiler.passes.scope_paths import state_keys

# A forward with fewer layers than this is read easily as it is.
MANY = 12
# A chain of layers becomes a block when it occurs at least this often.
OFTEN = 6
# A stretch that reads more values than this is no block.
MOST_ENTERING = 3
# With more than this part of the parameters it is the model.
MOST = 0.8
WORDS = {
    "nn.Conv1d": "conv", "nn.Conv2d": "conv", "nn.Conv3d": "conv",
    "nn.ConvTranspose1d": "up", "nn.ConvTranspose2d": "up", "nn.ConvTranspose3d": "up",
    "nn.Linear": "linear",
    "nn.BatchNorm1d": "bn", "nn.BatchNorm2d": "bn", "nn.BatchNorm3d": "bn",
    "helper.BatchNorm1d": "bn", "helper.BatchNorm2d": "bn", "helper.BatchNorm3d": "bn",
    "helper.FrozenBatchNorm1d": "bn", "helper.FrozenBatchNorm2d": "bn",
    "helper.FrozenBatchNorm3d": "bn",
    "nn.LayerNorm": "norm", "nn.GroupNorm": "norm",
}  # fmt: skip


def segment_blocks(graph: Graph) -> Graph:
    """``graph`` with blocks where it has many layers; else itself."""
    if sum(bool(state_keys(n)) for n in graph.nodes()) < MANY:
        return graph
    graph = _with(pads_inside(graph), branches, unnamed)
    for groups in (
        cells,
        residual_units,
        lambda g: _repeated(g, _motifs(g), OFTEN),
        _segments,
    ):
        graph = _with(graph, groups, _plain)
    return graph


def _with(
    graph: Graph,
    groups: Callable[[Graph], list[Group]],
    body: Callable[[Group, Closed], Graph],
) -> Graph:
    return replace_groups(graph, apart(graph, groups(graph)), body)


def unnamed(group: Group, closed: Closed) -> Graph:
    """What a layer is called outside of its block says nothing in it."""

    def change(node: Node) -> Node | None:
        return replace(node, name="") if isinstance(node, (Module, Block)) else None

    return transform(closed[0], change, into_regions=False)


def apart(graph: Graph, groups: Sequence[Group]) -> list[Group]:
    """``groups`` whose state nothing else uses: a block owns what it holds."""
    uses = Counter(key for n in graph.nodes() for key in set(state_keys(n)))
    kept = []
    for group in groups:
        own = Counter(key for n in group.nodes for key in set(state_keys(n)))
        if all(uses[key] == count for key, count in own.items()):
            kept.append(group)
    return kept


def _plain(group: Group, closed: Closed) -> Graph:
    return chain_blocks(closed[0])


# --- chains of layers -------------------------------------------------------------


def _motifs(graph: Graph) -> list[list[Node]]:
    """A layer with the norm and the activation behind it."""
    readers = readers_of(graph)
    found: list[list[Node]] = []
    taken: set[Node] = set()
    for node in graph.nodes():
        if not isinstance(node, Module) or not node.state or node in taken:
            continue
        chain: list[Node] = [node]
        while True:
            after = readers.get(chain[-1], [])
            if (
                len(after) != 1
                or after[0] in (OUTSIDE, ACTS)
                or not follows(after[0], chain[-1])
            ):
                break
            chain.append(after[0])
        if sum(bool(state_keys(n)) for n in chain) > 1:
            taken.update(chain)
            found.append(chain)
    return found


def _repeated(graph: Graph, chains: list[list[Node]], least: int) -> list[Group]:
    readers = readers_of(graph)
    order = flow_order(graph)
    keys: list[object] = []
    for chain in chains:
        closed = cut(chain, readers, order, "")
        keys.append(None if closed is None else sign(closed, {}).key)
    counts = Counter(keys)
    groups = []
    for chain, key in zip(chains, keys, strict=True):
        if key is not None and counts[key] >= least:
            name = _chain_name(chain)
            groups.append(Group(chain, name, name, chain[0].origin.scope))
    return groups


def _chain_name(chain: Sequence[Node]) -> str:
    words = [WORDS.get(n.cls, "") for n in chain if isinstance(n, Module)]
    words += [n.func.split(".")[-1] for n in chain if isinstance(n, Call)]
    return "_".join(w for w in words if w) or "block"


# --- stretches between cuts -------------------------------------------------------


def _segments(graph: Graph) -> list[Group]:
    nodes = [n for n in graph.nodes() if not isinstance(n, LEAVES)]
    groups = []
    readers, order = readers_of(graph), flow_order(graph)
    most = MOST * _parameters(nodes)
    for number, segment in enumerate(_between_cuts(graph, nodes)):
        layers = sum(bool(state_keys(n)) for n in segment)
        if _parameters(segment) > most:
            continue
        if layers > 1 and _branches(segment) and _is_block(segment, readers, order):
            name = _segment_name(segment)
            scope = segment[-1].origin.scope
            groups.append(Group(segment, name, f"{name}_{number}", scope))
    return groups


def _parameters(nodes: Sequence[Node]) -> int:
    return len({key for n in nodes for key in state_keys(n)})


def _is_block(
    segment: Sequence[Node], readers: dict[Node, list[Node]], order: Order
) -> bool:
    """Does one value come out, and little go in?"""
    closed = cut(segment, readers, order, "")
    if closed is None:
        return False
    return len(closed.outputs) == 1 and len(closed.inputs) <= MOST_ENTERING


def _between_cuts(graph: Graph, nodes: Sequence[Node]) -> list[list[Node]]:
    """Runs of ``nodes`` after each of which one value alone is still to be read."""
    learned = _learned(nodes)
    readers = readers_of(graph)
    last: dict[Node, int] = {}
    place = {node: i for i, node in enumerate(nodes)}
    for node in nodes:
        after = readers.get(node, [])
        reads = [place.get(r, len(nodes)) for r in after if r is not ACTS]
        last[node] = max(reads, default=-1)
    segments: list[list[Node]] = []
    current: list[Node] = []
    live: set[Node] = set()
    for index, node in enumerate(nodes):
        if node not in learned and not state_keys(node):
            continue  # masks and positions: read anywhere
        current.append(node)
        live.add(node)
        live = {n for n in live if last[n] > index}
        goes_on = index + 1 < len(nodes) and _activates(nodes[index + 1], node)
        if goes_on and _added(node):
            continue
        if live == {node} and len(node.types) == 1 and not isinstance(node, Out):
            segments.append(current)
            current = []
    return [*segments, current] if current else segments


def _activates(node: Node, before: Node) -> bool:
    return before in node.operands and follows(node, before)


def _added(node: Node) -> bool:
    return isinstance(node, Call) and node.func == "+"


def _learned(nodes: Sequence[Node]) -> set[Node]:
    """Nodes that depend on a layer."""
    found: set[Node] = set()
    for node in nodes:
        if state_keys(node) or any(o in found for o in node.operands):
            found.add(node)
    return found


def _branches(segment: Sequence[Node]) -> bool:
    """Does some value of the segment, or what enters it, have two readers in it?"""
    counts: Counter[Node] = Counter()
    for node in segment:
        counts.update({o for o in node.operands if not isinstance(o, LEAVES)})
    return any(count > 1 for count in counts.values())


def _segment_name(segment: Sequence[Node]) -> str:
    joins = [n.func for n in segment if isinstance(n, Call) and len(n.operands) > 1]
    if "torch.cat" in joins:
        return "mixed"
    return "residual" if "+" in joins else "block"
