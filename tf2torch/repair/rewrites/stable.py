"""Numerically stable forms of the same value.

torch.log(x.softmax(d))          ->   F.log_softmax(x, d)
torch.log(1.0 + x)               ->   torch.log1p(x)
torch.log(torch.sigmoid(x))      ->   F.logsigmoid(x)
torch.exp(x) - 1.0               ->   torch.expm1(x)
torch.log(torch.exp(x).sum(d))   ->   torch.logsumexp(x, d)
log1p(exp(x)), log(1 + exp(x))   ->   F.softplus(x)
exp(x) / exp(x).sum(d)           ->   x.softmax(d)
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
import libcst.matchers as m

from tf2torch.repair.rewrites.rewriting import Rewrite


def _torch(name: str) -> m.Attribute:
    return m.Attribute(m.Name("torch"), m.Name(name))


def _call(func: str, args: Sequence[cst.Arg]) -> cst.BaseExpression:
    made = cst.parse_expression(f"{func}()")
    return made.with_changes(args=args)


def _argument_of(node: cst.CSTNode, func: str) -> cst.BaseExpression | None:
    """x of ``torch.func(x)``"""
    if m.matches(node, m.Call(func=_torch(func), args=[m.Arg()])):
        assert isinstance(node, cst.Call)
        return node.args[0].value
    return None


def log_softmax(node: cst.CSTNode) -> cst.BaseExpression | None:
    inner = _argument_of(node, "log")
    softmax = m.Call(func=m.Attribute(attr=m.Name("softmax")))
    if inner is None or not m.matches(inner, softmax):
        return None
    assert isinstance(inner, cst.Call) and isinstance(inner.func, cst.Attribute)
    if isinstance(inner.func.value, cst.Name) and inner.func.value.value in (
        "torch",
        "F",
    ):
        return _call("F.log_softmax", inner.args)
    return inner.with_changes(
        func=inner.func.with_changes(attr=cst.Name("log_softmax"))
    )


def log_sigmoid(node: cst.CSTNode) -> cst.BaseExpression | None:
    inner = _argument_of(node, "log")
    value = None if inner is None else _argument_of(inner, "sigmoid")
    return None if value is None else _call("F.logsigmoid", [cst.Arg(value)])


def log1p(node: cst.CSTNode) -> cst.BaseExpression | None:
    inner = _argument_of(node, "log")
    if not isinstance(inner, cst.BinaryOperation) or not m.matches(
        inner.operator, m.Add()
    ):
        return None
    for one, other in ((inner.left, inner.right), (inner.right, inner.left)):
        if m.matches(one, m.Float("1.0") | m.Integer("1")):
            return _call("torch.log1p", [cst.Arg(other)])
    return None


def expm1(node: cst.CSTNode) -> cst.BaseExpression | None:
    if not isinstance(node, cst.BinaryOperation) or not m.matches(
        node.operator, m.Subtract()
    ):
        return None
    value = _argument_of(node.left, "exp")
    if value is None or not m.matches(node.right, m.Float("1.0") | m.Integer("1")):
        return None
    return _call("torch.expm1", [cst.Arg(value)])


def logsumexp(node: cst.CSTNode) -> cst.BaseExpression | None:
    inner = _argument_of(node, "log")
    if not isinstance(inner, cst.Call) or not m.matches(
        inner.func, m.Attribute(attr=m.Name("sum"))
    ):
        return None
    assert isinstance(inner.func, cst.Attribute)
    value = _argument_of(inner.func.value, "exp")
    if value is None or not inner.args:
        return None
    return _call("torch.logsumexp", [_with_comma(value), *inner.args])


def _with_comma(value: cst.BaseExpression) -> cst.Arg:
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    return cst.Arg(value, comma=comma)


def softplus(node: cst.CSTNode) -> cst.BaseExpression | None:
    inner = _argument_of(node, "log1p")
    if inner is None:
        total = _argument_of(node, "log")
        made = None if total is None else log1p(node)
        inner = None if made is None else _argument_of(made, "log1p")
    value = None if inner is None else _argument_of(inner, "exp")
    return None if value is None else _call("F.softplus", [cst.Arg(value)])


def softmax(node: cst.CSTNode) -> cst.BaseExpression | None:
    """Of ``exp(x) / exp(x).sum(d, keepdim=True)``."""
    if not isinstance(node, cst.BinaryOperation) or not m.matches(
        node.operator, m.Divide()
    ):
        return None
    value = _argument_of(node.left, "exp")
    below = node.right
    if value is None or not isinstance(below, cst.Call) or not below.args:
        return None
    summed = below.func
    if not m.matches(summed, m.Attribute(attr=m.Name("sum"))):
        return None
    assert isinstance(summed, cst.Attribute)
    if not node.left.deep_equals(summed.value):
        return None
    return _call(
        "torch.softmax",
        [
            _with_comma(value),
            below.args[0].with_changes(comma=cst.MaybeSentinel.DEFAULT),
        ],
    )


REWRITES: tuple[Rewrite, ...] = (
    softplus,
    log_softmax,
    log_sigmoid,
    log1p,
    expm1,
    logsumexp,
    softmax,
)
