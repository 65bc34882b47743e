"""Writes the output folder: everything a port's new owner needs, nothing else."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tf2torch.diagnostics import SourceError
from tf2torch.transpiler.emit.provenance import provenance
from tf2torch.transpiler.emit.safetensors_stream import Tensor, write_weights
from tf2torch.transpiler.pipeline import Compiled

TEST = '''"""Parity of this port with TensorFlow's recorded outputs: run with pytest."""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from model import {name}

HERE = Path(__file__).parent


def load_model() -> {name}:
    """The port with its weights, in eval mode."""
    model = {name}()
    state = {{}}
    for file in sorted(HERE.glob("weights*.safetensors")):
        state |= load_file(file)
    model.load_state_dict(state, strict=True)
    return model.eval()


def test_outputs_match_tensorflow() -> None:
    """reference.npz holds `input:<parameter>` and `output:<name>` arrays."""
    reference = np.load(HERE / "reference.npz", allow_pickle=False)
    inputs, expected = {{}}, {{}}
    for key, value in reference.items():
        kind, _, name = key.partition(":")
        (inputs if kind == "input" else expected)[name] = value
    arguments = {{
        k: v.astype(object) if v.dtype.kind == "S" else torch.from_numpy(v)
        for k, v in inputs.items()
    }}
    with torch.no_grad():
        result = load_model()(**arguments)
    if not isinstance(result, dict):
        result = dict.fromkeys(expected, result)
    for name, value in expected.items():
        floats = value.dtype.kind == "f"
        scale = float(np.abs(value).max(initial=0.0)) if floats else 0.0
        np.testing.assert_allclose(
            np.asarray(result[name]), value, rtol=1e-4, atol=1e-4 * scale
        )
'''


def write_port(compiled: Compiled, folder: Path) -> None:
    """model.py, weights, provenance and test into ``folder``, which exists."""
    (folder / "model.py").write_text(compiled.text)
    tensors = [
        Tensor(e.key, e.source.dtype, e.source.type.static_shape() or (), e.load)
        for e in compiled.entries
    ]
    write_weights(folder, tensors)
    text = json.dumps(provenance(compiled), indent=1)
    (folder / "provenance.json").write_text(text + "\n")
    (folder / "test_model.py").write_text(TEST.format(name=compiled.class_name))
    for name, content in compiled.files():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@contextmanager
def staged(output: Path) -> Iterator[Path]:
    """A folder beside ``output`` that takes its place when all went well.

    An existing ``output`` is replaced only when it is empty or itself a port.
    """
    if output.exists() and not _replaceable(output):
        raise SourceError(
            f"{output} exists and is no port; give another folder with -o"
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    work.chmod(0o755)
    try:
        yield work
        if output.exists():
            shutil.rmtree(output)
        work.rename(output)
    finally:
        if work.exists():
            shutil.rmtree(work)


def _replaceable(output: Path) -> bool:
    if not output.is_dir():
        return False
    return not any(output.iterdir()) or (output / "provenance.json").is_file()
