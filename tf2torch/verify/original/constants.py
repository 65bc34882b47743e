"""What a graph computes from constants alone is a constant, of the graph's precision.

A window or a table of sines that TensorFlow computes in float32 is what the model was
trained with, and what a port holds. In the float64 form of the graph it keeps these
values; computed anew in float64 it would be another window.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

LARGEST = 1 << 22  # elements
FLOATS = (1, 8)  # DataType: float, complex64
RANDOM = ("Random", "StatelessRandom", "Multinomial", "ParameterizedTruncated")


def hold_constants(graph: Any, weights: Collection[str] = ()) -> None:
    """In place: arrays of float32 that a GraphDef and its functions compute from
    constants become constants, other than from ``weights`` (names of nodes). Scalars
    stay what the source says of them."""
    _hold([n for n in graph.node if n.name not in weights], graph.node, {}, False)
    for function in graph.library.function:
        _hold(function.node_def, function.node_def, function.ret, True)


def _hold(known: Iterable[Any], nodes: Any, returned: Any, in_function: bool) -> None:
    """``known`` are those of ``nodes`` that may be constants."""
    fixed = _fixed(known)
    named = {
        reference: (name, index)
        for name, node in fixed.items()
        for index, reference in enumerate(_outputs(node, in_function))
    }
    used = [r for n in nodes if n.name not in fixed for r in map(_full, n.input)]
    used += [_full(reference) for reference in returned.values()]
    wanted = {
        r: named[r]
        for r in dict.fromkeys(used)
        if r in named and fixed[named[r][0]].op != "Const"
    }
    if not wanted:
        return
    renamed: dict[str, str] = {}
    for (reference, (name, index)), value in zip(
        wanted.items(), _values(fixed, named, list(wanted.values())), strict=True
    ):
        if value is not None:
            made = nodes.add(name=f"{name}/held_{index}", op="Const")
            _fill(made, value)
            renamed[reference] = made.name + (":output:0" if in_function else "")
    for node in nodes:
        for i, reference in enumerate(node.input):
            node.input[i] = renamed.get(_full(reference), reference)
    for name, reference in list(returned.items()):
        returned[name] = renamed.get(_full(reference), reference)


def _full(reference: str) -> str:
    """``node`` is the flat form of ``node:0``; control inputs stay."""
    return reference if ":" in reference or reference[0] == "^" else reference + ":0"


def _fixed(nodes: Iterable[Any]) -> dict[str, Any]:
    """The nodes, by name, that depend on constants only, each after its operands."""
    by_name = {node.name: node for node in nodes}
    known: dict[str, bool] = {}

    def settle(start: str) -> None:
        pending = [start]
        while pending:
            name = pending[-1]
            node = by_name.get(name)
            if name in known or node is None or not _is_plain(node):
                known.setdefault(name, False)
                pending.pop()
                continue
            operands = [reference.split(":")[0] for reference in node.input]
            open_ = [o for o in operands if o not in known]
            if open_ and name not in open_:
                pending += open_
                continue
            known[name] = node.op == "Const" or (
                bool(operands) and all(known.get(o, False) for o in operands)
            )
            pending.pop()

    for name in by_name:
        settle(name)
    return {name: by_name[name] for name, fixed in known.items() if fixed}


def _is_plain(node: Any) -> bool:
    """Computes its results from its operands, by itself and always the same."""
    from tensorflow.python.framework import op_def_registry

    schema = op_def_registry.get(node.op)
    if schema is None or schema.is_stateful or node.op.startswith(RANDOM):
        return False
    calls = any(a.HasField("func") or a.list.func for a in node.attr.values())
    loops = node.op in ("Switch", "Merge", "Enter", "Exit", "NextIteration", "LoopCond")
    placed = any(reference[0] == "^" for reference in node.input)
    return not (calls or loops or placed or "laceholder" in node.op)


def _outputs(node: Any, in_function: bool) -> Iterator[str]:
    """How the node's outputs are referred to, in order."""
    from tensorflow.python.framework import op_def_registry

    count = 0
    for arg in op_def_registry.get(node.op).output_arg:
        length = node.attr[arg.number_attr].i if arg.number_attr else 1
        if arg.type_list_attr:
            length = len(node.attr[arg.type_list_attr].list.type)
        for index in range(length):
            yield (
                f"{node.name}:{arg.name}:{index}"
                if in_function
                else f"{node.name}:{count}"
            )
            count += 1


def _values(
    fixed: Mapping[str, Any],
    named: Mapping[str, tuple[str, int]],
    wanted: list[tuple[str, int]],
) -> list[np.ndarray | None]:
    """Each of ``wanted`` where it is an array of floats, as TensorFlow computes it."""
    import tensorflow as tf

    plain = tf.compat.v1.GraphDef()
    for node in fixed.values():
        copy = plain.node.add()
        copy.CopyFrom(node)
        for i, reference in enumerate(node.input):
            name, index = named[_full(reference)]
            copy.input[i] = f"{name}:{index}"
        copy.attr.pop("_output_shapes", None)
    found: list[np.ndarray | None] = [None] * len(wanted)
    try:
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(plain, name="")
            tensors = [graph.get_tensor_by_name(f"{n}:{i}") for n, i in wanted]
            places = [i for i, tensor in enumerate(tensors) if _is_array(tensor)]
            with tf.compat.v1.Session(graph=graph) as session:
                values = session.run([tensors[i] for i in places])
    except (tf.errors.OpError, ValueError, TypeError):
        return found  # they fail where they are used, if at all
    for i, value in zip(places, values, strict=True):
        found[i] = value
    return found


def _is_array(tensor: Any) -> bool:
    size = tensor.shape.num_elements()
    is_float = tensor.dtype.as_datatype_enum in FLOATS
    return is_float and size is not None and tensor.shape.rank > 0 and size <= LARGEST


def _fill(node: Any, value: np.ndarray) -> None:
    import tensorflow as tf

    node.attr["dtype"].type = tf.as_dtype(value.dtype).as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
