"""Other gradients of the same value.

    x.detach()            ->   x
    torch.round(x)        ->   x + (torch.round(x) - x).detach()
    (x > 0).float()       ->   x + ((x > 0).float() - x).detach()

The second and third are the straight-through estimator, TensorFlow's usual custom
gradient of a step.
"""

from __future__ import annotations

import libcst as cst
import libcst.matchers as m

from tf2torch.repair.rewrites.rewriting import Rewrite

STEPS = ("round", "sign", "floor", "ceil", "trunc")


def attach(node: cst.CSTNode) -> cst.BaseExpression | None:
    if not m.matches(node, m.Call(func=m.Attribute(attr=m.Name("detach")), args=[])):
        return None
    assert isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)
    return node.func.value


def straight_through(node: cst.CSTNode) -> cst.BaseExpression | None:
    source = _stepped(node)
    if source is None or not isinstance(node, cst.Call):
        return None
    made = cst.parse_expression("x + (step - x).detach()")
    return _filled(made, {"x": source, "step": node})


def _stepped(node: cst.CSTNode) -> cst.BaseExpression | None:
    """x of a step function of x."""
    names = m.OneOf(*(m.Name(step) for step in STEPS))
    plain = m.Call(func=m.Attribute(m.Name("torch"), names), args=[m.Arg()])
    if m.matches(node, plain):
        assert isinstance(node, cst.Call)
        return _parenthesised(node.args[0].value)
    compared = m.Comparison(comparisons=[m.ComparisonTarget()])
    if m.matches(node, m.Call(func=m.Attribute(compared, m.Name("float")), args=[])):
        assert isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)
        inner = node.func.value
        assert isinstance(inner, cst.Comparison)
        return _parenthesised(inner.left)
    return None


def _parenthesised(value: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(value, cst.Name | cst.Call | cst.Attribute) or value.lpar:
        return value
    return value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _filled(
    template: cst.BaseExpression, holes: dict[str, cst.BaseExpression]
) -> cst.BaseExpression:
    class Fill(cst.CSTTransformer):
        def leave_Name(
            self, original_node: cst.Name, updated_node: cst.Name
        ) -> cst.BaseExpression:
            return holes.get(updated_node.value, updated_node)

    made = template.visit(Fill())
    assert isinstance(made, cst.BaseExpression)
    return made


REWRITES: tuple[Rewrite, ...] = (attach, straight_through)
