"""ConvNeXtTiny of Keras, untrained, at a sane scale; Keras 3 `export()`."""

from pathlib import Path

import numpy as np

from golden_models.weights import pictures, randomise, settle


def build(folder: Path) -> Path:
    import keras

    keras.utils.set_random_seed(7)
    image = keras.Input((96, 96, 3), name="image")
    model = keras.applications.ConvNeXtTiny(weights=None, input_tensor=image)
    pixels = pictures(16, 96, low=0, high=255)
    randomise(model)
    settle(model, pixels)
    np.savez(folder / "sample.npz", image=pixels[:4])
    model.export(folder / "convnext_tiny", verbose=False)
    return folder / "convnext_tiny"
