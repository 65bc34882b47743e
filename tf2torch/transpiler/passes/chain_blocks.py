"""Blocks that follow each other become one Chain.

    x = a(x); x = b(x); x = c(x)   ->   nn.Sequential(a, b, c)
"""

from __future__ import annotations

import re
from tf2torch.ir.graph import Graph, substitute, users
from tf2torch.ir.nodes import Block, Chain, Node
from tf2torch.transpiler.emit.names import snake


def chain_blocks(graph: Graph) -> Graph:
    """Runs of at least two blocks, each read by the next alone, as chains."""
    readers = users(graph)
    following: dict[Node, Block] = {}
    leading: set[Node] = set()
    for node in graph.nodes():
        if not isinstance(node, Block) or len(node.types) != 1 or node in graph.results:
            continue
        match readers.get(node, []):
            case [Block() as after] if _continues(node, after):
                following[node] = after
                leading.add(after)
    instead: dict[Node, Node] = {}
    for start in following:
        if start in leading:
            continue
        run = [start]
        while run[-1] in following:
            run.append(following[run[-1]])
        blocks = [b for b in run if isinstance(b, Block)]
        instead[run[-1]] = _chain(blocks)
    return substitute(graph, instead)


def _continues(before: Block, after: Block) -> bool:
    """``after`` takes the result of ``before`` first, and else the same values."""
    return (
        len(after.types) == 1
        and after.args[0] is before
        and before not in after.args[1:]
        and len(before.args) == len(after.args)
        and all(a is b for a, b in zip(before.args[1:], after.args[1:], strict=True))
    )


def _chain(blocks: list[Block]) -> Chain:
    graphs = tuple(b.graph for b in blocks)
    stems = {re.sub(r"_?\d+[a-z]?$", "", snake(b.name)) for b in blocks}
    stem = stems.pop() if len(stems) == 1 else "block"
    word = stem.split("_")[-1] or "block"
    return Chain(
        graphs,
        blocks[0].args,
        word if word.endswith("s") else f"{word}s",
        types=blocks[-1].types,
        origin=blocks[0].origin,
    )
