"""Variables: reads and writes in order, scatters, gathers."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import case, f32, i32

raw = tf.raw_ops
KEEP: list[tf.Variable] = []


def variable(*shape: int, dtype: str = "float32", trainable: bool = False):
    """A variable that lives as long as the cases; every case sets it itself."""
    made = tf.Variable(np.ones(shape, dtype), trainable=trainable)
    KEEP.append(made)
    return made


def counted(x):
    """Assigned and read more than once: each read sees what was written before."""
    v = COUNTER
    v.assign(2)
    first = v.read_value()
    v.assign_add(3)
    second = v.read_value()
    v.assign_sub(1)
    return x * tf.cast(tf.stack([first, second, v.read_value()]), tf.float32)


COUNTER = variable(dtype="int64")
MEAN = variable(3)
WEIGHT = variable(3, trainable=True)
TABLE = variable(4, 3)


def averaged(x):
    MEAN.assign(tf.zeros([3]))
    MEAN.assign(0.9 * MEAN + 0.1 * tf.reduce_mean(x, 0))
    return x - MEAN


def trained(x):
    WEIGHT.assign(x[0])
    return x * WEIGHT


def scattered(change):
    def run(x, u):
        TABLE.assign(x)
        change(TABLE.handle, np.int32([2, 0, 2]), u)
        return TABLE.read_value() * 1.0

    return run


def coordinates(change):
    def run(x, u):
        TABLE.assign(x)
        change(TABLE.handle, np.int32([[2, 1], [0, 0], [2, 1]]), u)
        return TABLE.read_value() * 1.0

    return run


def sliced(x, u):
    TABLE.assign(x)
    TABLE[1:3, 0].assign(u)
    return TABLE.read_value() * 1.0


def branched(x):
    COUNTER.assign(5)
    if tf.reduce_sum(x) > 0:
        COUNTER.assign_add(1)
    return x + tf.cast(COUNTER, tf.float32)


def looped(x):
    MEAN.assign(tf.zeros([3]))
    for i in tf.range(4):
        MEAN.assign_add(x[0] * tf.cast(i, tf.float32))
    return x + MEAN


def shape_of(v):
    return raw.VariableShape(input=v.handle)


ROWS = {
    "ResourceScatterAdd": raw.ResourceScatterAdd,
    "ResourceScatterSub": raw.ResourceScatterSub,
    "ResourceScatterMul": raw.ResourceScatterMul,
    "ResourceScatterDiv": raw.ResourceScatterDiv,
    "ResourceScatterMin": raw.ResourceScatterMin,
    "ResourceScatterMax": raw.ResourceScatterMax,
}
POINTS = {
    "ResourceScatterNdAdd": raw.ResourceScatterNdAdd,
    "ResourceScatterNdSub": raw.ResourceScatterNdSub,
    "ResourceScatterNdMin": raw.ResourceScatterNdMin,
    "ResourceScatterNdMax": raw.ResourceScatterNdMax,
}

CASES = [
    case("AssignVariableOp", counted, f32(3), batch=[]),
    case("AssignVariableOp", averaged, f32(4, 3), grad=False),
    case("AssignVariableOp", trained, f32(4, 3), grad=False),
    case("AssignVariableOp", branched, f32(4, 3)),
    case("AssignVariableOp", looped, f32(4, 3), grad=False),
    *(
        case(
            name,
            scattered(lambda h, i, u, op=op: op(resource=h, indices=i, updates=u)),
            f32(4, 3),
            f32(3, 3, low=0.5, high=2.0),
            batch=[],
            grad=False,
        )
        for name, op in ROWS.items()
    ),
    case(
        "ResourceScatterUpdate",
        scattered(
            lambda h, i, u: raw.ResourceScatterUpdate(
                resource=h, indices=i[:2], updates=u[:2]
            )
        ),
        f32(4, 3),
        f32(3, 3),
        batch=[],
        grad=False,
    ),
    *(
        case(
            name,
            coordinates(lambda h, i, u, op=op: op(ref=h, indices=i, updates=u)),
            f32(4, 3),
            f32(3),
            batch=[],
            grad=False,
        )
        for name, op in POINTS.items()
    ),
    case(
        "ResourceScatterNdUpdate",
        coordinates(
            lambda h, i, u: raw.ResourceScatterNdUpdate(
                ref=h, indices=i[:2], updates=u[:2]
            )
        ),
        f32(4, 3),
        f32(3),
        batch=[],
        grad=False,
    ),
    case("ResourceStridedSliceAssign", sliced, f32(4, 3), f32(2), batch=[], grad=False),
    case("ResourceGather", lambda i: tf.gather(WEIGHTS, i), i32(2, 5, low=0, high=3)),
    case("ResourceGatherNd", lambda i: tf.gather_nd(WEIGHTS, i), np.int32([[0], [3]])),
    case(
        "VariableShape",
        lambda x: x + WEIGHTS[0, :2] + tf.cast(shape_of(WEIGHTS), tf.float32),
        f32(4, 2),
    ),
    case(
        "VarIsInitializedOp",
        lambda x: tf.logical_and(WEIGHTS.is_initialized(), x > WEIGHTS[0, :2]),
        f32(4, 2),
    ),
]
WEIGHTS = tf.Variable(np.arange(12, dtype="float32").reshape(4, 3))
