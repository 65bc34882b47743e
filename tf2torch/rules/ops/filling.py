"""Tensors made of sizes and scalars: fill, zeros, ranges."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, scalar_of, sizes_of
from tf2torch.ir.nodes import Arg, DType, Node
from tf2torch.ir.types import FLOATS, TensorType
from tf2torch.rules.elements import elements_of, sizes_arg
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("filling")


@rules.rule("Fill")
def fill(dims: Node, value: Node, *, out: tuple[TensorType, ...]) -> Node:
    sizes = sizes_arg(dims)
    number = scalar_of(value)
    dtype = DType(out[0].dtype)
    if number is None:
        return call(".expand", value, sizes, type=out[0])
    if number == 0 and str(number) != "-0.0":
        return call("torch.zeros", sizes, dtype=dtype, type=out[0])
    if number == 1:
        return call("torch.ones", sizes, dtype=dtype, type=out[0])
    return call("torch.full", sizes, number, dtype=dtype, type=out[0])


@dataclass(frozen=True)
class EmptyAttrs:
    init: bool


@rules.rule("Empty")
def empty(shape: Node, *, attrs: EmptyAttrs, out: tuple[TensorType, ...]) -> Node:
    """Zeros also where TensorFlow leaves the memory as it is."""
    dtype = DType(out[0].dtype)
    return call("torch.zeros", sizes_arg(shape), dtype=dtype, type=out[0])


@rules.rule("ZerosLike")
def zeros_like(x: Node, *, out: tuple[TensorType, ...]) -> Node:
    return call("torch.zeros_like", x, type=out[0])


@rules.rule("OnesLike")
def ones_like(x: Node, *, out: tuple[TensorType, ...]) -> Node:
    return call("torch.ones_like", x, type=out[0])


def _element(node: Node) -> Arg:
    number = scalar_of(node)
    if number is not None:
        return number
    known = sizes_of(node) or elements_of(node)
    return node if known is None else known[0]


def _number(node: Node, dtype: str) -> Arg:
    """A bound of a range; TensorFlow lets no gradient through."""
    found = _element(node)
    if isinstance(found, Node) and dtype in FLOATS:
        return call(".detach", found, type=found.type)
    return found


@rules.rule("Range")
def range_(
    start: Node, limit: Node, delta: Node, *, out: tuple[TensorType, ...]
) -> Node:
    first, last, step = (_number(n, out[0].dtype) for n in (start, limit, delta))
    bounds: tuple[Arg, ...] = (last,) if first == 0 else (first, last)
    if isinstance(step, Node) or step != 1:
        bounds = (first, last, step)
    return call("torch.arange", *bounds, dtype=DType(out[0].dtype), type=out[0])


@rules.rule("LinSpace")
def lin_space(
    start: Node, stop: Node, num: Node, *, out: tuple[TensorType, ...]
) -> Node:
    first, last, count = map(_element, (start, stop, num))
    if any(isinstance(n, Node) for n in (first, last)):
        return call("helper.linspace", start, stop, count, type=out[0])
    dtype = DType(out[0].dtype)
    return call("torch.linspace", first, last, count, dtype=dtype, type=out[0])
