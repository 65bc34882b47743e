"""String tensors: numpy object arrays of bytes, and what is done to each element."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor


def as_bytes_array(strings: np.ndarray | Sequence[Any] | str | bytes) -> np.ndarray:
    """Any nest of ``str`` and ``bytes`` as an object array of bytes (UTF-8)."""
    array = np.asarray(strings, dtype=object)
    return each(lambda s: s.encode() if isinstance(s, str) else bytes(s), array)


def each(function: Callable[[Any], object], strings: np.ndarray) -> np.ndarray:
    """``function`` of every element, in the shape of ``strings``."""
    array = np.asarray(strings, dtype=object)
    done = np.fromiter(map(function, array.ravel()), object, array.size)
    return done.reshape(array.shape)


def string_lower(strings: np.ndarray, encoding: str = "") -> np.ndarray:
    """Lower case of ASCII letters, or of all letters with ``encoding="utf-8"``."""
    if not encoding:
        return each(bytes.lower, strings)
    return each(lambda s: s.decode("utf-8", "replace").lower().encode(), strings)


def string_upper(strings: np.ndarray, encoding: str = "") -> np.ndarray:
    """Upper case of ASCII letters, or of all letters with ``encoding="utf-8"``."""
    if not encoding:
        return each(bytes.upper, strings)
    return each(lambda s: s.decode("utf-8", "replace").upper().encode(), strings)


def string_strip(strings: np.ndarray) -> np.ndarray:
    """Without ASCII whitespace at both ends."""
    return each(bytes.strip, strings)


def string_length(strings: np.ndarray, unit: str = "BYTE") -> Tensor:
    """Bytes, or UTF-8 characters, of each string (int32)."""
    if unit == "BYTE":
        lengths = each(len, strings)
    else:
        lengths = each(lambda s: sum(byte & 0xC0 != 0x80 for byte in s), strings)
    return torch.from_numpy(np.asarray(lengths, dtype=np.int32))


def strings_equal(x: np.ndarray, y: np.ndarray) -> Tensor:
    """Elementwise ``x == y`` with broadcasting."""
    same = np.equal(np.asarray(x, dtype=object), np.asarray(y, dtype=object))
    return torch.from_numpy(np.asarray(same, dtype=bool))


def string_join(parts: Sequence[np.ndarray], separator: bytes = b"") -> np.ndarray:
    """Elementwise join; a scalar part is repeated."""
    arrays = np.broadcast_arrays(*(np.asarray(p, dtype=object) for p in parts))
    rows = zip(*(a.ravel() for a in arrays), strict=True)
    joined = np.fromiter(map(separator.join, rows), object, arrays[0].size)
    return joined.reshape(arrays[0].shape)


def reduce_join(
    strings: np.ndarray,
    axes: tuple[int, ...],
    keepdim: bool = False,
    separator: bytes = b"",
) -> np.ndarray:
    """Join the elements along ``axes``, the first named axis varying fastest."""
    array = np.asarray(strings, dtype=object)
    axes = tuple(axis % array.ndim for axis in axes)
    kept = [axis for axis in range(array.ndim) if axis not in axes]
    shape = [array.shape[axis] for axis in kept]
    size = int(np.prod([array.shape[axis] for axis in axes]))
    rows = array.transpose(*kept, *reversed(axes)).reshape(int(np.prod(shape)), size)
    joined = np.fromiter(map(separator.join, rows), object, len(rows)).reshape(shape)
    return np.expand_dims(joined, axes) if keepdim else joined


def segment_join(
    strings: np.ndarray, segments: Tensor, count: int, separator: bytes = b""
) -> np.ndarray:
    """Join the strings of each segment along the axes that ``segments`` has.

    As in TensorFlow, no separator follows what is still empty.
    """
    ids = segments.cpu().numpy()
    width = int(np.prod(np.shape(strings)[ids.ndim :]))
    rows = np.asarray(strings, dtype=object).reshape(ids.size, width)
    joined = np.full((count, width), b"", dtype=object)
    for segment, row in zip(ids.ravel(), rows, strict=True):
        for column, string in enumerate(row):
            before = joined[segment, column]
            joined[segment, column] = before + separator + string if before else string
    return joined.reshape(count, *np.shape(strings)[ids.ndim :])


def substr(
    strings: np.ndarray, start: Tensor | int, length: Tensor | int, unit: str = "BYTE"
) -> np.ndarray:
    """``length`` bytes (or UTF-8 characters) of each string from ``start``.

    A negative start counts from the end; one outside of the string is an error.
    """
    array, starts, lengths = np.broadcast_arrays(
        np.asarray(strings, dtype=object), np.asarray(start), np.asarray(length)
    )
    cut = _cut_bytes if unit == "BYTE" else _cut_characters
    rows = zip(array.ravel(), starts.ravel(), lengths.ravel(), strict=True)
    parts = np.fromiter((cut(*row) for row in rows), object, array.size)
    return parts.reshape(array.shape)


def _cut_bytes(string: bytes, start: int, length: int) -> bytes:
    """Up to the end when ``length`` is negative."""
    first = _first(string, start, len(string))
    return string[first : first + length if length >= 0 else None]


def _cut_characters(string: bytes, start: int, length: int) -> bytes:
    edges = [0] * (len(string) > 0)
    edges += [i for i, byte in enumerate(string) if i and byte & 0xC0 != 0x80]
    first = _first(string, start, len(edges))
    edges.append(len(string))
    return string[edges[first] : edges[min(first + max(length, 0), len(edges) - 1)]]


def _first(string: bytes, start: int, size: int) -> int:
    if not -size <= start <= size:
        raise ValueError(f"position {start} is outside of {string!r}")
    return start + size if start < 0 else start


_LIMITS = {
    torch.int32: (-(2**31), 2**31 - 1),
    torch.int64: (-(2**63), 2**63 - 1),
    torch.uint32: (0, 2**32 - 1),
    torch.uint64: (0, 2**64 - 1),
}


def string_to_number(strings: np.ndarray, dtype: torch.dtype = torch.float32) -> Tensor:
    """Parse numbers; whitespace around them is ignored, anything else an error."""
    array = np.asarray(strings, dtype=object)
    parse = _integer if dtype in _LIMITS else _real
    numbers = [parse(string, dtype) for string in array.ravel()]
    return torch.tensor(numbers, dtype=dtype).reshape(array.shape)


def _integer(string: bytes, dtype: torch.dtype) -> int:
    low, high = _LIMITS[dtype]
    if b"_" in string or not low <= int(string) <= high:
        raise ValueError(f"not a {dtype}: {string!r}")
    return int(string)


def _real(string: bytes, dtype: torch.dtype) -> float:
    if b"_" in string:
        raise ValueError(f"not a {dtype}: {string!r}")
    if b"0x" in string.lower():
        return float.fromhex(string.decode())
    return float(string)


def as_string(numbers: Tensor, template: str) -> np.ndarray:
    """Each number through a printf ``template`` such as ``%.3f`` or ``%5d``."""
    array = numbers.detach().cpu()
    if array.dtype == torch.bfloat16:
        array = array.float()
    return each(lambda n: _printf(template, n), array.numpy().astype(object))


def _printf(template: str, number: int | float | complex) -> bytes:
    """C's printf, which pads no infinity with zeros and writes the sign of a NaN."""
    if isinstance(number, complex):
        parts = _printf(template, number.real), _printf(template, number.imag)
        return b"(%s,%s)" % parts
    if np.isfinite(number):
        return (template % number).encode()
    sign = np.copysign(1.0, number)
    text = template.replace("%0", "%") % (sign * np.inf)
    return (text.replace("inf", "nan") if np.isnan(number) else text).encode()


def bool_as_string(values: Tensor) -> np.ndarray:
    """``true`` and ``false``."""
    array = values.cpu().numpy().astype(object)
    return each(lambda value: b"true" if value else b"false", array)


def pad_string(strings: np.ndarray, width: int) -> np.ndarray:
    """Padded with spaces to ``width``: on the left, or on the right when negative."""
    return each(lambda s: s.ljust(-width) if width < 0 else s.rjust(width), strings)
