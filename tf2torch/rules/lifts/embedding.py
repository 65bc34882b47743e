"""Embeddings whose ids Keras 3 wraps around.

F.embedding(torch.where(ids < 0, ids + n, ids), table)
    ->   table[ids]     (helper.Embedding: negative ids count from the end)
"""

from __future__ import annotations

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Call, Node
from tf2torch.rules.lifts.matching import both_ways, plain_number


def from_the_end(node: Node) -> Node | None:
    match node:
        case Call(
            "F.embedding",
            (
                Call("torch.where", (Call("<", (ids, zero)), Call() as moved, same)),
                table,
            ),
        ):
            pass
        case _:
            return None
    if ids is not same or plain_number(zero) != 0 or moved.func != "+":
        return None
    if not isinstance(ids, Node) or not isinstance(table, Node) or not table.shape:
        return None
    rows = table.shape[0]
    added = any(x is ids and plain_number(n) == rows for x, n in both_ways(moved))
    return call("[]", table, ids, type=node) if added else None
