"""DenseNet121 of Keras, untrained, at a sane scale; SavedModel of Keras 2."""

from pathlib import Path

import numpy as np

from golden_models.weights import enliven, pictures


def build(folder: Path) -> Path:
    import tf_keras

    tf_keras.utils.set_random_seed(121)
    image = tf_keras.Input((96, 96, 3), name="image")
    model = tf_keras.applications.DenseNet121(weights=None, input_tensor=image)
    pixels = pictures(16, 96)
    enliven(model, pixels)
    np.savez(folder / "sample.npz", image=pixels[:4])
    model.save(folder / "densenet121", save_format="tf")
    return folder / "densenet121"
