"""A Keras CNN with BatchNorm, saved by Keras 3's export()."""

import numpy as np


def build(folder: str) -> None:
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3), name="image"),
            layers.Conv2D(6, 3, 2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2D(6, 3, 2, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(24, activation="gelu"),
            layers.Dense(24, activation="tanh"),
            layers.Dense(5, activation="softmax", name="head"),
        ]
    )
    generator = np.random.default_rng(1)
    for weight in model.weights:
        noise = generator.normal(size=weight.shape) * 0.3
        positive = any(part in weight.path for part in ("gamma", "variance"))
        if "seed" not in weight.path:
            weight.assign(np.abs(noise) + 0.5 if positive else noise)
    model.export(folder, verbose=False)
