"""Texts that decoders take: TensorFlow accepts some pool for each of them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tf2torch.verify.original.spellings import spellings

BATCH = tf.TensorSpec([None], tf.string)
WORDS = (b"red", b"green")


def examples(serialized: Any) -> Any:
    features = {
        "age": tf.io.FixedLenFeature([2], tf.float32),
        "id": tf.io.FixedLenFeature([], tf.int64),
        "color": tf.io.VarLenFeature(tf.string),
        "tags": tf.io.RaggedFeature(tf.string),
    }
    parsed = tf.io.parse_example(serialized, features)
    row = tf.gather(tf.eye(4), parsed["id"])
    return (
        parsed["age"],
        row,
        tf.sparse.to_dense(parsed["color"]),
        parsed["tags"].values,
    )


def old_examples(serialized: Any) -> Any:
    """The op of TF1, whose keys are operands one by one."""
    return tf.raw_ops.ParseExample(
        serialized=serialized,
        names=[],
        sparse_keys=["color"],
        dense_keys=["age"],
        dense_defaults=[tf.zeros([0])],
        sparse_types=[tf.string],
        dense_shapes=[[3]],
    )


def photos(texts: Any) -> Any:
    def one(text: Any) -> Any:
        image = tf.io.decode_jpeg(text, 3)
        return tf.cast(tf.image.resize(image, [8, 8]), tf.float32)

    return tf.map_fn(one, texts, fn_output_signature=tf.float32)


def drawings(texts: Any) -> Any:
    def one(text: Any) -> Any:
        image = tf.io.decode_png(tf.io.decode_base64(text), 1)
        return tf.ensure_shape(image, [28, 28, 1])

    return tf.map_fn(one, texts, fn_output_signature=tf.uint8)


def sounds(texts: Any) -> Any:
    return tf.map_fn(
        lambda t: tf.audio.decode_wav(t, 1).audio, texts, fn_output_signature=tf.float32
    )


def rows(texts: Any) -> Any:
    return tf.io.decode_csv(texts, [[0.0], [1], ["x"]], ";")


def floats(texts: Any) -> Any:
    return tf.reshape(tf.io.decode_raw(texts, tf.float32), [-1, 3, 5])


def numbers(texts: Any) -> Any:
    parts = tf.strings.to_number(tf.strings.split(texts, ",").to_tensor("0"))
    return tf.ensure_shape(parts, [None, 8])


DECODERS = (examples, old_examples, photos, drawings, sounds, rows, floats, numbers)


@pytest.mark.parametrize("decode", DECODERS, ids=lambda d: d.__name__)
def test_a_pool_is_accepted(decode: Callable[[Any], Any]) -> None:
    concrete = tf.function(decode).get_concrete_function(BATCH)
    pools = spellings(concrete.graph.as_graph_def(), WORDS)
    assert any(_accepted(concrete, pool) for pool in pools)
    assert not _accepted(concrete, WORDS)


def _accepted(concrete: Any, pool: tuple[bytes, ...]) -> bool:
    try:
        concrete(tf.constant(list(pool)))
    except tf.errors.OpError:
        return False
    return True


def test_examples_hold_the_words_of_the_vocabulary() -> None:
    concrete = tf.function(examples).get_concrete_function(BATCH)
    pools = spellings(concrete.graph.as_graph_def(), WORDS)
    pool = next(p for p in pools if _accepted(concrete, p))
    colors = {w for w in np.ravel(concrete(tf.constant(list(pool)))[2]) if w}
    assert colors == {*WORDS}


def test_wrapped_texts_come_first() -> None:
    graph = tf.function(drawings).get_concrete_function(BATCH).graph.as_graph_def()
    first = spellings(graph, ())[0][0]
    assert base64.urlsafe_b64decode(first).startswith(b"\x89PNG")


def test_a_graph_without_decoders_has_none() -> None:
    graph = tf.function(tf.strings.lower).get_concrete_function(BATCH).graph
    assert spellings(graph.as_graph_def(), WORDS) == []
