"""Tensor lists: a Python list of tensors, never changed in place.

A list made from a tensor is that tensor: indexing and ``len`` mean the same. Passes
write the common loops with ``append``; TensorArrays and Stacks of TF1 arrive as lists.
"""

from __future__ import annotations

from dataclasses import dataclass

from tf2torch.ir.build import call, sizes_of
from tf2torch.ir.nodes import Arg, DType, Node, Slice
from tf2torch.ir.types import HANDLES, TensorType, is_static
from tf2torch.rules.elements import elements_of, sizes_arg
from tf2torch.rules.ruleset import RuleSet

rules = RuleSet("control")
LIST = TensorType("variant", ())


def is_tensor(items: Node) -> bool:
    """Was this list made from a tensor and never changed?"""
    return items.dtype not in HANDLES


def number(node: Node) -> Arg:
    """A rank-0 integer tensor as a Python int."""
    known = sizes_of(node)
    return call("int", node) if known is None else known[0]


# --- making lists ----------------------------------------------------------------


@rules.rule("TensorListReserve")
def tensor_list_reserve(element_shape: Node, num_elements: Node) -> Node:
    empty = call("list", None, type=LIST)
    return call("*", empty, number(num_elements), type=LIST)


@rules.rule("EmptyTensorList")
def empty_tensor_list(element_shape: Node, max_num_elements: Node) -> Node:
    return call("list", type=LIST)


@rules.rule("TensorListFromTensor")
def tensor_list_from_tensor(tensor: Node, element_shape: Node) -> Node:
    return tensor


@rules.rule("TensorListSplit")
def tensor_list_split(tensor: Node, element_shape: Node, lengths: Node) -> Node:
    return call(".split", tensor, sizes_arg(lengths), type=LIST)


@rules.rule("TensorListScatter")
def tensor_list_scatter(tensor: Node, indices: Node, element_shape: Node) -> Node:
    empty = call("list", type=LIST)
    return call("helper.scattered", empty, tensor, indices, type=LIST)


@rules.rule("TensorListScatterV2")
def tensor_list_scatter_v2(
    tensor: Node, indices: Node, element_shape: Node, num_elements: Node
) -> Node:
    count = sizes_of(num_elements)
    if count is not None and count[0] == -1:
        return tensor_list_scatter(tensor, indices, element_shape)
    empty = tensor_list_reserve(element_shape, num_elements)
    return call("helper.scattered", empty, tensor, indices, type=LIST)


@rules.rule("TensorListScatterIntoExistingList")
def tensor_list_scatter_into_existing_list(
    items: Node, tensor: Node, indices: Node
) -> Node:
    return call("helper.scattered", items, tensor, indices, type=LIST)


# --- changing lists --------------------------------------------------------------


@dataclass(frozen=True)
class SetItemAttrs:
    resize_if_index_out_of_bounds: bool = False


@rules.rule("TensorListSetItem")
def tensor_list_set_item(
    items: Node, index: Node, item: Node, *, attrs: SetItemAttrs
) -> Node:
    return call("helper.with_item", items, index, item, type=LIST)


@rules.rule("TensorListPushBack")
def tensor_list_push_back(items: Node, item: Node) -> Node:
    return call("helper.appended", items, item, type=LIST)


@rules.rule("TensorListPopBack")
def tensor_list_pop_back(
    items: Node, element_shape: Node, *, out: tuple[TensorType, ...]
) -> tuple[Node, ...]:
    rest = call("[]", items, Slice(None, -1), type=LIST)
    return rest, call("[]", items, -1, type=out[1])


@rules.rule("TensorListConcatLists")
def tensor_list_concat_lists(first: Node, second: Node) -> Node:
    return call("helper.joined", first, second, type=LIST)


@rules.rule("TensorListResize")
def tensor_list_resize(items: Node, size: Node) -> Node:
    return call("helper.resized", items, number(size), type=LIST)


# --- reading lists ---------------------------------------------------------------


@rules.rule("TensorListGetItem")
def tensor_list_get_item(
    items: Node, index: Node, element_shape: Node, *, out: tuple[TensorType, ...]
) -> Node:
    return call("[]", items, index, type=out[0])


@rules.rule("TensorListLength")
def tensor_list_length(items: Node) -> Node:
    return call("torch.tensor", call("len", items), dtype=DType("int32"))


@rules.rule("TensorListElementShape")
def tensor_list_element_shape(items: Node, *, out: tuple[TensorType, ...]) -> Node:
    first = call("[]", items, 0)
    return call("torch.tensor", call("@shape", first), dtype=DType(out[0].dtype))


@dataclass(frozen=True)
class StackAttrs:
    num_elements: int = -1


@rules.rule("TensorListStack")
def tensor_list_stack(
    items: Node,
    element_shape: Node,
    *,
    attrs: StackAttrs,
    out: tuple[TensorType, ...],
) -> Node:
    if is_tensor(items):
        return items
    if out[0].dtype in HANDLES:
        return call(".copy", items, type=out[0])
    sizes = element_sizes(element_shape, out[0])
    if sizes is None:
        return call("helper.stacked", items, type=out[0])
    dtype = DType(out[0].dtype)
    return call("helper.stacked_as", items, sizes, dtype, type=out[0])


def element_sizes(element_shape: Node, stacked: TensorType) -> tuple[Arg, ...] | None:
    """The sizes of an element where all of them are known as ints."""
    if stacked.shape is not None and all(map(is_static, stacked.shape[1:])):
        return stacked.shape[1:]
    sizes = elements_of(element_shape)
    if sizes is None or any(not isinstance(s, int) or s < 0 for s in sizes):
        return None
    return sizes


@rules.rule("TensorListGather")
def tensor_list_gather(
    items: Node, indices: Node, element_shape: Node, *, out: tuple[TensorType, ...]
) -> Node:
    if is_tensor(items):
        return call("[]", items, indices, type=out[0])
    return call("helper.gathered", items, indices, type=out[0])


@dataclass(frozen=True)
class ConcatAttrs:
    element_shape: object = None


@rules.rule("TensorListConcat")
def tensor_list_concat(
    items: Node, *, attrs: ConcatAttrs, out: tuple[TensorType, ...]
) -> tuple[Node, ...]:
    return _concat(items, out)


@rules.rule("TensorListConcatV2")
def tensor_list_concat_v2(
    items: Node,
    element_shape: Node,
    leading_dims: Node,
    *,
    out: tuple[TensorType, ...],
) -> tuple[Node, ...]:
    return _concat(items, out)


def _concat(items: Node, out: tuple[TensorType, ...]) -> tuple[Node, ...]:
    """The elements one after the other along their first axis, and their lengths."""
    joined: Arg = items
    if is_tensor(items):
        joined = call(".unbind", items, type=LIST)
    lengths = call("helper.lengths", items, type=out[1])
    return call("torch.cat", joined, type=out[0]), lengths
