"""Pad, PadV2, MirrorPad: torch counts the pairs from the last axis backwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from tf2torch.ir.build import call, permute, scalar_of, size_table, to_channels_first
from tf2torch.ir.nodes import Arg, Call, Node
from tf2torch.ir.types import Dim, TensorType, dim
from tf2torch.rules.elements import elements_of
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("pad")
Pair = tuple[Arg, Arg]
# F.pad reflects at most this many axes, after one or two others.
REFLECTED_AXES = 3


@rules.rule("Pad")
def pad(x: Node, paddings: Node, *, out: tuple[TensorType, ...]) -> Node:
    return _constant_pad(x, paddings, 0, out[0])


@rules.rule("PadV2")
def pad_v2(
    x: Node, paddings: Node, constant_values: Node, *, out: tuple[TensorType, ...]
) -> Node:
    value = scalar_of(constant_values)
    if value is not None:
        return _constant_pad(x, paddings, value, out[0])
    pairs = pairs_of(paddings)
    amounts: Arg = paddings if pairs is None else tuple(pairs)
    return call("helper.pad_with", x, amounts, constant_values, type=out[0])


def _constant_pad(x: Node, paddings: Node, value: float, out: TensorType) -> Node:
    pairs = pairs_of(paddings)
    named: dict[str, Any] = {} if value == 0 else {"value": value}
    if pairs is None:
        backwards = call(".flatten", call(".flip", paddings, 0))
        return call("F.pad", x, call(".tolist", backwards), type=out, **named)
    if all(pair == (0, 0) for pair in pairs):
        return x
    return call("F.pad", x, torch_pads(pairs), type=out, **named)


def torch_pads(pairs: Sequence[Pair]) -> tuple[Arg, ...]:
    """(before, after) per axis in F.pad's order, less the unpadded first axes."""
    first = next((i for i, pair in enumerate(pairs) if pair != (0, 0)), len(pairs))
    return tuple(amount for pair in reversed(pairs[first:]) for amount in pair)


def pairs_of(paddings: Node) -> list[Pair] | None:
    """(before, after) per axis; amounts are ints, symbols or rank-0 nodes."""
    table = size_table(paddings)
    if table is not None:
        return [(_amount(before), _amount(after)) for before, after in table]
    match paddings:
        case Call("torch.stack", (tuple() as rows,), ()):
            return _rows(rows)
        case Call("torch.cat", (tuple() as parts,)) if paddings.kwarg("dim", 0) == 0:
            groups = [pairs_of(p) if isinstance(p, Node) else None for p in parts]
            if any(g is None for g in groups):
                return None
            return [pair for group in groups if group is not None for pair in group]
    return None


def _amount(size: Dim) -> Dim:
    return size if isinstance(size, sympy.Expr) else int(size)


def _rows(rows: Sequence[Arg]) -> list[Pair] | None:
    pairs: list[Pair] = []
    for row in rows:
        found = elements_of(row) if isinstance(row, Node) else None
        if found is None or len(found) != 2:
            return None
        pairs.append((found[0], found[1]))
    return pairs


@dataclass(frozen=True)
class ModeAttrs:
    mode: str


@rules.rule("MirrorPad")
def mirror_pad(
    x: Node, paddings: Node, *, attrs: ModeAttrs, out: tuple[TensorType, ...]
) -> Node:
    pairs = pairs_of(paddings)
    edge = attrs.mode == "SYMMETRIC"
    if pairs is None:
        amounts = call(".tolist", paddings)
        return call("helper.mirror_pad", x, amounts, edge=edge, type=out[0])
    if all(pair == (0, 0) for pair in pairs):
        return x
    fits = x.dtype in ("float16", "bfloat16", "float32", "float64")
    if attrs.mode == "REFLECT" and fits:
        made = _reflect(x, pairs, out[0])
        if made is not None:
            return made
    func = "helper.mirror_pad"
    return call(func, x, tuple(pairs), edge=edge, type=out[0])


@rules.rule("MirrorPadGrad")
def mirror_pad_grad(
    grad: Node, paddings: Node, *, attrs: ModeAttrs, out: tuple[TensorType, ...]
) -> Node:
    pairs = pairs_of(paddings)
    amounts: Arg = call(".tolist", paddings) if pairs is None else tuple(pairs)
    edge = attrs.mode == "SYMMETRIC"
    return call("helper.mirror_pad_grad", grad, amounts, edge=edge, type=out[0])


def _reflect(x: Node, pairs: Sequence[Pair], out: TensorType) -> Node | None:
    """F.pad's own mode, on trailing axes or on all between batch and channels."""
    padded = [i for i, pair in enumerate(pairs) if pair != (0, 0)]
    rank = len(pairs)
    if 2 <= rank <= REFLECTED_AXES + 2 and padded[0] > 0:
        trailing = rank - padded[0]
        if rank - trailing in (1, 2):
            return call("F.pad", x, torch_pads(pairs), mode="reflect", type=out)
        if 3 <= rank and padded[0] >= 1 and padded[-1] < rank - 1:
            inner = pairs[1:-1]
            moved = to_channels_first(x)
            amounts = tuple(a for pair in reversed(inner) for a in pair)
            made = call(
                "F.pad", moved, amounts, mode="reflect", type=_padded(moved.type, inner)
            )
            return permute(made, (0, *range(2, rank), 1))
    return None


def _padded(type: TensorType, inner: Sequence[Pair]) -> TensorType:
    """The type of [N, C, ...] after padding its spatial axes."""
    if type.shape is None:
        return type
    sizes: list[Dim] = list(type.shape[:2])
    for size, (before, after) in zip(type.shape[2:], inner, strict=True):
        if isinstance(before, Node) or isinstance(after, Node):
            return type.with_shape(None)
        sizes.append(dim(size + before + after))  # type: ignore[operator] # sizes
    return type.with_shape(tuple(sizes))
