"""TensorProto messages without TensorFlow."""

import struct
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tf2torch.rules.helpers.examples import _signed, _varint, proto_fields

# Field of the values that are not raw bytes → how one is unpacked ("" is a varint).
_TYPED_FIELDS = {5: "<f", 6: "<d", 7: "", 10: "", 11: "", 13: "", 16: "", 17: ""}


def parse_tensor(
    serialized: np.ndarray, dtype: torch.dtype | None
) -> Tensor | np.ndarray:
    """The tensor of a serialized TensorProto; dtype None is strings."""
    raw, strings, numbers, shape = None, [], [], []
    for field, content in proto_fields(np.asarray(serialized, object).item()):
        if field == 2:
            shape = [_dimension(d) for n, d in proto_fields(content) if n == 2]
        elif field == 4:
            raw = content
        elif field == 8:
            strings.append(content)
        elif field in _TYPED_FIELDS:
            numbers += _unpacked(content, _TYPED_FIELDS[field])
    if dtype is None:
        strings = strings or _packed_strings(raw or b"", int(np.prod(shape)))
        strings += strings[-1:] * (int(np.prod(shape)) - len(strings))
        return np.fromiter(strings, object, len(strings)).reshape(shape)
    if raw:
        return torch.frombuffer(bytearray(raw), dtype=dtype).reshape(shape)
    return _filled(numbers, dtype, shape)


def _packed_strings(raw: bytes, count: int) -> list[bytes]:
    """Strings behind their lengths."""
    lengths: list[int] = []
    at = 0
    while raw and len(lengths) < count:
        length, at = _varint(raw, at)
        lengths.append(length)
    found = []
    for length in lengths:
        found.append(raw[at : at + length])
        at += length
    return found


def _dimension(message: bytes) -> int:
    return _signed(int(dict(proto_fields(message)).get(1, 0)))


def _unpacked(content: int | bytes, form: str) -> list[Any]:
    if isinstance(content, int):
        return [_signed(content)]
    if form:
        return [value for (value,) in struct.iter_unpack(form, content)]
    found, at = [], 0
    while at < len(content):
        value, at = _varint(content, at)
        found.append(_signed(value))
    return found


def _filled(numbers: list[Any], dtype: torch.dtype, shape: list[int]) -> Tensor:
    """The last number is repeated as often as the shape asks for."""
    numbers = numbers or [0]
    numbers += numbers[-1:] * (int(np.prod(shape)) - len(numbers))
    if dtype in (torch.float16, torch.bfloat16):  # stored as their bits
        bits = torch.tensor(numbers, dtype=torch.int32).to(torch.int16)
        return bits.view(dtype)[: int(np.prod(shape))].reshape(shape)
    return torch.tensor(numbers, dtype=dtype)[: int(np.prod(shape))].reshape(shape)
