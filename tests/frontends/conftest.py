"""TensorFlow once per session, and the two ways in which it builds control flow."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session", autouse=True)
def tensorflow() -> None:
    import tensorflow as tf

    tf.config.set_visible_devices([], "GPU")
    tf.keras.utils.set_random_seed(7)


@pytest.fixture
def v1_control_flow() -> Iterator[None]:
    """Graphs with Switch, Merge, Enter and Exit, as TF1 wrote them."""
    import tensorflow as tf

    tf.compat.v1.disable_control_flow_v2()
    yield
    tf.compat.v1.enable_control_flow_v2()
