"""Casts between dtypes, by value and by bits."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, cast
from tf2torch.ir.nodes import DType, Node
from tf2torch.ir.types import COMPLEX, FLOATS, TensorType
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("cast")
SIZES = {"bool": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "float16": 2}
SIZES |= {"bfloat16": 2, "int32": 4, "uint32": 4, "float32": 4, "int64": 8}
SIZES |= {"uint64": 8, "float64": 8, "complex64": 8, "complex128": 16}


@dataclass(frozen=True)
class CastAttrs:
    Truncate: bool = False


@rules.rule("Cast")
def cast_(x: Node, *, attrs: CastAttrs, out: tuple[TensorType, ...]) -> Node | Decline:
    """A float goes toward zero; one outside of the integers of ``dtype`` is undefined.

    There TensorFlow saturates or wraps, as its vector or its scalar code runs.
    """
    dtype = out[0].dtype
    if dtype not in SIZES or x.dtype not in SIZES:
        return Decline(f"torch has no values of {x.dtype} or {dtype}")
    if attrs.Truncate and dtype in FLOATS and SIZES[dtype] < SIZES[x.dtype]:
        return Decline("it truncates the mantissa instead of rounding")
    if x.dtype in COMPLEX and dtype not in COMPLEX:
        x = call("@real", x, type=x.type.with_dtype(_part(x.dtype)))
    return cast(x, dtype)


def _part(dtype: str) -> str:
    return "float32" if dtype == "complex64" else "float64"


@rules.rule("Bitcast")
def bitcast(x: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    """Between sizes TensorFlow has one more axis on the side of the smaller one."""
    source, target = SIZES.get(x.dtype), SIZES.get(out[0].dtype)
    if source is None or target is None:
        return Decline(f"torch has no values of {x.dtype} or {out[0].dtype}")
    dtype = DType(out[0].dtype)
    if source == target:
        return call(".view", x, dtype, type=out[0])
    x = call(".contiguous", x, type=x)
    if source > target:
        x = call(".unsqueeze", x, -1, type=x.type.with_shape(None))
        return call(".view", x, dtype, type=out[0])
    wide = call(".view", x, dtype, type=out[0].with_shape(None))
    return call(".squeeze", wide, -1, type=out[0])
