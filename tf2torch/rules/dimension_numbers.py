"""XLA's dimension numbers: small protos that an op carries as a string attribute.

All their fields are integers or lists of integers (``xla_data.proto``), so a reader of
the wire format for those is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

Fields = dict[int, tuple[int, ...]]
VARINT, LENGTH_DELIMITED = 0, 2


def fields(attr: str | bytes) -> Fields:
    """Field number → its values, single ones as a list of one."""
    data = iter(attr.encode() if isinstance(attr, str) else attr)
    found: dict[int, list[int]] = {}
    for tag in _varints(data):
        values = found.setdefault(tag >> 3, [])
        if tag & 7 == VARINT:
            values.append(_varint(data, next(data)))
        elif tag & 7 == LENGTH_DELIMITED:
            length = _varint(data, next(data))
            values += _varints(iter([next(data) for _ in range(length)]))
        else:
            raise ValueError(f"dimension numbers have no wire type {tag & 7}")
    return {number: tuple(values) for number, values in found.items()}


def _varints(data: Iterator[int]) -> Iterator[int]:
    for first in data:
        yield _varint(data, first)


def _varint(data: Iterator[int], byte: int) -> int:
    """Seven bits a byte, the lowest first; negative numbers wrap at 64 bits."""
    value, shift = byte & 127, 7
    while byte & 128:
        byte = next(data)
        value |= (byte & 127) << shift
        shift += 7
    return value - (1 << 64) if value >> 63 else value


@dataclass(frozen=True)
class DotAxes:
    """The axes that are contracted, and those that both operands share."""

    lhs_contracted: tuple[int, ...]
    rhs_contracted: tuple[int, ...]
    lhs_batch: tuple[int, ...]
    rhs_batch: tuple[int, ...]

    @classmethod
    def read(cls, attr: str | bytes) -> DotAxes:
        found = fields(attr)
        return cls(*(found.get(i, ()) for i in (1, 2, 3, 4)))


@dataclass(frozen=True)
class ConvAxes:
    """Where batch, features and space stand in operands and result, torch's order."""

    lhs: tuple[int, ...]
    rhs: tuple[int, ...]
    out: tuple[int, ...]

    @classmethod
    def read(cls, attr: str | bytes) -> ConvAxes:
        found = fields(attr)

        def axes(first: int, second: int, space: int) -> tuple[int, ...]:
            one = (found.get(first, (0,))[0], found.get(second, (0,))[0])
            return one + found.get(space, ())

        return cls(axes(7, 8, 11), axes(4, 3, 6), axes(9, 10, 12))


@dataclass(frozen=True)
class WindowAxes:
    """Of a gather or scatter: what its index vectors and its windows mean.

    ``window``: axes of the result (the updates) that lie in a window; ``dropped``:
    axes of the operand of which a window has one element; ``mapped``: the operand's
    axis for each element of an index vector, which lies along ``vector``.
    """

    window: tuple[int, ...]
    dropped: tuple[int, ...]
    mapped: tuple[int, ...]
    vector: int
    batched: tuple[int, ...]

    @classmethod
    def read(cls, attr: str | bytes) -> WindowAxes:
        found = fields(attr)
        window, dropped, mapped = (found.get(i, ()) for i in (1, 2, 3))
        vector = found.get(4, (0,))[0]
        return cls(window, dropped, mapped, vector, found.get(5, ()))
