"""Fold what only rearranges a variable into its state_dict entry.

    Param(w).permute(3, 2, 0, 1)   ->   Param(w, [permute 3 2 0 1])
    Param(w)[0]                    ->   Param(w, [index 0])

A variable that is needed in two arrangements keeps the one that most uses share; the
others are computed from it in forward, so that it stays one Parameter.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from tf2torch.ir.build import permute
from tf2torch.ir.graph import Graph, every_node, transform
from tf2torch.ir.nodes import Call, Const, Module, Node, Param, Transform, VariableInfo
from tf2torch.ir.types import TensorType

# Methods that change nothing but the shape, which the result's type tells.
RESHAPES = frozenset({".reshape", ".view", ".flatten", ".unflatten", ".squeeze"})
RESHAPES |= {".unsqueeze"}

Arrangement = tuple[Transform, ...]


def fold_params(graph: Graph) -> Graph:
    """Arrangements folded, one arrangement per variable (or disjoint parts of it)."""
    folded = transform(transform(graph, fold_arrangement), fold_constant)
    chosen = _choose(_arrangements(folded))
    return transform(folded, lambda node: _rearranged(node, chosen))


def fold_arrangement(node: Node) -> Node | None:
    if not isinstance(node, Call) or not node.args:
        return None
    param, *rest = node.args
    if not isinstance(param, Param) or param.shape is None:
        return None
    if param.dtype != node.dtype:
        return None  # .view(dtype) reads the bits anew
    shape = node.type.static_shape()
    if node.func in RESHAPES and shape is not None:
        step: Transform | None = Transform("reshape", shape)
    else:
        step = None if node.kwargs else _step(node.func, param.shape, rest)
    if step is None:
        return None
    shape = _shape_after(step, param.type.static_shape() or ())
    return replace(
        param,
        transforms=_simplified((*param.transforms, step), param.variable),
        types=(TensorType(param.dtype, shape),),
    )


def fold_constant(node: Node) -> Node | None:
    """A constant that is only rearranged, as the rearranged constant."""
    match node:
        case Call(".permute", (Const() as const, tuple() as axes)) if _ints(axes):
            array = np.ascontiguousarray(const.array.transpose(axes))
        case Call(func, (Const() as const, *_)) if (
            func in RESHAPES and const.dtype == node.dtype
        ):
            shape = node.type.static_shape()
            if shape is None:
                return None
            array = const.array.reshape(shape)
        case _:
            return None
    return replace(const, array=array, types=(TensorType(const.dtype, array.shape),))


def _step(func: str, shape: tuple[object, ...], rest: list[object]) -> Transform | None:
    rank = len(shape)
    if func in ("@mT", "@T") and (func == "@mT" or rank == 2) and rank >= 2:
        axes = [*range(rank - 2), rank - 1, rank - 2]
        return Transform("permute", tuple(axes))
    if func == ".permute" and _ints(rest[0]):
        return Transform("permute", tuple(rest[0]))  # type: ignore[arg-type]
    if func == ".transpose" and _ints(tuple(rest)):
        axes = list(range(rank))
        a, b = (int(r) % rank for r in rest)  # type: ignore[call-overload]
        axes[a], axes[b] = axes[b], axes[a]
        return Transform("permute", tuple(axes))
    if func == "[]" and isinstance(rest[0], int) and not isinstance(rest[0], bool):
        return Transform("index", (rest[0],))
    return None


def _ints(value: object) -> bool:
    return isinstance(value, tuple) and all(type(v) is int for v in value)


def _shape_after(step: Transform, shape: tuple[int, ...]) -> tuple[int, ...]:
    if step.kind == "permute":
        return tuple(shape[a] for a in step.args)
    if step.kind == "index":
        return shape[1:]
    return tuple(np.empty(shape, np.bool_).reshape(step.args).shape)


def _simplified(steps: Arrangement, variable: VariableInfo) -> Arrangement:
    """Permutes in a row are one; one that changes nothing is none."""
    made: list[Transform] = []
    for step in steps:
        last = made[-1] if made else None
        if step.kind == "permute" and last is not None and last.kind == "permute":
            made.pop()
            step = Transform("permute", tuple(last.args[a] for a in step.args))
        elif step.kind == "reshape" and last is not None and last.kind == "reshape":
            made.pop()
        if step.kind == "permute" and step.args == tuple(range(len(step.args))):
            continue
        if step.kind == "reshape" and not made and step.args == variable.shape:
            continue
        made.append(step)
    return tuple(made)


def params_of(node: Node) -> list[Param]:
    """Params that ``node`` reads directly or holds as state."""
    found = [n for n in node.operands if isinstance(n, Param)]
    if isinstance(node, Module):
        found += [p for _, p in node.state if isinstance(p, Param)]
    return found


def _arrangements(graph: Graph) -> dict[VariableInfo, Counter[Arrangement]]:
    found: dict[VariableInfo, Counter[Arrangement]] = {}
    for node in every_node(graph):
        for param in params_of(node):
            weight = 1000 if isinstance(node, Module) else 1
            counts = found.setdefault(param.variable, Counter())
            counts[param.transforms] += weight
    for result in graph.results:
        if isinstance(result, Param):
            found.setdefault(result.variable, Counter())[result.transforms] += 1
    return found


def _choose(
    found: dict[VariableInfo, Counter[Arrangement]],
) -> dict[VariableInfo, Arrangement]:
    """Variables in several arrangements → the one that is stored."""
    chosen: dict[VariableInfo, Arrangement] = {}
    for variable, counts in found.items():
        if len(counts) < 2 or _disjoint(variable, list(counts)):
            continue
        usable = [a for a in counts if all(t.kind == "permute" for t in a)]
        best = max(usable, key=lambda a: counts[a], default=())
        chosen[variable] = best
    return chosen


def _disjoint(variable: VariableInfo, arrangements: list[Arrangement]) -> bool:
    """Does each arrangement hold its own part, so that together they are the whole?"""
    from tf2torch.transpiler.emit.weights import apply

    if variable.shape is None or not all(
        any(t.kind in ("index", "slice") for t in a) for a in arrangements
    ):
        return False
    size = int(np.prod(variable.shape))
    numbers = np.arange(size).reshape(variable.shape)
    parts = [apply(a, numbers).reshape(-1) for a in arrangements]
    everything = np.concatenate(parts)
    return len(everything) == size == len(np.unique(everything))


def _rearranged(node: Node, chosen: dict[VariableInfo, Arrangement]) -> Node | None:
    """``node`` with operands computed from the stored arrangement."""

    def change(operand: Node) -> Node:
        if not isinstance(operand, Param) or operand.variable not in chosen:
            return operand
        return _from_stored(operand, chosen[operand.variable])

    if isinstance(node, Param):
        return None
    moved = node.map_operands(change)
    return None if moved is node else moved


def _from_stored(param: Param, stored: Arrangement) -> Node:
    if param.transforms == stored:
        return param
    shape = param.variable.shape or ()
    for step in stored:
        shape = _shape_after(step, shape)
    made: Node = replace(
        param, transforms=stored, types=(TensorType(param.dtype, shape),)
    )
    for step in reversed(stored):
        made = permute(made, [step.args.index(i) for i in range(len(step.args))])
    for step in param.transforms:
        made = _computed(made, step)
    return made


def _computed(x: Node, step: Transform) -> Node:
    from tf2torch.ir.build import call, reshape

    shape = _shape_after(step, x.type.static_shape() or ())
    typed = x.type.with_shape(shape)
    match step.kind:
        case "permute":
            return permute(x, step.args)
        case "reshape":
            return reshape(x, shape)
        case "index":
            return call("[]", x, step.args[0], type=typed)
        case "flip":
            return call(".flip", x, step.args, type=typed)
    raise AssertionError(f"no torch expression for the arrangement {step}")
