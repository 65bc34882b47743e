"""U-Net with transposed convolutions and skip connections; `.keras`."""

from pathlib import Path

from golden_models.weights import calibrate, pictures, randomise

WIDTHS = (8, 16, 32)


def build(folder: Path) -> Path:
    import keras
    from keras import layers

    keras.utils.set_random_seed(13)
    x = inputs = keras.Input((32, 32, 3), name="image")
    skips = []
    for level, width in enumerate(WIDTHS):
        x = double_convolution(x, width, f"down{level}")
        skips.append(x)
        x = layers.MaxPooling2D(name=f"down{level}_pool")(x)
    x = double_convolution(x, 64, "middle")
    for level, width in reversed(list(enumerate(WIDTHS))):
        up = layers.Conv2DTranspose(width, 3, 2, "same", name=f"up{level}_upsample")
        x = layers.Concatenate(name=f"up{level}_join")([up(x), skips[level]])
        x = double_convolution(x, width, f"up{level}")
    mask = layers.Conv2D(2, 1, activation="sigmoid", name="mask")(x)
    model = keras.Model(inputs, mask, name="unet")
    randomise(model)
    calibrate(model, pictures(8, 32))
    model.save(folder / "unet.keras")
    return folder / "unet.keras"


def double_convolution(x, width: int, name: str):
    from keras import layers

    for i in (1, 2):
        x = layers.Conv2D(width, 3, padding="same", name=f"{name}_conv{i}")(x)
        x = layers.BatchNormalization(name=f"{name}_norm{i}")(x)
        x = layers.Activation("relu", name=f"{name}_relu{i}")(x)
    return x
