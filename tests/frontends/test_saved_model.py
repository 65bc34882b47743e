"""TF2 SavedModels, each checked by value against TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.frontends.compare import agrees, nodes, normal, ops, words
from tests.frontends.interpreter import Interpreter, same
from tf2torch.ir.nodes import Case, Table, While
from tf2torch.transpiler.frontends import BatchNormInfo, Source, Training, load


@pytest.fixture(scope="module")
def module_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Variables, captured constants, tables of every kind, state, nested functions."""
    import tensorflow as tf

    folder = tmp_path_factory.mktemp("module")
    vocabulary = folder / "vocabulary.txt"
    vocabulary.write_text("x\ny\nz\n")
    lookup = tf.lookup

    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = tf.Variable([[1.0, 2.0], [3.0, 4.0]])
            self.calls = tf.Variable(0, trainable=False, name="calls")
            self.bias = tf.constant([0.5, -0.5])
            self.literal = lookup.StaticHashTable(
                lookup.KeyValueTensorInitializer(["a", "x"], [1, 2]), -1
            )
            self.file = lookup.StaticVocabularyTable(
                lookup.TextFileInitializer(
                    str(vocabulary),
                    tf.string,
                    lookup.TextFileIndex.WHOLE_LINE,
                    tf.int64,
                    lookup.TextFileIndex.LINE_NUMBER,
                ),
                2,
            )
            self.mutable = lookup.experimental.MutableHashTable(tf.string, tf.int64, -7)
            self.mutable.insert(["z", "q"], tf.constant([5, 6], tf.int64))
            self.dense = lookup.experimental.DenseHashTable(
                tf.int64, tf.int64, -7, empty_key=-1, deleted_key=-2
            )
            self.dense.insert(
                tf.constant([0, 6], tf.int64), tf.constant([10, 16], tf.int64)
            )

        @tf.function
        def scaled(self, x: Any) -> Any:
            return x @ self.weight + self.bias

        @tf.function(
            input_signature=[
                tf.TensorSpec((None, 2), tf.float32, name="x"),
                tf.TensorSpec((None,), tf.string, name="text"),
            ]
        )
        def __call__(self, x: Any, text: Any) -> Any:
            self.calls.assign_add(1)
            ids = self.file.lookup(text)
            return {
                "y": self.scaled(x) + tf.cast(self.calls, tf.float32),
                "literal": self.literal.lookup(text),
                "file": ids,
                "mutable": self.mutable.lookup(text),
                "dense": self.dense.lookup(ids),
            }

        @tf.function(input_signature=[tf.TensorSpec((None, 2), tf.float32)])
        def pair(self, x: Any) -> Any:
            return x, (x + 1.0, [x * 2.0])

    path = folder / "saved"
    model = Model()
    tf.saved_model.save(model, path, {"main": model.__call__})
    vocabulary.unlink()
    return path


def test_tables_state_and_captures(module_path: Path) -> None:
    import tensorflow as tf

    source = load(module_path, signature="main")
    original = tf.saved_model.load(module_path).signatures["main"]
    inputs = {"x": normal(3, 2), "text": words("a", "z", "other")}
    state = Interpreter()
    for _ in range(2):  # the counter is state: the second call gives other numbers
        expected = original(**{k: tf.constant(v) for k, v in inputs.items()})
        agrees(source, inputs, expected, state)
    assert [e.op for e in source.graph.effects] == [
        "AssignAddVariableOp",
        "ReadVariableOp",
    ]


def test_names_and_keys_of_variables(module_path: Path) -> None:
    import tensorflow as tf

    source = load(module_path, signature="main")
    reader = tf.train.load_checkpoint(str(module_path / "variables" / "variables"))
    found = {v.name: (v.trainable, v.shape) for v in source.variables}
    assert found == {"calls": (False, ()), "weight": (True, (2, 2))}
    for info in source.variables:
        np.testing.assert_array_equal(info.load(), reader.get_tensor(info.key))


def test_content_of_tables(module_path: Path) -> None:
    tables = {
        t.info.name: t.info for t in nodes(load(module_path, signature="main"), Table)
    }
    content = {
        name: dict(zip(*(a.tolist() for a in info.load()), strict=True))
        for name, info in tables.items()
    }
    assert content == {
        "literal": {b"a": 1, b"x": 2},
        "file": {b"x": 0, b"y": 1, b"z": 2},
        "mutable": {b"z": 5, b"q": 6},
        "dense": {0: 10, 6: 16},
    }


def test_inputs_are_typed_with_symbols(module_path: Path) -> None:
    source = load(module_path, signature="main")
    types = {node.name: str(node.type) for node in source.graph.inputs}
    assert types == {"text": "string[batch]", "x": "f32[x_0, 2]"}
    assert source.inputs[0].tensor == "main_text:0"
    assert source.outputs[0].tensor.startswith("StatefulPartitionedCall")


def test_a_function_that_is_no_signature(module_path: Path) -> None:
    import tensorflow as tf

    source = load(module_path, signature="pair")
    x = normal(2, 2)
    first, (second, (third,)) = tf.saved_model.load(module_path).pair(x)
    names = ("output_0", ("output_1_0", ["output_1_1_0"]))
    assert source.structure == names
    agrees(
        source,
        {"x": x},
        {"output_0": first, "output_1_0": second, "output_1_1_0": third},
    )


def test_outputs_can_be_chosen(module_path: Path) -> None:
    source = load(module_path, signature="main", outputs=["literal"])
    assert [spec.name for spec in source.outputs] == ["literal"]
    assert len(nodes(source, Table)) == 1


def keras_model(keras: Any) -> Any:
    inputs = keras.Input((6, 4), name="sequence")
    x = keras.layers.LSTM(3, name="lstm")(inputs)
    x = keras.layers.BatchNormalization(momentum=0.7, name="norm")(x)
    x = keras.layers.Dropout(0.25, name="drop")(x)
    return keras.Model(inputs, keras.layers.Dense(2, name="head")(x), name="net")


def check_keras(source: Source, model: Any) -> None:
    x = normal(3, 6, 4)
    (name,) = (spec.name for spec in source.outputs)
    agrees(source, {"sequence": x}, {name: model(x)})
    (loop,) = nodes(source, While)
    read = {n.info.name.split("/")[-1] for n in loop.body.nodes() if hasattr(n, "info")}
    assert read == {"kernel", "recurrent_kernel", "bias"}, "the loop reads its weights"
    scopes = {node.origin.scope for node in source.graph.nodes()}
    assert any("head" in scope for scope in scopes)
    assert not any("PartitionedCall" in part for scope in scopes for part in scope)


def test_keras_3_export(tmp_path: Path) -> None:
    import keras

    model = keras_model(keras)
    model.export(tmp_path / "saved", verbose=False)
    source = load(tmp_path / "saved")
    check_keras(source, model)
    assert len(source.variables) == len(model.weights)


def test_keras_2_saved_model_says_how_to_train(tmp_path: Path) -> None:
    import tf_keras

    model = keras_model(tf_keras)
    model.save(tmp_path / "saved", save_format="tf")
    source = load(tmp_path / "saved")
    check_keras(source, model)
    assert source.training.batch_norm == {"norm/moving_mean": BatchNormInfo(0.7)}
    ((name, rate),) = source.training.dropout.items()
    assert rate == 0.25
    assert name in {str(n.origin) for n in nodes(source, "Identity")}


def test_metadata_of_older_saved_models(tmp_path: Path) -> None:
    """Before TF 2.5 the layers' configs lay in the object graph."""
    import tf_keras
    from tensorflow.core.protobuf import saved_model_pb2
    from tf_keras.protobuf import saved_metadata_pb2

    path = tmp_path / "saved"
    keras_model(tf_keras).save(path, save_format="tf")
    file = path / "keras_metadata.pb"
    layers = saved_metadata_pb2.SavedMetadata.FromString(file.read_bytes())
    saved = saved_model_pb2.SavedModel.FromString(
        (path / "saved_model.pb").read_bytes()
    )
    for layer in layers.nodes:
        objects = saved.meta_graphs[0].object_graph_def.nodes
        objects[layer.node_id].user_object.metadata = layer.metadata
    (path / "saved_model.pb").write_bytes(saved.SerializeToString())
    with_file = load(path).training
    file.unlink()
    assert load(path).training == with_file != Training()


def test_control_flow_becomes_regions(tmp_path: Path) -> None:
    import tensorflow as tf

    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = tf.Variable([[0.5, 0.1], [0.2, 0.3]], name="w")
            self.seen = tf.Variable(0.0, name="seen", trainable=False)

        @tf.function(
            input_signature=[
                tf.TensorSpec((None, 2), tf.float32, name="x"),
                tf.TensorSpec((), tf.int32, name="n"),
            ]
        )
        def __call__(self, x: Any, n: Any) -> Any:
            for i in tf.range(n):
                if tf.reduce_sum(x) > 3.0:
                    x = x @ self.w
                    self.seen.assign_add(1.0)
                else:
                    x = x + tf.cast(i, tf.float32) * self.w[0]
            branches = [
                lambda: x + 1.0,
                lambda: x * 2.0,
                lambda: tf.cast(n, tf.float32) - x,
            ]
            return tf.switch_case(n, branches), self.seen.read_value()

    model = Model()
    tf.saved_model.save(model, tmp_path)
    source = load(tmp_path)
    original = tf.saved_model.load(tmp_path)
    x, state = normal(3, 2), Interpreter()
    for n in (0, 1, 4, 6):
        expected = original(x, tf.constant(n))
        named = dict(zip(("output_0", "output_1"), expected, strict=True))
        agrees(source, {"x": x, "n": np.int32(n)}, named, state)
    assert len(nodes(source, While)) == 1
    assert len(nodes(source, Case)) == 2
    (loop,) = nodes(source, While)
    assert loop in source.graph.effects
    assert not {"If", "While", "Case", "StatefulPartitionedCall"} & ops(source)


def test_attributes_are_python_values(tmp_path: Path) -> None:
    import tensorflow as tf

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, 8, 8, 3), tf.float32)])
        def __call__(self, x: Any) -> Any:
            x = tf.nn.conv2d(x, tf.ones((3, 3, 3, 4)), 2, "SAME")
            return tf.raw_ops.LeakyRelu(features=x, alpha=0.001)

    tf.saved_model.save(Model(), tmp_path)
    source = load(tmp_path)
    (conv,) = nodes(source, "Conv2D")
    assert conv.attrs == {
        "T": "float32",
        "data_format": "NHWC",
        "dilations": (1, 1, 1, 1),
        "explicit_paddings": (),
        "padding": "SAME",
        "strides": (1, 2, 2, 1),
        "use_cudnn_on_gpu": True,
    }
    (relu,) = nodes(source, "LeakyRelu")
    assert relu.attrs == {"T": "float32", "alpha": 0.001}
    assert relu.origin.tf[0].endswith("LeakyRelu")


@pytest.mark.parametrize("live", [True, False])
def test_custom_gradients_keep_their_gradient(tmp_path: Path, live: bool) -> None:
    """``y = tanh(x s)`` with gradients ``2 t c dy`` for x and ``sum(x dy)`` for s."""
    import tensorflow as tf

    from tf2torch.ir.nodes import CustomGradient

    @tf.custom_gradient
    def odd(x: Any, s: Any) -> Any:
        c = tf.constant([1.0, 2.0, 3.0])
        t = tf.tanh(x * s)
        return t, lambda dy: (dy * t * 2.0 * c, tf.reduce_sum(dy * x))

    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.v = tf.Variable([1.0, 2.0], name="v")

        @tf.function(input_signature=[tf.TensorSpec((None, 3), tf.float32, name="x")])
        def __call__(self, x: Any) -> Any:
            return odd(x, tf.reduce_sum(self.v))

    model = Model()
    if not live:
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=True)
        tf.saved_model.save(model, tmp_path, options=options)
    source = load(model if live else tmp_path)
    x = normal(2, 3)
    with tf.GradientTape() as tape:
        watched = tf.constant(x)
        tape.watch(watched)
        y = model(watched)
    dx, dv = tape.gradient(y, [watched, model.v])
    (name,) = (spec.name for spec in source.outputs)
    agrees(source, {"x": x}, {name: y})
    (node,) = nodes(source, CustomGradient)
    t, scale = np.tanh(x * 3.0), np.float32(3.0)
    captured = {"Tanh": t, "x": x}
    values = [captured[n.name if hasattr(n, "name") else n.op] for n in node.captures]
    arguments = [np.ones_like(t), np.zeros_like(x), np.zeros_like(scale), *values]
    got = Interpreter()(node.backward, *arguments)
    assert list(got) == ["1", "2"], "operand 0 is the result itself"
    same(got["1"], dx)
    same(np.repeat(got["2"], 2), dv)
