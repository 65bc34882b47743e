"""v1 loops → While nodes.

before: ``Enter → Merge → Switch(LoopCond) → body → NextIteration → Merge``, ``Exit``
after:  ``While(vars, invariants; cond, body)``, its results in place of the Exits

A loop is found by its LoopCond; its variables are the Merges whose Switch that
LoopCond steers; Enters of its frame that no Merge reads are loop-invariant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends.body import Body, RawNode, Ref
from tf2torch.transpiler.frontends.schema import Result

ENTER = frozenset({"Enter", "RefEnter"})
EXIT = frozenset({"Exit", "RefExit"})
MERGE = frozenset({"Merge", "RefMerge"})
NEXT = frozenset({"NextIteration", "RefNextIteration"})
SWITCH = frozenset({"Switch", "RefSwitch"})

Nodes = dict[str, RawNode]


@dataclass
class LoopVariable:
    """The nodes of one loop variable, by name."""

    merge: str
    enter: str
    next: str
    switches: list[str] = field(default_factory=list)
    exits: list[str] = field(default_factory=list)


@dataclass
class Loop:
    """A loop before it is raised; ``invariants`` are names of Enters."""

    cond: str
    variables: list[LoopVariable]
    invariants: list[str]
    members: set[str] = field(default_factory=set)
    inner: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return self.cond.removesuffix("/LoopCond")

    def cuts(self) -> dict[Ref, Ref]:
        """Tensors that enter an iteration → the argument that they are."""
        found: dict[Ref, Ref] = {}
        for variable in self.variables:
            argument = (variable.merge, 0)
            found[argument] = argument
            found.update({(switch, 1): argument for switch in variable.switches})
        found.update({(enter, 0): (enter, 0) for enter in self.invariants})
        return found

    def skeleton(self) -> set[str]:
        """The control-flow nodes themselves."""
        names = {self.cond, *self.invariants}
        for v in self.variables:
            names |= {v.merge, v.enter, v.next, *v.switches, *v.exits}
        return names


def find_loops(nodes: Nodes) -> list[Loop]:
    """Every loop of a graph, inner loops before those that contain them."""
    readers = _readers(nodes, SWITCH | EXIT | MERGE)
    enters = _enters_by_frame(nodes, readers)
    loops = []
    for name, node in nodes.items():
        if node.op == "LoopCond":
            loops.append(_loop(nodes, name, readers, enters))
    exits = {e: loop.cond for loop in loops for v in loop.variables for e in v.exits}
    for loop in loops:
        loop.members = _members(nodes, loop)
        found = {exits[n] for n in loop.members if n in exits}
        loop.inner = found | {n for n in loop.members if nodes[n].op == "LoopCond"}
        loop.inner.discard(loop.cond)
    return _inside_out(loops)


def _readers(nodes: Nodes, ops: frozenset[str]) -> dict[str, list[RawNode]]:
    found: dict[str, list[RawNode]] = {}
    for node in nodes.values():
        if node.op in ops:
            for name in {ref[0] for ref in node.inputs}:
                found.setdefault(name, []).append(node)
    return found


def _enters_by_frame(
    nodes: Nodes, readers: Mapping[str, list[RawNode]]
) -> dict[str, list[str]]:
    """Frame → its Enters that no Merge reads."""
    found: dict[str, list[str]] = {}
    for node in nodes.values():
        if node.op in ENTER:
            if not any(r.op in MERGE for r in readers.get(node.name, ())):
                found.setdefault(_frame(node), []).append(node.name)
    return found


def _frame(enter: RawNode) -> str:
    if "frame_name" not in enter.attrs:
        raise SourceError(f"node '{enter.name}' names no frame: the graph is damaged")
    return str(enter.attrs["frame_name"].s.decode("utf-8", "replace"))


def _loop(
    nodes: Nodes,
    cond: str,
    readers: Mapping[str, list[RawNode]],
    enters: Mapping[str, list[str]],
) -> Loop:
    variables: dict[str, LoopVariable] = {}
    frame = None
    for switch in readers.get(cond, ()):
        merge = nodes.get(switch.inputs[0][0])
        if switch.op not in SWITCH or merge is None or merge.op not in MERGE:
            continue
        if merge.name not in variables:
            enter, following = _sides(nodes, merge)
            variables[merge.name] = LoopVariable(merge.name, enter.name, following.name)
            frame = _frame(enter)
        variable = variables[merge.name]
        variable.switches.append(switch.name)
        exits = [r.name for r in readers.get(switch.name, ()) if r.op in EXIT]
        variable.exits += exits
    if frame is None:
        raise SourceError(f"loop '{cond}' has no variables: the graph is damaged")
    return Loop(cond, list(variables.values()), list(enters.get(frame, ())))


def _sides(nodes: Nodes, merge: RawNode) -> tuple[RawNode, RawNode]:
    """The Enter and the NextIteration that a loop's Merge reads."""
    sources = [nodes[ref[0]] for ref in merge.inputs if ref[0] in nodes]
    enters = [n for n in sources if n.op in ENTER]
    following = [n for n in sources if n.op in NEXT]
    if len(enters) != 1 or len(following) != 1:
        raise SourceError(f"loop variable '{merge.name}' is damaged")
    return enters[0], following[0]


def _members(nodes: Nodes, loop: Loop) -> set[str]:
    """Nodes of an iteration, inner loops included, control-flow nodes excluded."""
    cuts = loop.cuts()
    stops = {ref[0] for ref in cuts} | {v.enter for v in loop.variables}
    found: set[str] = set()
    stack = [nodes[loop.cond].inputs[0][0]]
    stack += [nodes[v.next].inputs[0][0] for v in loop.variables]
    stack += [c for v in loop.variables for c in nodes[v.next].controls]
    stack += list(nodes[loop.cond].controls)
    while stack:
        name = stack.pop()
        if name in found or name in stops or name not in nodes:
            continue
        found.add(name)
        stack.extend(ref[0] for ref in nodes[name].inputs)
        stack.extend(nodes[name].controls)
    return found - {loop.cond} - {v.next for v in loop.variables}


def _inside_out(loops: list[Loop]) -> list[Loop]:
    """Loops sorted by containment with networkx, which also names a cycle."""
    import networkx as nx

    by_name = {loop.cond: loop for loop in loops}
    order: nx.DiGraph[str] = nx.DiGraph()
    order.add_nodes_from(by_name)
    for loop in loops:
        order.add_edges_from(
            (inner, loop.cond) for inner in loop.inner if inner in by_name
        )
    try:
        return [by_name[name] for name in nx.lexicographical_topological_sort(order)]
    except nx.NetworkXUnfeasible:
        raise SourceError(
            "the graph's loops contain each other: it is damaged"
        ) from None


def raise_loop(nodes: Nodes, loop: Loop, alias: dict[Ref, Ref]) -> RawNode:
    """Replace ``loop`` in ``nodes`` by a While; ``alias`` learns what Exits became."""
    cuts = loop.cuts()
    args = [(v.merge, 0) for v in loop.variables] + [(e, 0) for e in loop.invariants]
    enters = [v.enter for v in loop.variables] + loop.invariants
    skeleton = loop.skeleton()
    inner = {
        name: _redirect(node, cuts, alias, skeleton)
        for name, node in nodes.items()
        if name in loop.members
    }
    after = [_resolve(nodes[v.next].inputs[0], cuts, alias) for v in loop.variables]
    tested = _resolve(nodes[loop.cond].inputs[0], cuts, alias)
    types = tuple(Result("float32") for _ in args)
    waits = [c for v in loop.variables for c in nodes[v.next].controls]
    roots = tuple(c for c in waits if c in inner)
    returns = tuple(
        (f"v{i}", ref) for i, ref in enumerate([*after, *args[len(after) :]])
    )
    body = Body(f"{loop.name}/body", inner, tuple(args), types, returns, roots)
    cond = Body(f"{loop.name}/cond", inner, tuple(args), types, (("test", tested),))
    operands = tuple(_resolve(nodes[e].inputs[0], {}, alias) for e in enters)
    controls = tuple(c for e in enters for c in nodes[e].controls)
    name = unused(loop.name, nodes)
    raised = RawNode(name, "While", operands, controls, {}, (cond, body))
    for i, variable in enumerate(loop.variables):
        alias.update({(exit_name, 0): (name, i) for exit_name in variable.exits})
        alias.update({(exit_name, -1): (name, -1) for exit_name in variable.exits})
    return raised


def unused(name: str, nodes: Iterable[str]) -> str:
    """``name``, or the first of ``name_1``, … that no node has."""
    taken = set(nodes)
    candidate, count = name, 0
    while candidate in taken:
        count += 1
        candidate = f"{name}_{count}"
    return candidate


def _resolve(ref: Ref, cuts: Mapping[Ref, Ref], alias: Mapping[Ref, Ref]) -> Ref:
    ref = alias.get(ref, ref)
    return cuts.get(ref, ref)


def _redirect(
    node: RawNode, cuts: Mapping[Ref, Ref], alias: Mapping[Ref, Ref], gone: set[str]
) -> RawNode:
    """``node`` reading what replaced its operands; waits for skeletons are dropped."""
    inputs = tuple(_resolve(ref, cuts, alias) for ref in node.inputs)
    controls = tuple(
        alias.get((name, -1), (name, -1))[0]
        for name in node.controls
        if name not in gone
    )
    if inputs == node.inputs and controls == node.controls:
        return node
    return replace(node, inputs=inputs, controls=controls)


def raise_loops(body: Body) -> Body:
    """``body`` without v1 loops."""
    from tf2torch.transpiler.frontends.raise_conds import raise_conds

    nodes = dict(body.nodes)
    alias: dict[Ref, Ref] = {}
    loops = find_loops(nodes)
    for done, loop in enumerate(loops, 1):
        raised = raise_loop(nodes, loop, alias)
        for name in loop.skeleton() | loop.members:
            nodes.pop(name, None)
        bodies = tuple(raise_conds(b) for b in raised.bodies)
        nodes[raised.name] = replace(raised, bodies=bodies)
        for outer in loops[done:]:
            if loop.cond in outer.inner:
                outer.members.add(raised.name)
    redirected = {k: _redirect(v, {}, alias, set()) for k, v in nodes.items()}
    returns = tuple((name, alias.get(ref, ref)) for name, ref in body.returns)
    roots = (alias.get((r, -1), (r, -1))[0] for r in body.roots)
    kept = tuple(r for r in roots if r in redirected)
    return replace(body, nodes=redirected, returns=returns, roots=kept)
