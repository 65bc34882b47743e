"""Blocks that follow each other become one Chain.

x = a(x); x = b(x); x = c(x)   ->   nn.Sequential(a, b, c)
"""

from __future__ import annotations

import re
from dataclasses import replace

from tf2torch.ir.graph import Graph, substitute, transform, users
from tf2torch.ir.nodes import Block, Chain, Node
from tf2torch.transpiler.emit.names import is_noise, snake

# What a run of layers is called, by the first word of its class.
RUNS = {"linear": "mlp", "conv": "convs", "up": "ups"}
NOUNS = frozenset("layer block stage cell unit encoder decoder tower head".split())


def chain_blocks(graph: Graph) -> Graph:
    """Runs of at least two blocks, each read by the next alone, as chains."""
    graph = transform(graph, _bare_chain, into_regions=False)
    readers = users(graph)
    following: dict[Node, Block | Chain] = {}
    leading: set[Node] = set()
    for node in graph.nodes():
        if not isinstance(node, Block | Chain) or len(node.types) != 1:
            continue
        match readers.get(node, []):
            case [Block() | Chain() as after] if (
                node not in graph.results and _continues(node, after)
            ):
                following[node] = after
                leading.add(after)
    instead: dict[Node, Node] = {}
    ends: dict[Node, Node] = {}  # blocks of a run → its last, which acts for all
    for start in following:
        if start in leading:
            continue
        run = [start]
        while run[-1] in following:
            run.append(following[run[-1]])
        instead[run[-1]] = _chain([b for b in run if isinstance(b, Block | Chain)])
        ends.update(dict.fromkeys(run, run[-1]))
    effects = dict.fromkeys(ends.get(node, node) for node in graph.effects)
    return substitute(replace(graph, effects=tuple(effects)), instead)


def _continues(before: Block | Chain, after: Block | Chain) -> bool:
    """``after`` takes the result of ``before`` first, and else the same values."""
    return (
        len(after.types) == 1
        and after.args[0] is before
        and before not in after.args[1:]
        and len(before.args) == len(after.args)
        and all(a is b for a, b in zip(before.args[1:], after.args[1:], strict=True))
    )


def _bare_chain(node: Node) -> Node | None:
    """A block that is nothing but a chain, as the chain itself; scopes that a user
    named stay."""
    match node:
        case Block(graph=Graph(inputs=inputs, outputs=((_, Chain() as chain),))):
            acts = set(node.graph.effects) - {chain}
            if chain.args == inputs and "/" not in node.graph.name and not acts:
                return replace(chain, args=node.args, origin=node.origin)
    return None


def _run_name(stem: str, blocks: list[Block | Chain]) -> str:
    """Of a run of single layers: what a user called them all, or their kind."""
    kind = RUNS.get(stem.split("_")[0], "") if stem.count("_") == 1 else ""
    if not kind:
        return "blocks"
    ends = [b.origin.scope[-1] if b.origin.scope else "" for b in blocks]
    own = {re.sub(r"_?\d+$", "", snake(end)) for end in ends}
    word = own.pop() if len(own) == 1 else ""
    return kind if is_noise(word) else word


def _chain(blocks: list[Block | Chain]) -> Chain:
    graphs: list[Graph] = []
    for block in blocks:
        graphs.extend(block.graphs())
    stems = {re.sub(r"_?\d+[a-z]?$", "", snake(g.name.split("/")[-1])) for g in graphs}
    stem = stems.pop() if len(stems) == 1 else ""
    word = stem.split("_")[-1]
    return Chain(
        tuple(graphs),
        blocks[0].args,
        f"{word}s" if word in NOUNS - {"block"} else _run_name(stem, blocks),
        types=blocks[-1].types,
        origin=blocks[0].origin,
    )
