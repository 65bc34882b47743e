"""VGG16 of Keras, untrained, at a sane scale; `.h5` of Keras 2."""

from pathlib import Path

import numpy as np

from golden_models.weights import pictures, randomise, settle


def build(folder: Path) -> Path:
    import tf_keras

    tf_keras.utils.set_random_seed(16)
    image = tf_keras.Input((64, 64, 3), name="image")
    model = tf_keras.applications.VGG16(weights=None, input_tensor=image, classes=10)
    pixels = pictures(16, 64)
    randomise(model)
    settle(model, pixels)
    np.savez(folder / "sample.npz", image=pixels[:4])
    model.save(folder / "vgg16.h5", save_format="h5")
    return folder / "vgg16.h5"
