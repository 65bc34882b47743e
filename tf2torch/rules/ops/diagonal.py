"""Diagonals and bands of matrices, V1 to V3."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tf2torch.ir.build import array_of, call, ints_of, reshape, scalar_of
from tf2torch.ir.nodes import Arg, Node
from tf2torch.ir.types import TensorType, product
from tf2torch.rules.elements import number_arg
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("diagonal")
Types = tuple[TensorType, ...]


@dataclass(frozen=True)
class AlignAttrs:
    """Where shorter diagonals stand: (those above the main one)_(those below)."""

    align: str | bytes = "RIGHT_LEFT"

    @property
    def sides(self) -> tuple[str, str]:
        text = self.align.decode() if isinstance(self.align, bytes) else self.align
        above, below = text.lower().split("_")
        return above, below


LEFT = AlignAttrs("LEFT_LEFT")


# --- bands -----------------------------------------------------------------------


@rules.rule("MatrixBandPart", "BatchMatrixBandPart")
def matrix_band_part(
    x: Node, num_lower: Node, num_upper: Node, *, out: Types
) -> Node | Decline:
    lower, upper = scalar_of(num_lower), scalar_of(num_upper)
    if lower is None or upper is None:
        bounds = number_arg(num_lower), number_arg(num_upper)
        return call("helper.band_part", x, *bounds, type=out[0])
    if upper >= 0:
        x = _triangle("torch.tril", x, int(upper), out[0])
    if lower >= 0:
        x = _triangle("torch.triu", x, -int(lower), out[0])
    return x


def _triangle(func: str, x: Node, diagonal: int, out: TensorType) -> Node:
    if diagonal == 0:
        return call(func, x, type=out)
    return call(func, x, diagonal=diagonal, type=out)


# --- a matrix from its diagonals -------------------------------------------------


@rules.rule("MatrixDiag", "BatchMatrixDiag")
def matrix_diag(diagonal: Node, *, out: Types) -> Node:
    return call("torch.diag_embed", diagonal, type=out[0])


@rules.rule("MatrixDiagV3")
def matrix_diag_v3(
    diagonal: Node,
    k: Node,
    rows: Node,
    cols: Node,
    padding: Node,
    *,
    attrs: AlignAttrs,
    out: Types,
) -> Node | Decline:
    return _embedded(diagonal, k, (rows, cols), padding, attrs, out[0])


@rules.rule("MatrixDiagV2")
def matrix_diag_v2(
    diagonal: Node, k: Node, rows: Node, cols: Node, padding: Node, *, out: Types
) -> Node | Decline:
    return _embedded(diagonal, k, (rows, cols), padding, LEFT, out[0])


def _embedded(
    diagonal: Node,
    k: Node,
    sizes: tuple[Node, Node],
    padding: Node,
    align: AlignAttrs,
    out: TensorType,
) -> Node | Decline:
    band = _band(k)
    if band is None:
        return Decline("which diagonals it writes is known at run time only")
    low, high, single = band
    square = all(scalar_of(s) == -1 for s in sizes)
    if single and square and _is_zero(padding):
        named = {} if low == 0 else {"offset": low}
        return call("torch.diag_embed", diagonal, type=out, **named)  # type: ignore[arg-type] # ints
    if single:
        diagonal = call(".unsqueeze", diagonal, -2, type=diagonal.type.with_shape(None))
    args: tuple[Arg, ...] = (low, high, *map(number_arg, sizes), number_arg(padding))
    return call("helper.matrix_diag", diagonal, *args, *align.sides, type=out)


def _band(k: Node) -> tuple[int, int, bool] | None:
    """(lowest, highest, was it one number): the diagonals that ``k`` means."""
    found = ints_of(k)
    if found is None:
        return None
    return found[0], found[-1], found[0] == found[-1]


def _is_zero(node: Node) -> bool:
    array = array_of(node)
    return array is not None and not np.any(array)


# --- diagonals of a matrix -------------------------------------------------------


@rules.rule("MatrixDiagPart", "BatchMatrixDiagPart")
def matrix_diag_part(x: Node, *, out: Types) -> Node:
    return call(".diagonal", x, dim1=-2, dim2=-1, type=out[0])


@rules.rule("MatrixDiagPartV3")
def matrix_diag_part_v3(
    x: Node, k: Node, padding: Node, *, attrs: AlignAttrs, out: Types
) -> Node | Decline:
    return _diagonals(x, k, padding, attrs, out[0])


@rules.rule("MatrixDiagPartV2")
def matrix_diag_part_v2(
    x: Node, k: Node, padding: Node, *, out: Types
) -> Node | Decline:
    return _diagonals(x, k, padding, LEFT, out[0])


def _diagonals(
    x: Node, k: Node, padding: Node, align: AlignAttrs, out: TensorType
) -> Node | Decline:
    band = _band(k)
    if band is None:
        return Decline("which diagonals it reads is known at run time only")
    low, high, single = band
    if single and low == 0:
        return call(".diagonal", x, dim1=-2, dim2=-1, type=out)
    if single:
        return call(".diagonal", x, low, dim1=-2, dim2=-1, type=out)
    args = (x, low, high, number_arg(padding), *align.sides)
    return call("helper.matrix_diag_part", *args, type=out)


# --- diagonals replaced ----------------------------------------------------------


@rules.rule("MatrixSetDiag", "BatchMatrixSetDiag")
def matrix_set_diag(x: Node, diagonal: Node, *, out: Types) -> Node:
    func = "torch.diagonal_scatter"
    return call(func, x, diagonal, dim1=-2, dim2=-1, type=out[0])


@rules.rule("MatrixSetDiagV3")
def matrix_set_diag_v3(
    x: Node, diagonal: Node, k: Node, *, attrs: AlignAttrs, out: Types
) -> Node | Decline:
    return _replaced(x, diagonal, k, attrs, out[0])


@rules.rule("MatrixSetDiagV2")
def matrix_set_diag_v2(
    x: Node, diagonal: Node, k: Node, *, out: Types
) -> Node | Decline:
    return _replaced(x, diagonal, k, LEFT, out[0])


def _replaced(
    x: Node, diagonal: Node, k: Node, align: AlignAttrs, out: TensorType
) -> Node | Decline:
    band = _band(k)
    if band is None:
        return Decline("which diagonals it writes is known at run time only")
    low, high, single = band
    func = "torch.diagonal_scatter"
    if single and low == 0:
        return call(func, x, diagonal, dim1=-2, dim2=-1, type=out)
    if single:
        return call(func, x, diagonal, low, dim1=-2, dim2=-1, type=out)
    args = (x, diagonal, low, high, *align.sides)
    return call("helper.matrix_set_diag", *args, type=out)


# --- of tensors of any rank ------------------------------------------------------


@rules.rule("Diag")
def diag(diagonal: Node, *, out: Types) -> Node | Decline:
    """[a, b] → [a, b, a, b]"""
    if diagonal.shape is None or out[0].shape is None:
        return Decline("the rank of the diagonal is unknown")
    if len(diagonal.shape) == 1:
        return call("torch.diag", diagonal, type=out[0])
    size = product(diagonal.shape)
    square = out[0].with_shape((size, size))
    made = call("torch.diag", reshape(diagonal, (size,)), type=square)
    return reshape(made, (*diagonal.shape, *diagonal.shape))


@rules.rule("DiagPart")
def diag_part(x: Node, *, out: Types) -> Node | Decline:
    """[a, b, a, b] → [a, b]"""
    if x.shape is None:
        return Decline("the rank of the tensor is unknown")
    shape = x.shape[: len(x.shape) // 2]
    if len(shape) == 1:
        return call("torch.diag", x, type=out[0])
    size = product(shape)
    flat = reshape(x, (size, size))
    return reshape(call("torch.diag", flat, type=out[0].with_shape((size,))), shape)
