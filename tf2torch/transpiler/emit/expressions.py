"""Torch-dialect nodes as Python expressions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import sympy

from tf2torch import pycode
from tf2torch.ir.build import python_number
from tf2torch.ir.nodes import Arg, Call, Const, DType, Node, Out, Raw, Slice
from tf2torch.pycode import Expr
from tf2torch.transpiler.emit.derived import derived_number

# TF dtype → torch dtype where the names differ.
TORCH_DTYPES = {"half": "float16", "bool": "bool"}
# What makes a tensor of torch's default dtype.
MAKERS = frozenset(f"torch.{f}" for f in "zeros ones empty rand randn eye".split())
OPERATORS = frozenset("+ - * / // % ** @ == != < <= > >= & | ^ << >>".split())
# Functions that take a Python number where TF has a rank-0 tensor of the same dtype.
SCALARS = frozenset(
    {"torch.where", "torch.clamp", ".clamp", "F.pad", "torch.full", "torch.pow", ".pow"}
    | {".masked_fill", "torch.full_like", "torch.remainder", "torch.fmod", "torch.add"}
    | {"torch.sub", "torch.mul", "torch.div", "torch.floor_divide", "torch.arange"}
    | {".new_full", "torch.clamp_min", "torch.clamp_max", ".clamp_min", ".clamp_max"}
    | {"torch.eq", "torch.ne", "torch.lt", "torch.le", "torch.gt", "torch.ge"}
    | {
        "[]",
        "torch.linspace",
        ".fill_",
        ".add_",
        ".sub_",
        ".mul_",
        "F.one_hot",
        "range",
    }
    | {"torch.sym_max", "torch.sym_min", "torch.tensor"}
)


def dtype_expr(dtype: str) -> Expr:
    return pycode.name(f"torch.{TORCH_DTYPES.get(dtype, dtype)}")


def takes_scalar(user: Node, const: Node) -> bool:
    """May ``const`` stand as a Python number among the arguments of ``user``?"""
    if not isinstance(user, Call) or const.rank != 0 or const.dtype == "string":
        return False
    if const.dtype.startswith("complex"):
        return False
    if user.func in OPERATORS:
        others = [n for n in user.operands if n is not const]
        # A rank-0 tensor gives way to a number of a higher kind; ints and floats mix.
        return any(o.dtype == const.dtype and not _is_number(o) for o in others)
    return user.func in SCALARS and (
        user.func != "torch.where"
        or any(
            n.dtype == const.dtype and not isinstance(n, Const) for n in user.operands
        )
    )


def _is_number(node: Node) -> bool:
    return isinstance(node, Const) and node.rank == 0


BARE_SIZES = frozenset({".permute", ".reshape", ".expand", ".repeat"})


class Expressions:
    """Prints nodes given how their operands are written.

    ``operand`` writes a node that stands as an argument of another; ``override``
    may replace a literal (a hyper-parameter that became a constructor argument).
    """

    def __init__(
        self,
        operand: Callable[[Node, Node], Expr],
        override: Callable[[Node, tuple[object, ...]], Expr | None] | None = None,
    ) -> None:
        self.operand = operand
        self.override = override or (lambda node, path: None)

    def call(self, node: Call) -> Expr:
        args = [self.arg(a, node, (i,)) for i, a in enumerate(node.args)]
        func = node.func
        named = {
            k: self.arg(v, node, (k,))
            for k, v in node.kwargs
            if not (func in MAKERS and k == "dtype" and v == DType("float32"))
        }
        if func in OPERATORS:
            return pycode.binary(func, *args)
        if func in ("neg", "~"):
            return pycode.unary(func, *args)
        if func == "[]":
            return self.subscript(node, args[0])
        if func == "star":
            return pycode.star(args[0])
        if func == "tuple":
            return pycode.tuple_(args)
        if func == "list":
            return pycode.list_(args)
        if func.startswith("@"):
            return pycode.attribute(args[0], func[1:])
        if func.startswith("."):
            # permute(0, 1), reshape(a, b): a person writes the sizes bare.
            first = node.args[1] if len(node.args) == 2 else None
            if func in BARE_SIZES and isinstance(first, tuple) and first:
                args = [
                    args[0],
                    *(self.arg(a, node, (1, i)) for i, a in enumerate(first)),
                ]
            return pycode.call(pycode.attribute(args[0], func[1:]), *args[1:], **named)
        return pycode.call(func.removeprefix("helper."), *args, **named)

    def subscript(self, node: Call, value: Expr) -> Expr:
        index = node.args[1]
        items = index if isinstance(index, tuple) else (index,)
        made: list[Expr | slice] = []
        for i, item in enumerate(items):
            if isinstance(item, Slice):
                parts = (item.start, item.stop, item.step)
                made.append(
                    slice(
                        *(
                            None if p is None else self.arg(p, node, (1, i, j))
                            for j, p in enumerate(parts)
                        )
                    )
                )
            else:
                made.append(self.arg(item, node, (1, i)))
        return pycode.subscript(value, made)

    def arg(self, arg: Arg, user: Node, path: tuple[object, ...] = ()) -> Expr:
        replaced = self.override(user, path)
        if replaced is not None:
            return replaced
        match arg:
            case Node():
                return self.operand(arg, user)
            case DType(name):
                return dtype_expr(name)
            case Raw(text):
                return pycode.expr(text)
            case tuple():
                return pycode.tuple_(
                    [self.arg(a, user, (*path, i)) for i, a in enumerate(arg)]
                )
            case Slice():
                parts = [arg.start, arg.stop, arg.step]
                return pycode.call("slice", *(self.arg(p, user) for p in parts))
            case sympy.Expr():
                raise AssertionError(f"size {arg} of {user.origin} was not resolved")
        return pycode.lit(arg)


def number(node: Const) -> Expr:
    """A rank-0 constant as a literal, or as what it was computed from."""
    array = node.array
    if array.dtype == object:
        return pycode.lit(array.item())
    return derived_number(array) or _element(array)


def _element(value: np.ndarray) -> Expr:
    """One number of an array, as a literal."""
    if value.dtype.kind == "c":
        return pycode.lit(complex(value))
    return pycode.lit(python_number(value))


def out_path(node: Out) -> int:
    return node.index


def tensor_literal(array: np.ndarray, dtype: str) -> Expr:
    """``torch.tensor([...])`` for a small constant; zeros, ones, full and arange
    where the content is that regular."""
    default = {"float32": True, "int64": array.size > 0, "bool": array.size > 0}
    named = {} if default.get(dtype, False) else {"dtype": dtype_expr(dtype)}
    flat = array.reshape(-1)
    if array.size > 1 and dtype != "bool" and np.all(flat == flat[0]):
        shape = [pycode.lit(s) for s in array.shape]
        plain = array.dtype.kind != "c" and not np.signbit(flat[0])
        if plain and float(flat[0]) in (0.0, 1.0):
            func = "torch.ones" if flat[0] else "torch.zeros"
            named = {} if dtype == "float32" else {"dtype": dtype_expr(dtype)}
            return pycode.call(func, *shape, **named)
        value = _element(flat[0])
        return pycode.call("torch.full", pycode.tuple_(shape), value, **named)
    if array.ndim == 1 and array.size > 2 and array.dtype.kind in "iu":
        step = int(flat[1]) - int(flat[0])
        if step and np.array_equal(
            np.diff(flat.astype(np.int64)), [step] * (array.size - 1)
        ):
            return _arange(
                int(flat[0]), int(flat[-1]) + (1 if step > 0 else -1), step, named
            )
    return pycode.call("torch.tensor", _nested(array), **named)


def _arange(start: int, stop: int, step: int, named: dict[str, Expr]) -> Expr:
    bounds = [stop] if (start, step) == (0, 1) else [start, stop]
    bounds += [step] * (step != 1)
    return pycode.call("torch.arange", *map(pycode.lit, bounds), **named)


def _nested(array: np.ndarray) -> Expr:
    if array.ndim == 0:
        return _element(array)
    return pycode.list_([_nested(a) for a in array])
