"""Conversion of what is large: many nodes, many layers in a row, many bytes of weights.

Each model is built in a process of its own and converted in another, whose peak memory
is counted above what it holds once everything is imported.

    python -m bench.scale "6 GB of weights"
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.conversion import once

WIDE = 4096  # squared and of four bytes each: a layer of 64 MiB


def nodes(layers: int) -> Any:
    """Residual blocks of twenty nodes, normalisation and dense layer spelled out."""
    import tensorflow as tf

    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            shape = (layers, 8, 8)
            kernels = tf.random.stateless_normal(shape, (0, 1), stddev=0.1)
            self.kernels = [tf.Variable(kernel) for kernel in tf.unstack(kernels)]

        @tf.function(input_signature=[tf.TensorSpec([None, 8], tf.float32, "x")])
        def __call__(self, x: Any) -> Any:
            for kernel in self.kernels:
                centred = x - tf.reduce_mean(x, -1, keepdims=True)
                spread = tf.reduce_mean(tf.square(centred), -1, keepdims=True)
                hidden = centred * tf.math.rsqrt(spread + 1e-5) @ kernel
                gate = 0.5 * (1.0 + tf.tanh(0.8 * hidden))
                x = x + 0.5 * hidden * gate
            return x

    return Model()


def chain(layers: int, width: int) -> Any:
    """Dense layers in a row; the kernels are ``width`` squared."""
    import tensorflow as tf

    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            shape, scale = (width, width), (2 / width) ** 0.5
            self.kernels = [
                tf.Variable(tf.random.stateless_normal(shape, (0, i), stddev=scale))
                for i in range(layers)
            ]

        @tf.function(input_signature=[tf.TensorSpec([None, width], tf.float32, "x")])
        def __call__(self, x: Any) -> Any:
            for kernel in self.kernels:
                x = tf.nn.relu(x @ kernel)
            return x

    return Model()


MODELS: dict[str, Callable[[], Any]] = {
    "50,000 nodes": lambda: nodes(2_800),
    "2,000 layers": lambda: chain(2_000, 8),
    "1.5 GB of weights": lambda: chain(24, WIDE),
    "6 GB of weights": lambda: chain(94, WIDE),
}
LOCAL = ("6 GB of weights",)  # by hand: too large for most machines


def measured() -> Iterator[tuple[str, dict[str, float]]]:
    """Title → figures of :func:`convert`."""
    for title in MODELS:
        if title not in LOCAL:
            yield title, convert(title)


def convert(title: str) -> dict[str, float]:
    """``nodes``, ``bytes`` of weights, ``seconds``, and ``peak`` bytes of memory."""
    with tempfile.TemporaryDirectory() as scratch:
        for step in ("build", "run"):
            command = [sys.executable, "-m", "bench.scale", title, step, scratch]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
            done.check_returncode()
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def build(title: str, folder: Path) -> None:
    import tensorflow as tf

    model = MODELS[title]()
    tf.saved_model.save(model, str(folder), signatures=model.__call__)


def run(folder: Path) -> dict[str, float]:
    import tf2torch

    figures = once("tf2torch", folder)
    facts = tf2torch.inspect(folder)
    return {
        "nodes": facts["nodes"],
        "bytes": facts["variables"]["bytes"],
        "seconds": figures["seconds"],
        "peak": figures["mebibytes"] * 2**20,
    }


def main() -> None:
    title, *rest = sys.argv[1:]
    if not rest:
        print(json.dumps(convert(title)))
        return
    folder = Path(rest[1]) / "model"
    if rest[0] == "build":
        build(title, folder)
    else:
        print(json.dumps(run(folder)))


if __name__ == "__main__":
    main()
