"""What is changed in a port's source: one small thing at a time.

Each operator takes a node and gives replacements with words for them. They are the
slips that porters make: a wrong side, a wrong constant, an operand or an activation too
few, a default forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import libcst as cst

# (what was done, the node that replaces the old one)
Change: TypeAlias = tuple[str, cst.CSTNode]

OTHER_NAMES = {
    "relu": "gelu",
    "relu6": "relu",
    "gelu": "relu",
    "silu": "gelu",
    "elu": "relu",
    "sigmoid": "tanh",
    "hardsigmoid": "sigmoid",
    "tanh": "sigmoid",
    "softplus": "relu",
    "mean": "sum",
    "sum": "mean",
    "amax": "amin",
    "amin": "amax",
    "softmax": "log_softmax",
    "log_softmax": "softmax",
    "exp": "expm1",
    "log": "log1p",
    "sqrt": "abs",
    "rsqrt": "sqrt",
    "square": "abs",
    "argmax": "argmin",
    "maximum": "minimum",
    "minimum": "maximum",
    "floor": "ceil",
    "ceil": "floor",
    "round": "floor",
    "sin": "cos",
    "cos": "sin",
    "cumsum": "cumprod",
    "MaxPool1d": "AvgPool1d",
    "MaxPool2d": "AvgPool2d",
    "AvgPool2d": "MaxPool2d",
    "max_pool2d": "avg_pool2d",
    "ReLU": "GELU",
    "ReLU6": "ReLU",
    "GELU": "ReLU",
    "SiLU": "GELU",
    "Sigmoid": "Tanh",
    "Tanh": "Sigmoid",
    "LeakyReLU": "ReLU",
    "argsort": "sort",
    "logical_and": "logical_or",
    "logical_or": "logical_and",
}
# Calls whose one operand can stand alone: `F.relu(x)`, `x.tanh()`.
DROPPED = frozenset(
    "relu relu6 gelu silu elu sigmoid tanh softplus softmax log_softmax detach abs "
    "exp log sqrt rsqrt square neg flip hardsigmoid leaky_relu dropout round "
    "floor".split()
)
# Modules that leave the shape as it is: without them is `nn.Identity()`.
LAYERS = frozenset(
    "ReLU ReLU6 GELU SiLU ELU Sigmoid Tanh LeakyReLU Softmax Dropout Dropout1d "
    "Dropout2d BatchNorm1d BatchNorm2d LayerNorm".split()
)
OTHER_OPERATORS: dict[type[cst.CSTNode], type[cst.CSTNode]] = {
    cst.Add: cst.Subtract,
    cst.Subtract: cst.Add,
    cst.Multiply: cst.Add,
    cst.Divide: cst.Multiply,
    cst.FloorDivide: cst.Multiply,
    cst.Modulo: cst.FloorDivide,
    cst.BitAnd: cst.BitOr,
    cst.BitOr: cst.BitAnd,
    cst.Power: cst.Multiply,
}
OTHER_COMPARISONS: dict[type[cst.CSTNode], type[cst.CSTNode]] = {
    cst.LessThan: cst.LessThanEqual,
    cst.LessThanEqual: cst.LessThan,
    cst.GreaterThan: cst.GreaterThanEqual,
    cst.GreaterThanEqual: cst.GreaterThan,
    cst.Equal: cst.NotEqual,
    cst.NotEqual: cst.Equal,
}
OTHER_TEXTS = {
    "tanh": "none",
    "none": "tanh",
    "bilinear": "bicubic",
    "nearest": "nearest-exact",
    "reflect": "replicate",
    "replicate": "reflect",
    "sum": "mean",
    "mean": "sum",
    "ij": "xy",
}


def constant(node: cst.CSTNode) -> Iterator[Change]:
    if isinstance(node, cst.Integer):
        value = int(node.value, 0)
        yield "integer plus one", node.with_changes(value=str(value + 1))
        if value > 0:
            yield "integer minus one", node.with_changes(value=str(value - 1))
    if isinstance(node, cst.Float):
        real = float(node.value)
        if 0.0 < real < 0.02:
            yield "ten times a small constant", cst.Float(repr(real * 10))
        else:
            yield "half as much again", cst.Float(repr(real * 1.5 or 0.5))


def negation(node: cst.CSTNode) -> Iterator[Change]:
    if isinstance(node, cst.UnaryOperation):
        if isinstance(node.operator, cst.Minus | cst.BitInvert | cst.Not):
            yield "negation dropped", node.expression


def flag(node: cst.CSTNode) -> Iterator[Change]:
    if isinstance(node, cst.Name) and node.value in ("True", "False"):
        yield "flag turned", cst.Name(str(node.value == "False"))
    if isinstance(node, cst.SimpleString):
        text = node.raw_value
        if text in OTHER_TEXTS:
            yield "other mode", cst.SimpleString(f'"{OTHER_TEXTS[text]}"')


def arithmetic(node: cst.CSTNode) -> Iterator[Change]:
    if not isinstance(node, cst.BinaryOperation):
        return
    other = OTHER_OPERATORS.get(type(node.operator))
    if other is not None:
        made: Any = other()
        yield "other operator", node.with_changes(operator=made)
    if not isinstance(node.operator, cst.Add | cst.Multiply | cst.BitAnd | cst.BitOr):
        swapped = node.with_changes(left=node.right, right=node.left)
        yield "operands swapped", _parenthesised(swapped)
    yield "left operand alone", node.left
    yield "right operand alone", node.right


def comparison(node: cst.CSTNode) -> Iterator[Change]:
    if isinstance(node, cst.ComparisonTarget):
        other = OTHER_COMPARISONS.get(type(node.operator))
        if other is not None:
            made: Any = other()
            yield "other comparison", node.with_changes(operator=made)


def function(node: cst.CSTNode) -> Iterator[Change]:
    if isinstance(node, cst.Attribute) and node.attr.value in OTHER_NAMES:
        name = cst.Name(OTHER_NAMES[node.attr.value])
        yield f"{name.value} for {node.attr.value}", node.with_changes(attr=name)


def dropped(node: cst.CSTNode) -> Iterator[Change]:
    """A call that leaves the shape as it is."""
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        return
    name, owner = node.func.attr.value, node.func.value
    if name in DROPPED:
        free = isinstance(owner, cst.Name) and owner.value in ("F", "torch")
        operand = node.args[0].value if free and node.args else owner
        if not free or node.args:
            yield f"{name} dropped", operand
    if name in LAYERS:
        identity = cst.parse_expression("nn.Identity()")
        yield f"{name} dropped", identity
    if isinstance(owner, cst.Name) and owner.value == "self" and len(node.args) == 1:
        yield f"self.{name} left out", node.args[0].value


def arguments(node: cst.CSTNode) -> Iterator[Change]:
    if not isinstance(node, cst.Call):
        return
    for index, argument in enumerate(node.args):
        if argument.keyword is not None:
            kept = [*node.args[:index], *node.args[index + 1 :]]
            words = f"without {argument.keyword.value}"
            yield words, node.with_changes(args=_separated(kept))
    plain = [a for a in node.args if a.keyword is None and not a.star]
    if len(plain) > 1 and not plain[0].value.deep_equals(plain[1].value):
        first, second, *rest = node.args
        swapped = [
            first.with_changes(value=second.value),
            second.with_changes(value=first.value),
            *rest,
        ]
        yield "arguments swapped", node.with_changes(args=swapped)


def order(node: cst.CSTNode) -> Iterator[Change]:
    """Of the elements of a tuple: padding, axes, gates that are unpacked."""
    if isinstance(node, cst.Tuple) and len(node.elements) > 1:
        first, second = node.elements[:2]
        if first.value.deep_equals(second.value):
            return
        swapped = [
            first.with_changes(value=second.value),
            second.with_changes(value=first.value),
            *node.elements[2:],
        ]
        yield "elements swapped", node.with_changes(elements=swapped)


def transpose(node: cst.CSTNode) -> Iterator[Change]:
    if isinstance(node, cst.Attribute) and node.attr.value in ("T", "mT"):
        yield "transpose dropped", node.value


def gradient(node: cst.CSTNode) -> Iterator[Change]:
    """A gradient that is cut where a value is kept."""
    if isinstance(node, cst.Assign) and len(node.targets) == 1:
        target = node.targets[0].target
        if isinstance(target, cst.Name):
            value = _parenthesised(node.value)
            cut = cst.Call(cst.Attribute(value, cst.Name("detach")))
            yield "detached", node.with_changes(value=cut)


def slices(node: cst.CSTNode) -> Iterator[Change]:
    if isinstance(node, cst.Slice):
        if node.lower is not None:
            yield "slice from the start", node.with_changes(lower=None)
        if node.upper is not None:
            yield "slice to the end", node.with_changes(upper=None)


Operator: TypeAlias = Callable[[cst.CSTNode], Iterator[Change]]
OPERATORS: dict[str, Operator] = {
    operator.__name__: operator
    for operator in (
        constant,
        negation,
        flag,
        arithmetic,
        comparison,
        function,
        dropped,
        arguments,
        order,
        transpose,
        gradient,
        slices,
    )
}


def _parenthesised(node: Any) -> Any:
    if node.lpar or isinstance(node, cst.Name | cst.Call | cst.Attribute):
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _separated(args: list[cst.Arg]) -> list[cst.Arg]:
    """Without a comma after the last one."""
    if args:
        args[-1] = args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return args
