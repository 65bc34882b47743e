"""Small models that the faults are injected into: one SavedModel each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def vision() -> Any:
    """Residual blocks: asymmetric SAME padding, BatchNorm, squeeze and excite."""
    import keras
    from keras import layers

    def block(x: Any, name: str, width: int) -> Any:
        shortcut = layers.Conv2D(width, 2, strides=2, name=f"{name}_project")(x)
        y = layers.Conv2D(
            width, 3, strides=2, padding="same", use_bias=False, name=f"{name}_conv"
        )(x)
        y = layers.BatchNormalization(name=f"{name}_bn")(y)
        y = layers.ReLU(6.0, name=f"{name}_relu")(y)
        gate = layers.GlobalAveragePooling2D(name=f"{name}_pool")(y)
        gate = layers.Dense(4, activation="silu", name=f"{name}_down")(gate)
        gate = layers.Dense(width, activation="sigmoid", name=f"{name}_up")(gate)
        gate = layers.Reshape((1, 1, width), name=f"{name}_gate")(gate)
        y = layers.Multiply(name=f"{name}_scale")([y, gate])
        return layers.Add(name=f"{name}_add")([y, shortcut])

    image = keras.Input((16, 16, 3), name="image")
    x = block(image, "block1", 6)
    x = block(x, "block2", 8)
    x = layers.MaxPooling2D(2, name="pool")(x)
    x = layers.Flatten(name="flatten")(x)
    scores = layers.Dense(5, activation="softmax", name="scores")(x)
    return keras.Model(image, scores, name="vision")


def sequence() -> Any:
    """Encoder blocks: attention, LayerNorm, GELU; then a GRU that torch has not."""
    import keras
    from keras import layers, ops

    def encoder(x: Any, name: str) -> Any:
        attended = layers.MultiHeadAttention(2, 4, name=f"{name}_attention")(x, x)
        x = layers.LayerNormalization(epsilon=1e-3, name=f"{name}_norm1")(x + attended)
        y = layers.Dense(16, name=f"{name}_expand")(x)
        y = ops.gelu(y, approximate=False)
        y = layers.Dense(8, name=f"{name}_project")(y)
        return layers.LayerNormalization(epsilon=1e-3, name=f"{name}_norm2")(x + y)

    ids = keras.Input((7,), dtype="int32", name="ids")
    x = layers.Embedding(20, 8, name="words")(ids)
    x = encoder(x, "encoder1")
    x = encoder(x, "encoder2")
    x = layers.GRU(6, reset_after=False, return_sequences=True, name="gru")(x)
    x = layers.LSTM(5, name="lstm")(x)
    return keras.Model(ids, layers.Dense(3, name="logits")(x), name="sequence")


def features() -> Any:
    """Plain arithmetic: stable forms, straight-through rounding, gathers, losses."""
    import tensorflow as tf

    @tf.custom_gradient
    def rounded(x: Any) -> Any:
        return tf.round(x), lambda upstream: upstream

    class Tower(tf.Module):
        def __init__(self, name: str, fan_in: int, fan_out: int):
            super().__init__(name=name)
            start = tf.random.stateless_normal((fan_in, fan_out), (fan_in, fan_out))
            self.kernel = tf.Variable(start * 0.4, name="kernel")
            self.bias = tf.Variable(tf.linspace(-0.3, 0.3, fan_out), name="bias")

        def __call__(self, x: Any) -> Any:
            with self.name_scope:
                return tf.nn.elu(x @ self.kernel + self.bias)

    class Features(tf.Module):
        def __init__(self) -> None:
            super().__init__(name="features")
            self.left, self.right = Tower("left", 6, 8), Tower("right", 6, 8)
            self.scale = tf.Variable(tf.linspace(0.5, 1.5, 8), name="scale")

        @tf.function(
            input_signature=[
                tf.TensorSpec((None, 6), tf.float32, name="x"),
                tf.TensorSpec((None, 6), tf.float32, name="y"),
            ]
        )
        def __call__(self, x: Any, y: Any) -> dict[str, Any]:
            left, right = self.left(x), self.right(y)
            unit = tf.math.l2_normalize(left, 1, epsilon=1e-6)
            coded = rounded(right * 4.0) / 4.0
            mixed = tf.math.cumsum(unit * self.scale, 1) - tf.reverse(coded, [1])
            gate = tf.math.log1p(tf.exp(mixed)) * tf.stop_gradient(tf.sign(left))
            centred = gate - tf.reduce_mean(gate, 1, keepdims=True)
            loss = -tf.reduce_sum(tf.nn.log_softmax(centred) * tf.nn.softmax(right), 1)
            top = tf.reduce_logsumexp(tf.concat([left, right], 1), 1)
            return {"loss": loss, "top": top, "gate": tf.clip_by_value(gate, -2.0, 3.0)}

    return Features()


BUILDERS: dict[str, Callable[[], Any]] = {
    "vision": vision,
    "sequence": sequence,
    "features": features,
}


def build(name: str, folder: Path) -> Path:
    """Save the model in ``folder``, with weights that are far from their defaults."""
    import keras
    import tensorflow as tf

    tf.random.set_seed(1)
    keras.utils.set_random_seed(1)
    model = BUILDERS[name]()
    path = folder / name
    if isinstance(model, keras.Model):
        _shake(model)
        path = path.with_suffix(".keras")
        model.save(path)
    else:
        tf.saved_model.save(model, str(path))
    return path


def _shake(model: Any) -> None:
    """Biases and statistics that are not all zero or one."""
    import numpy as np

    draw = np.random.default_rng(7)
    model.set_weights(
        [
            np.abs(w + 0.2 * draw.normal(size=w.shape)) + 0.1
            if w.ndim == 1 and np.all(w == 1)
            else (w + 0.2 * draw.normal(size=w.shape)).astype(w.dtype)
            for w in model.get_weights()
        ]
    )
