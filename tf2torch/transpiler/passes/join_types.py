"""One type for what is one value or another: branches, turns of a loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tf2torch.ir.types import Dim, ListType, TensorType
from tf2torch.transpiler.passes.list_types import joined_lists


def joined_type(types: Iterable[TensorType], new_size: Callable[[], Dim]) -> TensorType:
    """The type that covers all of ``types``; sizes that differ become new ones."""
    first, *rest = types
    if isinstance(first, ListType):
        for other in rest:
            if isinstance(other, ListType):
                first = joined_lists(first, other, new_size)
        return first
    shape = first.shape
    for other in rest:
        if shape is None or other.shape is None or len(shape) != len(other.shape):
            return first.with_shape(None)
        shape = tuple(
            a if a == b else new_size() for a, b in zip(shape, other.shape, strict=True)
        )
    return first.with_shape(shape)


def settled(joined: TensorType, before: TensorType, own: set[Dim]) -> bool:
    """Did joining change nothing but sizes that are free to change?"""
    if isinstance(joined, ListType) and isinstance(before, ListType):
        if joined.length != before.length:
            return False
        after = known_sizes(joined)
        joined, before = TensorType("", after), TensorType("", known_sizes(before))
    if joined.shape is None or before.shape is None:
        return joined.shape == before.shape
    if len(joined.shape) != len(before.shape):
        return False
    return all(
        new == old or old in own
        for new, old in zip(joined.shape, before.shape, strict=True)
    )


def known_sizes(type: TensorType) -> tuple[Dim, ...]:
    """Known sizes of a tensor, or of the elements of a list."""
    if isinstance(type, ListType):
        return tuple(-1 if size is None else size for size in type.element or ())
    return type.shape or ()
