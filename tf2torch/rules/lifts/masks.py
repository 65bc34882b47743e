"""What can be said about boolean masks before the model runs."""

from __future__ import annotations

from tf2torch.ir.nodes import Call, Node
from tf2torch.rules.lifts.algebra import RESHAPES, without_ones


def is_causal(mask: Node) -> bool:
    """``i >= j`` for every row i and column j of a square: no position sees later."""
    match _core(mask):
        case Call(">=", (Node() as rows, Node() as columns)):
            return _counts(rows, columns)
        case Call("<=", (Node() as columns, Node() as rows)):
            return _counts(rows, columns)
        case Call(".tril", (Node() as ones,)) | Call("torch.tril", (Node() as ones,)):
            return _core(ones).dtype == "bool" and _is_true(_core(ones))
    return False


def any_in_each_row(mask: Node) -> bool:
    """Is something in each row sure to be selected?"""
    return is_causal(mask)


def _core(node: Node) -> Node:
    """``node`` below changes of shape that add ones, and copies along them."""
    while isinstance(node, Call) and (node.func in RESHAPES or node.func == ".expand"):
        inner = node.args[0]
        if not isinstance(inner, Node):
            return node
        node = inner
    return node


def _is_true(node: Node) -> bool:
    return isinstance(node, Call) and node.func == "torch.ones"


def _counts(rows: Node, columns: Node) -> bool:
    """Are these 0, 1, 2, ... down and across the same square?"""
    if rows.rank is None or columns.shape is None or rows.shape is None:
        return False
    upright = rows.shape[-1] == 1 and len(without_ones(rows.shape)) == 1
    across = len(without_ones(columns.shape)) == 1 and columns.shape[-1] != 1
    first, second = _core(rows), _core(columns)
    return upright and across and _is_count(first) and _is_count(second)


def _is_count(node: Node) -> bool:
    return isinstance(node, Call) and node.func == "torch.arange" and len(node.args) == 1
