"""Layers that the source does not train are not trained in the port."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

import tf2torch

X = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")


def model(library: Any, **norm: bool) -> Any:
    """A frozen layer and a frozen norm between two that are trained."""
    library.utils.set_random_seed(0)
    layers = library.layers
    frozen = layers.Dense(5, activation="tanh"), layers.BatchNormalization(**norm)
    made = library.Sequential(
        [library.Input((4,)), frozen[0], layers.Dense(4), frozen[1], layers.Dense(2)]
    )
    for layer in frozen:
        layer.trainable = False
    return made


def saved(made: Any, how: str, folder: Path) -> Any:
    if how == "live":
        return made
    if how == "export":
        made.export(folder / "exported")
        return folder / "exported"
    made.save(folder / "made.keras")
    return folder / "made.keras"


@pytest.mark.parametrize("library", [keras, tf_keras], ids=["keras3", "keras2"])
@pytest.mark.parametrize("how", ["live", "export", "keras"])
def test_what_is_frozen_stays_frozen(library: Any, how: str, tmp_path: Path) -> None:
    made = model(library)
    module = tf2torch.convert(saved(made, how, tmp_path), verify=False).module
    trained = sum(p.numel() for p in module.parameters() if p.requires_grad)
    assert trained == sum(int(np.prod(w.shape)) for w in made.trainable_weights)
    check(module, made)


@pytest.mark.parametrize("norm", [{"scale": False}, {"center": False}])
def test_a_frozen_norm_without_a_part(norm: dict[str, bool]) -> None:
    made = model(keras, **norm)
    port = tf2torch.convert(made, verify=False)
    assert f"{next(iter(norm))}=False" in port.source
    check(port.module, made)


def check(module: Any, made: Any) -> None:
    """Frozen statistics are used, and kept, in training mode as well."""
    import torch

    x = torch.from_numpy(X)
    before = {k: v.clone() for k, v in module.state_dict().items()}
    expected = np.asarray(made(X, training=True))
    for mode in (False, True):
        found = module.train(mode)(x).detach().numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    after = module.state_dict()
    assert all(torch.equal(value, after[key]) for key, value in before.items())
