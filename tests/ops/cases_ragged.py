"""Ragged tensors, n-grams and splits of strings."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import case, f32, i32
from tests.ops.words import strings, words

raw = tf.raw_ops
SPLITS = np.array([0, 2, 2, 5, 6], np.int64)
OUTER = np.array([0, 1, 1, 4], np.int64)


def _ragged(values: tf.Tensor, *splits: np.ndarray) -> tf.RaggedTensor:
    return tf.RaggedTensor.from_nested_row_splits(values, splits, validate=False)


def _to_tensor(name: str, values: object, *splits: np.ndarray, **kw: object) -> object:
    return case(
        "RaggedTensorToTensor",
        lambda x, *s: _ragged(x, *s).to_tensor(**kw),
        values,
        *splits,
        name=name,
        dynamic=False,
    )


def _sparse(x: tf.Tensor, *splits: tf.Tensor) -> list[tf.Tensor]:
    made = _ragged(x, *splits).to_sparse()
    return [made.indices, made.values, made.dense_shape]


def _flat(x: tf.RaggedTensor) -> list[tf.Tensor]:
    return [*x.nested_row_splits, x.flat_values]


def _ngrams(name: str, **kw: object) -> object:
    attrs = {
        "separator": "|",
        "ngram_widths": [2],
        "left_pad": "L",
        "right_pad": "",
        "pad_width": 0,
        "preserve_short_sequences": False,
    }
    return case(
        "StringNGrams",
        lambda x, s: list(raw.StringNGrams(data=x, data_splits=s, **{**attrs, **kw})),
        strings(*"abcde", ""),
        SPLITS,
        name=name,
        dynamic=False,
    )


def _split(x: tf.Tensor, sep: str = "", maxsplit: int = -1) -> list[tf.Tensor]:
    return list(raw.StringSplitV2(input=x, sep=sep, maxsplit=maxsplit))


def _split_v1(x: tf.Tensor, delimiter: str, skip: bool) -> list[tf.Tensor]:
    return list(raw.StringSplit(input=x, delimiter=delimiter, skip_empty=skip))


TEXT = words(12, alphabet="ab ,\t\n\x0bé")
CASES = [
    _to_tensor("plain", f32(6), SPLITS),
    _to_tensor("padded", f32(6, 3), SPLITS, default_value=-1.0),
    _to_tensor("cropped", i32(6), SPLITS, shape=[3, 2]),
    _to_tensor("grown", i32(6), SPLITS, shape=[None, 7], default_value=9),
    _to_tensor("nested", f32(6), OUTER, SPLITS),
    _to_tensor("nested_cropped", f32(6, 2), OUTER, SPLITS, shape=[4, 2, None, 2]),
    _to_tensor("nothing", f32(0), np.zeros(4, np.int64)),
    _to_tensor("strings", words(6), SPLITS, default_value="-"),
    _to_tensor("nested_strings", words(6, 2), OUTER, SPLITS, shape=[2, 3, 1, 2]),
    case(
        "RaggedTensorToTensor",
        lambda x, i: tf.RaggedTensor.from_value_rowids(x, i, 6).to_tensor(),
        f32(4, 2),
        np.array([0, 2, 2, 4]),
        name="row_ids",
        dynamic=False,
    ),
    case("RaggedTensorToSparse", _sparse, f32(6), SPLITS, dynamic=False),
    case("RaggedTensorToSparse", _sparse, words(6), OUTER, SPLITS, dynamic=False),
    case("RaggedTensorToSparse", _sparse, f32(6, 2), SPLITS, dynamic=False),
    case(
        "RaggedRange",
        lambda a, b: _flat(tf.ragged.range(a, b)),
        np.array([0, 3, -1], np.int32),
        np.array([4, 3, 1], np.int32),
    ),
    case(
        "RaggedRange",
        lambda b: _flat(tf.ragged.range(b, 0, -2)),
        np.array([0, 3, -1, 8], np.int64),
    ),
    case(
        "RaggedRange",
        lambda b: _flat(tf.ragged.range(b, row_splits_dtype="int32")),
        np.array([2.5, 3.0, -1.0], np.float32),
        grad=False,
    ),
    case(
        "RaggedGather",
        lambda x, i, s: _flat(tf.gather(_ragged(x, s), i)),
        f32(6, 2),
        np.array([3, 0, 0, 1]),
        SPLITS,
        dynamic=False,
    ),
    case(
        "RaggedGather",
        lambda x, i, s, o: _flat(tf.gather(_ragged(x, o, s), i)),
        words(6),
        np.array([[2, 0], [1, 2]]),
        SPLITS,
        OUTER,
        dynamic=False,
    ),
    _ngrams("pairs"),
    _ngrams("two_widths", ngram_widths=[1, 3], pad_width=-1),
    _ngrams("padded", ngram_widths=[3], pad_width=1),
    _ngrams("short", ngram_widths=[4], preserve_short_sequences=True),
    _ngrams(
        "short_padded", ngram_widths=[6], pad_width=1, preserve_short_sequences=True
    ),
    case("StringSplitV2", lambda x: _split(x), TEXT),
    case("StringSplitV2", lambda x: _split(x, maxsplit=2), TEXT),
    case("StringSplitV2", lambda x: _split(x, maxsplit=0), TEXT),
    case("StringSplitV2", lambda x: _split(x, ","), TEXT),
    case("StringSplitV2", lambda x: _split(x, "a ", 1), TEXT),
    case("StringSplit", lambda x: _split_v1(x, " ,", True), TEXT),
    case("StringSplit", lambda x: _split_v1(x, " ,", False), TEXT),
    case("StringSplit", lambda x: _split_v1(x, "", True), TEXT),
    case(
        "StringSplitV2",
        lambda x: tf.strings.split(x).to_tensor(),
        TEXT,
        name="to_tensor",
    ),
]
