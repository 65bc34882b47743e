"""Blocks of space moved into channels or the batch, and data format arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import array_of, call, const, permute
from tf2torch.ir.nodes import Arg, Node, Sizes
from tf2torch.ir.types import TensorType
from tf2torch.rules.ops.padding import Layout
from tf2torch.rules.ruleset import Decline, RuleSet

rules = RuleSet("space")


@dataclass(frozen=True)
class BlockAttrs:
    block_size: int
    data_format: str = "NHWC"


@rules.rule("SpaceToDepth")
def space_to_depth(
    x: Node, *, attrs: BlockAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    """TF orders the new channels (row, column, old), torch (old, row, column)."""
    layout, b = Layout(attrs.data_format), attrs.block_size
    if attrs.data_format not in ("NHWC", "NCHW"):
        return Decline(f"data format {attrs.data_format}")
    inner, type = layout.inside(x), layout.inside_type(out[0])
    if inner.shape is not None and inner.shape[1] == 1:
        return layout.outside(call("F.pixel_unshuffle", inner, b, type=type))
    rows = call(".unflatten", inner, 2, (-1, b), type=_unknown(x))
    split = call(".unflatten", rows, 4, (-1, b), type=_unknown(x))
    moved = permute(split, (0, 3, 5, 1, 2, 4))
    return layout.outside(call(".flatten", moved, 1, 3, type=type))


@rules.rule("DepthToSpace")
def depth_to_space(
    x: Node, *, attrs: BlockAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    layout, b = Layout(attrs.data_format), attrs.block_size
    if attrs.data_format not in ("NHWC", "NCHW"):
        return Decline(f"data format {attrs.data_format}")
    inner, type = layout.inside(x), layout.inside_type(out[0])
    if type.shape is not None and type.shape[1] == 1:
        return layout.outside(call("F.pixel_shuffle", inner, b, type=type))
    split = call(".unflatten", inner, 1, (b, b, -1), type=_unknown(x))
    moved = permute(split, (0, 3, 4, 1, 5, 2))
    columns = call(".flatten", moved, 4, 5, type=_unknown(x))
    return layout.outside(call(".flatten", columns, 2, 3, type=type))


def _unknown(x: Node) -> TensorType:
    return x.type.with_shape(None)


@rules.rule("SpaceToBatchND")
def space_to_batch_nd(
    x: Node, block: Node, paddings: Node, *, out: tuple[TensorType, ...]
) -> Node | Decline:
    return _blocks("helper.space_to_batch", x, block, paddings, out)


@rules.rule("BatchToSpaceND")
def batch_to_space_nd(
    x: Node, block: Node, crops: Node, *, out: tuple[TensorType, ...]
) -> Node | Decline:
    return _blocks("helper.batch_to_space", x, block, crops, out)


def _blocks(
    func: str, x: Node, block: Node, edges: Node, out: tuple[TensorType, ...]
) -> Node | Decline:
    sizes = pairs(block)
    if sizes is None:
        return Decline("the block is known only when the model runs")
    amounts = pairs(edges)
    rest: Arg = call(".tolist", edges) if amounts is None else amounts
    return call(func, x, sizes, rest, type=out[0])


def pairs(node: Node) -> tuple[Arg, ...] | None:
    """A known list of sizes, or list of pairs of sizes, as nested tuples."""
    if isinstance(node, Sizes):
        values = tuple(node.values)
    else:
        array = array_of(node)
        if array is None:
            return None
        values = tuple(array.reshape(-1).tolist())
    if node.rank != 2:
        return values
    return tuple(values[i : i + 2] for i in range(0, len(values), 2))


@dataclass(frozen=True)
class SquareAttrs:
    block_size: int


@rules.rule("SpaceToBatch")
def space_to_batch(
    x: Node, paddings: Node, *, attrs: SquareAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    return _blocks("helper.space_to_batch", x, _square(attrs), paddings, out)


@rules.rule("BatchToSpace")
def batch_to_space(
    x: Node, crops: Node, *, attrs: SquareAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    return _blocks("helper.batch_to_space", x, _square(attrs), crops, out)


def _square(attrs: SquareAttrs) -> Node:
    return const([attrs.block_size] * 2, "int32")


@dataclass(frozen=True)
class FormatAttrs:
    src_format: str = "NHWC"
    dst_format: str = "NCHW"


@rules.rule("DataFormatDimMap")
def data_format_dim_map(
    x: Node, *, attrs: FormatAttrs, out: tuple[TensorType, ...]
) -> Node:
    """Axis numbers of one format as those of another; negative ones count too."""
    table = const([attrs.dst_format.index(a) for a in attrs.src_format], x.dtype)
    index = call("%", x, const(len(attrs.src_format), x.dtype), type=x.type)
    return call("[]", table, index, type=out[0])


@rules.rule("DataFormatVecPermute")
def data_format_vec_permute(
    x: Node, *, attrs: FormatAttrs, out: tuple[TensorType, ...]
) -> Node | Decline:
    """Entries (or rows of pairs) per axis in the other format's order."""
    if x.shape is None or not isinstance(x.shape[0], int):
        return Decline("the number of axes is not known")
    source, target = attrs.src_format, attrs.dst_format
    if x.shape[0] == len(source) - 2:  # the spatial axes alone
        source = "".join(a for a in source if a not in "NC")
        target = "".join(a for a in target if a not in "NC")
    order = tuple(source.index(a) for a in target)
    return call("[]", x, (call("list", *order),), type=out[0])
