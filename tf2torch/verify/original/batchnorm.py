"""FusedBatchNorm as plain arithmetic, for graphs in double precision."""

from __future__ import annotations

import functools
from typing import Any

from tf2torch.verify.original.meant import meant

FUSED = frozenset({"FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"})
INPUTS = ("x", "scale", "offset", "mean", "variance")
RESULTS = ("y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2")


def write_out(node: Any, in_function: bool, renamed: dict[str, str]) -> list[Any]:
    """The nodes that compute what ``node`` does, in float64.

    Each result stays reachable under an Identity; ``y`` keeps the node's own name, so
    that control edges to it hold.
    """
    prefix = f"{node.name}/written_out/"
    feeds = dict(zip(INPUTS, node.input, strict=False))
    controls = [reference for reference in node.input if reference[0] == "^"]
    made = []
    for part in _arithmetic(node).node:
        if part.op == "Placeholder":
            continue
        inputs = [_moved(ref, feeds, prefix, in_function) for ref in part.input]
        part.input[:] = inputs
        part.name = node.name if part.name == "y" else prefix + part.name
        made.append(part)
    made[0].input.extend(controls)
    for index, result in enumerate(RESULTS):
        own = node.name if result == "y" else prefix + result
        old = f"{node.name}:{result}:0" if in_function else f"{node.name}:{index}"
        renamed[old] = own + (":output:0" if in_function else ":0")
    return made


OUTPUT_OF = {
    **dict.fromkeys(("AddV2", "Mul", "Sub", "SquaredDifference", "RealDiv"), "z"),
    **dict.fromkeys(("Rsqrt", "Cast"), "y"),
}


def _moved(reference: str, feeds: Any, prefix: str, in_function: bool) -> str:
    name = reference.split(":")[0]
    if name in feeds:
        return str(feeds[name])
    if not in_function:
        return prefix + reference
    name, _, kind = name.rpartition("__")
    return f"{prefix}{reference.split(':')[0]}:{OUTPUT_OF.get(kind, 'output')}:0"


def _arithmetic(node: Any) -> Any:
    """A GraphDef over placeholders named INPUTS with Identities named RESULTS.

    TensorFlow's kernel: y = (x - mean) · rsqrt(variance + eps) · scale + offset; in
    training over the batch's own moments, and it reports the unbiased variance.
    """
    import tensorflow as tf

    layout = node.attr["data_format"].s or b"NHWC"
    axes = [axis for axis, letter in enumerate(layout.decode()) if letter != "C"]
    training = node.attr["is_training"].b or "is_training" not in node.attr
    spread = functools.partial(_spread, layout=layout)
    with tf.Graph().as_default() as graph:
        x, scale, offset, mean, variance = (
            tf.compat.v1.placeholder(tf.float64, name=name) for name in INPUTS
        )
        reported = variance
        if training:
            mean = tf.reduce_mean(x, axes)
            variance = tf.reduce_mean(tf.math.squared_difference(x, spread(mean)), axes)
            count = tf.cast(tf.size(x) / tf.size(mean), tf.float64)
            reported = variance * (count / (count - 1.0))
        factor = tf.math.rsqrt(variance + meant(node.attr["epsilon"].f)) * scale
        y = (x - spread(mean)) * spread(factor) + spread(offset)
        for name, value in zip(
            RESULTS, (y, mean, reported, mean, variance), strict=True
        ):
            tf.identity(value, name=name)
    return _with_kinds(graph.as_graph_def())


def _spread(vector: Any, layout: bytes) -> Any:
    """The vector over the channels, shaped to broadcast against the whole tensor."""
    import tensorflow as tf

    if layout.endswith(b"C"):
        return vector
    return tf.reshape(vector, [-1 if letter == b"C"[0] else 1 for letter in layout])


def _with_kinds(graph: Any) -> Any:
    """Append each inner node's op to its name: references in functions need it."""
    kept = {*INPUTS, *RESULTS}
    names = {
        n.name: n.name if n.name in kept else f"{n.name}__{n.op}" for n in graph.node
    }
    for node in graph.node:
        node.name = names[node.name]
        for index, reference in enumerate(node.input):
            control, name = reference[: reference[0] == "^"], reference.lstrip("^")
            node.input[index] = control + names[name.split(":")[0]]
    return graph
