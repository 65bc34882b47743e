"""BERT with a classification head from keras-hub, four small layers; `export()`."""

from pathlib import Path

import numpy as np

from golden_models.weights import randomise

VOCABULARY = 1000


def build(folder: Path) -> Path:
    import keras
    import keras_hub

    keras.utils.set_random_seed(2)
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=VOCABULARY,
        num_layers=4,
        num_heads=4,
        hidden_dim=64,
        intermediate_dim=128,
        max_sequence_length=48,
    )
    model = keras_hub.models.BertTextClassifier(backbone, num_classes=3)
    randomise(model)
    rng = np.random.default_rng(2)
    lengths = np.array([24, 7, 1, 13, 24, 18])
    inside = np.arange(24) < lengths[:, None]
    sample = {
        "token_ids": np.where(inside, rng.integers(1, VOCABULARY, (6, 24)), 0),
        "padding_mask": inside,
        "segment_ids": np.arange(24) >= lengths[:, None] // 2,
    }
    np.savez(folder / "sample.npz", **{k: v.astype("int32") for k, v in sample.items()})
    model.export(folder / "bert", format="tf_saved_model", verbose=False)
    return folder / "bert"
