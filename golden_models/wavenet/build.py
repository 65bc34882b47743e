"""Causal dilated convolutions with gates, residuals and skips; `.keras`."""

from pathlib import Path

from golden_models.weights import randomise

WIDTH = 12


def build(folder: Path) -> Path:
    import keras
    from keras import layers

    keras.utils.set_random_seed(15)
    inputs = keras.Input((None, 1), name="signal")
    x = layers.Conv1D(WIDTH, 2, padding="causal", name="front")(inputs)
    skips = []
    for i, rate in enumerate((1, 2, 4, 8, 1, 2, 4, 8)):
        x, skip = gated_block(x, rate, f"block{i}")
        skips.append(skip)
    x = layers.Activation("relu")(layers.Add(name="skips")(skips))
    x = layers.Conv1D(16, 1, activation="relu", name="hidden")(x)
    logits = layers.Conv1D(10, 1, name="logits")(x)
    model = keras.Model(inputs, logits, name="wavenet")
    randomise(model)
    model.save(folder / "wavenet.keras")
    return folder / "wavenet.keras"


def gated_block(x, rate: int, name: str):
    """tanh times sigmoid of two causal convolutions; (residual, skip)."""
    from keras import layers

    def causal(activation: str, part: str):
        return layers.Conv1D(
            WIDTH,
            2,
            padding="causal",
            dilation_rate=rate,
            activation=activation,
            name=f"{name}_{part}",
        )

    gated = layers.Multiply(name=f"{name}_gated")(
        [causal("tanh", "filter")(x), causal("sigmoid", "gate")(x)]
    )
    skip = layers.Conv1D(WIDTH, 1, name=f"{name}_skip")(gated)
    out = layers.Conv1D(WIDTH, 1, name=f"{name}_out")(gated)
    return layers.Add(name=f"{name}_sum")([x, out]), skip
