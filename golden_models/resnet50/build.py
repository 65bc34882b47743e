"""ResNet50 of Keras, untrained, at a sane scale; Keras 3 `export()`."""

from pathlib import Path

import numpy as np

from golden_models.weights import enliven, pictures


def build(folder: Path) -> Path:
    import keras

    keras.utils.set_random_seed(50)
    image = keras.Input((96, 96, 3), name="image")
    model = keras.applications.ResNet50(weights=None, input_tensor=image)
    pixels = pictures(16, 96)
    enliven(model, pixels)
    np.savez(folder / "sample.npz", image=pixels[:4])
    model.export(folder / "resnet50", verbose=False)
    return folder / "resnet50"
