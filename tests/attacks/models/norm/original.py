"""Dense → BatchNorm → dropout → a frozen BatchNorm, in a .keras file."""

import numpy as np


def build(folder: str) -> str:
    import keras
    from keras import layers

    keras.utils.set_random_seed(6)
    model = keras.Sequential(
        [
            keras.Input((9,), name="features"),
            layers.Dense(8, activation="relu"),
            layers.BatchNormalization(momentum=0.9),
            layers.Dropout(0.3),
            layers.Dense(8),
            layers.BatchNormalization(trainable=False),
            layers.Dense(2),
        ]
    )
    generator = np.random.default_rng(6)
    for weight in model.weights:
        noise = generator.normal(size=weight.shape) * 0.5
        weight.assign(np.abs(noise) + 0.5 if "variance" in weight.path else noise)
    path = f"{folder}.keras"
    model.save(path)
    return path
