"""Faults: one change each in a port's source, of the kinds that ports really have.

Every place in the emitted code where a kind of fault fits gives one fault. Those that
the verifier does not reject are no faults (or its blind spots) and are reported apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m

from tf2torch.repair.region import regions

Change = Callable[[cst.CSTNode], Iterator[cst.CSTNode]]
AXIS_METHODS = frozenset(
    "softmax log_softmax mean sum cumsum flip logsumexp transpose chunk flatten "
    "unflatten normalize cat stack".split()
)
ACTIVATIONS = frozenset("relu6 relu silu gelu elu sigmoid tanh round".split())
OTHERS = {"relu6": "F.relu", "silu": "F.relu", "elu": "F.selu", "gelu": "F.relu"}
OTHERS |= {"sigmoid": "F.hardsigmoid", "tanh": "torch.sigmoid"}


@dataclass(frozen=True)
class Fault:
    """``source``: the whole file with the fault in ``region``."""

    kind: str
    region: str
    number: int
    source: str
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or f"{self.kind}-{self.region}-{self.number}"


def faults(source: str) -> Iterator[Fault]:
    """Every fault that fits, grouped by kind."""
    module = cst.parse_module(source)
    for kind, change in KINDS.items():
        seen: set[str] = set()
        counts: dict[str, int] = {}
        for made, region in _mutants(module, change):
            if made in seen or made == source or not _parses(made):
                continue
            seen.add(made)
            counts[region] = counts.get(region, 0) + 1
            yield Fault(kind, region, counts[region], made)


def chosen(text: str, per_kind: int, kinds: tuple[str, ...] = ()) -> list[Fault]:
    """At most ``per_kind`` of each kind, spread over the places where it fits."""
    found: dict[str, list[Fault]] = {}
    for fault in faults(text):
        found.setdefault(fault.kind, []).append(fault)
    picked = []
    for kind, group in found.items():
        if kinds and kind not in kinds:
            continue
        step = max(1, len(group) / per_kind)
        places = sorted({int(i * step) for i in range(min(per_kind, len(group)))})
        picked += [group[i] for i in places]
    return picked


class _Sites(cst.CSTVisitor):
    """Where a change fits: (node, replacement, definition that holds it)."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.found: list[tuple[cst.CSTNode, cst.CSTNode, str]] = []
        self._stack: list[str] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.ClassDef | cst.FunctionDef):
            self._stack.append(node.name.value)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.ClassDef | cst.FunctionDef):
            self._stack.pop()
        if self._stack:
            for made in self.change(original_node):
                self.found.append((original_node, made, self._stack[0]))


def _mutants(module: cst.Module, change: Change) -> Iterator[tuple[str, str]]:
    sites = _Sites(change)
    module.visit(sites)
    for node, made, region in sites.found:
        changed = module.deep_replace(node, made)
        assert isinstance(changed, cst.Module)
        yield changed.code, region


def _parses(source: str) -> bool:
    try:
        return bool(regions(source))
    except SyntaxError:
        return False


# --- the kinds ----------------------------------------------------------------------


def _setting(name: str, value: Callable[[float], str]) -> Change:
    def change(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        if m.matches(node, m.Arg(value=m.Float(), keyword=m.Name(name))):
            assert isinstance(node, cst.Arg) and isinstance(node.value, cst.Float)
            made = value(float(node.value.value))
            yield node.with_changes(value=cst.parse_expression(made))

    return change


def padding_side(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if m.matches(node, m.Call(func=m.Attribute(m.Name("F"), m.Name("pad")))):
        assert isinstance(node, cst.Call)
        amounts = node.args[1].value
        if isinstance(amounts, cst.Tuple):
            values = [e.value for e in amounts.elements]
            turned = [
                v for i in range(0, len(values), 2) for v in values[i : i + 2][::-1]
            ]
            yield _with_arg(node, 1, _tuple(turned))
            yield _with_arg(node, 1, _tuple(values[::-1]))


def wrong_axis(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if not isinstance(node, cst.Call) or _name(node) not in AXIS_METHODS:
        return
    for index, arg in enumerate(node.args):
        number = _integer(arg.value)
        if number is not None and (arg.keyword is None or arg.keyword.value == "dim"):
            yield _with_arg(node, index, _number(0 if number else 1))
        if isinstance(arg.value, cst.Tuple) and _name(node) in ("mean", "sum"):
            shifted = [
                _number((_integer(e.value) or 0) - 1) for e in arg.value.elements
            ]
            yield _with_arg(node, index, _tuple(shifted))


def missing_activation(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if isinstance(node, cst.Call) and _name(node) in ACTIVATIONS and node.args:
        if isinstance(node.func, cst.Attribute) and _is_library(node.func.value):
            yield node.args[0].value
    if isinstance(node, cst.Call) and _name(node) in (
        "softmax",
        "log_softmax",
        "clamp",
    ):
        if isinstance(node.func, cst.Attribute) and not _is_library(node.func.value):
            yield node.func.value


def wrong_activation(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if isinstance(node, cst.Call) and _name(node) in OTHERS and len(node.args) == 1:
        if isinstance(node.func, cst.Attribute) and _is_library(node.func.value):
            yield node.with_changes(func=cst.parse_expression(OTHERS[_name(node)]))


def dead_gradient(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    layer = m.matches(node, m.Call(func=m.Attribute(m.Name("self"))))
    function = isinstance(node, cst.Call) and _name(node) in ACTIVATIONS | {
        "log_softmax",
        "mean",
        "normalize",
        "cumsum",
    }
    if layer or function:
        assert isinstance(node, cst.Call)
        yield cst.Call(cst.Attribute(node, cst.Name("detach")))


def wrong_gradient(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What was detached is not, and the custom gradient is another one."""
    if m.matches(node, m.Call(func=m.Attribute(attr=m.Name("detach")), args=[])):
        assert isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)
        yield node.func.value
    if m.matches(node, m.Return(value=m.Tuple())):
        assert isinstance(node, cst.Return) and isinstance(node.value, cst.Tuple)
        values = [e.value for e in node.value.elements]
        if any(m.matches(v, m.Name("None")) for v in values):
            yield node.with_changes(value=_tuple(values[::-1]))
            half = [v if m.matches(v, m.Name("None")) else _half(v) for v in values]
            yield node.with_changes(value=_tuple(half))


def missing_term(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if m.matches(node, m.BinaryOperation(operator=m.Add() | m.Subtract())):
        assert isinstance(node, cst.BinaryOperation)
        yield node.left
    if m.matches(node, m.BinaryOperation(operator=m.Multiply())):
        assert isinstance(node, cst.BinaryOperation)
        yield node.left
        yield node.right


def wrong_operator(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if m.matches(node, m.BinaryOperation(operator=m.Add())):
        assert isinstance(node, cst.BinaryOperation)
        yield node.with_changes(operator=cst.Subtract())
    if m.matches(node, m.BinaryOperation(operator=m.Subtract())):
        assert isinstance(node, cst.BinaryOperation)
        yield node.with_changes(left=node.right, right=_bracketed(node.left))
    if m.matches(node, m.UnaryOperation(operator=m.Minus())):
        assert isinstance(node, cst.UnaryOperation)
        yield node.expression


def wrong_constant(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if m.matches(node, m.BinaryOperation(right=m.Float())):
        assert isinstance(node, cst.BinaryOperation)
        assert isinstance(node.right, cst.Float)
        yield node.with_changes(right=cst.Float(repr(float(node.right.value) * 1.25)))
    if isinstance(node, cst.Call) and _name(node) == "clamp":
        yield _with_arg(node, len(node.args) - 1, cst.Float("2.5"))


def unstable(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The textbook form, which overflows where TensorFlow's does not."""
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        return
    owner = node.func.value
    if _name(node) in ("softmax", "log_softmax") and not _is_library(owner):
        axis = cst.Module([]).code_for_node(node.args[0].value)
        inner = cst.Module([]).code_for_node(owner)
        ratio = f"torch.exp({inner}) / torch.exp({inner}).sum({axis}, keepdim=True)"
        whole = f"torch.log({ratio})" if _name(node) == "log_softmax" else f"({ratio})"
        yield cst.parse_expression(whole)
    if _name(node) == "logsumexp":
        x, axis = (cst.Module([]).code_for_node(a.value) for a in node.args[:2])
        yield cst.parse_expression(f"torch.log(torch.exp({x}).sum({axis}))")
    if _name(node) == "normalize":
        x = cst.Module([]).code_for_node(node.args[0].value)
        yield cst.parse_expression(f"({x} / {x}.norm(dim=-1, keepdim=True))")


def transposed_weight(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if m.matches(node, m.Call(func=m.Attribute(m.Name("self")), args=[m.Arg()])):
        assert isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)
        if node.func.attr.value in ("query", "key", "value", "attention_output"):
            layer = f"self.{node.func.attr.value}"
            x = cst.Module([]).code_for_node(node.args[0].value)
            yield cst.parse_expression(f"F.linear({x}, {layer}.weight.T, {layer}.bias)")


def gate_order(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The parts of a split, or the arguments of attention, in another order."""
    if m.matches(node, m.Assign(targets=[m.AssignTarget(m.Tuple())])):
        assert isinstance(node, cst.Assign)
        target = node.targets[0].target
        assert isinstance(target, cst.Tuple)
        values = [e.value for e in target.elements]
        if len(values) >= 3:
            for turned in (
                values[1:] + values[:1],
                [values[1], values[0], *values[2:]],
            ):
                yield node.with_changes(targets=[cst.AssignTarget(_tuple(turned))])
    if isinstance(node, cst.Call) and _name(node) == "scaled_dot_product_attention":
        args = [a.value for a in node.args]
        swapped = [args[1], args[0], *args[2:]]
        yield node.with_changes(
            args=[
                a.with_changes(value=v) for a, v in zip(node.args, swapped, strict=True)
            ]
        )


def wrong_layout(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if isinstance(node, cst.Call) and _name(node) in ("permute", "transpose", "flip"):
        if isinstance(node.func, cst.Attribute) and not _is_library(node.func.value):
            yield node.func.value


def wrong_layer(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A stride, a bias or a rate that is not the source's."""
    if not m.matches(node, m.Call(func=m.Attribute(m.Name("nn")))):
        return
    assert isinstance(node, cst.Call)
    for index, arg in enumerate(node.args):
        keyword = "" if arg.keyword is None else arg.keyword.value
        if keyword == "stride":
            yield _with_arg(node, index, cst.Integer("1"))
        if keyword == "bias":
            yield node.with_changes(args=[a for a in node.args if a is not arg])
        if isinstance(arg.value, cst.Float) and not keyword:
            yield _with_arg(node, index, cst.Float("0.65"))
    if _name(node) == "Linear" and len(node.args) == 2:
        yield node.with_changes(args=[*node.args, _keyword("bias", "False")])


def frozen(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if m.matches(node, m.Assign(value=m.Call(func=m.Attribute(m.Name("nn"))))):
        assert isinstance(node, cst.Assign) and isinstance(node.value, cst.Call)
        if _name(node.value) in ("Linear", "Conv2d", "LayerNorm", "Parameter"):
            call = cst.Attribute(node.value, cst.Name("requires_grad_"))
            yield node.with_changes(value=cst.Call(call, [cst.Arg(cst.Name("False"))]))


def missing_rule(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The body of a forward that no rule could write."""
    if m.matches(node, m.FunctionDef(name=m.Name("forward"))):
        assert isinstance(node, cst.FunctionDef)
        text = 'raise NotImplementedError("TensorFlow op was not ported")'
        yield node.with_changes(body=cst.IndentedBlock([cst.parse_statement(text)]))


def crash(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if m.matches(node, m.Call(func=m.Attribute(m.Name("self")))):
        assert isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute)
        other = node.func.with_changes(attr=cst.Name(f"{node.func.attr.value}_"))
        yield node.with_changes(func=other)


def wrong_dtype(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    if m.matches(node, m.Return(value=m.Call() | m.BinaryOperation() | m.Subscript())):
        assert isinstance(node, cst.Return) and node.value is not None
        double = cst.Call(cst.Attribute(_bracketed(node.value), cst.Name("double")))
        yield node.with_changes(value=double)


KINDS: dict[str, Change] = {
    "wrong eps": _setting("eps", lambda v: repr(v * 0.01)),
    "wrong momentum": _setting("momentum", lambda v: repr(1.0 - v)),
    "padding side": padding_side,
    "wrong axis": wrong_axis,
    "missing activation": missing_activation,
    "wrong activation": wrong_activation,
    "dead gradient": dead_gradient,
    "wrong gradient": wrong_gradient,
    "missing term": missing_term,
    "wrong operator": wrong_operator,
    "wrong constant": wrong_constant,
    "instability": unstable,
    "transposed weight": transposed_weight,
    "gate order": gate_order,
    "wrong layout": wrong_layout,
    "wrong layer": wrong_layer,
    "frozen weight": frozen,
    "missing rule": missing_rule,
    "crash": crash,
    "wrong dtype": wrong_dtype,
}


# --- small pieces -------------------------------------------------------------------


def _name(call: cst.Call) -> str:
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else ""


def _is_library(node: cst.CSTNode) -> bool:
    return m.matches(node, m.Name("F") | m.Name("torch"))


def _integer(node: cst.BaseExpression) -> int | None:
    if isinstance(node, cst.Integer):
        return int(node.value)
    if m.matches(node, m.UnaryOperation(m.Minus(), m.Integer())):
        assert isinstance(node, cst.UnaryOperation)
        assert isinstance(node.expression, cst.Integer)
        return -int(node.expression.value)
    return None


def _number(value: int) -> cst.BaseExpression:
    return cst.parse_expression(str(value))


def _tuple(values: list[cst.BaseExpression]) -> cst.Tuple:
    return cst.Tuple([cst.Element(value) for value in values])


def _with_arg(call: cst.Call, index: int, value: cst.BaseExpression) -> cst.Call:
    args = list(call.args)
    args[index] = args[index].with_changes(value=value)
    return call.with_changes(args=args)


def _keyword(name: str, value: str) -> cst.Arg:
    return cst.Arg(cst.parse_expression(value), keyword=cst.Name(name))


def _half(value: cst.BaseExpression) -> cst.BaseExpression:
    return cst.BinaryOperation(value, cst.Multiply(), cst.Float("0.5"))


def _bracketed(value: cst.BaseExpression) -> cst.BaseExpression:
    return value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
