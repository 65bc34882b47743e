"""Every float tensor inside the original, and the loss's gradient there.

The graph is flattened first: function calls are inlined (by TensorFlow itself), loops
that are not long unrolled; branches and other loops stay nodes, of which only the
results are seen. Tensors are fetched in
parts of bounded size and leave only their fingerprints behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from tf2torch.verify.cotangents import cotangent
from tf2torch.verify.fingerprint import Fingerprint, fingerprint
from tf2torch.verify.original import loops
from tf2torch.verify.original.model import FLOATS, Tap, Tensor, plain
from tf2torch.verify.portions import portions
from tf2torch.verify.wire import Arrays

# Fetches a list of tensors: Sequence[graph tensor] → values.
Fetch: TypeAlias = Callable[[Sequence[Any]], list[np.ndarray]]

DEPTH = 3  # loops within loops
PART = 256 << 20  # bytes of values in memory at a time
COPIES = frozenset(
    "Const Identity IdentityN ReadVariableOp StopGradient Placeholder NoOp "
    "Shape EnsureShape Snapshot VariableV2 Variable".split()
)


@dataclass(frozen=True)
class Inside:
    """A flat graph with its inputs fed: ``fetch`` reads any of its tensors. ``outputs``
    are the float ones, by name."""

    graph: Any
    fetch: Fetch
    inputs: Sequence[Any]
    outputs: dict[str, Any]

    def weights(self, seed: int) -> list[Any]:
        """The cotangents of the outputs, as constants of the graph."""
        import tensorflow as tf

        found = self.fetch(list(self.outputs.values()))
        return [
            tf.constant(cotangent(seed, name, value.shape), tensor.dtype)
            for (name, tensor), value in zip(self.outputs.items(), found, strict=True)
        ]


def collect(inside: Inside, seed: int) -> list[Tap]:
    """Taps at every fetchable float tensor that is computed, in graph order."""
    graph, fetch, outputs = inside.graph, inside.fetch, list(inside.outputs.values())
    tensors = list(_tensors(graph, inside.inputs, _upstream(outputs)))
    with graph.as_default():
        values = _prints(tensors, fetch)
        gradients = _gradients(tensors, outputs, inside.weights(seed), fetch)
    return [
        Tap(tensor.name, value, gradient)
        for tensor, value, gradient in zip(tensors, values, gradients, strict=True)
    ]


def _upstream(outputs: Iterable[Any]) -> set[Any]:
    """The operations that the outputs are computed by: others have no gradient."""
    stack = [tensor.op for tensor in outputs]
    found = set(stack)
    while stack:
        for operand in stack.pop().inputs:
            if operand.op not in found:
                found.add(operand.op)
                stack.append(operand.op)
    return found


def _tensors(graph: Any, inputs: Sequence[Any], upstream: set[Any]) -> Iterator[Any]:
    yield from (tensor for tensor in inputs if tensor.dtype.name in FLOATS)
    for operation in graph.get_operations():
        copies = operation.type in COPIES and loops.EXIT not in operation.node_def.attr
        if operation not in upstream or copies:
            continue
        if not graph.is_fetchable(operation):
            continue
        if operation._get_control_flow_context() is not None:
            continue
        for tensor in operation.outputs:
            if tensor.dtype.name in FLOATS and tensor.shape.rank != 0:
                yield tensor


def _prints(tensors: Sequence[Any], fetch: Fetch) -> list[Fingerprint]:
    import tensorflow as tf

    counts = fetch([tf.size(tensor, tf.int64) for tensor in tensors])
    found: list[Fingerprint] = []
    for part in portions([int(count) * 4 for count in counts], PART):
        values = fetch([tensors[index] for index in part])
        found += [fingerprint(plain(value)) for value in values]
    return found


def _gradients(
    tensors: Sequence[Any], outputs: list[Any], weights: list[Any], fetch: Fetch
) -> list[Fingerprint | None]:
    import tensorflow as tf

    if not outputs:
        return [None] * len(tensors)
    try:
        found = tf.gradients(outputs, list(tensors), weights)
    except (LookupError, ValueError, TypeError, NotImplementedError):
        return [None] * len(tensors)
    there = [g for g in found if g is not None]
    prints = iter(_prints([tf.convert_to_tensor(g) for g in there], fetch))
    return [None if g is None else next(prints) for g in found]


def _values(inputs: Arrays, names: Sequence[Tensor], own: Sequence[Any]) -> list[Any]:
    """The inputs as tensors of the dtypes that the function takes."""
    import tensorflow as tf

    return [
        tf.cast(tf.constant(inputs[t.name]), o.dtype)
        if o.dtype != tf.string
        else tf.constant(inputs[t.name].astype(object), tf.string)
        for t, o in zip(names, own, strict=True)
    ]


def of_function(
    function: Any,
    inputs: Arrays,
    names: tuple[Tensor, ...],
    outputs: Sequence[Tensor],
) -> Inside:
    """A concrete function; ``inputs`` are in the order of its arguments."""

    wrapped, own = _flattened(function, len(outputs))
    values = _values(inputs, names, own)  # eager: fetch runs while a graph is built
    for _ in range(DEPTH):
        wrapped, changed = _without_loops(wrapped, values)
        if not changed:
            break
    feeds, evaluate = wrapped.inputs[: len(own)], _evaluator(wrapped, values)

    def fetch(tensors: Sequence[Any]) -> list[np.ndarray]:
        return [np.asarray(value) for value in evaluate(tensors)]

    results = dict(zip((t.name for t in outputs), wrapped.outputs, strict=True))
    floats = {n: t for n, t in results.items() if t.dtype.name in FLOATS}
    return Inside(wrapped.graph, fetch, feeds, floats)


def _evaluator(wrapped: Any, values: list[Any]) -> loops.Fetch:
    """Reads tensors of ``wrapped``, whose first inputs are ``values``."""
    import tensorflow as tf

    def evaluate(tensors: Sequence[Any]) -> list[Any]:
        if not tensors:
            return []
        pruned = wrapped.prune(wrapped.inputs[: len(values)], list(tensors))
        with tf.init_scope():
            return list(pruned(*values))

    return evaluate


def _without_loops(wrapped: Any, values: list[Any]) -> tuple[Any, bool]:
    """The same with its outermost loops unrolled; and whether there were any."""
    import tensorflow as tf

    results = len(wrapped.outputs)
    try:
        graph = wrapped.graph.as_graph_def()  # before loops that count are added to it
        steps = loops.count_steps(wrapped.graph, _evaluator(wrapped, values))
        if not steps:
            return wrapped, False
        loops.unroll(graph, steps)
        unrolled, _ = _rebuilt(wrapped, graph, results)
        return _flattened(unrolled, results)[0], True
    except (tf.errors.OpError, ValueError, TypeError, KeyError, AttributeError):
        return wrapped, False  # TensorFlow's rewriting is free to fail


def _flattened(function: Any, results: int) -> tuple[Any, list[Any]]:
    """The function with all calls inlined, and its arguments without its captures."""
    from tensorflow.python.framework.convert_to_constants import (
        _run_inline_graph_optimization,
    )

    flat = _run_inline_graph_optimization(function, False, True)
    return _rebuilt(function, flat, results)


def _rebuilt(function: Any, graph: Any, results: int) -> tuple[Any, list[Any]]:
    """The function with ``graph`` for its own one, whose names are the same."""
    import tensorflow as tf

    captured = {inner.name: outer for outer, inner in function.graph.captures}
    own = [t for t in function.inputs if t.name not in captured]

    def body(*arguments: Any) -> Any:
        inside = tf.compat.v1.get_default_graph()
        feeds = {t.name: a for t, a in zip(own, arguments, strict=True)}
        feeds |= {name: inside.capture(outer) for name, outer in captured.items()}
        wanted = [t.name for t in function.outputs[:results]]  # a tape adds more
        return tf.graph_util.import_graph_def(
            graph, input_map=feeds, return_elements=wanted, name=""
        )

    specs = [tf.TensorSpec(t.shape, t.dtype) for t in own]
    return tf.compat.v1.wrap_function(body, specs), own
