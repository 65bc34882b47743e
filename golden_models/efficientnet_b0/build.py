"""EfficientNetB0 of Keras, untrained, at a sane scale; `.h5` of Keras 3."""

from pathlib import Path

import numpy as np

from golden_models.weights import calibrate, pictures, randomise, settle


def build(folder: Path) -> Path:
    import keras

    keras.utils.set_random_seed(0)
    image = keras.Input((96, 96, 3), name="image")
    model = keras.applications.EfficientNetB0(weights=None, input_tensor=image)
    pixels = pictures(16, 96, low=0, high=255)
    randomise(model)
    calibrate(model, pixels)
    settle(model, pixels)
    np.savez(folder / "sample.npz", image=pixels[:4])
    model.save(folder / "efficientnet_b0.h5")
    return folder / "efficientnet_b0.h5"
