"""Activations that a framework composed of simpler functions.

    0.5 * x * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x**3)))
        ->   F.gelu(x, approximate="tanh")
    x * sigmoid(x)   ->   F.silu(x)

The formula is compared as a sum of products of x and the one function inside.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Call, Node
from tf2torch.rules.lifts.algebra import (
    ARITHMETIC,
    ONE,
    Algebra,
    Atom,
    Sum,
    equal,
    product,
)
from tf2torch.rules.lifts.matching import parts

TOPS = frozenset({"*", "/", "+", "-", "neg"})
MAX_CANDIDATES = 8
ROOT = math.sqrt(2 / math.pi)

Formula = Callable[[Atom], Sum]


@dataclass(frozen=True)
class Activation:
    """``result`` is what ``outer(x, T)`` says, for T = ``function(inner(x))``."""

    function: str
    inner: Formula
    outer: Callable[[Atom, Atom], Sum]
    result: str
    kwargs: tuple[tuple[str, Any], ...] = ()


def _itself(x: Atom) -> Sum:
    return {product(x): 1.0}


def _gated(x: Atom, t: Atom) -> Sum:
    return {product(x, t): 1.0}


def _half(x: Atom, t: Atom) -> Sum:
    """0.5 · x · (1 + t)"""
    return {product(x): 0.5, product(x, t): 0.5}


ACTIVATIONS = (
    Activation(
        "torch.tanh",
        lambda x: {product(x): ROOT, product((x, 3)): ROOT * 0.044715},
        _half,
        "F.gelu",
        (("approximate", "tanh"),),
    ),
    Activation("torch.erf", lambda x: {product(x): math.sqrt(0.5)}, _half, "F.gelu"),
    Activation(
        "torch.erfc",
        lambda x: {product(x): -math.sqrt(0.5)},
        lambda x, t: {product(x, t): 0.5},
        "F.gelu",
    ),
    Activation("torch.sigmoid", _itself, _gated, "F.silu"),
    Activation(
        "F.relu6",
        lambda x: {product(x): 1.0, ONE: 3.0},
        lambda x, t: {product(t): 1 / 6},
        "F.hardsigmoid",
    ),
    Activation(
        "F.relu6",
        lambda x: {product(x): 1.0, ONE: 3.0},
        lambda x, t: {product(x, t): 1 / 6},
        "F.hardswish",
    ),
    Activation("F.hardsigmoid", _itself, _gated, "F.hardswish"),
    Activation(
        "F.softplus",
        lambda x: {product(x): -1.0},
        lambda x, t: {product(t): -1.0},
        "F.logsigmoid",
    ),
)
FUNCTIONS = frozenset(a.function for a in ACTIVATIONS)


def activation(node: Node) -> Node | None:
    if not isinstance(node, Call) or node.func not in TOPS:
        return None
    for function in parts(node, FUNCTIONS):
        for x in _candidates(function):
            if x.shape != node.shape or x.dtype != node.dtype:
                continue
            for kind in ACTIVATIONS:
                if kind.function == function.func and _is(kind, node, function, x):
                    return call(kind.result, x, type=node, **dict(kind.kwargs))
    return None


def _candidates(function: Call) -> Iterator[Node]:
    """What x may be: the operand of the function or anything its arithmetic reads."""
    pending: list[Node] = [n for n in function.operands]
    seen: dict[Node, None] = {}
    while pending and len(seen) < MAX_CANDIDATES:
        node = pending.pop(0)
        if node in seen:
            continue
        seen[node] = None
        yield node
        if isinstance(node, Call) and node.func in ARITHMETIC:
            pending.extend(node.operands)


def _is(kind: Activation, node: Call, function: Call, x: Node) -> bool:
    argument = function.args[0]
    if not isinstance(argument, Node):
        return False
    algebra = Algebra((x, function))
    atom = algebra.atom(x)
    inner = algebra.expand(argument)
    if inner is None or not equal(inner, kind.inner(atom)):
        return False
    outer = algebra.expand(node)
    return outer is not None and equal(outer, kind.outer(atom, algebra.atom(function)))


def mish(node: Node) -> Node | None:
    """``x * tanh(softplus(x))``"""
    if not isinstance(node, Call) or node.func != "*":
        return None
    for x, gate in (node.args, node.args[::-1]):
        match gate:
            case Call("torch.tanh", (Call("F.softplus", (inner,)),)) if inner is x:
                return call("F.mish", x, type=node)
    return None
