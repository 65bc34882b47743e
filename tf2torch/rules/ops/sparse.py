"""Sparse tensors: shape, order, slices, joins and dense forms.

A sparse tensor is three operands: indices [n, rank], values [n], shape [rank].
"""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, outs
from tf2torch.ir.nodes import Arg, Node, Slice
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import elements_of, number_arg
from tf2torch.rules.ruleset import RuleSet
from tf2torch.rules.text import string_arg

rules = RuleSet("sparse")
Types = tuple[TensorType, ...]
INT64 = TensorType("int64", None)
BOOL = TensorType("bool", None)


def shape_arg(node: Node) -> Arg:
    """The sizes where they are known, else the tensor of them."""
    found = elements_of(node)
    return node if found is None else found


def take(values: Node, order: Node, type: TensorType) -> Node:
    """``values[order]``; ``order`` is a mask or indices."""
    if values.dtype == "string":
        return call("[]", values, call(".numpy", order), type=type)
    return call("[]", values, order, type=type)


@dataclass(frozen=True)
class ToDenseAttrs:
    validate_indices: bool


@rules.rule("SparseToDense")
def sparse_to_dense(
    indices: Node,
    shape: Node,
    values: Node,
    default: Node,
    *,
    attrs: ToDenseAttrs,
    out: Types,
) -> Node:
    strings = values.dtype == "string"
    func = "helper.sparse_strings_to_dense" if strings else "helper.sparse_to_dense"
    fill = string_arg(default) if strings else number_arg(default)
    rest = () if fill in (0, b"") else (fill,)
    given = string_arg(values) if strings else values
    return call(func, indices, shape_arg(shape), given, *rest, type=out[0])


@rules.rule("SparseReshape")
def sparse_reshape(
    indices: Node, shape: Node, new_shape: Node, *, out: Types
) -> tuple[Node, ...]:
    args = (indices, shape, shape_arg(new_shape))
    return outs(call("helper.sparse_reshape", *args, types=out))


@rules.rule("SparseReorder")
def sparse_reorder(
    indices: Node, values: Node, shape: Node, *, out: Types
) -> tuple[Node, ...]:
    order = call("helper.sparse_order", indices, shape_arg(shape), type=INT64)
    return call("[]", indices, order, type=out[0]), take(values, order, out[1])


@rules.rule("SparseSlice")
def sparse_slice(
    indices: Node, values: Node, shape: Node, start: Node, size: Node, *, out: Types
) -> tuple[Node, ...]:
    made = call(
        "helper.sparse_slice_places",
        indices,
        shape,
        shape_arg(start),
        shape_arg(size),
        types=(BOOL, out[0], out[2]),
    )
    inside, moved, box = outs(made)
    return moved, take(values, inside, out[1]), box


@dataclass(frozen=True)
class ConcatAttrs:
    concat_dim: int


@rules.rule("SparseConcat")
def sparse_concat(
    indices: tuple[Node, ...],
    values: tuple[Node, ...],
    shapes: tuple[Node, ...],
    *,
    attrs: ConcatAttrs,
    out: Types,
) -> tuple[Node, ...]:
    types = (out[0], INT64, out[2])
    args = (indices, shapes, attrs.concat_dim)
    moved, order, whole = outs(call("helper.sparse_concat_indices", *args, types=types))
    if values[0].dtype == "string":
        joined = call("np.concatenate", values, type=out[1])
    else:  # TensorFlow passes no gradient through
        joined = call(".detach", call("torch.cat", values, type=out[1]), type=out[1])
    return moved, take(joined, order, out[1]), whole


@rules.rule("SparseSplit")
def sparse_split(
    axis: Node, indices: Node, values: Node, shape: Node, *, out: Types
) -> tuple[Node, ...]:
    count = len(out) // 3
    types: list[TensorType] = []
    for i in range(count):
        types += [BOOL, out[i], out[2 * count + i]]
    nest = tuple(tuple(range(3 * i, 3 * i + 3)) for i in range(count))
    made = call(
        "helper.sparse_split_places",
        indices,
        shape,
        number_arg(axis),
        count,
        types=types,
        unpack=nest,
    )
    parts = outs(made)
    taken = [take(values, parts[3 * i], out[count + i]) for i in range(count)]
    return (*parts[1::3], *taken, *parts[2::3])


@rules.rule("SparseFillEmptyRows")
def sparse_fill_empty_rows(
    indices: Node, values: Node, shape: Node, default: Node, *, out: Types
) -> tuple[Node, ...]:
    types = (out[0], INT64, out[2], out[3])
    made = call("helper.sparse_fill_rows", indices, shape, types=types)
    moved, order, empty, places = outs(made)
    strings = values.dtype == "string"
    func = "helper.fill_strings" if strings else "helper.fill_values"
    fill = string_arg(default) if strings else number_arg(default)
    return moved, call(func, values, order, fill, type=out[1]), empty, places


@rules.rule("SparseFillEmptyRowsGrad")
def sparse_fill_empty_rows_grad(
    places: Node, grad: Node, *, out: Types
) -> tuple[Node, ...]:
    return outs(call("helper.fill_gradients", places, grad, types=out))


@rules.rule("RaggedFillEmptyRows")
def ragged_fill_empty_rows(
    row_ids: Node, values: Node, rows: Node, default: Node, *, out: Types
) -> tuple[Node, ...]:
    column = call("[]", row_ids, (Slice(), None), type=INT64)
    shape = call(".reshape", rows, 1, type=INT64)
    types = (INT64, INT64, out[2], out[3])
    made = call("helper.sparse_fill_rows", column, shape, types=types)
    moved, order, empty, places = outs(made)
    fill = string_arg(default) if values.dtype == "string" else number_arg(default)
    func = "fill_strings" if values.dtype == "string" else "fill_values"
    filled = call(f"helper.{func}", values, order, fill, type=out[1])
    return call(".squeeze", moved, 1, type=out[0]), filled, empty, places


@rules.rule("RaggedFillEmptyRowsGrad")
def ragged_fill_empty_rows_grad(
    places: Node, grad: Node, *, out: Types
) -> tuple[Node, ...]:
    return sparse_fill_empty_rows_grad(places, grad, out=out)
