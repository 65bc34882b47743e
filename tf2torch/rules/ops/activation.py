"""Activations; each has TF's value and gradient at its corners, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tf2torch.ir.build import call
from tf2torch.ir.nodes import Node
from tf2torch.ir.types import FLOATS, TensorType
from tf2torch.rules.ruleset import Decline, RuleFunction, RuleSet
from tf2torch.rules.unsigned import WITHOUT_KERNELS, in_int64

rules = RuleSet("activation")


def simple(func: str) -> RuleFunction:
    def rule(x: Node) -> Node:
        return call(func, x, type=x.type)

    return rule


rules.table(
    simple,
    {
        "Elu": "F.elu",
        "Selu": "helper.selu",
        "Sigmoid": "torch.sigmoid",
        "Softsign": "F.softsign",
        "Tanh": "torch.tanh",
    },
)


@rules.rule("Relu")
def relu(x: Node) -> Node:
    return x if x.dtype.startswith("uint") else call("F.relu", x, type=x.type)


@rules.rule("Relu6")
def relu6(x: Node) -> Node | Decline:
    if x.dtype in FLOATS:
        return call("F.relu6", x, type=x.type)
    if x.dtype == "uint64":
        return Decline("torch compares no uint64")
    if x.dtype in WITHOUT_KERNELS:
        return in_int64(lambda n: call(".clamp", n, 0, 6), x, dtype=x.dtype)
    return call(".clamp", x, 0, 6, type=x.type)


@dataclass(frozen=True)
class LeakyReluAttrs:
    alpha: float = 0.2


@rules.rule("LeakyRelu")
def leaky_relu(x: Node, *, attrs: LeakyReluAttrs) -> Node | Decline:
    """max(x, alpha·x), which is torch's function only up to alpha 1."""
    if attrs.alpha > 1:
        return Decline("its alpha is greater than 1")
    alpha = attrs.alpha
    if x.dtype == "float64":  # the attribute itself is a float32
        alpha = float(np.float32(alpha))
    return call("F.leaky_relu", x, alpha, type=x.type)


@rules.rule("Softplus")
def softplus(x: Node) -> Node:
    """log(1 + eˣ); beyond its threshold torch takes x, which double would notice."""
    named: dict[str, Any] = {"threshold": 40} if x.dtype == "float64" else {}
    return call("F.softplus", x, type=x.type, **named)


@rules.rule("Softmax")
def softmax(x: Node, *, out: tuple[TensorType, ...]) -> Node:
    return call(".softmax", x, -1, type=out[0])


@rules.rule("LogSoftmax")
def log_softmax(x: Node, *, out: tuple[TensorType, ...]) -> Node:
    return call(".log_softmax", x, -1, type=out[0])
