"""MobileNetV2 of Keras, untrained, at a sane scale; `.keras`."""

from pathlib import Path

import numpy as np

from golden_models.weights import enliven, pictures


def build(folder: Path) -> Path:
    import keras

    keras.utils.set_random_seed(2)
    image = keras.Input((96, 96, 3), name="image")
    model = keras.applications.MobileNetV2(weights=None, input_tensor=image)
    pixels = pictures(16, 96)
    enliven(model, pixels)
    np.savez(folder / "sample.npz", image=pixels[:4])
    model.save(folder / "mobilenet_v2.keras")
    return folder / "mobilenet_v2.keras"
