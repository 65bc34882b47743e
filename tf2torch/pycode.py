"""The one place that builds libcst nodes: ``expr``, ``call``, ``lit``, ``name``.

libcst adds no parentheses when trees are spliced, so every builder that can bind
tighter than its operands parenthesises them by precedence.
"""

from __future__ import annotations

import keyword
import math
from collections.abc import Sequence

import libcst as cst

NEAR = 3  # powers of ten from 0.01 to 10000.0 are written out

Expr = cst.BaseExpression

# From loosest to tightest; a comparison or unary minus needs care of its own.
_PRECEDENCE = {
    "if": 0, "or": 1, "and": 2, "not": 3, "==": 4, "!=": 4, "<": 4, "<=": 4,
    ">": 4, ">=": 4, "is": 4, "|": 5, "^": 6, "&": 7, "<<": 8, ">>": 8, "+": 9,
    "-": 9, "*": 10, "/": 10, "//": 10, "%": 10, "@": 10, "neg": 11, "~": 11,
    "**": 12,
}  # fmt: skip
_ATOM = 20

_BINARY: dict[str, type[cst.BaseBinaryOp]] = {
    "+": cst.Add, "-": cst.Subtract, "*": cst.Multiply, "/": cst.Divide,
    "//": cst.FloorDivide, "%": cst.Modulo, "@": cst.MatrixMultiply,
    "**": cst.Power, "|": cst.BitOr, "^": cst.BitXor, "&": cst.BitAnd,
    "<<": cst.LeftShift, ">>": cst.RightShift,
}  # fmt: skip
_COMPARE: dict[str, type[cst.BaseCompOp]] = {
    "==": cst.Equal, "!=": cst.NotEqual, "<": cst.LessThan,
    "<=": cst.LessThanEqual, ">": cst.GreaterThan, ">=": cst.GreaterThanEqual,
}  # fmt: skip
_COMMA = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
_TIGHT = cst.AssignEqual(
    whitespace_before=cst.SimpleWhitespace(""),
    whitespace_after=cst.SimpleWhitespace(""),
)


def name(text: str) -> Expr:
    """A dotted name such as ``x`` or ``F.relu``; each part a valid identifier."""
    first, *rest = text.split(".")
    for part in (first, *rest):
        if not part.isidentifier() or keyword.iskeyword(part):
            raise ValueError(f"not a Python name: {text!r}")
    made: Expr = cst.Name(first)
    for part in rest:
        made = cst.Attribute(made, cst.Name(part))
    return made


def expr(template: str, **holes: Expr) -> Expr:
    """``expr("{q} @ {k}.mT", q=q, k=k)``: source text with expressions in holes."""
    if not holes:
        return cst.parse_expression(template)
    marks = {k: cst.Name(f"hole_{k}_") for k in holes}
    parsed = cst.parse_expression(
        template.format(**{k: m.value for k, m in marks.items()})
    )

    class Fill(cst.CSTTransformer):
        def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> Expr:
            for key, mark in marks.items():
                if updated_node.value == mark.value:
                    return _parenthesised(holes[key], _ATOM)
            return updated_node

    return parsed.visit(Fill())  # type: ignore[return-value] # an expression stays one


def lit(value: object) -> Expr:
    """A literal: numbers (also negative, inf and nan), strings, None, tuples."""
    if isinstance(value, bool) or value is None:
        return cst.Name(str(value))
    if isinstance(value, int):
        return _signed(cst.Integer(str(abs(value))), value < 0)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, complex):
        return _complex(value)
    if isinstance(value, str):
        return cst.SimpleString(_quoted(value))
    if isinstance(value, bytes):
        return cst.SimpleString("b" + _quoted(value.decode("latin-1")))
    if isinstance(value, (tuple, list)):
        return tuple_([lit(v) for v in value])
    raise TypeError(f"no literal for {type(value).__name__}")


def _complex(value: complex) -> Expr:
    """``complex(real, imag)`` where Python's own notation would lose a part."""
    shown = repr(value)
    if "n" not in shown and "-0" not in shown:  # nan, inf; a negative zero
        return cst.parse_expression(shown)
    return call("complex", lit(value.real), lit(value.imag))


def _quoted(text: str) -> str:
    body = ascii(text)[1:-1]
    if '"' not in text and "'" not in text:
        return f'"{body}"'
    return ascii(text)


def _float(value: float) -> Expr:
    if math.isnan(value):
        return name("torch.nan")
    if math.isinf(value):
        return _signed(name("torch.inf"), value < 0)
    negative = math.copysign(1.0, value) < 0
    return _signed(cst.Float(_spelled(abs(value))), negative)


def _spelled(value: float) -> str:
    """As people write it: ``1e-3`` for 0.001, ``1e9`` for 1000000000.0, and ``1e-6``
    for Python's own ``1e-06``."""
    digits, power = f"{value:e}".split("e")
    short = f"1e{int(power)}"
    if float(digits) == 1.0 and abs(int(power) - 1) > NEAR and float(short) == value:
        return short
    digits, mark, power = repr(value).partition("e")
    return f"{digits}e{int(power)}" if mark else digits


def _signed(value: Expr, negative: bool) -> Expr:
    return cst.UnaryOperation(_MINUS, value) if negative else value


_MINUS = cst.Minus(whitespace_after=cst.SimpleWhitespace(""))
_INVERT = cst.BitInvert(whitespace_after=cst.SimpleWhitespace(""))


def tuple_(items: Sequence[Expr]) -> Expr:
    """``(a, b)``, ``(a,)`` or ``()``."""
    elements = [_element(i) for i in items]
    comma = cst.Comma() if len(items) == 1 else cst.MaybeSentinel.DEFAULT
    if elements:
        elements[-1] = elements[-1].with_changes(comma=comma)
    return cst.Tuple(elements)


def star(value: Expr) -> Expr:
    """``*value``, for an element of a tuple or list."""
    return cst.Call(cst.Name(_STAR), [cst.Arg(value)])


_STAR = "star_of_"


def _element(item: Expr) -> cst.BaseElement:
    match item:
        case cst.Call(func=cst.Name(value=name_), args=[cst.Arg(value=value)]):
            if name_ == _STAR:
                return cst.StarredElement(value, comma=_COMMA)
    return cst.Element(item, comma=_COMMA)


def list_(items: Sequence[Expr]) -> Expr:
    elements = [_element(i) for i in items]
    if elements:
        elements[-1] = elements[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return cst.List(elements)


def attribute(value: Expr, text: str) -> Expr:
    """``value.text``"""
    if not text.isidentifier() or keyword.iskeyword(text):
        raise ValueError(f"not an attribute name: {text!r}")
    if isinstance(value, cst.Integer):
        value = value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.Attribute(_parenthesised(value, _ATOM), cst.Name(text))


def call(func: str | Expr, *args: Expr, **kwargs: Expr) -> Expr:
    """``func(*args, **kwargs)``"""
    callee = name(func) if isinstance(func, str) else _parenthesised(func, _ATOM)
    made = [cst.Arg(a, comma=_COMMA) for a in args]
    made += [
        cst.Arg(v, keyword=cst.Name(k), equal=_TIGHT, comma=_COMMA)
        for k, v in kwargs.items()
    ]
    if made:
        made[-1] = made[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return cst.Call(callee, made)


def unary(operator: str, operand: Expr) -> Expr:
    """``neg`` or ``~``"""
    symbol = _MINUS if operator == "neg" else _INVERT
    return cst.UnaryOperation(symbol, _parenthesised(operand, _PRECEDENCE[operator]))


def binary(operator: str, left: Expr, right: Expr) -> Expr:
    """``left operator right`` with the parentheses that it needs."""
    level = _PRECEDENCE[operator]
    if operator in _COMPARE:
        target = cst.ComparisonTarget(
            _COMPARE[operator](), _parenthesised(right, level + 1)
        )
        return cst.Comparison(_parenthesised(left, level + 1), [target])
    if operator == "**":
        return cst.BinaryOperation(
            _parenthesised(left, level + 1), cst.Power(), _parenthesised(right, level)
        )
    return cst.BinaryOperation(
        _parenthesised(left, level),
        _BINARY[operator](),
        _parenthesised(right, level + 1),
    )


def subscript(value: Expr, items: Sequence[Expr | slice]) -> Expr:
    """``value[a, b:c]``; a slice holds expressions or None."""
    elements = [
        cst.SubscriptElement(_slice(i) if isinstance(i, slice) else cst.Index(i))
        for i in items
    ]
    elements = [
        e if last else e.with_changes(comma=_COMMA)
        for e, last in zip(
            elements, [False] * (len(elements) - 1) + [True], strict=True
        )
    ]
    return cst.Subscript(_parenthesised(value, _ATOM), elements)


def _slice(item: slice) -> cst.Slice:
    step = item.step
    if step is None:
        return cst.Slice(item.start, item.stop)
    return cst.Slice(item.start, item.stop, step, second_colon=cst.Colon())


def _level(value: Expr) -> int:
    if isinstance(value, (cst.Tuple,)) or value.lpar:
        return _ATOM
    if isinstance(value, cst.BinaryOperation):
        kinds = {kind: symbol for symbol, kind in _BINARY.items()}
        return _PRECEDENCE[kinds[type(value.operator)]]
    if isinstance(value, cst.Comparison):
        return _PRECEDENCE["=="]
    if isinstance(value, cst.UnaryOperation):
        return _PRECEDENCE["not" if isinstance(value.operator, cst.Not) else "neg"]
    if isinstance(value, cst.BooleanOperation):
        return _PRECEDENCE["or"]
    if isinstance(value, (cst.IfExp, cst.Lambda, cst.NamedExpr, cst.GeneratorExp)):
        return _PRECEDENCE["if"]
    return _ATOM


def _parenthesised(value: Expr, level: int) -> Expr:
    """``value`` in parentheses when it binds looser than ``level``."""
    if _level(value) >= level:
        return value
    return value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


_PRINTER = cst.Module([])


def text(value: Expr) -> str:
    """The source text of an expression."""
    return _PRINTER.code_for_node(value)
