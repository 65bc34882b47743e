"""The index of a TF2 checkpoint, read without TensorFlow's runtime.

``PREFIX.index`` is a LevelDB table (leveldb/doc/table_format.md): blocks of entries
whose keys share prefixes, an index block that names the others, and a footer that
names the index block. Its values are BundleEntryProtos (tensor_bundle.proto).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends.proto_modules import RuntimeNeeded
from tf2torch.transpiler.frontends.schema import Proto

FOOTER = 48
MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")
CHECKSUM = 4


def entries(prefix: Path) -> dict[str, Proto]:
    """Tensor name → BundleEntryProto; RuntimeNeeded where blocks are compressed."""
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import tensor_bundle_pb2

    path = Path(f"{prefix}.index")
    data = path.read_bytes()
    if len(data) < FOOTER or data[-8:] != MAGIC:
        raise SourceError(f"cannot read checkpoint {prefix}: no table of tensors")
    read = tensor_bundle_pb2.BundleEntryProto.FromString
    try:
        stored = dict(_table(data))
        del stored[b""]  # the header
        return {key.decode(): read(value) for key, value in stored.items()}
    except (IndexError, KeyError, DecodeError, UnicodeDecodeError):
        raise SourceError(f"cannot read checkpoint {prefix}: damaged index") from None


def text(prefix: Path, shards: int, entry: Proto) -> bytes:
    """The value of a tensor that is one string."""
    path = Path(f"{prefix}.data-{entry.shard_id:05d}-of-{shards:05d}")
    with path.open("rb") as file:
        file.seek(entry.offset)
        data = file.read(entry.size)
    length, start = _varint(data, 0)
    return data[start + CHECKSUM :][:length]


def _table(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    footer = data[-FOOTER:]
    _, after = _varint(footer, _varint(footer, 0)[1])  # the metaindex block
    for _, handle in _block(data, footer[after:]):
        yield from _block(data, handle)


def _block(data: bytes, handle: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of the block at a handle: its offset and its size."""
    offset, after = _varint(handle, 0)
    size, _ = _varint(handle, after)
    if data[offset + size]:
        raise RuntimeNeeded("a compressed checkpoint index")
    block = data[offset : offset + size]
    restarts = int.from_bytes(block[-4:], "little")
    end, place, key = size - 4 * (restarts + 1), 0, b""
    while place < end:
        shared, place = _varint(block, place)
        own, place = _varint(block, place)
        length, place = _varint(block, place)
        key = key[:shared] + block[place : place + own]
        place += own
        yield key, block[place : place + length]
        place += length


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """The number at ``place``, and where it ends."""
    number = shift = 0
    while True:
        byte = data[place]
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return number, place
