"""DeepFM of deepctr on 26 categorical and 13 dense features; SavedModel of Keras 2."""

from pathlib import Path

import numpy as np

from golden_models.deepctr_import import import_deepctr
from golden_models.weights import randomise


def build(folder: Path) -> Path:
    import tf_keras

    deepctr = import_deepctr()
    features = deepctr.feature_column
    tf_keras.utils.set_random_seed(6)
    sizes = {f"C{i}": 10 + 3 * i for i in range(1, 27)}
    columns = [
        *(features.SparseFeat(name, n, embedding_dim=8) for name, n in sizes.items()),
        *(features.DenseFeat(f"I{i}", 1) for i in range(1, 14)),
    ]
    model = deepctr.models.DeepFM(
        columns, columns, dnn_hidden_units=(64, 32), dnn_dropout=0.2, task="binary"
    )
    randomise(model)
    rng = np.random.default_rng(6)
    sample = {name: rng.integers(0, n, (6, 1)) for name, n in sizes.items()}
    dense = {f"I{i}": rng.uniform(0, 1, (6, 1)) for i in range(1, 14)}
    sample = {k: v.astype("int32") for k, v in sample.items()}
    sample |= {k: v.astype("float32") for k, v in dense.items()}
    np.savez(folder / "sample.npz", **sample)
    model.save(folder / "deepfm", save_format="tf")
    return folder / "deepfm"
