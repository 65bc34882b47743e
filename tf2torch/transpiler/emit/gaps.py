"""A function in the place of each TF op that no rule ports: typed, and it raises.

    def ctc_loss(inputs: Tensor, labels_indices: Tensor, ...) -> tuple[Tensor, Tensor]:
        raise NotImplementedError("TensorFlow op CTCLoss was not ported")

Its parameters are the op's tensors in the order and under the names of TensorFlow's
schema, then the attributes, whose defaults are the values that the model gives them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tf2torch import pycode
from tf2torch.ir.graph import Graph, every_node
from tf2torch.ir.nodes import Attr, Node, Unported
from tf2torch.ir.types import HANDLES, TensorType
from tf2torch.pycode import Expr
from tf2torch.transpiler import tf_ops
from tf2torch.transpiler.emit.helper_sources import helper_names
from tf2torch.transpiler.emit.names import Namespace, identifier, snake

PLAIN = (bool, int, float, str, bytes)
BODY = '''    """Write it by hand: {what}."""
    raise NotImplementedError({message})'''


class Gaps:
    """The functions of a program; nodes of equal op and attributes share one."""

    def __init__(self, graph: Graph, taken: Iterable[str]) -> None:
        self._names: dict[tuple[object, ...], str] = {}
        self._found: dict[str, Unported] = {}
        self.nodes: dict[str, list[Unported]] = {}
        namespace = Namespace((*taken, "nn", "torch", "F", "Tensor"))
        for node in every_node(graph):
            if not isinstance(node, Unported):
                continue
            key = _key(node)
            if key not in self._names:
                self._names[key] = namespace.claim(_snake(node.op))
                self._found[self._names[key]] = node
            self.nodes.setdefault(self._names[key], []).append(node)

    @property
    def taken(self) -> frozenset[str]:
        """What a local variable must not be called."""
        return frozenset(self._found) | helper_names()

    def callee(self, node: Unported) -> Expr:
        return pycode.name(self.name(node))

    def name(self, node: Unported) -> str:
        return self._names[_key(node)]

    def sources(self) -> list[str]:
        return [function_text(name, node) for name, node in self._found.items()]


def function_text(name: str, node: Unported) -> str:
    parameters = [f"{n}: {annotation(t.type)}" for n, t in operands(node)]
    settings = [
        f"{identifier(k)}: {type(v).__name__} = {pycode.text(pycode.lit(v))}"
        for k, v in settings_of(node)
    ]
    parameters += ["*", *settings] if settings else []
    results = [annotation(t) for t in node.types]
    returned = results[0] if len(results) == 1 else f"tuple[{', '.join(results)}]"
    header = f"def {name}({', '.join(parameters)}) -> {returned if results else None}:"
    message = pycode.text(pycode.lit(f"TensorFlow op {node.op} was not ported"))
    what = f"TensorFlow's {identifier(node.op)} with these attributes"
    return header + "\n" + BODY.format(what=what, message=message)


def operands(node: Unported) -> list[tuple[str, Node]]:
    """(parameter, tensor) in the schema's order, without handles of resources."""
    named = zip(_names(node), node.inputs, strict=True)
    return [(name, tensor) for name, tensor in named if tensor.dtype not in HANDLES]


def _names(node: Unported) -> list[str]:
    if tf_ops.schema(node.op) is None:  # an op of a library that is not here
        return [f"x{i}" for i in range(len(node.inputs))]
    names: list[str] = []
    lengths = tf_ops.argument_lengths(node.op, dict(node.attrs))
    arguments = tf_ops.schema(node.op).input_arg
    for argument, length in zip(arguments, lengths, strict=True):
        own = identifier(argument.name)
        many = [f"{own}_{i}" for i in range(length or 0)]
        names += [own] if length is None else many
    return names


def settings_of(node: Unported) -> list[tuple[str, Attr]]:
    """The attributes that Python's literals can say, without those for dtypes."""
    types = tf_ops.type_attrs(node.op)
    return [(k, v) for k, v in node.attrs if k not in types and _is_plain(v)]


def annotation(type: TensorType) -> str:
    return "np.ndarray" if type.dtype == "string" else "Tensor"


def _snake(op: str) -> str:
    """CTCLoss → ctc_loss"""
    return snake(re.sub(r"(?<=[A-Z])(?=[A-Z][a-z])", "_", op)) or "op"


def _is_plain(value: Attr) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return isinstance(value, PLAIN)


def _key(node: Unported) -> tuple[object, ...]:
    operands = tuple(n.dtype == "string" for n in node.inputs)
    return node.op, repr(node.attrs), operands, len(node.types)
