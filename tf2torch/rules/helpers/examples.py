"""tf.Example protos without TensorFlow: the wire format, and features as tensors."""

import struct
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

# Feature name → its values: bytes, floats or integers, with the name of the kind.
Example = dict[bytes, tuple[str, list[Any]]]
_KINDS = {1: "bytes", 2: "float", 3: "int64"}


def proto_fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """(field number, value) of a protobuf message, in order."""
    at = 0
    value: int | bytes
    while at < len(message):
        tag, at = _varint(message, at)
        match tag & 7:
            case 0:
                value, at = _varint(message, at)
            case 1:
                value, at = message[at : at + 8], at + 8
            case 2:
                size, at = _varint(message, at)
                value, at = message[at : at + size], at + size
            case 5:
                value, at = message[at : at + 4], at + 4
            case wire:
                raise ValueError(f"malformed proto: wire type {wire}")
        if at > len(message):
            raise ValueError("malformed proto: it ends within a field")
        yield tag >> 3, value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(message) and shift < 70:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError("malformed proto: a number does not end")


def _feature(message: bytes) -> tuple[str, list[Any]]:
    """(kind, values); the kind is "" when none is set."""
    kind = ""
    values: list[Any] = []
    for number, content in proto_fields(message):
        if number in _KINDS and isinstance(content, bytes):
            values = values if kind == _KINDS[number] else []
            kind = _KINDS[number]
            for field, item in proto_fields(content):
                if field == 1:
                    values += _items(kind, item)
    return kind, values


def _items(kind: str, item: Any) -> list[Any]:
    """Repeated numbers come packed or one by one."""
    if kind == "bytes":
        return [item]
    if kind == "float":
        return list(struct.unpack(f"<{len(item) // 4}f", item))
    if isinstance(item, int):
        return [_signed(item)]
    found, at = [], 0
    while at < len(item):
        value, at = _varint(item, at)
        found.append(_signed(value))
    return found


def _signed(value: int) -> int:
    value &= 0xFFFFFFFFFFFFFFFF
    return value - (1 << 64) if value >> 63 else value


def _map_entries(message: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The entries of field 1, which is a map."""
    for number, entry in proto_fields(message):
        if number == 1:
            pair = dict(proto_fields(entry))
            yield pair.get(1, b""), pair.get(2, b"")


def _features(message: bytes) -> Example:
    made = {key: _feature(value) for key, value in _map_entries(message)}
    return {key: feature for key, feature in made.items() if feature[0]}


def parse_examples(serialized: np.ndarray) -> list[Example]:
    """The features of every serialized tf.Example."""
    return [_merged(proto, 1) for proto in np.asarray(serialized, object).ravel()]


def _merged(proto: bytes, field: int) -> Example:
    """The features in ``field`` of a message; the last of a name wins."""
    made: Example = {}
    for number, content in proto_fields(proto):
        if number == field:
            made |= _features(content)
    return made


def _values(example: Example, key: bytes, kind: str) -> list[Any] | None:
    if key not in example:
        return None
    found, values = example[key]
    if found != kind:
        raise ValueError(f"feature {key!r} holds {found}, not {kind}")
    return values


_DTYPES = {"float": torch.float32, "int64": torch.int64}


def as_values(
    values: list[Any], kind: str, shape: Sequence[int]
) -> Tensor | np.ndarray:
    """A list of values as a tensor, or as an array of strings."""
    if kind == "bytes":
        return np.fromiter(values, object, len(values)).reshape(shape)
    return torch.tensor(values, dtype=_DTYPES[kind]).reshape(tuple(shape))


def dense_feature(
    examples: list[Example],
    key: bytes,
    kind: str,
    shape: tuple[int, ...] = (),
    default: object = None,
) -> Tensor | np.ndarray:
    """A feature of fixed ``shape``; without ``default`` every example must have it."""
    size = int(np.prod(shape))
    fill = list(default) if isinstance(default, tuple) else [default] * size
    rows: list[Any] = []
    for example in examples:
        row = _values(example, key, kind)
        if row is None and default is None:
            raise ValueError(f"feature {key!r} is required but missing")
        row = fill if row is None else row
        if len(row) != size:
            raise ValueError(f"feature {key!r} has {len(row)} values, not {size}")
        rows += row
    return as_values(rows, kind, (len(examples), *shape))


def padded_feature(
    examples: list[Example],
    key: bytes,
    kind: str,
    inner: tuple[int, ...] = (),
    default: object = 0,
) -> Tensor | np.ndarray:
    """A feature of varying length, padded with ``default`` to the longest."""
    size = int(np.prod(inner))
    rows = [_values(example, key, kind) or [] for example in examples]
    if any(len(row) % size for row in rows):
        raise ValueError(f"feature {key!r} does not fill rows of {size}")
    longest = max((len(row) // size for row in rows), default=0)
    flat = [v for r in rows for v in [*r, *[default] * (longest * size - len(r))]]
    return as_values(flat, kind, (len(rows), longest, *inner))


def sparse_feature(
    examples: list[Example], key: bytes, kind: str
) -> tuple[Tensor, Tensor | np.ndarray, Tensor]:
    """A feature of varying length as a sparse matrix: indices, values, shape."""
    rows = [_values(example, key, kind) or [] for example in examples]
    places = [(r, c) for r, row in enumerate(rows) for c in range(len(row))]
    flat = [value for row in rows for value in row]
    shape = torch.tensor([len(rows), max(map(len, rows), default=0)])
    indices = torch.tensor(places, dtype=torch.int64).reshape(-1, 2)
    return indices, as_values(flat, kind, (len(flat),)), shape


def ragged_feature(
    examples: list[Example], key: bytes, kind: str
) -> tuple[Tensor | np.ndarray, Tensor]:
    """A feature of varying length as a ragged matrix: values, row splits."""
    rows = [_values(example, key, kind) or [] for example in examples]
    flat = [value for row in rows for value in row]
    splits = np.cumsum([0, *map(len, rows)])
    return as_values(flat, kind, (len(flat),)), torch.from_numpy(splits)
