"""Every golden model: converted, verified, pinned, exported."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from golden_models.cache import HERE, meta, names
from golden_models.sources import options
from tests.golden.converted import Golden
from tests.golden.run_original import run_original
from tests.golden.run_port import as_arguments, as_list, inputs, load

RELATIVE_TO_SCALE = 1e-4
# The others take minutes together: `pytest -n 2 -m slow tests/golden`.
QUICK = ("small_cnn",)


def each(*needed: str) -> pytest.MarkDecorator:
    """All golden models whose meta.toml has all of ``needed``; the quick unmarked."""
    chosen = [name for name in names() if all(meta(name).get(key) for key in needed)]
    cases = []
    for name in chosen:
        marks = [] if name in QUICK else [pytest.mark.slow]
        if meta(name)["slow"]:
            marks.append(pytest.mark.large)
        cases.append(pytest.param(name, marks=marks))
    return pytest.mark.parametrize("name", cases)


def settled(port: Golden, *lists: list[np.ndarray]) -> Iterator[tuple[np.ndarray, ...]]:
    """The same output of every list, for outputs without noise of their own."""
    noisy = port.meta.get("random", ())
    for item, *arrays in zip(port.provenance["outputs"], *lists, strict=True):
        if item["name"] not in noisy:
            yield tuple(arrays)


def same_numbers(port: Golden, left: list[np.ndarray], right: list[np.ndarray]) -> None:
    """Equal but for the order of float32 sums."""
    for a, b in settled(port, left, right):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5 * np.abs(a).max())


@each()
def test_port_passes_every_gate(name: str, golden: Any) -> None:
    port = golden(name)
    assert port.hints == ()
    assert port.report["passed"] is True


@each()
def test_port_is_as_recorded(name: str, golden: Any, update: bool) -> None:
    """Code, verdicts, hints, errors, state, outputs: `expected/` is a golden folder,
    written by --update. Times are measured in bench/."""
    from tf2torch.golden.checking import judge
    from tf2torch.golden.comparison import Limits
    from tf2torch.golden.recording import read, write

    expected = HERE / name / "expected"
    if update:
        write(golden(name).folder, expected, None, {})
    other_machines = Limits(headroom=4.0, floor=0.5, slack=math.inf)
    result = judge(read(expected), golden(name).folder, other_machines)
    assert result.passed, str(result)


@each("lines")
def test_source_fits_its_budget(name: str, golden: Any) -> None:
    lines = (golden(name).folder / "model.py").read_text("utf-8").splitlines()
    assert len(lines) <= meta(name)["lines"]


@each()
def test_source_stands_alone(name: str, golden: Any) -> None:
    """Clean under ruff; nothing imported but torch, the standard library, numpy."""
    folder = golden(name).folder
    ruff = [sys.executable, "-m", "ruff"]
    rules = ["--isolated", "--select", "E,F,I,UP,B", "--target-version", "py311"]
    subprocess.run([*ruff, "check", *rules, folder / "model.py"], check=True)
    subprocess.run([*ruff, "format", "--isolated", "--check", folder], check=True)


@each()
def test_agrees_with_tensorflow(name: str, golden: Any) -> None:
    """Outputs once more, without the verifier; two batch sizes."""
    port = golden(name)
    model = load(port.folder, port.provenance)
    for rows in (2, 3):
        values = inputs(port.provenance, options(name).get("sample"), rows)
        ours = as_list(model(**as_arguments(values, port.provenance)), port.provenance)
        theirs = run_original(port.source, port.meta, values)
        if isinstance(theirs, dict):
            theirs = [theirs[item["name"]] for item in port.provenance["outputs"]]
        for mine, original in settled(port, ours, theirs):
            assert mine.shape == original.shape and mine.dtype == original.dtype
            error = np.abs(mine - original).max() / np.abs(original).max()
            assert error <= RELATIVE_TO_SCALE


@each()
def test_shipped_test_passes_without_tensorflow(name: str, golden: Any) -> None:
    """The parity test in the output folder, with TensorFlow made impossible."""
    folder = golden(name).folder
    block = (
        "import sys; sys.modules['tensorflow'] = None; sys.modules['tf2torch'] = None"
    )
    run = f"{block}; import pytest; sys.exit(pytest.main(['-q', 'test_model.py']))"
    bare = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # ours is one, too
    subprocess.run([sys.executable, "-c", run], check=True, cwd=folder, env=bare)


@each()
def test_same_bytes_twice(name: str, golden: Any, tmp_path: Path) -> None:
    import tf2torch

    port = golden(name)
    again = tmp_path / "again"
    tf2torch.convert(port.source, output=again, verify=False, **options(name))
    for path in sorted(again.rglob("*")):
        if path.is_file():
            relative = path.relative_to(again)
            assert path.read_bytes() == (port.folder / relative).read_bytes(), relative


def batched(shape: list[int | str]) -> bool:
    """Is the first size open? Every such input counts the same examples."""
    return bool(shape) and isinstance(shape[0], str)


@each("export")
def test_exports_with_dynamic_batch(name: str, golden: Any) -> None:
    import torch

    port = golden(name)
    model = load(port.folder, port.provenance)
    sample = options(name).get("sample")
    arguments = as_arguments(inputs(port.provenance, sample, 2), port.provenance)
    batch = torch.export.Dim("batch", min=1, max=64)
    shapes = {
        item["parameter"]: {0: batch} if batched(item["shape"]) else None
        for item in port.provenance["inputs"]
    }
    exported = torch.export.export(model, (), arguments, dynamic_shapes=shapes)
    other = as_arguments(inputs(port.provenance, sample, 3), port.provenance)
    with torch.no_grad():
        expected = as_list(model(**other), port.provenance)
        found = as_list(exported.module()(**other), port.provenance)
    same_numbers(port, expected, found)


@each("export")
def test_compiles_whole(name: str, golden: Any) -> None:
    import torch
    import torch._dynamo

    port = golden(name)
    model = load(port.folder, port.provenance)
    sample = options(name).get("sample")
    arguments = as_arguments(inputs(port.provenance, sample, 2), port.provenance)
    torch._dynamo.reset()
    with torch._dynamo.config.patch(allow_rnn=True):  # nn.LSTM, nn.GRU
        compiled = torch.compile(model, fullgraph=True, backend="aot_eager")
        found = as_list(compiled(**arguments), port.provenance)
    same_numbers(port, as_list(model(**arguments), port.provenance), found)
