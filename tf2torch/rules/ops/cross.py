"""Feature crosses of sparse, ragged and dense columns; run on the host."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import array_of, call, cast, outs, scalar_of
from tf2torch.ir.nodes import Arg, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.ruleset import Decline, RuleSet
from tf2torch.rules.text import text_of

rules = RuleSet("cross")
Types = tuple[TensorType, ...]
Nodes = tuple[Node, ...]
ROWS = TensorType("variant", None)


def _columns(indices: Nodes, values: Nodes, shapes: Nodes, dense: Nodes) -> Nodes:
    """Sparse columns come first."""
    made = []
    for index, value, shape in zip(indices, values, shapes, strict=True):
        count = call("[]", shape, 0)
        made.append(call("helper.sparse_features", index, value, count, type=ROWS))
    return (*made, *(call(".tolist", x, type=ROWS) for x in dense))


def _crossed(columns: Nodes, combine: Node, out: Types) -> Nodes:
    rows = call("helper.cross", columns, combine, type=ROWS)
    strings = out[1].dtype == "string"
    return outs(call("helper.rows_to_sparse", rows, strings, types=out))


def _join(separator: bytes) -> Node:
    return call("helper.join_features", separator, type=ROWS)


@dataclass(frozen=True)
class CrossAttrs:
    hashed_output: bool
    num_buckets: int
    hash_key: int


def _combine(attrs: CrossAttrs) -> Node:
    if not attrs.hashed_output:
        return _join(b"_X_")
    key = attrs.hash_key % 2**64
    return call("helper.hash_features", attrs.num_buckets, key, type=ROWS)


@rules.rule("SparseCross")
def sparse_cross(
    indices: Nodes,
    values: Nodes,
    shapes: Nodes,
    dense: Nodes,
    *,
    attrs: CrossAttrs,
    out: Types,
) -> Nodes:
    return _crossed(_columns(indices, values, shapes, dense), _combine(attrs), out)


@rules.rule("SparseCrossV2")
def sparse_cross_v2(
    indices: Nodes,
    values: Nodes,
    shapes: Nodes,
    dense: Nodes,
    separator: Node,
    *,
    out: Types,
) -> Nodes | Decline:
    known = text_of(separator)
    if known is None:
        return Decline("the separator is computed at run time")
    return _crossed(_columns(indices, values, shapes, dense), _join(known), out)


@rules.rule("SparseCrossHashed")
def sparse_cross_hashed(
    indices: Nodes,
    values: Nodes,
    shapes: Nodes,
    dense: Nodes,
    buckets: Node,
    strong: Node,
    salt: Node,
    *,
    out: Types,
) -> Nodes | Decline:
    number, is_strong, words = scalar_of(buckets), scalar_of(strong), array_of(salt)
    if number is None or is_strong is None or words is None:
        return Decline("the hash is chosen at run time")
    args: tuple[Arg, ...] = (number,)
    if is_strong and any(v.dtype != "string" for v in (*values, *dense)):
        return Decline("a strong hash of numbers, on which TensorFlow crashes")
    if is_strong:
        args = (number, None, tuple(int(w) for w in words.reshape(-1)))
    combine = call("helper.hash_features", *args, type=ROWS)
    return _crossed(_columns(indices, values, shapes, dense), combine, out)


@dataclass(frozen=True)
class RaggedCrossAttrs:
    input_order: str
    hashed_output: bool
    num_buckets: int
    hash_key: int


@rules.rule("RaggedCross")
def ragged_cross(
    ragged_values: Nodes,
    ragged_splits: Nodes,
    indices: Nodes,
    values: Nodes,
    shapes: Nodes,
    dense: Nodes,
    *,
    attrs: RaggedCrossAttrs,
    out: Types,
) -> Nodes:
    """``input_order`` names each column's kind: R(agged), S(parse) or D(ense)."""
    pairs = zip(ragged_values, ragged_splits, strict=True)
    ragged = iter([call("helper.ragged_features", *p, type=ROWS) for p in pairs])
    sparse = iter(_columns(indices, values, shapes, ()))
    plain = iter(_columns((), (), (), dense))
    kinds = {"R": ragged, "S": sparse, "D": plain}
    columns = tuple(next(kinds[kind]) for kind in attrs.input_order)
    combine = _combine(
        CrossAttrs(attrs.hashed_output, attrs.num_buckets, attrs.hash_key)
    )
    rows = call("helper.cross", columns, combine, type=ROWS)
    types = (out[0], out[1].with_dtype("int64"))
    strings = out[0].dtype == "string"
    found, splits = outs(call("helper.rows_to_ragged", rows, strings, types=types))
    return found, cast(splits, out[1].dtype)
