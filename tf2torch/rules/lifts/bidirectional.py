"""Two recurrent modules, one over x and one over x backwards, become one module.

concat(LSTM(x), reverse(LSTM(reverse(x))))   ->   LSTM(x, bidirectional=True)
concat(last(LSTM(x)), last(LSTM(reverse(x))))  ->   h[0] and h[1] of the same
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tf2torch.ir.build import call, ints_of
from tf2torch.ir.graph import Graph, results_of, substitute, users
from tf2torch.ir.nodes import Call, Module, Node, Op, Out
from tf2torch.rules.lifts.affine import source

RECURRENT = frozenset({"nn.LSTM", "nn.GRU", "nn.RNN"})
TIME = 1


def fuse_directions(graph: Graph) -> Graph:
    """``graph`` (not its regions) with pairs of directions as one module."""
    readers = users(graph)
    instead: dict[Node, Node] = {}
    modules = [n for n in graph.nodes() if isinstance(n, Module) and _single(n)]
    used: set[Node] = set()
    for forward in modules:
        for backward in modules:
            if forward in used or backward in used or not _opposite(forward, backward):
                continue
            made = _fused(forward, backward, readers, set(graph.results))
            if made is not None:
                instead.update(made)
                used |= {forward, backward}
    return substitute(graph, instead)


def _single(node: Module) -> bool:
    """One direction, batch first, starting from zeros."""
    config = dict(node.config)
    plain = len(node.args) == 1 and "bidirectional" not in config
    return node.cls in RECURRENT and plain and config.get("batch_first") is True


def _opposite(forward: Module, backward: Module) -> bool:
    if forward.cls != backward.cls or forward.config != backward.config:
        return False
    if forward.key == backward.key:
        return False
    names = [n for n, _ in forward.state]
    if names != [n for n, _ in backward.state]:
        return False
    x, reversed_x = forward.args[0], backward.args[0]
    assert isinstance(x, Node) and isinstance(reversed_x, Node)
    return _reverse_of(reversed_x) is source(x)


def _reverse_of(node: Node) -> Node | None:
    match source(node):
        case Op("ReverseV2", (x, axis)) if ints_of(axis) == (TIME,):
            return source(x)
    return None


def _fused(
    forward: Module,
    backward: Module,
    readers: dict[Node, list[Node]],
    results: set[Node],
) -> dict[Node, Node] | None:
    """What stands for the values of both modules; None if some use does not fit."""
    made = _module(forward, backward)
    parts = results_of(made)
    instead: dict[Node, Node] = {}
    sequences: dict[Module, list[Node]] = {forward: [], backward: []}
    for direction, module in enumerate((forward, backward)):
        for part in readers.get(module, ()):
            if not isinstance(part, Out) or part in results:
                return None
            if part.index == 0:
                sequences[module].append(part)
                continue
            for user in readers.get(part, ()):
                match user:
                    case Call("[]", (_, -1)):
                        whole = parts[part.index]
                        taken = call("[]", whole, direction, type=user.type)
                        instead[user] = replace(taken, origin=user.origin)
                    case _:
                        return None
    pair = (forward, backward)
    if not _sequences(parts[0], sequences, pair, readers, instead, results):
        return None
    return instead or None


def _module(forward: Module, backward: Module) -> Module:
    hidden = dict(forward.config)["hidden_size"]
    assert isinstance(hidden, int)
    state = (*forward.state, *((f"{n}_reverse", p) for n, p in backward.state))
    config = (*forward.config, ("bidirectional", True))
    y, *states = forward.types
    types = [y.with_shape((*(y.shape or ())[:-1], 2 * hidden))]
    types += [s.with_shape((2, *(s.shape or ())[1:])) for s in states]
    return replace(
        forward,
        config=config,
        state=state,
        key=(forward.key, backward.key),
        name=_common(forward.name, backward.name),
        types=tuple(types),
        origin=forward.origin.merge(backward.origin),
    )


def _common(first: str, second: str) -> str:
    """The scope around both names."""
    shared = []
    for a, b in zip(first.split("/"), second.split("/"), strict=False):
        if a != b:
            break
        shared.append(a)
    return "/".join(shared) or first


def _sequences(
    made: Node,
    sequences: dict[Module, list[Node]],
    pair: tuple[Module, Module],
    readers: dict[Node, list[Node]],
    instead: dict[Node, Node],
    results: set[Node],
) -> bool:
    """Replace concatenations of both sequences; False if one is read otherwise."""
    forward, backward = (sequences[m] for m in pair)
    if not forward and not backward:
        return True
    joined = list(_joined(forward, backward, readers))
    read = {u for part in forward for u in _through(part, readers)}
    for reverse in (u for part in backward for u in _through(part, readers)):
        read |= set(_through(reverse, readers))
    if not joined or read != set(joined) or results & {*forward, *backward}:
        return False
    for node in joined:
        instead[node] = made
    return True


def _through(part: Node, readers: dict[Node, list[Node]]) -> Iterator[Node]:
    """The readers of ``part``, looking through identities."""
    for user in readers.get(part, ()):
        if isinstance(user, Op) and user.op == "Identity":
            yield from _through(user, readers)
        else:
            yield user


def _joined(
    forward: list[Node], backward: list[Node], readers: dict[Node, list[Node]]
) -> Iterator[Node]:
    """Concatenations along channels of y and the reversed y of the other module."""
    for part in forward:
        for user in _through(part, readers):
            match user:
                case Op("ConcatV2", (first, second, axis)) if ints_of(axis) in (
                    (-1,),
                    (2,),
                ):
                    other = _reverse_of(second)
                    if source(first) is part and other in backward:
                        yield user
