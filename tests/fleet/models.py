"""A registry of small models in every format, with broken ones among them.

Names and what is to come of each are in HEALTHY and BROKEN.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIZES = (3, 4)


def weights(seed: int, *shape: int) -> Any:
    import numpy as np

    return np.random.default_rng(seed).normal(0, 0.5, shape).astype(np.float32)


def module(path: Path, seed: int) -> None:
    """SavedModel of TensorFlow 2, of a tf.Module."""
    import tensorflow as tf

    class Dense(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = tf.Variable(weights(seed, *SIZES), name="kernel")

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, "x")])
        def __call__(self, x: Any) -> Any:
            return tf.nn.relu(x @ self.kernel)

    dense = Dense()
    tf.saved_model.save(dense, str(path), signatures=dense.__call__)


def keras_model(seed: int) -> Any:
    import keras

    keras.utils.set_random_seed(seed)
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, "relu"), layers.Dense(2)],
        name=f"dense_{seed}",
    )


def exported(path: Path, seed: int) -> None:
    """SavedModel of Keras 3."""
    keras_model(seed).export(path, verbose=False)


def keras_file(path: Path, seed: int) -> None:
    """``.keras`` or ``.h5``, by the path's ending."""
    keras_model(seed).save(path)


def graph(seed: int, trained: bool) -> tuple[Any, Any, Any]:
    """A TF1 graph, its input and its output; with a constant or a variable."""
    import tensorflow as tf

    v1 = tf.compat.v1
    made = tf.Graph()
    with made.as_default():
        x = v1.placeholder(tf.float32, [None, 3], "x")
        kernel: Any = weights(seed, *SIZES)
        if trained:
            kernel = v1.get_variable("kernel", initializer=kernel, use_resource=True)
        y = tf.identity(tf.tanh(tf.matmul(x, kernel)), "y")
    return made, x, y


def frozen(path: Path, seed: int) -> None:
    """GraphDef without variables."""
    made, _, _ = graph(seed, trained=False)
    path.write_bytes(made.as_graph_def().SerializeToString())


def checkpoint(path: Path, seed: int) -> None:
    """TF1 checkpoint with its ``.meta``."""
    import tensorflow as tf

    v1 = tf.compat.v1
    made, _, _ = graph(seed, trained=True)
    with made.as_default(), v1.Session() as session:
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, str(path.with_suffix("")))
    (path.parent / "checkpoint").unlink()


def saved_model_v1(path: Path, seed: int) -> None:
    """SavedModel of TensorFlow 1."""
    import tensorflow as tf

    v1 = tf.compat.v1
    made, x, y = graph(seed, trained=True)
    with made.as_default(), v1.Session() as session:
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(path), {"x": x}, {"y": y})


def truncated(path: Path, seed: int) -> None:
    """A SavedModel of which half was copied."""
    module(path, seed)
    proto = path / "saved_model.pb"
    proto.write_bytes(proto.read_bytes()[: proto.stat().st_size // 2])


def lost_weights(path: Path, seed: int) -> None:
    module(path, seed)
    for shard in path.glob("variables/variables.data-*"):
        shard.unlink()


def damaged_keras(path: Path, seed: int) -> None:
    path.write_bytes(b"PK\x03\x04" + bytes(64))


def hostile(path: Path, seed: int) -> None:
    """A graph that reads a file of the machine."""
    import tensorflow as tf

    with tf.Graph().as_default() as made:
        x = tf.compat.v1.placeholder(tf.float32, [None, 3], "x")
        secret = tf.strings.length(tf.io.read_file("/etc/hostname"))
        tf.add(x, tf.cast(secret, tf.float32), name="y")
    path.write_bytes(made.as_graph_def().SerializeToString())


def endless(path: Path, seed: int) -> None:
    """A loop without end: whoever runs it waits."""
    import tensorflow as tf

    class Loop(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, "x")])
        def __call__(self, x: Any) -> Any:
            return tf.while_loop(
                lambda y: tf.reduce_sum(y * 0) < 1, lambda y: (y + 1,), (x,)
            )[0]

    loop = Loop()
    tf.saved_model.save(loop, str(path), signatures=loop.__call__)


def memory_hog(path: Path, seed: int) -> None:
    """A layer of 14 GB, in a file of some kilobytes."""
    import keras

    small = path.with_name("small.keras")
    keras.Sequential([keras.Input((1117,)), keras.layers.Dense(1117)]).save(small)
    with zipfile.ZipFile(small) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(".json"):
                content = content.replace(b"1117", b"60000")
            new.writestr(name, content)
    small.unlink()


def crowded(path: Path, seed: int) -> None:
    """A constant of a few bytes that says it is 100 GB."""
    made, _, _ = graph(seed, trained=False)
    definition = made.as_graph_def()
    for node in definition.node:
        if node.op == "Const":
            node.attr["value"].tensor.tensor_shape.dim[1].size = 1 << 33
    path.write_bytes(definition.SerializeToString())


Build = Callable[[Path, int], None]
HEALTHY: dict[str, tuple[str, Build]] = {
    "module": ("", module),
    "exported": ("", exported),
    "keras": (".keras", keras_file),
    "h5": (".h5", keras_file),
    "frozen": (".pb", frozen),
    "checkpoint": (".meta", checkpoint),
    "saved_model_v1": ("", saved_model_v1),
}
BROKEN: dict[str, tuple[str, Build, str, str]] = {
    "truncated": ("", truncated, "unreadable", "truncated"),
    "lost_weights": ("", lost_weights, "unreadable", "variables"),
    "damaged": (".keras", damaged_keras, "unreadable", "damaged"),
    "hostile": (".pb", hostile, "unported", "ReadFile"),
    "crowded": (".pb", crowded, "unreadable", "elements"),
    "endless": ("", endless, "timeout", "no result within"),
    "memory_hog": (".keras", memory_hog, "memory", "MiB of memory"),
}


def build(root: Path, copies: int) -> None:
    """``copies`` of each healthy model, with weights of their own, and the broken."""
    for number in range(copies):
        for name, (ending, make) in HEALTHY.items():
            make(_place(root, f"{name}_{number}{ending}"), number)
    for name, (ending, make, _, _) in BROKEN.items():
        make(_place(root, f"broken/{name}{ending}"), 0)


def versions(root: Path) -> None:
    """``ranker`` in three versions, as TF-Serving lays them out."""
    module(_place(root, "ranker/9"), 9)
    for version in ("10", "2"):
        shutil.copytree(root / "ranker" / "9", root / "ranker" / version)


def _place(root: Path, name: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
