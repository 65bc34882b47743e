"""A TensorFlow graph in double precision: the yardstick of every tolerance.

Each float32 tensor of the graph and its function library becomes float64. Where an
op has no float64 form (its schema or its CPU kernels say so) it stays in float32
between two casts, and ``Widened.kept`` names it. Random ops stay as they are too:
in float64 they would draw other numbers. FusedBatchNorm, which has no float64 form
but carries most of the arithmetic of many models, is written out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tf2torch.verify.original.batchnorm import FUSED, write_out
from tf2torch.verify.original.constants import hold_constants
from tf2torch.verify.original.meant import meant

# DataType values: float → double, complex64 → complex128; + 100 are references.
NARROW = {1: 2, 8: 18}
WIDER = {**NARROW, **{100 + old: 100 + new for old, new in NARROW.items()}}
STAYS_FLOAT = ("Random", "StatelessRandom", "Multinomial", "ParameterizedTruncated")


class NotWidenable(Exception):
    """The graph has no double-precision form, and why."""


@dataclass
class Widened:
    """The functions known by name, and the op types left in float32 so far."""

    functions: Mapping[str, Any]
    kept: set[str] = field(default_factory=set)


def widen_graph(graph: Any, weights: Collection[str] = ()) -> set[str]:
    """Widen a GraphDef in place; the op types that had to stay in float32.
    ``weights`` are constants that are no constants to the model."""
    hold_constants(graph, weights)
    signatures = {f.signature.name: f.signature for f in graph.library.function}
    state = Widened(signatures)
    nodes, _ = widen_nodes(graph.node, state, in_function=False)
    del graph.node[:]
    graph.node.extend(nodes)
    for function in graph.library.function:
        nodes, renamed = widen_nodes(function.node_def, state, in_function=True)
        del function.node_def[:]
        function.node_def.extend(nodes)
        for name, reference in function.ret.items():
            function.ret[name] = renamed.get(reference, reference)
    for function in graph.library.function:
        for argument in (
            *function.signature.input_arg,
            *function.signature.output_arg,
        ):
            argument.type = WIDER.get(argument.type, argument.type)
    return state.kept


def widen_dtypes(message: Any) -> None:
    """Widen every DataType field of any other proto (signatures, object graph)."""
    for field_, value in message.ListFields():
        if field_.enum_type and field_.enum_type.full_name == "tensorflow.DataType":
            if _repeated(field_):
                value[:] = [WIDER.get(v, v) for v in value]
            else:
                setattr(message, field_.name, WIDER.get(value, value))
        elif field_.message_type and field_.message_type.GetOptions().map_entry:
            if field_.message_type.fields_by_name["value"].message_type:
                for item in value.values():
                    widen_dtypes(item)
        elif field_.message_type:
            for item in value if _repeated(field_) else (value,):
                widen_dtypes(item)


def _repeated(field_: Any) -> bool:
    repeated = getattr(field_, "is_repeated", None)
    return bool(field_.label == 3 if repeated is None else repeated)


def widen_nodes(
    nodes: Iterable[Any], state: Widened, in_function: bool
) -> tuple[list[Any], dict[str, str]]:
    """The new nodes, and for each reference that moved its new name."""
    made: list[Any] = []
    renamed: dict[str, str] = {}
    for node in nodes:
        if node.op in FUSED:
            made += write_out(node, in_function, renamed)
        else:
            made += _widen_node(node, state, in_function, renamed)
    for node in made:
        for index, reference in enumerate(node.input):
            if not node.name.endswith("/as_double"):
                node.input[index] = renamed.get(_full(reference), reference)
    return made, renamed


def _full(reference: str) -> str:
    """``node`` is the flat form of ``node:0``; control inputs stay."""
    return reference if ":" in reference or reference[0] == "^" else reference + ":0"


def _widen_node(
    node: Any, state: Widened, in_function: bool, renamed: dict[str, str]
) -> list[Any]:
    schema = state.functions.get(node.op)
    if schema is not None:
        return [node]
    schema = _schema(node.op)
    _fill_type_defaults(node, schema)
    if node.op == "Bitcast" and node.attr["T"].type in NARROW:
        raise NotWidenable("Bitcast reads the bits of a float32")
    _write_defaults(node, schema)
    before = _signature(node, schema)
    stays = node.op.startswith(STAYS_FLOAT) or not _widen_attrs(node, schema)
    after = before if stays else _signature(node, schema)
    made = [node]
    for index, (old, new) in enumerate(zip(before[0], after[0], strict=True)):
        if old in NARROW and new == old:
            state.kept.add(node.op)
            name = f"{node.name}/in_{index}/as_float"
            cast = _cast(name, node.input[index], NARROW[old], old)
            made.insert(0, cast)
            node.input[index] = cast.name + (":y:0" if in_function else "")
    names = _outputs(node, schema, in_function)
    for index, (old, new) in enumerate(zip(before[1], after[1], strict=True)):
        if old in NARROW and new == old:
            state.kept.add(node.op)
            name = f"{node.name}/out_{index}/as_double"
            made.append(_cast(name, names[index], old, NARROW[old]))
            renamed[names[index]] = made[-1].name + (":y:0" if in_function else ":0")
    return made


def _schema(op: str) -> Any:
    from tensorflow.python.framework import op_def_registry

    schema = op_def_registry.get(op)
    if schema is None:
        raise NotWidenable(f"op {op} is not registered")
    return schema


def _fill_type_defaults(node: Any, schema: Any) -> None:
    """Write out type attributes that the source has left at their default."""
    for attr in schema.attr:
        if attr.type == "type" and attr.name not in node.attr:
            if attr.HasField("default_value"):
                node.attr[attr.name].CopyFrom(attr.default_value)


def _widen_attrs(node: Any, schema: Any) -> bool:
    """Set the type attributes to double; False (and unchanged) where none may be."""
    import tensorflow as tf

    allowed = {a.name: set(a.allowed_values.list.type) for a in schema.attr}
    floats = {
        name: NARROW[old]
        for name, value in node.attr.items()
        for old in (value.type, *value.list.type)
        if old in NARROW
    }
    for name, new in floats.items():
        if allowed.get(name) and new not in allowed[name]:
            return False
    if floats and not _has_kernel(node.op, floats):
        return False
    for name in floats:
        value = node.attr[name]
        if value.HasField("list"):
            value.list.type[:] = [WIDER.get(t, t) for t in value.list.type]
        else:
            value.type = NARROW[value.type]
    for value in node.attr.values():
        if value.HasField("tensor") and value.tensor.dtype in NARROW:
            wide = tf.as_dtype(NARROW[value.tensor.dtype]).as_numpy_dtype
            array = _meant(tf.make_ndarray(value.tensor)).astype(wide)
            value.tensor.CopyFrom(tf.make_tensor_proto(array))
    return True


def _meant(array: Any) -> Any:
    """A scalar constant as it was written; a port writes it so too."""
    if array.dtype.name != "float32" or array.ndim:
        return array
    import numpy as np

    return np.array(meant(array[()]))


def _write_defaults(node: Any, schema: Any) -> None:
    """Type attributes that were left at their default are written out."""
    for attr in schema.attr:
        if attr.type == "type" and attr.name not in node.attr:
            if attr.default_value.type in NARROW:
                node.attr[attr.name].type = attr.default_value.type


def _has_kernel(op: str, attrs: Mapping[str, int]) -> bool:
    """Whether a CPU kernel takes the wide types of ``attrs``; True when none says."""
    from tensorflow.python.framework import kernels

    listed = kernels.get_registered_kernels_for_op(op).kernel
    cpu = [kernel for kernel in listed if kernel.device_type in ("CPU", "DEFAULT")]
    return not cpu or any(
        all(
            attrs[constraint.name] in constraint.allowed_values.list.type
            for constraint in kernel.constraint
            if constraint.name in attrs
        )
        for kernel in cpu
    )


def _signature(node: Any, schema: Any) -> tuple[list[int], list[int]]:
    """The dtypes of the node's data inputs and of its outputs, flat."""
    return (
        [dtype for arg in schema.input_arg for dtype in _types(node, arg)],
        [dtype for arg in schema.output_arg for dtype in _types(node, arg)],
    )


def _types(node: Any, arg: Any) -> list[int]:
    if arg.type_list_attr:
        return list(node.attr[arg.type_list_attr].list.type)
    dtype = node.attr[arg.type_attr].type if arg.type_attr else arg.type
    return [dtype] * (node.attr[arg.number_attr].i if arg.number_attr else 1)


def _outputs(node: Any, schema: Any, in_function: bool) -> list[str]:
    """How the node's outputs are referred to, in order."""
    if not in_function:
        return [f"{node.name}:{i}" for i in range(len(_signature(node, schema)[1]))]
    return [
        f"{node.name}:{arg.name}:{index}"
        for arg in schema.output_arg
        for index in range(len(_types(node, arg)))
    ]


def _cast(name: str, reference: str, source: int, target: int) -> Any:
    from tensorflow.core.framework import node_def_pb2

    cast = node_def_pb2.NodeDef(name=name, op="Cast", input=[reference])
    cast.attr["SrcT"].type = source
    cast.attr["DstT"].type = target
    cast.attr["Truncate"].b = False
    return cast
