"""Bytes and text formats: base64, raw numbers, CSV, JSON examples, compression."""

import base64
import csv
import gzip
import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tf2torch.rules.helpers.strings import each, string_to_number


def encode_base64(strings: np.ndarray, pad: bool = False) -> np.ndarray:
    """Web-safe base64, with or without trailing ``=``."""

    def encode(string: bytes) -> bytes:
        text = base64.urlsafe_b64encode(string)
        return text if pad else text.rstrip(b"=")

    return each(encode, strings)


def decode_base64(strings: np.ndarray) -> np.ndarray:
    """Web-safe base64, padded or not."""

    def decode(text: bytes) -> bytes:
        if text.strip(b"=") and set(text) & set(b"+/"):
            raise ValueError(f"not web-safe base64: {text!r}")
        whole = text if text.endswith(b"=") else text + b"=" * (-len(text) % 4)
        return base64.b64decode(whole, altchars=b"-_", validate=True)

    return each(decode, strings)


def decode_raw(
    strings: np.ndarray, dtype: torch.dtype, big_endian: bool = False
) -> Tensor:
    """The bytes of equally long strings as numbers, along a new last axis."""
    array = np.asarray(strings, dtype=object)
    if not array.size:
        return torch.zeros(*array.shape, 0, dtype=dtype)
    sizes = {len(string) for string in array.ravel()}
    if len(sizes) > 1 or sizes.pop() % dtype.itemsize:
        raise ValueError("the strings are not of one length in whole numbers")
    raw = np.frombuffer(b"".join(array.ravel()), np.uint8)
    if big_endian:
        raw = raw.reshape(-1, dtype.itemsize)[:, ::-1]
    flat = torch.from_numpy(raw.copy().reshape(-1))
    return (
        flat.view(dtype).reshape(*array.shape, -1)
        if len(flat)
        else flat.reshape(*array.shape, 0).to(dtype)
    )


def decode_padded_raw(
    strings: np.ndarray, length: int | Tensor, dtype: torch.dtype, big_endian: bool
) -> Tensor:
    """``decode_raw`` of strings cut, or filled with zeros, to ``length`` bytes."""
    size = int(length)
    padded = each(lambda s: s[:size].ljust(size, b"\0"), strings)
    return decode_raw(padded, dtype, big_endian)


def decode_csv(
    records: np.ndarray,
    dtypes: Sequence[torch.dtype | None],
    defaults: Sequence[Any],
    delimiter: str = ",",
    quoted: bool = True,
    missing: bytes = b"",
    columns: Sequence[int] = (),
) -> list[Tensor | np.ndarray]:
    """One result per column; dtype None is a string.

    An empty field, or one equal to ``missing``, takes its default; None as a default
    means that the field is required. ``columns`` selects some of them.
    """
    array = np.asarray(records, dtype=object)
    lines = (record.decode("latin-1") for record in array.ravel())
    rows = [
        next(
            csv.reader(
                [line],
                delimiter=delimiter,
                quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
                strict=True,
            )
        )
        for line in lines
    ]
    places = list(columns) or list(range(len(dtypes)))
    if any(
        len(row) <= places[-1] or not columns and len(row) != len(places)
        for row in rows
    ):
        raise ValueError(f"a record does not have {len(places)} fields")
    made = []
    for place, dtype, default in zip(places, dtypes, defaults, strict=True):
        fields = [row[place].encode("latin-1") for row in rows]
        made.append(_csv_column(fields, dtype, default, missing, array.shape))
    return made


def _csv_column(
    fields: list[bytes],
    dtype: torch.dtype | None,
    default: Any,
    missing: bytes,
    shape: tuple[int, ...],
) -> Tensor | np.ndarray:
    absent = [not field or field == missing for field in fields]
    if default is None and any(absent):
        raise ValueError("a required field is missing")
    if dtype is None:
        found = [default if a else f for a, f in zip(absent, fields, strict=True)]
        return np.fromiter(found, object, len(found)).reshape(shape)
    texts = [b"0" if a else f for a, f in zip(absent, fields, strict=True)]
    numbers = string_to_number(np.array(texts, dtype=object), dtype)
    if any(absent):
        numbers = numbers.masked_fill(torch.tensor(absent), default)
    return numbers.reshape(shape)


def decode_json_examples(strings: np.ndarray) -> np.ndarray:
    """tf.Example protos written as JSON, in the wire format."""
    return each(lambda text: _json_example(json.loads(text)), strings)


def _json_example(example: dict[str, Any]) -> bytes:
    entries = example.get("features", {}).get("feature", {})
    made = b"".join(
        _wire(1, _wire(1, name.encode()) + _wire(2, _json_feature(feature)))
        for name, feature in entries.items()
    )
    return _wire(1, made) if "features" in example else b""


def _json_feature(feature: dict[str, Any]) -> bytes:
    for number, names in enumerate(
        (
            ("bytesList", "bytes_list"),
            ("floatList", "float_list"),
            ("int64List", "int64_list"),
        ),
        1,
    ):
        for name in names:
            if name in feature:
                return _wire(number, _json_list(number, feature[name].get("value", [])))
    return b""


def _json_list(number: int, values: list[Any]) -> bytes:
    if number == 1:
        decoded = (v.replace("-", "+").replace("_", "/") for v in values)
        items = (base64.b64decode(v + "=" * (-len(v) % 4)) for v in decoded)
        return b"".join(_wire(1, item) for item in items)
    if not values:
        return b""
    if number == 2:
        return _wire(1, struct.pack(f"<{len(values)}f", *map(float, values)))
    return _wire(1, b"".join(_wire_number(int(v) & (1 << 64) - 1) for v in values))


def _wire(field: int, content: bytes) -> bytes:
    """A field of bytes in the wire format of protobuf."""
    return _wire_number(field << 3 | 2) + _wire_number(len(content)) + content


def _wire_number(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])


def decompress(strings: np.ndarray, kind: str) -> np.ndarray:
    """``ZLIB`` or ``GZIP``."""
    return each(zlib.decompress if kind == "ZLIB" else gzip.decompress, strings)
