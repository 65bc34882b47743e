"""Deep Interest Network of deepctr: attention over a history; SavedModel of Keras 2."""

from pathlib import Path

import numpy as np

from golden_models.deepctr_import import import_deepctr
from golden_models.weights import calibrate, randomise

USERS, ITEMS, GENRES, HISTORY = 40, 50, 12, 10


def build(folder: Path) -> Path:
    import tf_keras

    deepctr = import_deepctr()
    tf_keras.utils.set_random_seed(7)
    model = deepctr.models.DIN(
        columns(deepctr.feature_column),
        ["item", "genre"],
        dnn_hidden_units=(32, 16),
        att_hidden_size=(16, 8),
        dnn_use_bn=True,
    )
    randomise(model)
    calibrate(model, sample(32, seed=70))
    np.savez(folder / "sample.npz", **sample(6, seed=71))
    model.save(folder / "din", save_format="tf")
    return folder / "din"


def columns(features):
    """The candidate (item, genre), the user, and a history of such items."""

    def past(name: str, size: int, width: int):
        column = features.SparseFeat(
            f"hist_{name}", size, embedding_dim=width, embedding_name=name
        )
        return features.VarLenSparseFeat(column, HISTORY, length_name="seq_length")

    return [
        features.SparseFeat("user", USERS, embedding_dim=8),
        features.SparseFeat("item", ITEMS, embedding_dim=8),
        features.SparseFeat("genre", GENRES, embedding_dim=4),
        features.DenseFeat("score", 1),
        past("item", ITEMS, 8),
        past("genre", GENRES, 4),
    ]


def sample(rows: int, seed: int) -> dict[str, np.ndarray]:
    """Padded with zeros behind the history's length."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, HISTORY + 1, (rows, 1))
    inside = np.arange(HISTORY) < lengths
    values = {
        "user": rng.integers(0, USERS, (rows, 1)),
        "item": rng.integers(1, ITEMS, (rows, 1)),
        "genre": rng.integers(1, GENRES, (rows, 1)),
        "hist_item": inside * rng.integers(1, ITEMS, (rows, HISTORY)),
        "hist_genre": inside * rng.integers(1, GENRES, (rows, HISTORY)),
        "seq_length": lengths,
    }
    score = rng.uniform(0, 1, (rows, 1)).astype("float32")
    return {"score": score} | {k: v.astype("int32") for k, v in values.items()}
