"""embedding_lookup_sparse and its safe form as nn.EmbeddingBag."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.lifts.runner import check, normal

PLACES = np.array([[0, 1], [0, 4], [2, 0], [2, 1], [3, 5], [3, 6]], np.int64)
IDS = np.array([0, 7, 3, 3, 1, 7], np.int64)
SHAPE = np.array([5, 8], np.int64)


@pytest.mark.parametrize("combiner", ["sum", "mean"])
@pytest.mark.parametrize("safe", [False, True])
def test_bag(combiner: str, safe: bool) -> None:
    table = tf.Variable(normal(8, 4), name="table")
    look = tf.nn.embedding_lookup_sparse
    look = tf.nn.safe_embedding_lookup_sparse if safe else look

    def run(places: tf.Tensor, ids: tf.Tensor) -> tf.Tensor:
        sparse = tf.SparseTensor(places, ids, SHAPE)
        return look(table, sparse, None, combiner=combiner)

    check(
        run,
        PLACES,
        IDS - (IDS == 1) * 5 if safe else IDS,
        has=[f'nn.EmbeddingBag(vocab_size, 4, mode="{combiner}")'],
        lacks=["unique", "sparse_segment", "fill_values"],
        sizes=(),
    )


def test_empty_rows_between() -> None:
    table = tf.Variable(normal(8, 4), name="table")
    places = np.array([[1, 0], [1, 1], [4, 0]], np.int64)

    def run(ids: tf.Tensor) -> tf.Tensor:
        sparse = tf.SparseTensor(places, ids, [6, 2])
        return tf.nn.safe_embedding_lookup_sparse(table, sparse, combiner="mean")

    check(run, np.array([2, 2, -1], np.int64), has=["nn.EmbeddingBag"], sizes=())


def test_weights_keep_the_segments() -> None:
    table = tf.Variable(normal(8, 4), name="table")

    def run(ids: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        sparse = tf.SparseTensor(PLACES, ids, SHAPE)
        scale = tf.SparseTensor(PLACES, weights, SHAPE)
        return tf.nn.embedding_lookup_sparse(table, sparse, scale, combiner="mean")

    check(
        run,
        IDS,
        np.abs(normal(6)) + 0.5,
        has=["nn.Embedding(vocab_size, 4)"],
        lacks=["unique"],
        sizes=(),
    )
