"""Sums and means of embeddings per row: ``embedding_lookup_sparse``.

TensorFlow looks every distinct id up once and sums by segment; torch has a layer.

    ids, inverse, _ = unique(ids)
    sparse_segment_mean(F.embedding(ids, table), inverse, rows)
    ->  F.embedding_bag(ids, table, bag_offsets(rows), mode="mean")

Its safe form puts id 0 into empty rows and takes the result out again; an empty bag
is zero by itself.
"""

from __future__ import annotations

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Arg, Call, Node, Out, Slice
from tf2torch.ir.types import TensorType
from tf2torch.rules.lifts.matching import plain_number

MODES = {"helper.sparse_segment_sum": "sum", "helper.sparse_segment_mean": "mean"}
INT64 = TensorType("int64", None)


def bag(node: Node) -> Node | None:
    """A segment sum or mean of looked-up distinct ids."""
    match node:
        case Call(
            "helper.sparse_segment_sum" | "helper.sparse_segment_mean" as func,
            (Call("F.embedding", (found, Node() as table)), inverse, rows, *count),
        ):
            ids = repeated_ids(found, inverse)
        case _:
            return None
    if ids is None or table.rank != 2 or not isinstance(rows, Node):
        return None
    return embedding_bag(node, ids, table, (rows, *count), MODES[func])


def embedding_bag(
    node: Node, ids: Node, table: Node, rows: tuple[Arg, ...], mode: str
) -> Node:
    offsets = call("helper.bag_offsets", *rows, type=INT64)
    return call("F.embedding_bag", ids, table, offsets, mode=mode, type=node)


def lookup(node: Node) -> Node | None:
    """``F.embedding(distinct, table)`` taken apart again: a lookup of the ids."""
    match node:
        case Call(
            ".index_select",
            (Call("F.embedding", (found, Node() as table)), 0, inverse),
        ):
            ids = repeated_ids(found, inverse)
            return None if ids is None else call("F.embedding", ids, table, type=node)
    return None


def repeated_ids(found: Arg, inverse: Arg) -> Node | None:
    """The ids whose distinct ones are ``found``, each at its place in ``inverse``."""
    match found, without_cast(inverse):
        case Out(first, 0), Out(second, 1) if first is second:
            match first:
                case Call("helper.unique", (Node() as ids, 0)):
                    return ids
    return None


def without_cast(arg: Arg) -> Arg:
    match arg:
        case Call(".to", (inner, _)):
            return inner
    return arg


def without_fillers(node: Node) -> Node | None:
    """Bags of rows that were filled and are blanked again."""
    match node:
        case Call("torch.where", (Node() as blank, zeros, Call() as made)):
            pass
        case _:
            return None
    match made:
        case Call(
            "F.embedding_bag",
            (
                Call("helper.fill_values", (Node() as ids, Out(first, 1), filler)),
                Node() as table,
                Call("helper.bag_offsets", (rows,)),
            ),
        ):
            pass
        case _:
            return None
    fill = _fill_of(rows)
    if fill is None or first is not fill or plain_number(filler) != 0:
        return None
    if not _is_zeros(zeros, made) or not _tells_empty(blank, fill):
        return None
    mode = made.kwarg("mode")
    assert isinstance(mode, str)
    indices, shape = fill.args
    first_column = call("[]", indices, (Slice(), 0), type=INT64)
    count = call("[]", shape, 0, type=INT64)
    return embedding_bag(node, ids, table, (first_column, count), mode)


def _fill_of(rows: Arg) -> Call | None:
    """The filling whose indices' first column is ``rows``."""
    match rows:
        case Call("[]", (Out(Call("helper.sparse_fill_rows") as fill, 0), index)):
            return fill if index == (Slice(), 0) else None
    return None


def _is_zeros(zeros: Arg, made: Node) -> bool:
    match zeros:
        case Call("torch.zeros_like", (like,)):
            return like is made
    return plain_number(zeros) == 0


def _tells_empty(blank: Arg, fill: Call) -> bool:
    """Is ``blank`` the flag of empty rows, repeated along the columns?"""
    while isinstance(blank, Call) and blank.func in (
        ".expand",
        ".unsqueeze",
        ".repeat",
        ".reshape",
    ):
        blank = blank.args[0]
    return isinstance(blank, Out) and blank.node is fill and blank.index == 2
