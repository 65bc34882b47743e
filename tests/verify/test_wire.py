"""What crosses between processes comes out as it went in, or not at all."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

from tf2torch.verify import wire

ARRAYS = {
    "floats": np.arange(6, dtype=np.float32).reshape(2, 3),
    "scalar": np.array(7, np.int64),
    "empty": np.zeros((0, 4), np.float64),
    "flags": np.array([True, False]),
    "complex": np.array([1 + 2j], np.complex64),
    "texts": np.array([[b"", b"na\xc3\xafve"], [b"\0x", b"z" * 300]], object),
    "strided": np.arange(12, dtype=np.int32).reshape(3, 4).T,
}


def test_arrays_and_message_come_back() -> None:
    stream = io.BytesIO()
    wire.send(stream, {"action": "run", "seed": None}, ARRAYS)
    stream.seek(0)
    message, arrays = wire.receive(stream)
    assert message == {"action": "run", "seed": None}
    assert list(arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(arrays[name], array)


def frame(entry: list[object], payload: bytes = b"") -> io.BytesIO:
    header = json.dumps({"message": {}, "arrays": [entry]}).encode()
    return io.BytesIO(len(header).to_bytes(8, "little") + header + payload)


@pytest.mark.parametrize(
    "stream",
    [
        frame(["x", "object", [1], 8], b"01234567"),
        frame(["x", "float32", [2], 4], b"0123"),
        frame(["x", "float32", [-1], 4], b"0123"),
        frame(["x", "float32", [1], 8], b"01234567"),
        frame(["x", "float32", [1 << 40], 4 << 40]),
        frame(["x", "string", [2], 16], b"\xff" * 16),
        frame(["x", "string", [1], 9], (5).to_bytes(8, "little") + b"a"),
        frame(["x", "float32", [1], 4], b"01"),
        io.BytesIO(b"\xff" * 64),
        io.BytesIO((3).to_bytes(8, "little") + b"{]!"),
        io.BytesIO(b""),
    ],
)
def test_a_forged_frame_is_refused(stream: io.BytesIO) -> None:
    with pytest.raises(wire.WireError):
        wire.receive(stream, limit=1 << 20)


def test_python_objects_do_not_cross() -> None:
    stream = io.BytesIO()
    wire.send(stream, {}, {"x": np.array([{"a": 1}], object)})
    stream.seek(0)
    assert wire.receive(stream)[1]["x"][0] == b"{'a': 1}"
