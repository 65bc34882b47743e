"""Plain arrays and JSON over a pipe: all that crosses between the processes.

A frame is the length of a JSON header (8 bytes, little endian), the header, and the
bytes of its arrays in order. Nothing is pickled, and a reader believes nothing that
a frame says about itself until it has checked it: one end may be hostile.
"""

from __future__ import annotations

import json
import math
from typing import Any, BinaryIO, TypeAlias

import numpy as np

Message: TypeAlias = "dict[str, Any]"
Arrays: TypeAlias = "dict[str, np.ndarray]"

HEADER_LIMIT = 64 << 20
DTYPES = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
    "float16 float32 float64 complex64 complex128".split()
)
STRINGS = "string"  # object arrays of bytes: their lengths, then their text


class WireError(Exception):
    """The other end closed the pipe, or sent what is no frame."""


def send(stream: BinaryIO, message: Message, arrays: Arrays | None = None) -> None:
    entries, payloads = [], []
    for name, array in (arrays or {}).items():
        dtype, payload = _encode(array)
        entries.append([name, dtype, list(array.shape), len(payload)])
        payloads.append(payload)
    header = json.dumps({"message": message, "arrays": entries}).encode()
    stream.write(len(header).to_bytes(8, "little") + header)
    for payload in payloads:
        stream.write(payload)
    stream.flush()


def receive(stream: BinaryIO, limit: int = 1 << 40) -> tuple[Message, Arrays]:
    """The next frame; ``limit`` bounds the bytes of its arrays."""
    size = int.from_bytes(_exactly(stream, 8), "little")
    if size > HEADER_LIMIT:
        raise WireError(f"a header of {size} bytes")
    try:
        header = json.loads(_exactly(stream, size))
        message, entries = header["message"], header["arrays"]
        checked = [_entry(*entry) for entry in entries]
    except (ValueError, TypeError, KeyError) as error:
        raise WireError(f"a malformed header ({error})") from None
    if not isinstance(message, dict) or sum(entry[3] for entry in checked) > limit:
        raise WireError(f"more than {limit} bytes in one answer")
    arrays = {}
    for name, dtype, shape, nbytes in checked:
        arrays[name] = _decode(dtype, shape, _exactly(stream, nbytes))
    return message, arrays


def _encode(array: np.ndarray) -> tuple[str, memoryview | bytes]:
    if array.dtype == object or array.dtype.kind in "SU":
        texts = [_bytes(item) for item in array.ravel().tolist()]
        lengths = np.array([len(text) for text in texts], np.int64)
        return STRINGS, lengths.tobytes() + b"".join(texts)
    if array.dtype.name not in DTYPES:
        raise WireError(f"an array of {array.dtype} cannot cross")
    flat = np.ascontiguousarray(array).reshape(-1)
    return array.dtype.name, flat.view(np.uint8).data


def _bytes(item: object) -> bytes:
    return item if isinstance(item, bytes) else str(item).encode()


def _entry(
    name: object, dtype: object, shape: list[object], nbytes: object
) -> tuple[str, str, tuple[int, ...], int]:
    if not isinstance(name, str) or dtype not in DTYPES | {STRINGS}:
        raise ValueError(f"array {name!r} of {dtype!r}")
    sizes = tuple(size for size in shape if isinstance(size, int) and size >= 0)
    if len(sizes) != len(shape) or not isinstance(nbytes, int) or nbytes < 0:
        raise ValueError(f"array {name!r} of shape {shape!r}")
    least = 8 if dtype == STRINGS else np.dtype(str(dtype)).itemsize
    exact = math.prod(sizes) * least
    if nbytes < exact or (dtype != STRINGS and nbytes != exact):
        raise ValueError(f"array {name!r} with {nbytes} bytes")
    return name, str(dtype), sizes, nbytes


def _decode(dtype: str, shape: tuple[int, ...], payload: bytearray) -> np.ndarray:
    if dtype != STRINGS:
        return np.frombuffer(payload, np.dtype(dtype)).reshape(shape)
    count = math.prod(shape)
    lengths = np.frombuffer(payload, np.int64, count)
    ends = np.cumsum(lengths) + 8 * count
    if count and (lengths.min() < 0 or ends[-1] != len(payload)):
        raise WireError("a string array with wrong lengths")
    array = np.empty(count, object)
    for index, (end, length) in enumerate(zip(ends, lengths, strict=True)):
        array[index] = bytes(payload[end - length : end])
    return array.reshape(shape)


def _exactly(stream: BinaryIO, count: int) -> bytearray:
    data = bytearray(count)
    view, got = memoryview(data), 0
    while got < count:
        read = stream.readinto(view[got:])  # type: ignore[attr-defined]
        if not read:
            raise WireError("the pipe was closed")
        got += read
    return data
