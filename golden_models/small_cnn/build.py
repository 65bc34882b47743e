"""Three strided Conv → BatchNorm → ReLU blocks and a head; Keras 3 `export()`."""

from pathlib import Path

from golden_models.weights import calibrate, pictures, randomise, settle


def build(folder: Path) -> Path:
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    x = inputs = keras.Input((32, 32, 3), name="image")
    for width in (8, 16, 32):
        x = layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.5)(x)
    scores = layers.Dense(4, activation="softmax", name="scores")(x)
    model = keras.Model(inputs, scores, name="small_cnn")
    pixels = pictures(16, 32)
    randomise(model)
    calibrate(model, pixels)
    settle(model, pixels)
    model.export(folder / "small_cnn", verbose=False)
    return folder / "small_cnn"
