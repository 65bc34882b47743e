"""The order of batch and time around recurrent layers."""

from __future__ import annotations

from tf2torch.ir.build import const, ints_of
from tf2torch.ir.nodes import Node, Op
from tf2torch.rules.lifts.affine import source

SWAP = (1, 0, 2)


def batch_major(xs: Node) -> Node | None:
    """[batch, time, ...] whose time-major form is ``xs``, when that is how it arose."""
    match source(xs):
        case Op("Transpose", (x, perm)) if ints_of(perm) == SWAP:
            return x
        case Op("ReverseV2", (inner, axis)) as reverse if ints_of(axis) == (0,):
            rows = batch_major(inner)
            return None if rows is None else reversed_time(rows, reverse)
        case Op("TensorListStack", (Op("TensorListFromTensor", (inner, _)), _)):
            return batch_major(inner)
    return None


def reversed_time(x: Node, like: Op) -> Op:
    """``x`` backwards along axis 1."""
    return Op(
        "ReverseV2",
        (x, const([1], "int32")),
        like.attrs,
        types=(x.type,),
        origin=like.origin,
    )


def time_major(y: Node) -> Node:
    """[time, batch, ...] of a batch-major ``y``."""
    shape = y.shape
    swapped = None if shape is None else (shape[1], shape[0], *shape[2:])
    attrs = {"T": y.dtype, "Tperm": "int32"}
    perm = const(SWAP, "int32")
    types = (y.type.with_shape(swapped),)
    return Op("Transpose", (y, perm), attrs, types=types, origin=y.origin)
