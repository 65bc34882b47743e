"""Several tensors into one and one into several: stack, concat, split, tile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tf2torch.ir.build import array_of, call, ints_of, outs
from tf2torch.ir.nodes import Arg, Attr, Node
from tf2torch.ir.types import TensorType
from tf2torch.rules.elements import axis_arg, elements_of, sizes_arg
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("joining")


@dataclass(frozen=True)
class AxisAttrs:
    axis: int = 0


@rules.rule("Pack")
def pack(
    values: tuple[Node, ...], *, attrs: AxisAttrs, out: tuple[TensorType, ...]
) -> Node:
    if attrs.axis == 0:
        return call("torch.stack", values, type=out[0])
    return call("torch.stack", values, dim=attrs.axis, type=out[0])


@rules.rule("Unpack")
def unpack(
    value: Node, *, attrs: AxisAttrs, out: tuple[TensorType, ...]
) -> tuple[Node, ...]:
    if not out:
        return ()
    if len(out) == 1:
        return (call(".squeeze", value, attrs.axis, type=out[0]),)
    return outs(call(".unbind", value, attrs.axis, types=out))


@rules.rule("ConcatV2")
def concat_v2(
    values: tuple[Node, ...], axis: Node, *, out: tuple[TensorType, ...]
) -> Node:
    if len(values) == 1:
        return values[0]
    return call("torch.cat", values, dim=axis_arg(axis), type=out[0])


@rules.rule("Concat")
def concat(
    axis: Node, values: tuple[Node, ...], *, out: tuple[TensorType, ...]
) -> Node:
    return concat_v2(values, axis, out=out)


@dataclass(frozen=True)
class ParallelConcatAttrs:
    shape: Attr


@rules.rule("ParallelConcat")
def parallel_concat(
    values: tuple[Node, ...], *, attrs: ParallelConcatAttrs, out: tuple[TensorType, ...]
) -> Node:
    return call("torch.cat", values, type=out[0])


@rules.rule("ConcatOffset")
def concat_offset(
    concat_dim: Node, shapes: tuple[Node, ...], *, out: tuple[TensorType, ...]
) -> tuple[Node, ...]:
    return outs(call("helper.concat_offset", axis_arg(concat_dim), shapes, types=out))


@rules.rule("Split")
def split(
    split_dim: Node, value: Node, *, out: tuple[TensorType, ...]
) -> tuple[Node, ...]:
    if len(out) == 1:
        return (value,)
    return outs(call(".chunk", value, len(out), dim=axis_arg(split_dim), types=out))


@rules.rule("SplitV")
def split_v(
    value: Node, size_splits: Node, split_dim: Node, *, out: tuple[TensorType, ...]
) -> tuple[Node, ...] | Decline:
    if len(out) == 1:
        return (value,)
    axis, sizes = axis_arg(split_dim), sizes_arg(size_splits)
    if isinstance(sizes, Node) or (isinstance(sizes, tuple) and -1 in sizes):
        sizes = _sizes_along(out, axis) or call(
            "helper.split_sizes", value, sizes, axis
        )
    if isinstance(sizes, tuple) and len({*sizes}) == 1 and isinstance(sizes[0], int):
        return outs(call(".chunk", value, len(out), dim=axis, types=out))
    return outs(call(".split", value, sizes, dim=axis, types=out))


def _sizes_along(out: Sequence[TensorType], axis: Arg) -> tuple[int, ...] | None:
    """The sizes of the parts, where types have them."""
    if not isinstance(axis, int):
        return None
    sizes = [t.shape[axis] if t.shape is not None else None for t in out]
    if not all(isinstance(s, int) for s in sizes):
        return None
    return tuple(int(s) for s in sizes)  # type: ignore[arg-type] # all ints


@rules.rule("Tile")
def tile(x: Node, multiples: Node, *, out: tuple[TensorType, ...]) -> Node:
    times = elements_of(multiples)
    if times is None:
        return call(".repeat", x, call(".tolist", multiples), type=out[0])
    repeated = [i for i, n in enumerate(times) if n != 1]
    if not repeated:
        return x
    if x.shape is not None and all(x.shape[i] == 1 for i in repeated):
        sizes = tuple(n if i in repeated else -1 for i, n in enumerate(times))
        return call(".expand", x, sizes, type=out[0])
    return call(".repeat", x, times, type=out[0])


# --- order along an axis ---------------------------------------------------------


@rules.rule("ReverseV2")
def reverse_v2(x: Node, axis: Node, *, out: tuple[TensorType, ...]) -> Node:
    axes = ints_of(axis)
    if axes is None:
        return call(".flip", x, call(".tolist", axis), type=out[0])
    return call(".flip", x, *axes, type=out[0]) if axes else x


@rules.rule("Reverse")
def reverse(x: Node, dims: Node, *, out: tuple[TensorType, ...]) -> Node | Decline:
    flags = array_of(dims)
    if flags is None:
        return Decline("the axes are computed at run time")
    axes = [i for i, flag in enumerate(flags) if flag]
    return call(".flip", x, *axes, type=out[0]) if axes else x


@dataclass(frozen=True)
class ReverseSequenceAttrs:
    seq_dim: int
    batch_dim: int = 0


@rules.rule("ReverseSequence")
def reverse_sequence(
    x: Node,
    seq_lengths: Node,
    *,
    attrs: ReverseSequenceAttrs,
    out: tuple[TensorType, ...],
) -> Node:
    axes = attrs.seq_dim, attrs.batch_dim
    return call("helper.reverse_sequence", x, seq_lengths, *axes, type=out[0])


@rules.rule("Roll")
def roll(x: Node, shift: Node, axis: Node, *, out: tuple[TensorType, ...]) -> Node:
    shifts, axes = elements_of(shift), ints_of(axis)
    steps: Arg = call(".tolist", shift) if shifts is None else shifts
    dims: Arg = call(".tolist", axis) if axes is None else axes
    if isinstance(steps, tuple) and isinstance(dims, tuple) and len(steps) == 1:
        steps, dims = steps[0], dims[0]
    return call("torch.roll", x, steps, dims, type=out[0])
