"""TensorFlow's op registry: schemas, shape functions, and kernels for constants.

Everything here concerns single ops outside of any model. Shapes come from
TensorFlow's own shape functions, which run on a scratch graph; constants are folded
by TensorFlow's own kernels, and only for ops that are free of side effects.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from tf2torch.ir.nodes import Attr, FunctionRef
from tf2torch.ir.types import TensorType
from tf2torch.rules.limits import refusal

PartialShape = tuple[int | None, ...] | None


@cache
def schema(op: str) -> Any:
    """The OpDef proto of ``op``, or None when TensorFlow does not know the op."""
    from tensorflow.python.framework import op_def_registry

    return op_def_registry.get(op)


@cache
def is_pure(op: str) -> bool:
    definition = schema(op)
    return definition is not None and not definition.is_stateful


@cache
def type_attrs(op: str) -> frozenset[str]:
    """Attributes that only say dtypes or the lengths of operand lists."""
    definition = schema(op)
    if definition is None:
        return frozenset()
    names = {a.name for a in definition.attr if a.type in ("type", "list(type)")}
    names |= {a.number_attr for a in definition.input_arg if a.number_attr}
    names |= {a.number_attr for a in definition.output_arg if a.number_attr}
    return frozenset(names)


def argument_lengths(op: str, attrs: Mapping[str, Attr]) -> list[int | None]:
    """Per schema argument: None for one tensor, else the length of the list."""
    lengths: list[int | None] = []
    for argument in schema(op).input_arg:
        if argument.number_attr:
            lengths.append(int(attrs[argument.number_attr]))  # type: ignore[arg-type]
        elif argument.type_list_attr:
            lengths.append(len(attrs[argument.type_list_attr]))  # type: ignore[arg-type]
        else:
            lengths.append(None)
    return lengths


def attr_protos(op: str, attrs: Mapping[str, Attr]) -> dict[str, Any]:
    """``attrs`` as AttrValue protos, by the kinds that the schema gives them."""
    kinds = {a.name: a.type for a in schema(op).attr}
    return {k: _attr_proto(kinds[k], v) for k, v in attrs.items() if k in kinds}


def _attr_proto(kind: str, value: Attr) -> Any:
    from tensorflow.core.framework import attr_value_pb2

    proto = attr_value_pb2.AttrValue()
    if kind.startswith("list("):
        assert isinstance(value, tuple)
        proto.list.SetInParent()
        for item in value:
            one = _attr_proto(kind[5:-1], item)
            field = one.WhichOneof("value")
            target = getattr(proto.list, field)
            if field in ("shape", "tensor", "func"):
                target.add().CopyFrom(getattr(one, field))
            else:
                target.append(getattr(one, field))
        return proto
    _SETTERS[kind](proto, value)
    return proto


def _set_type(proto: Any, value: Any) -> None:
    import tensorflow as tf

    proto.type = tf.as_dtype(value).as_datatype_enum


def _set_shape(proto: Any, value: Any) -> None:
    import tensorflow as tf

    proto.shape.CopyFrom(tf.TensorShape(value).as_proto())


def _set_tensor(proto: Any, value: Any) -> None:
    import tensorflow as tf

    proto.tensor.CopyFrom(tf.make_tensor_proto(value))


def _set_func(proto: Any, value: Any) -> None:
    assert isinstance(value, FunctionRef)
    proto.func.name = value.name


def _set_string(proto: Any, value: Any) -> None:
    proto.s = value if isinstance(value, bytes) else str(value).encode()


_SETTERS: dict[str, Any] = {
    "type": _set_type,
    "shape": _set_shape,
    "tensor": _set_tensor,
    "func": _set_func,
    "string": _set_string,
    "int": lambda proto, value: setattr(proto, "i", value),
    "float": lambda proto, value: setattr(proto, "f", value),
    "bool": lambda proto, value: setattr(proto, "b", value),
}


class ShapeOracle:
    """Asks TensorFlow's shape functions; answers are kept."""

    OPS_PER_GRAPH = 2000

    def __init__(self) -> None:
        self._answers: dict[object, list[PartialShape] | None] = {}
        self._graph: Any = None
        self._placeholders: dict[object, Any] = {}
        self._count = 0

    def shapes(
        self,
        op: str,
        attrs: Mapping[str, Attr],
        operands: Sequence[tuple[str, PartialShape, np.ndarray | None]],
    ) -> list[PartialShape] | None:
        """Shapes of the results; None when TensorFlow refuses the operands.

        An operand is (dtype, shape, value if it is constant and may matter).
        """
        key = (
            op,
            tuple(sorted((k, _hashable(v)) for k, v in attrs.items())),
            tuple((d, s, None if v is None else _hashable(v)) for d, s, v in operands),
        )
        if key not in self._answers:
            self._answers[key] = self._ask(op, attrs, operands)
        return self._answers[key]

    def _ask(
        self,
        op: str,
        attrs: Mapping[str, Attr],
        operands: Sequence[tuple[str, PartialShape, np.ndarray | None]],
    ) -> list[PartialShape] | None:
        import tensorflow as tf

        if self._graph is None or self._count > self.OPS_PER_GRAPH:
            self._graph, self._placeholders, self._count = tf.Graph(), {}, 0
        self._count += 1
        with self._graph.as_default():
            try:
                tensors = [self._operand(*o) for o in operands]
                made = self._graph._create_op_internal(
                    op, tensors, dtypes=None, attrs=attr_protos(op, attrs)
                )
            except (ValueError, TypeError, tf.errors.OpError):
                return None
        return [_plain_shape(o.shape) for o in made.outputs]

    def _operand(
        self, dtype: str, shape: PartialShape, value: np.ndarray | None
    ) -> Any:
        import tensorflow as tf

        if value is not None:
            return tf.constant(value, dtype)
        key = (dtype, shape)
        if key not in self._placeholders:
            self._placeholders[key] = tf.compat.v1.placeholder(dtype, shape)
        return self._placeholders[key]


def _plain_shape(shape: Any) -> PartialShape:
    return None if shape.rank is None else tuple(shape.as_list())


def _hashable(value: Attr) -> object:
    if isinstance(value, np.ndarray):
        content = value.tolist() if value.dtype == object else value.tobytes()
        return (value.dtype.str, value.shape, str(content))
    if isinstance(value, tuple):
        return tuple(map(_hashable, value))
    # 1, 1.0 and True are equal in Python, but not as attributes.
    return (type(value).__name__, value)


def fold(
    op: str,
    attrs: Mapping[str, Attr],
    operands: Sequence[tuple[str, np.ndarray]],
) -> list[tuple[np.ndarray, TensorType]] | None:
    """The results of a pure op on constants, by TensorFlow's kernel; None if none."""
    import tensorflow as tf

    if not is_pure(op) or refusal(op):
        return None
    with tf.device("/CPU:0"):
        try:
            tensors = [tf.constant(value, dtype) for dtype, value in operands]
            results = getattr(tf.raw_ops, op)(**_raw_arguments(op, attrs, tensors))
        except (tf.errors.OpError, ValueError, TypeError, AttributeError):
            return None
    flat = tf.nest.flatten(results)
    if any(t.dtype in (tf.variant, tf.resource) for t in flat):
        return None
    return [_folded(t) for t in flat]


def _folded(tensor: Any) -> tuple[np.ndarray, TensorType]:
    array = np.asarray(tensor.numpy(), object if tensor.dtype == "string" else None)
    return array, TensorType(tensor.dtype.name, tuple(tensor.shape))


def _raw_arguments(
    op: str, attrs: Mapping[str, Attr], tensors: Sequence[Any]
) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    rest = list(tensors)
    lengths = argument_lengths(op, attrs)
    for argument, length in zip(schema(op).input_arg, lengths, strict=True):
        taken = rest[: 1 if length is None else length]
        rest = rest[len(taken) :]
        arguments[argument.name] = taken[0] if length is None else taken
    implied = {a.type_attr for a in schema(op).input_arg}
    implied |= {a.number_attr for a in schema(op).input_arg}
    implied |= {a.type_list_attr for a in schema(op).input_arg}
    kinds = {a.name: a.type for a in schema(op).attr}
    for name, value in attrs.items():
        if name in kinds and name not in implied:
            listed = isinstance(value, tuple) and kinds[name].startswith("list")
            arguments[name] = list(value) if listed else value  # type: ignore[arg-type]
    return _renamed(op, arguments)


def _renamed(op: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The same under ``tf.raw_ops``' names, which differ in a few places
    (``reduction_indices`` is ``axis`` there); what is renamed keeps its order."""
    import tensorflow as tf

    names = inspect.signature(getattr(tf.raw_ops, op)).parameters
    free = (n for n in names if n not in arguments and n != "name")
    return {k if k in names else next(free, k): v for k, v in arguments.items()}
