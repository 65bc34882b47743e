"""Known replacements, without a network: numerically stable forms of the same value.

    torch.log(x.softmax(d))          ->   F.log_softmax(x, d)
    torch.log(1.0 + x)               ->   torch.log1p(x)
    torch.log(torch.sigmoid(x))      ->   F.logsigmoid(x)
    torch.exp(x) - 1.0               ->   torch.expm1(x)
    torch.log(torch.exp(x).sum(d))   ->   torch.logsumexp(x, d)

Each request gets the first entry that changes the region and was not tried before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst
import libcst.matchers as m

from tf2torch.repair.providers import Request

Rewrite = Callable[[cst.Call | cst.BinaryOperation], cst.BaseExpression | None]


class Catalog:
    """Proposes each applicable entry once per region."""

    name = "catalog"

    def propose(self, request: Request) -> str | None:
        tried = {code for code, _ in request.attempts}
        for rewrite in REWRITES:
            module = cst.parse_module(request.code)
            made = module.visit(_Rewriter(rewrite)).code
            if made != request.code and made not in tried:
                return made
        return None


class _Rewriter(cst.CSTTransformer):
    def __init__(self, rewrite: Rewrite) -> None:
        self.rewrite = rewrite

    def leave_Call(
        self, original_node: cst.Call, updated_node: cst.Call
    ) -> cst.BaseExpression:
        return self.rewrite(updated_node) or updated_node

    def leave_BinaryOperation(
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BaseExpression:
        return self.rewrite(updated_node) or updated_node


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
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    return _call("torch.logsumexp", [cst.Arg(value, comma=comma), *inner.args])


REWRITES: tuple[Rewrite, ...] = (log_softmax, log_sigmoid, log1p, expm1, logsumexp)
