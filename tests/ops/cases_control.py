"""Loops, tensor lists and TensorArrays."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tests.ops.cases import case, f32

raw = tf.raw_ops


def powers(x):
    """A list filled in order, read by stack."""
    items = tf.TensorArray(tf.float32, 4)
    for i in tf.range(4):
        items = items.write(i, x * tf.cast(i, tf.float32))
    return items.stack()


def rows(x):
    """A tensor taken apart, changed row by row, put together."""
    items = tf.TensorArray(tf.float32, tf.shape(x)[0]).unstack(x)
    made = tf.TensorArray(tf.float32, tf.shape(x)[0])
    for i in tf.range(tf.shape(x)[0]):
        made = made.write(i, tf.reverse(items.read(i), [0]) + 1.0)
    return made.stack()


def backwards(x):
    items = tf.TensorArray(tf.float32, 3)
    for i in tf.range(3):
        items = items.write(2 - i, x[i])
    return items.stack()


def sparse(x):
    """Elements that nobody sets are zeros."""
    items = tf.TensorArray(tf.float32, 5, element_shape=[3])
    items = items.write(1, x[0]).write(3, x[1])
    return items.stack()


def growing(x):
    items = tf.TensorArray(tf.float32, 0, dynamic_size=True)
    for i in tf.range(3):
        items = items.write(i, x[i])
    return items.stack(), items.size()


def concatenated(x):
    items = tf.TensorArray(tf.float32, 3, infer_shape=False)
    for i in tf.range(3):
        items = items.write(i, x[: i + 1])
    return items.concat()


def gathered(x):
    items = tf.TensorArray(tf.float32, 4).unstack(x)
    return items.gather([2, 0])


def scattered(x):
    items = tf.TensorArray(tf.float32, 4, element_shape=[3])
    return items.scatter([2, 0], x).stack()


def split(x):
    items = tf.TensorArray(tf.float32, 2, infer_shape=False)
    items = items.split(x, [1, 2])
    return items.read(1), items.read(0)


def pushed(x):
    items = raw.EmptyTensorList(
        element_shape=[3], max_num_elements=-1, element_dtype=tf.float32
    )
    for i in range(3):
        items = raw.TensorListPushBack(input_handle=items, tensor=x[i])
    rest, last = raw.TensorListPopBack(
        input_handle=items, element_shape=[3], element_dtype=tf.float32
    )
    length = raw.TensorListLength(input_handle=rest)
    whole = raw.TensorListStack(
        input_handle=rest, element_shape=[3], element_dtype=tf.float32
    )
    return last, length, whole


def resized(x):
    items = raw.TensorListFromTensor(tensor=x, element_shape=[3])
    items = raw.TensorListResize(input_handle=items, size=2)
    both = raw.TensorListConcatLists(
        input_a=items, input_b=items, element_dtype=tf.float32
    )
    return raw.TensorListStack(
        input_handle=both, element_shape=[3], element_dtype=tf.float32
    )


def scattered_lists(x):
    made = raw.TensorListScatterV2(
        tensor=x, indices=[2, 0], element_shape=[3], num_elements=3
    )
    return raw.TensorListStack(
        input_handle=made, element_shape=[3], element_dtype=tf.float32
    )


def bounded(x):
    """Stops at the earlier of two ends."""
    return tf.while_loop(
        lambda i, y: i < 5,
        lambda i, y: (i + 1, y * 1.5 + tf.cast(i, tf.float32)),
        (1, x),
        maximum_iterations=2,
    )


def searching(x):
    """How often doubling takes depends on the values."""
    return tf.while_loop(
        lambda n, y: tf.reduce_max(tf.abs(y)) < 100.0,
        lambda n, y: (n + 1, y * 2.0 + 1.0),
        (0, x),
    )


def nested(x):
    total = x
    for i in tf.range(3):
        for j in tf.range(i):
            total = total * 0.5 + tf.cast(i * j, tf.float32)
    return total


def steps_of_two(x):
    total = x
    for i in tf.range(0, 7, 2):
        total = total + tf.cast(i, tf.float32)
    return total


def chosen(x):
    total = x
    for i in tf.range(4):
        if i % 2 == 0:
            total = total + 1.0
        else:
            total = total * 2.0
    return total


def leaving(x):
    total = x
    for _ in tf.range(6):
        if tf.reduce_sum(total) > 50.0:
            break
        total = total * 2.0
    return total


def lasting(x, n):
    """The counter is read after the loop, which may not run."""
    i = tf.constant(2)
    while i < n:
        x = x + 1.0
        i += 1
    return x, i


def mapped(x):
    return tf.map_fn(lambda row: tf.reduce_sum(row) * row, x)


def folded(x):
    return tf.foldl(lambda total, row: total * 0.5 + row, x)


def scanned(x):
    return tf.scan(lambda total, row: total + row, x)


def scanned_back(x):
    return tf.scan(lambda total, row: total * row, x, reverse=True)


def if_else(x):
    if tf.reduce_sum(x) > 0:
        return x * 2.0, tf.constant(1)
    return x - 1.0, tf.constant(2)


def switched(x, i):
    return tf.switch_case(i, [lambda: x, lambda: x * 2.0, lambda: -x])


def fixed_branch(x):
    """A branch that is known when the model is converted leaves no if."""
    training = raw.PlaceholderWithDefault(input=False, shape=[])
    return tf.cond(training, lambda: x * 0.0, lambda: x + 1.0)


def entries(x, k):
    """Insert, replace, look up and erase."""
    items = raw.EmptyTensorMap()
    one = tf.constant(1)
    for key, value in ((one, x[0]), (k, x[1]), (k, x[0] * 2.0)):
        items = raw.TensorMapInsert(input_handle=items, key=key, value=value)
    found = raw.TensorMapLookup(input_handle=items, key=k, value_dtype=tf.float32)
    size = raw.TensorMapSize(input_handle=items)
    there = raw.TensorMapHasKey(input_handle=items, key=one)
    items = raw.TensorMapErase(input_handle=items, key=one, value_dtype=tf.float32)
    return found, size, there, raw.TensorMapHasKey(input_handle=items, key=one)


LOOPS = [
    case("While", powers, f32(3), batch=[]),
    case("While", rows, f32(4, 3)),
    case("While", backwards, f32(3, 2), batch=[]),
    case("While", growing, f32(3, 2), batch=[]),
    case("While", bounded, f32(2, 3)),
    case("While", searching, f32(2, 3)),
    case("While", nested, f32(2, 3)),
    case("While", steps_of_two, f32(2, 3)),
    case("While", chosen, f32(2, 3)),
    case("While", leaving, f32(2, 3)),
    case("While", lasting, f32(2, 3), np.int32(5), batch=[0]),
    case("While", lasting, f32(2, 3), np.int32(1), batch=[0]),
    case("While", mapped, f32(4, 3)),
    case("While", folded, f32(4, 3)),
    case("While", scanned, f32(4, 3)),
    case("While", scanned_back, f32(4, 3)),
    case("If", if_else, f32(2, 3)),
    case("If", if_else, -np.ones((2, 3), np.float32)),
    case("If", fixed_branch, f32(2, 3), source="return x0 + 1.0"),
    case("Case", switched, f32(2, 3), np.int32(1), batch=[0]),
    case("Case", switched, f32(2, 3), np.int32(7), batch=[0]),
]

LISTS = [
    case("TensorListSetItem", sparse, f32(2, 3), batch=[]),
    case("TensorListConcatV2", concatenated, f32(3, 2), batch=[]),
    case("TensorListGather", gathered, f32(4, 3), batch=[]),
    case("TensorListScatterIntoExistingList", scattered, f32(2, 3), batch=[]),
    case("TensorListSplit", split, f32(3, 2), batch=[]),
    case("TensorListPushBack", pushed, f32(3, 3), batch=[]),
    case("TensorListResize", resized, f32(3, 3), batch=[]),
    case("TensorListScatterV2", scattered_lists, f32(2, 3), batch=[]),
]

MAPS = [case("TensorMapInsert", entries, f32(2, 3), np.int32(5), batch=[], grad=False)]

CASES = [*LOOPS, *LISTS, *MAPS]
