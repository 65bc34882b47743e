"""What TensorLists hold, which TensorFlow's shape functions do not tell.

    TensorListFromTensor(f32[7, batch, 3])   ->   a list of 7 f32[batch, 3]
    TensorListGetItem(that list, i)          ->   f32[batch, 3]

A size that only the elements know (``element_shape`` says -1) is None until one is
put into the list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from tf2torch.ir.build import array_of, ints_of, sizes_of
from tf2torch.ir.nodes import Node, Op
from tf2torch.ir.types import Dim, ListType, Shape, TensorType, dim

Element: TypeAlias = "tuple[Dim | None, ...] | None"
NewSize = Callable[[], Dim]
VARIANT = "variant"


def list_types(node: Op, new_size: NewSize) -> tuple[TensorType, ...] | None:
    """The types of the results of an op on TensorLists; None for all other ops."""
    if node.op in SAME and isinstance(node.inputs[0].type, ListType):
        return (node.inputs[0].type,)
    rule = LIST_OPS.get(node.op)
    return None if rule is None else rule(node, new_size)


def joined_lists(first: ListType, other: ListType, new_size: NewSize) -> ListType:
    """The type of a list that is one or the other."""
    length = first.length if first.length == other.length else None
    if first.element is None or other.element is None:
        return replace(first, element=first.element or other.element, length=length)
    if len(first.element) != len(other.element):
        return replace(first, element=None, length=length)
    element = tuple(
        _joined_size(a, b, new_size)
        for a, b in zip(first.element, other.element, strict=True)
    )
    return replace(first, element=element, length=length)


def _joined_size(a: Dim | None, b: Dim | None, new_size: NewSize) -> Dim | None:
    if a is None or b is None or a == b:
        return b if a is None else a
    return new_size()


def _list(node: Node) -> ListType:
    type = node.type
    return type if isinstance(type, ListType) else ListType(VARIANT)


def _declared(element_shape: Node) -> Element:
    """What an ``element_shape`` operand says; -1 is None, a scalar -1 no rank."""
    sizes = sizes_of(element_shape)
    if sizes is None or element_shape.rank == 0:
        return None
    return tuple(None if s == -1 else s for s in sizes)


def _with(items: ListType, element: Shape | None) -> ListType:
    """``items`` after an element of shape ``element`` was put into it."""
    if element is None:
        return items
    if items.element is None or len(items.element) != len(element):
        return replace(items, element=element)
    sizes = zip(items.element, element, strict=True)
    return replace(items, element=tuple(b if a is None else a for a, b in sizes))


def _shape(items: ListType, declared: Element, new_size: NewSize) -> Shape | None:
    """The shape of an element that is read."""
    element = items.element if items.element is not None else declared
    if element is None:
        return None
    if declared is None or len(declared) != len(element):
        declared = (None,) * len(element)
    known = (d if e is None else e for e, d in zip(element, declared, strict=True))
    return tuple(new_size() if size is None else size for size in known)


def _one(node: Node) -> Dim | None:
    sizes = sizes_of(node)
    return sizes[0] if sizes else None


def _reserve(node: Op, new_size: NewSize) -> tuple[TensorType, ...]:
    shape, count = node.inputs
    return (ListType(VARIANT, element=_declared(shape), length=_one(count)),)


def _empty(node: Op, new_size: NewSize) -> tuple[TensorType, ...]:
    return (ListType(VARIANT, element=_declared(node.inputs[0]), length=0),)


def _from_tensor(node: Op, new_size: NewSize) -> tuple[TensorType, ...]:
    shape = node.inputs[0].shape
    if not shape:
        return (ListType(VARIANT),)
    return (ListType(VARIANT, element=shape[1:], length=shape[0]),)


def _split(node: Op, new_size: NewSize) -> tuple[TensorType, ...]:
    shape, lengths = node.inputs[0].shape, ints_of(node.inputs[2])
    count = node.inputs[2].shape[0] if node.inputs[2].shape else None
    if not shape:
        return (ListType(VARIANT, length=count),)
    same = lengths is not None and len(set(lengths)) == 1
    first: Dim = lengths[0] if same and lengths else new_size()
    return (ListType(VARIANT, element=(first, *shape[1:]), length=count),)


def _scatter(node: Op, new_size: NewSize) -> tuple[TensorType, ...]:
    shape = node.inputs[0].shape
    count = _one(node.inputs[3]) if len(node.inputs) > 3 else None
    if count is None or count == -1:
        found = array_of(node.inputs[1])
        count = int(found.max()) + 1 if found is not None and found.size else None
    element = shape[1:] if shape else None
    return (ListType(VARIANT, element=element, length=count),)


def _scatter_into(node: Op, new_size: NewSize) -> tuple[TensorType, ...]:
    shape = node.inputs[1].shape
    return (_with(_list(node.inputs[0]), shape[1:] if shape else None),)


def _set_item(node: Op, new_size: NewSize) -> tuple[TensorType, ...]:
    made = _with(_list(node.inputs[0]), node.inputs[2].shape)
    if node.attrs.get("resize_if_index_out_of_bounds"):
        made = replace(made, length=None)
    return (made,)


def _push_back(node: Op, new_size: NewSize) -> tuple[TensorType, ...]:
    made = _with(_list(node.inputs[0]), node.inputs[1].shape)
    return (
        replace(made, length=None if made.length is None else dim(made.length + 1)),
    )


def _pop_back(node: Op, new_size: NewSize) -> tuple[TensorType, ...]:
    items = _list(node.inputs[0])
    rest = replace(
        items, length=None if items.length is None else dim(items.length - 1)
    )
    shape = _shape(items, _declared(node.inputs[1]), new_size)
    return rest, node.types[1].with_shape(shape)


def _get_item(node: Op, new_size: NewSize) -> tuple[TensorType, ...]:
    items, declared = _list(node.inputs[0]), _declared(node.inputs[2])
    return (node.type.with_shape(_shape(items, declared, new_size)),)


def _stack(node: Op, new_size: NewSize) -> tuple[TensorType, ...]:
    items, declared = _list(node.inputs[0]), _declared(node.inputs[1])
    shape = _shape(items, declared, new_size)
    if shape is None:
        return (node.type.with_shape(None),)
    count = node.attrs.get("num_elements", -1)
    length = items.length
    if length is None:
        length = count if isinstance(count, int) and count >= 0 else new_size()
    return (node.type.with_shape((length, *shape)),)


def _gather(node: Op, new_size: NewSize) -> tuple[TensorType, ...]:
    items, declared = _list(node.inputs[0]), _declared(node.inputs[2])
    shape, rows = _shape(items, declared, new_size), node.inputs[1].shape
    known = shape is not None and rows is not None
    return (node.type.with_shape((*rows, *shape) if known else None),)  # type: ignore[misc]


def _concat(node: Op, new_size: NewSize) -> tuple[TensorType, ...]:
    items = _list(node.inputs[0])
    declared: Element = None
    if len(node.inputs) > 1:
        declared = _declared(node.inputs[1])
    shape = _shape(items, declared, new_size)
    whole = (new_size(), *shape[1:]) if shape else None
    count = items.length if items.length is not None else new_size()
    return node.types[0].with_shape(whole), node.types[1].with_shape((count,))


def _joined(node: Op, new_size: NewSize) -> tuple[TensorType, ...]:
    first, second = _list(node.inputs[0]), _list(node.inputs[1])
    both = joined_lists(first, second, new_size)
    length: Dim | None = None
    if first.length is not None and second.length is not None:
        length = dim(first.length + second.length)
    return (replace(both, length=length),)


def _resize(node: Op, new_size: NewSize) -> tuple[TensorType, ...]:
    return (replace(_list(node.inputs[0]), length=_one(node.inputs[1])),)


SAME = frozenset({"Identity", "ZerosLike"})
LIST_OPS: dict[str, Callable[[Op, NewSize], tuple[TensorType, ...]]] = {
    "TensorListReserve": _reserve,
    "EmptyTensorList": _empty,
    "TensorListFromTensor": _from_tensor,
    "TensorListSplit": _split,
    "TensorListScatter": _scatter,
    "TensorListScatterV2": _scatter,
    "TensorListScatterIntoExistingList": _scatter_into,
    "TensorListSetItem": _set_item,
    "TensorListPushBack": _push_back,
    "TensorListPopBack": _pop_back,
    "TensorListGetItem": _get_item,
    "TensorListStack": _stack,
    "TensorListGather": _gather,
    "TensorListConcat": _concat,
    "TensorListConcatV2": _concat,
    "TensorListConcatLists": _joined,
    "TensorListResize": _resize,
}
