"""Embedding → LSTM → dense on token ids of any length."""

import numpy as np


def build(folder: str) -> None:
    import keras
    from keras import layers

    keras.utils.set_random_seed(2)
    ids = keras.Input((None,), dtype="int32", name="ids")
    x = layers.Embedding(40, 8)(ids)
    x = layers.LSTM(6)(x)
    model = keras.Model(ids, layers.Dense(1, activation="sigmoid")(x))
    generator = np.random.default_rng(2)
    for weight in model.weights:
        if "seed" not in weight.path:
            weight.assign(generator.normal(size=weight.shape) * 0.5)
    model.export(folder, verbose=False)
