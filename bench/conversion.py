"""Converting: wall time and peak memory, against tf2onnx on the same SavedModel.

Imports are done before the clock starts, on both sides; every conversion has a process
of its own. `python -m bench.conversion TOOL SAVED_MODEL` is that process.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

TOOLS = ("tf2torch", "tf2onnx")


def compare(saved_model: Path, rounds: int) -> dict[str, dict[str, float] | str]:
    """Tool → median seconds and peak MiB above the imports; or why there are none."""
    samples: dict[str, list[dict[str, float]]] = {tool: [] for tool in TOOLS}
    failed: dict[str, str] = {}
    for number in range(rounds):
        for tool in TOOLS if number % 2 == 0 else TOOLS[::-1]:
            if tool in failed:
                continue
            command = [sys.executable, "-m", "bench.conversion", tool, str(saved_model)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                failed[tool] = (done.stderr.strip().splitlines() or ["?"])[-1][:200]
            else:
                samples[tool].append(json.loads(done.stdout.splitlines()[-1]))
    found: dict[str, dict[str, float] | str] = {**failed}
    for tool, taken in samples.items():
        if taken and tool not in failed:
            keys = taken[0]
            found[tool] = {k: statistics.median(s[k] for s in taken) for k in keys}
    return found


def tf2torch_run(saved_model: Path, folder: Path) -> Callable[[], object]:
    import tf2torch
    from tf2torch.api import preload

    preload()
    return lambda: tf2torch.convert(saved_model, output=folder / "port", verify=False)


def tf2onnx_run(saved_model: Path, folder: Path) -> Callable[[], object]:
    import tf2onnx.convert

    out = str(folder / "model.onnx")
    argv = ["tf2onnx", "--saved-model", str(saved_model), "--output", out]

    def run() -> None:
        sys.argv = [*argv, "--opset", "17"]
        tf2onnx.convert.main()

    return run


def once(tool: str, saved_model: Path) -> dict[str, float]:
    """Convert here and now."""
    import tensorflow  # noqa: F401

    prepare = {"tf2torch": tf2torch_run, "tf2onnx": tf2onnx_run}[tool]
    with tempfile.TemporaryDirectory() as scratch:
        run = prepare(saved_model, Path(scratch))
        before = _peak()
        start = time.perf_counter()
        run()
        return {"seconds": time.perf_counter() - start, "mebibytes": _peak() - before}


def _peak() -> float:
    """The highest resident size of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sink = os.dup(1)  # tools print on stdout, too
    os.dup2(2, 1)
    figures = once(sys.argv[1], Path(sys.argv[2]))
    os.write(sink, (json.dumps(figures) + "\n").encode())
