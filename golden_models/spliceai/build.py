"""One of SpliceAI's trained networks, a Keras 2 `.h5` as the wheel ships it."""

import shutil
from pathlib import Path

import numpy as np

from golden_models.wheels import fetch

LENGTH = 11000


def build(folder: Path) -> Path:
    wheel = fetch("spliceai", "1.3.1")
    shutil.copy(wheel / "spliceai/models/spliceai1.h5", folder / "spliceai1.h5")
    rng = np.random.default_rng(18)
    bases = np.eye(4, dtype="float32")[rng.integers(0, 4, (2, LENGTH))]
    np.savez(folder / "sample.npz", input_1=bases)
    return folder / "spliceai1.h5"
