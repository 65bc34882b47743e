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


def found(
    op: str, keys: Any, values: Any, default: Any, operand: Any, name: str
) -> Any:
    """A lookup in a table made once, as a captured table is."""
    content = table(keys, values, default)
    return case(op, lambda x: content.lookup(x), operand, grad=False, name=name)


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
NUMBER_VECTORS = mutable(
    np.array([2, 7], np.int64), np.array([[1.0], [3.0]], np.float32), [9.0]
)
DENSE = dense()
FIND = "LookupTableFindV2"
ids = np.arange(5, dtype=np.int64)

CASES = [
    found(FIND, WORDS, ids, -1, SHORT, "vocabulary"),
    found(FIND, WORDS, ids[::-1] + 3, 0, SHORT, "vocabulary_from_three"),
    found(FIND, WORDS, ids * 7, -1, SHORT, "string_to_int"),
    found(FIND, ["a", "x\ny"], ids[:2], -1, strings("x\ny", "a", "x"), "line_break"),
    found(FIND, ["a", "b"], ids[:2].astype(np.int32), -1, SHORT, "string_to_int32"),
    found(
        FIND,
        ["a", "b", "é"],
        np.array([0.1, np.nan, -np.inf], np.float32),
        0.25,
        SHORT,
        "string_to_float",
    ),
    found(FIND, ["a", "b"], ["é", ""], "?", SHORT, "string_to_string"),
    found(
        FIND,
        [b"\xff\xfe", b"\xed\xa0\x80"],
        [b"\xff", "漢"],
        b"\x80",
        strings(b"\xff\xfe", b"\xed\xa0\x80", b"q"),
        "not_utf8",
    ),
    found(
        FIND,
        np.array([5, -3, 2**40], np.int64),
        ids[:3],
        0,
        np.array([[5, 6], [-3, 2**40], [2**62, 0]]),
        "int_to_int",
    ),
    found(
        FIND,
        np.array([5, -3, 0], np.int32),
        np.array([1.5, 2.5, 3.5], np.float32),
        -1.0,
        i32(4, 4),
        "int32_to_float",
    ),
    found(FIND, ids, WORDS, "[UNK]", i64(4, 4), "ids_to_strings"),
    found(FIND, ids * 3, WORDS, "[UNK]", i64(4, 4), "ints_to_strings"),
    found(FIND, ids[:2], ["a\n", "b"], "", i64(4, 4), "ids_to_lines"),
    found(FIND, ids[:0], ids[:0], 7, i64(4, 4), "empty"),
    case(FIND, lambda x: MUTABLE.lookup(x), SHORT, name="mutable"),
    case(FIND, lambda x: VECTORS.lookup(x), SHORT, grad=False, name="vectors"),
    case(
        FIND,
        lambda x: NUMBER_VECTORS.lookup(x),
        i64(3, 2),
        grad=False,
        name="int_vectors",
    ),
    case(FIND, lambda x: DENSE.lookup(x), i64(9, low=1), name="dense"),
    case("LookupTableSizeV2", lambda x: SIZED.size() + x, i64(3)),
    case(
        "LookupTableExportV2",
        lambda x: tf.sort(MUTABLE.export()[1])[None] + x,
        i64(3, 2),
    ),
]
