"""pycode: what is printed parses to the tree that was meant."""

from __future__ import annotations

import ast
import math

import pytest

from tf2torch import pycode
from tf2torch.pycode import (
    attribute,
    binary,
    call,
    expr,
    list_,
    lit,
    name,
    star,
    subscript,
    tuple_,
    unary,
)

A, B, C = map(name, "abc")


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (binary("*", binary("+", A, B), C), "(a + b) * c"),
        (binary("-", C, binary("+", A, B)), "c - (a + b)"),
        (binary("-", binary("-", A, B), C), "a - b - c"),
        (unary("neg", binary("+", A, B)), "-(a + b)"),
        (binary("**", unary("neg", A), B), "(-a) ** b"),
        (binary("**", A, binary("**", B, C)), "a ** b ** c"),
        (binary("==", binary("<", A, B), C), "(a < b) == c"),
        (call("F.relu", binary("+", A, B)), "F.relu(a + b)"),
        (attribute(binary("@", A, B), "mT"), "(a @ b).mT"),
        (attribute(lit(3), "bit_length"), "(3).bit_length"),
        (subscript(A, [slice(None, lit(3)), B]), "a[:3, b]"),
        (expr("{q} @ {k}.mT", q=binary("+", A, B), k=C), "(a + b) @ c.mT"),
        (tuple_([A]), "(a,)"),
        (tuple_([star(A), B]), "(*a, b)"),
        (list_([]), "[]"),
    ],
)
def test_prints_what_was_meant(made: pycode.Expr, text: str) -> None:
    assert ast.dump(ast.parse(pycode.text(made))) == ast.dump(ast.parse(text))


@pytest.mark.parametrize(
    "value", [0, -7, 2.5, -1e-30, True, None, "a'b\"c", b"\xff", ()]
)
def test_literals_round_trip(value: object) -> None:
    assert ast.literal_eval(pycode.text(lit(value))) == value


def test_non_finite_literals_name_torch() -> None:
    texts = [pycode.text(lit(v)) for v in (math.inf, -math.inf, math.nan)]
    assert texts == ["torch.inf", "-torch.inf", "torch.nan"]


@pytest.mark.parametrize("text", ["class", "a b", "1x", "os;evil", ""])
def test_names_are_validated(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        name(text)


def test_numbers_are_spelled_as_people_do() -> None:
    spelled = {1e-3: "1e-3", 1e-6: "1e-6", -1e9: "-1e9", 1.5e-7: "1.5e-7"}
    spelled |= {0.01: "0.01", 0.002: "0.002", 100.0: "100.0", 0.0: "0.0"}
    for value, text in spelled.items():
        assert pycode.text(pycode.lit(value)) == text
        assert float(text) == value
