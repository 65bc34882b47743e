"""GRU encoder and decoder with additive attention and masks; Keras 3 `export()`."""

from pathlib import Path

import numpy as np

from golden_models.weights import randomise


def build(folder: Path) -> Path:
    import keras
    from keras import layers

    keras.utils.set_random_seed(5)
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    x = layers.Embedding(60, 16, mask_zero=True, name="source_embedding")(source)
    encoder = layers.GRU(24, return_sequences=True, return_state=True, name="encoder")
    memory, state = encoder(x)
    y = layers.Embedding(70, 16, name="target_embedding")(target)
    y = layers.GRU(24, return_sequences=True, name="decoder")(y, initial_state=state)
    mask = layers.Lambda(lambda ids: ids != 0, name="mask")(source)
    attention = layers.AdditiveAttention(name="attention")
    context = attention([y, memory], mask=[None, mask])
    x = layers.Concatenate(name="joined")([y, context])
    logits = layers.Dense(70, name="logits")(x)
    model = keras.Model([source, target], logits, name="seq2seq_attention")
    randomise(model)
    rng = np.random.default_rng(5)
    inside = np.arange(11) < np.array([11, 4, 1, 8, 11, 6])[:, None]
    words = np.where(inside, rng.integers(1, 60, (6, 11)), 0).astype("int32")
    answers = rng.integers(0, 70, (6, 9), dtype="int32")
    np.savez(folder / "sample.npz", source=words, target=answers)
    model.export(folder / "seq2seq", format="tf_saved_model", verbose=False)
    return folder / "seq2seq"
