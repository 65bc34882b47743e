"""Live functions, modules and Keras models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.frontends.compare import agrees, nodes, normal, words
from tests.frontends.interpreter import Interpreter
from tf2torch.diagnostics import SourceError
from tf2torch.ir.nodes import Table
from tf2torch.transpiler.frontends import BatchNormInfo, load


def test_a_function_with_a_signature() -> None:
    import tensorflow as tf

    weight = tf.Variable([[2.0], [1.0]], name="weight")
    table = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(["a", "b"], [1.5, 2.5]), 0.0
    )

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, 2), tf.float32, name="x"),
            tf.TensorSpec((None,), tf.string, name="text"),
        ]
    )
    def score(x: Any, text: Any) -> Any:
        return {"score": x @ weight, "value": table.lookup(text)}

    x, text = normal(3, 2), words("a", "c", "b")
    source = load(score)
    agrees(source, {"x": x, "text": text}, score(x, text))
    assert (source.kind, source.name, source.path) == ("live", "score", None)
    assert source.structure == {"score": "score", "value": "value"}
    assert [(v.name, v.key) for v in source.variables] == [("weight", "0")]
    assert len(nodes(source, Table)) == 1


def test_a_name_holds_no_number_of_the_process() -> None:
    import tensorflow as tf

    def scaled(x: Any) -> Any:
        return x * 2.0

    spec = tf.TensorSpec((None, 2), tf.float32)
    for function, name in ((scaled, "scaled"), (lambda x: x * 2.0, "function")):
        assert load(tf.function(function).get_concrete_function(spec)).name == name


def test_the_index_of_a_variable_finds_it_again() -> None:
    import tensorflow as tf

    parts = [tf.Variable(float(i), name="part") for i in range(3)]

    @tf.function(input_signature=[tf.TensorSpec((), tf.float32)])
    def total(x: Any) -> Any:
        return x * parts[2] + parts[0]

    source = load(total)
    variables = total.get_concrete_function().variables
    assert {v.name for v in source.variables} == {"part", "part_1"}
    for info in source.variables:
        assert info.load() == variables[int(info.key)].numpy()


def test_one_trace_is_enough_and_two_are_doubtful() -> None:
    import tensorflow as tf

    @tf.function
    def double(x: Any) -> Any:
        return x * 2

    double(tf.constant([1.0]))
    agrees(load(double), {"x": np.float32([3.0])}, {"output": np.float32([6.0])})
    double(tf.constant([1]))
    with pytest.raises(SourceError, match="2 traces and no input_signature"):
        load(double)
    concrete = double.get_concrete_function(tf.TensorSpec((None,), tf.int32))
    agrees(load(concrete), {"x": np.int32([3])}, {"output": np.int32([6])})


def test_a_method_of_a_module() -> None:
    import tensorflow as tf

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None,), tf.float32, name="x")])
        def encode(self, x: Any) -> Any:
            return x + 1.0

        @tf.function(input_signature=[tf.TensorSpec((None,), tf.float32, name="x")])
        def decode(self, x: Any) -> Any:
            return x - 1.0

    x = normal(3)
    agrees(load(Model(), signature="decode"), {"x": x}, {"output": x - 1})
    with pytest.raises(SourceError, match="several functions"):
        load(Model())
    with pytest.raises(SourceError, match="no signature 'encoder'; there are: encode"):
        load(Model(), signature="encoder")


def two_headed(keras: Any) -> Any:
    image = keras.Input((8, 8, 3), name="image")
    tag = keras.Input((2,), name="tag")
    x = keras.layers.Conv2D(4, 3, padding="same", name="conv")(image)
    frozen = keras.layers.BatchNormalization(momentum=0.9, name="frozen")
    frozen.trainable = False
    x = keras.layers.BatchNormalization(momentum=0.8, name="norm")(frozen(x))
    x = keras.layers.SpatialDropout2D(0.2, name="spatial")(x)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    x = keras.layers.Concatenate(name="join")([x, tag])
    x = keras.layers.Dropout(0.5, name="drop")(x)
    outputs = [
        keras.layers.Dense(3, name="class")(x),
        keras.layers.Dense(1, name="size")(x),
    ]
    return keras.Model([image, tag], outputs, name="two")


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_a_keras_model(library: str) -> None:
    import importlib

    model = two_headed(importlib.import_module(library))
    image, tag = normal(2, 8, 8, 3), normal(2, 2)
    source = load(model)
    assert (source.kind, source.name) == (library, "two")
    assert [spec.name for spec in source.inputs] == ["image", "tag"]
    first, second = model([image, tag])
    outputs = {"class": first, "size": second}
    agrees(source, {"image": image, "tag": tag}, outputs)
    assert source.structure in (["class", "size"], ("class", "size"))
    assert source.training.batch_norm == {
        "frozen/moving_mean": BatchNormInfo(0.9, trainable=False),
        "norm/moving_mean": BatchNormInfo(0.8),
    }
    assert sorted(source.training.dropout.values()) == [0.2, 0.5]
    markers = {str(n.origin): n.origin.scope for n in nodes(source, "Identity")}
    scopes = {markers[name][-1] for name in source.training.dropout}
    assert scopes == {"spatial", "drop"}
    layers = {i.layer: i.noise_shape for i in source.training.dropout_layers.values()}
    assert layers == {"SpatialDropout2D": (None, 1, 1, None), "Dropout": None}


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_keras_keys_are_places_among_the_weights(library: str) -> None:
    import importlib

    model = two_headed(importlib.import_module(library))
    source = load(model)
    assert len(source.variables) == len(model.weights)
    trainable = {id(v) for v in model.trainable_weights}
    for info in source.variables:
        weight = model.weights[int(info.key)]
        np.testing.assert_array_equal(info.load(), weight.numpy())
        assert info.trainable == (id(weight) in trainable)
        assert info.name == getattr(weight, "path", weight.name).split(":")[0]


def test_tracing_leaves_the_model_as_it_was() -> None:
    import keras

    model = two_headed(keras)
    load(model)
    image, tag = normal(64, 8, 8, 3), normal(64, 2)
    np.random.seed(0)
    first, _ = model([image, tag], training=True)
    second, _ = model([image, tag], training=True)
    assert np.abs(first - second).max() > 0, "dropout still drops"


def test_a_subclassed_model_that_was_called() -> None:
    import keras

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__(name="net")
            self.dense = keras.layers.Dense(2)

        def call(self, inputs: Any) -> Any:
            return {"a": self.dense(inputs), "b": inputs}

    model, x = Net(), normal(4, 3)
    with pytest.raises(SourceError, match="no known input shape"):
        load(model)
    model(x)
    source = load(model)
    agrees(source, {"inputs": x}, model(x))
    assert str(source.graph.inputs[0].type) == "f32[batch, 3]"


def test_seeds_are_state() -> None:
    """A sampling layer reads and advances its seed, in this order."""
    import keras

    class Sample(keras.layers.Layer):
        def __init__(self) -> None:
            super().__init__(name="sample")
            self.seed = keras.random.SeedGenerator(3)

        def call(self, x: Any) -> Any:
            return x + keras.random.normal((2,), seed=self.seed)

    inputs = keras.Input((2,), name="x")
    model = keras.Model(inputs, Sample()(inputs))
    source = load(model)
    acts = [e.op for e in source.graph.effects]
    assert acts[0] == "ReadVariableOp"
    assert any(op.startswith("Assign") for op in acts)
    (info,) = source.variables
    assert info.key.startswith("variables/") and not info.trainable
    before, x = info.load(), normal(1, 2)
    state = Interpreter()
    outputs = [state(source.graph, x) for _ in range(2)]
    (a, b) = (next(iter(o.values())).numpy() for o in outputs)
    assert np.abs(a - b).max() > 0
    np.testing.assert_array_equal(info.load(), before)
    expected = model(x)
    np.testing.assert_allclose(a, expected, rtol=1e-5)


def test_other_objects_are_refused() -> None:
    import tensorflow as tf

    with pytest.raises(SourceError, match="leave out --input"):
        load(tf.function(lambda: tf.constant(1)), inputs=["x"])
    with pytest.raises(SourceError, match="cannot port a dict"):
        load({})


def test_a_function_that_was_differentiated() -> None:
    """TensorFlow then adds outputs to its graph, which are no results."""
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((None, 2))])
    def score(x: Any) -> Any:
        total = tf.zeros_like(x)
        for _ in tf.range(3):
            total = tf.tanh(total + x) * x
        return {"total": total, "input": x}

    function = score.get_concrete_function()
    x = normal(3, 2)
    with tf.GradientTape() as tape:
        operand = tf.constant(x)
        tape.watch(operand)
        result = function(operand)
    tape.gradient(result, operand)
    agrees(load(function), {"x": x}, result)


def test_sparse_and_ragged_results_are_their_components() -> None:
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((None, 3), name="x")])
    def parts(x: Any) -> Any:
        rows = tf.RaggedTensor.from_tensor(x, padding=0.0)
        deep = tf.stack([rows, rows])
        return {"sparse": tf.sparse.from_dense(x), "rows": rows, "deep": [deep]}

    x = np.array([[1, 2, 0], [0, 0, 0], [3, 0, 0]], np.float32)
    source = load(parts)
    result = parts(x)
    assert source.structure == {
        "sparse": ("sparse_indices", "sparse_values", "sparse_dense_shape"),
        "rows": ("rows_values", "rows_row_splits"),
        "deep": [("deep_0_flat_values", "deep_0_row_splits_0", "deep_0_row_splits_1")],
    }
    flat = tf.nest.flatten(result, expand_composites=True)
    names = [output.name for output in source.outputs]
    agrees(source, {"x": x}, dict(zip(names, flat, strict=True)))
