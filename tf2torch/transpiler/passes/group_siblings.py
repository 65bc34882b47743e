"""Equal blocks side by side, such as the experts of a mixture, become siblings.

torch.stack((a(x), b(x), c(x)))   ->   torch.stack([expert(x) for expert in experts])
{"click": f(x), "buy": g(x)}      ->   towers = [tower(x) for tower in self.towers]

A branch is all that matters for one value alone. Branches are siblings when they are
equal up to numbers, none reads another, and what they return is read together: as
items of one collection, or as results of the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tf2torch.ir.build import call
from tf2torch.ir.graph import Graph, substitute, transform
from tf2torch.ir.nodes import (
    Arg,
    Block,
    Call,
    Const,
    Module,
    Node,
    Out,
    Param,
    Siblings,
    Sizes,
)
from tf2torch.ir.types import TensorType
from tf2torch.transpiler.emit.names import is_noise, snake
from tf2torch.transpiler.emit.signature import sign
from tf2torch.transpiler.passes.cut_blocks import (
    ACTS,
    LEAVES,
    OUTSIDE,
    Closed,
    Group,
    cut,
    flow_order,
    readers_of,
    replace_groups,
)
from tf2torch.transpiler.passes.scope_paths import state_keys, tokens
from tf2torch.transpiler.passes.segment_blocks import apart
from tf2torch.transpiler.passes.side_by_side import Behind

# So many equal branches are a list; of results of the model with as many layers each,
# two are enough.
LEAST = 3
LAYERS = 3
LIST = TensorType("variant", None)


@dataclass(eq=False)
class _Family:
    groups: list[Group]
    name: str


def group_siblings(graph: Graph) -> Graph:
    """``graph`` with its families of branches, and those inside of them."""
    families = _families(graph) if _may_have(graph) else []
    if not families:
        return graph
    home: dict[Graph, tuple[_Family, int]] = {}
    places = {g: (f, i) for f in families for i, g in enumerate(f.groups)}

    def body(group: Group, closed: Closed) -> Graph:
        inner = group_siblings(closed[0])
        home[inner] = places[group]
        return inner

    joined = _joined(replace_groups(graph, list(places), body), home)
    return group_siblings(joined)  # what reads a list enters by one value less


def _may_have(graph: Graph) -> bool:
    """Are several values handed out, or read as a collection?"""
    return len(graph.outputs) > 1 or any(
        len(_collected(n)) >= LEAST for n in graph.nodes()
    )


def _collected(node: Node) -> tuple[Arg, ...]:
    first = node.args[0] if isinstance(node, Call) and node.args else None
    return first if isinstance(first, tuple) else ()


# --- finding ----------------------------------------------------------------------


class _Finder:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.behind = Behind(graph)
        self.readers = readers_of(graph)
        self.order = flow_order(graph)

    def families(self, over: Node) -> Iterator[_Family]:
        """Those whose branches matter for ``over``, the outermost ones."""
        waiting = [over]
        while waiting:
            node = waiting.pop()
            children = self.behind.children(node)
            taken: set[Node] = set()
            for family, results in self.among(children):
                taken.update(results)
                yield family
            waiting += [c for c in children if c not in taken]

    def among(self, children: Sequence[Node]) -> Iterator[tuple[_Family, list[Node]]]:
        for nodes in self.equal(children).values():
            parts: dict[frozenset[Node], list[Node]] = {}
            for node in nodes:
                outside = OUTSIDE in self.readers[node]
                read = frozenset(() if outside else self.readers[node])
                parts.setdefault(read, []).append(node)
            several = len(nodes) > LEAST and min(map(len, parts.values())) > 1
            for read, part in parts.items():
                least = 2 if several or (not read and self.deep(part[0])) else LEAST
                if len(part) < least or not self.independent(part):
                    continue
                groups = apart(self.graph, [self.group(n) for n in part])
                if len(groups) == len(part):
                    family = _Family(groups, self.name(groups, not read))
                    yield family, part

    def inside(self, result: Node) -> list[Node]:
        """The branch that ends in ``result``; values split off before stay outside."""
        nodes = self.behind.nodes(result)
        own = set(nodes)
        return [n for n in nodes if not isinstance(n, Out) or n.node in own]

    def deep(self, node: Node) -> bool:
        return self.behind.layers[node] >= 2 * LAYERS  # a weight and a bias each

    def equal(self, children: Sequence[Node]) -> dict[object, list[Node]]:
        """Structure → the branches that have it."""
        alike: dict[object, list[Node]] = {}
        for node in children:
            if self.behind.layers.get(node, 0) and self.is_collected(node):
                alike.setdefault(self.behind.layers[node], []).append(node)
        found: dict[object, list[Node]] = {}
        for nodes in alike.values():
            for node in nodes if len(nodes) > 1 else ():
                inside = self.inside(node)
                closed = cut(inside, self.readers, self.order, "")
                idle = sum(not isinstance(n, LEAVES) for n in inside) < 2
                if closed is None or len(closed.outputs) > 1 or closed.effects or idle:
                    continue
                found.setdefault(sign(closed, {}).key, []).append(node)
        return found

    def is_collected(self, node: Node) -> bool:
        """Is ``node`` read as an item of collections alone?"""
        if isinstance(node, Out) or len(node.types) > 1:
            return False
        return all(
            r is OUTSIDE or (r is not ACTS and node in _collected(r))
            for r in self.readers[node]
        )

    def independent(self, results: Sequence[Node]) -> bool:
        """Does no branch read what another returns? What enters them is the same for
        all, or each has its own."""
        after = set(results)
        for node in self.graph.nodes():
            if any(o in after for o in node.operands):
                after.add(node)
        entering = [self.entering(result) for result in results]
        if any(read & after for read in entering):
            return False
        own = Counter(n for read in entering for n in read)
        return all(count in (1, len(results)) for count in own.values())

    def entering(self, result: Node) -> set[Node]:
        inside = set(self.inside(result))
        read = {o for n in inside for o in n.operands} - inside
        return {n for n in read if not isinstance(n, (Const, Param, Sizes))}

    def group(self, node: Node) -> Group:
        nodes = self.inside(node)
        scopes = [tuple(_words(n)) for n in nodes if state_keys(n)]
        common = scopes[0]
        for scope in scopes[1:]:
            while scope[: len(common)] != common:
                common = common[:-1]
        return Group(nodes, "_".join(common), "_".join(common), common)

    def name(self, groups: Sequence[Group], last: bool) -> str:
        """What a user called them all, without numbers; else what they are."""
        stems = [[w.rstrip("0123456789_") for w in g.scope] for g in groups]
        common: list[str] = []
        for column in zip(*stems, strict=False):
            if len(set(column)) > 1:
                break
            common.append(column[0])
        word = snake("_".join(w for w in common if w))
        if not word or is_noise(word):
            word = "tower" if last else "expert" if self.gated(groups[0]) else "branch"
            for group in groups:
                group.name = group.short = word
        return f"{word}es" if word.endswith(("s", "ch")) else f"{word}s"

    def gated(self, group: Group) -> bool:
        """Are the branches weighed by a softmax?"""
        softmax = {n for n in self.graph.nodes() if _is_softmax(n)}
        after = list(self.readers[group.nodes[-1]])
        for _ in range(3):
            after = [r for n in after for r in (n, *self.readers.get(n, ()))]
        return any(o in softmax for n in after for o in _above(n))


def _words(node: Node) -> Iterator[str]:
    for part in node.origin.scope:
        if not is_noise(part):
            yield from tokens(part)


def _is_softmax(node: Node) -> bool:
    return isinstance(node, Call) and "softmax" in node.func


def _above(node: Node) -> Iterator[Node]:
    """What ``node`` reads, seen through changes of shape."""
    for operand in node.operands:
        yield operand
        if isinstance(operand, Call) and len(operand.operands) == 1:
            yield from operand.operands


def _families(graph: Graph) -> list[_Family]:
    """Those of ``graph``; what reads the results of another comes after it."""
    finder = _Finder(graph)
    found = list(finder.families(OUTSIDE))
    results = {g.nodes[-1] for family in found for g in family.groups}
    return [
        family
        for family in found
        if not any(finder.entering(g.nodes[-1]) & results for g in family.groups)
    ]


# --- building ---------------------------------------------------------------------


def _joined(graph: Graph, home: dict[Graph, tuple[_Family, int]]) -> Graph:
    """``graph`` with the blocks of each family as one node, and reads of its items."""
    members: dict[_Family, dict[int, Block]] = {}
    for node in graph.nodes():
        if isinstance(node, Block) and node.graph in home:
            family, place = home[node.graph]
            members.setdefault(family, {})[place] = node
    instead: dict[Node, Node] = {}
    for family, blocks in members.items():
        row = [blocks[i] for i in range(len(blocks))]
        made = Siblings(
            tuple(_called_alike([b.graph for b in row])),
            tuple(a for b in row for a in b.args),
            family.name,
            types=(LIST,),
            origin=replace(row[0].origin, scope=()),
        )
        for i, block in enumerate(row):
            instead[block] = call("[]", made, i, type=block.types[0])
    return transform(substitute(graph, instead), _whole, into_regions=False)


def _called_alike(graphs: Sequence[Graph]) -> list[Graph]:
    """``graphs`` with layers called by what their names have in common."""
    orders = [sign(graph, {}).order for graph in graphs]
    names: dict[Node, str] = {}
    for row in zip(*orders, strict=True):
        own = [n.name for n in row if isinstance(n, Module)]
        names.update(dict.fromkeys(row, _common_words(own) if own else ""))

    def renamed(graph: Graph) -> Graph:
        made: dict[Node, Node] = {}
        for node in graph.nodes():
            new = node.map_operands(made.__getitem__)
            if isinstance(new, Module) and node in names:
                new = replace(new, name=names[node])
            made[node] = new
        return graph.with_results(made[r] for r in graph.results)

    return [renamed(graph) for graph in graphs]


def _common_words(names: Sequence[str]) -> str:
    """``tower_dense1`` for ``tower_0_dense1`` and ``tower_1_dense1``."""
    rows = [snake(name.split("/")[-1]).split("_") for name in names]
    if len({len(row) for row in rows}) > 1:
        return names[0]
    kept = []
    for column in zip(*rows, strict=True):
        stems = {word.rstrip("0123456789") for word in column}
        if len(set(column)) == 1:
            kept.append(column[0])
        elif len(stems) == 1:
            kept += [word for word in stems if word]
    return "_".join(kept)


def _whole(node: Node) -> Node | None:
    """``stack((a[0], a[1], b[0], b[1]))`` as ``stack((*a, *b))``; a alone as itself."""
    parts = _collected(node)
    if not any(_item_of(p) for p in parts) or not isinstance(node, Call):
        return None
    made: list[Arg] = []
    while parts:
        family = _family_at(parts)
        made.append(parts[0] if family is None else family)
        parts = parts[1 if family is None else len(family.graphs_) :]
    match made:
        case [Siblings() as alone]:
            return replace(node, args=(alone, *node.args[1:]))
    starred = tuple(
        call("star", p, type=p.type) if isinstance(p, Siblings) else p for p in made
    )
    return replace(node, args=(starred, *node.args[1:]))


def _family_at(parts: Sequence[Arg]) -> Siblings | None:
    """The family whose items ``parts`` starts with, all of them in order."""
    family = _item_of(parts[0])
    if family is None:
        return None
    items = enumerate(parts[: len(family.graphs_)])
    whole = all(
        isinstance(p, Call) and _item_of(p) is family and p.args[1] == i
        for i, p in items
    )
    return family if whole and len(parts) >= len(family.graphs_) else None


def _item_of(arg: Arg) -> Siblings | None:
    match arg:
        case Call("[]", (Siblings() as family, int())):
            return family
    return None
