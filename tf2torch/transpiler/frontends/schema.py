"""Op schemas: ports, result dtypes and attributes as plain Python values.

Facts come from TensorFlow's op registry, and for ops that it does not hold (custom
kernels) from the ``stripped_op_list`` that a SavedModel carries.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tf2torch.diagnostics import SourceError
from tf2torch.ir.nodes import Attr, FunctionRef
from tf2torch.transpiler.frontends import proto_modules, tensor_proto

# Protos are generated at run time and have no static types.
Proto = Any

# Attributes that start with an underscore are placement hints, except these.
KEPT_PRIVATE = frozenset({"_gradient_op_type"})

# A reference to a type has its number, and this more.
REFERENCE = 100
# Where TensorFlow's name of a dtype is not that of its number.
DTYPES = {"DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16"}

# A proto ends at 2 GB, but one number can stand for a constant of any shape.
MAX_ELEMENTS = 1 << 28
# Results of one node, such as the parts of a Split.
MAX_RESULTS = 100_000


@dataclass(frozen=True)
class Result:
    """One result of an op: ``dtype`` is TF's name; ``ref`` marks a TF1 reference."""

    dtype: str
    ref: bool = False


@dataclass
class Schemas:
    """Looks an op up by name; ``extra`` are the op definitions of the file itself."""

    extra: Mapping[str, Proto] = field(default_factory=dict)
    _dtypes: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, op_defs: Iterable[Proto] = ()) -> Schemas:
        return cls({op.name: op for op in op_defs})

    def get(self, op: str) -> Proto | None:
        if proto_modules.alone():
            known = self.extra.get(op)
            if known is None:
                raise proto_modules.RuntimeNeeded(f"the schema of {op}")
            return known
        from tensorflow.python.framework import op_def_registry

        return op_def_registry.get(op) or self.extra.get(op)

    def dtype(self, number: int) -> str:
        """``DT_FLOAT`` and ``DT_FLOAT_REF`` alike are ``float32``."""
        name = self._dtypes.get(number)
        if name is None:
            name = self._dtypes[number] = dtype_name(number)
        return name

    def results(self, op_def: Proto, attrs: Mapping[str, Proto]) -> tuple[Result, ...]:
        """One entry per flat result of a node."""
        found: list[Result] = []
        for arg in op_def.output_arg:
            found += self._arg_results(arg, _Defaults(op_def, attrs))
        return tuple(found)

    def port(
        self, op_def: Proto, attrs: Mapping[str, Proto], output: str, index: int
    ) -> int:
        """The flat port of ``node:output:index``, as function bodies write it."""
        position = 0
        for arg in op_def.output_arg:
            if arg.name == output:
                return position + index
            position += len(self._arg_results(arg, _Defaults(op_def, attrs)))
        raise SourceError(
            f"op {op_def.name} has no output '{output}': the library is damaged"
        )

    def operands(self, op_def: Proto, attrs: Mapping[str, Proto]) -> tuple[Result, ...]:
        """What each flat input of a node must be."""
        found: list[Result] = []
        for arg in op_def.input_arg:
            found += self._arg_results(arg, _Defaults(op_def, attrs))
        return tuple(found)

    def _arg_results(self, arg: Proto, attrs: _Defaults) -> list[Result]:
        if arg.type_list_attr:
            return [self._result(t) for t in attrs[arg.type_list_attr].list.type]
        number = arg.type or attrs[arg.type_attr].type
        count = attrs[arg.number_attr].i if arg.number_attr else 1
        if count > MAX_RESULTS:
            raise SourceError(f"op output '{arg.name}' claims {count} tensors")
        return [self._result(number, arg.is_ref)] * count

    def _result(self, number: int, ref: bool = False) -> Result:
        return Result(self.dtype(number), ref or number > REFERENCE)

    def attrs(self, op_def: Proto | None, raw: Mapping[str, Proto]) -> dict[str, Attr]:
        """Attributes as Python values, defaults filled in from the schema."""
        found: dict[str, Attr] = {}
        for key in sorted(raw):
            if not key.startswith("_") or key in KEPT_PRIVATE:
                found[key] = self.value(raw[key])
        for attr in op_def.attr if op_def is not None else ():
            if attr.name not in found and attr.HasField("default_value"):
                found[attr.name] = self.value(attr.default_value)
        return found

    def value(self, attr: Proto) -> Attr:
        """One AttrValue, by the table in ``ir.nodes.Attr``."""
        match attr.WhichOneof("value"):
            case "s":
                return text(attr.s)
            case "i":
                return int(attr.i)
            case "f":
                return shortest(attr.f)
            case "b":
                return bool(attr.b)
            case "type":
                return self.dtype(attr.type)
            case "shape":
                return shape(attr.shape)
            case "tensor":
                return array(attr.tensor)
            case "func":
                return FunctionRef(attr.func.name)
            case "list":
                return self._list(attr.list)
            case _:
                return None

    def _list(self, items: Proto) -> tuple[Attr, ...]:
        if items.type:
            return tuple(self.dtype(t) for t in items.type)
        if items.s:
            return tuple(text(s) for s in items.s)
        if items.f:
            return tuple(shortest(f) for f in items.f)
        if items.i or items.b:
            return tuple(items.i) or tuple(items.b)
        if items.func:
            return tuple(FunctionRef(f.name) for f in items.func)
        if items.tensor:
            return tuple(array(t) for t in items.tensor)
        return tuple(shape(s) for s in items.shape)


class _Defaults:
    """Attribute lookup that falls back on the schema's defaults."""

    def __init__(self, op_def: Proto, attrs: Mapping[str, Proto]):
        self.op_def = op_def
        self.attrs = attrs

    def __getitem__(self, name: str) -> Proto:
        if name in self.attrs:
            return self.attrs[name]
        for attr in self.op_def.attr:
            if attr.name == name and attr.HasField("default_value"):
                return attr.default_value
        raise SourceError(
            f"a {self.op_def.name} node lacks attribute '{name}': the graph is damaged"
        )


def dtype_name(number: int) -> str:
    """TensorFlow's name of a DataType number, references as their base type."""
    from tensorflow.core.framework import types_pb2

    base = number - REFERENCE if number > REFERENCE else number
    try:
        name = str(types_pb2.DataType.Name(base))
    except ValueError:
        name = "DT_INVALID"
    if name == "DT_INVALID":
        raise SourceError(f"the graph uses an unknown dtype number {number}")
    return DTYPES.get(name) or name.removeprefix("DT_").lower()


def text(value: bytes) -> str | bytes:
    """Text where the bytes are UTF-8, else the bytes."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value


def shortest(value: float) -> float:
    """The shortest decimal that is this float32: 0.001, not 0.0010000000474974513."""
    return float(str(np.float32(value)))


def shape(proto: Proto) -> tuple[int | None, ...] | None:
    """Sizes with None for unknown ones; None when the rank is unknown."""
    if proto.unknown_rank:
        return None
    return tuple(None if d.size < 0 else int(d.size) for d in proto.dim)


def array(proto: Proto) -> np.ndarray:
    """The value of a TensorProto; strings are object arrays of bytes."""
    elements = math.prod(max(d.size, 0) for d in proto.tensor_shape.dim)
    if elements > MAX_ELEMENTS:
        raise SourceError(
            f"the graph holds a constant of {elements:,} elements: it is damaged or "
            "hostile"
        )
    try:
        return tensor_proto.value(proto, dtype_name(proto.dtype))
    except (TypeError, ValueError) as error:
        raise SourceError(f"the graph holds a malformed constant: {error}") from None
