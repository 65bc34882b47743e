"""TF1 SavedModels, and checkpoints beside a .meta file."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.frontends.compare import agrees, nodes, normal, ops, words
from tests.frontends.interpreter import Interpreter
from tf2torch.diagnostics import SourceError
from tf2torch.ir.nodes import Table
from tf2torch.transpiler.frontends import load

FEED = {"x": normal(2, 3), "text": words("y", "other")}


def build(vocabulary: Path, resource: bool) -> dict[str, Any]:
    """Ref or resource variables, a partitioned one, tables, a counter, a loop."""
    import tensorflow as tf

    v1 = tf.compat.v1
    x = v1.placeholder(tf.float32, (None, 3), name="x")
    text = v1.placeholder(tf.string, (None,), name="text")
    with v1.variable_scope("net", use_resource=resource):
        w = v1.get_variable("w", (3, 3))
        calls = v1.get_variable(
            "calls", (), initializer=v1.zeros_initializer(), trainable=False
        )
        table = v1.get_variable(
            "table", (6, 3), partitioner=v1.fixed_size_partitioner(2)
        )
    lookup = tf.lookup
    file = lookup.TextFileInitializer(
        str(vocabulary),
        tf.string,
        lookup.TextFileIndex.WHOLE_LINE,
        tf.int64,
        lookup.TextFileIndex.LINE_NUMBER,
    )
    ids = lookup.StaticHashTable(file, 4).lookup(text)
    pairs = lookup.KeyValueTensorInitializer(["y", "q"], [1.5, 2.5])
    value = lookup.StaticHashTable(pairs, -1.0).lookup(text)
    _, h = v1.while_loop(
        lambda i, h: i < 3, lambda i, h: (i + 1, tf.tanh(h @ w)), (0, x)
    )
    with tf.control_dependencies([v1.assign_add(calls, 2.0)]):
        seen = calls.read_value()
    found = v1.nn.embedding_lookup(table, ids, partition_strategy="div")
    y = tf.identity(h + seen + found, name="y")
    v1.summary.histogram("y", y)
    return {"x": x, "text": text, "y": y, "value": tf.identity(value, name="value")}


@pytest.fixture(params=[False, True], ids=["ref", "resource"])
def saved(
    request: pytest.FixtureRequest, tmp_path: Path, v1_control_flow: None
) -> tuple[Path, list[dict[str, Any]]]:
    """``model/`` (SavedModel), ``checkpoint/net`` and what two runs gave."""
    import tensorflow as tf

    v1 = tf.compat.v1
    vocabulary = tmp_path / "vocabulary.txt"
    vocabulary.write_text("x\ny\nz\n")
    with tf.Graph().as_default(), v1.Session() as session:
        tensors = build(vocabulary, request.param)
        session.run([v1.global_variables_initializer(), v1.tables_initializer()])
        builder = v1.saved_model.Builder(str(tmp_path / "model"))
        signature = v1.saved_model.predict_signature_def(
            {"words": tensors["text"], "features": tensors["x"]},
            {"y": tensors["y"], "value": tensors["value"]},
        )
        builder.add_meta_graph_and_variables(
            session,
            ["serve"],
            {"serving_default": signature},
            assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS),
            main_op=v1.tables_initializer(),
        )
        builder.save()
        v1.train.Saver().save(session, str(tmp_path / "checkpoint" / "net"))
        shutil.copy(vocabulary, tmp_path / "checkpoint")
        feed = {tensors[name]: value for name, value in FEED.items()}
        wanted = {name: tensors[name] for name in ("y", "value")}
        return tmp_path, [session.run(wanted, feed) for _ in range(2)]


def test_a_saved_model(saved: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, runs = saved
    (folder / "vocabulary.txt").unlink()  # the assets hold a copy
    source = load(folder / "model")
    assert source.kind == "saved_model_v1"
    assert [s.name for s in source.inputs] == ["features", "words"], "graph order"
    inputs, state = {"features": FEED["x"], "words": FEED["text"]}, Interpreter()
    for expected in runs:
        agrees(source, inputs, expected, state)
    assert len(nodes(source, Table)) == 2
    assert not {"Assign", "AssignAdd", "VariableV2", "VarHandleOp"} & ops(source)


def test_a_checkpoint_with_meta(saved: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, runs = saved
    for path in ("checkpoint", "checkpoint/net", "checkpoint/net.meta"):
        source = load(folder / path, outputs=["value", "y:0"])
        state = Interpreter()
        for expected in runs:
            agrees(source, FEED, expected, state)
    assert source.kind == "meta_graph"
    assert [s.tensor for s in source.outputs] == ["value:0", "y:0"]


def test_variables_are_named_by_node_and_found_by_key(
    saved: tuple[Path, list[dict[str, Any]]],
) -> None:
    import tensorflow as tf

    folder, _ = saved
    source = load(folder / "checkpoint", outputs=["y"])
    found = {v.name: (v.key, v.trainable, v.shape) for v in source.variables}
    assert found == {
        "net/w": ("net/w", True, (3, 3)),
        "net/calls": ("net/calls", False, ()),
        "net/table/part_0": ("net/table[6 3 0,3:0,3]", True, (3, 3)),
        "net/table/part_1": ("net/table[6 3 3,3:0,3]", True, (3, 3)),
    }
    reader = tf.train.load_checkpoint(str(folder / "checkpoint" / "net"))
    table = reader.get_tensor("net/table")
    values = {v.name: v.load() for v in source.variables}
    np.testing.assert_array_equal(values["net/w"], reader.get_tensor("net/w"))
    np.testing.assert_array_equal(values["net/table/part_1"], table[3:])


@pytest.mark.usefixtures("v1_control_flow")
def test_attributes_that_tensorflow_rejects_today(tmp_path: Path) -> None:
    """Old .meta files carry ``_output_shapes`` that contradict the graph."""
    import tensorflow as tf
    from tensorflow.core.protobuf import meta_graph_pb2

    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, (None, 3), name="x")
        y = tf.matmul(x, v1.get_variable("w", (3, 2)), name="y")
        session.run(v1.global_variables_initializer())
        feed = {"x": normal(2, 3)}
        expected = session.run(y, {x: feed["x"]})
        v1.train.Saver().save(session, str(tmp_path / "net"))
    path = tmp_path / "net.meta"
    meta = meta_graph_pb2.MetaGraphDef.FromString(path.read_bytes())
    for node in meta.graph_def.node:
        sizes = node.attr["_output_shapes"].list.shape.add()
        sizes.dim.add(size=7)
    path.write_bytes(meta.SerializeToString())
    agrees(load(tmp_path, outputs=["y"]), feed, {"y": expected})


def test_what_is_missing_is_named(saved: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, _ = saved
    checkpoint = folder / "checkpoint"
    with pytest.raises(SourceError, match="no signature 'predict'"):
        load(folder / "model", signature="predict")
    (checkpoint / "net.data-00000-of-00001").rename(folder / "away")
    with pytest.raises(SourceError, match="data-00000-of-00001 is missing"):
        load(checkpoint, outputs=["y"])
    (checkpoint / "net.index").unlink()
    with pytest.raises(SourceError, match="net.index is missing"):
        load(checkpoint, outputs=["y"])
    (folder / "model" / "variables" / "variables.index").unlink()
    with pytest.raises(SourceError, match="variables.index is missing"):
        load(folder / "model")
