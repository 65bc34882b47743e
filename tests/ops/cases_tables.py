"""Lookup tables of every kind of key and value."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import case, i32, i64
from tests.ops.words import strings, words

WORDS = ["a", "b", "ab", "", "é"]
SHORT = words(3, 5, longest=2, alphabet="abé")


def table(keys: Any, values: Any, default: Any) -> Any:
    initialiser = tf.lookup.KeyValueTensorInitializer(
        tf.constant(keys), tf.constant(values)
    )
    return tf.lookup.StaticHashTable(initialiser, default)


def found(keys: Any, values: Any, default: Any, operand: Any, name: str) -> Any:
    """A lookup in a table made once, as a captured table is."""
    return lookup(table(keys, values, default), operand, name)


def lookup(content: Any, operand: Any, name: str) -> Any:
    return case(
        "LookupTableFindV2", lambda x: content.lookup(x), operand, grad=False, name=name
    )


def mutable(keys: Any, values: Any, default: Any) -> Any:
    keys, values = tf.constant(keys), tf.constant(values)
    made = tf.lookup.experimental.MutableHashTable(keys.dtype, values.dtype, default)
    made.insert(keys, values)
    return made


def dense() -> Any:
    made = tf.lookup.experimental.DenseHashTable(
        tf.int64, tf.int64, default_value=-1, empty_key=0, deleted_key=-1
    )
    made.insert([3, 4, 9], [30, 40, 90])
    return made


SIZED = table(WORDS, np.arange(5, dtype=np.int64), -1)
MUTABLE = mutable(["a", "é"], np.array([4, 5], np.int64), -1)
VECTORS = mutable(
    ["a", "b"], np.array([[1.0, 2.0], [3.0, 4.0]], np.float32), [-1.0, 0.0]
)
SINGLE = mutable(["a"], np.array([4], np.int64), -1)
EMPTY = tf.lookup.experimental.MutableHashTable(tf.int64, tf.int64, 7)
NUMBER_VECTORS = mutable(
    np.array([2, 7], np.int64), np.array([[1.0], [3.0]], np.float32), [9.0]
)
DENSE = dense()
ids = np.arange(5, dtype=np.int64)

CASES = [
    found(WORDS, ids, -1, SHORT, "vocabulary"),
    found(WORDS, ids[::-1] + 3, 0, SHORT, "vocabulary_from_three"),
    found(WORDS, ids * 7, -1, SHORT, "string_to_int"),
    found(["a", "x\ny"], ids[:2], -1, strings("x\ny", "a", "x"), "line_break"),
    found(["a", "b"], ids[:2].astype(np.int32), -1, SHORT, "string_to_int32"),
    found(
        ["a", "b", "é"],
        np.array([0.1, np.nan, -np.inf], np.float32),
        0.25,
        SHORT,
        "string_to_float",
    ),
    found(["a", "b"], ["é", ""], "?", SHORT, "string_to_string"),
    found(
        [b"\xff\xfe", b"\xed\xa0\x80"],
        [b"\xff", "漢"],
        b"\x80",
        strings(b"\xff\xfe", b"\xed\xa0\x80", b"q"),
        "not_utf8",
    ),
    found(
        np.array([5, -3, 2**40], np.int64),
        ids[:3],
        0,
        np.array([[5, 6], [-3, 2**40], [2**62, 0]]),
        "int_to_int",
    ),
    found(
        np.array([5, -3, 0], np.int32),
        np.array([1.5, 2.5, 3.5], np.float32),
        -1.0,
        i32(4, 4),
        "int32_to_float",
    ),
    found(ids, WORDS, "[UNK]", i64(4, 4), "ids_to_strings"),
    found(ids * 3, WORDS, "[UNK]", i64(4, 4), "ints_to_strings"),
    found(ids[:2], ["a\n", "b"], "", i64(4, 4), "ids_to_lines"),
    lookup(MUTABLE, SHORT, "mutable"),
    lookup(VECTORS, SHORT, "vectors"),
    lookup(NUMBER_VECTORS, i64(3, 2), "int_vectors"),
    lookup(DENSE, i64(9, low=1), "dense"),
    lookup(EMPTY, i64(9), "empty"),
    case("LookupTableSizeV2", lambda x: SIZED.size() + x, i64(3)),
    case(
        "LookupTableExportV2",
        lambda x: SINGLE.export()[1] + x,
        i64(3, 2),
    ),
]
