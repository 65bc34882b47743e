"""tf.Example and tf.SequenceExample protos."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.ops.cases import case

raw = tf.raw_ops
io = tf.io


def feature(values: list[Any] | None) -> tf.train.Feature:
    """None is a feature of which no kind of list is set."""
    if values is None:
        return tf.train.Feature()
    if any(isinstance(v, bytes) for v in values):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
    if any(isinstance(v, float) for v in values):
        return tf.train.Feature(float_list=tf.train.FloatList(value=values))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def features(**values: list[Any] | None) -> tf.train.Features:
    return tf.train.Features(feature={k: feature(v) for k, v in values.items()})


def example(**values: list[Any] | None) -> bytes:
    return tf.train.Example(features=features(**values)).SerializeToString()


def sequence(context: dict[str, Any], lists: dict[str, Any]) -> bytes:
    made = {
        k: tf.train.FeatureList(feature=[feature(v) for v in rows])
        for k, rows in lists.items()
    }
    return tf.train.SequenceExample(
        context=features(**context),
        feature_lists=tf.train.FeatureLists(feature_list=made),
    ).SerializeToString()


ROWS = np.array(
    [
        example(a=[1, -2], b=[1.5], c=[b"x", b"", b"\xff"], e=[1.0, 2.0, 3.0, 4.0]),
        example(a=[2**62, -(2**63)], c=[b"q"], d=[7], e=[5.0, 6.0]),
        example(a=[0, 0], b=None, d=[8, 9]),
        example(a=[1, 1]) + example(a=[5, 6], b=[2.5]),
    ],
    object,
)
DENSE = {
    "a": io.FixedLenFeature([2], tf.int64),
    "b": io.FixedLenFeature([], tf.float32, -1.0),
    "z": io.FixedLenFeature([2, 1], tf.string, [["u"], ["v"]]),
}
SPARSE = {"c": io.VarLenFeature(tf.string), "d": io.VarLenFeature(tf.int64)}
RAGGED = {"e": io.RaggedFeature(tf.float32), "c": io.RaggedFeature(tf.string)}
PADDED = {
    "e": io.FixedLenSequenceFeature([2], tf.float32, True, 0.5),
    "c": io.FixedLenSequenceFeature([], tf.string, True),
}
WEIGHTED = {"w": io.SparseFeature("d", "d", tf.int64, 12)}


def flat(parsed: Any) -> list[tf.Tensor]:
    """The components, in order, of everything that was parsed."""
    return tf.nest.flatten(parsed, expand_composites=True)


def batch(name: str, spec: dict[str, Any], rows: np.ndarray = ROWS) -> Any:
    return case(
        "ParseExampleV2",
        lambda x: flat(io.parse_example(x, spec)),
        rows,
        grad=False,
        name=name,
    )


def single(name: str, spec: dict[str, Any], row: bytes) -> Any:
    return case(
        "ParseExampleV2",
        lambda x: flat(io.parse_single_example(x, spec)),
        np.array(row, object),
        grad=False,
        name=f"single_{name}",
    )


CASES = [
    batch("dense", DENSE),
    batch("sparse", SPARSE),
    batch("ragged", RAGGED),
    batch("padded", PADDED),
    batch("weighted", WEIGHTED),
    batch("all", {**DENSE, **SPARSE, "e": PADDED["e"]}),
    batch("nothing", SPARSE, np.array([b"", example()], object)),
    single("dense", DENSE, ROWS[0]),
    single("sparse", SPARSE, ROWS[1]),
    single("ragged", RAGGED, ROWS[1]),
    single("padded", PADDED, ROWS[0]),
    case(
        "ParseExample",
        lambda x: flat(
            raw.ParseExample(
                serialized=x,
                names=[],
                sparse_keys=["c"],
                dense_keys=["a", "b"],
                dense_defaults=[tf.constant([], tf.int64), tf.constant([3.0])],
                sparse_types=[tf.string],
                dense_shapes=[[2], [1]],
            )
        ),
        ROWS,
        grad=False,
    ),
    case(
        "ParseSingleExample",
        lambda x: flat(
            raw.ParseSingleExample(
                serialized=x,
                dense_defaults=[tf.constant([], tf.int64), tf.constant([3.0])],
                num_sparse=1,
                sparse_keys=["c"],
                dense_keys=["a", "b"],
                sparse_types=[tf.string],
                dense_shapes=[[2], [1]],
            )
        ),
        np.array(ROWS[0], object),
        grad=False,
    ),
]

SEQUENCES = np.array(
    [
        sequence(
            {"a": [1, 2], "b": [1.5]},
            {"t": [[b"x"], [b"y", b"z"]], "d": [[1.0, 2.0], [3.0, 4.0]]},
        ),
        sequence(
            {"a": [5]}, {"t": [[b"q"]], "d": [[9.0, 8.0]], "n": [[3], None, [4, 5]]}
        ),
        sequence({}, {"t": [None, [b""]], "d": []}),
    ],
    object,
)
CONTEXT = {
    "a": io.VarLenFeature(tf.int64),
    "b": io.FixedLenFeature([], tf.float32, 7.0),
}
LISTS = {
    "t": io.VarLenFeature(tf.string),
    "n": io.VarLenFeature(tf.int64),
    "d": io.FixedLenSequenceFeature([2], tf.float32),
    "m": io.FixedLenSequenceFeature([], tf.string, allow_missing=True),
}
RAGGED_LISTS = {"t": io.RaggedFeature(tf.string), "n": io.RaggedFeature(tf.int64)}


def sequences(name: str, context: dict[str, Any], lists: dict[str, Any]) -> list[Any]:
    """A batch, and the second sequence alone."""
    return [
        case(
            "ParseSequenceExampleV2",
            lambda x: flat(io.parse_sequence_example(x, context, lists)),
            SEQUENCES,
            grad=False,
            name=name,
        ),
        case(
            "ParseSequenceExampleV2",
            lambda x: flat(io.parse_single_sequence_example(x, context, lists)),
            np.array(SEQUENCES[1], object),
            grad=False,
            name=f"single_{name}",
        ),
    ]


CASES += sequences("context", CONTEXT, {})
CASES += sequences("lists", {}, LISTS)
CASES += sequences("both", CONTEXT, LISTS)
CASES += sequences("ragged", {"a": io.RaggedFeature(tf.int64)}, RAGGED_LISTS)
CASES += [
    case(
        "ParseSequenceExample",
        lambda x: flat(
            raw.ParseSequenceExample(
                serialized=x,
                debug_name=[],
                context_dense_defaults=[tf.constant(7.0)],
                feature_list_dense_missing_assumed_empty=["m"],
                context_sparse_keys=["a"],
                context_dense_keys=["b"],
                feature_list_sparse_keys=["t"],
                feature_list_dense_keys=["d", "m"],
                Ncontext_sparse=1,
                Ncontext_dense=1,
                Nfeature_list_sparse=1,
                Nfeature_list_dense=2,
                context_sparse_types=[tf.int64],
                context_dense_shapes=[[]],
                feature_list_sparse_types=[tf.string],
                feature_list_dense_types=[tf.float32, tf.int64],
                feature_list_dense_shapes=[[2], []],
            )
        ),
        SEQUENCES,
        grad=False,
    ),
    case(
        "ParseSingleSequenceExample",
        lambda x: flat(
            raw.ParseSingleSequenceExample(
                serialized=x,
                feature_list_dense_missing_assumed_empty=["m"],
                context_sparse_keys=["a"],
                context_dense_keys=["b"],
                feature_list_sparse_keys=["t"],
                feature_list_dense_keys=["d", "m"],
                context_dense_defaults=[tf.constant(7.0)],
                debug_name="",
                context_sparse_types=[tf.int64],
                context_dense_shapes=[[]],
                feature_list_sparse_types=[tf.string],
                feature_list_dense_types=[tf.float32, tf.int64],
                feature_list_dense_shapes=[[2], []],
            )
        ),
        np.array(SEQUENCES[0], object),
        grad=False,
    ),
]
