"""What is read of a file without TensorFlow's runtime is what TensorFlow reads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fleet.models import exported, keras_model, saved_model_v1
from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.frontends import describe, tensor_proto
from tf2torch.transpiler.frontends.schema import dtype_name

ALONE = """
import json, sys
from pathlib import Path
from tf2torch.transpiler.frontends import describe
from tf2torch.transpiler.frontends.proto_modules import protos_alone
with protos_alone():
    found = describe(Path(sys.argv[1]))
assert not [name for name in sys.modules if name.startswith("tensorflow")]
print(json.dumps(found))
"""
VALUES = {
    "float32": [0.5, -0.0, np.inf, np.nan],
    "float64": [1e-300, 2.0],
    "float16": [0.1, 6e4],
    "bfloat16": [0.1, 3e38],
    "int8": [-128, 127],
    "int32": [-(2**31), 5],
    "int64": [2**62, -1],
    "uint8": [255, 0],
    "uint16": [65535],
    "uint32": [2**32 - 1],
    "uint64": [2**64 - 1],
    "bool": [True, False],
    "complex64": [1 + 2j, -3j],
    "complex128": [0.25 - 1e300j],
    "string": [b"", b"\xff", b"two words"],
}


def python(code: str, *argv: str) -> str:
    environment = {"PYTHONPATH": ":".join(sys.path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", code, *argv],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("save", [exported, saved_model_v1])
def test_saved_models(save: Any, tmp_path: Path) -> None:
    save(tmp_path / "model", 3)
    told = json.loads(python(ALONE, str(tmp_path / "model")))
    assert told == json.loads(json.dumps(describe(tmp_path / "model")))


def test_what_protos_do_not_tell_is_asked_of_tensorflow(tmp_path: Path) -> None:
    import tf2torch

    keras_model(3).save(tmp_path / "model.keras")
    code = "import sys, tf2torch; print(tf2torch.inspect(sys.argv[1])['nodes'])"
    told = python(code, str(tmp_path / "model.keras"))
    assert int(told) == tf2torch.inspect(tmp_path / "model.keras")["nodes"]


def test_damaged_index(tmp_path: Path) -> None:
    exported(tmp_path / "model", 3)
    index = tmp_path / "model" / "variables" / "variables.index"
    data = index.read_bytes()
    for damaged in (b"", data[:20], data[-60:], bytes(len(data) - 8) + data[-8:]):
        index.write_bytes(damaged)
        with pytest.raises(AssertionError, match="SourceError: cannot read checkpoint"):
            python(ALONE, str(tmp_path / "model"))


@pytest.mark.parametrize("dtype", VALUES)
def test_constants(dtype: str) -> None:
    import tensorflow as tf

    values = np.array(VALUES[dtype], tf.as_dtype(dtype).as_numpy_dtype)
    protos = [tf.make_tensor_proto(values), tf.make_tensor_proto(values[:0])]
    unpacked = tf.make_tensor_proto(values)
    unpacked.ClearField("tensor_content")
    unpacked.tensor_shape.dim[0].size = 5  # the last element stands for the rest
    field = getattr(unpacked, tensor_proto.FIELDS[dtype])
    del field[:]
    field.extend(listed(dtype, values))
    for proto in [*protos, unpacked]:
        found, wanted = tensor_proto.value(proto, dtype), tf.make_ndarray(proto)
        assert found.dtype == wanted.dtype
        assert found.tolist() == wanted.tolist() or found.tobytes() == wanted.tobytes()


def listed(dtype: str, values: np.ndarray) -> list[Any]:
    if tensor_proto.FIELDS[dtype] == "half_val":
        return list(values.view(np.uint16).tolist())
    if values.dtype.kind == "c":
        return list(values.view(values.real.dtype).tolist())
    return list(values.tolist())


def test_dtype_numbers() -> None:
    import tensorflow as tf
    from tensorflow.core.framework import types_pb2

    for name, number in types_pb2.DataType.items():
        if number == 0:
            continue
        try:
            wanted = tf.dtypes.as_dtype(number).base_dtype.name
        except TypeError:
            continue
        assert dtype_name(number) == wanted, name
    for number in (0, 99, 1000):
        with pytest.raises(SourceError):
            dtype_name(number)
