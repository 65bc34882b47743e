"""What TensorFlow's registry and the rules themselves say about an op."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import Any

from tf2torch.ir.types import COMPLEX, FLOATS, INTS

GROUPS = (("float", FLOATS), ("int", INTS), ("complex", COMPLEX))
TORCH_DTYPES = FLOATS | INTS | COMPLEX | {"bool", "string"}


@cache
def schemas() -> dict[str, Any]:
    """Op type → OpDef, for every op of TensorFlow's registry."""
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.python.client import pywrap_tf_session

    found = op_def_pb2.OpList()
    found.ParseFromString(
        pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList())
    )
    return {schema.name: schema for schema in found.op}


def names() -> list[str]:
    return sorted(schemas())


def dtypes(op: str) -> str:
    """The element types of the op's tensors that torch has: ``float, int32``."""
    import tensorflow as tf

    schema = schemas()[op]
    allowed: set[str] = set()
    listed = {a.name: a.allowed_values.list.type for a in schema.attr}
    for argument in (*schema.input_arg, *schema.output_arg):
        attr = argument.type_attr or argument.type_list_attr
        types = listed[attr] if attr else [argument.type]
        if not types:
            return "any"
        allowed |= {tf.dtypes.as_dtype(t).base_dtype.name for t in types}
    return ", ".join(_grouped(allowed & TORCH_DTYPES))


def _grouped(found: set[str]) -> Iterator[str]:
    for name, group in GROUPS:
        if group <= found:
            found = found - group
            yield name
    yield from sorted(found)


def gradient(op: str) -> str:
    """``yes``, ``none`` (declared not differentiable) or nothing."""
    from tensorflow.python.framework import ops

    try:
        found = ops.gradient_registry.lookup(op)
    except LookupError:
        return ""
    return "none" if found is None else "yes"


def declines(function: Callable[..., Any]) -> tuple[str, ...]:
    """The reasons for which a rule declines, read from its source.

    Functions of the rule's own module that it calls count too.
    """
    module = inspect.getmodule(function)
    found: dict[str, None] = {}
    seen: set[str] = set()
    stack = [inspect.unwrap(function)]
    while stack:
        tree = _tree(stack.pop())
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id == "Decline" and node.args:
                found.update(dict.fromkeys(_texts(node.args[0])))
            elif module is not None and node.func.id not in seen:
                seen.add(node.func.id)
                stack.extend(_own(module, node.func.id))
    return tuple(found)


def _own(module: ModuleType, name: str) -> Iterator[Callable[..., Any]]:
    called = getattr(module, name, None)
    if inspect.isfunction(called) and called.__module__ == module.__name__:
        yield called


@cache
def _tree(function: Callable[..., Any]) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


def _texts(node: ast.expr) -> Iterator[str]:
    """The text of a string or f-string, holes as ``…``; both arms of a choice."""
    match node:
        case ast.Constant(str() as text):
            yield text
        case ast.JoinedStr(parts):
            yield "".join(
                str(p.value) if isinstance(p, ast.Constant) else "…" for p in parts
            )
        case ast.IfExp(_, one, other):
            yield from _texts(one)
            yield from _texts(other)
