"""Models that went through more than one TensorFlow: frozen, wrapped, loaded again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.frontends.compare import agrees, nodes, normal, ops, words
from tests.frontends.interpreter import Interpreter
from tf2torch.diagnostics import SourceError
from tf2torch.ir.nodes import Case, Table, While
from tf2torch.transpiler.frontends import describe, load


def recurrent_module() -> Any:
    import tensorflow as tf

    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = tf.Variable(normal(3, 3), name="w")

        @tf.function(
            input_signature=[
                tf.TensorSpec((None, 3), tf.float32, name="x"),
                tf.TensorSpec((), tf.int32, name="n"),
            ]
        )
        def __call__(self, x: Any, n: Any) -> Any:
            for i in tf.range(n):
                if i % 2 == 0:
                    x = tf.tanh(x @ self.w)
            return x

    return Model()


@pytest.mark.parametrize("lower", [True, False], ids=["v1 ops", "functions"])
def test_frozen_by_tf2(tmp_path: Path, lower: bool) -> None:
    """convert_variables_to_constants_v2 inlines all and may lower control flow."""
    from tensorflow.python.framework import convert_to_constants

    model = recurrent_module()
    concrete = model.__call__.get_concrete_function()
    frozen = convert_to_constants.convert_variables_to_constants_v2(
        concrete, lower_control_flow=lower
    )
    path = tmp_path / "frozen.pb"
    path.write_bytes(frozen.graph.as_graph_def().SerializeToString())
    source = load(path)
    assert {s.name for s in source.inputs} == {"x", "n"}
    x = normal(2, 3)
    for n in (0, 1, 4):
        (output,) = source.outputs
        agrees(source, {"x": x, "n": np.int32(n)}, {output.name: model(x, n)})
    assert [info.shape for info in source.variables] == [(3, 3)]
    assert len(nodes(source, While)) == 1
    assert len(nodes(source, Case)) == 1


@pytest.mark.usefixtures("v1_control_flow")
def test_v1_control_flow_inside_a_function(tmp_path: Path) -> None:
    """A TF1 graph wrapped as a function and saved by TF2, as TF-Hub modules are."""
    import tensorflow as tf

    v1 = tf.compat.v1

    def graph(x: Any, n: Any) -> Any:
        w = v1.get_variable("w", (3, 3), use_resource=True)
        h = v1.while_loop(
            lambda i, h: i < n, lambda i, h: (i + 1, tf.sin(h @ w)), (0, x)
        )[1]
        return v1.cond(n > 2, lambda: h + 1.0, lambda: h - 1.0)

    specs = [tf.TensorSpec((None, 3), tf.float32), tf.TensorSpec((), tf.int32)]
    wrapped = v1.wrap_function(graph, specs)
    module = tf.Module()
    module.function = wrapped
    module.w = list(wrapped.variables)
    names = [
        tf.TensorSpec(s.shape, s.dtype, n) for s, n in zip(specs, "xn", strict=True)
    ]
    main = tf.function(lambda x, n: {"y": wrapped(x, n)}, input_signature=names)
    tf.saved_model.save(module, tmp_path, {"main": main})
    source = load(tmp_path)
    original = tf.saved_model.load(tmp_path).signatures["main"]
    x = normal(2, 3)
    for n in (0, 3):
        inputs = {"x": x, "n": np.int32(n)}
        expected = original(**{k: tf.constant(v) for k, v in inputs.items()})
        agrees(source, inputs, expected)
    assert not {"Switch", "Merge", "Enter", "LoopCond"} & ops(source)


def test_a_loaded_model_is_live(tmp_path: Path) -> None:
    import tensorflow as tf

    model = recurrent_module()
    tf.saved_model.save(model, tmp_path)
    loaded = tf.saved_model.load(tmp_path)
    x, n = normal(2, 3), np.int32(3)
    for source in (load(loaded), load(loaded.signatures["serving_default"])):
        (output,) = source.outputs
        agrees(source, {"x": x, "n": n}, {output.name: model(x, n)})
        assert [info.name for info in source.variables] == ["w"]


def test_preprocessing_of_a_keras_model(tmp_path: Path) -> None:
    """Strings to ids: tables in the file, as a live model and as a SavedModel."""
    import keras
    import tensorflow as tf

    layers = keras.layers
    text = keras.Input((), dtype="string", name="text")
    user = keras.Input((1,), dtype="string", name="user")
    tokens = layers.TextVectorization(
        vocabulary=["red", "blue", "shirt"], output_sequence_length=4
    )
    ids = layers.StringLookup(vocabulary=["a", "b"], num_oov_indices=2)
    x = layers.Embedding(5, 3)(tokens(text))
    x = layers.Concatenate(axis=1)([x, layers.Embedding(4, 3)(ids(user))])
    hashed = layers.Hashing(num_bins=7)(user)
    model = keras.Model({"text": text, "user": user}, {"x": x, "hash": hashed})
    inputs = {
        "text": words("Red shirt!", "blue  unknown words of many"),
        "user": words("b", "zoe")[:, None],
    }
    expected = model({k: tf.constant(v) for k, v in inputs.items()})
    model.save(tmp_path / "model.keras")
    model.export(tmp_path / "saved", verbose=False)
    for path in (tmp_path / "model.keras", tmp_path / "saved"):
        source = load(path)
        agrees(source, inputs, expected)
        assert len(nodes(source, Table)) == 2
        assert {info.trainable for info in source.variables} == {True}


def test_effects_of_unused_branches_are_dropped() -> None:
    """Asserts leave nothing, nor does what only control edges reach."""
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.float32, name="x")])
    def checked(x: Any) -> Any:
        tf.debugging.assert_greater(tf.size(x), 0, "empty")
        tf.debugging.assert_all_finite(x, "not finite")
        with tf.control_dependencies([tf.reduce_sum(x)]):
            return x * 2.0

    source = load(checked)
    assert source.graph.effects == ()
    assert not nodes(source, Case)
    assert "Assert" not in ops(source)


def test_random_ops_stay_in_order() -> None:
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((2,), tf.float32, name="x")])
    def noisy(x: Any) -> Any:
        tf.random.uniform((3,))
        first = tf.random.normal((2,))
        return x + tf.random.uniform((2,)) * first

    source = load(noisy)
    kinds = [effect.op for effect in source.graph.effects]
    assert kinds == ["RandomStandardNormal", "RandomUniform"]


def test_batching_for_serving_is_a_call(tmp_path: Path) -> None:
    """BatchFunction gathers requests; one request gives what its function gives."""
    import tensorflow as tf

    weight = tf.constant([2.0, 3.0])

    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, 2), tf.float32, name="x")])
        def __call__(self, x: Any) -> Any:
            batched = tf.nondifferentiable_batch_function(1, 10, 100)
            return batched(lambda rows: rows * weight)(x)

    model, x = Model(), normal(3, 2)
    source = load(model)
    (name,) = (spec.name for spec in source.outputs)
    agrees(source, {"x": x}, {name: x * weight.numpy()})
    assert "BatchFunction" not in ops(source)


def test_a_vocabulary_outside_of_the_model_is_not_read(tmp_path: Path) -> None:
    import tensorflow as tf

    secret = tmp_path / "secret.txt"
    secret.write_text("token\n")
    lookup = tf.lookup
    with tf.Graph().as_default() as graph:
        text = tf.compat.v1.placeholder(tf.string, (None,), name="text")
        init = lookup.TextFileInitializer(
            str(secret),
            tf.string,
            lookup.TextFileIndex.WHOLE_LINE,
            tf.int64,
            lookup.TextFileIndex.LINE_NUMBER,
        )
        lookup.StaticHashTable(init, -1).lookup(text, name="ids")
    folder = tmp_path / "model"
    folder.mkdir()
    path = folder / "net.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(SourceError, match="copy the file to"):
        load(path)
    (folder / "secret.txt").write_text("public\n")
    source = load(path)
    inputs = {"text": words("token", "public")}
    (name,) = (spec.name for spec in source.outputs)
    agrees(source, inputs, {name: np.int64([-1, 0])})


@pytest.mark.parametrize("key", ["whole line", "number", "column"])
def test_ways_to_read_a_text_file(tmp_path: Path, key: str) -> None:
    """Columns, line numbers with an offset, carriage returns, a bounded size."""
    import tensorflow as tf

    path = tmp_path / "vocabulary.tsv"
    path.write_bytes(b"a\t10\r\nb\t20\nc\t30\n")
    index = tf.lookup.TextFileIndex
    ways: dict[str, tuple[Any, Any, Any, Any, Any]] = {
        "whole line": (tf.string, index.WHOLE_LINE, tf.int64, index.LINE_NUMBER, 5),
        "number": (tf.int64, index.LINE_NUMBER, tf.string, 0, 0),
        "column": (tf.string, 0, tf.int64, 1, 0),
    }
    key_dtype, key_index, value_dtype, value_index, offset = ways[key]

    class Model(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            init = tf.lookup.TextFileInitializer(
                str(path),
                key_dtype,
                key_index,
                value_dtype,
                value_index,
                2,
                value_index_offset=offset,
            )
            default = "" if value_dtype == tf.string else -1
            self.table = tf.lookup.StaticHashTable(init, default)

        @tf.function
        def __call__(self, x: Any) -> Any:
            return self.table.lookup(x)

    model = Model()
    spec = tf.TensorSpec((None,), key_dtype, name="x")
    saved = tmp_path / "saved"
    tf.saved_model.save(model, saved, model.__call__.get_concrete_function(spec))
    x = (
        np.int64([0, 1, 2])
        if key_dtype == tf.int64
        else words("a", "b", "c", "a\t10", "b\t20")
    )
    source = load(saved)
    (name,) = (spec.name for spec in source.outputs)
    agrees(source, {"x": x}, {name: model(tf.constant(x))}, Interpreter())


def test_describe(tmp_path: Path) -> None:
    import tensorflow as tf

    model = recurrent_module()
    call = model.__call__
    tf.saved_model.save(model, tmp_path, {"one": call, "two": call})
    found = describe(tmp_path)
    assert found["kind"] == "saved_model"
    assert list(found["signatures"]) == ["one", "two"]
    assert found["signature"] == "one"
    assert found["functions"] == ["__call__"]
    assert found["signatures"]["one"]["inputs"] == [
        {"name": "n", "tensor": "one_n:0", "dtype": "int32", "shape": []},
        {"name": "x", "tensor": "one_x:0", "dtype": "float32", "shape": [None, 3]},
    ]
    assert found["variables"] == {"count": 1, "trainable": 1, "bytes": 36}
    assert found["ops"]["MatMul"] == 1 and found["ops"]["While"] == 1
    live = describe(model)
    assert live["signatures"]["default"]["inputs"][0]["name"] == "x"
    assert live["kind"] == "live"
