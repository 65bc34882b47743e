"""InceptionV3 of Keras, untrained, at a sane scale; `.keras`."""

from pathlib import Path

import numpy as np

from golden_models.weights import enliven, pictures


def build(folder: Path) -> Path:
    import keras

    keras.utils.set_random_seed(3)
    image = keras.Input((107, 107, 3), name="image")
    model = keras.applications.InceptionV3(weights=None, input_tensor=image)
    pixels = pictures(16, 107)
    enliven(model, pixels)
    np.savez(folder / "sample.npz", image=pixels[:4])
    model.save(folder / "inception_v3.keras")
    return folder / "inception_v3.keras"
