"""Tensors and sparse tensors as serialized TensorProto messages, and back."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from tf2torch.rules.helpers.decoding import _wire, _wire_number
from tf2torch.rules.helpers.tensor_protos import parse_tensor

_PROTO_DTYPES = {
    torch.float32: 1,
    torch.float64: 2,
    torch.int32: 3,
    torch.uint8: 4,
    torch.int16: 5,
    torch.int8: 6,
    torch.complex64: 8,
    torch.int64: 9,
    torch.bool: 10,
    torch.bfloat16: 14,
    torch.uint16: 17,
    torch.complex128: 18,
    torch.float16: 19,
    torch.uint32: 22,
    torch.uint64: 23,
}
_STRING_PROTO = 7


def tensor_proto(values: Tensor | np.ndarray, packed: bool = False) -> bytes:
    """A TensorProto with raw content; strings are a field each unless ``packed``."""
    raw, fields, kind = b"", b"", _STRING_PROTO
    if isinstance(values, Tensor):
        plain = values.detach().cpu().contiguous().reshape(-1)
        kind, raw = (
            _PROTO_DTYPES[values.dtype],
            plain.view(torch.uint8).numpy().tobytes(),
        )
    elif packed:
        items = values.ravel().tolist()
        raw = b"".join([_wire_number(len(s)) for s in items] + items)
    else:
        fields = b"".join(_wire(8, item) for item in values.ravel())
    sizes = (_wire_number(1 << 3) + _wire_number(n) if n else b"" for n in values.shape)
    shape = b"".join(_wire(2, size) for size in sizes)
    content = _wire(4, raw) if raw else fields
    return b"\x08" + _wire_number(kind) + _wire(2, shape) + content


def serialize_tensor(values: Tensor | np.ndarray) -> np.ndarray:
    """The tensor as a TensorProto, one string."""
    made = np.empty((), dtype=object)
    made[()] = tensor_proto(values)
    return made


def serialize_sparse(
    indices: Tensor, values: Tensor | np.ndarray, shape: Tensor
) -> np.ndarray:
    """[3] strings: indices, values and shape as TensorProtos."""
    parts = (indices, values, torch.as_tensor(shape))
    return np.array([tensor_proto(part, packed=True) for part in parts], dtype=object)


def serialize_sparse_rows(
    indices: Tensor, values: Tensor | np.ndarray, shape: Tensor
) -> np.ndarray:
    """[rows, 3] strings: each slice along the first axis as its own sparse tensor."""
    made = np.empty((int(shape[0]), 3), dtype=object)
    for row in range(len(made)):
        chosen = indices[:, 0] == row
        taken = values[chosen.numpy() if isinstance(values, np.ndarray) else chosen]
        made[row] = serialize_sparse(indices[chosen, 1:], taken, shape[1:])
    return made


def deserialize_sparse(
    serialized: np.ndarray, dtype: torch.dtype | None
) -> tuple[Tensor, Tensor | np.ndarray, Tensor]:
    """(indices, values, shape) of [..., 3] strings, stacked along their own axes.

    The shape of the stack is the largest one along each axis.
    """
    array = np.asarray(serialized, dtype=object)
    batch = array.shape[:-1]
    rows: list[Tensor] = []
    parts: list[Any] = []
    shapes: list[Tensor] = []
    for place in np.ndindex(*batch):
        row, value, size = (np.array(s, dtype=object) for s in array[place])
        indices = torch.as_tensor(parse_tensor(row, torch.int64))
        prefix = torch.tensor(place, dtype=torch.int64).expand(len(indices), -1)
        rows.append(torch.cat((prefix, indices), 1))
        parts.append(parse_tensor(value, dtype))
        shapes.append(torch.as_tensor(parse_tensor(size, torch.int64)))
    if not shapes:
        raise ValueError("no sparse tensor to deserialize")
    values = torch.cat(parts) if dtype is not None else np.concatenate(parts)
    shape = torch.stack(shapes).amax(0)
    return torch.cat(rows), values, torch.cat((torch.tensor(batch).long(), shape))
