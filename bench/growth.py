"""How the cost of a conversion grows with the number of equal layers.

    python -m bench.growth              # all models
    python -m bench.growth residual     # one of them

Each model is converted with so many layers and with ten times as many; the time is
the least of several runs, of the processor and not of the clock. The classes of the
two ports are as many.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.scale import chain

TIMES = 10  # more layers
RUNS = 3


def residual(blocks: int) -> Any:
    """Residual blocks of two convolutions with norms, on 8 by 8 by 4."""
    import tensorflow as tf

    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            shape = (2 * blocks, 3, 3, 4, 4)
            kernels = tf.random.stateless_normal(shape, (0, 1), stddev=0.1)
            self.kernels = [tf.Variable(kernel) for kernel in tf.unstack(kernels)]
            norms = 2 * blocks
            self.scales = [tf.Variable(tf.ones(4)) for _ in range(norms)]
            self.offsets = [tf.Variable(tf.zeros(4)) for _ in range(norms)]
            self.means = [tf.Variable(tf.zeros(4), False) for _ in range(norms)]
            self.variances = [tf.Variable(tf.ones(4), False) for _ in range(norms)]

        def layer(self, x: Any, i: int) -> Any:
            x = tf.nn.conv2d(x, self.kernels[i], 1, "SAME")
            state = (self.means[i], self.variances[i], self.offsets[i], self.scales[i])
            return tf.nn.batch_normalization(x, *state, 1e-3)

        @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 4], name="x")])
        def __call__(self, x: Any) -> Any:
            for i in range(0, len(self.kernels), 2):
                inner = tf.nn.relu(self.layer(x, i))
                x = tf.nn.relu(x + self.layer(inner, i + 1))
            return x

    return Model()


def encoder(layers: int) -> Any:
    """Layers of a transformer: attention with two heads, and a feed-forward net."""
    import keras

    keras.utils.set_random_seed(0)
    x = inputs = keras.Input((6, 8))
    for _ in range(layers):
        attended = keras.layers.MultiHeadAttention(2, 4)(x, x)
        x = keras.layers.LayerNormalization()(x + attended)
        hidden = keras.layers.Dense(16, activation="gelu")(x)
        x = keras.layers.LayerNormalization()(x + keras.layers.Dense(8)(hidden))
    return keras.Model(inputs, x)


@dataclass(frozen=True)
class Case:
    build: Callable[[int], Any]
    layers: int


CASES = {
    "residual": Case(residual, 10),
    "encoder": Case(encoder, 12),
    "dense": Case(lambda layers: chain(layers, 8), 200),
}


def growth(case: Case) -> dict[str, float]:
    """``classes`` and processor ``seconds`` of the small port, ``..._more`` those of
    the large one, and the ``ratio`` of the seconds."""
    small, large = (
        measured(case.build(case.layers)),
        measured(case.build(TIMES * case.layers)),
    )
    return {
        "layers": case.layers,
        "classes": small[0],
        "classes_more": large[0],
        "seconds": small[1],
        "seconds_more": large[1],
        "ratio": large[1] / small[1],
    }


def measured(model: Any) -> tuple[int, float]:
    """(classes, least processor seconds) of converting ``model``."""
    import keras
    import tensorflow as tf

    import tf2torch

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "model"
        if isinstance(model, keras.Model):
            path = path.with_suffix(".keras")
            model.save(path)
        else:
            tf.saved_model.save(model, str(path), signatures=model.__call__)
        seconds = []
        for _ in range(RUNS):
            start = time.process_time()
            port = tf2torch.convert(path, verify=False)
            seconds.append(time.process_time() - start)
    return len(re.findall("^class ", port.source, re.MULTILINE)), min(seconds)


def main() -> None:
    for name in sys.argv[1:] or CASES:
        print(name, json.dumps(growth(CASES[name])), flush=True)


if __name__ == "__main__":
    main()
