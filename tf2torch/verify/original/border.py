"""The tensors at the border of a region of the original, and its own gradient.

A region is named by TF nodes, as provenance.json has them: with the names of the calls
that they were inlined from, some of which TensorFlow's own inlining leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from tf2torch.verify.original.model import FLOATS, plain
from tf2torch.verify.original.taps import Inside
from tf2torch.verify.wire import Arrays, Message

CALL = re.compile(r"^(Stateful)?PartitionedCall(_\d+)?$")
HANDLES = frozenset({"resource", "variant"})
LARGEST = 256 << 20  # bytes of values that cross at once


def around(inside: Inside, nodes: Sequence[str]) -> tuple[Message, Arrays]:
    """What ``nodes`` read and make, by tensor name, each with its value."""
    found = [op for op in (_operation(inside, name) for name in nodes) if op]
    if not found:
        raise ValueError(f"no node of the original is called {nodes[0]}")
    reads = _plain(t for op in found for t in op.inputs)
    makes = _plain(t for op in found for t in op.outputs)
    known = list({t.name: t for t in (*reads, *makes)}.values())
    values = [plain(value) for value in inside.fetch(known)]
    if sum(value.nbytes for value in values) > LARGEST:
        raise ValueError("the region's tensors are too large to be looked at alone")
    arrays = {t.name: v for t, v in zip(known, values, strict=True)}
    names = {"reads": [t.name for t in reads], "makes": [t.name for t in makes]}
    return dict(names), arrays


def crossing(
    inside: Inside, reads: Sequence[str], makes: Sequence[str], seed: int
) -> tuple[Message, Arrays]:
    """``in:``, ``out:``, ``cot:`` and ``grad:`` by position."""
    import tensorflow as tf

    get = inside.graph.get_tensor_by_name
    ends = [get(name) for name in reads], [get(name) for name in makes]
    arrays: Arrays = {}
    for word, tensors in zip(("in", "out"), ends, strict=True):
        for index, value in enumerate(inside.fetch(tensors)):
            arrays[f"{word}:{index}"] = plain(value)
    sources, results = ([t for t in e if t.dtype.name in FLOATS] for e in ends)
    with inside.graph.as_default():
        loss = list(inside.outputs.values())
        weights = tf.gradients(loss, results, inside.weights(seed)) if results else []
        pairs = [(t, w) for t, w in zip(results, weights, strict=True) if w is not None]
        if not pairs or not sources:
            return {}, arrays
        pulled = tf.gradients(
            [t for t, _ in pairs],
            sources,
            [w for _, w in pairs],
            stop_gradients=sources,
        )
    arrays |= _named(inside, "cot", ends[1], pairs)
    arrays |= _named(inside, "grad", ends[0], zip(sources, pulled, strict=True))
    return {}, arrays


def _named(
    inside: Inside, word: str, order: list[Any], pairs: Iterable[tuple[Any, Any]]
) -> Arrays:
    import tensorflow as tf

    with inside.graph.as_default():
        there = [(t, tf.convert_to_tensor(g)) for t, g in pairs if g is not None]
    values = inside.fetch([gradient for _, gradient in there])
    positions = {tensor.ref(): index for index, tensor in enumerate(order)}
    return {
        f"{word}:{positions[tensor.ref()]}": plain(value)
        for (tensor, _), value in zip(there, values, strict=True)
    }


def _operation(inside: Inside, name: str) -> Any:
    """The operation of that name, less the calls that inlining has left out."""
    parts = name.split("/")
    while True:
        try:
            operation = inside.graph.get_operation_by_name("/".join(parts))
        except (KeyError, ValueError):
            operation = None
        if operation is not None and inside.graph.is_fetchable(operation):
            return operation
        if len(parts) < 2 or not CALL.match(parts[0]):
            return None
        parts = parts[1:]


def _plain(tensors: Iterable[Any]) -> list[Any]:
    """In order, also those that are read twice; without handles of resources."""
    return [t for t in tensors if t.dtype.name not in HANDLES]
