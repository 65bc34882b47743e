"""Write safetensors one tensor at a time, so that memory holds one and not all.

Format (huggingface/safetensors, README "Format"): eight bytes with the length of a
JSON header, the header, then the tensors' bytes; the header gives each tensor's dtype,
shape and byte range. Files above ``SHARD_BYTES`` are split, with an index beside them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

SHARD_BYTES = 5 * 10**9
DTYPES = {
    "bool": "BOOL", "uint8": "U8", "int8": "I8", "int16": "I16", "uint16": "U16",
    "int32": "I32", "uint32": "U32", "int64": "I64", "uint64": "U64",
    "float16": "F16", "bfloat16": "BF16", "float32": "F32", "float64": "F64",
    "complex64": "C64",
}  # fmt: skip
WIDTHS = {
    code: 1 if code == "BOOL" else int(re.sub(r"\D", "", code)) // 8
    for code in DTYPES.values()
}


@dataclass(frozen=True)
class Tensor:
    """A tensor to write; ``load`` is called once, when its turn comes."""

    key: str
    dtype: str
    shape: tuple[int, ...]
    load: Callable[[], np.ndarray]

    @property
    def nbytes(self) -> int:
        return prod(self.shape) * WIDTHS[DTYPES[self.dtype]]


def write_weights(
    folder: Path, tensors: Sequence[Tensor], shard_bytes: int = SHARD_BYTES
) -> None:
    """``weights.safetensors``, or shards and ``weights.safetensors.index.json``."""
    shards: list[list[Tensor]] = [[]]
    filled = 0
    for tensor in tensors:
        if filled + tensor.nbytes > shard_bytes and shards[-1]:
            shards.append([])
            filled = 0
        shards[-1].append(tensor)
        filled += tensor.nbytes
    if len(shards) == 1:
        _write(folder / "weights.safetensors", shards[0])
        return
    places: dict[str, str] = {}
    for number, shard in enumerate(shards, 1):
        name = f"weights-{number:05}-of-{len(shards):05}.safetensors"
        _write(folder / name, shard)
        places.update({t.key: name for t in shard})
    size = sum(t.nbytes for t in tensors)
    index = {"metadata": {"total_size": size}, "weight_map": places}
    text = json.dumps(index, indent=2, sort_keys=True)
    (folder / "weights.safetensors.index.json").write_text(text + "\n")


def _write(path: Path, tensors: Sequence[Tensor]) -> None:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    start = 0
    for tensor in tensors:
        end = start + tensor.nbytes
        header[tensor.key] = {
            "dtype": DTYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [start, end],
        }
        start = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for tensor in tensors:
            value = np.ascontiguousarray(tensor.load())
            if value.nbytes != tensor.nbytes:
                raise ValueError(
                    f"{tensor.key} has {value.nbytes} bytes, not {tensor.nbytes}"
                )
            file.write(value.data.cast("B") if value.size else b"")
