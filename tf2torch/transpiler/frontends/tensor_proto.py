"""Values of TensorProtos as numpy arrays, without TensorFlow's runtime."""

from __future__ import annotations

import math
from typing import Any

import ml_dtypes
import numpy as np

# dtype → the field that lists its elements, where they are not packed.
FIELDS = {
    "float32": "float_val",
    "float64": "double_val",
    "int64": "int64_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
    "bool": "bool_val",
    "string": "string_val",
    "complex64": "scomplex_val",
    "complex128": "dcomplex_val",
    "float16": "half_val",
    "bfloat16": "half_val",
} | dict.fromkeys(
    ("int8", "int16", "int32", "uint8", "uint16")
    + ("qint8", "qint16", "qint32", "quint8", "quint16"),
    "int_val",
)
STORED = {"qint8": "int8", "qint16": "int16", "qint32": "int32"} | {
    "quint8": "uint8",
    "quint16": "uint16",
    "bfloat16": ml_dtypes.bfloat16,
}


def value(proto: Any, dtype: str) -> np.ndarray:
    """The array of a TensorProto of ``dtype``; strings are objects of bytes.

    Elements that are left out at the end repeat the last one; a proto without any is
    zero (tensor.proto). ValueError when the elements do not fit the shape.
    """
    if dtype not in FIELDS:
        import tensorflow as tf

        return np.asarray(tf.make_ndarray(proto))
    sizes = tuple(int(d.size) for d in proto.tensor_shape.dim)
    kind = np.dtype(object if dtype == "string" else STORED.get(dtype, dtype))
    if proto.tensor_content and dtype != "string":
        flat = np.frombuffer(proto.tensor_content, kind).copy()
        return flat.reshape(sizes)
    flat = _elements(getattr(proto, FIELDS[dtype]), dtype, kind)
    count = math.prod(sizes)
    if len(flat) > count:
        raise ValueError(f"{len(flat)} elements for a shape of {count}")
    if len(flat) < count:
        last = flat[-1:] if len(flat) else _nothing(kind)
        flat = np.concatenate([flat, np.repeat(last, count - len(flat))])
    return flat.reshape(sizes)


def _elements(items: Any, dtype: str, kind: np.dtype[Any]) -> np.ndarray:
    if FIELDS[dtype] == "half_val":  # bit patterns
        return np.array(items, np.uint16).view(kind)
    if kind.kind == "c":  # real and imaginary parts in turns
        return np.array(items, kind.type(0).real.dtype).view(kind)
    if kind.kind == "O":
        found = np.empty(len(items), object)
        found[:] = list(items)
        return found
    return np.array(items, kind)


def _nothing(kind: np.dtype[Any]) -> np.ndarray:
    return np.array([b""], object) if kind.kind == "O" else np.zeros(1, kind)
