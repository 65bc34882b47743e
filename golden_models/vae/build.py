"""Variational autoencoder that samples its code; SavedModel of Keras 2."""

from pathlib import Path

from golden_models.weights import pictures, randomise

CODE = 4


def build(folder: Path) -> Path:
    import numpy as np
    import tf_keras

    tf_keras.utils.set_random_seed(14)
    inputs = tf_keras.Input((16, 16, 1), name="image")
    mean, log_variance = encode(inputs)
    code = sampling()([mean, log_variance])
    outputs = {"mean": mean, "log_variance": log_variance, "picture": decode(code)}
    model = tf_keras.Model(inputs, outputs, name="vae")
    randomise(model)
    np.savez(folder / "sample.npz", image=pictures(6, 16, 1, low=0))
    model.save(folder / "vae", save_format="tf")
    return folder / "vae"


def encode(x):
    from tf_keras import layers

    x = layers.Conv2D(8, 3, 2, "same", activation="relu", name="encode1")(x)
    x = layers.Conv2D(16, 3, 2, "same", activation="relu", name="encode2")(x)
    x = layers.Dense(16, activation="relu", name="bottleneck")(layers.Flatten()(x))
    return layers.Dense(CODE, name="mean")(x), layers.Dense(CODE, name="log_variance")(
        x
    )


def decode(x):
    from tf_keras import layers

    x = layers.Dense(4 * 4 * 16, activation="relu", name="widen")(x)
    x = layers.Reshape((4, 4, 16))(x)
    x = layers.Conv2DTranspose(16, 3, 2, "same", activation="relu", name="decode1")(x)
    x = layers.Conv2DTranspose(8, 3, 2, "same", activation="relu", name="decode2")(x)
    return layers.Conv2D(1, 3, 1, "same", activation="sigmoid", name="picture")(x)


def sampling():
    """The layer that draws mean + deviation * noise."""
    import tensorflow as tf
    import tf_keras

    class Sampling(tf_keras.layers.Layer):
        def call(self, inputs):
            mean, log_variance = inputs
            noise = tf.random.normal(tf.shape(mean))
            return mean + tf.exp(0.5 * log_variance) * noise

    return Sampling(name="sampling")
