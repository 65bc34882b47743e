"""Text classifier of two bidirectional LSTMs; SavedModel of Keras 2."""

from pathlib import Path

import numpy as np

from golden_models.weights import randomise


def build(folder: Path) -> Path:
    import tf_keras
    from tf_keras import layers

    tf_keras.utils.set_random_seed(4)
    tokens = tf_keras.Input((None,), dtype="int32", name="tokens")
    x = layers.Embedding(500, 24, name="embedding")(tokens)
    x = layers.Bidirectional(layers.LSTM(20, return_sequences=True), name="lower")(x)
    x = layers.Bidirectional(layers.LSTM(16), name="upper")(x)
    logits = layers.Dense(5, name="logits")(x)
    model = tf_keras.Model(tokens, logits, name="stacked_bilstm")
    randomise(model)
    rng = np.random.default_rng(4)
    tokens = rng.integers(0, 500, (6, 17), dtype="int32")
    np.savez(folder / "sample.npz", tokens=tokens)
    model.save(folder / "stacked_bilstm", save_format="tf")
    return folder / "stacked_bilstm"
