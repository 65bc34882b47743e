"""Faults in the compiler: one rule of the table is missing or wrong.

The broken rule set makes the port and everything that the compiler offers when it is
asked again, so emitting a region anew brings the fault back. What mends it has to come
from elsewhere: another lowering, another route, a rewrite, or a model of language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from tf2torch.ir.build import call
from tf2torch.ir.graph import Graph, every_node
from tf2torch.ir.nodes import Node, Op
from tf2torch.ir.types import FLOATS
from tf2torch.rules import all_rules
from tf2torch.rules.ruleset import Rule, RuleFunction, RuleSet

Change = Callable[[Node, tuple[Any, ...]], Node]

# What a hurried author takes for another: op → the op whose rule stands in its place.
NEIGHBOURS = {
    "Relu": ("Relu6", "Elu"), "Relu6": ("Relu",), "Tanh": ("Softsign", "Sigmoid"),
    "Sigmoid": ("Tanh",), "Elu": ("Selu",), "Softplus": ("Relu",),
    "Softmax": ("Sigmoid",), "LogSoftmax": ("Softmax",),
    "Maximum": ("Minimum",), "Minimum": ("Maximum",),
    "Mean": ("Sum", "Max"), "Sum": ("Mean", "Max"), "Max": ("Min",),
    "MaxPool": ("AvgPool",), "AvgPool": ("MaxPool",), "Round": ("Floor",),
    "Floor": ("Round",), "Exp": ("Expm1",), "Log": ("Log1p",), "Square": ("Abs",),
    "Abs": ("Square",), "Rsqrt": ("Reciprocal",), "Sqrt": ("Square",), "Neg": ("Abs",),
    "LessEqual": ("Less",), "Less": ("LessEqual",), "GreaterEqual": ("Greater",),
    "Equal": ("NotEqual",), "NotEqual": ("Equal",), "Cos": ("Sin",),
    "SquaredDifference": ("Sub",), "AddV2": ("Maximum",), "Erf": ("Tanh",),
}  # fmt: skip
SWAPPED = frozenset("Sub RealDiv Div Pow FloorMod FloorDiv DivNoNan Xdivy".split())


@dataclass(frozen=True)
class Sabotage:
    """``how`` names what was done to the rule of ``op``."""

    kind: str
    op: str
    how: str
    rules: RuleSet

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.op}-{self.how}".replace(" ", "_")


def sabotages(graph: Graph) -> Iterator[Sabotage]:
    """Every way to break a rule that the graph's ops meet."""
    sound = all_rules()
    for op in _ops(graph):
        rule = sound.get(op)
        if rule is None:
            continue
        yield Sabotage("missing rule", op, "taken out", sound.without(op))
        for kind, how, broken in _broken(rule, sound):
            yield Sabotage(kind, op, how, _with(sound, broken))


def _ops(graph: Graph) -> list[str]:
    """Op types with float results, in the graph's order."""
    found = (
        n.op
        for n in every_node(graph)
        if isinstance(n, Op) and n.inputs and any(t.dtype in FLOATS for t in n.types)
    )
    return [op for op in dict.fromkeys(found) if op not in PLUMBING]


PLUMBING = frozenset("ReadVariableOp Identity".split())


def _broken(rule: Rule, sound: RuleSet) -> Iterator[tuple[str, str, Rule]]:
    wrong = "wrong semantics"
    for other in NEIGHBOURS.get(rule.op, ()):
        found = sound.get(other)
        if found is not None:
            yield wrong, f"as {other}", replace(found, op=rule.op)
    if rule.op in SWAPPED:
        yield wrong, "operands swapped", _function(rule, _swapped(rule.function))
    for how, changed in _settings(rule):
        yield wrong, how, changed
    yield "metric gap", "a tenth more", _after(rule, _times(1.1))
    yield "metric gap", "an offset", _after(rule, _plus(0.05))
    yield "dead gradient", "detached", _after(rule, _detached)
    yield "dead gradient", "operand detached", _function(rule, _cut(rule.function))
    for index, form in enumerate(FORMS.get(rule.op, ())):
        yield "instability", f"form {index + 1}", _after(rule, form)


def _with(sound: RuleSet, rule: Rule) -> RuleSet:
    return RuleSet(sound.name, {**sound.rules, rule.op: rule}, dict(sound.strings))


def _function(rule: Rule, function: RuleFunction) -> Rule:
    return replace(rule, function=function)


def _after(rule: Rule, change: Change) -> Rule:
    """``change`` applied to the float result of the rule."""

    def function(*operands: Any, **named: Any) -> Any:
        made = rule.function(*operands, **named)
        if isinstance(made, Node) and made.dtype in FLOATS and made not in operands:
            return change(made, operands)
        return made

    return _function(rule, function)


def _times(factor: float) -> Change:
    return lambda made, operands: call("*", made, factor, type=made)


def _plus(amount: float) -> Change:
    return lambda made, operands: call("+", made, amount, type=made)


def _detached(made: Node, operands: tuple[Any, ...]) -> Node:
    return call(".detach", made, type=made)


def _swapped(function: RuleFunction) -> RuleFunction:
    def rule(a: Any, b: Any, **named: Any) -> Any:
        return function(b, a, **named)

    return rule


def _cut(function: RuleFunction) -> RuleFunction:
    """The rule on operands through which no gradient passes."""

    def rule(*operands: Any, **named: Any) -> Any:
        first = operands[0]
        if isinstance(first, Node) and first.dtype in FLOATS:
            return function(_detached(first, ()), *operands[1:], **named)
        return function(*operands, **named)

    return rule


def _settings(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """The rule reads one attribute wrongly: a number by a tenth, a switch turned."""
    if rule.attrs is None or not is_dataclass(rule.attrs):
        return
    for item in fields(rule.attrs):
        if item.type in ("float", "bool") and item.name not in ("validate_shape",):
            yield f"wrong {item.name}", _function(rule, _misread(rule, item.name))


def _misread(rule: Rule, name: str) -> RuleFunction:
    def function(*operands: Any, attrs: Any, **named: Any) -> Any:
        value = getattr(attrs, name)
        other = not value if isinstance(value, bool) else value * 10.0
        return rule.function(*operands, attrs=replace(attrs, **{name: other}), **named)

    return function


# --- textbook forms -------------------------------------------------------------------


def _exp_ratio(made: Node, operands: tuple[Any, ...]) -> Node:
    """exp(x) / Σ exp(x)"""
    e = call("torch.exp", operands[0], type=made)
    return call("/", e, call(".sum", e, -1, keepdim=True, type=made), type=made)


def _log_of_softmax(made: Node, operands: tuple[Any, ...]) -> Node:
    soft = call(".softmax", operands[0], -1, type=made)
    return call("torch.log", soft, type=made)


def _log_of_sum(made: Node, operands: tuple[Any, ...]) -> Node:
    """x − log Σ exp(x)"""
    e = call("torch.exp", operands[0], type=made)
    total = call("torch.log", call(".sum", e, -1, keepdim=True, type=made), type=made)
    return call("-", operands[0], total, type=made)


def _exp_tanh(made: Node, operands: tuple[Any, ...]) -> Node:
    """(exp(2x) − 1) / (exp(2x) + 1)"""
    e = call("torch.exp", call("*", operands[0], 2.0, type=made), type=made)
    above = call("-", e, 1.0, type=made)
    return call("/", above, call("+", e, 1.0, type=made), type=made)


def _exp_sigmoid(made: Node, operands: tuple[Any, ...]) -> Node:
    """exp(x) / (1 + exp(x))"""
    e = call("torch.exp", operands[0], type=made)
    return call("/", e, call("+", e, 1.0, type=made), type=made)


def _log_of_exp(made: Node, operands: tuple[Any, ...]) -> Node:
    e = call("torch.exp", operands[0], type=made)
    return call("torch.log", call("+", e, 1.0, type=made), type=made)


def _root_of_square(made: Node, operands: tuple[Any, ...]) -> Node:
    """√(x²): no gradient at 0, nothing but inf above √max"""
    square = call("*", operands[0], operands[0], type=made)
    return call("torch.sqrt", square, type=made)


def _through_logs(made: Node, operands: tuple[Any, ...]) -> Node:
    """exp(log a + log b): not a number for negative factors"""
    if not all(isinstance(n, Node) and n.dtype in FLOATS for n in operands):
        return made
    logs = [call("torch.log", n, type=n) for n in operands]
    return call("torch.exp", call("+", *logs, type=made), type=made)


def _shifted(made: Node, operands: tuple[Any, ...]) -> Node:
    """(x + 10⁸) − 10⁸, where float32 has no digits left"""
    high = call("+", made, 1e8, type=made)
    return call("-", high, 1e8, type=made)


FORMS: dict[str, tuple[Change, ...]] = {
    "Softmax": (_exp_ratio,),
    "LogSoftmax": (_log_of_softmax, _log_of_sum),
    "Tanh": (_exp_tanh,),
    "Sigmoid": (_exp_sigmoid,),
    "Softplus": (_log_of_exp,),
    "Abs": (_root_of_square,),
    "Mul": (_through_logs,),
    "Mean": (_shifted,),
    "Sum": (_shifted,),
    "SquaredDifference": (_shifted,),
    "BiasAdd": (_shifted,),
}
