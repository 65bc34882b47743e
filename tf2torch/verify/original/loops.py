"""While loops as the steps that they take on given inputs: what is inside can be seen.

``While(state) → state`` becomes ``body(… body(body(state)))``, as often as the loop
goes round on these inputs, each a call that TensorFlow inlines like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tf2torch.verify.original.model import STEP

LOOPS = frozenset({"While", "StatelessWhile"})
EXIT = "_tf2torch_exit"  # marks what leaves a loop
MOST_STEPS = 64
MOST_NODES = 6000  # of all steps of a loop

Fetch = Callable[[Sequence[Any]], list[Any]]


def count_steps(graph: Any, fetch: Fetch) -> dict[str, int]:
    """Name of each loop that is small enough → how often it goes round."""
    with graph.as_default():
        counts = {
            operation.name: _count(graph, operation)
            for operation in graph.get_operations()
            if operation.type in LOOPS
        }
    found = zip(counts, map(int, fetch([n for n, _ in counts.values()])), strict=True)
    return {name: n for name, n in found if 0 < n < counts[name][1]}


def _count(graph: Any, loop: Any) -> tuple[Any, int]:
    """A tensor that counts the steps of the loop, and where it stops to count."""
    import tensorflow as tf

    cond, body = (
        graph._get_function(loop.get_attr(part).name) for part in ("cond", "body")
    )
    size = len(body.definition.node_def)
    most = min(MOST_STEPS, MOST_NODES // max(size, 1)) + 1
    shapes = [tf.TensorShape([]), *(tf.TensorShape(None) for _ in loop.inputs)]
    counted, *_ = tf.while_loop(
        lambda _, *state: _flat(cond(*state))[0],
        lambda step, *state: (step + 1, *_flat(body(*state))),
        (tf.constant(0), *loop.inputs),
        shape_invariants=tuple(shapes),
        maximum_iterations=most,
    )
    return counted, most


def _flat(results: Any) -> list[Any]:
    return list(results) if isinstance(results, list | tuple) else [results]


def unroll(graph: Any, steps: dict[str, int]) -> None:
    """In place, in a GraphDef: the loops become a row of calls, and the last one's
    results keep the name of the loop."""
    for loop in [node for node in graph.node if node.name in steps]:
        data = [reference for reference in loop.input if reference[0] != "^"]
        placed = [reference for reference in loop.input if reference[0] == "^"]
        stateless = loop.op == "StatelessWhile"
        for step in range(steps[loop.name]):
            call = graph.node.add(name=f"{loop.name}/{STEP}{step}")
            call.op = "PartitionedCall" if stateless else "StatefulPartitionedCall"
            call.input.extend([*data, *placed])
            call.attr["f"].func.CopyFrom(loop.attr["body"].func)
            for attr in ("Tin", "Tout"):
                call.attr[attr].CopyFrom(loop.attr["T"])
            data = [f"{call.name}:{index}" for index in range(len(data))]
        left = graph.node.add(name=loop.name, op="IdentityN", input=data)
        left.attr["T"].CopyFrom(loop.attr["T"])
        left.attr[EXIT].b = True
        graph.node.remove(loop)
